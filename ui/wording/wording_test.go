package wording

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration][4]string{ // Took, Span, SpanCell, About
		-time.Second:                              {"0 s", "less than 1 min", "<1 min", "1 s"},
		28*time.Second + 600*time.Millisecond:     {"29 s", "less than 1 min", "<1 min", "29 s"},
		3*time.Minute + 5*time.Second:             {"3 min 05 s", "3 min", "3 min", "3 min"},
		6*time.Minute + 40*time.Second:            {"6 min 40 s", "6 min", "6 min", "7 min"},
		time.Hour + 5*time.Minute + 9*time.Second: {"1 h 05 min", "1 h 05 min", "1 h 05 min", "1 h 05 min"},
		8 * time.Hour:                             {"8 h 00 min", "8 h 00 min", "8 h 00 min", "8 h 00 min"},
		72 * time.Hour:                            {"72 h 00 min", "3 days", "3 days", "3 days"},
	} {
		if got := [4]string{Took(d), Span(d), SpanCell(d), About(d)}; got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestSums(t *testing.T) {
	for v, want := range map[float64][2]string{ // Rate, Sum
		0: {"$0.00", "$0.00"}, 0.002: {"$0.0020", "<$0.01"}, 0.0194: {"$0.0194", "$0.02"}, 3.06: {"$3.06", "$3.06"},
	} {
		if got := [2]string{Rate(v), Sum(v)}; got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func TestMoney(t *testing.T) {
	known := steps.Money{Known: true, Hour: 0.02, SoFar: 1.2, Tomorrow: 0.4}
	least := known
	least.AtLeast = true
	for _, c := range []struct {
		money   steps.Money
		state   steps.State
		sandbox bool
		want    string
	}{
		{known, steps.StateRunning, false, "$1.20 so far, $0.0200 an hour; $0.40 more if left until tomorrow"},
		{least, steps.StateRunning, false, "at least $1.20 so far, $0.0200 an hour; $0.40 more if left until tomorrow"},
		{known, steps.StateRunning, true, "nothing: this is the sandbox"},
		{known, steps.StateStopped, false, "$1.20 so far, $0.0200 an hour for its disk"},
		{known, steps.StateGone, false, "nothing now; $1.20 so far"},
		{steps.Money{}, steps.StateTerminated, false, "nothing now"},
		{steps.Money{}, steps.StateNone, false, "nothing yet"},
		{steps.Money{}, steps.StateRunning, false, "unknown: no price is available, but it costs money"},
	} {
		if got := Money(c.money, c.state, c.sandbox); got != c.want {
			t.Errorf("%s: %q, want %q", c.state, got, c.want)
		}
	}
	if got := [4]string{RateCell(known), SoFarCell(least), RateCell(steps.Money{}), RateCell(steps.Money{Known: true})}; got != [4]string{"$0.0200", "≥$1.20", "unknown", "-"} {
		t.Errorf("in columns: %q", got)
	}
}

func TestCost(t *testing.T) {
	c := steps.Cost{Known: true, Hour: 0.02, Month: 14.6, StoppedMonth: 0.76}
	noDisk := c
	noDisk.DiskUnknown = true
	for _, s := range [][2]string{
		{Cost(c, 0, false), "$0.0200 an hour, about $14.60 a month; while stopped $0.76 a month for the disk"},
		{Cost(noDisk, 0, false), "$0.0200 an hour, about $14.60 a month, and the disk, whose price is unknown"},
		{Cost(c, 0, true), "nothing: this is the sandbox, and nothing is on AWS"},
		{Cost(steps.Cost{}, 0, false), "an unknown price"},
		{AnHour(c, false), "costs $0.0200 an hour"},
		{AnHour(steps.Cost{}, false), "costs money (the price is unknown)"},
		{AnHour(c, true), "costs nothing: this is the sandbox"},
	} {
		if s[0] != s[1] {
			t.Errorf("%q, want %q", s[0], s[1])
		}
	}
}

func TestIdle(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		h          steps.Health
		want, cell string
	}{
		{steps.Health{Idle: noon.Add(-time.Hour)}, "unknown", ""},
		{steps.Health{Watching: true}, "no: active", "busy"},
		{steps.Health{Watching: true, Busy: "a cell runs"}, "no: a cell runs", "busy"},
		{steps.Health{Watching: true, Idle: noon.Add(-7 * time.Minute)}, "for 7 min", "7 min"},
		{steps.Health{Watching: true, Idle: noon.Add(time.Minute)}, "for less than 1 min", "<1 min"},
	} {
		if got, cell := Idle(c.h, noon), IdleCell(c.h, noon); got != c.want || cell != c.cell {
			t.Errorf("%q and %q, want %q and %q", got, cell, c.want, c.cell)
		}
	}
}

func TestStopsIn(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	soon := noon.Add(7 * time.Minute)
	for _, c := range []struct {
		h          steps.Health
		want, cell string
	}{
		{steps.Health{StopAt: soon}, "unknown", ""},
		{steps.Health{Watching: true}, "never", "never"},
		{steps.Health{Watching: true, StopAt: soon, StopWhy: "idle"}, "in 7 min (idle)", "in 7 min"},
		{steps.Health{Watching: true, StopAt: soon, StopWhy: "lifetime"}, "in 7 min (lifetime)", "in 7 min"},
		{steps.Health{Watching: true, StopAt: noon.Add(-time.Second)}, "in less than 1 min (idle)", "in <1 min"},
		{steps.Health{Watching: true, StopAt: soon, Unarmed: "it may be terminated"}, "not automatically: it may be terminated", "not armed"},
	} {
		if got, cell := StopsIn(c.h, noon), StopsInCell(c.h, noon); got != c.want || cell != c.cell {
			t.Errorf("%q and %q, want %q and %q", got, cell, c.want, c.cell)
		}
	}
}

func TestURLCell(t *testing.T) {
	m := steps.Machine{Setup: steps.Setup{State: steps.StateRunning, Answers: steps.Answers{Mode: steps.ModeSSH}, Done: map[steps.StepID]time.Time{steps.StepOpen: time.Unix(1, 0)}}}
	if got := URLCell(m.URL(), m); got != "no tunnel" {
		t.Errorf("%q", got)
	}
	m.TunnelPort = 8899
	if got := URLCell(m.URL(), m); got != "http://localhost:8899/lab" {
		t.Errorf("%q", got)
	}
	if got := URLCell("", steps.Machine{}); got != "" {
		t.Errorf("%q", got)
	}
}

func TestCounts(t *testing.T) {
	for _, s := range [][2]string{
		{Counted(1, "file"), "1 file"},
		{Counted(0, "file"), "0 files"},
		{Counted(12345, "line"), "12,345 lines"},
		{Counted(2, "match"), "2 matches"},
		{Percent(0.996), "100 %"},
		{PercentDone(0.996), "99 %"},
		{Percent(-1), "? %"},
		{Memory(512), "0.5 GiB"},
		{Memory(16384), "16 GiB"},
	} {
		if s[0] != s[1] {
			t.Errorf("%q, want %q", s[0], s[1])
		}
	}
}

func TestState(t *testing.T) {
	for want, c := range map[string]steps.Setup{
		"running":             {State: steps.StateRunning, Done: map[steps.StepID]time.Time{steps.StepOpen: time.Unix(1, 0)}},
		"image begun":         {State: steps.StateRunning, Saving: &steps.Saving{}},
		"unfinished":          {State: steps.StateRunning},
		"running?":            {State: steps.StateRunning, Unseen: "It broke"},
		"stopped, bad record": {State: steps.StateStopped, Bad: &problem.Problem{}},
		"half removed":        {State: steps.StateRunning, Resources: steps.Resources{Removing: true}},
		"terminated":          {State: steps.StateTerminated},
		"bad record":          {Bad: &problem.Problem{}},
		"not launched":        {},
		"unknown":             {Resources: steps.Resources{InstanceID: "i-1"}},
		"not seen":            {Resources: steps.Resources{InstanceID: "i-1"}, Unseen: "It broke"},
	} {
		if got := State(c.Standing(), c.State); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A list says more than what scripts read only where the guide has not come to
// its end, and of another computer's machine.
func TestStateNext(t *testing.T) {
	made := steps.Resources{InstanceID: "i-1"}
	for want, m := range map[string]steps.Machine{
		"not launched":       {},
		"next: Connect":      {Setup: steps.Setup{State: steps.StateRunning, Resources: made, Done: map[steps.StepID]time.Time{steps.StepLaunch: time.Unix(1, 0)}}},
		"stopped":            {Setup: steps.Setup{State: steps.StateStopped, Resources: made}},
		"half removed":       {Setup: steps.Setup{State: steps.StateRunning, Resources: steps.Resources{Removing: true}}},
		"running?":           {Setup: steps.Setup{State: steps.StateRunning, Resources: made, Unseen: "It broke"}},
		"running, elsewhere": {Elsewhere: true, Setup: steps.Setup{State: steps.StateRunning, Resources: made}},
		"gone":               {Elsewhere: true, Setup: steps.Setup{State: steps.StateGone, Resources: made}},
	} {
		if got := StateNext(m); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTogether(t *testing.T) {
	known, none := steps.Money{Known: true, Hour: 0.02, Tomorrow: 0.4}, steps.Money{Known: true}
	for _, s := range [][2]string{
		{Together(known), "$0.0200 an hour; $0.40 if left until tomorrow"},
		{TogetherLine(known, false), Together(known)},
		{TogetherLine(known, true), "nothing costs money here"},
		{TogetherLine(none, false), "nothing costs now"},
		{TogetherLine(steps.Money{}, false), "what they cost is unknown"},
		{TomorrowLine(known), "$0.40 more if it is left as it is until 9 o'clock"},
	} {
		if s[0] != s[1] {
			t.Errorf("%q, want %q", s[0], s[1])
		}
	}
}

// A price says from when it is once that is not today.
func TestPriceAge(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		age        time.Duration
		want, line string
	}{
		{0, "", ""},
		{23 * time.Hour, "", ""},
		{25 * time.Hour, "from a day ago", "The prices are from a day ago."},
		{80 * time.Hour, "from 3 days ago", "The prices are from 3 days ago."},
	} {
		if got := PriceAge(c.age); got != c.want {
			t.Errorf("%s: %q", c.age, got)
		}
		if got := PricesAged(steps.Prices{Fetched: now.Add(-c.age)}, now); got != c.line {
			t.Errorf("%s: %q", c.age, got)
		}
		cost := steps.Cost{Known: true, Hour: 0.02, At: now.Add(-c.age)}
		want := ""
		if c.want != "" {
			want = "; price " + c.want
		}
		s := steps.Setup{Cost: cost, State: steps.StateRunning, LaunchedAt: now}
		for _, said := range []string{Cost(cost, cost.Age(now), false), Money(s.Money(now), s.State, false), TogetherLine(steps.Together(now, s), false)} {
			if !strings.HasSuffix(said, want) || want == "" && strings.Contains(said, "price") {
				t.Errorf("%s: %q", c.age, said)
			}
		}
	}
	if said := PricesAged(steps.Prices{}, now); said != "" {
		t.Errorf("of prices that nobody asked for it is said: %q", said)
	}
}

func TestPrices(t *testing.T) {
	for _, c := range []struct {
		hour  float64
		asked bool
		want  [3]string
	}{
		{0.0116, true, [3]string{"0.0116", "8.47", "$8.47 a month"}},
		{0.0116, false, [3]string{"0.0116", "8.47", "$8.47 a month"}},
		{0, false, [3]string{"…", "…", ""}},
		{0, true, [3]string{"unknown", "unknown", "price unknown"}},
	} {
		hour, month := PriceCells(c.hour, c.asked)
		if got := [3]string{hour, month, PriceAMonth(c.hour, c.asked)}; got != c.want {
			t.Errorf("%v, asked %v: %q, want %q", c.hour, c.asked, got, c.want)
		}
	}
}
