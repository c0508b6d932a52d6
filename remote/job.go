package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// Job is work on a host that continues when the connection drops. It lives in
// ~/.jupyter-ec2/jobs/ID (mode 0700): its script, its log and its exit status.
type Job struct {
	ID     string            // lower-case letters, digits and hyphens: names the job on its host
	Script string            // for a POSIX sh, run in the home folder; both its outputs are the log
	Env    map[string]string // reaches the script only, never a process list
	// Systemd runs it as a transient unit where there is systemd and sudo
	// asks for no password, so that it outlives the login session whatever
	// logind is told to do. Elsewhere it is started by setsid or nohup.
	Systemd bool
	// Again runs it again when the last run has finished; otherwise the last
	// run of the same script answers. A run that continues is always joined,
	// and one that vanished without a status (a reboot) is started again.
	Again bool
	// Over is the connection that FollowJob begins with, and leaves open; nil
	// has it make one.
	Over *Client
	// Retrying is told why the connection is made again; may be nil.
	Retrying func(err error)
	// Joined is told, at its end, of a run that somebody else began; may be nil.
	Joined func()
}

// JobError is a job that could not be started, or whose end nobody saw.
type JobError struct {
	ID   string
	Lost bool   // it was started, and vanished without an exit status
	Text string // what the host said, safe for a terminal
	Err  error
}

func (e *JobError) Error() string {
	text := e.Problem().Text
	return text
}

func (e *JobError) Unwrap() error { return e.Err }

// Problem returns the error in plain words.
func (e *JobError) Problem() problem.Problem {
	if e.Lost {
		return problem.Problem{
			Kind: problem.Server, Title: "The work on the host was interrupted",
			Text: "The job " + e.ID + " vanished without an exit status: the machine was restarted, its disk is full, or someone ended it.",
			Next: problem.Do(problem.Retry).Say(": the job is started again."),
		}
	}
	return problem.Problem{
		Kind: problem.Server, Title: "The work on the host could not be started", Text: quoted("The job "+e.ID+" could not be started", e.Text),
		Next: problem.Say("Check that the home folder on the host can be written and its disk is not full, then ").Do(problem.Retry).Say("."),
	}
}

// Job starts the job, or joins it where it runs, and follows it over this
// connection alone. out gets each line of its log once, from the beginning.
// The exit status is 128 + N for signal N; err is about following it, not
// about what the job did: *JobError, *Error, or ctx's own.
func (c *Client) Job(ctx context.Context, j Job, out safe.Output) (exit int, err error) {
	f, err := newFollower(j, out)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.lines.Close() }() // it never fails
	return f.attach(ctx, c)
}

// FollowJob is Client.Job with connections of its own: one that is lost is
// made again, with backoff, until ctx ends, and out continues where it was.
// Errors of dial that waiting does not mend end it.
func FollowJob(ctx context.Context, dial Redialer, j Job, out safe.Output) (exit int, err error) {
	f, err := newFollower(j, out)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.lines.Close() }() // it never fails
	defer timing.Wait(ctx, timing.Machine)()
	var wait backoff
	for c := j.Over; ; c = nil {
		before := f.offset
		if c != nil {
			exit, err = f.attach(ctx, c)
		} else {
			exit, err = f.dialAndAttach(ctx, dial)
		}
		if err == nil || ctx.Err() != nil || !again(err) {
			return exit, err
		}
		if f.offset > before {
			wait = backoff{}
		}
		if j.Retrying != nil {
			j.Retrying(err)
		}
		if wait.pause(ctx) != nil {
			return 0, err
		}
	}
}

// again reports whether making the connection again may help: the host's own
// reason says so, or the network was in the way of looking the address up.
func again(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Again()
	}
	var n net.Error
	return errors.As(err, &n)
}

// follower follows one run of a job through any number of connections.
type follower struct {
	job    Job
	env    string
	lines  *safe.Lines
	offset int64  // bytes of the log that went to lines
	run    string // the run that is followed, once it is known
	begun  bool   // it was begun from here
}

func newFollower(j Job, out safe.Output) (*follower, error) {
	if j.ID == "" || len(j.ID) > 60 || strings.ContainsFunc(j.ID, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		return nil, fmt.Errorf("the job name %q cannot be used", j.ID)
	}
	env, err := exports(j.Env)
	return &follower{job: j, env: env, lines: safe.NewLines(out)}, err
}

// Write takes the next bytes of the log.
func (f *follower) Write(p []byte) (int, error) {
	f.offset += int64(len(p))
	return f.lines.Write(p)
}

