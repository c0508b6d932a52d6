package machines

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func TestTheLedgerIsListedBeforeTheRegions(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	first, last := make(chan struct{}), make(chan struct{})
	e.Hold = map[string]chan struct{}{"survey eu-central-1": first, "survey sa-east-1": last}
	r := newRig(t, e).until("half-done").until("asking all regions")
	if strings.Contains(r.screen(), "from-the-office") {
		t.Fatal("a machine no region has told of is listed")
	}
	close(first)
	r.until("16 of 17 regions").until("6 machines").size(140, 40).until("from-the-office")
	if got := len(r.m.list.order); got != 6 {
		t.Errorf("%d machines, want 6 until the last region answers", got)
	}
	close(last)
	r.until("17 enabled regions checked")
	if u := r.machine("s-5"); !u.gone() {
		t.Errorf("the terminated machine is %q", u.State)
	}
}

func TestTheSelectionStaysWhileRowsComeIn(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	for i, s := range e.Has.Survey { // all machines are from elsewhere, and sort in by region
		for j := range s.Machines {
			e.Has.Survey[i].Machines[j].Elsewhere = true
		}
	}
	e.Has.Setups = nil
	held := make(chan struct{})
	e.Hold = map[string]chan struct{}{"survey us-east-2": held}
	r := newRig(t, e)
	r.untilTrue("the guide is shown", func() bool { return slices.Contains(r.m.asked, "new machine") })
	r.run(r.m.list.Enter()) // the person comes back
	r.until("half-done").press("down", "down")
	if got := r.m.list.Current().Answers.Name; got != "half-done" {
		t.Fatalf("selected %s", got)
	}
	close(held)
	r.until("17 enabled regions checked")
	if got := r.m.list.Current().Answers.Name; got != "half-done" || r.m.list.Current().no == 3 {
		t.Errorf("selected %s, number %d", got, r.m.list.Current().no)
	}
}

func TestFilterAndDigits(t *testing.T) {
	r := sevenRig(t)
	r.press("/", "gateway").until("1 of 7 machines")
	if got := r.m.list.Current().Answers.Name; got != "gpu-lab" {
		t.Errorf("the filter selects %s", got)
	}
	r.press("s", "backspace", "esc").until("7 machines")
	if len(r.m.dialogs) != 0 {
		t.Error("a letter of the filter stopped a machine")
	}
	r.press("4")
	if got := r.m.list.Current().ID; got != "s-4" {
		t.Errorf("4 selects %s", got)
	}
	r.press("9")
	if got := r.m.list.Current().ID; got != "s-4" {
		t.Errorf("9 of 7 selects %s", got)
	}
}

func TestALinkIsMadeWhereTheSelectionRests(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	e.Hold = map[string]chan struct{}{"survey sa-east-1": make(chan struct{})} // all are connected to once it has answered
	r := newRig(t, e).until("16 of 17 regions").rested().untilAsked("connect s-1")
	r.untilTrue("it is connected to", func() bool { return r.machine("s-1").conn.link != nil })
	r.press("down", "down", "down")
	r.take(selectionRested{r.m.list.rest - 2}) // of the machines that were passed over
	if slices.Contains(r.e.Asked(), "connect s-2") {
		t.Error("a machine that was passed over is connected to")
	}
	r.rested().untilAsked("connect s-4")
	r.untilTrue("its health is known", func() bool { return !r.machine("s-4").healthAt.IsZero() })
	r.press("3").rested()
	r.press("6").rested()
	for _, id := range []string{"s-3", "s-6"} {
		if r.m.Tasks.Runs(taskLink(id)) {
			t.Errorf("%s, stopped or another computer's, is connected to", id)
		}
	}
	if r.e.Links()[0].IsClosed() {
		t.Error("switching closed the first link")
	}
}

func TestHealthIsAskedForOftenOnlyWhereOneLooks(t *testing.T) {
	r := sevenRig(t)
	r.press("2").rested()
	r.untilTrue("two are connected to", func() bool { return !r.machine("s-2").healthAt.IsZero() })
	at := time.Now().Add(time.Hour)
	r.m.list.pollLinks(at) // both are due; from here on by the clock
	for _, id := range []string{"s-1", "s-2"} {
		r.m.Tasks.Stop(taskHealth(id))
	}
	r.m.list.pollLinks(at.Add(4 * time.Second))
	if r.m.Tasks.Runs(taskHealth("s-1")) || !r.m.Tasks.Runs(taskHealth("s-2")) {
		t.Error("after 4 s only the selected machine is to be asked")
	}
	r.m.Tasks.Stop(taskHealth("s-2"))
	r.m.list.pollLinks(at.Add(31 * time.Second))
	if !r.m.Tasks.Runs(taskHealth("s-1")) {
		t.Error("after 31 s the other one is to be asked, too")
	}
}

