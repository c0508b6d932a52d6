//go:build linux || darwin

package cli

import (
	"errors"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// crowded is an engine with machines whose lines are long and wide.
func crowded() *stepstest.Engine {
	e := made(stepstest.Has{})
	for name, state := range map[string]string{"lab": "running", "research-notebook-of-the-group": "stopped", "名前付き": "terminated"} {
		m := steps.Machine{Setup: steps.Setup{
			ID: name + "-id", State: steps.State(state), PublicAddr: "ec2-203-0-113-25.eu-central-1.compute.amazonaws.com", Done: map[steps.StepID]time.Time{steps.StepOpen: time.Unix(1, 0)},
			Answers:   steps.Answers{Name: name, Region: "eu-central-1", Type: "g4dn.2xlarge", Mode: steps.ModeHTTP},
			Resources: steps.Resources{InstanceID: "i-0123456789abcdef0"},
		}}
		e.Has.Setups = append(e.Has.Setups, m.Setup)
		e.Has.Survey = append(e.Has.Survey, steps.Surveyed{At: steps.Place{Region: "eu-central-1"}, Machines: []steps.Machine{m}})
	}
	slices.SortFunc(e.Has.Setups, func(a, b steps.Setup) int { return strings.Compare(a.ID, b.ID) })
	e.Shared.Is = steps.Health{
		At: time.Unix(5000, 0), Watching: true, Idle: time.Unix(4000, 0), StopAt: time.Unix(5300, 0), StopWhy: "nothing has gone on for a long while, and nobody is logged in there",
		ServerNote: "connection refused by the server, which does not listen at its port any more",
	}
	e.Has.Checks = []steps.Check{
		{ID: "a", Title: "Credentials", State: steps.CheckOK, Text: "arn:aws:iam::123456789012:user/somebody-with-a-long-name in the account 123456789012"},
		{ID: "b", Title: "Instance", State: steps.CheckBad, Text: "It was terminated by somebody else, at some time in the night.", Next: problem.Say("Launch another with the command that made it, or remove what is left of it.")},
		{ID: "c", Title: "Quota", State: steps.CheckWarn, Text: "日本語の長い説明が続きます and more words behind it"},
		{ID: "d", Title: "SSH", State: steps.CheckSkipped},
	}
	e.Has.Leftovers = []steps.Swept{{At: steps.Place{Region: "eu-central-1"}, Leftovers: []steps.Leftover{
		{SetupID: "x", Setup: "left-over", Kind: "security group", ID: "sg-0123456789abcdef0", Detail: "no machine uses it any more", At: steps.Place{Region: "eu-central-1"}},
	}}}
	return e
}

// What a command prints fits the terminal at every width: no word is torn, and
// none is missing.
func TestPrintedToFit(t *testing.T) {
	for _, args := range []string{"ls", "status lab", "doctor lab", "sweep --dry-run", "up --help", "--help", "status nobody-of-that-name-is-here-at-all"} {
		wide := run{engine: crowded()}
		_ = wide.do(t.Context(), strings.Fields(args)...) // how it ends is not the question
		for _, width := range []int{40, 60, 80, 100, 140} {
			s := tuitest.Open(t, width, 250)
			r := run{engine: crowded(), output: s.TTY, errput: s.TTY, terminal: true, width: width}
			_ = r.do(t.Context(), strings.Fields(args)...)
			if _, err := s.TTY.WriteString("~~~"); err != nil {
				t.Fatal(err)
			}
			shown := strings.Fields(s.See("~~~"))
			for _, word := range strings.Fields(ansi.Strip(wide.out.String() + wide.err.String())) {
				word = strings.Trim(word, "-,:")
				// A word that is wider than the terminal has to be torn, and a
				// title goes with its column.
				if ansi.StringWidth(word) >= width-12 || word == strings.ToUpper(word) || slices.Contains(stateWords, word) {
					continue
				}
				if !slices.ContainsFunc(shown, func(s string) bool { return strings.Trim(s, "-,:") == word }) {
					t.Errorf("%s at %d columns: %q is torn or missing:\n%s", args, width, word, s.Shown())
				}
			}
		}
	}
}

// stateWords are those that a terminal shows as marks.
var stateWords = []string{"ok", "bad", "warning", "skipped"}

var styled = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colour and marks are for terminals that have them; scripts read what they
// always read.
func TestColourAndMarks(t *testing.T) {
	for _, c := range []struct {
		args  string
		env   map[string]string
		width int
		marks bool
		color bool
	}{
		{"ls", nil, 140, true, true},
		{"doctor lab", nil, 80, true, true},
		{"status lab", nil, 80, true, true},
		{"ls", map[string]string{"NO_COLOR": "1"}, 140, true, false},
		{"ls", map[string]string{"JUPYTER_EC2_THEME": "none"}, 140, true, false},
		{"ls", map[string]string{"TERM": "dumb"}, 140, false, false},
		{"doctor lab", map[string]string{"TERM": "dumb"}, 80, false, false},
		{"ls --help", map[string]string{"TERM": "dumb"}, 80, false, false},
		{"ls", nil, 0, false, false},
		{"doctor lab", nil, 0, false, false},
		{"status lab", nil, 0, false, false},
	} {
		r := run{engine: crowded(), terminal: c.width > 0, width: c.width, env: c.env}
		_ = r.do(t.Context(), strings.Fields(c.args)...)
		said := r.out.String()
		if marks := strings.ContainsAny(said, "●✓✗"); marks != c.marks {
			t.Errorf("%+v: marks %v\n%s", c, marks, said)
		}
		color := slices.ContainsFunc(styled.FindAllString(said, -1), func(s string) bool { return strings.Contains(s, "3") })
		if color != c.color || !c.marks && styled.MatchString(said) {
			t.Errorf("%+v: colour %v\n%q", c, color, said)
		}
	}
}

// A terminal that is too narrow for a table has the rest of a row below it.
func TestTableGivesWay(t *testing.T) {
	var out strings.Builder
	columns := []column{{title: "NAME"}, {title: "STATE", give: 1}, {title: "REGION", label: "in", give: 2}}
	rows := [][]cell{{{text: "lab"}, {text: "running", tone: good, mark: "●"}, {text: "eu-central-1"}}, {{text: "二つ"}, {text: "stopped"}, {text: "-"}}}
	for width, want := range map[int]string{
		30: "NAME  STATE      REGION\nlab   ● running  eu-central-1\n二つ  stopped    -\n",
		20: "NAME  STATE\nlab   ● running\n  in eu-central-1\n二つ  stopped\n",
		10: "NAME\nlab\n  running\n  in eu-central-1\n二つ\n  stopped\n",
		0:  "NAME  STATE    REGION\nlab   running  eu-central-1\n二つ    stopped  -\n",
	} {
		out.Reset()
		if err := (paper{w: &out, width: width}).table(columns, rows); err != nil {
			t.Fatal(err)
		}
		if got := ansi.Strip(out.String()); got != want {
			t.Errorf("at %d columns:\n%s, want\n%s", width, got, want)
		}
	}
	if err := (paper{w: brokenOutput{errors.New("full")}, width: 30}).table(columns, rows); err == nil {
		t.Error("a table that was not printed is no error")
	}
}

// A command that prints and ends asks the terminal nothing: one that does not
// answer would be waited for, and a simple one shows the question.
func TestTheTerminalIsAskedNothing(t *testing.T) {
	for _, args := range []string{"--help", "help ls", "ls --bogus", "nonsense", "--version", "ls", "completion bash"} {
		cmd := exec.CommandContext(t.Context(), name, strings.Fields(args)...)
		cmd.Env = append(ownEnv(t), "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0")
		person, err := pty.Start(cmd)
		if err != nil {
			t.Skipf("no pseudo terminal: %v", err)
		}
		said, _ := io.ReadAll(person) // a terminal whose program has ended gives an error
		_ = cmd.Wait()                // how it ends is not the question
		_ = person.Close()
		if len(said) == 0 || strings.Contains(string(said), "\x1b]") || strings.Contains(string(said), "\x1b[c") {
			t.Errorf("%s: %q", args, said[:min(len(said), 200)])
		}
	}
}
