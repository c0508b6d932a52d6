package page

import (
	"context"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// TaskName says what a task does; two of the same name do not run at once.
type TaskName string

// TaskID tells one run of a task from the ones before it. It is never zero.
type TaskID int

// Tasks keeps at most one running task under each name. Starting a task
// cancels the one before it, and a result that is not the current task's is
// stale: Update drops it.
type Tasks struct {
	last TaskID
	live map[TaskName]task

	mu   sync.Mutex     // commands run beside the screen
	over bool           // they are waited for: no other one may begin
	busy sync.WaitGroup // those that have begun
}

type task struct {
	id     TaskID
	cancel context.CancelFunc
}

// Start runs do as a command, with a context that ends when the task is
// stopped or replaced, and the ID its result has to carry.
func (t *Tasks) Start(parent context.Context, name TaskName, do func(ctx context.Context, id TaskID) tea.Msg) tea.Cmd {
	t.Stop(name)
	ctx, cancel := context.WithCancel(parent)
	t.last++
	id := t.last
	if t.live == nil {
		t.live = map[TaskName]task{}
	}
	t.live[name] = task{id: id, cancel: cancel}
	return func() tea.Msg {
		if !t.begin() {
			return nil
		}
		defer t.busy.Done()
		return do(ctx, id)
	}
}

// begin reports whether a command may begin, and counts it.
func (t *Tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return false
	}
	t.busy.Add(1)
	return true
}

// Wait waits for the tasks that were cancelled, for so long at most: what they
// started, such as a credential_process, is not to outlive the program. No task
// begins any more.
func (t *Tasks) Wait(limit time.Duration) {
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	ended := make(chan struct{})
	go func() { t.busy.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(limit):
	}
}

// Is reports whether id is the task that runs under the name now.
func (t *Tasks) Is(name TaskName, id TaskID) bool {
	live, ok := t.live[name]
	return ok && live.id == id
}

// Runs reports whether a task of that name is under way.
func (t *Tasks) Runs(name TaskName) bool { _, ok := t.live[name]; return ok }

// Done takes a result: false means that it is stale.
func (t *Tasks) Done(name TaskName, id TaskID) bool {
	if !t.Is(name, id) {
		return false
	}
	t.Stop(name)
	return true
}

// Stop cancels the task of that name, if one runs.
func (t *Tasks) Stop(name TaskName) {
	if live, ok := t.live[name]; ok {
		live.cancel()
		delete(t.live, name)
	}
}

// Cancel ends the context of that task but still waits for its result.
func (t *Tasks) Cancel(name TaskName) {
	if live, ok := t.live[name]; ok {
		live.cancel()
	}
}

// StopAll cancels everything.
func (t *Tasks) StopAll() {
	for name := range t.live {
		t.Stop(name)
	}
}

// Quiet begins the names of tasks that take long and that nobody waits for: no
// spinner turns for them.
const Quiet = "~"

// Working reports whether a task runs that the screen shows a spinner for.
func (t *Tasks) Working() bool {
	for name := range t.live {
		if !strings.HasPrefix(string(name), Quiet) {
			return true
		}
	}
	return false
}

// Current is the task that runs under that name, or zero.
func (t *Tasks) Current(name TaskName) TaskID { return t.live[name].id }
