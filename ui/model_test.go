package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func TestEnterThroughTheDefaults(t *testing.T) {
	e := stepstest.New()
	e.Has.Profiles = e.Has.Profiles[:1]
	r := newRig(t, e)
	r.until("Frankfurt").press("enter").until("0.0134").press("enter").until("New ed25519 key").press("enter").
		until("Installer").press("enter").until("an hour").press("L").until("Proof")
	a := e.Reviewed()[0]
	want := steps.Answers{
		Name: "jupyter", Profile: "default", Region: "eu-central-1", Release: "24.04", Type: "t2.micro", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV, UI: steps.UILab,
	}
	if !a.Equal(want) {
		t.Errorf("answers %+v, want %+v", a, want)
	}
}

func TestStaleResultsAreDropped(t *testing.T) {
	r := toRegions(newRig(t, stepstest.New()))
	before := r.screen()
	for _, msg := range []tea.Msg{
		workEnded{id: 99, err: stepstest.SessionEnded{}},
		page.EventsCame{ID: 99, Events: stepstest.Script()},
		removeEnded{id: 99},
		ticked{id: 99},
	} {
		r.take(msg)
		if got := r.screen(); got != before {
			t.Fatalf("%T of a task that does not run changed the screen:\n%s", msg, got)
		}
	}
}

func TestAStaleTunnelIsClosed(t *testing.T) {
	r := toRegions(newRig(t, stepstest.New()))
	closed := make(chan struct{})
	_, cmd := r.m.Update(workEnded{id: 99, opened: &steps.Opened{Tunnel: closingTunnel{closed: closed}}})
	r.run(cmd)
	<-closed
}

func TestATunnelMadeWhileLeavingIsClosed(t *testing.T) {
	e := stepstest.New()
	closed, cutOff := make(chan struct{}), make(chan struct{})
	e.Has.Opened.Tunnel = closingTunnel{closed: closed}
	r := toReview(newRig(t, e, func(o *Options) { o.Engine = lateEngine{e, cutOff} })).press("L")
	r.untilTrue("the setup is known", func() bool { return r.m.work.setup.ID != "" })
	r.press("ctrl+c", "ctrl+c")
	close(cutOff)
	r.letGo()
	select {
	case <-closed:
	default:
		t.Error("the tunnel of work that ended too late is open still")
	}
}

// lateEngine does not notice in time that its work was cut off.
type lateEngine struct {
	*stepstest.Engine
	cutOff chan struct{}
}

func (e lateEngine) Work(ctx context.Context, _ string, _ func(steps.Event)) (*steps.Opened, error) {
	<-e.cutOff
	return e.Has.Opened, nil
}

type closingTunnel struct {
	*stepstest.Tunnel
	closed chan struct{}
}

func (t closingTunnel) Close() error { close(t.closed); return nil }

func TestGoingBackKeepsTheAnswers(t *testing.T) {
	r := toReview(newRig(t, stepstest.New()))
	r.press("2").until("0.0134").press("j", "j", "enter").until("Costs")
	a := r.e.Reviewed()[len(r.e.Reviewed())-1]
	if a.Type != "t3.micro" || a.Region != "eu-central-1" || a.Key.Source != steps.KeyMadeHere || a.Mode != steps.ModeSSH {
		t.Errorf("answers after changing the type: %+v", a)
	}
	r.press("esc").until("Installer").press("esc").until("New ed25519 key").press("esc").until("0.0120")
	if !strings.Contains(r.screen(), "Type    t3.micro ") {
		t.Errorf("the cursor is not on the chosen type:\n%s", r.screen())
	}
}

func TestAnotherRegionAsksAgain(t *testing.T) {
	r := toReview(newRig(t, stepstest.New()))
	r.press("1").until("Frankfurt").press("j", "enter").until("0.0134")
	if r.m.page != steps.StepMachine {
		t.Errorf("after another region comes %s, not the machine", r.m.page)
	}
	r.press("5")
	if r.m.page != steps.StepMachine {
		t.Errorf("the review of the old region is still reachable: %s", r.m.page)
	}
}

