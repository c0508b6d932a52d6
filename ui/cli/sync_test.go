package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// kept is a setup with a project that is kept alike.
func kept() steps.Setup {
	s := lab("small", "aaaa", steps.ModeSSH)
	s.Project = &steps.Project{Dir: "/w/proj", Folder: "proj", Met: s.Resources.InstanceID}
	s.Sync = &steps.SyncState{
		Phase: steps.SyncRests, Watched: true, Alike: time.Unix(1, 0).Add(-10 * time.Minute),
		Conflicts: []string{"a.conflict-small.ipynb"}, Failed: []steps.SyncedFailed{{Path: "b", Why: "full"}},
		Unknown: []steps.SyncUnknown{{Path: "run/pipe", Why: "kind"}, {Path: "out", Why: "link"}},
	}
	return s
}

func project(change func(*stepstest.Has)) *stepstest.Engine {
	has := stepstest.Has{Setups: []steps.Setup{kept(), lab("none", "bbbb", steps.ModeSSH)}}
	if change != nil {
		change(&has)
	}
	return made(has)
}

func words(texts ...string) string {
	return strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
}

// Each command asks of the engine what it should, and says what came of it.
func TestSyncCommands(t *testing.T) {
	has := func(h *stepstest.Has) {
		h.Synced = steps.Synced{Done: 3, Files: 2, Conflicts: []string{"c.conflict-small"}, Unknown: []steps.SyncUnknown{{Path: "out", Why: "link"}}}
		h.SyncDiff = []steps.SyncChange{
			{Path: "new.csv", Do: "copy", Bytes: 2048},
			{Path: "old", Here: true, Do: "delete"},
			{Path: "both", Do: "copy", Bytes: 1, Aside: "both.conflict"},
		}
		h.SyncFiles = []steps.SyncFile{{Path: "data", Kind: "folder"}, {Path: "data/a", Kind: "file", Bytes: 3}}
	}
	for _, c := range []struct {
		args, asked string
		code        int
		said        []string
	}{
		{"sync small", "sync aaaa", 0, []string{"3 changes, 2 files copied.", "The machine's: c.conflict-small", "out: a link that leads out of the project"}},
		{"sync small --deletions", "sync aaaa deletions", 0, nil},
		{"sync small --json", "sync aaaa", 0, []string{`"kind":"synced","done":3,"files":2,"conflicts":["c.conflict-small"],"failed":[]`, `"kind":"done"`}},
		{"sync pause small", "pause aaaa", 0, []string{"The project of small is paused. Continue: jupyter-ec2 sync resume small"}},
		{"sync resume small", "resume aaaa", 0, []string{"jupyter-ec2 sync small"}},
		{"sync diff small", "diff aaaa", 0, []string{"machine new.csv 2.0 KiB copy", "here old - delete", "keep the machine's as both.conflict", "3 differences."}},
		{"sync diff small --json", "diff aaaa", 0, []string{`"kind":"change","path":"old","here":true,"do":"delete"`}},
		{"sync ls small", "files aaaa", 0, []string{"data folder -", "data/a file 3 B", "2 paths alike."}},
		{"sync ls small --json", "files aaaa", 0, []string{`{"kind":"item","path":"data/a","is":"file","size":3}`}},
		{"sync status small", "", 0, []string{"/w/proj", "~/proj on small", "1 conflict, 1 file not in sync", "a.conflict-small.ipynb", "To end a conflict, delete or rename its kept version", "b: full", "run/pipe: neither a file, a folder nor a link"}},
		{"sync status small --json", "", 0, []string{`"kind":"sync"`, `"text":"1 conflict, 1 file not in sync"`, `"watched":true`, `"dir":"/w/proj"`}},
		{"sync status none", "", exitUsage, []string{"This setup has no project", "jupyter-ec2 up --name none --project DIR"}},
		{"sync pause none", "", exitUsage, []string{"This setup has no project"}},
		{"sync --watch none", "", exitUsage, []string{"This setup has no project"}},
		{"sync", "", exitUsage, []string{"Name one setup"}},
	} {
		e := project(has)
		r := run{engine: e}
		code := r.do(t.Context(), strings.Fields(c.args)...)
		said := words(r.out.String(), r.err.String())
		if code != c.code || !strings.Contains(asked(e), c.asked) {
			t.Errorf("%s: exit code %d, asked %q: %s", c.args, code, asked(e), said)
		}
		for _, want := range c.said {
			if !strings.Contains(said, words(want)) {
				t.Errorf("%s: %q is not in\n%s", c.args, want, said)
			}
		}
	}
}

