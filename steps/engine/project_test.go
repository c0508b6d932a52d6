package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// projectFolder is a folder "proj" with these files in it.
func projectFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "proj")
	for name, text := range files {
		writeFile(t, filepath.Join(dir, name), text)
	}
	return dir
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// withProject is a world whose one machine has been given a project.
func withProject(t *testing.T, files map[string]string, change ...func(*ec2sim.Options, *hosts)) (w *world, g *engine.Guide, id, dir string) {
	t.Helper()
	dir = projectFolder(t, files)
	w = newWorld(t, append(change, nil)[0])
	g = w.Guide()
	a := enginetest.Answers()
	a.Project = dir
	if err := w.until(t.Context(), g, a, steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	id = w.Only().ID
	if err := engine.BringProject(t.Context(), g, id, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	return w, g, id, dir
}

// onHost is what a script prints on the setup's machine, which may fail.
func onHost(t *testing.T, g *engine.Guide, id, script string) string {
	t.Helper()
	return onMachine(t, g, id, script+"; true")
}

func TestTheProjectComesAlong(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a.ipynb": "A", "data/b.csv": "B", ".venv/c": "C", ".gitignore": "*.log\n", "x.log": "X"})
	if got := onHost(t, g, id, "cd proj && cat a.ipynb data/b.csv && ls -A . .venv x.log 2>&1"); !strings.HasPrefix(got, "AB") || strings.Contains(got, "C") || strings.Contains(got, "\nx.log") {
		t.Errorf("the machine has %s", got)
	}
	s := w.Only()
	if s.Project == nil || s.Project.Met != s.Resources.InstanceID || s.Sync == nil || s.Sync.Phase != steps.SyncRests || s.Sync.Watched || s.Sync.Alike.IsZero() {
		t.Errorf("the record has %+v, %+v", s.Project, s.Sync)
	}
	for _, entry := range must(os.ReadDir(filepath.Join(w.Dir, "projects")))(t) {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", entry.Name(), info.Mode(), err)
		}
	}
	// Both ways, and a conflict.
	writeFile(t, filepath.Join(dir, "here.txt"), "H")
	writeFile(t, filepath.Join(dir, "a.ipynb"), "mine")
	onHost(t, g, id, "cd proj && printf theirs >a.ipynb && printf T >there.txt && rm data/b.csv")
	changes, _, err := g.SyncDiff(t.Context(), id, func(steps.Event) {})
	if err != nil || len(changes) < 4 || readFile(t, filepath.Join(dir, "there.txt")) != "" {
		t.Errorf("differences: %+v, %v", changes, err)
	}
	done, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {})
	if err != nil || len(done.Conflicts) != 1 || len(done.Failed) > 0 || done.Files < 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := onHost(t, g, id, "cd proj && cat a.ipynb here.txt there.txt; ls data"); got != "mineHT" {
		t.Errorf("the machine has %q", got)
	}
	if got := readFile(t, filepath.Join(dir, done.Conflicts[0])); got != "theirs" {
		t.Errorf("the conflict here is %q", got)
	}
	if readFile(t, filepath.Join(dir, "there.txt")) != "T" || readFile(t, filepath.Join(dir, "data", "b.csv")) != "" {
		t.Error("what changed on the machine has not come")
	}
	files, err := g.SyncFiles(t.Context(), id)
	if err != nil || len(files) < 4 {
		t.Errorf("%+v, %v", files, err)
	}
	if got := w.Only().Sync; len(got.Conflicts) != 1 {
		t.Errorf("noted: %+v", got)
	}
	if err := os.Remove(filepath.Join(dir, done.Conflicts[0])); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if got := w.Only().Sync; len(got.Conflicts) != 0 {
		t.Errorf("noted after the conflict is over: %+v", got)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// What keeps the folders alike lets go of them for whoever wants them, and while
// the person pauses it.
func TestAProjectIsKeptAlike(t *testing.T) {
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
	writeFile(t, filepath.Join(dir, "b"), "B")
	await.Until(t, "the file on the machine", func() bool { return onHost(t, g, id, "cat proj/b 2>/dev/null") == "B" })
	onHost(t, g, id, "printf C >proj/c")
	await.Until(t, "the file here", func() bool { return readFile(t, filepath.Join(dir, "c")) == "C" })
	if s := w.Only().Sync; !s.Watched {
		t.Errorf("%+v", s)
	}
	// Another program.
	onHost(t, g, id, "printf D >proj/d")
	if _, err := w.Guide().Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
	if err := g.PauseSync(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	onHost(t, g, id, "printf E >proj/e")
	if err := g.PauseSync(t.Context(), id, false); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "what was written in the pause", func() bool { return readFile(t, filepath.Join(dir, "e")) == "E" })
}

// A connection that is lost is made again, and what changed meanwhile is brought.
func TestAProjectWhoseConnectionIsLost(t *testing.T) {
	var h *hosts
	w, g, id, dir := withProject(t, map[string]string{"a": "A"}, func(_ *ec2sim.Options, of *hosts) { h = of })
	ctx, cancel := context.WithCancel(t.Context())
	var kept sync.WaitGroup
	kept.Go(func() {
		if err := g.KeepSynced(ctx, id, nil); err != nil {
			t.Errorf("%+v", steps.Explain(err))
		}
	})
	defer kept.Wait()
	defer cancel()
	onHost(t, g, id, "printf B >proj/b")
	await.Until(t, "the file here", func() bool { return readFile(t, filepath.Join(dir, "b")) == "B" })
	if err := h.Reboot(t.Context(), w.Only().Resources.InstanceID); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "c"), "C")
	onHost(t, g, id, "printf D >proj/d")
	await.Until(t, "the file here", func() bool { return readFile(t, filepath.Join(dir, "d")) == "D" })
	await.Until(t, "the file on the machine", func() bool { return onHost(t, g, id, "cat proj/c 2>/dev/null") == "C" })
}