func TestTheLogFollowsTheSelection(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: stepstest.Health()} }
	})
	r.until("server log of s-1").press("tab").until("install log of s-1").press("tab").until("Nothing has been done with it")
	r.press("shift+tab", "shift+tab").until("server log of s-1")
	r.press("2").rested().until("server log of s-2")
	r.untilTrue("the first log is left", func() bool {
		return !slices.ContainsFunc(r.e.Links(), func(l *stepstest.Link) bool { return l.ID == "s-1" && l.Following() > 0 })
	})
	r.press("1").until("server log of s-1")
	if n := r.machine("s-1").buffer(serverLog).Len(); n != 1 {
		t.Errorf("the log has %d lines after coming back, want its 1", n)
	}
	r.press("l").until("esc list").press("s")
	if r.m.dialog() != nil || r.m.Tasks.Runs(page.TaskSave) {
		t.Errorf("s does something in the log:\n%s", r.screen())
	}
	r.press("ctrl+s").until("Saved the log as")
	r.press("esc").until("7 machines")
}

func TestStaleResultsAreDropped(t *testing.T) {
	r := sevenRig(t)
	before := r.screen()
	for _, msg := range []tea.Msg{
		surveyed{id: 9999, answers: []steps.Surveyed{{Machines: []steps.Machine{{Setup: stepstest.Setup(99, "nobody", "running", steps.ModeSSH, "t2.micro", "x", 1)}}}}},
		surveyEnded{id: 9999, err: stepstest.SessionEnded{}},
		machineRead{id: 9999, setupID: "s-1"},
		selectionRested{9999},
		healthCame{id: 9999, setupID: "s-1", err: stepstest.SessionEnded{}},
		healthCame{id: 9999, setupID: "nobody"},
		logRead{id: 9999, lines: []logLine{{text: "stale"}}},
		logEnded{id: 9999, err: stepstest.SessionEnded{}},
		operationSaid{id: 9999, setupID: "s-1", events: stepstest.Script()},
		operationEnded{id: 9999, setupID: "s-1", err: stepstest.SessionEnded{}},
		copyAdvanced{of: &copying{}, setupID: "s-1"},
		notebookEnded{setupID: "s-1", notebook: stepstest.NewNotebook()},
		checked{id: 9999},
		doctorEnded{id: 9999, err: stepstest.SessionEnded{}},
		swept{id: 9999},
		sweepEnded{id: 9999, err: stepstest.SessionEnded{}},
		cleared{id: 9999, err: stepstest.SessionEnded{}},
		otherTypesFetched{id: 9999, err: stepstest.SessionEnded{}},
	} {
		r.take(msg)
		if got := r.screen(); got != before {
			t.Fatalf("%T of a task that does not run changed the screen:\n%s", msg, got)
		}
	}
}

func TestRegionsThatDoNotAnswerAreNamed(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Has.Survey[3].Err = stepstest.SessionEnded{} })
	r.until("No answer from us-west-1. f shows why.").press("f").until("UnauthorizedException").press("esc")
	r.e.Fails("survey", stepstest.SessionEnded{})
	r.press("f5").until("this is what the computer knows")
}

func TestMachinesThatAreGoneFromElsewhereLeaveTheList(t *testing.T) {
	r := sevenRig(t)
	north := slices.IndexFunc(r.e.Has.Survey, func(s steps.Surveyed) bool { return s.At.Region == "eu-north-1" })
	south := slices.IndexFunc(r.e.Has.Survey, func(s steps.Surveyed) bool { return s.At.Region == "sa-east-1" })
	r.e.Has.Survey[north].Machines = nil
	r.e.Has.Survey[south].Machines, r.e.Has.Survey[south].Err = nil, stepstest.SessionEnded{} // it may be there still
	r.press("ctrl+r").until("No answer from sa-east-1")
	r.untilTrue("the survey has ended", func() bool { return !r.m.Tasks.Runs(taskSurvey) })
	if r.machine("s-6") != nil || r.machine("s-7") == nil {
		t.Errorf("left in the list: %v, %v", r.machine("s-6"), r.machine("s-7"))
	}
}

func TestTheLedgerCannotBeRead(t *testing.T) {
	e := stepstest.New()
	e.Fails("setups", stepstest.SessionEnded{})
	r := newRig(t, e).until("SSO session has ended").press("d").until("UnauthorizedException")
	stepstest.SevenMachines(e)
	e.Fails("setups", nil)
	r.press("f5").until("half-done")
}

