# Brings a project's packages into a venv of its own, and makes a kernel of it.
# It follows the tools of Jupyter's install, whose exit codes it has too; and
# 22: no Python that the project allows, 23: the project's folder is missing.
#
# What is set before it: id, the names of the venv's folder; dir, the project's;
# kind, lock or another; prefer and requires, Pythons; dry, 1 to change nothing;
# the functions given_needs and given_without, which add words to a command;
# and what is in needs and without.
need_mb=300
own=$base/projects/$id
venv=$own/venv
case $dir in /*) ;; *) dir=$HOME/$dir ;; esac

# version_of PYTHON prints its version.
version_of() { "$1" -I -S -c 'import platform; print(platform.python_version())' 2>/dev/null; }

find_python() { "$uv" python find --no-project --no-config --system "$1" 2>/dev/null; }

# choose_python sets chosen to the Python of the project's venv.
choose_python() {
	if [ -n "$prefer" ]; then
		chosen=$(find_python "$prefer") && return 0
		say "The project is worked with Python $prefer, which this machine has not got."
	fi
	chosen=$python
	[ -n "$requires" ] || return 0
	chosen=$(find_python "$requires") ||
		fail 22 "the project allows Python $requires, and this machine has $(version_of "$python")"
}

# make_venv keeps the venv that is there, unless it is of another Python or not whole.
make_venv() {
	version=$(version_of "$chosen")
	there=$(version_of "$venv/bin/python") || there=
	[ "${there%.*}" != "${version%.*}" ] || return 0
	say "The project's packages go into a venv of their own, with Python $version."
	rm -f "$own/brought.json"
	run "$uv" venv --clear --no-project --python "$chosen" "$venv"
}

# has NAME... says whether all these packages are in the venv.
has() {
	for name; do
		set -- "$venv"/lib/python3*/site-packages/"$name"-[0-9]*.dist-info
		[ -d "$1" ] || return 1
	done
}

# install runs uv pip install, which warns of files that hold nothing.
install() {
	if [ "$dry" = 1 ]; then set -- "$@" --dry-run; fi
	if [ -n "$without" ]; then set -- --excludes "$own/without.txt" "$@"; fi
	run "$uv" pip install --python "$venv/bin/python" "$@"
}

# install_beside installs what leaves the versions as they are that are there.
install_beside() {
	"$uv" pip freeze --python "$venv/bin/python" 2>/dev/null | grep -E '^[A-Za-z0-9._-]+==' >"$own/versions.txt" || :
	if [ -s "$own/versions.txt" ]; then set -- -c "$own/versions.txt" "$@"; fi
	install "$@"
}

bring() {
	printf %s "$needs" >"$own/needs.txt"
	printf %s "$without" >"$own/without.txt"
	if [ "$kind" = lock ]; then
		set -- "$uv" sync --frozen --inexact --python "$venv/bin/python"
		if [ "$dry" = 1 ]; then set -- "$@" --dry-run; fi
		given_without run "$@"
		[ -n "$needs" ] || return 0
		install_beside -r "$own/needs.txt"
	else
		given_needs install
	fi
}

# make_kernel adds what a kernel needs beside the project's packages: ipykernel,
# and the pip that %pip runs.
make_kernel() {
	if ! has ipykernel pip; then
		install_beside ipykernel pip
	fi
	"$venv/bin/python" -I "$own/kernel.py" "$venv" "$base/venv" "$dir"
	"$python" -I -S "$own/list.py" "$venv" "$own/brought.json" "$own/before.json" >"$own/brought.tmp"
	mv -f "$own/brought.tmp" "$own/brought.json"
}

main() {
	need_uv
	uv_settings
	unset VIRTUAL_ENV CONDA_PREFIX
	UV_PROJECT_ENVIRONMENT=$venv
	export UV_PROJECT_ENVIRONMENT
	cd "$dir"
	choose_python
	make_venv
	[ "$dry" = 1 ] || "$python" -I -S "$own/list.py" "$venv" >"$own/before.json"
	bring
	[ "$dry" = 1 ] || make_kernel
}

lock
[ -d "$dir" ] || fail 23 "the project's folder $dir is not there"
check_disk
check_python
(
	umask 077
	mkdir -p "$own"
	rm -f "$own/code" # of the last run: one that is killed writes none
	write_programs
)
# A function that is part of a condition does not end at an error.
{
	set +e
	(
		set -e
		main
	)
	echo $? >"$own/code"
} 2>&1 </dev/null | "$python" -I -S "$own/clean.py"
read -r code <"$own/code"
exit "$code"
