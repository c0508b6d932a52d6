package machines

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func withProject(change func(*stepstest.Engine)) *stepstest.Engine {
	e := stepstest.New()
	stepstest.ManyMachines(e, 1)
	s := &e.Has.Setups[0]
	s.State = steps.StateRunning
	s.Project = &steps.Project{Dir: "/w/proj", Folder: "proj"}
	s.Sync = &steps.SyncState{Phase: steps.SyncRests, Alike: stepstest.Now().Add(-time.Hour)}
	e.Has.Survey = []steps.Surveyed{{At: steps.Place{Region: "held"}}}
	e.Hold = map[string]chan struct{}{"survey held": make(chan struct{})}
	if change != nil {
		change(e)
	}
	return e
}

// The project of a machine that is reached is kept alike while the program runs, and
// the details say how it is. Both versions of a file are told of.
func TestTheProjectIsKept(t *testing.T) {
	now := stepstest.Now()
	e := withProject(func(e *stepstest.Engine) {
		e.Has.SyncStates = []steps.SyncState{
			{Phase: steps.SyncBrings, Watched: true, Files: 1, OfAll: 13, Left: 40 * time.Second},
			{Phase: steps.SyncRests, Watched: true, Alike: now, Conflicts: []string{"a.conflict-lab.ipynb"}},
		}
	})
	r := newRig(t, e).until("Project  /w/proj: in sync 1 h 00 min ago")
	r.until("Project  ! /w/proj: 1 conflict")
	if !strings.Contains(r.m.notice, "a.conflict-lab.ipynb") {
		t.Errorf("the notice is %q", r.m.notice)
	}
	id := e.Has.Setups[0].ID
	r.m.list.drop(id)
	if r.m.list.Tasks.Runs(taskKeep(id)) {
		t.Error("it is kept after the machine went")
	}
}

// What only a person can mend is said, and not tried again and again.
func TestAProjectThatCannotBeKept(t *testing.T) {
	e := withProject(func(e *stepstest.Engine) {
		e.Fails("keep", &problem.Error{Kind: problem.Answers, Title: "Most of the project is gone on the machine", Next: problem.Act(problem.SyncDeletions.Of("")).Say(".")})
	})
	r := newRig(t, e).until("Project  ! Most of the project is gone on the machine")
	u := r.m.list.order[0]
	if cmd := r.m.list.keepProject(u); cmd != nil {
		t.Error("it is tried again")
	}
	u.unlink(r.m.list)
	if u.unkept != nil {
		t.Error("it is not tried again once the machine was away")
	}
}
