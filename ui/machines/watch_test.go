package machines

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// A machine that another program makes, changes or removes is seen without a
// key, and no region is asked for it; so is another program's tunnel.
func TestTheListSeesWhatOtherProgramsDo(t *testing.T) {
	r := sevenRig(t).size(140, 40)
	surveys := r.m.list.survey.round
	changed := func(stamp string, change func()) *rig {
		r.e.Change(func() { change(); r.e.Has.Stamp = stamp })
		return r.ticks()
	}
	made := stepstest.Setup(9, "made-elsewhere", "pending", steps.ModeSSH, "t3.micro", "eu-west-1", 0.012)
	made.Done = map[steps.StepID]time.Time{}
	changed("1", func() { r.e.Has.Setups = append(r.e.Has.Setups, made) }).until("made-elsewhere")
	if got := r.m.list.Current().ID; got != "s-1" {
		t.Errorf("selected is %s now", got)
	}
	last := len(r.e.Has.Setups) - 1
	changed("2", func() { r.e.Has.Setups[last].State = "running" }).until("● next: Launch")
	changed("3", func() { r.e.Has.Setups[0].TunnelPort = 8890 }).until("http://localhost:8890/lab  ✓ another program's tunnel")
	changed("4", func() { r.e.Has.Setups[0].TunnelPort = 0 }).until("no tunnel is open: o opens one at http://localhost:8881/")
	changed("5", func() { r.e.Has.Setups[1].State = "stopped" }) // in another terminal
	r.untilTrue("it is seen", func() bool { return r.machine("s-2").State == "stopped" && r.machine("s-2").conn.link == nil })
	changed("6", func() { r.e.Has.Setups = r.e.Has.Setups[:last] })
	r.untilTrue("it is gone", func() bool { return r.machine("s-9") == nil })
	if r.m.list.survey.round != surveys {
		t.Error("the regions were asked again")
	}
	// What the cloud has said since is later than what the ledger has had before.
	if u := r.machine("s-5"); !u.gone() {
		t.Errorf("the machine that was terminated is %s", u.State)
	}
}

// What this program has open of a machine is closed when another program has
// the machine reached otherwise, and the URL is the machine's own then.
func TestWhatIsOpenFollowsTheLedger(t *testing.T) {
	r := sevenRig(t).size(140, 40).press("1", "o").untilDone().until("✓ tunnel up")
	becomes := func(stamp string, change func(*steps.Setup)) *rig {
		r.e.Change(func() { change(&r.e.Has.Setups[0]); r.e.Has.Stamp = stamp })
		return r.ticks()
	}
	open := func() {
		t.Helper()
		if r.machine("s-1").Opened != nil {
			t.Fatalf("its URL is open already:\n%s", r.screen())
		}
		r.press("o").untilDone()
		if r.machine("s-1").Opened == nil {
			t.Fatalf("its URL is not open:\n%s", r.screen())
		}
	}
	becomes("1", func(s *steps.Setup) { s.Answers.Mode = steps.ModeHTTP }).until("https://ec2-203-0-113-1.")
	if strings.Contains(r.screen(), "tunnel up") {
		t.Errorf("a tunnel is said to be up:\n%s", r.screen())
	}
	r.untilTrue("the tunnel is closed", func() bool { return r.e.Tunnels()[0].Closed() == 1 })
	open()
	becomes("2", func(s *steps.Setup) { s.Answers.NoTLS = true }).until("http://ec2-203-0-113-1.")
	open()
	becomes("3", func(s *steps.Setup) { s.PublicAddr = "ec2-198-51-100-7.example.org" }).until("http://ec2-198-51-100-7.")
	open()
	becomes("4", func(s *steps.Setup) { s.Answers.Mode = steps.ModeSSH }).until("no tunnel is open")
	open()
	becomes("5", func(s *steps.Setup) { s.PublicAddr = "ec2-198-51-100-8.example.org" })
	r.untilTrue("it is seen", func() bool { return r.machine("s-1").PublicAddr == "ec2-198-51-100-8.example.org" })
	if r.machine("s-1").Opened == nil {
		t.Error("a tunnel, which follows its machine, was closed")
	}
}

// What is read of one machine comes late, as the cloud is asked too. By then the
// list may have followed another program, and goes on following it.
func TestWhatWasReadEarlierDoesNotStay(t *testing.T) {
	r := sevenRig(t).size(140, 40)
	late := r.m.list.readAgain("s-1")()
	r.e.Change(func() { r.e.Has.Setups[0].TunnelPort, r.e.Has.Stamp = 8890, "1" })
	r.ticks().until("http://localhost:8890/lab  ✓ another program's tunnel")
	r.take(late)
	r.ticks().until("http://localhost:8890/lab  ✓ another program's tunnel")
}

// A look at the ledger that is under way is not lost, whatever is read of one
// machine meanwhile.
func TestALookAtTheLedgerUnderWayIsTaken(t *testing.T) {
	r := sevenRig(t).size(140, 40)
	late := r.m.list.readAgain("s-1")()
	becomes := func(port int, stamp string) {
		r.e.Change(func() { r.e.Has.Setups[0].TunnelPort, r.e.Has.Stamp = port, stamp })
	}
	becomes(8890, "1")
	r.ticks().until("http://localhost:8890/lab  ✓ another program's tunnel")
	r.untilTrue("nobody looks", func() bool { return !r.m.list.Tasks.Runs(taskWatch) })
	unchanged := r.m.list.watch()()
	r.take(late)
	r.take(unchanged) // has read nothing
	r.until("7 machines")
	late = r.m.list.readAgain("s-1")()
	becomes(8891, "2")
	look := r.m.list.watch()
	r.take(late)
	r.take(look())
	r.until("http://localhost:8891/lab  ✓ another program's tunnel")
}

