package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// Who changes the stop rule is told what it is now, and not the whole guide.
func TestIdleTellsTheRuleAlone(t *testing.T) {
	for _, c := range []struct {
		args  string
		guide bool
	}{{"idle small 2h", false}, {"idle small 2h --json", true}, {"mode small http", true}} {
		e := made(stepstest.Has{Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}}, opens(&stepstest.Tunnel{Port: 8888}))
		r := run{engine: e}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != 0 {
			t.Fatalf("%s: exit code %d: %s", c.args, code, r.err.String())
		}
		if out := r.out.String(); strings.Contains(out, "100 %") != c.guide || !strings.Contains(out, "http://localhost:8888/?token=t") {
			t.Errorf("%s prints\n%s", c.args, out)
		}
	}
}

// labs are a notebook, a gateway and one that is stopped.
func labs() *stepstest.Engine {
	off := lab("off", "ffff", steps.ModeSSH)
	off.State = "stopped"
	return linked(made(stepstest.Has{Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH), lab("gate", "gggg", steps.ModeGateway), off}}, opens(&stepstest.Tunnel{Port: 8888})), steps.Health{At: noon, Watching: true})
}

// Each command asks of the engine what it should, and tells its end.
func TestChanges(t *testing.T) {
	for _, c := range []struct {
		args, asked string
		said        []string
	}{
		{"stop small", "stop aaaa", []string{"small is stopped. Start it again: jupyter-ec2 start small"}},
		{"start off", "work ffff", []string{"\nhttp://localhost:8888/?token=t\n"}},
		{"reboot small", "reboot aaaa", []string{"Reboot\n", "  done: reboot done", "small restarts"}},
		{"resize off t3.large", "resize ffff t3.large", []string{"off is a t3.large now. Start it: jupyter-ec2 start off"}},
		{"resize small t3.large --stop --start", "stop aaaa; resize aaaa t3.large; work aaaa", []string{"?token=t\n"}},
		{"mode small http", "mode aaaa http false; work aaaa", []string{"small is in http mode now.", "?token=t\n"}},
		{"mode small gateway --no-tls", "mode aaaa gateway true; work aaaa", nil},
		{"mode off http", "mode ffff http false", []string{"jupyter-ec2 start off"}},
		{"gateway small gate", "gateway aaaa gggg; work aaaa", []string{"small uses the kernels of gate now."}},
		{"gateway small none", "gateway aaaa; work aaaa", []string{"its own kernels"}},
		{"idle small 2h", "limits aaaa 2h/; work aaaa", []string{"after 2 hours idle, or 12 hours after start."}},
		{"idle off never --lifetime never", "limits ffff never/never", []string{"off never stops automatically"}},
		{"idle small --ignore htop --work 20", `rule aaaa 20["htop"]; work aaaa`, []string{"60 minutes", "Programs count from 20 percent of a core. Ignored: htop."}},
		{"idle small --lifetime 24h", "limits aaaa /24h; work aaaa", []string{"60 minutes", "24 hours"}},
		{"extend small", "connect aaaa; extend aaaa 1h0m0s", []string{"small keeps running: it stops in 1 h 00 min at the earliest."}},
		{"extend small 90", "connect aaaa; extend aaaa 1h30m0s", []string{"in 1 h 30 min"}},
	} {
		r := run{engine: labs()}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != 0 {
			t.Errorf("%s: exit code %d: %s", c.args, code, r.err.String())
		}
		if got := asked(r.engine); got != c.asked {
			t.Errorf("%s: asked %q, want %q", c.args, got, c.asked)
		}
		has(t, c.args, r.out.String(), c.said...)

		r = run{engine: labs()}
		if code := r.do(t.Context(), append(strings.Fields(c.args), "--json")...); code != 0 || last(t, r.out.String())["kind"] != "done" {
			t.Errorf("%s: exit code %d: %s%s", c.args, code, r.out.String(), r.err.String())
		}
	}
}

// What a rule leaves out adds up, and counts again when asked.
func TestIgnoredPrograms(t *testing.T) {
	e := labs()
	for _, c := range []struct{ args, asked, said string }{
		{"idle small --ignore htop --ignore python*", `rule aaaa 0["htop" "python*"]; work aaaa`, "Ignored: htop, python*."},
		{"idle small --ignore htop --work 150", `rule aaaa 150["htop" "python*"]; work aaaa`, "from 150 percent"},
		{"idle small --count htop 2h", `rule aaaa 150["python*"]; limits aaaa 2h/; work aaaa`, "after 2 hours idle"},
	} {
		r := run{engine: e}
		e.Forget()
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != 0 || asked(e) != c.asked {
			t.Errorf("%s: exit code %d, asked %q, want %q: %s", c.args, code, asked(e), c.asked, r.err.String())
		}
		has(t, c.args, r.out.String(), c.said)
	}
}

