package engine_test

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// A pause holds once it is told: whoever kept the project has let go of it by then.
func TestThePauseHolds(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	ctx, cancel := context.WithCancel(t.Context())
	var kept sync.WaitGroup
	kept.Go(func() {
		if err := g.KeepSynced(ctx, id, nil); err != nil {
			t.Errorf("%+v", steps.Explain(err))
		}
	})
	defer kept.Wait()
	defer cancel()
	for i := range 3 {
		await.Until(t, "the keeper", func() bool { s := w.Only().Sync; return s.Watched && s.Phase == steps.SyncRests })
		writeFile(t, filepath.Join(dir, "a"), strings.Repeat(strconv.Itoa(i), 1<<20))
		if err := w.Guide().PauseSync(t.Context(), id, true); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		if s := w.Only().Sync; s.Watched || s.Phase != steps.SyncPaused {
			t.Errorf("after the pause was told: %+v", s)
		}
		if err := g.PauseSync(t.Context(), id, false); err != nil {
			t.Fatal(err)
		}
	}
}

// Where whoever has the project does not let go of it, a pause says so, and stays.
func TestAPauseThatDoesNotHoldYet(t *testing.T) {
	w, _, id, _ := withProject(t, map[string]string{"a": "A"})
	w.Patience = time.Millisecond
	g := w.Guide()
	other := flock.New(filepath.Join(w.Dir, "projects", id+".lock"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := g.PauseSync(t.Context(), id, true); title(err) != "The pause does not hold yet" {
		t.Errorf("%+v", steps.Explain(err))
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	if s := w.Only().Sync; s.Phase != steps.SyncPaused {
		t.Errorf("%+v", s)
	}
}

// While a project is paused nothing is done with it, though it is asked for.
func TestNothingIsDoneInAPause(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	if w.Only().Sync.Kept {
		t.Error("somebody is said to keep it")
	}
	if err := g.PauseSync(t.Context(), id, true); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var kept sync.WaitGroup
	kept.Go(func() { _ = g.KeepSynced(ctx, id, nil) }) // which is ended
	defer kept.Wait()
	defer cancel()
	await.Until(t, "the keeper", func() bool { s := w.Only().Sync; return s.Kept && !s.Watched })
	onHost(t, g, id, "printf B >proj/b")
	for _, o := range []steps.SyncOptions{{}, {Deletions: true}} {
		if _, err := g.Sync(t.Context(), id, o, func(steps.Event) {}); title(err) != "The project is paused" {
			t.Errorf("%+v: %+v", o, steps.Explain(err))
		}
	}
	if err := engine.BringProject(t.Context(), g, id, func(steps.Event) {}); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
	if all, _, err := g.SyncDiff(t.Context(), id, func(steps.Event) {}); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if readFile(t, filepath.Join(dir, "b")) != "" {
		t.Error("it was brought all the same")
	}
	if s := w.Only().Sync; s.Phase != steps.SyncPaused {
		t.Errorf("%+v", s)
	}
}
