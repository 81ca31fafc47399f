# Makes sure that the helper is on this host, then becomes it. Runs as root behind one channel; what it prints is read
# by upload.rs. It is quoted as a whole by the login shell, so it holds no single quote and no escaped quote.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
umask 022
cd /
dir=@DIR@
program=$dir/quorate-@SHA256@
fail() { printf "quorate-failed %s\n" "$1"; exit 1; }
# The time of the file is set only after its content was verified and is safe on disk: half a write, a crash or a later
# edit leaves another time or size, and hashing 16 MB at every start would cost more than the rest of it.
state=need
case $(stat -c "%u:%a:%F:%s:%Y" "$dir" "$program" 2>/dev/null) in
"0:755:directory:"*"
0:755:regular file:@SIZE@:@MTIME@") state=have ;;
esac
uid=$(id -u)
# The line begins with a line end, because a talkative shell profile may have left one open.
printf "\nquorate-ready %s %s %s\n" "$uid" "$(uname -m)" "$state"
[ "$uid" = 0 ] || exit 1
if [ $state = need ]; then
read -r how count || exit 1
mkdir -p "$dir" && chown 0:0 "$dir" && chmod 755 "$dir" || fail directory
tmp=$(mktemp "$dir/.upload.XXXXXXXX") || fail directory
trap "rm -f $tmp" EXIT
case $how in
gzip) head -c "$count" | gzip -dc > "$tmp" || fail write ;;
*) head -c "$count" > "$tmp" || fail write ;;
esac
[ "$(sha256sum < "$tmp")" = "@SHA256@  -" ] || fail checksum
chmod 755 "$tmp" && mv -fT "$tmp" "$program" || fail install
trap - EXIT
( sync "$program" && touch -d @@MTIME@ "$program" ) < /dev/null > /dev/null 2>&1 &
printf "quorate-ok\n"
fi
exec "$program" helper
