# What both installers share. The caller's script follows.
#
# Exit codes: 10 no python3, 11 Python too old, 12 disk full, 14 no connection,
# 15 TLS, 16 the index refuses, 17 apt locked, 18 wrong checksum, 19 no wheel
# for this platform, 20 no virtual environment, 21 another install runs;
# anything else is the exit code of the command that failed.
set -eu
umask 022
base=$HOME/.jupyter-ec2
venv=$base/venv
mark=$venv/.complete
need_mb=600
# Programs of Python's that are started by their name, such as pip, take no
# module from the environment or from the user's own packages; no file of the
# user's lies in the folder that they run in.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
PYTHONNOUSERSITE=1
export PYTHONNOUSERSITE

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*"; }
fail() {
	code=$1
	shift
	printf 'error: %s\n' "$*" >&2
	exit "$code"
}
# run shows a command as a person would type it, and runs it.
run() {
	printf '$ %s\n' "$*" | sed "s|$HOME/|~/|g"
	"$@"
}
# bounded SECONDS COMMAND... ends a command that takes too long, with code 124.
bounded() {
	if have timeout; then timeout "$@"; else
		shift
		"$@"
	fi
}
can_sudo() { have sudo && sudo -n true >/dev/null 2>&1 </dev/null; }

# apt shows and runs an apt-get command. It waits for another apt to finish,
# "update" too, which DPkg::Lock::Timeout does not cover.
apt() {
	say "\$ sudo apt-get $*"
	tries=0
	while :; do
		{
			sudo -n env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
				apt-get -o DPkg::Lock::Timeout=300 "$@" 2>&1 </dev/null && echo 0 >"$base/apt.code" || echo $? >"$base/apt.code"
		} | tee "$base/apt.log"
		read -r code <"$base/apt.code"
		[ "$code" != 0 ] || return 0
		tries=$((tries + 1))
		if grep -q 'dpkg --configure -a' "$base/apt.log" && [ "$tries" -lt 3 ]; then
			say 'An earlier apt was interrupted; finishing its work first.'
			say '$ sudo dpkg --configure -a'
			sudo -n env DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null
		elif grep -Eq 'Could not get lock|Unable to lock' "$base/apt.log"; then
			[ "$tries" -lt 60 ] || fail 17 'another apt on this machine has not finished for 5 minutes'
			say 'Another apt is at work (often the machine updating itself); trying again in 5 seconds.'
			sleep 5
		else
			return "$code"
		fi
	done
}

# Another install on the same host is waited for. Children hold the lock too,
# so a killed install's last download counts.
lock() {
	mkdir -p "$base/bin"
	chmod 700 "$base"
	cd "$base"
	if ! have flock; then
		hold "$base/install.lock" 900 || fail 21 'another install on this machine has not finished for 15 minutes'
		return 0
	fi
	exec 9>"$base/install.lock"
	flock -n 9 && return 0
	say 'Another install is at work on this machine; waiting for it.'
	flock -w 900 9 || fail 21 'another install on this machine has not finished for 15 minutes'
}

# finished says whether everything is there, and prints the versions.
finished() {
	[ -f "$mark" ] && [ -x "$venv/bin/jupyter-notebook" ] && [ -x "$venv/bin/jupyter-kernelgateway" ] || return 1
	"$venv/bin/python" -I 2>/dev/null <<-'EOF'
		import platform
		from importlib.metadata import version
		version("ipykernel")
		print("Everything is installed already: pip %s, notebook %s, kernel gateway %s (Python %s)" % (
		    version("pip"), version("notebook"), version("jupyter_kernel_gateway"), platform.python_version()))
	EOF
}

# A venv without the mark is what an interrupted run left.
clear_half_done() {
	if [ -e "$venv" ] && [ ! -f "$mark" ]; then
		say 'An earlier install was not finished: starting it over.'
		rm -rf "$venv"
	fi
	rm -f "$mark"
}

# The first boot may still be at work with apt and its sources. Nothing else
# here waits for it: an install that is begun at boot is over the sooner.
wait_for_first_boot() {
	have cloud-init || return 0
	say 'Waiting until the machine has set itself up.'
	say '$ cloud-init status --wait'
	code=0
	bounded 600 cloud-init status --wait >/dev/null 2>&1 </dev/null || code=$?
	case $code in
	0 | 2) ;; # 2: done, with errors it recovered from
	124) say 'cloud-init has not finished for 10 minutes; going on.' ;;
	*) say "cloud-init reports an error (code $code); going on." ;;
	esac
}

