# uv, the fast way: no apt, no pip, nothing of the system is changed.
prepare
need_uv
uv_settings
if [ -z "${UV_EXCLUDE:-}" ]; then
	# A check of IRIs that Jupyter does without, and that makes every one of
	# its commands one to two seconds slower (python-jsonschema/jsonschema#1521).
	# Without its folder, which may have a space: uv takes a list there.
	printf 'rfc3987-syntax\n' >excludes.txt
	UV_EXCLUDE=excludes.txt
	export UV_EXCLUDE
fi
[ -x "$venv/bin/python" ] || run "$uv" venv --python "$python" "$venv"
activate
run "$uv" pip install notebook jupyter_kernel_gateway ipykernel pip
finish
