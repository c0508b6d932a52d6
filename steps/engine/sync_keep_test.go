package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// A folder that is away for a while, or has lost most of its files, is waited for:
// nothing is brought to what is in its place, nothing is deleted, and the project is
// kept as soon as the files are back.
func TestAProjectIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name, trouble string
		away          func(t *testing.T, g *engine.Guide, id, dir string) (back func())
	}{
		{"replaced", "The project's folder has been replaced", func(t *testing.T, _ *engine.Guide, _, dir string) func() {
			rename(t, dir, dir+"-away")
			writeFile(t, filepath.Join(dir, "other"), "O")
			return func() {
				if there := must(os.ReadDir(dir))(t); len(there) != 1 {
					t.Errorf("the folder in its place has %v", there)
				}
				rename(t, dir, dir+"-other")
				rename(t, dir+"-away", dir)
			}
		}},
		{"emptied", "Most of the project is gone on this computer", func(t *testing.T, _ *engine.Guide, _, dir string) func() {
			rename(t, filepath.Join(dir, "data"), dir+"-data")
			return func() { rename(t, dir+"-data", filepath.Join(dir, "data")) }
		}},
		{"replaced there", "The project's folder has been replaced", func(t *testing.T, g *engine.Guide, id, _ string) func() {
			onHost(t, g, id, "mv proj away && mkdir proj && printf O >proj/other")
			return func() {
				if there := onHost(t, g, id, "ls -A proj"); strings.TrimSpace(there) != "other" {
					t.Errorf("the folder in its place has %q", there)
				}
				onHost(t, g, id, "mv proj replaced && mv away proj")
			}
		}},
		{"not there at first", "The project's folder cannot be used", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"a": "A"}
			for i := range 40 {
				files[fmt.Sprintf("data/%d", i)] = strconv.Itoa(i)
			}
			w, g, id, dir := withProject(t, files)
			keep := func() {
				ctx, cancel := context.WithCancel(t.Context())
				var kept sync.WaitGroup
				kept.Go(func() {
					if err := g.KeepSynced(ctx, id, nil); err != nil {
						t.Errorf("%+v", steps.Explain(err))
					}
				})
				t.Cleanup(func() { cancel(); kept.Wait() })
			}
			var back func()
			if c.away == nil {
				rename(t, dir, dir+"-away")
				back = func() { rename(t, dir+"-away", dir) }
				keep()
			} else {
				keep()
				writeFile(t, filepath.Join(dir, "b"), "B")
				await.Until(t, "the file on the machine", func() bool { return onHost(t, g, id, "cat proj/b 2>/dev/null") == "B" })
				back = c.away(t, g, id, dir)
				onHost(t, g, id, "date >>away/c 2>/dev/null || date >>proj/c")
			}
			await.Until(t, "the trouble", func() bool { return w.Only().Sync.Trouble == c.trouble })
			back()
			writeFile(t, filepath.Join(dir, "d"), "D")
			await.Until(t, "the file on the machine", func() bool { return onHost(t, g, id, "cat proj/d proj/data/39 2>/dev/null") == "D39" })
			await.Until(t, "the end of the trouble", func() bool { return w.Only().Sync.Trouble == "" })
			if readFile(t, filepath.Join(dir, "data", "7")) != "7" || readFile(t, filepath.Join(dir, "other")) != "" {
				t.Error("something was deleted, or brought from the folder in its place")
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Error(err)
	}
}
