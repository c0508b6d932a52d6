package remote

// The host's side of a job, for a POSIX sh. Its folder holds:
//
//	script, env   what to run; env goes as soon as it is read
//	run, name     what runs it, and the run's name: process and time of its start
//	hash          of the script
//	pid           the process that runs it: its number, the boot, its start time
//	log, status   what it printed; its exit status, by an atomic rename
//	lock          locked while a run is chosen or started

// identityScript tells one process from all others that ever had its number.
const identityScript = `
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.bootsessionuuid 2>/dev/null || :)
started() {
	if [ -d /proc/self ]; then
		s=
		read -r s 2>/dev/null </proc/"$1"/stat || :
		s=${s##*) }
		case $s in Z*) return;; esac
		set -- $s
		[ $# -lt 20 ] || { shift 19; echo "$1"; }
	else
		ps -o lstart= -p "$1" 2>/dev/null || :
	fi
}
identify() { echo "$1 $boot $(started "$1")"; }
`

// startScript leaves, under a lock, exactly one run of the job to follow. The
// lock ends with its holder and a run that has not written its pid yet, and a
// start with the run: how long a machine takes for them decides nothing. A run
// that systemd starts has no part in the lock; the unit tells of it. It comes
// after LockScript.
const startScript = `set -e
umask 077
eval "$identity"
dir=$HOME/.jupyter-ec2/jobs/$id
mkdir -p "$dir"
cd "$dir"
nap() { sleep 0.1 2>/dev/null || sleep 1; }
alive() {
	[ -e pid ] || return 1
	read -r number rest <pid || return 1
	kill -0 "$number" 2>/dev/null && [ "$(identify "$number")" = "$(cat pid)" ]
}

there() { [ -e pid ] || [ -e status ]; }
unit() { systemctl is-active "jupyter-ec2-$id-$(cat name 2>/dev/null)" 2>/dev/null || :; }

hold lock 300 || { echo "another start of it has not ended for 5 minutes" >&2; exit 1; }
# A start that was cut off may have left a run that is about to begin.
until [ $systemd = 0 ] || there || [ "$(unit)" != active ]; do nap; done

fresh=0
if alive; then :
elif [ -n "$follow" ]; then :
elif [ ! -e status ] || [ $again = 1 ] || [ "$(cat hash 2>/dev/null)" != $hash ]; then fresh=1
fi

if [ $fresh = 1 ]; then
	rm -f status pid
	: >log
	printf %s "$script" >script
	{ export -p; printf %s "$env"; } >env
	echo $hash >hash
	echo "$$-$(date +%s)" >name
	{
		printf '%s\n' "$identity"
		cat <<'EOF'
trap '' HUP
cd "${0%/*}" || exit 1
identify $$ >pid.tmp && mv -f pid.tmp pid || exit 1
exec 9>&-
dir=$PWD
(
	. ./env
	rm -f env
	cd "$HOME" 2>/dev/null
	exec sh "$dir/script"
) </dev/null >>log 2>&1
echo $? >status.tmp && mv -f status.tmp status
EOF
	} >run
	begun=0
	if [ $systemd = 1 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null && sudo -n true 2>/dev/null; then
		# Without OOMPolicy, memory running out would end the run before its status is written.
		sudo -n systemd-run --quiet --collect --unit="jupyter-ec2-$id-$(cat name)" --uid="$(id -u)" --gid="$(id -g)" \
			--property=OOMPolicy=continue sh "$dir/run" </dev/null >/dev/null 2>&1 && begun=1
	fi
	if [ $begun = 1 ]; then :
	elif command -v setsid >/dev/null; then setsid sh "$dir/run" </dev/null >/dev/null 2>&1 &
	else nohup sh "$dir/run" </dev/null >/dev/null 2>&1 &
	fi
	started=$!
	ended() {
		if [ $begun = 0 ]; then ! kill -0 "$started" 2>/dev/null; return; fi
		case $(unit) in inactive | failed | unknown) ;; *) return 1 ;; esac
	}
	until there; do
		! ended || there || { echo "it ended before it had begun" >&2; exit 1; }
		nap
	done
fi
name=$(cat name)
exec 9>&-
`

// followScript prints the log from an offset, and continues until the run's end.
// Whether it has ended is looked up before the log is read, so that nothing it
// printed is left out. A word now and then finds out that nobody listens. Where
// tail can, a pause is over when the run is.
const followScript = `set +e
printf %s "$mark"
[ $fresh = 0 ] || echo begun >&2
echo "run $name" >&2
if [ -n "$follow" ] && [ "$follow" != "$name" ]; then echo lost >&2; exit 0; fi
timeout 0.01 tail --pid=$$ -f /dev/null >/dev/null 2>&1
[ $? = 124 ] && watch=1 || watch=0
rest() {
	if [ $watch = 1 ]; then timeout 0.2 tail -s 0.02 --pid="$number" -f /dev/null; else sleep 0.2 || sleep 1; fi >/dev/null 2>&1
}
polls=0
while :; do
	end=
	if [ -e status ]; then end=ended
	elif [ $((polls % 10)) = 0 ] && ! alive; then
		if [ -e status ]; then end=ended; else end=lost; fi
	fi
	size=$(wc -c <log)
	if [ "$size" -gt "$off" ]; then
		tail -c +$((off+1)) log | head -c $((size-off)) || exit 1
		off=$((size+0))
	fi
	case $end in
	ended) echo "ended $(cat status)" >&2; exit 0;;
	lost) echo lost >&2; exit 0;;
	esac
	[ $((polls % 50)) != 49 ] || echo >&2 || exit 1
	polls=$((polls+1))
	rest
done
`
