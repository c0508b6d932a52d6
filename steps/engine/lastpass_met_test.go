package engine_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// begunProject is a world whose one machine is there, and has nothing of its project.
func begunProject(t *testing.T, ask func(steps.ProjectQuestion) bool) (g *engine.Guide, id, dir string) {
	t.Helper()
	dir = projectFolder(t, map[string]string{"a": "A"})
	w := newWorld(t, nil)
	w.Ask = enginetest.Person{OnProject: ask}
	g = w.Guide()
	a := enginetest.Answers()
	a.Project = dir
	if err := w.until(t.Context(), g, a, steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	return g, w.Only().ID, dir
}

// What is new on the machine is brought back whoever brought the project there.
func TestTheLastPassOfAProjectThatASyncBrought(t *testing.T) {
	g, id, dir := begunProject(t, nil)
	if _, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	onHost(t, g, id, "printf R >proj/result")
	if err := g.Remove(t.Context(), id, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if readFile(t, filepath.Join(dir, "result")) != "R" {
		t.Error("what was new on the machine is gone")
	}
}

// Who does not want the project in a folder that the machine has already gets it
// there by no other way, and that folder is not marked.
func TestANoToAFolderHolds(t *testing.T) {
	asked, yes := 0, false
	g, id, dir := begunProject(t, func(q steps.ProjectQuestion) bool { asked++; return yes })
	onHost(t, g, id, "mkdir proj && printf O >proj/other")
	ways := map[string]func(context.Context) error{
		"up": func(ctx context.Context) error { return engine.BringProject(ctx, g, id, func(steps.Event) {}) },
		"sync": func(ctx context.Context) error {
			_, err := g.Sync(ctx, id, steps.SyncOptions{}, func(steps.Event) {})
			return err
		},
		"diff": func(ctx context.Context) error {
			_, _, err := g.SyncDiff(ctx, id, func(steps.Event) {})
			return err
		},
		"watch": func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, await.Wait)
			defer cancel()
			return g.KeepSynced(ctx, id, nil)
		},
	}
	for name, way := range ways {
		asked = 0
		if err := way(t.Context()); title(err) != "The project was not brought" || asked != 1 {
			t.Errorf("%s: %+v, asked %d times", name, err, asked)
		}
		if got := onHost(t, g, id, "ls -A proj"); strings.TrimSpace(got) != "other" || readFile(t, filepath.Join(dir, "other")) != "" {
			t.Errorf("%s: the machine has %q", name, got)
		}
	}
	yes = true
	if _, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); err != nil || readFile(t, filepath.Join(dir, "other")) != "O" {
		t.Errorf("%+v", steps.Explain(err))
	}
	asked, yes = 0, false
	for name, way := range ways {
		if name == "watch" {
			continue
		}
		if err := way(t.Context()); err != nil || asked > 0 {
			t.Errorf("%s: %v, asked %d times", name, err, asked)
		}
	}
}

// A removal that was cut off before the machine was terminated leaves it running, and
// people at work there.
func TestTheLastPassOfASecondRemoval(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	ctx, cancel := context.WithCancel(t.Context())
	err := g.Remove(ctx, id, func(e steps.Event) {
		if strings.HasPrefix(e.Text, "Terminating") {
			cancel()
		}
	})
	if err == nil || !w.Only().Resources.Removing {
		t.Fatalf("%v", err)
	}
	onHost(t, g, id, "printf R >proj/result")
	if err := g.Remove(t.Context(), id, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if readFile(t, filepath.Join(dir, "result")) != "R" {
		t.Error("what was new on the machine is gone")
	}
}

// A program that hangs in a pass does not keep a machine from being removed whose
// files may be lost.
func TestADiscardWaitsForNobody(t *testing.T) {
	w, g, id, _ := withProject(t, map[string]string{"a": "A"})
	held := flock.New(filepath.Join(w.Dir, "projects", id+".lock"))
	if ok, err := held.TryLock(); !ok {
		t.Fatal(err)
	}
	defer func() { _ = held.Unlock() }()
	ctx, cancel := context.WithTimeout(t.Context(), await.Wait/2) // the lock is waited for as long as that otherwise
	defer cancel()
	if err := g.Remove(steps.Discarding(ctx), id, func(steps.Event) {}); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
}
