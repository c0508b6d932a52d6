package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/moby/sys/atomicwriter"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Whoever starts the process may end before it runs, and so may be the only one
// who knows of it. Each start has an ID, therefore, which the process finds in
// its folder, or does not run: to stop the sandbox is also to remove that.

// newStart notes a start. The start lock is held.
func newStart(dir string) (id string, err error) {
	id = rand.Text()
	if err := atomicwriter.WriteFile(filepath.Join(dir, startFile), []byte(id), 0o600); err != nil {
		return "", fmt.Errorf("noting the sandbox's start: %w", err)
	}
	return id, nil
}

// callOff has a process that was started, and does not run yet, never run.
func callOff(dir string) error {
	if err := os.Remove(filepath.Join(dir, startFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("calling the sandbox's start off: %w", err)
	}
	return nil
}

// begin takes the folder for this process, unless its start was called off.
func (o Options) begin(ctx context.Context) (dir string, lock *flock.Flock, err error) {
	start := os.Getenv(startEnv)
	if start == "" { // by hand
		dir, err = o.folder()
	} else if dir, err = o.exists(); err == nil && dir == "" {
		return "", nil, calledOff(nil)
	}
	if err != nil {
		return "", nil, err
	}
	if lock, err = lockRun(ctx, dir); err != nil || start == "" {
		return dir, lock, err
	}
	// From here on, whoever stops the sandbox finds this process by its lock.
	if id, err := os.ReadFile(filepath.Join(dir, startFile)); err != nil || string(id) != start {
		return "", nil, errors.Join(calledOff(err), lock.Close())
	}
	return dir, lock, nil
}

func calledOff(err error) error {
	return &problem.Error{
		Kind:  problem.Interrupted,
		Title: "The sandbox was stopped", Text: "It was stopped while it was being started.",
		Next: problem.Do(problem.Retry).Say("."), Err: err,
	}
}

// quietPatience is how long others may take to start or stop the sandbox,
// before one that stops it no longer waits for them.
const quietPatience = 10 * time.Second

// quiet has nobody start or stop the sandbox until the answer is called. One
// that holds the lock and does nothing, such as a suspended program, is passed
// over: what it starts is called off.
func quiet(ctx context.Context, dir string) (over func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, quietPatience)
	defer cancel()
	lock := flock.New(filepath.Join(dir, startLock), flock.SetPermissions(0o600))
	_, err = lock.TryLockContext(waiting, startPoll)
	over = func() { _ = lock.Close() }
	if err != nil && (ctx.Err() != nil || waiting.Err() == nil) {
		over()
		return nil, fmt.Errorf("waiting for the sandbox's start: %w", err)
	}
	return over, nil
}
