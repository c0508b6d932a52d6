# Tells what a project's venv has. What is set before it: id, dir, kind; and the
# functions given_without, as for bring.sh, and list_program, which prints the
# program of that name. It prints a line
# each: "brought JSON", what the last bringing left, "now JSON", "kernel NAME"; and of
# a lock the packages that are for this machine, "for NAME==VERSION", and "end".
base=$HOME/.jupyter-ec2
own=$base/projects/$id
venv=$own/venv
uv=$base/bin/uv
[ -f "$own/brought.json" ] || exit 3
case $dir in /*) ;; *) dir=$HOME/$dir ;; esac
printf 'brought %s\n' "$(cat "$own/brought.json")"
printf 'now %s\n' "$(list_program | python3 -I -S - "$venv")"
printf 'kernel %s\n' "$(cat "$own/kernel" 2>/dev/null)"
if [ "$kind" = lock ] && cd "$dir" 2>/dev/null; then
	unset VIRTUAL_ENV CONDA_PREFIX
	export UV_PROJECT_ENVIRONMENT="$venv" UV_CACHE_DIR="${UV_CACHE_DIR:-$base/cache/uv}" UV_PYTHON_DOWNLOADS=never
	# What would be installed if nothing were there yet is what is for this machine.
	given_without "$uv" sync --frozen --inexact --dry-run --reinstall --offline --python "$venv/bin/python" 2>&1 |
		sed -n 's/^ + \([A-Za-z0-9._-]*\)==\([^ ]*\).*/for \1==\2/p; s/^ + \([A-Za-z0-9._-]*\) @ .*/for \1/p'
fi
echo end