// Before a machine stops, what is new there is brought back; before it goes, all of
// it has to be.
func TestTheLastPass(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	onHost(t, g, id, "printf N >proj/new; printf S >proj/secret; chmod 0 proj/secret")
	writeFile(t, filepath.Join(dir, "ours"), "O")
	var heard said
	err := g.Remove(t.Context(), id, heard.emit)
	if title(err) != "Not everything of the project was brought back" || !strings.Contains(steps.Explain(err).Text, "secret") {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if readFile(t, filepath.Join(dir, "new")) != "N" || w.Only().Resources.Removing {
		t.Error("what could be brought back was not, or the removal has begun")
	}
	if got := onHost(t, g, id, "cat proj/ours 2>/dev/null"); got != "" {
		t.Errorf("the machine that goes got %q", got)
	}
	onHost(t, g, id, "printf M >proj/newer")
	heard = said{}
	if err := g.Stop(t.Context(), id, heard.emit); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if readFile(t, filepath.Join(dir, "newer")) != "M" || !heard.says("kept on the machine's disk: secret") {
		t.Errorf("%+v", heard.events)
	}
	if err := g.Remove(t.Context(), id, heard.emit); title(err) != "Not everything of the project was brought back" {
		t.Errorf("%+v", steps.Explain(err))
	}
	if err := g.Remove(steps.Discarding(t.Context()), id, heard.emit); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
	if left := must(os.ReadDir(filepath.Join(w.Dir, "projects")))(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if readFile(t, filepath.Join(dir, "newer")) != "M" {
		t.Error("what was brought back is gone")
	}
}

func (s *said) says(text string) bool {
	for _, e := range s.events {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}

// While a machine goes, nobody takes its files that go with it for deleted.
func TestRemovalOfAProjectThatIsKept(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A", "b/c": "C"})
	kept := make(chan error, 1)
	go func() { kept <- g.KeepSynced(t.Context(), id, nil) }()
	onHost(t, g, id, "printf N >proj/new")
	await.Until(t, "the file here", func() bool { return readFile(t, filepath.Join(dir, "new")) == "N" })
	onHost(t, g, id, "printf M >proj/last")
	if err := w.Guide().Remove(t.Context(), id, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if err := await.Receive(t, "the end of what keeps it", kept); title(err) != "No such setup" {
		t.Errorf("%+v", steps.Explain(err))
	}
	for name, want := range map[string]string{"a": "A", "b/c": "C", "new": "N", "last": "M"} {
		if got := readFile(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s is %q here, want %q", name, got, want)
		}
	}
	if left := must(os.ReadDir(filepath.Join(w.Dir, "projects")))(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A stop that brought back everything leaves nothing that a removal could lose.
func TestRemovalAfterAStop(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	onHost(t, g, id, "printf N >proj/new")
	if err := g.Stop(t.Context(), id, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if s := w.Only(); s.Sync.Last.IsZero() || !s.Sync.Last.Equal(s.LaunchedAt) || readFile(t, filepath.Join(dir, "new")) != "N" {
		t.Errorf("%+v", s)
	}
	if err := g.Remove(t.Context(), id, func(steps.Event) {}); err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
}

// A person is asked before a large project is brought, before anything is launched,
// and where the machine has such a folder that is not ours.
func TestAProjectTakesAYes(t *testing.T) {
	dir := projectFolder(t, map[string]string{"a": "A"})
	big := filepath.Join(dir, "big")
	writeFile(t, big, "")
	if err := os.Truncate(big, steps.LargeProjectBytes+1); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil)
	var asked []steps.ProjectQuestion
	yes := false
	w.Ask = enginetest.Person{OnProject: func(q steps.ProjectQuestion) bool { asked = append(asked, q); return yes }}
	g := w.Guide()
	a := enginetest.Answers()
	a.Project = dir
	err := w.until(t.Context(), g, a, steps.StepConnect)
	if title(err) != "The project was not brought" || len(asked) != 1 || asked[0].There || asked[0].Size.Parts[0].Path != "big" || len(w.called("ec2:RunInstances")) > 0 {
		t.Fatalf("%+v, asked %+v, launched %d", steps.Explain(err), asked, len(w.called("ec2:RunInstances")))
	}
	v, err := g.Review(t.Context(), a)
	if err != nil || !strings.Contains(strings.Join(v.Warnings, " "), "big (") || !strings.Contains(strings.Join(v.Creates, " "), "~/proj") || !strings.Contains(strings.Join(v.Commands, " "), "scp -i") {
		t.Errorf("%+v, %v", v, err)
	}
	if err := os.Remove(big); err != nil {
		t.Fatal(err)
	}
	if err := w.until(t.Context(), g, a, steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	id := w.Only().ID
	onHost(t, g, id, "mkdir proj && printf O >proj/other")
	asked = nil
	if err := engine.BringProject(t.Context(), g, id, func(steps.Event) {}); title(err) != "The project was not brought" || len(asked) != 1 || !asked[0].There {
		t.Fatalf("%+v, asked %+v", steps.Explain(err), asked)
	}
	if readFile(t, filepath.Join(dir, "other")) != "" {
		t.Error("it was brought all the same")
	}
	yes = true
	if err := engine.BringProject(t.Context(), g, id, func(steps.Event) {}); err != nil || readFile(t, filepath.Join(dir, "other")) != "O" {
		t.Errorf("%+v", steps.Explain(err))
	}
	asked = nil
	if err := engine.BringProject(t.Context(), g, id, func(steps.Event) {}); err != nil || len(asked) > 0 {
		t.Errorf("asked again: %+v, %v", asked, err)
	}
}

// A setup may get another project, and may do without one: what was there stays.
func TestAnotherProject(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	other := filepath.Join(t.TempDir(), "other")
	writeFile(t, filepath.Join(other, "b"), "B")
	for _, c := range []struct{ project, before, there string }{{other, dir, "AB"}, {"", other, "AB"}} {
		onHost(t, g, id, "printf N >"+filepath.Base(c.before)+"/new")
		a := enginetest.Answers()
		a.Key, a.Project = w.Only().Answers.Key, c.project
		if _, err := g.Begin(t.Context(), a); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		if err := engine.BringProject(t.Context(), g, id, func(steps.Event) {}); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		if got := onHost(t, g, id, "cat proj/a other/b"); got != c.there {
			t.Errorf("%q: the machine has %q", c.project, got)
		}
		if readFile(t, filepath.Join(c.before, "new")) != "N" {
			t.Errorf("%q: what was new on the machine in the project before was not brought back", c.project)
		}
	}
	if s := w.Only(); s.Project != nil || s.Sync != nil || readFile(t, filepath.Join(dir, "a")) != "A" || readFile(t, filepath.Join(other, "b")) != "B" {
		t.Errorf("%+v, %+v", s.Project, s.Sync)
	}
	if _, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); title(err) != "This setup has no project" {
		t.Errorf("%+v", err)
	}
}

// What is left as it is for this computer's part may be the machine's alone all the same.
func TestWhatIsLeftHereIsNotLostThere(t *testing.T) {
	_, g, id, dir := withProject(t, map[string]string{"a": "A", "data/x": "X"})
	big := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.Rename(filepath.Join(dir, "data"), big), os.Symlink(big, filepath.Join(dir, "data"))); err != nil {
		t.Fatal(err)
	}
	onHost(t, g, id, "printf R >proj/data/result")
	if err := g.Remove(t.Context(), id, func(steps.Event) {}); title(err) != "Not everything of the project was brought back" || !strings.Contains(steps.Explain(err).Text, "data (on this computer: a link") {
		t.Errorf("%+v", steps.Explain(err))
	}
}
