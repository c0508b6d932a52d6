#!/bin/sh
# Renders docs/demo.gif and docs/demo.png from demo.tape: builds the program,
# lets VHS drive it through the sandbox in a home of its own, and ends the
# sandbox again. `make demo` runs it.
set -eu
cd "$(dirname "$0")/.."

missing=0
have() { command -v "$1" >/dev/null 2>&1; }
need() { # the program, and how to come by it
	have "$1" && return
	echo "demo: $1 is missing: $2" >&2
	missing=1
}
need go "install Go, https://go.dev/dl/"
need python3 "the sandbox installs Jupyter into a Python of this computer"
need vhs "go install github.com/charmbracelet/vhs@v0.10.0, or your system's package"
need ttyd "your system's package (brew install ttyd; in Debian it is newer than bookworm), 1.7.2 or later"
need ffmpeg "your system's package (apt-get install ffmpeg, brew install ffmpeg)"
have chromium || have chromium-browser || have google-chrome || have chrome ||
	echo "demo: no Chromium on the PATH; vhs will fetch one if it can (else: apt-get install chromium)" >&2
if have fc-list && ! fc-list | grep -q "DejaVu Sans Mono"; then
	echo "demo: the font DejaVu Sans Mono is missing (apt-get install fonts-dejavu-core); the picture takes another one" >&2
fi
[ "$missing" -eq 0 ] || exit 1

DEMO_HOME=$(mktemp -d "${TMPDIR:-/tmp}/demo.XXXX")
export DEMO_HOME
# The sandbox's machines run as another user when this is root.
chmod 755 "$DEMO_HOME"
program=$DEMO_HOME/bin/jupyter-ec2
finish() {
	HOME=$DEMO_HOME XDG_STATE_HOME='' "$program" sandbox stop >/dev/null 2>&1 || true
	rm -rf "$DEMO_HOME"
}
trap finish EXIT
trap 'exit 130' INT TERM

go build -o "$program" .
rm -f docs/demo.gif docs/demo.png
# Chromium refuses its own sandbox to root.
[ "$(id -u)" -ne 0 ] || export VHS_NO_SANDBOX=1
if ! PATH="$DEMO_HOME/bin:$PATH" vhs demo.tape; then
	echo "demo: vhs did not get through demo.tape; a Wait that timed out names the screen it hoped for" >&2
	exit 1
fi
for f in docs/demo.gif docs/demo.png; do
	[ -s "$f" ] || { echo "demo: vhs ended without $f" >&2; exit 1; }
	echo "$f: $(($(wc -c <"$f") / 1024)) KiB"
done
