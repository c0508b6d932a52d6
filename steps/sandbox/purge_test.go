//go:build unix

package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Purge ends what runs, and leaves nothing of the disks; what begins then is a
// sandbox like the first.
func TestPurge(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	i := p.launch("one")
	p.output(p.connect(i), "head -c 3000000 /dev/zero > big && ln big twin && mkdir sealed && touch sealed/file && chmod 500 sealed")
	hosts, err := filepath.EvalSymlinks(filepath.Join(p.o.Dir, hostsName))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := Kept(p.o)
	if err != nil || kept.Machines != 1 || kept.Bytes < 3000000 || kept.Bytes > 5900000 {
		t.Errorf("kept %+v, %v", kept, err)
	}
	first := p.open()
	if err := Purge(p.ctx, p.o); err != nil {
		t.Fatal(err)
	}
	if !gone(first.PID) {
		t.Error("the process goes on")
	}
	for _, dir := range []string{p.o.Dir, hosts} {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", dir, err)
		}
	}
	if kept, err := Kept(p.o); err != nil || kept != (Disks{}) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if err := Purge(p.ctx, p.o); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	again := p.open()
	if s, err := Status(p.ctx, p.o); err != nil || len(s.Instances) != 0 || again.AccessKeyID == first.AccessKeyID {
		t.Errorf("afterwards %+v, %v", s, err)
	}
}
