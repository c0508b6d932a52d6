package cli

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type doctorOptions struct {
	profile string
	fix     bool
	hostKey string
}

// fingerprint is a host key's, as ssh-keygen -l prints it.
var fingerprint = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

func (p *Program) doctorCommand(sandbox *bool) *cobra.Command {
	o := &doctorOptions{}
	cmd, _ := commandSpec{
		use: "doctor [NAME]", short: "Check a setup, and fix what is wrong", most: 1, want: oneName,
		long: `Checks a setup from the credentials to a cell that is run: permissions, quota, the route to the internet, the security group, the key, SSH, the machine's disk and memory, the server, the tunnel. Each line is ok, or says what is wrong and what to do; what the program can fix, it offers to fix. Without a name it checks the account alone.

Where the machine shows another host key than the pinned one, or none is pinned any more, it shows both and how to compare them, and pins the machine's once you say that it is the right one. --fix alone does not: in a script, name the fingerprint with --host-key.

Exits with 1 when something is wrong and was not fixed. With --json, a line of kind "check" each, events of what is fixed, and "done" at the end; nothing is asked.`,
		example: `jupyter-ec2 doctor
jupyter-ec2 doctor jupyter
jupyter-ec2 doctor jupyter --fix
jupyter-ec2 doctor jupyter --host-key SHA256:FINGERPRINT`,
		run: func(ctx context.Context, r *request) error { return r.doctor(ctx, o) },
	}.command(p, sandbox)
	p.accountFlags(cmd, sandbox, &o.profile, nil)
	cmd.Flags().Lookup("profile").Usage = "check this profile's account (default: the one AWS tools use)"
	cmd.Flags().BoolVar(&o.fix, "fix", false, "fix everything that can be fixed, without asking")
	cmd.Flags().StringVar(&o.hostKey, "host-key", "", "pin the machine's host key if it is the one with this fingerprint, SHA256:…")
	return cmd
}

// jsonCheck is a line of kind "check".
type jsonCheck struct {
	Kind  string           `json:"kind"`
	ID    string           `json:"id"`
	Title string           `json:"title"`
	State steps.CheckState `json:"state"`
	Text  string           `json:"text,omitempty"`
	Next  string           `json:"next,omitempty"`
	Fix   string           `json:"fix,omitempty"` // what --fix would do
}

func (r *request) doctor(ctx context.Context, o *doctorOptions) error {
	if o.hostKey != "" && (!fingerprint.MatchString(o.hostKey) || len(r.args) == 0) {
		return usage("doctor", "--host-key needs the name of a setup and a fingerprint as ssh-keygen -l prints it: SHA256: and 43 letters, digits, + or /")
	}
	r.hostKey, r.yes = o.hostKey, r.asJSON // with --json nothing is asked
	t, err := r.patient(ctx, o)
	if err != nil {
		return err
	}
	var wrong []steps.Check
	err = t.engine.Doctor(ctx, o.profile, t.setup.ID, func(c steps.Check) {
		r.check(c)
		if c.State == steps.CheckBad || c.State == steps.CheckWarn {
			wrong = append(wrong, c)
		}
	})
	if err != nil {
		return err
	}
	bad := 0
	for _, c := range wrong {
		mended, err := t.mend(ctx, c, o.fix || o.hostKey != "" && (c.ID == "hostkey" || c.ID == "ssh"))
		if err != nil {
			return err
		}
		if !mended && c.State == steps.CheckBad {
			bad++
		}
	}
	if bad > 0 {
		again := name + " doctor"
		if t.setup.ID != "" {
			again = t.asCommand("doctor")
		}
		return &problemError{[]problem.Problem{{
			Kind: problem.Failed, Title: "Something is wrong", Text: wording.Counted(bad, "check") + " found what needs fixing; see above.",
			Next: problem.Say("Do what the lines say, then check again: " + again),
		}}}
	}
	r.done(t.setup, "")
	return nil
}

// patient is what is checked: a setup, or an account alone. An account is
// AWS's unless the sandbox is asked for.
func (r *request) patient(ctx context.Context, o *doctorOptions) (*taken, error) {
	if len(r.args) > 0 {
		if o.profile != "" {
			return nil, usage("doctor", "a setup has its own profile: leave out --profile, or the name")
		}
		return r.take(ctx, r.args[0])
	}
	sandbox := len(r.worlds) == 1 && r.worlds[0]
	engine, err := r.engineOf(sandbox)
	if err != nil {
		return nil, err
	}
	if o.profile == "" {
		if o.profile, err = r.defaultProfile(engine); err != nil {
			return nil, err
		}
	}
	return &taken{request: r, engine: engine, setup: steps.Setup{Sandbox: sandbox}}, nil
}

// check prints a check as it comes.
func (r *request) check(c steps.Check) {
	r.object(jsonCheck{"check", c.ID, c.Title, c.State, c.Text, nextWords(c.Next), c.Fix})
	// What was found may be in a host's own words.
	text, next := c.Title+after(": ", safe.Clean(c.Text)), safe.Clean(nextWords(c.Next))
	out := r.paper()
	if out.width == 0 {
		r.line("%-8s %s", c.State, text)
		if next != "" {
			r.line("%-8s %s", "", next)
		}
		return
	}
	how := map[steps.CheckState]tone{steps.CheckOK: good, steps.CheckWarn: warning, steps.CheckBad: bad, steps.CheckSkipped: faint}[c.State]
	r.line("%s%s", out.paint(how, how.mark()), strings.TrimPrefix(out.fold("  "+text, 0), " "))
	if next != "" {
		r.line("%s", out.fold("  "+out.paint(heading, next), 0))
	}
}

func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// mend does what a check offered, when the person agrees.
func (t *taken) mend(ctx context.Context, c steps.Check, all bool) (bool, error) {
	if c.Fix == "" {
		return false, nil
	}
	if !all {
		if t.asJSON || !t.Terminal {
			t.remind("The program can fix %s (%s): add --fix.\n", c.Title, c.Fix)
			return false, nil
		}
		ok, err := t.asker().confirm(ctx, fmt.Sprintf("%s: %s Do it?", c.Title, problem.Sentence(c.Fix)))
		if err != nil || !ok {
			return false, err
		}
	}
	if err := t.work(func(emit func(steps.Event)) error { return t.engine.FixCheck(ctx, t.setup.ID, c.ID, emit) }); err != nil {
		return false, err
	}
	t.line("%s is fixed.", c.Title)
	return true, nil
}