func (f *follower) dialAndAttach(ctx context.Context, dial Redialer) (int, error) {
	c, err := dial(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }() // nothing is left to send
	return f.attach(ctx, c)
}

// attach starts or joins the job and follows it to its end, or the connection's.
func (f *follower) attach(ctx context.Context, c *Client) (int, error) {
	log := c.to.log().With("job", f.job.ID, "instance", c.to.InstanceID)
	log.Debug("job follow", "from", f.offset, "run", f.run)
	began := time.Now()
	exit, err := f.follow(ctx, c)
	attrs := []slog.Attr{slog.String("run", f.run), slog.Int64("to", f.offset), slog.Duration("took", time.Since(began)), slog.String("outcome", outcome(err))}
	if err == nil {
		attrs = append(attrs, slog.Int("exit", exit))
	}
	log.LogAttrs(ctx, level(err), "job end", attrs...)
	return exit, err
}

func (f *follower) follow(ctx context.Context, c *Client) (int, error) {
	said := &reports{}
	err := c.Run(ctx, Command{Script: f.script(), Stdout: AfterMark(f), Stderr: said})
	r := said.read()
	if r.run != "" {
		f.run = r.run
	}
	f.begun = f.begun || r.begun
	if r.ended && !f.begun && f.job.Joined != nil {
		f.job.Joined()
	}
	var exit *ExitError
	switch {
	case r.ended:
		return r.exit, nil
	case r.lost:
		return 0, &JobError{ID: f.job.ID, Lost: true}
	case reached(err):
		return 0, err
	case errors.As(err, &exit) && r.run == "" && exit.Code < 128 && exit.Signal == "":
		return 0, &JobError{ID: f.job.ID, Text: safe.Scrub(safe.Clean(r.rest)), Err: err}
	case errors.As(err, &exit), err == nil:
		// The host ended what followed the log, as it does when it goes down.
		return 0, &Error{Reason: Closed, Addr: c.to.Addr, User: c.to.User, Err: err}
	}
	return 0, err
}

func (f *follower) script() string {
	return f.vars() + LockScript + startScript + followScript
}

// vars are what the scripts are told of the job and of how it is followed.
func (f *follower) vars() string {
	sum := sha256.Sum256([]byte(f.job.Script))
	vars := []string{
		"id=" + quote(f.job.ID),
		"hash=" + hex.EncodeToString(sum[:]),
		"follow=" + quote(f.run),
		"off=" + strconv.FormatInt(f.offset, 10),
		"again=" + flag(f.job.Again),
		"systemd=" + flag(f.job.Systemd),
		"env=" + quote(f.env),
		"script=" + quote(f.job.Script+"\n"),
		"identity=" + quote(identityScript),
		"mark=" + quote(LogMark),
	}
	return strings.Join(vars, "\n") + "\n"
}

// StartScript is the first half of [Client.Job], for a POSIX sh with HOME set:
// it begins the job, or leaves it as it is where it was begun already, and
// follows nothing. Whoever runs it without a connection, as a machine does at
// its first boot, begins the very run that Client.Job joins later.
func (j Job) StartScript() (string, error) {
	f, err := newFollower(j, func(string, bool) {})
	if err != nil {
		return "", err
	}
	return ownPath + f.vars() + LockScript + startScript, nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// reports reads what the follow script says about the job on its stderr,
// where the log does not go: "begun" where it was begun just now, "run ID",
// "ended STATUS" or "lost", a line each.
type reports struct{ b bytes.Buffer }

const maxReports = 64 << 10

func (r *reports) Write(p []byte) (int, error) {
	if r.b.Len() < maxReports {
		r.b.Write(p)
	}
	return len(p), nil
}

type report struct {
	begun bool
	run   string
	ended bool
	exit  int
	lost  bool
	rest  string // anything else
}

func (r *reports) read() report {
	return parseReport(r.b.String())
}

func parseReport(s string) (r report) {
	for line := range strings.Lines(s) {
		word, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		code, err := strconv.ParseUint(value, 10, 8)
		switch {
		case word == "begun":
			r.begun = true
		case word == "run" && runName(value):
			r.run = value
		case word == "ended" && err == nil:
			r.ended, r.exit = true, int(code)
		case word == "lost":
			r.lost = true
		case word != "":
			r.rest += line
		}
	}
	return r
}

func runName(s string) bool {
	return s != "" && len(s) < 40 && !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && (r < '0' || r > '9') })
}
