package testhost

import (
	"context"
	"errors"
	"path/filepath"
)

const imageScript = `
merged=$1 image=$2
rm -f "$merged"/etc/ssh/ssh_host_* "$merged"/var/lib/testhost/console "$merged"/home/ubuntu/.ssh/authorized_keys
: >"$merged/etc/machine-id"
umount "$merged"
mkdir "$image"
mount --bind "$(dirname "$merged")/disk" "$image" # the file system outlives the host
`

// Image stops and removes the host, and answers its disk for others to begin
// with. It lasts as long as the lab.
func (h *Host) Image(ctx context.Context) (string, error) {
	if h.spec.disk() == 0 {
		return "", errors.New("a disk on this computer's own cannot be kept")
	}
	if err := h.Stop(ctx); err != nil {
		return "", err
	}
	image := h.dir() + ".image"
	_, err := sh(ctx, imageScript, h.file(""), image)
	return filepath.Join(image, "up"), errors.Join(err, h.Remove(ctx))
}

const copyScript = `
merged=$1 copy=$2
mkdir "$copy"
mount -t tmpfs tmpfs "$copy"
cp -a "$(dirname "$merged")/disk/up" "$copy/up" # with what the overlay notes of it
`

// Copy returns a copy of the host's disk for others to begin with, as it is. A
// host that is up is stopped for it and started again at its address. The copy
// lasts as long as the lab.
func (h *Host) Copy(ctx context.Context, name string) (string, error) {
	up, public := h.up(), h.public
	if up {
		if err := h.Stop(ctx); err != nil {
			return "", err
		}
	}
	to := h.dir() + "." + name
	_, err := sh(ctx, copyScript, h.file(""), to)
	if up {
		err = errors.Join(err, h.startAt(ctx, public))
	}
	return filepath.Join(to, "up"), err
}
