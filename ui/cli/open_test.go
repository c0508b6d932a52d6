package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// reached is an engine with a setup in ssh mode and one in http mode, both open.
func reached() (*fakeEngine, *tunnel) {
	small, big := lab("small", "aaaa", steps.ModeSSH), lab("big", "bbbb", steps.ModeHTTP)
	o, tun := openedOf(small)
	far, _ := openedOf(big)
	return &fakeEngine{setups: []steps.Setup{small, big}, fleet: fleet{opened: map[string]*steps.Opened{"aaaa": o, "bbbb": far}}}, tun
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
	if !tun.closed || r.browsed != "http://localhost:8888/?token=aaaa" {
		t.Errorf("closed %v, browsed %q", tun.closed, r.browsed)
	}
	has(t, "stdout", r.out.String(), "http://localhost:8888/?token=aaaa\n")
	has(t, "stderr", r.err.String(), "keeps running", "jupyter-ec2 stop small", "jupyter-ec2 open small")
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
	}
	if !tun.closed {
		t.Error("the tunnel was left open")
	}
}

func TestOpenNotRunning(t *testing.T) {
	for state, next := range map[string]string{
		"stopped": "Start it with jupyter-ec2 start small.", "gone": "jupyter-ec2 up --name small", "terminated": "jupyter-ec2 rm small",
	} {
		e, _ := reached()
		e.gone = state
		r := run{engine: e}
		if code := r.do(t.Context(), "open", "small"); code != exitUnreachable {
			t.Errorf("%s: exit code %d", state, code)
		}
		has(t, state, r.err.String(), next)
		if e.asked() != "" {
			t.Errorf("%s: asked %s", state, e.asked())
		}
	}
	e, _ := reached()
	e.setups[0].Resources.InstanceID, e.setups[0].State = "", ""
	r := run{engine: e}
	if code := r.do(t.Context(), "open", "small"); code != exitUnreachable {
		t.Errorf("exit code %d", code)
	}
	has(t, "never launched", r.err.String(), "never launched", "jupyter-ec2 up --name small")
}

func TestTunnels(t *testing.T) {
	e, one := reached()
	o, two := openedOf(lab("other", "cccc", steps.ModeSSH))
	e.setups, e.opened["cccc"] = append(e.setups, o.Setup), o
	r := run{engine: e}
	ctx := r.until(t, "2 tunnels are open")
	if code := r.do(ctx, "tunnel", "small", "other", "small"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if r.out.String() != "small  http://localhost:8888/?token=aaaa\nother  http://localhost:8888/?token=cccc\n" {
		t.Errorf("printed\n%s", r.out.String())
	}
	if !one.closed || !two.closed {
		t.Error("a tunnel was left open")
	}
}

func TestTunnelFails(t *testing.T) {
	e, one := reached()
	e.setups = append(e.setups, lab("other", "cccc", steps.ModeSSH))
	e.errs = map[string]error{"reopen cccc": broken(problem.Unreachable)}
	r := run{engine: e}
	if code := r.do(t.Context(), "tunnel", "small", "other", "--json"); code != exitUnreachable || !one.closed {
		t.Errorf("exit code %d, the first closed: %v", code, one.closed)
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
	r := run{engine: &fakeEngine{setups: []steps.Setup{o.Setup}, fleet: fleet{opened: map[string]*steps.Opened{"aaaa": o}}}}
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
	tunnel
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
		n := &localNotebook{done: make(chan struct{})}
		r := run{engine: &fakeEngine{setups: []steps.Setup{gate, lab("small", "aaaa", steps.ModeSSH)}, fleet: fleet{local: n}}}
		ctx := t.Context()
		if c.ends {
			close(n.done)
		} else {
			ctx = r.until(t, "Ctrl-C ends it")
		}
		if code := r.do(ctx, "notebook", "gate", "--browser"); code != c.want || !n.closed || r.browsed != n.URL() {
			t.Errorf("%s: exit code %d, closed %v, browsed %q: %s", name, code, n.closed, r.browsed, r.err.String())
		}
		has(t, name, r.out.String(), "http://localhost:8899/?token=n\n")
	}
	r := run{engine: &fakeEngine{setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}}}
	if code := r.do(t.Context(), "notebook", "small"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "no gateway", r.err.String(), "jupyter-ec2 mode small gateway")
}

func TestLogs(t *testing.T) {
	e, _ := reached()
	e.link.lines = []string{"one", "two", "three"}
	for _, c := range []struct{ args, want string }{
		{"logs small -n 2", "server\ntwo\nthree\n"},
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
	e.link.following = cancel
	if code := r.do(ctx, "logs", "small", "-f", "--json"); code != 0 {
		t.Errorf("Ctrl-C: exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 4 || all[2]["text"] != "three" || all[2]["log"] != "server" || all[3]["kind"] != "done" {
		t.Errorf("lines %v", all)
	}
	e.link.err = broken(problem.Server)
	r = run{engine: e}
	if code := r.do(t.Context(), "logs", "small"); code != exitServer {
		t.Errorf("exit code %d", code)
	}
}
