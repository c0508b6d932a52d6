package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// HostKeyChange gives a host a key that it makes itself, in the place of one
// that others know. It may be cut off anywhere: what is pinned opens the host at
// any time, and the next one finishes it.
type HostKeyChange struct {
	Known      *HostKeys
	InstanceID string
	Old        Key // the key that others know; it is pinned
	// Dial makes a connection that accepts that key and no other.
	Dial func(ctx context.Context, k Key) (*Client, error)

	etc  string // the folder of the server's keys, for tests; empty is /etc/ssh
	conf string // options of sshd's, for tests
	busy int    // for how many seconds another change is waited for; 0 is 20; -1, for tests, is none
	// did is told what has just been done, for tests; an error cuts it off.
	did func(what string) error
}

// HostKeyKept is a host whose key cannot be changed from here.
type HostKeyKept struct {
	Why string // the end of "its key cannot be changed: "
}

func (e *HostKeyKept) Error() string { return "change the host's key: " + e.Why }

// told is the moment between two steps.
func (h HostKeyChange) told(ctx context.Context, what string) error {
	if h.did != nil {
		if err := h.did(what); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// ChangeHostKey has the host make a new key and pins it beside the old one;
// then the host shows it to whoever connects, which a connection proves; then
// the old one is forgotten. This connection stays open. A host that keeps its
// key is a *HostKeyKept.
func (c *Client) ChangeHostKey(ctx context.Context, h HostKeyChange) (Key, error) {
	const doing = "change the host's key"
	log, did := c.to.log().With("instance", h.InstanceID), h.did
	h.did = func(what string) error {
		log.Debug("host key change", "done", what)
		if did != nil {
			return did(what)
		}
		return nil
	}
	made, err := c.newHostKey(ctx, h)
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", doing, err)
	}
	if err = h.Known.Pin(h.InstanceID, made); err == nil {
		err = h.told(ctx, "pinned")
	}
	if err == nil {
		err = c.placeHostKey(ctx, h, made)
	}
	if err == nil {
		err = h.told(ctx, "placed")
	}
	if err == nil {
		err = h.prove(ctx, made)
	}
	if err == nil {
		err = h.told(ctx, "proved")
	}
	if err == nil {
		err = h.Known.Keep(h.InstanceID, made)
	}
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", doing, err)
	}
	return made, nil
}

// newHostKey is the key that the host is to have: one that it has just made, or
// the one that it has already where an earlier change was cut off.
func (c *Client) newHostKey(ctx context.Context, h HostKeyChange) (Key, error) {
	said, err := c.hostKeyStep(ctx, h, makeHostKey, Key{})
	if err != nil {
		return Key{}, err
	}
	if said.made.Line != "" {
		return said.made, h.told(ctx, "made")
	}
	pinned, err := h.Known.Lookup(h.InstanceID)
	if err != nil {
		return Key{}, err
	}
	if said.has == h.Old {
		return Key{}, errors.New("the host made no key")
	}
	if !slices.Contains(pinned, said.has) {
		return Key{}, &HostKeyKept{"its SSH server's key is not where Ubuntu's is"}
	}
	return said.has, nil
}

func (c *Client) placeHostKey(ctx context.Context, h HostKeyChange, made Key) error {
	said, err := c.hostKeyStep(ctx, h, placeHostKey, made)
	switch {
	case err != nil:
		return err
	case said.word == "refused":
		return errors.New("its SSH server finds a fault in its own configuration (sshd -t), and was not restarted")
	case said.word != "placed":
		return errors.New("the new key was gone before it was used")
	}
	return nil
}

// provePatience is how long an SSH server may take to use its new key.
const provePatience = 20 * time.Second

// prove connects until the host shows the new key: a server that was told of it
// a moment ago may not have heard yet, or not listen again.
func (h HostKeyChange) prove(ctx context.Context, made Key) error {
	waiting, cancel := context.WithTimeout(ctx, provePatience)
	defer cancel()
	for {
		c, err := h.Dial(waiting, made)
		if err == nil {
			return c.Close()
		}
		var e *Error
		if !errors.As(err, &e) || !e.Again() && e.Reason != HostKeyChanged || Pause(waiting, 50*time.Millisecond) != nil {
			return err
		}
	}
}

// asRoot runs $root as root, where that is possible without a question; on an
// embedded host, which has no root, it runs $embedded.
const asRoot = `if command -v sandbox-host-key >/dev/null 2>&1; then exec sh -c "$embedded"
elif [ "$(id -u)" = 0 ]; then exec sh -c "$root"
elif command -v sudo >/dev/null 2>&1 && sudo -n true </dev/null >/dev/null 2>&1; then exec sudo -n sh -c "$root"
fi
printf '%s%s\n' "$report" 'no root'
`

// hostKeyReport begins a line that is for the program; a login shell may print
// others.
const hostKeyReport = "jupyter-ec2 host key: "

func (c *Client) hostKeyStep(ctx context.Context, h HostKeyChange, step hostKeyStep, want Key) (hostKeySaid, error) {
	etc := h.etc
	if etc == "" {
		etc = "/etc/ssh"
	}
	report := "report=" + quote(hostKeyReport) + "\n"
	vars := report + "etc=" + quote(etc) + "\nconf=" + quote(h.conf) + "\nold=" + quote(h.Old.Line) + "\nwant=" + quote(want.Line) + "\npatience=" + strconv.Itoa(max(cmp.Or(h.busy, 20), 0)) + "\n"
	out, err := c.Output(ctx, report+"root="+quote(vars+step.root)+"\nembedded="+quote(vars+step.embedded)+"\n"+asRoot)
	if err != nil {
		return hostKeySaid{}, err
	}
	said := readHostKey(out)
	switch said.word {
	case "no root":
		return said, &HostKeyKept{"it takes root, which it does not give (sudo)"}
	case "busy":
		return said, errors.New("another change of it is under way on the host")
	}
	return said, nil
}

// hostKeySaid is what a host said of its key.
type hostKeySaid struct {
	has, made Key
	word      string // anything else
}

// readHostKey reads the lines that are for the program.
func readHostKey(out string) (said hostKeySaid) {
	for line := range strings.Lines(out) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), hostKeyReport)
		if !ok {
			continue
		}
		word, value, _ := strings.Cut(text, " ")
		key, err := ParseKey(value)
		switch {
		case word == "has" && err == nil:
			said.has = key
		case word == "made" && err == nil:
			said.made = key
		case word != "has" && word != "made":
			said.word = safe.Clean(text)
		}
	}
	return said
}
