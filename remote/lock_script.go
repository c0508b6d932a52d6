package remote

// LockScript defines, for a POSIX sh, hold FILE SECONDS: it takes a lock that
// lasts as long as the shell and what the shell starts, however they end. Code 1
// or more means that it is not to be had in that time. Descriptor 9 is the lock:
// closing it lets the lock go.
const LockScript = `hold() {
	(: >>"$1") 2>/dev/null || return 0 # on a full disk a server can still be stopped
	exec 9>>"$1"
	if command -v flock >/dev/null 2>&1; then
		flock -w "$2" 9
		return
	fi
	# The lock belongs to the open file, which this shell keeps open.
	for locker in "${python:-python3}" python3; do
		command -v "$locker" >/dev/null 2>&1 || continue
		"$locker" -I -c 'import fcntl, signal, sys
signal.alarm(int(sys.argv[1]))
fcntl.flock(9, fcntl.LOCK_EX)' "$2" 2>/dev/null
		return
	done
}
`
