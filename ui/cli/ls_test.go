package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

var noon = time.Unix(43200, 0).UTC()

// two is a ledger with one machine that runs and one whose region does not
// answer, and a third machine from elsewhere, whose price comes later.
func two() *stepstest.Engine {
	small, big := lab("small", "aaaa", steps.ModeSSH), lab("big", "bbbb", steps.ModeHTTP)
	big.Answers.Region, big.Created = "us-east-1", time.Unix(1, 0)
	far := steps.Machine{Elsewhere: true, Account: "123456789012", Setup: lab("fa\x1b[31mr", "cccc", "")}
	unpriced := far
	unpriced.Cost = steps.Cost{}
	at := func(region string) steps.Place { return steps.Place{Profile: "other", Region: region} }
	return linked(made(stepstest.Has{Setups: []steps.Setup{small, big}, Survey: []steps.Surveyed{
		{At: at("eu-north-1"), Machines: []steps.Machine{unpriced, {Setup: small, Account: "123456789012"}}, Done: 1, Of: 2},
		{At: at("eu-north-1"), Machines: []steps.Machine{far, {Setup: small, Account: "123456789012"}}, Done: 1, Of: 2},
		{At: at("us-east-1"), Err: broken(problem.Refused), Done: 2, Of: 2},
	}}), steps.Health{At: noon, Watching: true, Idle: noon.Add(-53 * time.Minute), StopAt: noon.Add(7 * time.Minute), StopWhy: "idle"})
}

func TestLs(t *testing.T) {
	r := run{engine: two()}
	if code := r.do(t.Context(), "ls"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	want := `NAME   STATE               MODE  TYPE      REGION      IDLE    STOPS     COST/H   SO FAR  URL
small  running             ssh   t3.micro  eu-north-1  53 min  in 7 min  $0.0170  <$0.01  http://localhost:8888/lab
big    running?            http  t3.micro  us-east-1   -       -         $0.0170  <$0.01  -
far    running, elsewhere  -     t3.micro  eu-north-1  -       -         $0.0170  <$0.01  -
`
	if got := r.out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	has(t, "stderr", r.err.String(), "small stops in 7 min: jupyter-ec2 extend small\n", "Together they cost $0.0510 an hour; $1.68 if left until tomorrow; <$0.01 so far.\n",
		"us-east-1 (other) did not answer: It broke. Really.\n  Mend it.\n", "big could not be checked: It broke.")
	// Nothing but the ledger's accounts: no profile is one that AWS tools would take.
	if got := asked(r.engine); got != "survey; connect aaaa" {
		t.Errorf("asked: %s", got)
	}
	if r.engine.Shared.Closed() != 1 {
		t.Errorf("%d links were closed, want the one", r.engine.Shared.Closed())
	}
}

// What is not listened on is not shown, in any of the ways a machine is shown.
func TestWithoutATunnelNoURLIsShown(t *testing.T) {
	for _, c := range []struct {
		port       int
		ls, status string
		json       map[string]any
	}{
		{0, "no tunnel\n", "URL       no tunnel is open; open one: jupyter-ec2 open small\n", map[string]any{"url": nil, "tunnel": false, "local_port": 8888.0}},
		{8890, "http://localhost:8890/lab\n", "URL       http://localhost:8890/lab\n", map[string]any{"url": "http://localhost:8890/lab", "tunnel": true, "local_port": 8888.0}},
	} {
		ask := func(args ...string) string {
			e := two()
			e.Has.Setups[0].TunnelPort = c.port
			for _, s := range e.Has.Survey {
				for i := range s.Machines {
					s.Machines[i].TunnelPort = c.port
				}
			}
			r := run{engine: e}
			if code := r.do(t.Context(), args...); code != 0 {
				t.Fatalf("%v: exit code %d: %s", args, code, r.err.String())
			}
			return r.out.String()
		}
		has(t, "ls", ask("ls"), c.ls)
		has(t, "status", ask("status", "small"), c.status)
		for _, command := range []string{"ls --json", "status small --json"} {
			all := lines(t, ask(strings.Fields(command)...))
			got := all[slices.IndexFunc(all, func(l map[string]any) bool { return l["name"] == "small" })]
			for key, want := range c.json {
				if got[key] != want {
					t.Errorf("%s with a tunnel at %d: %s is %v, want %v", command, c.port, key, got[key], want)
				}
			}
		}
	}
}

func TestLsJSON(t *testing.T) {
	r := run{engine: two()}
	if code := r.do(t.Context(), "ls", "--json"); code != 0 || r.err.String() != "" {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 5 || all[0]["kind"] != "unseen" || all[0]["region"] != "us-east-1" || all[0]["next"] != "Mend it." || all[4]["kind"] != "done" {
		t.Fatalf("lines %v", all)
	}
	small, far := all[1], all[3]
	if small["kind"] != "machine" || small["account"] != "123456789012" || small["url"] != "http://localhost:8888/lab" || small["cost_now"] != 0.017 {
		t.Errorf("small: %v", small)
	}
	if h := small["health"].(map[string]any); h["stop_at"] != "1970-01-01T12:07:00Z" || h["stop_why"] != "idle" {
		t.Errorf("health: %v", h)
	}
	if far["elsewhere"] != true || far["name"] != "far" || far["health"] != nil {
		t.Errorf("far: %v", far)
	}
}

func TestLsFilters(t *testing.T) {
	r := run{engine: two()}
	if code := r.do(t.Context(), "ls", "--region", "eu-north-1", "--profile", "work", "--no-hosts"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), "small", "far", "!big", "!53 min")
	has(t, "stderr", r.err.String(), "!did not answer", "!extend")
	has(t, "asked", asked(r.engine), "survey work")
}

// With --cached nobody is asked: the machines are as last seen.
func TestLsCached(t *testing.T) {
	for _, args := range [][]string{{"ls", "--cached"}, {"ls", "--cached", "--json"}} {
		r := run{engine: two()}
		if code := r.do(t.Context(), args...); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, r.err.String())
		}
		has(t, "stdout", r.out.String(), "small", "big", "running?", "!elsewhere\":true", "!running, elsewhere")
		has(t, "stderr", r.err.String(), "!could not be checked", "!did not answer")
		if got := asked(r.engine); got != "" {
			t.Errorf("%v asked: %s", args, got)
		}
	}
}

