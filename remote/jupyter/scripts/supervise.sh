#!/bin/sh
# Keeps the server running where there is no systemd: it is started again when
# it fails, and left alone when it ends by itself or has failed five times in
# a row. TERM ends both.
dir=$(dirname "$0")
# The pid file may be another one's by now.
owns() { [ "$(cat "$dir/pid" 2>/dev/null)" = $$ ]; }
stop() {
	trap '' TERM
	# Not by a variable, which would be set a moment after the start.
	if [ -n "$!" ]; then
		kill -TERM "$!" 2>/dev/null
		wait "$!"
	fi
	! owns || rm -f "$dir/pid"
	exit 0
}
trap stop TERM INT
trap '' HUP
# run becomes the server. What a shell starts in the background ignores INT and
# QUIT, which a shell cannot take back, and all below it would inherit that: no
# program in one of Jupyter's terminals could be interrupted by its key.
run() {
	exec "$dir/../venv/bin/python" -I -c 'import os, signal, sys
for s in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(s, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$dir/run"
}
failures=0
while :; do
	began=$(date +%s)
	run >>"$dir/server.log" 2>&1 </dev/null &
	wait "$!"
	code=$?
	echo "$code" >>"$dir/ended"
	[ "$code" -ne 0 ] || break
	if [ $(($(date +%s) - began)) -lt 60 ]; then failures=$((failures + 1)); else failures=1; fi
	echo "jupyter-ec2: the server ended with code $code" >>"$dir/server.log"
	[ "$failures" -lt 5 ] || break
	sleep 2 &
	wait "$!"
	owns || break
done
! owns || rm -f "$dir/pid"
