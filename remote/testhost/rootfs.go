package testhost

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"path/filepath"
	"sync"
)

//go:embed scripts/rootfs.sh
var rootfsScript string

// unpackScript adds what belongs to this computer: its certificate
// authorities and its name servers. pip and uv keep what they download, for
// the next host.
const unpackScript = `
tarball=$1 root=$2 packages=$3
mkdir -p "$packages" && mkdir "$root"
mount -t tmpfs -o mode=755 tmpfs "$root" # ten thousand files: in memory, a tenth of the time
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

// usual is the Debian release of hosts that ask for none.
const usual = "bookworm"

// rootfs is a slot's root filesystem of one release.
type rootfs struct {
	mu       sync.Mutex // held while it is made
	unpacked bool
}

// root returns the slot's root filesystem of a release. It is unpacked on
// first use, from a tarball that is built when there is none of this version.
func (s *slot) root(ctx context.Context, release string) (string, error) {
	// A release that takes long to build holds up no host of another one.
	s.mu.Lock()
	if s.roots == nil {
		s.roots = map[string]*rootfs{}
	}
	if s.roots[release] == nil {
		s.roots[release] = &rootfs{}
	}
	r := s.roots[release]
	s.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	root := filepath.Join(s.dir(), "root-"+release)
	if r.unpacked {
		return root, nil
	}
	version := sha256.Sum256([]byte(rootfsScript))
	tarball := filepath.Join(s.cache, fmt.Sprintf("%s-%x.tar.zst", release, version[:6]))
	if _, err := run(ctx, "flock", tarball+".lock", "sh", "-c", rootfsScript, "rootfs", tarball, release); err != nil {
		return "", fmt.Errorf("building the root filesystem of the test hosts: %w", err)
	}
	if _, err := sh(ctx, unpackScript, tarball, root, s.packages()); err != nil {
		return "", fmt.Errorf("unpacking the root filesystem of the test hosts: %w", err)
	}
	r.unpacked = true
	return root, nil
}

func (s *slot) packages() string { return filepath.Join(s.cache, "packages") }