func TestARegionThatIsNotEnabledIsExplained(t *testing.T) {
	r := toRegions(newRig(t, stepstest.New()))
	r.press("G", "enter").until("me-south-1 is not enabled for this account.")
}

func TestSignInCanBeCancelledAndRetried(t *testing.T) {
	e := stepstest.New()
	e.Delay = 1 << 40
	r := toProfiles(newRig(t, e))
	r.press("enter").until("Signing in as default").press("esc").until("Which profile?")
	e.Fails("sign in", stepstest.SessionEnded{})
	e.Change(func() { e.Delay = 0 })
	r.press("down", "enter").until("Run \"aws sso login")
	if strings.Contains(r.screen(), "UnauthorizedException") {
		t.Error("the technical message is shown without being asked for")
	}
	r.press("d").until("UnauthorizedException")
	e.Fails("sign in", nil)
	r.press("r").until("Frankfurt")
}

func TestPricesUnknown(t *testing.T) {
	e := stepstest.New()
	e.Has.Prices = steps.Prices{}
	e.Fails("prices", stepstest.SessionEnded{})
	toRegions(newRig(t, e)).press("enter").until("price unknown").press("enter").until("New ed25519 key").press("enter").
		until("Installer").press("enter").until("price unknown")
}

func TestDiskIsChecked(t *testing.T) {
	r := toMachine(newRig(t, stepstest.New())).press("tab", "backspace", "7", "enter").until("8 to 16384 GB")
	r.press("backspace", "30", "enter").until("New ed25519 key")
	if r.m.guide.Answers.DiskGB != 30 {
		t.Errorf("disk %d GB", r.m.guide.Answers.DiskGB)
	}
}

func TestAnOpenKeyFileIsProtected(t *testing.T) {
	e := stepstest.New()
	e.Has.Key = steps.KeyOption{Answer: steps.KeyAnswer{Source: steps.KeyFile}, Title: "~/Downloads/lab.pem", Detail: "rsa"}
	r := toKey(newRig(t, e)).press("j", "j", "j", "enter").until("Run chmod 400").press("enter")
	r.until("Installer")
	if len(e.Protected()) != 1 || r.m.guide.Answers.Key.Path != "/home/ada/Downloads/lab.pem" {
		t.Errorf("protected %v, chosen %+v", e.Protected(), r.m.guide.Answers.Key)
	}
}

func TestKeyProblemsAreTold(t *testing.T) {
	e := stepstest.New()
	r := toKey(newRig(t, e)).press("j", "j", "j", "j", "enter").until("puttygen old.ppk")
	e.Fails("inspect", errors.New("no such file"))
	r.press("G", "enter").press("/nowhere", "enter").until("no such file")
	r.press("esc").until("type its path")
}

func TestTLSOffIsWarned(t *testing.T) {
	r := toMode(newRig(t, stepstest.New())).press("j", "tab", "tab", "tab", "space").until("anyone on the network path").until("with a token, and")
	if shown := r.screen(); strings.Contains(shown, "certificate") {
		t.Errorf("a certificate is promised:\n%s", shown)
	}
	r.press("enter").until("an hour")
	if a := r.m.guide.Answers; !a.NoTLS || a.Mode != steps.ModeHTTP {
		t.Errorf("answers %+v", a)
	}
}

func TestNameIsChecked(t *testing.T) {
	r := toMode(newRig(t, stepstest.New())).press("shift+tab", "X", "enter").until("cannot be used")
	r.press("backspace", "-2", "enter").until("an hour")
	if r.m.guide.Answers.Name != "jupyter-2" {
		t.Errorf("name %q", r.m.guide.Answers.Name)
	}
}