check_disk() {
	free_mb=$(df -Pk "$HOME" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free_mb" -ge "$need_mb" ] ||
		fail 12 "no space left: $free_mb MB are free in $HOME and $need_mb MB are needed"
	say "$free_mb MB of disk are free."
}

# A machine with little memory and no swap gets a swap file, so that the
# install and kernels are not killed.
check_memory() {
	[ -r /proc/meminfo ] || return 0
	memory_mb=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
	swap_mb=$(awk '$1 == "SwapTotal:" { print int($2 / 1024) }' /proc/meminfo)
	[ "$memory_mb" -lt 900 ] && [ "$swap_mb" -eq 0 ] || return 0
	swap=/swapfile-jupyter-ec2
	if ! can_sudo || [ "$free_mb" -lt $((need_mb + 1500)) ]; then
		say "This machine has $memory_mb MB of memory and no swap: the install or a kernel may be killed."
		return 0
	fi
	say "This machine has $memory_mb MB of memory and no swap: making 1 GB of swap in $swap."
	if sudo -n sh -c "{ fallocate -l 1G $swap || dd if=/dev/zero of=$swap bs=1M count=1024; } &&
		chmod 600 $swap && mkswap $swap && swapon $swap &&
		{ grep -q '^$swap ' /etc/fstab || echo '$swap none swap sw,nofail 0 0' >>/etc/fstab; }" >/dev/null 2>&1 </dev/null; then
		say 'Swap is on.'
	else
		sudo -n rm -f $swap </dev/null
		say 'Swap could not be made; going on without.'
	fi
}

# check_python sets python to the path of a python3 that will do.
check_python() {
	if ! have python3 && can_sudo && have apt-get; then
		say 'There is no python3 yet.'
		wait_for_first_boot
		apt update
		apt install -y --no-install-recommends python3
	fi
	have python3 || fail 10 'there is no python3 on this machine'
	python=$(python3 -I -c 'import sys; print(sys.executable)')
	python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 8))' ||
		fail 11 "Jupyter needs Python 3.8 or later, and this is $(python3 --version)"
	say "$(python3 --version) at $python"
}

# on_path puts pip, jupyter and python on the PATH of every login, by a few
# lines at the end of ~/.profile: before the system's programs and after those
# that the user's own lines put before them. Shells that do not read ~/.profile
# get them where they look.
on_path() {
	"$venv/bin/python" -I - "$HOME" 2>/dev/null <<-'EOF' || say 'The PATH of your logins could not be changed: use ~/.jupyter-ec2/venv/bin.'
		import os, pwd, sys, tempfile
		home = sys.argv[1]
		mark = b"# jupyter-ec2: pip, jupyter and python\n"
		lines = mark + b"""if [ -d "$HOME/.jupyter-ec2/venv/bin" ]; then
		    case ":$PATH:" in
		    *":$HOME/.jupyter-ec2/venv/bin:"*) ;;
		    *)
		        je_own='' je_rest=$PATH
		        while case $je_rest in "$HOME"/*:*) true ;; *) false ;; esac; do
		            je_own=$je_own${je_rest%%:*}: je_rest=${je_rest#*:}
		        done
		        PATH=$je_own$HOME/.jupyter-ec2/venv/bin:$je_rest
		        export PATH
		        unset je_own je_rest
		        ;;
		    esac
		fi
		"""
		fish = mark + b"test -d ~/.jupyter-ec2/venv/bin; and set -gx PATH ~/.jupyter-ec2/venv/bin $PATH\n"
		def there(name):
		    return os.path.exists(os.path.join(home, name))
		def add(name, text):
		    path = os.path.realpath(os.path.join(home, name))
		    old, mode = b"", 0o644
		    if os.path.exists(path):
		        with open(path, "rb") as f:
		            old, mode = f.read(), os.stat(path).st_mode & 0o7777
		    if mark in old:
		        return
		    os.makedirs(os.path.dirname(path), exist_ok=True)
		    if old and not old.endswith(b"\n"):
		        old += b"\n"
		    fd, new = tempfile.mkstemp(dir=os.path.dirname(path))
		    with os.fdopen(fd, "wb") as f:
		        f.write(old + text)
		    os.chmod(new, mode)
		    os.replace(new, path)
		    print("pip, jupyter and python are on the PATH of your logins now: ~/" + name)
		shell = os.path.basename(pwd.getpwuid(os.getuid()).pw_shell)
		add(".profile", lines)
		for name in (".bash_profile", ".bash_login"):
		    if there(name):  # bash reads the first of them, and ~/.profile no more
		        add(name, lines)
		        break
		if shell == "zsh" or there(".zprofile") or there(".zshrc"):
		    add(".zprofile", lines)
		if shell == "fish":
		    add(".config/fish/conf.d/jupyter-ec2.fish", fish)
	EOF
}

prepare() {
	lock
	if finished; then
		on_path
		exit 0
	fi
	check_disk
	check_memory
	check_python
	clear_half_done
}

activate() {
	say "\$ . ~/.jupyter-ec2/venv/bin/activate"
	PATH=$venv/bin:$PATH
	VIRTUAL_ENV=$venv
	export PATH VIRTUAL_ENV
}

# finish checks the versions, as the guide does, and marks the venv complete.
finish() {
	run pip --version
	run jupyter notebook --version
	run jupyter kernelgateway --version
	: >"$mark"
	on_path
	say 'Jupyter is installed.'
}