// A machine that does not answer keeps nobody waiting for more than 4 seconds.
func TestLsWaitsForNoMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run{engine: two()}
		r.engine.Shared.Hang = true
		began := time.Now()
		if code := r.do(t.Context(), "ls"); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if took := time.Since(began); took != healthPatience {
			t.Errorf("it took %s", took)
		}
		has(t, "stdout", r.out.String(), "small  running")
	})
}

// When nothing can be asked, the ledger is listed all the same: it is a bill.
// A region comes again once the price of its machines from elsewhere is known:
// each machine is listed once, with that.
func TestLsOfARegionThatComesTwice(t *testing.T) {
	e := two()
	priced := e.Has.Survey[0]
	priced.Machines = slices.Clone(priced.Machines)
	priced.Machines[0].Cost = steps.Cost{Known: true, Hour: 0.25}
	e.Has.Again = []steps.Surveyed{priced}
	r := run{engine: e}
	if code := r.do(t.Context(), "ls", "--json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	out := r.out.String()
	for _, id := range []string{"aaaa", "bbbb", "cccc"} {
		if n := strings.Count(out, `"id":"`+id+`"`); n != 1 {
			t.Errorf("%s is listed %d times:\n%s", id, n, out)
		}
	}
	has(t, "price", out, `"cost_hour":0.25`)
	r = run{engine: e}
	if code := r.do(t.Context(), "adopt", "cccc"); code != 0 {
		t.Errorf("adopt: exit code %d: %s", code, r.err.String())
	}
}

// Regions that fail alike are told of once, by their names; in JSON each has a
// line of its own.
func TestLsOfRegionsThatFailAlike(t *testing.T) {
	lookup := func(region string) error {
		return &problemError{[]problem.Problem{{
			Kind: problem.Unreachable, Title: "The name cannot be looked up",
			Text: "lookup ec2." + region + ".amazonaws.com: no such host.", Next: problem.Say("Check the region's name."),
		}}}
	}
	e := two()
	for _, region := range []string{"us-west-2", "ap-south-1", "ca-central-1"} {
		e.Has.Survey = append(e.Has.Survey, steps.Surveyed{At: steps.Place{Profile: "other", Region: region}, Err: lookup(region)})
	}
	e.Has.Survey = append(e.Has.Survey, steps.Surveyed{At: steps.Place{Profile: "third", Region: "us-west-2"}, Err: lookup("us-west-2")})
	r := run{engine: e}
	if code := r.do(t.Context(), "ls"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	has(t, "stderr", r.err.String(), "us-east-1 (other) did not answer: It broke.",
		"ap-south-1, ca-central-1 and us-west-2 (other) did not answer: The name cannot be looked up. lookup ec2.ap-south-1.amazonaws.com: no such host.\n",
		"us-west-2 (third) did not answer: The name cannot be looked up.")
	if n := strings.Count(r.err.String(), "cannot be looked up"); n != 2 {
		t.Errorf("said %d times:\n%s", n, r.err.String())
	}
	r = run{engine: e}
	if code := r.do(t.Context(), "ls", "--json"); code != 0 || strings.Count(r.out.String(), `"kind":"unseen"`) != 5 {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
}

func TestLsSurveyFails(t *testing.T) {
	r := run{engine: two()}
	r.engine.Has.Survey, r.engine.Fail = nil, map[string]error{"survey": broken(problem.Credentials)}
	if code := r.do(t.Context(), "ls"); code != exitRefused {
		t.Errorf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), "small  running?", "big    running?")
	has(t, "stderr", r.err.String(), "It broke", "Mend it.")
	r = run{engine: r.engine}
	if code := r.do(t.Context(), "ls", "--json"); code != exitRefused || last(t, r.out.String())["kind"] != "failed" {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
}

// Profiles that cannot be read do not hide the ledger.
func TestLsWithoutProfiles(t *testing.T) {
	r := run{engine: two()}
	r.engine.Fail = map[string]error{"profiles": broken(problem.Credentials)}
	if code := r.do(t.Context(), "ls"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), "small  running")
	has(t, "stderr", r.err.String(), "AWS did not answer: It broke. Really.\n  Mend it.\n")
}

// The sandbox is asked when it has setups or runs, and never started to look.
func TestLsSandbox(t *testing.T) {
	boxed := lab("box", "dddd", steps.ModeSSH)
	boxed.Sandbox = true
	box := made(stepstest.Has{})
	r := run{engine: made(stepstest.Has{}), sandbox: box}
	if code := r.do(t.Context(), "ls", "--sandbox"); code != 0 || asked(box) != "" {
		t.Errorf("exit code %d, asked %s", code, asked(box))
	}
	has(t, "stderr", r.err.String(), "No setups yet. Make one with: jupyter-ec2 up --sandbox")
	r = run{engine: made(stepstest.Has{}), sandbox: box}
	if code := r.do(t.Context(), "ls", "--sandbox", "--json"); code != 0 || last(t, r.out.String())["sandbox"] != true {
		t.Errorf("exit code %d, last line of %s", code, r.out.String())
	}
	box.Has.Survey = []steps.Surveyed{{Machines: []steps.Machine{{Setup: boxed, Elsewhere: true}}}}
	r = run{engine: made(stepstest.Has{}), sandbox: box, awake: true}
	if code := r.do(t.Context(), "ls"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), "box   running, elsewhere", "sandbox", "nothing")
}

func TestStops(t *testing.T) {
	for _, c := range []struct {
		h           *steps.Health
		idle, stops string
	}{
		{nil, "-", "-"},
		{&steps.Health{Idle: noon, StopAt: noon}, "-", "-"}, // the watcher is dead: what it said is old
		{&steps.Health{At: noon, Watching: true}, "busy", "never"},
		{&steps.Health{At: noon, Watching: true, StopAt: noon.Add(11 * time.Hour)}, "busy", "in 11 h 00 min"},
		{&steps.Health{At: noon, Watching: true, Idle: noon.Add(-time.Hour), StopAt: noon.Add(-time.Minute)}, "1 h 00 min", "in <1 min"},
		{&steps.Health{At: noon, Watching: true, StopAt: noon.Add(time.Hour), Unarmed: "it would terminate"}, "busy", "not armed"},
	} {
		m := machine{health: c.h}
		if m.idle() != c.idle || m.stops() != c.stops {
			t.Errorf("%+v: idle %s, stops %s; want %s, %s", c.h, m.idle(), m.stops(), c.idle, c.stops)
		}
	}
}

func TestStatus(t *testing.T) {
	e := two()
	e.Shared.Is = steps.Health{
		At: noon, Watching: true, Cores: 2, CPU: 0.25, MemoryMB: 2048, MemoryUsedMB: 700, SwapMB: 1024, DiskMB: 8192, DiskFreeMB: 4096,
		GPUs: []steps.GPU{{Name: "T4", Use: -1, MemoryMB: 15360, MemoryUsedMB: 512}}, ServerUp: true,
		Kernels: []steps.KernelInfo{{Name: "python3", State: "busy", Path: "a\x1b[2Jb.ipynb"}}, Busy: "a cell runs; python train.py, 198 % of a core",
		Work: []steps.Program{{PID: 77, Command: "python\x1b[2J train.py", CPU: 1.975}, {PID: 78, Command: "sh", CPU: 0.005}}, WorkLeast: 0.2, Ignore: []string{"htop", "a\x1b[2Jb"},
		StopAt: noon.Add(9 * time.Hour), StopWhy: "lifetime", Held: noon.Add(time.Hour),
	}
	r := run{engine: e}
	if code := r.do(t.Context(), "status", "small"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	want := `Name      small (aaaa)
State     running
Machine   i-aaaa t3.micro in eu-north-1
Address   ec2.example.org
Mode      ssh
URL       http://localhost:8888/lab
Server    answers
Kernels   python3  busy  ab.ipynb
CPU       25 % of 2
Memory    0.7 of 2.0 GiB
Swap      0.0 of 1.0 GiB
Disk      4.0 of 8.0 GiB free
GPU       T4 ? %, memory 0.5 of 15.0 GiB
Idle      no: a cell runs; python train.py, 198 % of a core
Work      python train.py, 198 % of a core (process 77)
          sh, 0 % of a core (process 78)
Ignored   htop, ab
Counts    programs that use 20 % of a core or more
Stops     in 9 h 00 min (lifetime), postponed for 1 h 00 min
Costs     $0.0170 an hour now
So far    <$0.01
Tomorrow  $0.56 more if it is left as it is until 9 o'clock
`
	if got := r.out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	r = run{engine: e}
	if code := r.do(t.Context(), "status", "aaaa", "--json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 2 || all[0]["name"] != "small" || all[0]["health"].(map[string]any)["cpu"] != 0.25 || all[1]["kind"] != "done" {
		t.Errorf("lines %v", all)
	}
	h := all[0]["health"].(map[string]any)
	if work := h["work"].([]any)[0].(map[string]any); work["pid"] != 77.0 || work["cpu"] != 1.975 || h["work_least"] != 0.2 || len(h["ignored"].([]any)) != 2 {
		t.Errorf("health %v", h)
	}
}

// Status says of a setup what the list and the screen say: the mode it is asked
// to change to, and whose kernels it uses.
func TestStatusOfAChange(t *testing.T) {
	for gateway, said := range map[string]string{"bbbb": "kernels run on big", "gone": "kernels run on another machine"} {
		e := two()
		s := &e.Has.Setups[0]
		s.Answers.Gateway = gateway
		next := s.Answers
		next.Mode = steps.ModeHTTP
		s.Next = &next
		r := run{engine: e}
		if code := r.do(t.Context(), "status", "small"); code != 0 {
			t.Fatalf("exit code %d: %s", code, r.err.String())
		}
		has(t, gateway, r.out.String(), "Mode      ssh→http\n", "Gateway   "+said+"\n")
	}
	r := run{engine: two()}
	if r.do(t.Context(), "status", "small"); strings.Contains(r.out.String(), "Gateway") {
		t.Errorf("a gateway that it does not use:\n%s", r.out.String())
	}
}

// A machine that does not answer is still shown, with where to look.
func TestStatusUnwell(t *testing.T) {
	e := two()
	e.Fail = map[string]error{"connect": errors.New("no route")}
	r := run{engine: e}
	if code := r.do(t.Context(), "status", "small"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), "Address   ec2", "!Server")
	has(t, "stderr", r.err.String(), "did not report its status", "jupyter-ec2 doctor small")
	become(e, "stopped")
	r = run{engine: e}
	if code := r.do(t.Context(), "status", "small"); code != 0 || r.err.String() != "" {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
	has(t, "stdout", r.out.String(), "stopped", "$0.0020 an hour now", "!URL")
}

// A machine has a region in the sandbox too, and every command names it.
func TestPlaceNamesTheRegion(t *testing.T) {
	s := lab("small", "aaaa", steps.ModeSSH)
	if got := place(s); got != "eu-north-1" {
		t.Errorf("on AWS: %s", got)
	}
	s.Sandbox = true
	if got := place(s); got != "eu-north-1 (sandbox)" {
		t.Errorf("in the sandbox: %s", got)
	}
}
