package ui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

var update = flag.Bool("update", false, "write the golden files again")

// rig drives a model as the program would: it runs commands and hands their
// messages back, until a state is reached.
type rig struct {
	t    *testing.T
	m    *model
	e    *stepstest.Engine
	msgs chan tea.Msg
}

func newRig(t *testing.T, e *stepstest.Engine, change ...func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, e: e, msgs: make(chan tea.Msg)}
	asker := NewAsker()
	e.Ask = asker
	o := Options{Engine: e, Asker: asker, Env: []string{"NO_COLOR=1"}, SaveDir: t.TempDir(), Now: stepstest.Now}
	for _, c := range change {
		c(&o)
	}
	send := func(msg tea.Msg) {
		select {
		case r.msgs <- msg:
		case <-t.Context().Done():
		}
	}
	r.m = newModel(t.Context(), o, send)
	asker.bind(send)
	r.m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	r.run(r.m.Init())
	return r
}

func (r *rig) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		if msg := cmd(); msg != nil {
			r.m.Send(msg)
		}
	}()
}

func (r *rig) take(msg tea.Msg) {
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, cmd := range batch {
			r.run(cmd)
		}
		return
	}
	_, cmd := r.m.Update(msg)
	r.run(cmd)
}

// until takes messages until the screen shows the text. A person who waits for
// it has let go of the keys.
func (r *rig) until(text string) *rig {
	r.t.Helper()
	r.m.entered = time.Time{}
	r.untilTrue(fmt.Sprintf("the screen shows %q", text), func() bool { return strings.Contains(r.screen(), text) })
	return r
}

func (r *rig) untilTrue(what string, is func() bool) {
	r.t.Helper()
	limit := time.After(await.Wait)
	for !is() {
		select {
		case msg := <-r.msgs:
			r.take(msg)
		case <-limit:
			r.t.Fatalf("not reached: %s; the screen:\n%s", what, r.screen())
		}
	}
}

// press sends keys by name; a longer text that is no key is typed.
func (r *rig) press(names ...string) *rig {
	for _, name := range names {
		if k, ok := namedKeys[name]; ok {
			r.take(tea.KeyPressMsg(k))
			continue
		}
		for _, c := range name {
			r.take(tea.KeyPressMsg{Code: c, Text: string(c)})
		}
	}
	return r
}

var namedKeys = map[string]tea.Key{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"space": {Code: tea.KeySpace, Text: " "}, "backspace": {Code: tea.KeyBackspace},
	"f5": {Code: tea.KeyF5}, "ctrl+r": {Code: 'r', Mod: tea.ModCtrl}, "ctrl+s": {Code: 's', Mod: tea.ModCtrl},
	"ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	"ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
}

// click clicks on a text of the screen, and wheel turns the wheel over it.
func (r *rig) click(text string) *rig { return r.mouse(text, tea.MouseLeft, 0) }

func (r *rig) wheel(text string, turns int) *rig { return r.mouse(text, tea.MouseWheelDown, turns) }

func (r *rig) mouse(text string, button tea.MouseButton, turns int) *rig {
	r.t.Helper()
	for y, line := range strings.Split(r.screen(), "\n") {
		before, _, found := strings.Cut(line, text)
		if !found {
			continue
		}
		at := tea.Mouse{X: cells.Width(before), Y: y, Button: button}
		if button == tea.MouseLeft {
			r.point(tea.MouseClickMsg(at))
		}
		if turns < 0 {
			at.Button, turns = tea.MouseWheelUp, -turns
		}
		for range turns {
			r.point(tea.MouseWheelMsg(at))
		}
		return r
	}
	r.t.Fatalf("%q is not on the screen:\n%s", text, r.screen())
	return r
}

// point hands the mouse on as the program does: to what was drawn last.
func (r *rig) point(msg tea.MouseMsg) {
	if cmd := r.m.View().OnMouse(msg); cmd != nil {
		r.take(cmd())
	}
	r.take(msg)
}

