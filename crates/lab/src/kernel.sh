#!/bin/sh
# Unpacks Debian's cloud kernel for emulated hosts: run by mmdebstrap, whose empty tree ($1) has only the package sources.
# What is made ($3) is the kernel, and a layer over the lab's root ($2): its modules, the program that loads them, and how
# such a host finds its network card. Nothing else of the root changes, so containers and emulated hosts are alike.
set -eu
root=$2
made=$3
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"

install -d "$1/fetched" "$1/unpacked"
cd "$1/fetched"
image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
apt-get -qq -o APT::Sandbox::User=root download "$image" kmod
for package in *.deb; do dpkg-deb --extract "$package" "$1/unpacked"; done

# The root has /bin, /lib and /sbin in /usr.
layer=$made/layer
install -d -m 0755 "$made" "$layer" "$layer/usr" "$layer/usr/bin" "$layer/usr/lib" "$layer/usr/sbin"
cp -a "$1/unpacked/bin/." "$layer/usr/bin/"
cp -a "$1/unpacked/sbin/." "$layer/usr/sbin/"
mv "$1/unpacked/lib/modules" "$layer/usr/lib/modules"
mv "$1/unpacked"/boot/vmlinuz-* "$made/vmlinuz"
ln -s usr/lib "$layer/lib"
# With the root's own libraries: this machine need not have the program.
"$root/lib64/ld-linux-x86-64.so.2" --argv0 depmod --library-path "$root/usr/lib/x86_64-linux-gnu" \
  "$layer/usr/bin/kmod" -b "$layer" "$(ls "$layer/usr/lib/modules")"

# A container is given its cable under this name; here the card is found by a driver that nobody else would load.
install -d -m 0755 "$layer/etc" "$layer/etc/systemd" "$layer/etc/systemd/system" \
  "$layer/etc/systemd/system/lab-network.service.d"
cat > "$layer/etc/systemd/system/lab-network.service.d/vm.conf" <<'UNIT'
[Service]
ExecStart=
ExecStart=/sbin/modprobe --all virtio_pci virtio_net
ExecStart=/bin/sh -c 'until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done'
ExecStart=/bin/ip link set eth0 name host0
ExecStart=/bin/ip link set host0 up
ExecStart=/bin/ip address replace ${ADDRESS} dev host0
ExecStart=/bin/ip route replace default via ${GATEWAY} dev host0
UNIT
