# hold.sh NAME CACHE holds one of the names under which hosts run, as long as
# its stdin is open. Then, and before it says "ready", it removes all that
# there is of that name; at the beginning also what other runs left that were
# killed together with the process that held their names. It ends with 75 when
# the name is in use. What cannot be removed is said on stdout.
name=$1 cache=$2
# Names, networks and ip_forward are the computer's, whoever's cache it is.
locks=/run/jupyter-ec2-tests
mkdir -p "$locks"

# sweep NAME ends its processes and removes its mounts, networks and files.
sweep() {
	tries=0
	while :; do
		pids=$(find /sys/fs/cgroup/"$1"-* /sys/fs/cgroup/*/"$1"-* -name cgroup.procs -exec cat {} + 2>/dev/null)
		[ -n "$pids" ] || break
		# shellcheck disable=SC2086 # a list
		kill -KILL $pids 2>/dev/null
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || { echo "processes of $1 do not end:" $pids; break; }
		sleep 0.05
	done
	for g in /sys/fs/cgroup/"$1"-* /sys/fs/cgroup/*/"$1"-*; do
		tries=0 # the kernel takes a moment after a group's last process
		while [ -d "$g" ] && ! find "$g" -depth -type d -exec rmdir {} + 2>/dev/null; do
			tries=$((tries + 1))
			[ "$tries" -lt 200 ] || { echo "the group $g stays"; break; }
			sleep 0.05
		done
	done
	awk -v dir="$cache/$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r at; do
		umount "$at" 2>/dev/null || umount -l "$at" || echo "$at stays mounted"
	done
	for n in /run/netns/"$1"-*; do
		[ ! -e "$n" ] || ip netns del "${n##*/}" || echo "the namespace $n stays"
	done
	table=$(echo "$1" | tr - _)
	(
		flock 8
		nft delete table ip "$table" 2>/dev/null
		ip route show type unreachable | grep " proto 177" | while read -r _ net _; do
			[ "$net" != "$(cat "$cache/$1/private" 2>/dev/null)" ] && [ "$net" != "$(cat "$cache/$1/public" 2>/dev/null)" ] ||
				ip route del unreachable "$net"
		done
		if [ -e "$locks/ip_forward" ] && ! nft list tables | grep -q "${table%_*}_"; then
			cat "$locks/ip_forward" >/proc/sys/net/ipv4/ip_forward
			rm -f "$locks/ip_forward"
		fi
	) 8>"$locks/network.lock"
	rm -rf --one-file-system "${cache:?}/$1" || echo "files of $1 stay"
}

exec 9>"$locks/$name.lock"
flock -n 9 || exit 75
for left in "$cache"/"${name%-*}"-*/; do
	left=$(basename "$left")
	[ -d "$cache/$left" ] && [ "$left" != "$name" ] || continue
	(if flock -n 9; then sweep "$left"; fi) 9>"$locks/$left.lock"
done
sweep "$name"
echo ready
cat >/dev/null
sweep "$name"
