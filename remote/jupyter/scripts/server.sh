# Looks after the server on its host; JE_DO says what to do.
# JE_SYSTEMD=1 means that systemd and sudo may be used. Prints key=value lines.
# What starts or stops a server holds a lock: the client that asked for it may
# be gone, and another one ask for the next thing, before it is done.
#
# Exit codes: 3 nothing to restart, 4 another start or stop is at work, 5 a file
# cannot be written.
base=$HOME/.jupyter-ec2
dir=$base/server
python=$base/venv/bin/python
unit=jupyter-ec2.service
cd "$base" 2>/dev/null || cd /

pid_alive() { # the supervisor, and not another process that got its number
	pid=$(cat "$dir/pid" 2>/dev/null) && [ -n "$pid" ] &&
		[ "$(ps -ww -o args= -p "$pid" 2>/dev/null)" = "/bin/sh $dir/supervise" ]
}
unit_there() { [ "$JE_SYSTEMD" = 1 ] && [ -f "/etc/systemd/system/$unit" ]; }

state() {
	cat "$dir/spec" 2>/dev/null
	alive=0 ended=0
	if unit_there; then
		eval "$(systemctl show "$unit" -p ActiveState,SubState,NRestarts 2>/dev/null | grep -E '^[A-Za-z]+=[a-z0-9-]*$')"
		case ${ActiveState:-} in active | activating | reloading) alive=1 ;; esac
		[ "$alive" = 1 ] && [ "${SubState:-}" != auto-restart ] && [ "${NRestarts:-0}" -lt 1 ] || ended=1
	else
		! pid_alive || alive=1
		[ "$alive" = 1 ] && [ ! -s "$dir/ended" ] || ended=1
	fi
	# alive: it runs or will be started again; ended: it ended at least once.
	echo "alive=$alive"
	echo "ended=$ended"
	strays
}

# ours prints number, parent and port of each process that is a supervisor or
# a server of ours. One with a terminal was started by a person.
ours() {
	ps -axww -o pid= -o ppid= -o tty= -o args= 2>/dev/null | while read -r number parent tty args; do
		case $tty in '?' | '??' | -) ;; *) continue ;; esac
		port=0
		case "$args " in
		"/bin/sh $dir/supervise ") ;;
		*" --config=$dir/config.py "*)
			port=${args##*.port=}
			port=${port%%[!0-9]*}
			;;
		*) continue ;;
		esac
		echo "$number $parent ${port:-0}"
	done
}

# strays prints those of ours that neither the pid file nor systemd knows.
strays() {
	known=' '
	! pid_alive || known=" $pid "
	if unit_there; then known="$known$(systemctl show "$unit" -p MainPID 2>/dev/null | sed 's/MainPID=//') "; fi
	ours | while read -r number parent port; do
		case $known in *" $number "* | *" $parent "*) ;; *) echo "stray=$number $port" ;; esac
	done
}

# tidy ends the strays: supervisors, which would start theirs again, first.
tidy() {
	for port in 0 '[1-9]*'; do
		# shellcheck disable=SC2254 # a pattern
		strays | while read -r stray found; do
			case $found in $port) finish "${stray#stray=}" ;; esac
		done
	done
}

# finish asks a process to end, and makes it. What is made to end has its port
# until all of its group is gone.
finish() {
	kill -TERM "$1" 2>/dev/null
	tries=0
	while kill -0 "$1" 2>/dev/null || { [ "$tries" -gt 75 ] && kill -0 "-$1" 2>/dev/null; }; do
		tries=$((tries + 1))
		# A supervisor leads a process group of its own.
		if [ "$tries" -gt 75 ]; then kill -KILL "-$1" 2>/dev/null || kill -KILL "$1" 2>/dev/null; fi
		if [ "$tries" -gt 80 ]; then break; fi
		sleep 0.2
	done
}

stop() {
	if unit_there; then sudo -n systemctl disable --now "$unit" >/dev/null 2>&1; fi
	end
	rm -f "$dir/spec" "$dir/gateway-token" "$dir/gateway.pem"
}

end() {
	if pid_alive; then finish "$pid"; fi
	rm -f "$dir/pid"
	tidy
}

# restart starts what start started last, anew.
restart() {
	[ -s "$dir/spec" ] && [ -x "$dir/run" ] || exit 3
	end
	start
}

# prepare tells how the server is. Unless it runs by the spec of JE_HASH, it is
# stopped, and a free port is looked for.
prepare() {
	told=$(state)
	echo "$told"
	if [ -n "$JE_HASH" ] && echo "$told" | grep -qx "hash=$JE_HASH" && echo "$told" | grep -qx alive=1; then return; fi
	hold "$base/server.lock" 60 || exit 4
	stop
	echo prepared=1
	port
}

# put writes the JE_FILES files that begin needs, each whole or not at all. What
# is in them is in no environment and no list of processes.
put() {
	mkdir -p "$dir" && chmod 700 "$dir" || return
	n=0
	while [ "$n" -lt "$JE_FILES" ]; do
		eval "name=\$name_$n mode=\$mode_$n text=\$text_$n"
		(umask 077 && printf %s "$text" >"$dir/$name.new") && chmod "$mode" "$dir/$name.new" && mv -f "$dir/$name.new" "$dir/$name" || return
		n=$((n + 1))
	done
}

