package ui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// tasks keeps at most one running task under each name. Starting a task
// cancels the one before it, and a result that is not the current task's is
// stale: Update drops it.
type tasks struct {
	last int
	live map[string]task
	busy sync.WaitGroup // the commands that have begun
}

type task struct {
	id     int
	cancel context.CancelFunc
}

// start runs do as a command, with a context that ends when the task is
// stopped or replaced, and the ID its result has to carry.
func (t *tasks) start(parent context.Context, name string, do func(ctx context.Context, id int) tea.Msg) tea.Cmd {
	t.stop(name)
	ctx, cancel := context.WithCancel(parent)
	t.last++
	id := t.last
	if t.live == nil {
		t.live = map[string]task{}
	}
	t.live[name] = task{id: id, cancel: cancel}
	return func() tea.Msg {
		t.busy.Add(1)
		defer t.busy.Done()
		return do(ctx, id)
	}
}

// wait waits for the tasks that were cancelled, for so long at most: what they
// started, such as a credential_process, is not to outlive the program.
func (t *tasks) wait(limit time.Duration) {
	ended := make(chan struct{})
	go func() { t.busy.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(limit):
	}
}

// is reports whether id is the task that runs under the name now.
func (t *tasks) is(name string, id int) bool {
	live, ok := t.live[name]
	return ok && live.id == id
}

// runs reports whether a task of that name is under way.
func (t *tasks) runs(name string) bool { _, ok := t.live[name]; return ok }

// done takes a result: false means that it is stale.
func (t *tasks) done(name string, id int) bool {
	if !t.is(name, id) {
		return false
	}
	t.stop(name)
	return true
}

// stop cancels the task of that name, if one runs.
func (t *tasks) stop(name string) {
	if live, ok := t.live[name]; ok {
		live.cancel()
		delete(t.live, name)
	}
}

// cancel ends the context of that task but still waits for its result.
func (t *tasks) cancel(name string) {
	if live, ok := t.live[name]; ok {
		live.cancel()
	}
}

// stopAll cancels everything.
func (t *tasks) stopAll() {
	for name := range t.live {
		t.stop(name)
	}
}

// The tasks' names.
const (
	taskProfiles = "profiles"
	taskSignIn   = "sign in"
	taskTypes    = "types"
	taskPrices   = "prices"
	taskKeys     = "keys"
	taskInspect  = "inspect"
	taskProtect  = "protect"
	taskReview   = "review"
	taskSave     = "save"
	taskWork     = "work"
	taskRemove   = "remove"
	taskSetups   = "setups"
	taskTunnel   = "tunnel"
	taskSurvey   = "survey"
	taskFollow   = quiet + "follow"
	taskDoctor   = "doctor"
	taskSweep    = "sweep"
	taskClear    = "clear"

	taskOtherTypes = "other types"
)

// quiet begins the names of tasks that go on for long and that nobody waits
// for: no spinner turns for them.
const quiet = "~"