func TestThePlanIsSaved(t *testing.T) {
	r := toReview(newRig(t, stepstest.New())).press("s").until("Saved the plan as")
	r.press("s").until("jupyter-2.json")
	info, err := os.Stat(filepath.Join(r.m.SaveDir, "jupyter-ec2-jupyter.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestAProblemStopsTheLaunch(t *testing.T) {
	e := stepstest.New()
	e.Has.Review.Problems = []problem.Problem{{Title: "No default VPC", Text: "None.", Next: problem.Say("Create one.")}}
	r := toReview(newRig(t, e)).press("L").until("prevents the launch")
	if r.m.page != steps.StepReview {
		t.Errorf("page %s", r.m.page)
	}
}

func TestWorkFailsAndGoesOn(t *testing.T) {
	e := stepstest.New()
	e.Fails("work", stepstest.SessionEnded{})
	r := toReview(newRig(t, e)).press("L").until("r retry")
	e.Fails("work", nil)
	r.press("r").until("Proof")
	if got := strings.Join(e.Worked(), " "); got != "s-1 s-1" {
		t.Errorf("worked on %q", got)
	}
}

func TestStoppingTheWorkGoesBackToTheReview(t *testing.T) {
	e := stepstest.New()
	r := toReview(newRig(t, e))
	e.Change(func() { e.Delay = 1 << 40 })
	r.press("L").until("Launch").press("esc").until("Stop the work?").press("up", "enter").until("Costs")
	if r.m.page != steps.StepReview || r.m.Tasks.Runs(taskWork) {
		t.Errorf("page %s, work runs %v", r.m.page, r.m.Tasks.Runs(taskWork))
	}
}

func TestTheLastEventsComeBeforeTheEnd(t *testing.T) {
	r := toOpen(newRig(t, stepstest.New()))
	if got := r.m.work.logs.Buf[0].String(); !strings.Contains(got, "http://localhost:8889/") || !strings.Contains(got, "retry: Port 22") {
		t.Errorf("what was done:\n%s", got)
	}
	if got := r.m.work.logs.Buf[1].String(); !strings.Contains(got, "anyio==4.11.0") {
		t.Errorf("what the host said:\n%s", got)
	}
}

func TestQuitting(t *testing.T) {
	t.Run("at once when nothing costs", func(t *testing.T) {
		r := toMode(newRig(t, stepstest.New())).press("q")
		if !r.m.quitting || r.m.outcome.LeftRunning {
			t.Errorf("quitting %v, outcome %+v", r.m.quitting, r.m.outcome)
		}
	})
	t.Run("asks when a machine runs", func(t *testing.T) {
		r := toOpen(newRig(t, stepstest.New())).press("q").until("Leave it running").press("esc")
		if r.m.quitting || r.m.dialog() != nil {
			t.Error("Esc did not keep working")
		}
		r.press("q", "enter")
		if !r.m.quitting || !r.m.outcome.LeftRunning || r.m.outcome.Opened == nil {
			t.Errorf("outcome %+v", r.m.outcome)
		}
	})
	t.Run("asks when the work failed and the person went back", func(t *testing.T) {
		e := stepstest.New()
		e.Fails("work", stepstest.SessionEnded{})
		r := toReview(newRig(t, e)).press("L").until("r retry").press("esc").until("is there already")
		r.press("esc", "q").until("Leave it running").press("enter")
		if !r.m.quitting || !r.m.outcome.LeftRunning {
			t.Errorf("quitting %v, outcome %+v", r.m.quitting, r.m.outcome)
		}
	})
	t.Run("second Ctrl-C at once", func(t *testing.T) {
		r := toOpen(newRig(t, stepstest.New())).press("ctrl+c").until("Leave?").press("ctrl+c")
		if !r.m.quitting {
			t.Error("still there")
		}
	})
	t.Run("removes when asked, by the name", func(t *testing.T) {
		e := stepstest.New()
		r := toOpen(newRig(t, e)).press("q", "down", "down", "enter").until("Type the setup's name")
		r.press("jup", "enter").until("That is not the name").press("yter", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		if len(e.Removed()) != 1 || !r.m.outcome.Removed || r.m.outcome.LeftRunning {
			t.Errorf("removed %v, outcome %+v", e.Removed(), r.m.outcome)
		}
	})
}

func TestRemovingStopsTheWorkFirst(t *testing.T) {
	e := stepstest.New()
	r := toReview(newRig(t, e))
	e.Change(func() { e.Delay = 1 << 40 })
	r.press("L")
	r.untilTrue("the setup is known", func() bool { return r.m.work.setup.ID != "" })
	r.press("q").until("Leave?")
	r.press("down", "down", "enter", "jupyter", "enter")
	r.untilTrue("the removal began", func() bool { return len(e.Removed()) == 1 })
	select {
	case <-r.m.work.last.Gone:
	default:
		t.Error("the removal began while the work still held the setup")
	}
}

func TestResume(t *testing.T) {
	e := stepstest.New()
	e.Has.Setups = fakeSetups()
	newRig(t, e).until("gpu-lab").press("j", "enter").until("Proof")
	if len(e.Worked()) != 1 || e.Worked()[0] != "s-2" {
		t.Errorf("worked on %v", e.Worked())
	}
	r2 := newRig(t, e).until("gpu-lab").press("n").until("Which profile?")
	if r2.m.guide.Answers.Name != "jupyter-2" {
		t.Errorf("a new setup has the name %q of an old one", r2.m.guide.Answers.Name)
	}
}

func TestTheBrowser(t *testing.T) {
	var opened string
	r := newRig(t, stepstest.New(), func(o *Options) { o.Open = func(url string) error { opened = url; return nil } })
	toOpen(r).press("o").until("Opened in the browser")
	if !strings.Contains(opened, "?token=") {
		t.Errorf("opened %q", opened)
	}
	r = newRig(t, stepstest.New(), func(o *Options) { o.Open = func(string) error { return errors.New("there is no browser here") } })
	toOpen(r).press("o").until("No browser opened: there is no browser here. c copies the URL.")
}

func TestQuestionsOfTheEngine(t *testing.T) {
	r := toProfiles(newRig(t, stepstest.New()))
	asker := r.m.o.Asker
	type result struct {
		text string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		code, err := asker.MFACode(t.Context(), "arn:aws:iam::123456789012:mfa/ada")
		got <- result{code, err}
	}()
	r.until("MFA code").press("12", "enter").until("6 digits").press("3456", "enter")
	if res := <-got; res.text != "123456" || res.err != nil {
		t.Errorf("MFA: %+v", res)
	}
	go func() { p, err := asker.Passphrase(t.Context(), "/k.pem", true); got <- result{string(p), err} }()
	r.until("not the passphrase").press("s3cret")
	if strings.Contains(r.screen(), "s3cret") {
		t.Error("the passphrase is on the screen")
	}
	r.take(tea.PasteMsg{Content: "!"})
	r.press("enter")
	if res := <-got; res.text != "s3cret!" {
		t.Errorf("passphrase: %+v", res)
	}
	go func() { _, err := asker.Passphrase(t.Context(), "/k.pem", false); got <- result{"", err} }()
	r.until("encrypted").press("esc")
	if res := <-got; !errors.Is(res.err, steps.ErrDeclined) {
		t.Errorf("Esc: %+v", res)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { _, err := asker.HostKey(ctx, stepstest.HostKeyQuestion()); got <- result{"", err} }()
	r.until("Is this the right machine?")
	cancel()
	r.until("Which profile?")
	r.untilTrue("the dialogue is withdrawn", func() bool { return r.m.dialog() == nil })
}

func TestLogsAreSavedAndFullScreen(t *testing.T) {
	r := toOpen(newRig(t, stepstest.New())).press("l", "tab", "ctrl+s").until("Saved the log as")
	text, err := os.ReadFile(filepath.Join(r.m.SaveDir, "jupyter-ec2-jupyter-machine.log"))
	if err != nil || !strings.Contains(string(text), "anyio") {
		t.Errorf("%q, %v", text, err)
	}
	r.press("z")
	r.untilTrue("full screen", func() bool { return r.m.fullScreen() != "" })
	r.press("esc", "esc").until("Proof")
}

func TestMFAStates(t *testing.T) {
	for state, want := range map[steps.MFAState]string{steps.MFAOn: "✓ on", steps.MFAOff: "! off", steps.MFAUnknown: "? unknown"} {
		e := stepstest.New()
		e.Has.Account.MFA = state
		toRegions(newRig(t, e)).until(want)
	}
}
