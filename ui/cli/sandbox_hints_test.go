package cli

import (
	"cmp"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// aCommand is a command of this program in a text, with what stands behind it in
// the sentence.
var aCommand = regexp.MustCompile(`jupyter-ec2 [a-z][^.,:;\n]*`)

// Whoever works in the sandbox is never led to a command that asks AWS.
func TestWhatIsSaidInTheSandboxStaysThere(t *testing.T) {
	at := steps.Place{Region: "eu-north-1"}
	left := steps.Leftover{At: at, Kind: "instance", ID: "i-1", SetupID: "old", Running: true, MonthCost: 7}
	image := steps.Leftover{At: at, Kind: "image", ID: "ami-1", Name: "lab", SetupID: "img", MonthCost: 0.4, CostKnown: true, Kept: true}
	boxed := func() *stepstest.Engine {
		small := lab("small", "aaaa", steps.ModeSSH)
		small.Sandbox = true
		e := made(stepstest.Has{
			Setups: []steps.Setup{small}, Sandbox: true,
			Survey:       []steps.Surveyed{{At: at, Machines: []steps.Machine{{Setup: small}}}},
			Leftovers:    []steps.Swept{{At: at, Leftovers: []steps.Leftover{left, image}}},
			ImageAnswers: []steps.ImagesFound{{At: at}},
		})
		return e
	}
	said := 0
	try := func(args ...string) string {
		r := run{engine: made(stepstest.Has{}), sandbox: boxed(), awake: true}
		r.do(t.Context(), append(args, "--sandbox")...)
		text := r.out.String() + r.err.String()
		for _, command := range aCommand.FindAllString(text, -1) {
			first := cmp.Or(strings.Fields(command)[1:]...)
			if strings.Contains(command, "--help") || first == "config" || first == "sandbox" || first == "version" {
				continue
			}
			said++
			if !strings.Contains(command, "--sandbox") {
				t.Errorf("%v leads to AWS with %q:\n%s", args, command, text)
			}
		}
		return text
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		path := strings.Fields(c.CommandPath())[1:]
		if c.Runnable() && len(path) > 0 && path[0] != "sandbox" && path[0] != "config" {
			try(path...)
			try(append(path, "nosuch")...)
			try(append(path, "nosuch", "nosuch")...)
			if c.Flags().Lookup("yes") != nil {
				try(append(path, "nosuch", "--yes")...)
			}
		}
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk((&Program{}).root())
	if said < 10 {
		t.Errorf("only %d commands were said", said)
	}
	try("up", "--yes", "--image", "nosuch")
	has(t, "image rm", try("image", "rm", "nosuch", "--yes"), "See jupyter-ec2 image ls --sandbox for the list.")
	has(t, "sweep", try("sweep", "--yes"), "nothing", "!Together", "jupyter-ec2 image ls --sandbox lists all", "jupyter-ec2 sweep --yes --instances --sandbox")
}
