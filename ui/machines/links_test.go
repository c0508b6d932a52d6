package machines

import (
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func TestLinksAreBounded(t *testing.T) {
	e := stepstest.New()
	stepstest.ManyMachines(e, 40)
	for i := range e.Has.Setups {
		e.Has.Setups[i].State = "running"
	}
	e.Has.Survey = []steps.Surveyed{{At: steps.Place{Region: "held"}}}
	e.Hold = map[string]chan struct{}{"survey held": make(chan struct{})} // only what is selected is connected to
	now := stepstest.Now()
	r := newRig(t, e, func(o *page.Context) { o.Now = func() time.Time { return now } }).until("machine-001")
	for n := 0; n < linksMost+3; n++ {
		now = now.Add(time.Second)
		u := r.m.list.order[n]
		r.m.list.table.Select(u.ID)
		r.run(r.m.list.moved())
		r.rested()
		r.untilTrue("it has said how it is", func() bool { return u.conn.link != nil && !u.healthAt.IsZero() })
		if n == 0 {
			u.op = &operation{copying: &copying{}} // goes over the link
		}
	}
	r.run(r.m.Ends.CloseUnused())
	r.untilTrue("the oldest are closed", func() bool {
		return e.Links()[1].IsClosed() && e.Links()[2].IsClosed() && e.Links()[3].IsClosed()
	})
	if e.Links()[0].IsClosed() {
		t.Error("a copy was cut off")
	}
	open := 0
	for _, u := range r.m.list.order {
		if u.conn.link != nil {
			open++
		}
	}
	if open != linksMost {
		t.Errorf("%d links, want %d", open, linksMost)
	}
}

// While all others are being asked, there is no link to let go but the selected
// machine's, and nothing would make that one again.
func TestTheSelectedMachinesLinkIsKept(t *testing.T) {
	e := stepstest.New()
	stepstest.ManyMachines(e, 2*linksMost)
	for i := range e.Has.Setups {
		e.Has.Setups[i].State = steps.StateRunning
	}
	e.Has.Survey = []steps.Surveyed{{At: steps.Place{Region: "held"}}}
	e.Hold = map[string]chan struct{}{"survey held": make(chan struct{})} // only what is selected is connected to
	r := newRig(t, e).until("machine-001")
	selected := r.m.list.Current()
	r.untilTrue("it has said how it is", func() bool { return selected.conn.link != nil && !selected.healthAt.IsZero() })
	for _, u := range r.m.list.order {
		if u != selected {
			u.conn.link = &stepstest.Link{}
			r.m.list.askHealth(u) // whose answer has not come yet
		}
	}
	r.m.list.letGoOldest()
	if selected.conn.link == nil {
		t.Error("the link of the machine on the screen was let go")
	}
}

func TestALinkThatComesTooLateIsClosed(t *testing.T) {
	r := sevenRig(t)
	l := &stepstest.Link{}
	r.take(linkMade{id: 9999, setupID: "s-2", link: l})
	r.untilTrue("it is closed", l.IsClosed)
	if r.machine("s-2").conn.link == steps.Link(l) {
		t.Error("the stale link is used")
	}
}

func TestALinkThatCannotBeMadeIsTriedAgain(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"connect s-2": stepstest.SessionEnded{}} })
	r.press("2").rested().until("! The SSO session has ended; retrying automatically")
	r.e.Change(func() { r.e.Fail = nil })
	at := time.Now()
	r.take(page.Ticked{At: at})
	r.take(page.Ticked{At: at.Add(linkAgain + time.Second)})
	r.untilTrue("it is connected to", func() bool { return r.machine("s-2").conn.link != nil })
}
