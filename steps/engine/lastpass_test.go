package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What is on this computer and cannot be written on the machine is not lost with it.
func TestRemovalWithWhatIsHereAlone(t *testing.T) {
	_, g, id, dir := withProject(t, map[string]string{"a": "A", "d/b": "B"})
	onHost(t, g, id, "chmod 0555 proj/d")
	writeFile(t, filepath.Join(dir, "d", "new-here"), "N")
	done, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {})
	if err != nil || len(done.Failed) != 1 || done.Failed[0].Alone {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := g.Remove(t.Context(), id, func(steps.Event) {}); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
}

// What cannot be brought back is named whole, with what helps.
func TestWhatHelpsBeforeARemoval(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	onHost(t, g, id, "cd proj && for f in 1 2 3 4 5 6 7; do printf S >secret$f && chmod 0 secret$f; done")
	var heard said
	err := g.Remove(t.Context(), id, heard.emit)
	e := steps.Explain(err)
	if e.Title != "Not everything of the project was brought back" || !strings.HasPrefix(e.Text, "Only on the machine: secret1 (") || !strings.Contains(e.Text, "and 2 more") ||
		!strings.Contains(e.Next.String(), "[copy-files ") || strings.Contains(e.Next.String(), "[sync") || !strings.Contains(e.Next.String(), "[discard ") {
		t.Errorf("%+v, next %s", e, e.Next)
	}
	if !heard.says("only on the machine: secret7 (") {
		t.Errorf("not all are named: %+v", heard.events)
	}
	// The folder here is away.
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	e = steps.Explain(g.Remove(t.Context(), id, heard.emit))
	if !strings.Contains(e.Text, "There is no folder "+dir) || !strings.Contains(e.Next.String(), "Put the folder back") || !strings.Contains(e.Next.String(), "[bring-project ") {
		t.Errorf("%+v, next %s", e, e.Next)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	if err := g.Stop(t.Context(), id, heard.emit); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	e = steps.Explain(g.Remove(t.Context(), id, heard.emit))
	if !strings.Contains(e.Next.String(), "[start ") || !strings.Contains(e.Next.String(), "[sync ") || w.Only().Resources.Removing {
		t.Errorf("%+v, next %s", e, e.Next)
	}
}

// A stop keeps the disk, so that nothing need be brought back before it: the person
// may do without, and somebody who has paused the project has said so already.
func TestAStopThatBringsNothingBack(t *testing.T) {
	for _, pause := range []bool{false, true} {
		w, g, id, dir := withProject(t, map[string]string{"a": "A"})
		onHost(t, g, id, "printf N >proj/new")
		ctx := steps.WithoutSync(t.Context())
		if pause {
			ctx = t.Context()
			if err := g.PauseSync(ctx, id, true); err != nil {
				t.Fatal(err)
			}
		}
		var heard said
		if err := g.Stop(ctx, id, heard.emit); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		if readFile(t, filepath.Join(dir, "new")) != "" || heard.says("Bringing back") || heard.says("The project is paused") != pause {
			t.Errorf("paused %v: %+v", pause, heard.events)
		}
		// Nobody takes it for brought back.
		if err := g.Remove(t.Context(), id, heard.emit); title(err) != "Not everything of the project was brought back" || w.Only().Resources.Removing {
			t.Errorf("paused %v: %+v", pause, steps.Explain(err))
		}
	}
}

// Whoever keeps the project meanwhile lets go of it for a stop that brings nothing back.
func TestAStopWhileAProjectIsKept(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan error, 1)
	go func() { kept <- g.KeepSynced(ctx, id, nil) }()
	onHost(t, g, id, "printf N >proj/new")
	await.Until(t, "the file here", func() bool { return readFile(t, filepath.Join(dir, "new")) == "N" })
	var heard said
	if err := w.Guide().Stop(steps.WithoutSync(t.Context()), id, heard.emit); err != nil || heard.says("still has the project") {
		t.Errorf("%+v; it said %v", steps.Explain(err), heard.events)
	}
	cancel()
	if err := await.Receive(t, "the end of what keeps it", kept); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
}
