package machines

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

const taskFollow page.TaskName = page.Quiet + "follow"

// logKind is which of a machine's logs is shown.
type logKind int

// The logs, in Tab's order.
const (
	serverLog logKind = iota
	installLog
	doneLog // what this program did with the machine
	logKinds
)

// pastLines is how much of a log's past is asked for.
const pastLines = 500

func (k logKind) title() string {
	return [...]string{"Server log", "Install log", "What happened"}[k]
}

// of is the log's title for one machine.
func (k logKind) of(u *Member) string {
	if k == doneLog {
		return k.title() + " with " + u.Name()
	}
	return k.title() + " of " + u.Name()
}

// remote is the log's name on the machine; empty for what is kept here.
func (k logKind) remote() steps.LogKind {
	return [...]steps.LogKind{steps.LogServer, steps.LogInstall, ""}[k]
}

// follower is the one log that is being followed.
type follower struct {
	setupID string // empty while none is
	kind    logKind
	fresh   bool // nothing has come yet: the buffer has the last time's lines
	failed  bool // it was cut off, and is followed again once the machine answers
}

// buffer is a log's lines, made when they are first needed.
func (u *Member) buffer(k logKind) *logbuf.Buffer {
	if u.logs[k] == nil {
		u.logs[k] = logbuf.New(logbuf.DefaultMax)
	}
	return u.logs[k]
}

// followLog follows the log that is shown of the selected machine, and no other.
func (s *Page) followLog() tea.Cmd {
	u := s.Current()
	s.show(u)
	want := follower{}
	if u != nil && u.conn.link != nil && u.log.remote() != "" && s.shown {
		want = follower{setupID: u.ID, kind: u.log}
	}
	if want.setupID == s.follow.setupID && want.kind == s.follow.kind {
		return nil
	}
	s.unfollow()
	if want.setupID == "" {
		return nil
	}
	want.fresh = true
	s.follow = want
	link, kind, send := u.conn.link, u.log.remote(), s.Send
	return s.Start(taskFollow, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewBridge(func(batch []logLine) { send(logRead{id, batch}) },
			func(_, last logLine) bool { return last.partial })
		err := link.Follow(ctx, kind, pastLines, func(text string, partial bool) { b.Emit(logLine{text, partial}) })
		b.Close()
		return logEnded{id, err}
	})
}

func (s *Page) unfollow() {
	s.Tasks.Stop(taskFollow)
	s.follow = follower{}
}

// show puts the selected machine's log into the pane.
func (s *Page) show(u *Member) {
	if u == nil {
		return
	}
	s.pane.SetTitle(u.log.of(u))
	if buf := u.buffer(u.log); buf != s.showing {
		s.showing = buf
		s.pane.SetBuffer(buf)
	}
	s.pane.SetEmpty(u.whyNoLog())
}

// whyNoLog says why the log is empty.
func (u *Member) whyNoLog() string {
	switch {
	case u.log == doneLog:
		return "Nothing has been done with it since the program started."
	case u.Elsewhere:
		return "Its logs are for the computer that has its key."
	case !u.Up():
		return "The machine is not running, so there is no log to follow."
	case !u.Finished(steps.StepConnect):
		return "Nobody has connected to it yet: enter continues the guide."
	case u.conn.problem != nil && u.conn.link == nil:
		return "No log: " + u.conn.problem.Title + "."
	case u.conn.link == nil:
		return "Connecting …"
	}
	return "Nothing in this log yet."
}

func (s *Page) read(msg logRead) {
	u := s.members[s.follow.setupID]
	if !s.Tasks.Is(taskFollow, msg.id) || u == nil {
		return
	}
	if s.follow.fresh {
		s.follow.fresh = false
		u.logs[s.follow.kind] = nil
		s.show(s.Current())
	}
	buf := u.buffer(s.follow.kind)
	for _, l := range msg.lines {
		buf.Add(l.text, l.partial)
	}
}

// again follows a log that was cut off, now that its machine has answered.
func (s *Page) again(u *Member) tea.Cmd {
	if !s.follow.failed || s.follow.setupID != u.ID {
		return nil
	}
	s.unfollow()
	return s.followLog()
}

// readAll notices the end of a log.
func (s *Page) readAll(msg logEnded) {
	if !s.Tasks.Done(taskFollow, msg.id) {
		return
	}
	if u := s.members[s.follow.setupID]; u != nil && msg.err != nil && !errors.Is(msg.err, context.Canceled) {
		s.follow.failed = true
		u.buffer(s.follow.kind).AddMarked("The log cannot be followed: "+page.Clean(steps.Explain(msg.err).Title), false, logbuf.Failed)
	}
}

// cycleLog shows the next log of the selected machine.
func (s *Page) cycleLog(by logKind) tea.Cmd {
	u := s.Current()
	if u == nil {
		return nil
	}
	u.log = (u.log + by + logKinds) % logKinds
	return s.followLog()
}

// saveLog writes the log that is shown to a file.
func (s *Page) saveLog() tea.Cmd {
	u := s.Current()
	if u == nil {
		return nil
	}
	kind := [...]string{"server", "install", "done"}[u.log]
	return s.SaveLog("jupyter-ec2-"+u.Name()+"-"+kind, u.buffer(u.log).String())
}
