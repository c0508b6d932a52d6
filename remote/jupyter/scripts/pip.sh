# apt and pip, as in the guide, in a virtual environment.
PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_DISABLE_PIP_VERSION_CHECK
has_ensurepip() { "$python" -I -c 'import venv, ensurepip' 2>/dev/null; }

# Without recommends: pip's bring a compiler, 360 MB that nothing here needs.
guide_apt() {
	if have apt-get && can_sudo; then
		wait_for_first_boot
		apt update
		apt install -y --no-install-recommends python3-pip python3-venv
		run pip3 -V
		return 0
	fi
	if have apt-get; then why='sudo cannot be used on this machine'; else why='this machine has no apt'; fi
	say "Left out of the guide's commands, because $why:"
	say '    sudo apt-get update'
	say '    sudo apt-get install -y python3-pip'
	say 'Not needed either: pip comes into the virtual environment.'
	if have pip3; then run pip3 -V; fi
}

# fetch runs pip install. pip tells of few refusals, and takes the others for
# a package that does not exist: then the index itself is asked.
fetch() {
	{ run pip install "$@" 2>&1 && echo 0 >"$base/pip.code" || echo $? >"$base/pip.code"; } | tee "$base/pip.log"
	read -r code <"$base/pip.code"
	[ "$code" != 0 ] || return 0
	if grep -q 'from versions: none' "$base/pip.log"; then
		for package; do :; done
		"$python" -I -u "$base/fetch.py" ask "$package" || code=$?
	fi
	return "$code"
}

make_venv() {
	say 'Jupyter gets a virtual environment: newer releases keep their own Python for themselves (PEP 668).'
	if has_ensurepip; then
		run "$python" -I -m venv "$venv"
		return 0
	fi
	say 'This Python brings no pip (ensurepip): it is fetched from the package index.'
	run "$python" -I -m venv --without-pip "$venv" || fail 20 'python3 cannot make a virtual environment'
	"$python" -I -u "$base/fetch.py" pip "$base/pip.whl"
	run "$venv/bin/python" -I "$base/pip.whl/pip" install --ignore-installed pip
	rm -f "$base/pip.whl"
}

prepare
guide_apt
[ -x "$venv/bin/pip" ] || make_venv
activate
fetch --upgrade pip
fetch notebook
fetch jupyter_kernel_gateway
fetch ipykernel
finish
