# Looks at the host and changes nothing. Prints key=value lines.
have() { command -v "$1" >/dev/null 2>&1; }
yes() { if "$@" >/dev/null 2>&1 </dev/null; then echo 1; else echo 0; fi; }

os= release=
if [ -r /etc/os-release ]; then
	os=$(. /etc/os-release && printf %s "$ID")
	release=$(. /etc/os-release && printf %s "$VERSION_ID")
else
	os=$(uname -s | tr '[:upper:]' '[:lower:]')
fi
libc=
if have getconf && libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) && [ -n "$libc" ]; then :; elif ls /lib/ld-musl-* >/dev/null 2>&1; then libc=musl; fi
echo "os=$os"
echo "release=$release"
echo "arch=$(uname -m)"
echo "libc=$libc"

python=$(command -v python3 || true)
echo "python=$python"
if [ -n "$python" ]; then
	"$python" -I -c 'import os, platform, sysconfig
print("python_version=" + platform.python_version())
print("pep668=%d" % os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")))' 2>/dev/null
fi

echo "systemd=$(yes test -d /run/systemd/system)"
echo "sudo=$(yes sudo -n true)"
echo "apt=$(yes have apt-get)"
echo "cloud_init=$(yes have cloud-init)"
echo "curl=$(yes have curl)"
echo "wget=$(yes have wget)"

echo "free_disk_kb=$(df -Pk "$HOME" 2>/dev/null | awk 'NR == 2 { print $4 }')"
if [ -r /proc/meminfo ]; then
	awk '$1 == "MemTotal:" { print "memory_kb=" $2 } $1 == "SwapTotal:" { print "swap_kb=" $2 }' /proc/meminfo
elif bytes=$(sysctl -n hw.memsize 2>/dev/null); then
	echo "memory_kb=$((bytes / 1024))"
fi

# A sandbox host has one address, its loopback's, and says which.
echo "loopback=${JUPYTER_EC2_LOOPBACK:-127.0.0.1}"
if [ -n "${JUPYTER_EC2_LOOPBACK:-}" ]; then
	echo "ip=$JUPYTER_EC2_LOOPBACK"
elif have ip; then
	# The address that leads to the internet first; no packet is sent.
	ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/ip=\1/p'
	ip -4 -o addr show scope global 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/ip=\1/p'
elif have hostname; then
	for a in $(hostname -I 2>/dev/null); do echo "ip=$a"; done
fi
echo "home=$HOME"
echo "user=$(id -un 2>/dev/null || id -u)"
echo "end=1"
