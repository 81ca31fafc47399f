#!/bin/sh
# Turns a freshly installed Debian tree ($1) into the root that all lab hosts share: a host prepared from an offline
# package set, with everything installed and nothing running, and nothing identical that should be unique.
set -eu
root=$1

# Unique per host: the lab gives each host its own.
: > "$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id" "$root"/etc/ssh/ssh_host_*

# The machine's own package sources and their settings may hold credentials, and lab hosts have no way out anyway.
rm -rf "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/* "$root/etc/apt/apt.conf.d/99mmdebstrap"

# No nameserver: an unreachable one costs minutes (rsync state transfers look names up), none costs nothing.
rm -f "$root/etc/resolv.conf"
: > "$root/etc/resolv.conf"

# Installed, not running: what runs on a host is what the operator's deployment made run.
systemctl --root="$root" --quiet disable etcd.service mariadb.service garb.service haproxy.service nginx.service \
  keepalived.service
# etcd's package starts a member of its own while it is installed.
rm -rf "$root/var/lib/etcd"
install -d -m 0700 "$root/var/lib/etcd"
chroot "$root" chown etcd:etcd /var/lib/etcd

# What a container cannot use or a test host would only waste its boot on.
systemctl --root="$root" --quiet mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service \
  systemd-pstore.service systemd-random-seed.service systemd-hwdb-update.service systemd-modules-load.service \
  systemd-udevd.service systemd-udev-trigger.service systemd-udev-settle.service systemd-firstboot.service \
  systemd-machine-id-commit.service systemd-update-done.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service systemd-journal-catalog-update.service systemd-sysusers.service \
  systemd-ask-password-console.path systemd-ask-password-wall.path systemd-timesyncd.service \
  systemd-networkd-wait-online.service systemd-resolved.service \
  ldconfig.service console-getty.service getty@.service getty.target remote-fs.target dev-hugepages.mount

# Nothing here needs it at boot; asked for (as by `systemctl reboot`), it still starts.
rm -f "$root/lib/systemd/system/multi-user.target.wants/systemd-logind.service"

# Password logins with sudo are tested as this user; the password itself is made per lab.
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash --groups sudo ops

install -d -m 0755 "$root/etc/systemd/system/sysinit.target.wants"
cat > "$root/etc/systemd/system/lab-network.service" <<'UNIT'
[Unit]
Description=Static address of the lab host
DefaultDependencies=no
After=systemd-remount-fs.service
Before=network.target
Wants=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=/etc/lab-network
ExecStart=/bin/ip link set host0 up
ExecStart=/bin/ip address replace ${ADDRESS} dev host0
ExecStart=/bin/ip route replace default via ${GATEWAY} dev host0
UNIT
ln -s ../lab-network.service "$root/etc/systemd/system/sysinit.target.wants/lab-network.service"

cat > "$root/etc/ssh/sshd_config.d/lab.conf" <<'SSHD'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication yes
SSHD

# The engines' packages as a repository on the host itself, for hosts that are to have nothing installed.
install -d -m 0755 "$root/srv/debian"
cd "$root/var/cache/apt/archives"
for file in etcd-*.deb mariadb-*.deb galera-*.deb haproxy_*.deb keepalived_*.deb nginx*.deb libnginx-mod-*.deb; do
  cp "$file" "$root/srv/debian/$file"
  dpkg-deb --field "$file" | sed '/^$/d' >> "$root/srv/debian/Packages"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' \
    "$file" "$(stat --format %s "$file")" "$(sha256sum "$file" | cut -d ' ' -f 1)" >> "$root/srv/debian/Packages"
done
cd /

rm -rf "$root"/var/log/mysql/* "$root"/var/log/*.log "$root"/var/cache/apt/*.bin "$root"/tmp/*
