package wording

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func TestSync(t *testing.T) {
	now := time.Unix(100_000, 0)
	rests := func(change func(*steps.SyncState)) *steps.SyncState {
		s := &steps.SyncState{Phase: steps.SyncRests, Watched: true, Alike: now.Add(-5 * time.Minute)}
		if change != nil {
			change(s)
		}
		return s
	}
	for _, c := range []struct {
		want string
		s    *steps.SyncState
	}{
		{"", nil},
		{"not in sync yet", &steps.SyncState{}},
		{"checking", &steps.SyncState{Phase: steps.SyncChecks, Watched: true}},
		{"12 files to go, 40 s", &steps.SyncState{Phase: steps.SyncBrings, Watched: true, Files: 3, OfAll: 15, Left: 40 * time.Second}},
		{"1 file to go", &steps.SyncState{Phase: steps.SyncBrings, Watched: true, Files: 1, OfAll: 1}},
		{"2 files to go, 3 min", &steps.SyncState{Phase: steps.SyncBrings, Watched: true, OfAll: 2, Left: 170 * time.Second}},
		{"in sync", rests(nil)},
		{"in sync 5 min ago", rests(func(s *steps.SyncState) { s.Watched = false })},
		{"in sync just now", rests(func(s *steps.SyncState) { s.Watched, s.Alike = false, now })},
		{"1 conflict", rests(func(s *steps.SyncState) { s.Conflicts = []string{"a"} })},
		{"2 conflicts, 1 file not in sync", rests(func(s *steps.SyncState) {
			s.Conflicts, s.Failed = []string{"a", "b"}, []steps.SyncedFailed{{}}
		})},
		{"paused; in sync 5 min ago", rests(func(s *steps.SyncState) { s.Watched, s.Phase = false, steps.SyncPaused })},
		{"paused; not in sync: lost", rests(func(s *steps.SyncState) { s.Watched, s.Phase, s.Trouble = false, steps.SyncPaused, "lost" })},
		{"not in sync: lost", rests(func(s *steps.SyncState) { s.Phase, s.Trouble = steps.SyncStopped, "lost" })},
		{"not in sync: lost", &steps.SyncState{Phase: steps.SyncStopped, Trouble: "lost"}},
		{"2 files not in sync", rests(func(s *steps.SyncState) {
			s.Failed, s.Unknown = []steps.SyncedFailed{{}}, []steps.SyncUnknown{{Path: "locked", Why: "closed", There: true}, {Path: "pipe", Why: "kind"}}
		})},
		// What a program that was killed was doing is over.
		{"not in sync yet", &steps.SyncState{Phase: steps.SyncBrings, OfAll: 2}},
	} {
		if got := Sync(c.s, now); got != c.want {
			t.Errorf("%+v is worded %q, not %q", c.s, got, c.want)
		}
	}
}

func TestProjectQuestion(t *testing.T) {
	q := steps.ProjectQuestion{Name: "lab", Dir: "/w/proj", Folder: "proj", Size: steps.ProjectSize{Files: 60_000, Bytes: 1 << 20, Parts: []steps.ProjectPart{{Path: "runs", Files: 59_000, Bytes: 1 << 19}}}}
	if got := strings.Join(ProjectQuestion(q), " "); !strings.Contains(got, "/w/proj is large: 60000 files, 1.0 MiB.") || !strings.Contains(got, "Most of it: runs (59000 files, 512.0 KiB).") {
		t.Error(got)
	}
	q.There = true
	if got := strings.Join(ProjectQuestion(q), " "); !strings.Contains(got, "lab has a folder ~/proj already") || !strings.Contains(got, "both versions are kept") {
		t.Error(got)
	}
}

func TestSyncUnknown(t *testing.T) {
	var all []steps.SyncUnknown
	for _, name := range strings.Fields("g f e d c b a") {
		all = append(all, steps.SyncUnknown{Path: name, Why: "link"})
	}
	all = append(all, steps.SyncUnknown{Path: "x", Why: "some other reason"})
	got := strings.Join(SyncUnknown(all), "; ")
	if got != "a, b, c, d, e and 2 more: a link that leads out of the project; x: some other reason" {
		t.Error(got)
	}
}
