# Runs image.py, which gets what it is to do as JSON on its input.
# JE_SUDO=1 means that it runs as root: other homes than this one are seen then.
umask 077
base=$HOME/.jupyter-ec2
dir=$base/image
mkdir -p "$dir" && chmod 700 "$base" "$dir" || exit 1
for name in image image_boot; do
	eval "text=\$JE_$name"
	# Another run may be reading it at this moment.
	printf '%s\n' "$text" >"$dir/$name.py.$$" && mv -f "$dir/$name.py.$$" "$dir/$name.py" || exit 1
done
python=$base/venv/bin/python
[ -x "$python" ] || python=python3
cd "$dir" || exit 1
if [ "$JE_SUDO" = 1 ]; then
	exec sudo -n "$python" -I "$dir/image.py" "$HOME"
fi
exec "$python" -I "$dir/image.py" "$HOME"
