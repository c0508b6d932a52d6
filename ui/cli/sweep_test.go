package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// littered is an engine that finds the leftovers of two setups, one of which
// has a running instance.
func littered() *stepstest.Engine {
	at := steps.Place{Profile: "default", Region: "us-east-1"}
	thing := func(kind, id, setup string, cost float64) steps.Leftover {
		return steps.Leftover{At: at, Kind: kind, ID: id, SetupID: setup, Setup: "the-" + setup, MonthCost: cost, CostKnown: true, Created: time.Unix(1, 0)}
	}
	instance := thing("instance", "i-1", "used", 8.5)
	instance.Running, instance.Detail = true, "t2.micro"
	far := thing("volume", "vol-2", "old", 0.64)
	far.At.Region = "eu-west-1"
	unknown := thing("volume", "vol-3", "old", 0)
	unknown.CostKnown, unknown.Setup, unknown.At = false, "", far.At
	return made(stepstest.Has{Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}, Leftovers: []steps.Swept{
		{At: at, Leftovers: []steps.Leftover{instance, thing("security group", "sg-1", "used", 0)}},
		{At: far.At, Leftovers: []steps.Leftover{far, unknown}},
		{At: steps.Place{Profile: "default", Region: "sa-east-1"}, Err: broken(problem.Unreachable)},
	}})
}

func TestSweep(t *testing.T) {
	const used, old = "clear i-1,sg-1", "clear vol-2,vol-3"
	for _, c := range []struct {
		args, in string
		asked    string
	}{
		{"sweep --dry-run", "", ""},
		{"sweep --yes", "", old},
		{"sweep --yes --instances", "", used + "; " + old},
		{"sweep --yes --region eu-west-1", "", old},
		{"sweep", "n\ny\n", old},
		{"sweep", "y\nn\n", used},
	} {
		r := run{engine: littered(), in: c.in, terminal: c.in != ""}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != 0 {
			t.Errorf("%s: exit code %d: %s", c.args, code, r.err.String())
		}
		if got := strings.TrimPrefix(strings.TrimPrefix(asked(r.engine), "sweep"), "; "); got != c.asked {
			t.Errorf("%s %q: asked %q, want %q", c.args, c.in, got, c.asked)
		}
		if c.in != "" {
			has(t, "what is lost", r.err.String(), "cannot be undone", "instance i-1, which is RUNNING", "volume vol-2, with all files on it")
		}
	}
}

// Without a terminal nobody is asked, which only matters where there is
// something to remove: it is listed.
func TestSweepInAPipe(t *testing.T) {
	mine, at := []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}, steps.Place{Profile: "other", Region: "us-east-1"}
	r := run{engine: made(stepstest.Has{Setups: mine, Leftovers: []steps.Swept{{At: at}}})}
	if code := r.do(t.Context(), "sweep"); code != 0 || !strings.Contains(r.out.String(), "Nothing is left over.") {
		t.Errorf("of nothing: exit code %d: %s%s", code, r.out.String(), r.err.String())
	}
	kept := steps.Leftover{Kind: "image", ID: "ami-1", Kept: true}
	r = run{engine: made(stepstest.Has{Setups: mine, Leftovers: []steps.Swept{{At: at, Leftovers: []steps.Leftover{kept}}}})}
	if code := r.do(t.Context(), "sweep"); code != 0 || !strings.Contains(r.out.String(), "Kept: 1 image.") {
		t.Errorf("of an image: exit code %d: %s%s", code, r.out.String(), r.err.String())
	}
	r = run{engine: littered()}
	if code := r.do(t.Context(), "sweep"); code != exitUsage || strings.Contains(asked(r.engine), "clear") {
		t.Errorf("exit code %d, asked %s", code, asked(r.engine))
	}
	has(t, "what is there", r.out.String(), "vol-2")
	has(t, "what to do", r.err.String(), "no terminal to ask on", "--dry-run to list only")
}

func TestSweepLists(t *testing.T) {
	r := run{engine: littered()}
	if code := r.do(t.Context(), "sweep", "--yes"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), `SETUP     WHAT            ID     DETAIL    REGION     COST/MONTH
the-used  instance        i-1    t2.micro  us-east-1  $8.50
the-used  security group  sg-1   -         us-east-1  $0.00
the-old   volume          vol-2  -         eu-west-1  $0.64
the-old   volume          vol-3  -         eu-west-1  unknown
Together $9.14 a month, and what has an unknown price.
`, "Removed 2 of 4.")
	has(t, "stderr", r.err.String(), "sa-east-1 (default) did not answer: It broke.", "the-used is left: its instance is running")

	r = run{engine: littered()}
	if code := r.do(t.Context(), "sweep", "--yes", "--json"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	all := lines(t, r.out.String())
	end := all[len(all)-1]
	if all[0]["kind"] != "unseen" || all[1]["what"] != "instance" || all[1]["running"] != true || end["kind"] != "done" || end["removed"] != 2.0 || end["silent"] != 1.0 {
		t.Errorf("lines %v", all)
	}
	has(t, "the rest", r.out.String(), "!Nothing")
}

