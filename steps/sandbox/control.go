package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Status reports whether it runs and what it holds. Nothing is started or made.
func Status(ctx context.Context, o Options) (State, error) {
	dir, err := o.exists()
	if err != nil || dir == "" {
		return State{}, err
	}
	s, err := ask(ctx, dir)
	if err == nil {
		return s, nil
	}
	there, err := held(dir)
	if err != nil || !there {
		return State{}, err
	}
	if s, err = awaitAnswer(ctx, dir); errors.Is(err, errNotRunning) {
		return State{}, nil
	}
	return s, err
}

// Ended reports whether the sandbox's process of that number has ended, and
// whether it died: one that is told to end removes its record. Another process
// that runs in its place means that it died.
func Ended(o Options, pid int) (ended, died bool) {
	dir, err := o.exists()
	if err != nil {
		return false, false // it cannot be told
	}
	if dir == "" {
		return true, false
	}
	there, err := held(dir)
	if err != nil {
		return false, false
	}
	var r record
	switch err := readJSON(filepath.Join(dir, recordFile), &r); {
	case !there:
		return true, err == nil
	case err != nil: // it begins or ends just now
		return false, false
	}
	return r.PID != pid, r.PID != pid
}

const (
	stopPatience = 20 * time.Second // for its hosts' processes to end
	killPatience = 3 * time.Second
)

// Stop ends the process and every process of its hosts; none running is
// success. One that does not answer is ended hard, once it is certain that it
// is the process of the record.
func Stop(ctx context.Context, o Options) error {
	dir, err := o.exists()
	if err != nil || dir == "" {
		return err
	}
	over, err := quiet(ctx, dir)
	if err != nil {
		return err
	}
	defer over()
	return stop(ctx, dir)
}

// stop is Stop once nobody else starts or stops it.
func stop(ctx context.Context, dir string) error {
	if err := callOff(dir); err != nil {
		return err
	}
	r, unread := readRecord(dir)
	if there, err := held(dir); err != nil {
		return err
	} else if there {
		if err := r.stop(ctx, dir, unread); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, recordFile)); err != nil {
		return fmt.Errorf("removing the sandbox's state file: %w", err)
	}
	hosts, err := filepath.EvalSymlinks(filepath.Join(dir, hostsName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("finding the sandbox's hosts: %w", err)
	}
	return sshhost.EndAll(ctx, hosts) // what a killed process left
}

// stop asks the process to end, then tells it, then ends it. unread is why the
// record could not be read, or nil.
func (r record) stop(ctx context.Context, dir string, unread error) error {
	ended := func() bool { there, err := held(dir); return err == nil && !there }
	// The lock is let go just before the process ends; of one that runs in this
	// very process that is all there is to wait for.
	gone := func() bool { return ended() && (r.PID == os.Getpid() || !r.alive()) }
	if unread != nil { // it begins or ends just now, or its record was removed
		if until(ctx, ended, stopPatience) {
			return nil
		}
		return stillThere(unread)
	}
	if r.control(ctx, http.MethodPost, stopPath, nil) == nil && until(ctx, gone, stopPatience) {
		return nil
	}
	for _, end := range []struct {
		by       os.Signal
		patience time.Duration
	}{{syscall.SIGTERM, killPatience}, {os.Kill, stopPatience}} {
		if p, err := os.FindProcess(r.PID); err == nil && r.alive() {
			_ = p.Signal(end.by) // gone in between
		}
		if until(ctx, gone, end.patience) {
			return nil
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopping the sandbox: %w", err)
	}
	return stillThere(nil)
}

// until waits until done says so, and answers whether it did in time.
func until(ctx context.Context, done func() bool, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	poll := time.NewTicker(startPoll)
	defer poll.Stop()
	for !done() {
		select {
		case <-poll.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func stillThere(err error) error {
	return &problem.Error{
		Kind:  problem.Failed,
		Title: "The sandbox does not stop", Err: err,
		Text: "An unknown process holds the sandbox's folder.",
		Next: problem.Say("Look for \"sandbox run\" in the list of processes and end it, then ").Do(problem.Retry).Say("."),
	}
}
