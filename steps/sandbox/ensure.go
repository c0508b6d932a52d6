package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

const (
	startPatience = 30 * time.Second
	startPoll     = 20 * time.Millisecond
	logKept       = 1 << 20 // bytes of log that a start leaves there
)

// Ensure returns the running sandbox, or starts one and waits until it
// answers. Two at once start one.
//
// The new process is this program with Options.Args, detached from the
// terminal, with this process's environment: the index, proxy and certificate
// settings of the one who starts it are what the hosts get.
func Ensure(ctx context.Context, o Options) (Info, error) {
	dir, err := o.folder()
	if err != nil {
		return Info{}, err
	}
	if s, err := ask(ctx, dir); err == nil {
		return s.Info, nil
	}
	lock := flock.New(filepath.Join(dir, startLock), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, startPoll); err != nil {
		return Info{}, fmt.Errorf("waiting for the sandbox's start: %w", err)
	}
	defer func() { _ = lock.Close() }()
	if s, err := awaitAnswer(ctx, dir); err == nil || !errors.Is(err, errNotRunning) {
		return s.Info, err
	}
	if err := sshhost.Check(ctx, os.Environ()); err != nil {
		return Info{}, err
	}
	return o.launch(ctx, dir)
}

// awaitAnswer waits for a process that is there but does not answer, as it does
// while it begins or ends. errNotRunning means that there is none.
func awaitAnswer(ctx context.Context, dir string) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	poll := time.NewTicker(startPoll)
	defer poll.Stop()
	for {
		if s, err := ask(ctx, dir); err == nil {
			return s, nil
		}
		there, err := held(dir)
		if err != nil {
			return State{}, err
		}
		if !there {
			return State{}, errNotRunning
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return State{}, &problem.Error{
				Kind:  problem.Failed,
				Title: "The sandbox does not answer",
				Text:  "A sandbox is running, but it does not answer.",
				Next:  problem.Do(problem.StopSandbox).Say(", then ").Do(problem.Retry).Say("."),
				Err:   ctx.Err(),
			}
		}
	}
}

// launch starts the process and waits until it answers.
func (o Options) launch(ctx context.Context, dir string) (Info, error) {
	log, err := openLog(filepath.Join(dir, logFile))
	if err != nil {
		return Info{}, fmt.Errorf("opening the sandbox's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	start, err := newStart(dir)
	if err != nil {
		return Info{}, err
	}
	cmd, err := o.command(dir)
	if err != nil {
		return Info{}, err
	}
	cmd.Env = append(cmd.Env, startEnv+"="+start)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return Info{}, fmt.Errorf("starting the sandbox: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	poll := time.NewTicker(startPoll)
	defer poll.Stop()
	for {
		select {
		case <-poll.C:
			if s, err := ask(ctx, dir); err == nil {
				return s.Info, nil
			}
		case err := <-ended:
			return Info{}, notStarted(log, err)
		case <-ctx.Done():
			return Info{}, notStarted(log, ctx.Err())
		}
	}
}

// command is this program as the sandbox's process, in a session of its own.
func (o Options) command(dir string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's own file: %w", err)
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe" // also when the file was replaced or removed, as after go run
	}
	args := o.Args
	if args == nil {
		args = []string{"sandbox", "run"}
	}
	// The name it was called by stays: a program may be several, told apart by it.
	cmd := &exec.Cmd{Path: self, Args: append([]string{os.Args[0]}, args...), Dir: dir, SysProcAttr: detached()}
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") { // it has no use for them
			cmd.Env = append(cmd.Env, line)
		}
	}
	cmd.Env = append(cmd.Env, DirEnv+"="+dir)
	if o.Speed > 0 {
		cmd.Env = append(cmd.Env, SpeedEnv+"="+strconv.FormatFloat(o.Speed, 'g', -1, 64))
	}
	return cmd, nil
}

// openLog opens the log for more, or empties one that has grown large.
func openLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > logKept {
		err = f.Truncate(0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// notStarted explains a process that ended or never answered, by the end of its log.
func notStarted(log *os.File, err error) error {
	p := &problem.Error{
		Kind:  problem.Failed,
		Title: "The sandbox did not start", Err: err,
		Text: "The sandbox's process did not start. Its log is " + log.Name() + ".",
		Next: problem.Do(problem.RunSandbox).Say(", then ").Do(problem.Retry).Say("."),
	}
	tail := make([]byte, 600)
	if info, statErr := log.Stat(); statErr == nil {
		n, _ := log.ReadAt(tail, max(0, info.Size()-int64(len(tail)))) // as much as there is
		lines := strings.Split(strings.TrimSpace(string(tail[:n])), "\n")
		if last := lines[len(lines)-1]; last != "" {
			p.Text = "The sandbox's process did not start. Its last output: " + last
		}
	}
	return p
}