func TestExtendBy(t *testing.T) {
	e := labs()
	r := run{engine: e}
	if code := r.do(t.Context(), "extend", "small", "2h30m"); code != 0 || asked(e) != "connect aaaa; extend aaaa 2h30m0s" {
		t.Errorf("exit code %d, asked %s", code, asked(e))
	}
}

// What the engine says is wrong is the exit code, and the last line of JSON.
func TestChangesFail(t *testing.T) {
	for args, method := range map[string]string{
		"stop small": "stop", "reboot small": "reboot", "resize off t3.large": "resize", "mode small http": "mode",
		"gateway small gate": "gateway", "idle small 2h": "limits", "extend small": "connect", "ssh small -- ls": "connect",
		"rm small --yes": "remove", "notebook gate": "notebook", "doctor small": "doctor", "sweep --yes": "sweep",
	} {
		e := labs()
		e.Fail = map[string]error{method: broken(problem.Refused)}
		r := run{engine: e}
		words := strings.Fields(args)
		if code := r.do(t.Context(), append([]string{words[0], "--json"}, words[1:]...)...); code != exitRefused {
			t.Errorf("%s: exit code %d: %s", args, code, r.err.String())
			continue
		}
		if l := last(t, r.out.String()); l["kind"] != "failed" || l["title"] != "It broke" || l["next"] != "Mend it." {
			t.Errorf("%s: last line %v", args, l)
		}
	}
}

func TestStopSeveral(t *testing.T) {
	e := labs()
	e.Fail = map[string]error{"stop aaaa": broken(problem.Refused)}
	r := run{engine: e}
	if code := r.do(t.Context(), "stop", "small", "gate", "gate"); code != exitRefused {
		t.Errorf("exit code %d", code)
	}
	if all := slices.Sorted(slices.Values(e.Asked())); !slices.Equal(all, []string{"stop aaaa", "stop gggg"}) {
		t.Errorf("asked %q", all)
	}
	has(t, "stdout", r.out.String(), "gate: stop done", "gate is stopped")
	has(t, "stderr", r.err.String(), "small was not stopped: It broke.")
	// A name that is wrong stops nothing.
	r = run{engine: labs()}
	if code := r.do(t.Context(), "stop", "small", "smal"); code != exitUsage || asked(r.engine) != "" {
		t.Errorf("exit code %d, asked %s", code, asked(r.engine))
	}
}

func TestResizeAsks(t *testing.T) {
	for in, want := range map[string]int{"y\n": 0, "n\n": exitInterrupted} {
		r := run{engine: labs(), terminal: true, in: in}
		if code := r.do(t.Context(), "resize", "small", "t3.large"); code != want || strings.Contains(asked(r.engine), "resize") != (want == 0) {
			t.Errorf("%q: exit code %d, asked %s", in, code, asked(r.engine))
		}
		has(t, in, r.err.String(), "running kernels and what is in their memory are lost")
	}
	r := run{engine: labs()}
	if code := r.do(t.Context(), "resize", "small", "t3.large"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "no terminal", r.err.String(), "add --stop")
}

func TestWrongChanges(t *testing.T) {
	for args, said := range map[string]string{
		"mode small ftp":           "not one of ssh, http, gateway",
		"mode small ssh --no-tls":  "--no-tls is for http and gateway",
		"mode small":               "Name a setup and a mode",
		"gateway small off":        "The machine off is in ssh mode, and no gateway.",
		"gateway gate none":        "The machine gate is a gateway itself",
		"idle small":               "Say after how much idle time",
		"idle small 1m":            "too short",
		"idle small --count x":     "is not ignored",
		"idle small --work -1":     "cannot be used",
		"idle small soon":          "is not a duration",
		"extend small never":       "jupyter-ec2 idle small never",
		"extend small soon":        "is not a duration",
		"start nothing":            "no setup \"nothing\"",
		"stop":                     "Name one setup or more",
		"logs small -n -1":         "use 0 or more",
		"open small other":         "Name one setup",
		"up --yes --idle-stop 1m":  "too short",
		"doctor small --profile x": "A setup has its own profile",
		"sweep all --yes":          "does not accept \"all\"",
		"rm small":                 "no terminal to ask on",
	} {
		r := run{engine: labs()}
		if code := r.do(t.Context(), strings.Fields(args)...); code != exitUsage || asked(r.engine) != "" {
			t.Errorf("%s: exit code %d, asked %q", args, code, asked(r.engine))
		}
		has(t, args, r.err.String(), said)
	}
}

