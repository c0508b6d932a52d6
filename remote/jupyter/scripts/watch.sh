# Looks after the watcher on its host; JE_DO says what to do.
# JE_SYSTEMD=1 means that systemd and sudo may be used.
#
# Exit codes: 30 it does not stay up, 31 no working venv, 32 it does not run.
umask 077
base=$HOME/.jupyter-ec2
dir=$base/watch
python=$base/venv/bin/python
unit=jupyter-ec2-watch.service

alive() { # sets pid; another process may have got the number
	pid=$(cat "$dir/pid" 2>/dev/null) && [ -n "$pid" ] &&
		ps -ww -o args= -p "$pid" 2>/dev/null | grep -q jupyter-ec2/watch/watch.py
}
unit_there() { [ "$JE_SYSTEMD" = 1 ] && [ -f "/etc/systemd/system/$unit" ]; }
nap() { sleep 0.1 2>/dev/null || sleep 1; }

# put NAME CONTENT writes a file, and says by its status whether it changed.
put() {
	[ "$(cat "$dir/$1" 2>/dev/null)" != "$2" ] || return 1
	printf %s "$2" >"$dir/$1.new" && mv -f "$dir/$1.new" "$dir/$1"
}

# await TEXT waits until the status of the watcher that runs has that text.
await() {
	tries=0
	until alive && grep -q "\"pid\": $pid," "$dir/status.json" 2>/dev/null && grep -q "$1" "$dir/status.json"; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || return 1
		nap
	done
}

status() {
	echo
	echo 'jupyter-ec2: the status follows'
	if alive; then echo alive=1; else echo alive=0; fi
	echo "now=$(date +%s)"
	cat "$dir/status.json" 2>/dev/null
	return 0
}

start() {
	if [ "$JE_SYSTEMD" = 1 ]; then
		sudo -n install -m 644 "$dir/$unit" "/etc/systemd/system/$unit" &&
			sudo -n systemctl daemon-reload &&
			sudo -n systemctl enable "$unit" 2>&1 && sudo -n systemctl restart "$unit" 2>&1
		return
	fi
	end
	# A session of its own outlives the login; not every system has setsid(1).
	"$python" -I - "$python" "$dir" <<'END'
import os, sys
python, folder = sys.argv[1:]
if os.fork():
    os._exit(0)
os.setsid()
log = os.open(folder + "/watch.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(log, 1)
os.dup2(log, 2)
os.closerange(3, 256)
os.execv(python, [python, "-I", folder + "/watch.py"])
END
}

end() {
	if alive; then
		kill -TERM "$pid" 2>/dev/null
		tries=0
		while kill -0 "$pid" 2>/dev/null; do
			tries=$((tries + 1))
			if [ "$tries" -gt 50 ]; then kill -KILL "$pid" 2>/dev/null; fi
			if [ "$tries" -gt 60 ]; then break; fi
			nap
		done
	fi
	rm -f "$dir/pid"
}

ensure() {
	"$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || exit 31
	mkdir -p "$dir" || exit 1
	chmod 700 "$dir"
	anew=0
	for name in watch_host watch_work watch_server watch; do
		eval "text=\$JE_$name"
		put "$name.py" "$text" && anew=1
	done
	put "$unit" "$JE_UNIT" && [ "$JE_SYSTEMD" = 1 ] && anew=1
	put config.json "$JE_CONFIG" && told=1 || told=0
	if [ "$JE_SYSTEMD" = 1 ] && ! unit_there; then anew=1; fi
	if ! alive || [ "$anew" = 1 ]; then
		start || exit 30
	elif [ "$told" = 1 ]; then
		kill -HUP "$pid" 2>/dev/null
	fi
	await "\"config\": \"$JE_ID\"" && exit 0
	if unit_there; then
		sudo -n journalctl -q -o cat --no-pager -u "$unit" -n 10
	else
		tail -n 10 "$dir/watch.log" 2>/dev/null
	fi
	exit 30
}

stop() {
	if unit_there; then sudo -n systemctl disable --now "$unit" >/dev/null 2>&1; fi
	end
}

extend() {
	alive || exit 32
	printf '%s %s\n' "$JE_ID" "$JE_SECONDS" >"$dir/hold.new" && mv -f "$dir/hold.new" "$dir/hold" || exit 1
	kill -HUP "$pid" 2>/dev/null
	await "\"hold_id\": \"$JE_ID\"" || exit 32
	status
}

case $JE_DO in
ensure | stop)
	hold "$base/watch.lock" 60 || exit 30
	"$JE_DO"
	;;
extend | status) "$JE_DO" ;;
*) exit 2 ;;
esac
