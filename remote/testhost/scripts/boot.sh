# boot.sh NAME ROOT CACHE MEMORY_MB PLAIN CONSOLE runs a host until it is down, in
# control groups of its own. A host that reboots starts again. CONSOLE is
# systemd-nspawn's: a host has a /dev/console with "read-only" alone.
set -eu
name=$1 root=$2 cache=$3 memory=$4 plain=$5 console=$6
join() {
	mkdir -p "$1"
	echo $$ >"$1/cgroup.procs"
}
top=/sys/fs/cgroup
if [ -e $top/cgroup.controllers ]; then
	join "$top/$name"
	if [ "$memory" != 0 ]; then
		echo +memory >$top/cgroup.subtree_control
		echo "${memory}M" >"$top/$name/memory.max"
		echo 0 >"$top/$name/memory.swap.max" 2>/dev/null || :
	fi
else
	join "$top/systemd/$name"
	join "$top/unified/$name"
	if [ "$memory" != 0 ]; then
		join "$top/memory/$name"
		echo "${memory}M" >"$top/memory/$name/memory.limit_in_bytes"
	fi
fi

if [ "$plain" = 1 ]; then
	# shellcheck disable=SC2016
	exec ip netns exec "$name" unshare --pid --fork --kill-child --mount --uts --ipc sh -euc '
		cd "$1"
		hostname "$2"
		mount -t proc proc proc
		mount -t sysfs -o ro sysfs sys
		mount -t tmpfs -o mode=755 tmpfs run
		mount -t tmpfs -o mode=755 tmpfs dev
		mkdir dev/pts dev/shm
		mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
		ln -s pts/ptmx dev/ptmx
		ln -s /proc/self/fd dev/fd
		mknod -m 666 dev/null c 1 3
		mknod -m 666 dev/zero c 1 5
		mknod -m 666 dev/random c 1 8
		mknod -m 666 dev/urandom c 1 9
		mknod -m 666 dev/tty c 5 0
		mount --bind "$3" var/cache/testhost
		[ ! -e meminfo ] || mount --bind meminfo proc/meminfo
		# Waiting, the shell takes in whatever is left without a parent.
		exec chroot . sh -c "mkdir /run/sshd; first-boot; /usr/sbin/sshd -D & wait"
	' plain "$root" "$name" "$cache"
fi

set -- --quiet --boot --register=no --keep-unit --directory="$root" --machine="$name" \
	--network-namespace-path="/run/netns/$name" --bind="$cache:/var/cache/testhost" \
	--resolv-conf=off --timezone=off --link-journal=no --console="$console"
status=133
while [ "$status" = 133 ]; do
	status=0
	systemd-nspawn "$@" </dev/null || status=$?
done
exit "$status"