// A mode that the machine does not follow yet is seen, as "ls" shows it.
func TestThePendingModeIsListed(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		next := e.Has.Setups[2].Answers
		next.Mode = steps.ModeSSH
		e.Has.Setups[2].Next = &next
		at := slices.IndexFunc(e.Has.Survey, func(s steps.Surveyed) bool { return s.At.Region == "eu-central-1" })
		for i := range e.Has.Survey[at].Machines {
			if m := &e.Has.Survey[at].Machines[i]; m.ID == "s-3" {
				m.Next = &next
			}
		}
	}).size(200, 60)
	r.press("3").until("http→ssh")
	r.size(80, 24).until("HTTP → SSH tunnel · t3.large")
}

// A ledger that cannot be read just now is read with the next look.
func TestTheLedgerIsWatchedAgainAfterAFailure(t *testing.T) {
	r := sevenRig(t).size(140, 40)
	r.e.Fails("setups", stepstest.SessionEnded{})
	r.e.Change(func() { r.e.Has.Stamp = "1" })
	r.ticks()
	r.untilTrue("it was checked", func() bool { return !r.m.Tasks.Runs(taskWatch) })
	r.e.Change(func() {
		r.e.Fail["setups"] = nil
		r.e.Has.Setups = append(r.e.Has.Setups, stepstest.Setup(9, "late", "stopped", steps.ModeSSH, "t3.micro", "eu-west-1", 0.012))
	})
	r.ticks().until("late")
}

// The list says of every machine for how long it is idle, whichever row is
// selected; only a few are connected to at the same time.
func TestAllMachinesAreAskedHowTheyAre(t *testing.T) {
	const machines = 30
	e := stepstest.New()
	stepstest.ManyMachines(e, machines)
	e.Hold = map[string]chan struct{}{}
	for i := range e.Has.Setups {
		e.Has.Setups[i].State = "running"
		e.Hold["connect "+e.Has.Setups[i].ID] = make(chan struct{})
	}
	for i := range e.Has.Survey {
		for j := range e.Has.Survey[i].Machines {
			e.Has.Survey[i].Machines[j].State = "running"
		}
	}
	idle := stepstest.Health()
	idle.Busy, idle.Idle = "", stepstest.Now().Add(-41*time.Minute)
	e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: idle} }
	r := newRig(t, e).size(200, 60).until("17 enabled regions checked")
	connects := func() int {
		return len(slices.DeleteFunc(e.Asked(), func(s string) bool { return !strings.HasPrefix(s, "connect") }))
	}
	r.untilTrue("the first are connected to", func() bool { return connects() >= aroundMost })
	if n := connects(); n > aroundMost+1 { // and the selected one
		t.Errorf("%d are connected to at the same time", n)
	}
	for _, held := range e.Hold {
		close(held)
	}
	r.untilTrue("all are known", func() bool {
		return !slices.ContainsFunc(r.m.list.order, func(u *Member) bool { return u.healthAt.IsZero() })
	})
	if n := strings.Count(r.screen(), "41 min"); n < machines {
		t.Errorf("%d rows say for how long they are idle:\n%s", n, r.screen())
	}
	open := 0
	for _, u := range r.m.list.order {
		if u.conn.link != nil {
			open++
		}
	}
	if open > linksMost {
		t.Errorf("%d connections are kept", open)
	}
}

// Nobody is asked for a passphrase of a machine that is not selected; once it
// is, it is connected to as always.
func TestConnectingUnaskedAsksNobody(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	e.Fail = map[string]error{"connect s-2": fmt.Errorf("the key: %w", steps.ErrDeclined)}
	r := newRig(t, e).untilAsked("connect s-2")
	r.untilTrue("that has ended", func() bool { return !r.m.Tasks.Runs(taskLink("s-2")) })
	if u := r.machine("s-2"); u.conn.problem != nil {
		t.Errorf("it is said to be a problem: %+v", u.conn.problem)
	}
	r.e.Change(func() { r.e.Fail = nil })
	r.press("2").rested()
	r.untilTrue("it is connected to", func() bool { return r.machine("s-2").conn.link != nil })
}

// F5 is on the bar, also in a small terminal.
func TestRefreshIsOnTheBar(t *testing.T) {
	for _, on := range []string{"1", "3", "5", "6"} {
		if got := sevenRig(t).press(on).screen(); !strings.Contains(got, "f5 refresh") {
			t.Errorf("on machine %s:\n%s", on, got)
		}
	}
}

// The state has its colour in every row, and keeps it in the selected one.
func TestTheStateHasItsColour(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r := toList(newRig(t, e, func(c *page.Context) { c.Theme = theme.New(true, true) })).size(140, 40)
	const green, red = "99;210;151", "255;123;114"
	of := func(name string) string {
		for line := range strings.Lines(cells.Unmarked(r.drawn())) {
			if strings.Contains(line, name) && !strings.Contains(line, "│ "+name) {
				return line
			}
		}
		t.Fatalf("%s is not listed", name)
		return ""
	}
	for _, selected := range []string{"1", "2"} {
		r.press(selected)
		for _, name := range []string{"jupyter", "gpu-lab"} {
			if !strings.Contains(of(name), green) {
				t.Errorf("with %s selected, %s runs without green: %q", selected, name, of(name))
			}
		}
	}
	if !strings.Contains(of("course"), red) {
		t.Errorf("what is gone is not red: %q", of("course"))
	}
}