func TestTheServerIsRestartedOnce(t *testing.T) {
	now := stepstest.Now()
	e := stepstest.New()
	stepstest.SevenMachines(e)
	h := stepstest.Health()
	h.ServerUp, h.ServerDead, h.ServerNote = false, true, "connection refused"
	l := &stepstest.Link{Is: h}
	e.Link = func(id string) *stepstest.Link {
		if id == "s-1" {
			return l
		}
		return &stepstest.Link{Is: stepstest.Health()} // the others' servers are well
	}
	r := newRig(t, e, func(o *page.Context) { o.Now = func() time.Time { return now } }).size(140, 40).until("connection refused")
	look := func() {
		t.Helper()
		before := l.Asked()
		l.Change(func() { l.Is.At = l.Is.At.Add(5 * time.Second) })
		r.untilTrue("no look is under way", func() bool { return !r.m.Tasks.Runs(taskHealth("s-1")) })
		r.run(r.m.list.askHealth(r.machine("s-1")))
		r.untilTrue("it was checked", func() bool {
			return l.Asked() > before && !r.m.Tasks.Runs(taskHealth("s-1"))
		})
	}
	if slices.Contains(e.Asked(), "restart s-1") {
		t.Fatal("it was restarted after one look")
	}
	look()
	r.untilAsked("restart s-1").untilDone().until("the last words of the server").until("The server had died, so it")
	if note := r.machine("s-1").note; !strings.Contains(note, "restarted automatically at "+now.Local().Format("15:04")) {
		t.Errorf("the note says %q", note)
	}
	now = now.Add(5 * time.Minute)
	look()
	look()
	r.until("The server died again")
	if n := strings.Count(fmt.Sprint(e.Asked()), "restart s-1"); n != 1 {
		t.Errorf("restarted %d times", n)
	}
}

// A server that is too busy to answer keeps its kernels: it is not restarted.
func TestABusyServerIsLeftAlone(t *testing.T) {
	h := stepstest.Health()
	h.ServerUp, h.ServerNote = false, "it does not answer in time"
	r := sevenRig(t, func(e *stepstest.Engine) { e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: h} } }).until("does not answer in time")
	u := r.machine("s-1")
	for range 3 * downLooks {
		u.health.At = u.health.At.Add(5 * time.Second)
		if r.m.list.watchServer(u) != nil || u.down != 0 {
			t.Fatal("a busy server is taken for a dead one")
		}
	}
	u.health.ServerDead = true
	for range 3 * downLooks { // the same look, read again
		if r.m.list.watchServer(u) != nil {
			t.Fatal("one look of the watcher's counted twice")
		}
	}
}

// What works on a machine with nobody logged in is named.
func TestWorkKeepsAwake(t *testing.T) {
	h := stepstest.Health()
	h.Busy, h.Idle, h.Kernels, h.Logins = "python\x1b[31m train.py, 98 % of a core; a GPU is in use, 97 % of NVIDIA A10G", time.Time{}, nil, 0
	h.Ignore = []string{"htop", "\x1b]0;t\x07python monitor*"}
	sevenRig(t, func(e *stepstest.Engine) { e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: h} } }).
		until("no: python").until(" train.py, 98 % of a core").until("NVIDIA A10G").until("python monitor*")
}

func TestTheCountdownWarns(t *testing.T) {
	h := stepstest.GPUHealth()
	r := sevenRig(t, func(e *stepstest.Engine) { e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: h} } })
	r.until("! stops in 8 min").until("+ gives it at least an hour").press("+").untilAsked("extend s-1 1h0m0s").untilDone()
	r.untilTrue("the countdown is gone", func() bool {
		state, _ := r.machine("s-1").state(stepstest.Now())
		return !strings.Contains(state, "stops in")
	})
}

// A bad record is one bad row with its remedy, and no key does anything with it.
func TestABadRecordIsARowWithItsRemedy(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Has.Setups = append(e.Has.Setups, steps.Setup{ID: "s-torn", Created: stepstest.Now(), Answers: steps.Answers{Name: "torn"}, Bad: &problem.Problem{
			Title: "A setup's record cannot be used", Text: "The file /x is empty.", Next: problem.Say("Mend /x."),
		}})
	}).size(140, 40)
	r.m.list.Select("s-torn")
	r.until("! bad record").until("The file /x is empty.").until("Mend /x.")
	before := len(r.e.Asked())
	for _, key := range []string{"enter", "o", "S", "x", "m", "i", "s"} {
		r.press(key).until("mend it or move it away first")
	}
	if asked := r.e.Asked(); len(asked) != before {
		t.Errorf("asked for %v", asked[before:])
	}
}

// What the regions, or the ledger, were asked before something was done with a
// machine does not undo it.
func TestWhatIsOlderDoesNotUndo(t *testing.T) {
	r := sevenRig(t)
	_ = r.m.list.askRegions() // a survey whose answers come late
	late := surveyed{id: r.m.Tasks.Current(taskSurvey), answers: slices.Clone(r.e.Has.Survey)}
	ledger := slices.Clone(r.e.Has.Setups)
	never := func(context.Context) error { return nil }
	r.run(r.m.list.StopAfter(r.machine("s-1"), never))
	r.run(r.m.list.TerminateAfter(r.machine("s-2"), never, func() { r.m.list.Forget("s-2") }))
	r.untilDone()
	r.m.list.surveyed(late)
	r.m.list.takeLedger(ledger)
	if u := r.machine("s-1"); u.State != "stopped" {
		t.Errorf("the machine that was stopped is %s", u.State)
	}
	if u := r.machine("s-2"); u != nil {
		t.Errorf("the machine that was removed is there, %s", u.State)
	}
}
