package sshhost

import (
	"context"
	"errors"
	"net"
)

// User is the only user a host lets in, as on Ubuntu's images.
const User = "ubuntu"

// Computer is what this computer gives to its hosts. It is made by [Prepare].
type Computer struct {
	dir string
}

// Spec says which host to start.
type Spec struct {
	// ID is the instance's ID. It names the host's folder and marks its processes.
	ID string
	// Listener is where the host listens, from [Listen]. The host closes it.
	Listener net.Listener
	// AuthorizedKeys are the keys that may sign in, in authorized_keys form.
	AuthorizedKeys []string
}

// Check tells, without changing anything, whether this computer can run hosts:
// nil, or an error that explains what is missing.
func Check(ctx context.Context, environ []string) error { return errors.New("not yet") }

// Prepare makes dir (whose hosts each get a folder in it) ready and finds out
// what this computer has. environ is the environment to take settings from, as
// os.Environ gives it. When the program is root, dir must be reachable by
// other users; see [Reachable].
func Prepare(ctx context.Context, dir string, environ []string) (*Computer, error) {
	return nil, errors.New("not yet")
}

// Start starts the host, for the first time or again.
func (c *Computer) Start(ctx context.Context, s Spec) (*Host, error) {
	return nil, errors.New("not yet")
}

// End ends what a host left running, such as after the program was killed.
func (c *Computer) End(ctx context.Context, id string) error { return errors.New("not yet") }

// Remove ends what a host left running and removes its folder.
func (c *Computer) Remove(ctx context.Context, id string) error { return errors.New("not yet") }

// Hosts lists the IDs that have a folder.
func (c *Computer) Hosts() ([]string, error) { return nil, errors.New("not yet") }
