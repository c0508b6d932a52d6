package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// A private key that opens a machine does not reach one, whichever setup's it is and
// whatever its name in the folder, and is named.
func TestNoLoginKeyComesAlong(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	mine, other := filepath.Join(dir, "keys", "mine.pem"), filepath.Join(dir, "keys", "other.pem")
	s := w.Only()
	s.Answers.Key.Path = mine
	o := s
	o.ID, o.Answers.Name, o.Resources.KeyPath = "other", "other", other
	for _, s := range []steps.Setup{s, o} {
		if err := engine.Save(g, s); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range map[string]string{mine: "MINE", other: "OTHER", filepath.Join(dir, "keys", "notes"): "N"} {
		writeFile(t, path, text)
	}
	if err := os.Link(mine, filepath.Join(dir, "again.pem")); err != nil {
		t.Fatal(err)
	}
	done, err := g.Sync(t.Context(), id, steps.SyncOptions{}, silent)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if got := onHost(t, g, id, "cd proj && find . -type f | grep -v jupyter-ec2 | sort; grep -rl 'MINE\\|OTHER' ~ 2>/dev/null"); strings.TrimSpace(got) != "./a\n./keys/notes" {
		t.Errorf("the machine has %q", got)
	}
	var left []string
	for _, u := range done.Unknown {
		left = append(left, u.Path+": "+u.Why)
	}
	if want := "again.pem: key, keys/mine.pem: key, keys/other.pem: key"; strings.Join(left, ", ") != want {
		t.Errorf("left as they are: %q", left)
	}
}
