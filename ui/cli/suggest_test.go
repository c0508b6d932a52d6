package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// What was mistyped is met with what was most likely meant, wherever words of
// ours can be typed; what is like nothing is met with the help.
func TestDidYouMean(t *testing.T) {
	lab := steps.Setup{ID: "id", Answers: steps.Answers{Name: "lab-berlin", Type: "t3.micro"}, State: "running", Resources: steps.Resources{InstanceID: "i-1"}}
	stray := steps.Surveyed{At: steps.Place{Region: "us-east-1"}, Machines: []steps.Machine{{Setup: steps.Setup{ID: "x", Answers: steps.Answers{Name: "faraway"}}, Elsewhere: true}}}
	for args, want := range map[string]string{
		"statsu":                            `"status"`,
		"lst":                               `"ls"`,
		"statsu --install":                  `"status"`,
		"lisst":                             `"list"`,
		"completion bsh":                    `"bash"`,
		"sandbox stpo":                      `"stop"`,
		"help statsu":                       `"status"`,
		"help sandbox stat":                 `"status"`,
		"ls --jsno":                         `"--json"`,
		"ls -json":                          `"--json"`,
		"up --no-tunel":                     `"--no-tunnel"`,
		"stop lab-berln":                    `"lab-berlin"`,
		"status lab":                        `"lab-berlin"`,
		"doctor LAB-BERLIN":                 `"lab-berlin"`,
		"cp x lab-brelin:":                  `"lab-berlin"`,
		"adopt faaway":                      `"faraway"`,
		"up --yes --region us-est-1":        `"us-east-1"`,
		"resize lab-berlin t3.lareg --stop": `"t3.large"`,
		"qqqqqq":                            "",
		"ls --qqqqqq":                       "",
		"ls -q":                             "",
		"stop qqqqqq":                       "",
	} {
		e := made(stepstest.Has{Setups: []steps.Setup{lab}}, opens(nil))
		e.Has.Survey = []steps.Surveyed{stray}
		r := run{engine: e}
		code := r.do(t.Context(), strings.Fields(args)...)
		said := r.err.String()
		if code != exitUsage || strings.Contains(said, "Did you mean") != (want != "") || !strings.Contains(said, want) || !strings.Contains(said, "See "+name) {
			t.Errorf("%s: exit code %d, it said %s", args, code, said)
		}
		if asked := asked(e); strings.Contains(asked, "stop") {
			t.Errorf("%s: it did %s", args, asked)
		}
	}
}

// A type that the region does not have is met with the one that was meant, and
// no machine is stopped for it.
func TestDidYouMeanAType(t *testing.T) {
	for kind, want := range map[string]string{
		"t3.mircro":     `Did you mean "t3.micro"? Mend it.`,
		"T3.micro":      `Did you mean "t3.micro"?`,
		"m7.large":      `Did you mean "m7i.large"?`,
		"t3large":       `Did you mean "t3.large"?`,
		"c5.4xlarge":    "!Did you mean", // nearer to another than a slip is, and of another family and size
		"t3.micro":      "!Did you mean", // there is such a type: something else is wrong
		"g4dn.12xlarge": "!Did you mean",
	} {
		e := made(stepstest.Has{}, opens(nil))
		e.Has.Types = append(e.Has.Types, steps.InstanceType{Name: "g5.8xlarge", Arch: "amd64"})
		e.Fails("review", broken(problem.Answers))
		r := run{engine: e}
		if code := r.do(t.Context(), "up", "--yes", "--type", kind); code != exitUsage || begun(e) != nil {
			t.Errorf("%s: exit code %d, begun with %+v", kind, code, begun(e))
		}
		has(t, kind, r.err.String(), want)
	}
	setup := lab("small", "aaaa", steps.ModeSSH)
	for kind, want := range map[string]string{"t3.lareg": `Did you mean "t3.large"?`, "t4g.small": "another processor"} {
		e := made(stepstest.Has{Setups: []steps.Setup{setup}})
		e.Has.Types = append(e.Has.Types, steps.InstanceType{Name: "t4g.small", Arch: "arm64"})
		r := run{engine: e}
		if code := r.do(t.Context(), "resize", "small", kind, "--stop"); code != exitUsage || strings.Contains(asked(e), "stop") || strings.Contains(asked(e), "resize") {
			t.Errorf("%s: exit code %d, asked %s", kind, code, asked(e))
		}
		has(t, kind, r.err.String(), want)
	}
}

// A flag's wrong value is refused in words, and not in those of the library
// that reads it.
func TestFlagsInWords(t *testing.T) {
	for args, want := range map[string]string{
		"up --disk abc":       `--disk needs a whole number such as 8, not "abc".`,
		"up --disk":           `--disk needs a value.`,
		"up --yes=maybe":      `--yes is true or false, not "maybe".`,
		"logs lab -n x":       `--lines needs a whole number such as 100, not "x".`,
		"up --idle-stop soon": `--idle-stop: `,
	} {
		r := run{engine: made(stepstest.Has{})}
		code := r.do(t.Context(), strings.Fields(args)...)
		if said := r.err.String(); code != exitUsage || !strings.Contains(said, want) || strings.Contains(said, "strconv") || strings.Contains(said, "invalid argument") {
			t.Errorf("%s: exit code %d, it said %s", args, code, said)
		}
	}
}

// With --json every line is an object, also where help is asked for.
func TestHelpKeepsToJSON(t *testing.T) {
	for _, cmd := range (&Program{}).root().Commands() {
		if cmd.Flags().Lookup("json") == nil {
			continue
		}
		for _, args := range [][]string{{cmd.Name(), "--json", "--help"}, {cmd.Name(), "-h", "--json=true"}} {
			r := run{engine: made(stepstest.Has{})}
			if code := r.do(t.Context(), args...); code != 0 || r.err.String() != "" {
				t.Errorf("%v: exit code %d: %s", args, code, r.err.String())
			}
			all := lines(t, r.out.String())
			if len(all) != 1 || all[0]["kind"] != "help" || all[0]["command"] != cmd.Name() || all[0]["text"] != cmd.Long {
				t.Errorf("%v: %v", args, all)
			}
		}
	}
	r := run{engine: made(stepstest.Has{})}
	if code := r.do(t.Context(), "help", "ls", "--json"); code != exitUsage || lines(t, r.out.String())[0]["kind"] != "failed" {
		t.Errorf("help ls --json: %d, %s", code, r.out.String())
	}
}
