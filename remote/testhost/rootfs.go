package testhost

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
)

var (
	//go:embed scripts/rootfs.sh
	rootfsScript string
	//go:embed scripts/cloudinit.sh
	cloudInitScript string
)

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

// unpackLayerScript unpacks a layer with what marks removed files.
const unpackLayerScript = `
tarball=$1 layer=$2
mkdir "$layer"
mount -t tmpfs -o mode=755 tmpfs "$layer"
zstd -q -d -c "$tarball" | tar -C "$layer" --xattrs --xattrs-include='trusted.overlay.*' -x
`

// tree is a folder of a slot that hosts' disks begin with.
type tree struct {
	mu   sync.Mutex // held while it is made
	made bool
}

// tree returns the slot's folder of that name, and makes it on first use.
func (s *slot) tree(name string, make func(dir string) error) (string, error) {
	// One that takes long to make holds up nobody who wants another.
	s.mu.Lock()
	if s.trees == nil {
		s.trees = map[string]*tree{}
	}
	if s.trees[name] == nil {
		s.trees[name] = &tree{}
	}
	t := s.trees[name]
	s.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	dir := filepath.Join(s.dir(), name)
	if t.made {
		return dir, nil
	}
	if err := make(dir); err != nil {
		return "", err
	}
	t.made = true
	return dir, nil
}

// tarball is where what a script builds is kept.
func (s *slot) tarball(name, script string) string {
	version := sha256.Sum256([]byte(script))
	return filepath.Join(s.cache, fmt.Sprintf("%s-%x.tar.zst", name, version[:6]))
}

// root returns the slot's root filesystem of a release, from a tarball that is
// built when there is none of this version.
func (s *slot) root(ctx context.Context, release string) (string, error) {
	return s.tree("root-"+release, func(dir string) error {
		tarball := s.tarball(release, rootfsScript)
		if _, err := run(ctx, "flock", tarball+".lock", "sh", "-c", rootfsScript, "rootfs", tarball, release); err != nil {
			return fmt.Errorf("building the root filesystem of the test hosts: %w", err)
		}
		if _, err := sh(ctx, unpackScript, tarball, dir, s.packages()); err != nil {
			return fmt.Errorf("unpacking the root filesystem of the test hosts: %w", err)
		}
		return nil
	})
}

// cloudInit returns the slot's layer with cloud-init for that root, likewise.
func (s *slot) cloudInit(ctx context.Context, root string) (string, error) {
	return s.tree("cloud-init", func(dir string) error {
		tarball := s.tarball("cloud-init", rootfsScript+cloudInitScript)
		if _, err := run(ctx, "flock", tarball+".lock", "sh", "-c", cloudInitScript, "cloudinit", tarball, root, dir+".build"); err != nil {
			return fmt.Errorf("building the test hosts' cloud-init: %w", err)
		}
		if _, err := sh(ctx, unpackLayerScript, tarball, dir); err != nil {
			return fmt.Errorf("unpacking the test hosts' cloud-init: %w", err)
		}
		return nil
	})
}

// layers are what a host's disk begins with, as an overlay's lower folders.
func (s *slot) layers(ctx context.Context, spec Spec) (string, error) {
	root, err := s.root(ctx, cmp.Or(spec.Release, usual))
	if err != nil {
		return "", err
	}
	layers := []string{root}
	if spec.CloudInit != nil {
		layer, err := s.cloudInit(ctx, root)
		if err != nil {
			return "", err
		}
		layers = append([]string{layer}, layers...)
	}
	if spec.Image != "" {
		layers = append([]string{spec.Image}, layers...)
	}
	return strings.Join(layers, ":"), nil
}

func (s *slot) packages() string { return filepath.Join(s.cache, "packages") }
