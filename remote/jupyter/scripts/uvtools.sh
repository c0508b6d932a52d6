# What is needed to use uv: the program, and what it is told. Whoever calls it
# has python set, the path of a python3.
uv=$base/bin/uv

# uv does not read pip's settings: it is told of them.
uv_settings() {
	UV_CACHE_DIR=${UV_CACHE_DIR:-$base/cache/uv}
	UV_PYTHON_DOWNLOADS=never
	UV_NO_PROGRESS=1
	export UV_CACHE_DIR UV_PYTHON_DOWNLOADS UV_NO_PROGRESS
	index=$("$python" -I "$base/fetch.py" index)
	if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ "$index" != https://pypi.org/simple ]; then
		UV_DEFAULT_INDEX=$index
		export UV_DEFAULT_INDEX
	fi
	if [ -z "${UV_INDEX:-}${UV_EXTRA_INDEX_URL:-}" ] && [ -n "${PIP_EXTRA_INDEX_URL:-}" ]; then
		UV_INDEX=$PIP_EXTRA_INDEX_URL
		export UV_INDEX
	fi
	cert=$("$python" -I "$base/fetch.py" cert)
	if [ -z "${SSL_CERT_FILE:-}" ] && [ -f "$cert" ]; then
		SSL_CERT_FILE=$cert
		export SSL_CERT_FILE
	elif [ -z "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ]; then
		# The system's authorities, as python3 uses them, not uv's own list.
		UV_SYSTEM_CERTS=1
		export UV_SYSTEM_CERTS
	fi
}

# need_uv fetches uv where it is not there yet.
need_uv() {
	"$uv" --version >/dev/null 2>&1 || "$python" -I -u "$base/fetch.py" uv "$uv"
}
