package remote

// hostKeyStep is one step of a change of a host's key: for a POSIX sh as root,
// and for the user of an embedded host, which has a command that does it.
type hostKeyStep struct{ root, embedded string }

var (
	makeHostKey  = hostKeyStep{hostKeyTell + makeAsRoot, hostKeyTell + makeEmbedded}
	placeHostKey = hostKeyStep{hostKeyTell + placeAsRoot, hostKeyTell + placeEmbedded}
)

// hostKeyTell begins each step. Told of: etc, the folder of the server's keys;
// conf, options that lead sshd to its configuration; old, the key that the host
// was given, and want, the one it is to have, both as type and blob; report,
// what begins a line that is for the program; patience,
// for how many seconds another change is waited for.
const hostKeyTell = `set -eu
tell() { printf '%s%s\n' "$report" "$*"; }
`

// Nothing is lost when root is cut off: the new key is made beside the old one,
// and each file takes the place of another by a rename.
const hostKeyFiles = `
umask 077
key=$etc/ssh_host_ed25519_key
new=$etc/jupyter-ec2-new-host-key
public() { ssh-keygen -y -f "$1" </dev/null 2>/dev/null | cut -d' ' -f1,2; }
save() { sync "$@" 2>/dev/null || sync; } # an old sync takes no names

# What a lost connection has left running ends first.
if [ -d "$etc" ] && command -v flock >/dev/null; then
	exec 9<"$etc"
	until flock -n 9; do
		[ "$patience" -gt 0 ] || { tell 'busy'; exit 0; }
		patience=$((patience - 1))
		sleep 1
	done
fi
`

// makeAsRoot makes a key where the host has the old one, and shows what the host
// has and what was made.
const makeAsRoot = hostKeyFiles + `
has=
[ ! -f "$key" ] || has=$(public "$key")
tell "has $has"
[ "$has" = "$old" ] || exit 0
rm -rf "$new"
mkdir "$new"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$new/key" </dev/null
tell "made $(public "$new/key")"
`

// placeAsRoot moves the made key into its place, removes all others, and has
// sshd use it. Connections that are open stay open.
//
// The disk has the new key before the old one goes: a host without a key could
// not be reached any more. The console, which other computers compare with, is
// told as cloud-init tells it.
const placeAsRoot = hostKeyFiles + `
if [ -f "$new/key" ] && [ "$(public "$new/key")" = "$want" ]; then
	save "$new/key" "$new"
	mv -f "$new/key" "$key"
fi
[ "$(public "$key")" = "$want" ] || { tell 'other'; exit 0; }
printf '%s\n' "$want" >"$key.pub.new"
chmod 644 "$key.pub.new"
mv -f "$key.pub.new" "$key.pub"
rm -rf "$new"
for file in "$etc"/ssh_host_*_key "$etc"/ssh_host_*_key.pub; do
	case $file in "$key" | "$key.pub") ;; *) rm -f "$file" ;; esac
done
save "$key" "$etc"

sshd=$(command -v sshd || echo /usr/sbin/sshd)
"$sshd" $conf -t </dev/null >/dev/null 2>&1 || { tell 'refused'; exit 0; }
hang_up() {
	file=$("$sshd" $conf -T 2>/dev/null </dev/null | sed -n 's/^pidfile //p')
	if [ -f "$file" ] && read -r pid <"$file" && kill -HUP "$pid" 2>/dev/null; then return 0; fi
	pid=$$
	while [ "${pid:-0}" -gt 1 ]; do # up to the one that listens
		if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q '^sshd: .*\[listener\]'; then
			kill -HUP "$pid"
			return 0
		fi
		pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null) || return 0
	done
}
if [ -d /run/systemd/system ] && [ -z "$conf" ]; then
	for unit in ssh sshd; do
		systemctl -q is-active "$unit.service" 2>/dev/null || continue
		# systemd keeps the listening socket over a restart; a reload might close it.
		how=reload-or-restart
		if systemctl -q is-active "$unit.socket" 2>/dev/null; then how=restart; fi
		systemctl "$how" "$unit.service" </dev/null >/dev/null 2>&1 9<&- || :
		break
	done
	if command -v timeout >/dev/null && [ -w /dev/console ]; then
		text="-----BEGIN SSH HOST KEY KEYS-----
$want
-----END SSH HOST KEY KEYS-----"
		printf '\n%s\n' "$text" | timeout 2 tee /dev/console >/dev/null 2>&1 || :
	fi
else
	hang_up
fi
tell 'placed'
`

const makeEmbedded = `
has=$(sandbox-host-key)
tell "has $has"
[ "$has" != "$old" ] || tell "made $(sandbox-host-key make)"
`

const placeEmbedded = `
has=$(sandbox-host-key)
[ "$has" = "$want" ] || has=$(sandbox-host-key place)
if [ "$has" = "$want" ]; then tell placed; else tell other; fi
`
