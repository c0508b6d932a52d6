package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// reached is an engine with a setup in ssh mode and one in http mode, both open.
func reached() (*stepstest.Engine, *stepstest.Tunnel) {
	small, big := lab("small", "aaaa", steps.ModeSSH), lab("big", "bbbb", steps.ModeHTTP)
	o, tun := openedOf(small)
	far, _ := openedOf(big)
	return made(stepstest.Has{Setups: []steps.Setup{small, big}, OpenedOf: map[string]*steps.Opened{"aaaa": o, "bbbb": far}}), tun
}

// until cancels the context when the program has said a text on stderr.
func (r *run) until(t *testing.T, text string) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	r.err.text, r.err.seen = text, cancel
	return ctx
}

func TestOpenHoldsTheTunnel(t *testing.T) {
	e, tun := reached()
	r := run{engine: e}
	ctx := r.until(t, "Ctrl-C closes it")
	if code := r.do(ctx, "open", "small", "--browser"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if tun.Closed() == 0 || r.browsed != "http://localhost:8888/?token=aaaa" {
		t.Errorf("closed %v, browsed %q", tun.Closed(), r.browsed)
	}
	has(t, "stdout", r.out.String(), "http://localhost:8888/?token=aaaa\n")
	has(t, "stderr", r.err.String(), "keeps running", "jupyter-ec2 stop small", "jupyter-ec2 open small")
}

// --ui leads the URL to another page from now on.
func TestOpenAtAnotherPage(t *testing.T) {
	e, _ := reached()
	r := run{engine: e}
	if code := r.do(t.Context(), "open", "small", "--no-tunnel", "--ui", "tree"); code != 0 || asked(e) != "ui aaaa tree; reopen aaaa" {
		t.Errorf("exit code %d, asked %q: %s", code, asked(e), r.err.String())
	}
	for _, args := range [][]string{{"open", "small", "--ui", "desktop"}, {"notebook", "small", "--ui", "desktop"}, {"up", "--yes", "--ui", "desktop"}} {
		r := run{engine: e}
		if code := r.do(t.Context(), args...); code != exitUsage || !strings.Contains(r.err.String(), "not one of lab, tree") {
			t.Errorf("%v: exit code %d: %s", args, code, r.err.String())
		}
	}
	r = run{engine: e}
	if code := r.do(t.Context(), "__complete", "open", "small", "--ui", ""); code != 0 || !strings.Contains(r.out.String(), "lab\ntree\n") {
		t.Errorf("completion: %d: %s", code, r.out.String())
	}
}

func TestOpenJSON(t *testing.T) {
	e, _ := reached()
	r := run{engine: e}
	ctx := r.until(t, "Ctrl-C closes it")
	if code := r.do(ctx, "open", "small", "--json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 2 || all[0]["kind"] != "ready" || all[0]["name"] != "small" || all[1]["kind"] != "done" {
		t.Errorf("lines %v", all)
	}
}

func TestOpenWithoutTunnel(t *testing.T) {
	e, tun := reached()
	for _, args := range [][]string{{"open", "big", "--browser"}, {"open", "small", "--no-tunnel"}} {
		r := run{engine: e}
		if code := r.do(t.Context(), args...); code != 0 {
			t.Errorf("%v: exit code %d: %s", args, code, r.err.String())
		}
		has(t, "stdout", r.out.String(), "?token=")
		needs := strings.Contains(r.err.String(), "The URL needs the tunnel: jupyter-ec2 open small\n")
		if needs != (args[1] == "small") {
			t.Errorf("%v says: %s", args, r.err.String())
		}
		r = run{engine: e}
		if code := r.do(t.Context(), append(args, "--json")...); code != 0 || strings.Contains(r.err.String(), "needs the tunnel") {
			t.Errorf("%v --json: exit code %d: %s", args, code, r.err.String())
		}
	}
	e, _ = reached()
	e.Has.OpenedOf["aaaa"].Beside = 8888
	r := run{engine: e}
	if code := r.do(t.Context(), "open", "small", "--no-tunnel"); code != 0 {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
	has(t, "beside a tunnel", r.err.String(), "The URL leads through the tunnel that is open already.", "!needs")
	if tun.Closed() == 0 {
		t.Error("the tunnel was left open")
	}
}

func TestOpenNotRunning(t *testing.T) {
	for state, next := range map[string]string{
		"stopped": "Start it with jupyter-ec2 start small.", "gone": "jupyter-ec2 up --name small", "terminated": "jupyter-ec2 rm small",
	} {
		e, _ := reached()
		become(e, steps.State(state))
		r := run{engine: e}
		if code := r.do(t.Context(), "open", "small"); code != exitUnreachable {
			t.Errorf("%s: exit code %d", state, code)
		}
		has(t, state, r.err.String(), next)
		if asked(e) != "" {
			t.Errorf("%s: asked %s", state, asked(e))
		}
	}
	e, _ := reached()
	e.Has.Setups[0].Resources.InstanceID, e.Has.Setups[0].State = "", ""
	r := run{engine: e}
	if code := r.do(t.Context(), "open", "small"); code != exitUnreachable {
		t.Errorf("exit code %d", code)
	}
	has(t, "never launched", r.err.String(), "never launched", "jupyter-ec2 up --name small")
}

func TestTunnels(t *testing.T) {
	e, one := reached()
	o, two := openedOf(lab("other", "cccc", steps.ModeSSH))
	e.Has.Setups, e.Has.OpenedOf["cccc"] = append(e.Has.Setups, o.Setup), o
	r := run{engine: e}
	ctx := r.until(t, "2 tunnels are open")
	if code := r.do(ctx, "tunnel", "small", "other", "small"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if r.out.String() != "small  http://localhost:8888/?token=aaaa\nother  http://localhost:8888/?token=cccc\n" {
		t.Errorf("printed\n%s", r.out.String())
	}
	if one.Closed() == 0 || two.Closed() == 0 {
		t.Error("a tunnel was left open")
	}
}

// The last line tells apart tunnels that led into the sandbox.
func TestTunnelsOfTheSandbox(t *testing.T) {
	e, _ := reached()
	for i := range e.Has.Setups {
		e.Has.Setups[i].Sandbox = true
	}
	r := run{engine: made(stepstest.Has{}), sandbox: e}
	ctx := r.until(t, "Ctrl-C closes")
	if code := r.do(ctx, "tunnel", "small", "--sandbox", "--json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if l := last(t, r.out.String()); l["kind"] != "done" || l["sandbox"] != true {
		t.Errorf("last line %v", l)
	}
}

// When a tunnel is closed, the machine's own command stops it.
func TestAClosedTunnelSaysHowToStopItsMachine(t *testing.T) {
	for _, c := range []struct {
		first, second bool // in the sandbox
		said          string
	}{
		{true, true, "machines keep running. Stop one: jupyter-ec2 stop NAME --sandbox"},
		{true, false, "machines keep running and cost money. Stop one: jupyter-ec2 stop NAME"},
	} {
		all := []*taken{{setup: lab("small", "aaaa", steps.ModeSSH)}, {setup: lab("other", "cccc", steps.ModeSSH)}}
		all[0].setup.Sandbox, all[1].setup.Sandbox = c.first, c.second
		if got, want := closedTunnels(all), "The tunnels are closed; the "+c.said; got != want {
			t.Errorf("said is %q, not %q", got, want)
		}
	}
	e, _ := reached()
	e.Has.Setups[0].Sandbox = true
	r := run{engine: made(stepstest.Has{}), sandbox: e}
	ctx := r.until(t, "The tunnel is open")
	if code := r.do(ctx, "tunnel", "small", "--sandbox"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	has(t, "one", r.err.String(), "The tunnel is closed; the machine keeps running. Stop it: jupyter-ec2 stop small --sandbox")
}

func TestTunnelFails(t *testing.T) {
	e, one := reached()
	e.Has.Setups = append(e.Has.Setups, lab("other", "cccc", steps.ModeSSH))
	e.Fail = map[string]error{"reopen cccc": broken(problem.Unreachable)}
	r := run{engine: e}
	if code := r.do(t.Context(), "tunnel", "small", "other", "--json"); code != exitUnreachable || one.Closed() == 0 {
		t.Errorf("exit code %d, the first closed: %v", code, one.Closed())
	}
	if l := last(t, r.out.String()); l["kind"] != "failed" || l["next"] != "Mend it." {
		t.Errorf("last line %v", l)
	}
	r = run{engine: e}
	if code := r.do(t.Context(), "tunnel", "big"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "http mode", r.err.String(), "needs no tunnel", "jupyter-ec2 open big")
}

// What becomes of a tunnel is told while it is held.
func TestHoldTellsTheState(t *testing.T) {
	o := &steps.Opened{Setup: lab("small", "aaaa", steps.ModeSSH), Tunnel: &breaking{}}
	r := run{engine: made(stepstest.Has{Setups: []steps.Setup{o.Setup}, OpenedOf: map[string]*steps.Opened{"aaaa": o}})}
	ctx := r.until(t, "Tunnel of small: lost")
	if code := r.do(ctx, "open", "small", "--json"); code != 0 {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
	if l := lines(t, r.out.String())[1]; l["kind"] != "tunnel" || l["state"] != "lost" {
		t.Errorf("line %v", l)
	}
}

// breaking is a tunnel that is up once and then lost.
type breaking struct {
	stepstest.Tunnel
	asked int
}

func (b *breaking) State() string {
	b.asked++
	if b.asked == 1 {
		return "up"
	}
	return "lost"
}

func TestNotebook(t *testing.T) {
	gate := lab("gate", "gggg", steps.ModeGateway)
	for name, c := range map[string]struct {
		ends bool
		want int
	}{"Ctrl-C": {false, 0}, "ends": {true, exitServer}} {
		n := stepstest.NewNotebook()
		r := run{engine: made(stepstest.Has{Setups: []steps.Setup{gate, lab("small", "aaaa", steps.ModeSSH)}, Notebook: n})}
		ctx := t.Context()
		if c.ends {
			n.End()
		} else {
			ctx = r.until(t, "Ctrl-C ends it")
		}
		if code := r.do(ctx, "notebook", "gate", "--browser"); code != c.want || !n.Closed() || r.browsed != n.URL() {
			t.Errorf("%s: exit code %d, closed %v, browsed %q: %s", name, code, n.Closed(), r.browsed, r.err.String())
		}
		has(t, name, r.out.String(), n.URL()+"\n")
	}
	r := run{engine: made(stepstest.Has{Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}})}
	if code := r.do(t.Context(), "notebook", "small"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "no gateway", r.err.String(), "jupyter-ec2 mode small gateway")
}

func TestLogs(t *testing.T) {
	e, _ := reached()
	e.Shared.Lines = map[steps.LogKind][]string{
		steps.LogServer: {"one", "two", "three"}, steps.LogInstall: {"install", "one", "two", "three"},
	}
	for _, c := range []struct{ args, want string }{
		{"logs small -n 2", "two\nthree\n"},
		{"logs small --install", "install\none\ntwo\nthree\n"},
		{"logs small -f", "one\ntwo\nthree\n"}, // its end is the install's
	} {
		r := run{engine: e}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != 0 || r.out.String() != c.want {
			t.Errorf("%s: exit code %d: %s%s", c.args, code, r.out.String(), r.err.String())
		}
	}
	r := run{engine: e}
	ctx, cancel := context.WithCancel(t.Context())
	e.Shared.Followed, e.Shared.Ended = cancel, false
	if code := r.do(ctx, "logs", "small", "-f", "--json"); code != 0 {
		t.Errorf("Ctrl-C: exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 4 || all[2]["text"] != "three" || all[2]["log"] != "server" || all[3]["kind"] != "done" {
		t.Errorf("lines %v", all)
	}
	e.Shared.Err = broken(problem.Server)
	r = run{engine: e}
	if code := r.do(t.Context(), "logs", "small"); code != exitServer {
		t.Errorf("exit code %d", code)
	}
}
