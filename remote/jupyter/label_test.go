package jupyter

import (
	"context"
	"errors"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// labels notes how the commands are labelled that would be run.
type labels struct {
	Host
	seen []string
}

var errNotRun = errors.New("not run")

func (l *labels) Run(_ context.Context, c remote.Command) error {
	l.seen = append(l.seen, c.Label)
	return errNotRun
}

// Looking at a host is no activity there: the watcher knows such commands by
// their label.
func TestOwnCommandsAreLabelled(t *testing.T) {
	ctx := t.Context()
	for name, look := range map[string]func(Host) error{
		"Probe":           func(h Host) error { _, err := Probe(ctx, h); return err },
		"CheckVersions":   func(h Host) error { _, err := CheckVersions(ctx, h); return err },
		"ReadHealth":      func(h Host) error { _, err := ReadHealth(ctx, h); return err },
		"ServerLog":       func(h Host) error { _, err := ServerLog(ctx, h, Facts{}, 10); return err },
		"InstallLog":      func(h Host) error { _, err := InstallLog(ctx, h, Facts{}, 10); return err },
		"FollowServerLog": func(h Host) error { return FollowServerLog(ctx, h, Facts{}, 10, func(string, bool) {}) },
	} {
		l := &labels{}
		if err := look(l); !errors.Is(err, errNotRun) {
			t.Errorf("%s: %v", name, err)
		}
		for _, label := range l.seen {
			if label != remote.WatchLabel {
				t.Errorf("%s runs a command labelled %q", name, label)
			}
		}
	}
}
