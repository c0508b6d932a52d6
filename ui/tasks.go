package ui

import (
	"context"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// taskName says what a task does; two of the same name do not run at once.
type taskName string

// taskID tells one run of a task from the ones before it. It is never zero.
type taskID int

// tasks keeps at most one running task under each name. Starting a task
// cancels the one before it, and a result that is not the current task's is
// stale: Update drops it.
type tasks struct {
	last taskID
	live map[taskName]task
	busy sync.WaitGroup // the commands that have begun
}

type task struct {
	id     taskID
	cancel context.CancelFunc
}

// start runs do as a command, with a context that ends when the task is
// stopped or replaced, and the ID its result has to carry.
func (t *tasks) start(parent context.Context, name taskName, do func(ctx context.Context, id taskID) tea.Msg) tea.Cmd {
	t.stop(name)
	ctx, cancel := context.WithCancel(parent)
	t.last++
	id := t.last
	if t.live == nil {
		t.live = map[taskName]task{}
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
func (t *tasks) is(name taskName, id taskID) bool {
	live, ok := t.live[name]
	return ok && live.id == id
}

// runs reports whether a task of that name is under way.
func (t *tasks) runs(name taskName) bool { _, ok := t.live[name]; return ok }

// done takes a result: false means that it is stale.
func (t *tasks) done(name taskName, id taskID) bool {
	if !t.is(name, id) {
		return false
	}
	t.stop(name)
	return true
}

// stop cancels the task of that name, if one runs.
func (t *tasks) stop(name taskName) {
	if live, ok := t.live[name]; ok {
		live.cancel()
		delete(t.live, name)
	}
}

// cancel ends the context of that task but still waits for its result.
func (t *tasks) cancel(name taskName) {
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

// quiet begins the names of tasks that take long and that nobody waits for: no
// spinner turns for them.
const quiet = "~"

// working reports whether a task runs that the screen shows a spinner for.
func (t *tasks) working() bool {
	for name := range t.live {
		if !strings.HasPrefix(string(name), quiet) {
			return true
		}
	}
	return false
}

// current is the task that runs under that name, or zero.
func (t *tasks) current(name taskName) taskID { return t.live[name].id }
