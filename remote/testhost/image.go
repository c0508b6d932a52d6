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