# port finds the first port free to listen on.
port() {
	"$python" -I - "$JE_BIND" "$JE_PORT" "$JE_TRIES" <<'EOF'
import errno, socket, sys
ip, first, tries = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for port in range(first, min(first + tries, 65536)):
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((ip, port))
            s.listen(1)
        except OSError as e:
            if e.errno == errno.EADDRINUSE:
                continue
            print("problem=" + {errno.EADDRNOTAVAIL: "address", errno.EACCES: "permission"}.get(e.errno, e.strerror))
            break
        print("port=%d" % port)
        break
EOF
	if command -v ss >/dev/null 2>&1; then
		# Beside this host's address, others may have the same port: in the
		# sandbox, other hosts'.
		{ sudo -n ss -Hltnp "sport = :$JE_PORT" 2>/dev/null || ss -Hltnp "sport = :$JE_PORT"; } 2>/dev/null </dev/null |
			awk -v ip="$JE_BIND" -v port=":$JE_PORT" 'ip == "0.0.0.0" || $4 == ip port || $4 == "*" port || $4 == "0.0.0.0" port || $4 == "[::]" port' |
			sed -n 's/.*users:((\("[^"]*",pid=[0-9]*\).*/holder=\1/p' | head -n 1
	fi
}

start() {
	if [ -n "${JE_WORKDIR:-}" ]; then mkdir -p "$JE_WORKDIR" || exit 1; fi
	date +%s >"$dir/started"
	if [ "$JE_SYSTEMD" = 1 ]; then
		# needrestart restarts services after updates; that would end kernels.
		if [ -d /etc/needrestart/conf.d ]; then
			# shellcheck disable=SC2016
			echo '$nrconf{override_rc}{qr(^jupyter)} = 0;' | sudo -n tee /etc/needrestart/conf.d/jupyter-ec2.conf >/dev/null
		fi
		sudo -n install -m 644 "$dir/$unit" "/etc/systemd/system/$unit" &&
			sudo -n systemctl daemon-reload &&
			sudo -n systemctl reset-failed "$unit" 2>/dev/null
		sudo -n systemctl enable "$unit" 2>&1 && sudo -n systemctl restart --no-block "$unit" 2>&1
		return
	fi
	if [ -f "$dir/server.log" ]; then mv -f "$dir/server.log" "$dir/server.log.1"; fi
	: >"$dir/server.log"
	rm -f "$dir/ended"
	chmod 600 "$dir/server.log"
	# A session of its own outlives the login; not every system has setsid(1).
	"$python" -I - "$dir" <<'EOF'
import os, sys
folder = sys.argv[1]
begun, begin = os.pipe()
if os.fork():
    os.close(begin)
    os.read(begun, 1)  # the supervisor has taken the process over
    os._exit(0)
os.setsid()
null = os.open(os.devnull, os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(null, fd)
for fd in range(3, 256):  # the lock among them: it is held until then
    try:
        os.set_inheritable(fd, False)
    except OSError:
        pass
with open(folder + "/pid", "w") as f:
    f.write("%d\n" % os.getpid())
os.execv("/bin/sh", ["/bin/sh", folder + "/supervise"])
EOF
}

log() {
	if unit_there; then
		since=
		if [ "${JE_SINCE_START:-}" = 1 ] && read -r at <"$dir/started"; then since=--since=@$at; fi
		# shellcheck disable=SC2086
		sudo -n journalctl -q -o cat --no-pager -u "$unit" $since -n "$JE_LINES"
	elif [ -f "$dir/server.log" ]; then
		tail -n "$JE_LINES" "$dir/server.log"
	fi
}

# follow prints the last lines and what is added. Nothing is exec'd, so that the
# label in this shell's arguments stays above what runs.
follow() {
	echo
	echo 'jupyter-ec2: the log follows'
	if unit_there; then
		sudo -n journalctl -q -o cat --no-pager -u "$unit" -n "$JE_LINES" -f
	else
		tail -n "$JE_LINES" -F "$dir/server.log" 2>/dev/null
	fi
	exit $?
}

# settings names the configuration files beside ours that a server reads: ours
# takes the place of jupyter_server_config.
settings() {
	for folder in "${JUPYTER_CONFIG_DIR:-$HOME/.jupyter}" "$HOME/.local/etc/jupyter" /usr/local/etc/jupyter /etc/jupyter; do
		for file in "$folder"/jupyter_config.py "$folder"/jupyter_config.json "$folder"/jupyter_notebook_config.py "$folder"/jupyter_notebook_config.json; do
			[ ! -f "$file" ] || echo "settings=$file"
		done
	done | sed "s|=$HOME/|=~/|"
}

case $JE_DO in
begin)
	hold "$base/server.lock" 60 || exit 4
	end # what came in between
	put || exit 5
	start
	;;
stop | restart | tidy)
	hold "$base/server.lock" 60 || exit 4
	"$JE_DO"
	;;
state | prepare | strays | log | follow | settings) "$JE_DO" ;;
*) exit 2 ;;
esac