// What is said to type names the sandbox where the command did, and the machine
// where there is one.
func TestHintsStayInTheSandbox(t *testing.T) {
	for args, said := range map[string]string{
		"status nope":             "See jupyter-ec2 ls --sandbox for the list.",
		"status":                  "jupyter-ec2 ls --sandbox lists them",
		"adopt small":             "See jupyter-ec2 ls --sandbox; jupyter-ec2 status small --sandbox",
		"adopt nope":              "See jupyter-ec2 ls --sandbox for the list",
		"stop twin":               "Give the ID: jupyter-ec2 stop t1 --sandbox.",
		"extend small never":      "jupyter-ec2 idle small never --lifetime never --sandbox",
		"gateway small twin-free": "jupyter-ec2 mode twin-free gateway --sandbox",
		"gateway gate none":       "jupyter-ec2 mode gate ssh --sandbox",
	} {
		boxed := labs()
		boxed.Has.Setups = append(boxed.Has.Setups, lab("twin", "t1", steps.ModeSSH), lab("twin", "t2", steps.ModeSSH), lab("twin-free", "t3", steps.ModeSSH))
		machines := make([]steps.Machine, len(boxed.Has.Setups))
		for i := range boxed.Has.Setups {
			boxed.Has.Setups[i].Sandbox = true
			machines[i].Setup = boxed.Has.Setups[i]
		}
		boxed.Has.Survey = []steps.Surveyed{{At: steps.Place{Region: "us-east-1"}, Machines: machines, Done: 1, Of: 1}}
		r := run{engine: made(stepstest.Has{}), sandbox: boxed, awake: true}
		if code := r.do(t.Context(), append(strings.Fields(args), "--sandbox")...); code != exitUsage {
			t.Errorf("%s: exit code %d", args, code)
		}
		has(t, args, strings.ReplaceAll(r.err.String(), "\n", " "), said)
	}
}

func TestAmbiguity(t *testing.T) {
	e := labs()
	e.Has.Setups = append(e.Has.Setups, lab("small", "bbbb", steps.ModeSSH))
	r := run{engine: e}
	if code := r.do(t.Context(), "stop", "small"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "two", r.err.String(), `"small" is the name of 2 setups`, "bbbb (t3.micro in eu-north-1)", "jupyter-ec2 stop aaaa")
	r = run{engine: e}
	if code := r.do(t.Context(), "stop", "bbbb"); code != 0 || asked(e) != "stop bbbb" {
		t.Errorf("exit code %d, asked %s", code, asked(e))
	}
	boxed := lab("small", "cccc", steps.ModeSSH)
	boxed.Sandbox = true
	r = run{engine: labs(), sandbox: made(stepstest.Has{Setups: []steps.Setup{boxed}})}
	if code := r.do(t.Context(), "stop", "small"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "worlds", r.err.String(), "both on AWS and in the sandbox", "--sandbox=false")
	r = run{engine: labs(), sandbox: made(stepstest.Has{Setups: []steps.Setup{boxed}})}
	if code := r.do(t.Context(), "stop", "small", "--sandbox"); code != 0 || asked(r.sandbox) != "stop cccc" {
		t.Errorf("exit code %d, asked %s", code, asked(r.sandbox))
	}
	has(t, "sandbox", r.out.String(), "jupyter-ec2 start small --sandbox")
}

func TestUpLimits(t *testing.T) {
	r := run{engine: made(stepstest.Has{}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--idle-stop", "2h", "--lifetime", "never"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if a := begun(r.engine); a.IdleStop != steps.Limit(2*time.Hour) || a.Lifetime != steps.Never {
		t.Errorf("answers %+v", a)
	}
	has(t, "review", r.out.String(), "Auto-stop\n  after 2 hours idle\n")
	r = run{engine: made(stepstest.Has{}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	has(t, "review", r.out.String(), "after 60 minutes idle, ", "or 12 hours after start\n")
}

func TestRmJSON(t *testing.T) {
	r := run{engine: labs()}
	if code := r.do(t.Context(), "rm", "small", "--yes", "--json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 5 || all[3]["text"] != "all gone" || all[4]["kind"] != "done" || all[4]["name"] != "small" {
		t.Errorf("lines %v", all)
	}
}

// A machine that was terminated elsewhere is not launched again without a
// review, and nobody is billed for what they did not ask for.
func TestAMachineThatIsGoneIsNotStarted(t *testing.T) {
	for _, args := range []string{"start small", "mode small http", "idle small 2h"} {
		e := labs()
		become(e, "gone")
		r := run{engine: e}
		if code := r.do(t.Context(), strings.Fields(args)...); code == 0 || strings.Contains(asked(e), "work") {
			t.Errorf("%s: exit code %d, asked %q", args, code, asked(e))
		}
		has(t, args, r.err.String(), "jupyter-ec2 up --name small", "jupyter-ec2 rm small")
	}
}
