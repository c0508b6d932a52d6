package engine_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
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
	for range 3 {
		await.Until(t, "the keeper", func() bool { s := w.Only().Sync; return s.Watched && s.Phase == steps.SyncRests })
		writeFile(t, filepath.Join(dir, "a"), "changed")
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