// screen is what the terminal shows, without styles and trailing spaces.
func (r *rig) screen() string {
	lines := strings.Split(ansi.Strip(r.m.View().Content), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (r *rig) size(w, h int) *rig {
	r.take(tea.WindowSizeMsg{Width: w, Height: h})
	return r
}

// golden compares the screen at the three sizes with the files of that name.
func (r *rig) golden(name string) {
	r.t.Helper()
	for _, size := range [][2]int{{80, 24}, {140, 40}, {200, 60}} {
		r.size(size[0], size[1])
		r.m.Frame = 0
		path := filepath.Join("testdata", fmt.Sprintf("%s-%dx%d.golden", name, size[0], size[1]))
		got := r.screen()
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		if got != string(want) {
			r.t.Errorf("%s differs (go test ./ui -update writes it again); got:\n%s\nwant:\n%s", path, got, want)
		}
	}
	r.size(80, 24)
}

// A stage brings a fresh rig to a page.
type stage struct {
	name  string
	reach func(t *testing.T) *rig
}

// stages are all pages, and the pages' states that look different.
func stages() []stage {
	at := func(e func(*stepstest.Engine), go1 func(r *rig) *rig) func(t *testing.T) *rig {
		return func(t *testing.T) *rig {
			engine := stepstest.New()
			if e != nil {
				e(engine)
			}
			return go1(newRig(t, engine))
		}
	}
	return []stage{
		{"profiles", at(nil, toProfiles)},
		{"no-profiles", at(func(e *stepstest.Engine) { e.Has.Profiles = nil }, func(r *rig) *rig { return r.until("No AWS credentials") })},
		{"signin-failed", at(func(e *stepstest.Engine) { e.Fails("sign in", stepstest.SessionEnded{}) }, func(r *rig) *rig {
			return toProfiles(r).press("enter").until("SSO session has ended").press("d")
		})},
		{"regions", at(nil, toRegions)},
		{"machine", at(func(e *stepstest.Engine) { e.Has.Sandbox = true }, toMachine)},
		{"machine-own", at(withImages, func(r *rig) *rig { return toMachine(r).until("graviton").press("shift+tab", "right", "right") })},
		{"key", at(nil, toKey)},
		{"mode", at(nil, toMode)},
		{"mode-http", at(nil, func(r *rig) *rig { return toMode(r).press("down", "tab", "tab", "tab", "space") })},
		{"review", at(nil, toReview)},
		{"review-problem", at(func(e *stepstest.Engine) {
			e.Has.Review.Problems = []problem.Problem{{Title: "No default VPC", Text: "The region has none.", Next: problem.Say("Create one, then press r.")}}
		}, toReview)},
		{"work-failed", at(func(e *stepstest.Engine) { e.Has.Script = e.Has.Script[:15]; e.Fails("work", stepstest.SessionEnded{}) }, func(r *rig) *rig {
			return toReview(r).press("L").until("r retry")
		})},
		{"hostkey", at(func(e *stepstest.Engine) { e.AskHostKey = true }, func(r *rig) *rig {
			toReview(r).press("L").until("Is this the right machine?")
			r.untilTrue("the step is shown", func() bool { return r.m.work.at == steps.StepConnect })
			return r
		})},
		{"open", at(nil, toOpen)},
		{"open-gateway", at(func(e *stepstest.Engine) { gatewayOpened(e.Has.Opened) }, toOpen)},
		{"open-logs", at(nil, func(r *rig) *rig { return toOpen(r).press("l") })},
		{"quit", at(nil, func(r *rig) *rig { return toOpen(r).press("q").until("Leave?") })},
		{"help", at(nil, func(r *rig) *rig { return toMachine(r).press("?") })},
		{"removed", at(func(e *stepstest.Engine) { e.Has.Setups = fakeSetups() }, func(r *rig) *rig {
			return r.until("gpu-lab").press("x").press("jupyter", "enter").until("Removed.")
		})},
		{"machines-none", at(nil, func(r *rig) *rig {
			return untilAtRest(toProfiles(r).press("esc").until("There are no machines"))
		})},
		{"machines-one", at(func(e *stepstest.Engine) {
			stepstest.SevenMachines(e)
			e.Has.Setups = e.Has.Setups[:1]
			e.Has.Survey = e.Has.Survey[:1]
			e.Has.Survey[0].Machines = e.Has.Survey[0].Machines[:1]
		}, toMachines)},
		{"machines-seven", at(stepstest.SevenMachines, toMachines)},
		{"machines-sandbox", at(func(e *stepstest.Engine) { stepstest.SevenMachines(e); e.Has.Sandbox = true }, toMachines)},
		{"machines-gpu", at(func(e *stepstest.Engine) {
			stepstest.SevenMachines(e)
			e.Link = func(string) *stepstest.Link {
				return &stepstest.Link{Is: stepstest.GPUHealth(), Lines: stepstest.Logs()}
			}
		}, func(r *rig) *rig { return untilAtRest(toMachines(r).press("2")) })},
		{"machines-gone", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("5") })},
		{"machines-elsewhere", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("6") })},
		{"machines-failed", at(func(e *stepstest.Engine) {
			stepstest.SevenMachines(e)
			e.Fail = map[string]error{"stop": stepstest.SessionEnded{}}
			e.Has.Survey[3].Err, e.Has.Survey[5].Err, e.Has.Survey[5].Machines = stepstest.SessionEnded{}, stepstest.SessionEnded{}, nil
		}, func(r *rig) *rig {
			toMachines(r).press("s").until("Stop jupyter?").press("enter").until("→ Run")
			r.take(noticeFaded{r.m.notice.id})
			return untilAtRest(r)
		})},
		{"machines-200", at(func(e *stepstest.Engine) { stepstest.ManyMachines(e, 200) }, func(r *rig) *rig {
			toMachines(r)
			for range 100 {
				r.press("down")
			}
			return untilAtRest(r)
		})},
		{"machines-log", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("l") })},
		{"machines-help", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("?") })},
		{"machines-mode", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("m") })},
		{"machines-limits", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("i") })},
		{"machines-upload", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("u") })},
		{"machines-type", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("3", "t").until("0.0960") })},
		{"machines-gateway", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("2", "g") })},
		{"machines-doctor", at(func(e *stepstest.Engine) { stepstest.SevenMachines(e); e.Has.Checks = stepstest.Checks() }, func(r *rig) *rig {
			return toMachines(r).press("D").until("1 problem found")
		})},
		{"machines-sweep", at(func(e *stepstest.Engine) { stepstest.SevenMachines(e); e.Has.Leftovers = stepstest.Leftovers() }, func(r *rig) *rig {
			toMachines(r).press("W").until("leftovers")
			r.untilTrue("all regions answered", func() bool { return !r.m.Tasks.Working() })
			return r.press("space", "space")
		})},
		{"machines-quit", at(stepstest.SevenMachines, func(r *rig) *rig { return toMachines(r).press("q") })},
	}
}

