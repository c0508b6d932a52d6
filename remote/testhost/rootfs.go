package testhost

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"path/filepath"
)

//go:embed scripts/rootfs.sh
var rootfsScript string

// unpackScript adds what belongs to this computer: its certificate
// authorities and its name servers. pip and uv keep what they download, for
// the next host.
const unpackScript = `
tarball=$1 root=$2 packages=$3
mkdir "$root"
zstd -q -d -c "$tarball" | tar -C "$root" -x
if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
	cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
	chroot "$root" update-ca-certificates >/dev/null 2>&1
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/var/cache/testhost"
printf 'UV_CACHE_DIR=/var/cache/testhost/uv\nPIP_CACHE_DIR=/var/cache/testhost/pip\n' >>"$root/etc/environment"
chown 1000:1000 "$packages"
`

// unpack makes the slot's root filesystem from the tarball, which is built
// when there is none of this version.
func (s *slot) unpack(ctx context.Context) error {
	version := sha256.Sum256([]byte(rootfsScript))
	tarball := filepath.Join(s.cache, fmt.Sprintf("bookworm-%x.tar.zst", version[:6]))
	if _, err := run(ctx, "flock", tarball+".lock", "sh", "-c", rootfsScript, "rootfs", tarball); err != nil {
		return err
	}
	_, err := sh(ctx, unpackScript, tarball, s.root(), s.packages())
	return err
}

func (s *slot) root() string     { return filepath.Join(s.dir(), "root") }
func (s *slot) packages() string { return filepath.Join(s.cache, "packages") }
