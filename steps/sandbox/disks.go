package sandbox

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

var _ ec2sim.DiskHosts = (*hosts)(nil)

// SaveDisk keeps a copy of a host's files. One that runs is stopped for it and
// started again at its address, as EC2 does it, unless it is to be left running.
func (h *hosts) SaveDisk(ctx context.Context, id, snapshot string, running bool) error {
	h.mu.Lock()
	up := h.running[id] != nil
	h.mu.Unlock()
	restart := up && !running
	if restart {
		if err := h.halt(ctx, id); err != nil {
			return err
		}
	}
	err := h.computer.SaveDisk(ctx, id, snapshot)
	if err == nil {
		h.log("The disk of host " + id + " is kept as " + snapshot + ".")
	}
	if restart { // also after a copy that failed
		if again := h.Reboot(ctx, id); err == nil {
			err = again
		}
	}
	return err
}

// DropDisk removes such a copy.
func (h *hosts) DropDisk(_ context.Context, snapshot string) error {
	return h.computer.DropDisk(snapshot)
}