// toMachines waits for the whole list, and for the first machine's health.
func toMachines(r *rig) *rig { return untilAtRest(r.until("Your setups").until(" 1 ")) }

// untilAtRest waits until nothing is under way that the screen shows.
func untilAtRest(r *rig) *rig {
	r.t.Helper()
	r.untilTrue("the regions have answered", func() bool { return !r.m.Tasks.Working() })
	r.take(r.m.machines.SelectionStays()) // without waiting for the clock
	r.untilTrue("the list is at rest", r.m.machines.AtRest)
	// It comes in batches, by the clock: the first need not be all of it.
	r.untilTrue("the log is whole", func() bool { return r.m.machines.Logged() >= r.e.Told() })
	return r
}

func toProfiles(r *rig) *rig { return r.until("Which profile?") }
func toRegions(r *rig) *rig  { return toProfiles(r).press("enter").until("Frankfurt") }
func toMachine(r *rig) *rig  { return toRegions(r).press("enter").until("0.0134") }
func toKey(r *rig) *rig      { return toMachine(r).press("enter").until("New ed25519 key") }
func toMode(r *rig) *rig     { return toKey(r).press("enter").until("Installer") }
func toReview(r *rig) *rig   { return toMode(r).press("enter").until("an hour") }
func toOpen(r *rig) *rig {
	toReview(r).press("L").until("Proof")
	r.untilTrue("the tunnel was seen", func() bool { return !r.m.Tasks.Runs(taskTunnel) })
	return r
}

func gatewayOpened(o *steps.Opened) {
	o.Tunnel, o.PortNote, o.Setup.Answers.Mode = nil, "", steps.ModeGateway
	o.URL = "https://ec2-203-0-113-20.eu-central-1.compute.amazonaws.com:8888/api/kernelspecs?token=7c2d9a4e1b6f8035d2c7a9e4f1b0638d5a7c2e9f"
	o.Kernelspecs = []string{"python3: Python 3 (ipykernel) (python)"}
	o.GatewayLine = "JUPYTER_GATEWAY_AUTH_TOKEN=7c2d jupyter notebook --gateway-url=https://ec2-203-0-113-20.eu-central-1.compute.amazonaws.com:8888"
	o.Fingerprint = "5E:7A:11:C0:DE:42:9B:8F:33:21:AA:BB:CC:DD:EE:FF:5E:7A:11:C0:DE:42:9B:8F:33:21:AA:BB:CC:DD:EE:FF"
}

func fakeSetups() []steps.Setup {
	done := func(ids ...steps.StepID) map[steps.StepID]time.Time {
		m := map[steps.StepID]time.Time{}
		for _, id := range ids {
			m[id] = stepstest.Now()
		}
		return m
	}
	return []steps.Setup{
		{ID: "s-1", State: "running", Created: stepstest.Now(), Done: done(steps.Works()...), Answers: steps.Answers{Name: "jupyter", Mode: steps.ModeSSH, Type: "t2.micro", Release: "24.04", Region: "eu-central-1"}},
		{ID: "s-2", State: "pending", Created: stepstest.Now(), Done: done(steps.StepLaunch), Answers: steps.Answers{Name: "gpu-lab", Mode: steps.ModeGateway, Type: "g4dn.xlarge", Release: "22.04", Region: "us-west-2"}},
	}
}
