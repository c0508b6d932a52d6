package machines

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// operation is something that is being done with one machine. Those of
// several machines run at the same time, and none blocks the screen.
type operation struct {
	phrase
	now       string   // what it said last
	copying   *copying // nil when it copies nothing
	cancelled bool
	end       *page.Ending
	then      func(u *Member, r result) tea.Cmd
}

// phrase is how an operation is spoken of.
type phrase struct {
	doing string // "stopping"
	did   string // "Stopped."
	ends  bool   // it cuts the connection to the machine
}

// result is what an operation leaves open. It is taken over by the machine.
type result struct {
	opened   *steps.Opened
	notebook steps.LocalNotebook
	copied   steps.Copied
}

// Close closes what the operation left open.
func (r result) Close() error {
	var err error
	if r.opened != nil {
		err = r.opened.Close()
	}
	if r.notebook != nil {
		err = errors.Join(err, r.notebook.Close())
	}
	return err
}

func taskOperation(setupID string) page.TaskName { return page.TaskName("operation " + setupID) }

// operationFunc is an operation's own work.
type operationFunc func(ctx context.Context, emit func(steps.Event)) (result, error)

// begin does something with a machine. At most one thing is done with each
// at a time. then, if any, is called when it went well.
func (s *Page) begin(u *Member, said phrase, do operationFunc, then func(*Member, result) tea.Cmd) tea.Cmd {
	if u.op != nil {
		return s.Say(fmt.Sprintf("%s is still %s: wait, or esc ends that.", u.Name(), u.op.doing), true)
	}
	u.op = &operation{phrase: said, then: then}
	u.trouble, u.note = nil, ""
	u.buffer(doneLog).AddMarked(u.Name()+": "+said.doing, false, logbuf.Doing)
	if said.ends {
		u.log = doneLog
		u.unlink(s)
	}
	s.fill()
	u.op.end = s.Ends.New()
	setupID, send, end := u.ID, s.Send, u.op.end
	return s.Start(taskOperation(setupID), func(ctx context.Context, id page.TaskID) tea.Msg {
		defer close(end.Gone)
		b := page.NewBridge(func(batch []steps.Event) { send(operationSaid{id, setupID, batch}) }, page.Redraws)
		r, err := do(ctx, b.Emit)
		b.Close()
		end.Left = r
		return operationEnded{id, setupID, r, err, end}
	})
}

// said takes a batch of what an operation said.
func (s *Page) said(msg operationSaid) {
	u := s.members[msg.setupID]
	if !s.Tasks.Is(taskOperation(msg.setupID), msg.id) || u == nil || u.op == nil {
		return
	}
	for _, e := range msg.events {
		if e.Text != "" && e.Kind != steps.Output && e.Kind != steps.ByHand {
			u.op.now = e.Text
		}
		if e.Kind != steps.Failed { // the operation's end tells it, with its title
			page.WriteEvent(u.buffer(doneLog), "  ", e, time.Time{})
		}
	}
}

// ended takes an operation's end.
func (s *Page) ended(msg operationEnded) tea.Cmd {
	msg.end.Taken()
	u := s.members[msg.setupID]
	if !s.Tasks.Done(taskOperation(msg.setupID), msg.id) || u == nil || u.op == nil {
		s.Ends.Close(msg.result)
		return nil
	}
	op := u.op
	u.op, u.around, u.dealt = nil, time.Time{}, s.survey.round
	s.Tasks.Stop(taskWatch) // it may have read the ledger before
	s.CloseAbout(op)
	cmds := []tea.Cmd{s.readAgain(u.ID), u.take(s, msg.result)}
	switch {
	case msg.err == nil:
		u.buffer(doneLog).Add("✓ "+op.did, false)
		cmds = append(cmds, s.Say(u.Name()+": "+op.did, false))
		if op.then != nil {
			cmds = append(cmds, op.then(u, msg.result))
		}
	case op.cancelled && errors.Is(msg.err, context.Canceled):
		u.buffer(doneLog).Add("Ended before it was finished.", false)
		cmds = append(cmds, s.Say(u.Name()+": ended before it was finished.", false))
	default:
		u.trouble = &trouble{op.doing, steps.Explain(msg.err)}
		u.buffer(doneLog).AddMarked("failed: "+page.Clean(u.trouble.problem.Title), false, logbuf.Failed)
		cmds = append(cmds, s.Say(u.Name()+": "+op.doing+" failed. "+u.trouble.problem.Title+".", true))
	}
	s.fill()
	cmds = append(cmds, s.moved(), s.mended(msg.setupID), s.program.Ended(msg.setupID, msg.err))
	return tea.Batch(cmds...)
}

// take makes what an operation left open the machine's.
func (u *Member) take(s *Page, r result) tea.Cmd {
	if r.opened != nil {
		s.KeepOpened(r.opened)
	}
	if r.notebook == nil {
		return nil
	}
	old := u.notebook
	u.notebook = r.notebook
	s.Ends.Close(old)
	id, notebook := u.ID, r.notebook
	return func() tea.Msg { <-notebook.Done(); return notebookEnded{id, notebook} }
}

// KeepOpened keeps a setup's URL and tunnel; another one of the same setup is
// closed.
func (s *Page) KeepOpened(o *steps.Opened) {
	u := s.members[o.Setup.ID]
	if u == nil {
		u = s.Put(o.Setup)
	}
	if u.Opened != nil && u.Opened != o {
		s.Ends.Close(u.Opened)
	}
	u.Opened, u.tunnel = o, ""
}

// readAgain looks at one machine after something was done with it.
func (s *Page) readAgain(setupID string) tea.Cmd {
	engine := s.Engine
	return s.Start(taskSeen(setupID), func(ctx context.Context, id page.TaskID) tea.Msg {
		seen := machineRead{id: id, setupID: setupID, stamp: engine.Stamp()}
		list, err := engine.Setups(ctx)
		seen.err = err
		for _, setup := range list {
			if setup.ID == setupID {
				seen.setup, seen.found = engine.Look(ctx, []steps.Setup{setup})[0], true
			}
		}
		return seen
	})
}

func (s *Page) readBack(msg machineRead) tea.Cmd {
	u := s.members[msg.setupID]
	if !s.Tasks.Done(taskSeen(msg.setupID), msg.id) || u == nil || msg.err != nil {
		return nil
	}
	if msg.found {
		s.Put(msg.setup)
	} else if !u.Elsewhere {
		s.drop(msg.setupID)
	}
	if msg.stamp != s.stamp {
		// To look takes time, in which another program may have changed the
		// ledger and the list have followed: it is read once more.
		s.stamp = ""
	}
	if !u.Up() {
		u.unlink(s)
	}
	s.fill()
	var connect tea.Cmd
	if u == s.Current() && s.shown {
		connect = s.connect(u)
	}
	return tea.Batch(s.moved(), connect)
}

// endOperation cuts off what is being done with a machine, once the person
// has said so. A copy is cut off at once.
func (s *Page) endOperation(u *Member) tea.Cmd {
	op := u.op
	cut := func() tea.Cmd {
		if u.op == op {
			u.op.cancelled = true
			s.Tasks.Cancel(taskOperation(u.ID))
		}
		return nil
	}
	if u.op.copying != nil {
		return cut()
	}
	s.AskAtEsc(&page.ChoiceDialog{
		Title: "End " + u.op.doing + "?", About: op,
		Text: []string{"What is already under way on AWS or on the machine may still happen. Nothing is undone."},
		Options: []page.Option{
			{Label: "End it", Do: cut},
			{Label: "Let it finish"},
		},
	})
	return nil
}