// After a pause nobody has to do what a program does that keeps the project.
func TestSyncResumeWhileItIsKept(t *testing.T) {
	e := project(func(h *stepstest.Has) { h.Setups[0].Sync.Kept = true })
	r := run{engine: e}
	code := r.do(t.Context(), "sync", "resume", "small")
	if said := words(r.out.String(), r.err.String()); code != 0 || !strings.Contains(asked(e), "resume aaaa") || !strings.Contains(said, "is no longer paused. The program that keeps it brings it up to date.") || strings.Contains(said, "jupyter-ec2 sync") {
		t.Errorf("exit code %d, asked %q: %s", code, asked(e), said)
	}
}

// Both sides of each package, what was added and what is left are shown, and
// options come to the engine.
func TestSyncPackages(t *testing.T) {
	e := project(func(h *stepstest.Has) {
		h.Packages = steps.Packages{
			From: "uv.lock", Against: "uv.lock", Kernel: "proj", Python: "3.12.3", Prefers: "3.11", Differences: 1, Warnings: []string{"attrs is yanked"},
			Rows:  []steps.PackageRow{{Name: "numpy", Here: "2.1", There: "2.2", Differs: true}, {Name: "proj", Here: "0.1", There: "0.1", Local: true}, {Name: "rich", There: "13.1", Here: "13.1"}},
			Added: []steps.PackageAdded{{Name: "numpy", Version: "2.2", Was: "2.1"}},
			Left:  []steps.PackageLeft{{Name: "cudatoolkit", Why: "it is conda's"}}, Unsent: []string{"TOKEN"},
		}
	})
	r := run{engine: e}
	code := r.do(t.Context(), "sync", "packages", "small", "--packages", "science,polars", "--without", "pywin32", "--env", "CORP_USER,CORP_PASSWORD", "--write-back")
	said := words(r.out.String(), r.err.String())
	if code != 0 || !strings.Contains(asked(e), "packages aaaa env CORP_USER,CORP_PASSWORD with science,polars without pywin32 write") {
		t.Errorf("exit code %d, asked %q", code, asked(e))
	}
	for _, want := range []string{
		"numpy 2.1 2.2 differs", "proj 0.1 0.1 the project itself", "Not brought: cudatoolkit: it is conda's", "attrs is yanked",
		"Not sent to the machine: TOKEN, which the project's files refer to.", "uses Python 3.11, which the machine does not have: it has 3.12.3", "numpy 2.2 (was 2.1). Write it back: jupyter-ec2 sync packages --write-back small",
		"1 difference from uv.lock; its kernel is proj.",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	r = run{engine: e}
	if code := r.do(t.Context(), "sync", "packages", "small", "--compare", "--json"); code != 0 || !strings.Contains(asked(e), "packages aaaa compare") {
		t.Errorf("exit code %d, asked %q", code, asked(e))
	}
	for _, want := range []string{
		`{"kind":"package","name":"numpy","here":"2.1","there":"2.2","differs":true}`, `{"kind":"added","name":"numpy","version":"2.2","was":"2.1"}`,
		`{"kind":"left","name":"cudatoolkit","why":"it is conda's"}`, `{"kind":"packages","from":"uv.lock","against":"uv.lock","kernel":"proj","python":"3.12.3","prefers":"3.11","differences":1`,
	} {
		if !strings.Contains(r.out.String(), want) {
			t.Errorf("%q is not in\n%s", want, r.out.String())
		}
	}
}

// What could not be done fails the command, and is named.
func TestSyncThatIsNotWhole(t *testing.T) {
	e := project(func(h *stepstest.Has) {
		h.Synced = steps.Synced{Failed: []steps.SyncedFailed{{Path: "a", Why: "permission denied"}, {Path: "b", Here: true, Why: "the disk is full"}}}
	})
	r := run{engine: e}
	if code := r.do(t.Context(), "sync", "small"); code != exitFailed || !strings.Contains(words(r.err.String()), "a, on the machine: permission denied b, here: the disk is full") {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
}

// While it is kept, each other state is told once, until the person ends it.
func TestSyncWatch(t *testing.T) {
	at := time.Unix(1, 0)
	states := []steps.SyncState{
		{Phase: steps.SyncChecks, Watched: true},
		{Phase: steps.SyncBrings, Watched: true, Files: 3, OfAll: 15, Left: 40 * time.Second},
		{Phase: steps.SyncRests, Watched: true, Alike: at},
		{Phase: steps.SyncRests, Watched: true, Alike: at},
		{Phase: steps.SyncRests, Watched: true, Alike: at, Conflicts: []string{"a.conflict-small.ipynb", "b.conflict"}},
		{Phase: steps.SyncStopped, Watched: true, Alike: at, Trouble: "The host does not answer", Next: problem.Say("Look after it.")},
	}
	e := project(func(h *stepstest.Has) { h.SyncStates = states })
	ctx, cancel := context.WithCancel(t.Context())
	r := run{engine: e}
	r.err.text, r.err.seen = "  Look after it.\n", cancel
	code := r.do(ctx, "sync", "--watch", "small")
	out := r.out.String()
	if code != 0 || strings.Count(out, "in sync\n") != 1 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, want := range []string{"checking", "12 files to go, 40 s", "2 conflicts", "not in sync: The host does not answer\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if said := r.err.String(); !strings.Contains(said, "b.conflict") || strings.Contains(said, "a.conflict") {
		t.Errorf("conflicts are told: %s", said)
	}
}

// What keeps a project from being in sync is said of it, and what is advised works:
// the folder of a machine that is stopped is not kept.
func TestSyncStatusIsTrue(t *testing.T) {
	for _, c := range []struct {
		state steps.State
		is    steps.SyncState
		said  string
	}{
		{steps.StateRunning, steps.SyncState{Phase: steps.SyncStopped, Trouble: "The folder is gone"}, "State not in sync: The folder is gone Kept by no program now, so what has changed since is not known; to keep it in sync: jupyter-ec2 sync --watch small"},
		{steps.StateStopped, steps.SyncState{Phase: steps.SyncRests, Alike: time.Unix(1, 0)}, "Kept by no program, as the machine is stopped; start it: jupyter-ec2 start small"},
		{steps.StateRunning, steps.SyncState{Phase: steps.SyncRests, Alike: time.Unix(1, 0), Unknown: []steps.SyncUnknown{{Path: "locked", Why: "closed", There: true}}}, "State 1 file not in sync just now"},
	} {
		s := kept()
		s.State, s.Sync = c.state, &c.is
		r := run{engine: made(stepstest.Has{Setups: []steps.Setup{s}})}
		if code := r.do(t.Context(), "sync", "status", "small"); code != 0 || !strings.Contains(words(r.out.String()), c.said) {
			t.Errorf("exit code %d: %q is not in\n%s", code, c.said, words(r.out.String()))
		}
	}
}

// With --json, a line is told where something other than its time has changed.
func TestSyncWatchInJSON(t *testing.T) {
	var states []steps.SyncState
	for i := range 3 {
		at := time.Unix(1, 0).Add(time.Duration(i) * time.Millisecond)
		states = append(states, steps.SyncState{Phase: steps.SyncRests, Watched: true, At: at, Alike: at})
	}
	states = append(states, steps.SyncState{Phase: steps.SyncStopped, Watched: true, Trouble: "lost"})
	e := project(func(h *stepstest.Has) { h.SyncStates = states })
	ctx, cancel := context.WithCancel(t.Context())
	r := run{engine: e}
	r.out.text, r.out.seen = `"trouble":"lost"`, cancel
	if code := r.do(ctx, "sync", "--watch", "small", "--json"); code != 0 || strings.Count(r.out.String(), `"kind":"sync"`) != 2 {
		t.Errorf("exit code %d:\n%s", code, r.out.String())
	}
}

// The machine's lines say how its project is.
func TestTheMachinesProject(t *testing.T) {
	r := run{engine: project(nil)}
	if code := r.do(t.Context(), "status", "small"); code != 0 || !strings.Contains(words(r.out.String()), "Project /w/proj: 1 conflict, 1 file not in sync") {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
	r = run{engine: project(nil)}
	if code := r.do(t.Context(), "ls", "--cached"); code != 0 || !strings.Contains(r.out.String(), "PROJECT") || !strings.Contains(words(r.out.String()), "1 conflict, 1 file not in sync") {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
	r = run{engine: project(nil)}
	if code := r.do(t.Context(), "ls", "--cached", "--json"); code != 0 || !strings.Contains(r.out.String(), `"project":"/w/proj","sync":"1 conflict, 1 file not in sync"`) {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
}

// rm loses what the machine alone has only where it is told to.
func TestRemoveWithAProject(t *testing.T) {
	refused := &problem.Error{Kind: problem.Answers, Title: "Not everything of the project was brought back", Next: problem.Act(problem.Action{Verb: problem.Discard, Name: "small"}).Say(".")}
	e := project(nil)
	e.Fails("remove", refused)
	r := run{engine: e}
	if code := r.do(t.Context(), "rm", "small", "--yes"); code != exitUsage || !strings.Contains(words(r.err.String()), "jupyter-ec2 rm small --discard") {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
	r = run{engine: project(nil), in: "n\n", terminal: true}
	if _ = r.do(t.Context(), "rm", "small", "--discard"); !strings.Contains(words(r.err.String()), "What is new in ~/proj on the machine is lost with it") {
		t.Errorf("it is not said what is lost: %s", r.err.String())
	}
}

// The project of a new machine: a flag, then a variable, the project's file and the
// person's own; what is no whole path begins where it is written. The last machine's
// is not taken over.
func TestTheProjectOfANewMachine(t *testing.T) {
	last := steps.Answers{Region: "us-east-1", Release: "24.04", Type: "t3.micro", Project: "/last", DiskGB: 8, Mode: steps.ModeSSH, Installer: steps.InstallerUV, Key: steps.KeyAnswer{Source: steps.KeyMadeHere}}
	for _, c := range []struct {
		args, user string
		env        map[string]string
		asked      bool
		want       string
	}{
		{"--yes", "", nil, false, ""},
		{"--yes --project /w/one", "project = \"/w/two\"\n", map[string]string{"JUPYTER_EC2_PROJECT": "/w/three"}, false, "/w/one"},
		{"--yes", "project = \"/w/two\"\n", map[string]string{"JUPYTER_EC2_PROJECT": "/w/three"}, false, "/w/three"},
		{"--yes", "project = \"/w/two\"\n", nil, false, "/w/two"},
		{"--yes --project=", "project = \"/w/two\"\n", nil, false, ""},
		{"", "", nil, true, ""},
		{"--yes --sandbox", "project = \"/w/two\"\n", nil, false, "/w/two"},
	} {
		r := &run{engine: made(stepstest.Has{Last: last}, opens(nil)), in: "y\n", terminal: c.asked, env: c.env}
		r.sandbox = made(stepstest.Has{Sandbox: true}, opens(nil))
		r.set(t, c.user, "").do(t.Context(), append([]string{"up", "--no-tunnel"}, strings.Fields(c.args)...)...)
		e := r.engine
		if strings.Contains(c.args, "--sandbox") {
			e = r.sandbox
		}
		if begun(e) == nil || begun(e).Project != c.want {
			t.Errorf("%+v: begun with %+v: %s", c, begun(e), r.err.String())
		}
	}
	r := &run{engine: made(stepstest.Has{}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--project", "/"); code != exitUsage || begun(r.engine) != nil || !strings.Contains(words(r.err.String()), "the whole file system cannot be a project") && !strings.Contains(words(r.err.String()), "The whole file system cannot be a project") {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
}

// Where nobody can be asked, a large project takes --yes.
func TestTheProjectsQuestion(t *testing.T) {
	q := steps.ProjectQuestion{Name: "small", Dir: "/w/proj", Folder: "proj", Size: steps.ProjectSize{Files: 60000, Bytes: 3 << 30, Parts: []steps.ProjectPart{{Path: "data", Files: 2, Bytes: 2 << 30}}}}
	for _, c := range []struct {
		in       string
		yes      bool
		terminal bool
		want     bool
		kind     problem.Kind
	}{{"y\n", false, true, true, ""}, {"n\n", false, true, false, ""}, {"", true, false, true, ""}, {"", false, false, false, problem.Answers}} {
		var heard screen
		p := &Program{Err: &heard, Terminal: c.terminal, lines: newLineReader(strings.NewReader(c.in))}
		got, err := (&asker{p: p, yes: c.yes}).Project(t.Context(), q)
		if got != c.want || err != nil && steps.Explain(err).Kind != c.kind || (err == nil) != (c.kind == "") {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
		text := heard.String()
		if err != nil {
			text = steps.Explain(err).Text
		}
		if !strings.Contains(text, "60000 files, 3.0 GiB") || !strings.Contains(text, "data (2 files, 2.0 GiB)") {
			t.Errorf("%+v says %s", c, text)
		}
	}
}

// A stop says that it brings things back first, and how to do without.
func TestStopWithoutSync(t *testing.T) {
	const told = "What is new in ~/proj on small is brought back first; --no-sync stops it without that."
	for _, c := range []struct {
		args  []string
		phase steps.SyncPhase
		asked string
		told  bool
	}{
		{[]string{"stop", "small"}, steps.SyncRests, "stop ", true},
		{[]string{"stop", "small", "--no-sync"}, steps.SyncRests, "stop without sync ", false},
		{[]string{"stop", "small"}, steps.SyncPaused, "stop ", false},
	} {
		e := project(func(h *stepstest.Has) { h.Setups[0].Sync.Phase = c.phase })
		r := run{engine: e}
		code := r.do(t.Context(), c.args...)
		asked := strings.Join(e.Asked(), ";") + ";"
		if code != 0 || strings.Contains(words(r.err.String()), told) != c.told || !strings.Contains(asked, c.asked+e.Has.Setups[0].ID) {
			t.Errorf("%v, %s: exit code %d, asked %s: %s", c.args, c.phase, code, asked, r.err.String())
		}
	}
}