// Nothing is said to be left over, or there, only where somebody said so. Who
// did not answer, or was not asked, is named, and nobody's answer is a failure.
func TestNothingIsSaidOnlyOfWhoAnswered(t *testing.T) {
	const nothing = "!Nothing is left over."
	east, west := steps.Place{Profile: "other", Region: "us-east-1"}, steps.Place{Profile: "other", Region: "eu-west-1"}
	no, account := broken(problem.Unreachable), steps.Place{Profile: "other"}
	for _, c := range []struct {
		args     string
		profile  string
		swept    []steps.Swept
		code     int
		out, err []string
	}{
		{"sweep --yes", "other", []steps.Swept{{At: east}, {At: west}}, 0, []string{"Nothing is left over."}, []string{"!answer"}},
		{"sweep --yes", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, []string{"!Nothing"}, []string{"AWS (other) did not answer: It broke.", "Nobody answered"}},
		{"sweep --dry-run", "other", []steps.Swept{{At: east, Silent: true}, {At: west, Silent: true}, {At: account, Err: broken(problem.Credentials)}}, exitRefused, []string{"!Nothing"}, []string{"AWS (other) did not answer: It broke.", "Nobody answered"}},
		{"sweep --yes --images", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, []string{"!Nothing"}, []string{"Nobody answered"}},
		{"sweep --yes", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, 0, []string{"Nothing is left over where there was an answer.\n1 region did not answer: what is there is not known.\n", nothing}, []string{"eu-west-1 (other) did not answer: It broke."}},
		{"sweep --yes --region us-east-1", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, 0, []string{"Nothing is left over.\n"}, []string{"!answer"}},
		{"sweep --yes --region eu-west-1", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, exitUnreachable, []string{"!Nothing"}, []string{"Nobody answered"}},
		{"sweep --yes --region eu-nowhere-1", "other", []steps.Swept{{At: east}}, exitUsage, []string{"!Nothing"}, []string{"no enabled region eu-nowhere-1"}},
		{"sweep --yes", "", nil, exitRefused, []string{"!Nothing"}, []string{"There is no AWS profile"}},
		{"sweep --yes --sandbox", "", nil, 0, []string{"The sandbox is not running, so it was not asked.", "!Nothing is"}, []string{"!answer"}},
		{"sweep --yes --json", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, []string{`"kind":"unseen","profile":"other"`, `"kind":"failed","problem":"unreachable"`, `!"kind":"done"`}, nil},
		{"sweep --yes --json", "", nil, exitRefused, []string{`"kind":"unseen","problem":"credentials"`, `"kind":"failed","problem":"credentials"`}, nil},
		{"ls", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, nil, []string{"!No setups", "AWS (other) did not answer: It broke.", "Nobody answered"}},
		{"ls --json", "other", []steps.Swept{{At: east, Silent: true}, {At: account, Err: no}}, exitUnreachable, []string{`"kind":"unseen"`, `"kind":"failed"`, "!listed"}, nil},
		{"ls", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, 0, nil, []string{"!No setups", "No machines where there was an answer. 1 region did not answer: what is there is not known."}},
		{"ls", "other", []steps.Swept{{At: east}}, 0, nil, []string{"No setups yet."}},
		{"ls", "", nil, 0, nil, []string{"AWS was not asked: There is no AWS profile.", "No setups yet."}},
		{"ls --cached", "other", []steps.Swept{{At: account, Err: no}}, 0, nil, []string{"No setups yet.", "!answer"}},
		{"image ls", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, nil, []string{"!No images", "Nobody answered"}},
		{"image ls", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, 0, nil, []string{"No images where there was an answer.\n1 region did not answer"}},
		{"image ls", "other", []steps.Swept{{At: east}}, 0, nil, []string{"No images yet."}},
		{"image ls", "", nil, exitRefused, nil, []string{"!No images", "There is no AWS profile"}},
		{"image ls --sandbox", "", nil, 0, nil, []string{"!No images", "The sandbox is not running, so it was not asked."}},
		{"image rm lab --yes", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, nil, []string{"!no image", "Nobody answered"}},
		{"image rm lab --yes", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, exitUsage, nil, []string{`no image "lab" of yours where there was an answer`}},
		{"adopt far", "other", []steps.Swept{{At: account, Err: no}}, exitUnreachable, nil, []string{"Nobody answered"}},
		{"adopt far", "other", []steps.Swept{{At: east}, {At: west, Err: no}}, exitUsage, nil, []string{`called "far" where there was an answer`}},
	} {
		e := made(stepstest.Has{Leftovers: c.swept})
		for _, s := range c.swept {
			e.Has.Survey = append(e.Has.Survey, steps.Surveyed{At: s.At, Err: s.Err, Silent: s.Silent})
			e.Has.ImageAnswers = append(e.Has.ImageAnswers, steps.ImagesFound{At: s.At, Err: s.Err, Silent: s.Silent})
		}
		r := run{engine: e, env: map[string]string{"AWS_PROFILE": c.profile}}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != c.code {
			t.Errorf("%s with %+v: exit code %d, want %d: %s", c.args, c.swept, code, c.code, r.err.String())
		}
		has(t, c.args+" stdout", r.out.String(), c.out...)
		has(t, c.args+" stderr", r.err.String(), c.err...)
	}
}

// One setup that cannot be removed keeps no other from it.
func TestSweepFails(t *testing.T) {
	r := run{engine: littered()}
	r.engine.Fail = map[string]error{"clear": broken(problem.Refused)}
	if code := r.do(t.Context(), "sweep", "--yes", "--instances"); code != exitRefused {
		t.Errorf("exit code %d", code)
	}
	has(t, "asked", asked(r.engine), "clear i-1", "clear vol-2")
	has(t, "stderr", r.err.String(), "the-used is not completely removed: It broke.", "Mend it.")
}
