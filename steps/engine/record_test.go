package engine

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// harm are the ways in which a record can be of no use.
func harm() map[string]func(t *testing.T, path string) error {
	replace := func(content string) func(*testing.T, string) error {
		return func(_ *testing.T, path string) error { return os.WriteFile(path, []byte(content), 0o600) }
	}
	instead := func(put func(path string) error) func(*testing.T, string) error {
		return func(_ *testing.T, path string) error {
			if err := os.Rename(path, path+".away"); err != nil {
				return err
			}
			return put(path)
		}
	}
	all := map[string]func(*testing.T, string) error{
		"empty": replace(""), "not JSON": replace("{"), "no setup's": replace(`{"id":"../x"}`),
		"another setup's": replace(`{"id":"abcdefghij","answers":{"name":"other"}}`),
		"of a later version": func(_ *testing.T, path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, []byte(strings.Replace(string(b), `"version": 1`, `"version": 2`, 1)), 0o600)
		},
		"a link to nothing": instead(func(path string) error { return os.Symlink(path+".nowhere", path) }),
		"a folder":          instead(func(path string) error { return os.Mkdir(path, 0o700) }),
	}
	if runtime.GOOS != "windows" {
		all["a pipe"] = instead(func(path string) error { return exec.Command("mkfifo", path).Run() })
		all["open to all"] = func(_ *testing.T, path string) error { return os.Chmod(path, 0o666) }
		if os.Geteuid() == 0 {
			all["somebody else's"] = func(_ *testing.T, path string) error { return os.Chown(path, 65534, 65534) }
		} else {
			all["not readable"] = func(_ *testing.T, path string) error { return os.Chmod(path, 0o000) }
		}
	}
	return all
}

// One bad record is one bad row, with its remedy, and nothing is launched under
// its name. The other setups continue.
func TestABadRecordIsOneBadRow(t *testing.T) {
	for name, break_ := range harm() {
		t.Run(name, func(t *testing.T) {
			g, ctx := testGuide(t), context.Background()
			bad, err := g.Begin(ctx, testAnswers())
			if err != nil {
				t.Fatal(err)
			}
			a := testAnswers()
			a.Name = "other"
			good, err := g.Begin(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			path := g.ledger.file("setups", bad.ID+".json")
			if err := break_(t, path); err != nil {
				t.Fatal(err)
			}
			all, err := g.Setups(ctx)
			if err != nil || len(all) != 2 {
				t.Fatalf("%d setups, %v", len(all), err)
			}
			if row := all[0]; row.ID != bad.ID || row.Bad == nil || row.Answers.Name != "jupyter" || !strings.Contains(row.Bad.Text, path) || row.Bad.Next.Empty() {
				t.Errorf("the bad row is %+v (%+v)", row, row.Bad)
			}
			if all[1].ID != good.ID || all[1].Bad != nil {
				t.Errorf("the good row is %+v", all[1])
			}
			if _, err := g.Begin(ctx, testAnswers()); steps.Explain(err).Title != all[0].Bad.Title {
				t.Errorf("a machine was begun under its name, or: %v", err)
			}
			if err := g.Remove(ctx, bad.ID, func(steps.Event) {}); steps.Explain(err).Title != all[0].Bad.Title {
				t.Errorf("removing it: %v", err)
			}
			if again, err := g.Begin(ctx, a); err != nil || again.ID != good.ID {
				t.Errorf("the other one: %+v, %v", again, err)
			}
			a.Name = "third"
			if _, err := g.Begin(ctx, a); err != nil {
				t.Errorf("a third one: %v", err)
			}
		})
	}
}

// What others can change is not used, and the remedy is told.
func TestAFolderThatOthersCanChangeIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mode tells nothing there")
	}
	for _, folder := range []string{"..", "", "setups", "keys", "tokens", "locks"} {
		for name, harm := range map[string]func(path string) error{
			"others can write": func(path string) error { return os.Chmod(path, 0o777) },
			"a group can":      func(path string) error { return os.Chmod(path, 0o770) },
			"somebody else's": func(path string) error {
				if os.Geteuid() != 0 {
					return os.Chmod(path, 0o702)
				}
				return os.Chown(path, 65534, -1)
			},
		} {
			t.Run(folder+" "+name, func(t *testing.T) {
				ctx, dir := context.Background(), filepath.Join(t.TempDir(), "jupyter-ec2", "aws")
				g := New(Config{Dir: dir, Now: time.Now})
				s, err := g.Begin(ctx, testAnswers())
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, folder)
				if err := os.MkdirAll(path, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := harm(path); err != nil {
					t.Fatal(err)
				}
				_, listed := g.Setups(ctx)
				_, begun := g.Begin(ctx, testAnswers())
				_, opened := g.Reopen(ctx, s.ID)
				for what, err := range map[string]error{"list": listed, "begin": begun, "open": opened} {
					if p := steps.Explain(err); p.Title != "Others can write to the program's folder" || !strings.Contains(p.Next.String(), "chmod go-w "+problem.POSIX.Path(path)+" (") {
						t.Errorf("%s: %+v", what, p)
					}
				}
			})
		}
	}
}
