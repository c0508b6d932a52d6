package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func (p *Program) sshCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "ssh NAME [-- COMMAND...]", short: "Open a shell on the machine, or run a command there", least: 1, most: -1, want: oneName,
		long: `Opens a login shell on the machine in this terminal, with the key and the host key that the program knows. With a command, runs that and ends with its exit code; its words are joined with spaces and read by the machine's shell, as ssh does it. An interactive shell counts as activity: the machine does not stop meanwhile.

With --json, each line that a command prints is an object of kind "line", and the last one of kind "done" has its exit code.`,
		example: `jupyter-ec2 ssh jupyter
jupyter-ec2 ssh jupyter -- df -h /
jupyter-ec2 ssh jupyter -- cat data.csv > data.csv`,
		complete: firstName,
		run:      func(ctx context.Context, r *request) error { return r.ssh(ctx) },
	}.command(p, sandbox)
	return cmd
}

// firstName completes a setup's name as the first argument only.
func firstName(ctx context.Context, r *request, _ string) ([]string, cobra.ShellCompDirective) {
	if len(r.args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return r.names(ctx, r.worlds), cobra.ShellCompDirectiveNoFileComp
}

func (r *request) ssh(ctx context.Context) error {
	if len(r.args) > 1 {
		return r.remoteCommand(ctx, strings.Join(r.args[1:], " "))
	}
	if r.asJSON {
		return usage("ssh", "--json needs a command: a shell does not print objects")
	}
	if r.Console == nil {
		t, err := r.look(ctx, r.args[0])
		if err != nil {
			return err
		}
		line := strings.Join(steps.Manual(steps.StepConnect, t.setup.Answers, &t.setup), " ")
		return &usageError{
			text: "a shell needs a terminal, and there is none",
			next: fmt.Sprintf("Give a command (%s -- COMMAND), or use OpenSSH: %s", t.asCommand("ssh"), line),
		}
	}
	_, link, err := r.connect(ctx, r.args[0])
	if err != nil {
		return err
	}
	return errors.Join(r.shell(ctx, link), link.Close())
}

// shell runs a shell in the terminal, and puts the terminal back also when
// something breaks.
func (r *request) shell(ctx context.Context, link steps.Link) (err error) {
	terminal, restore, err := r.Console(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	// After a signal the terminal is the person's again at once, whatever the
	// connection still does; a second signal ends the program on the spot.
	defer context.AfterFunc(ctx, func() { _ = restore() })()
	return link.Shell(ctx, terminal)
}

// jsonCommandLine is a line that a command on the machine printed, kind "line".
type jsonCommandLine struct {
	Kind   string `json:"kind"`
	Stream string `json:"stream"` // "stdout" or "stderr"
	Text   string `json:"text"`
}

// jsonCommandDone is the last line of a command on the machine, kind "done".
type jsonCommandDone struct {
	jsonDone
	Exit int `json:"exit"`
}

// remoteCommand runs a command on the machine, and ends with its exit code.
func (r *request) remoteCommand(ctx context.Context, script string) error {
	t, link, err := r.connect(ctx, r.args[0])
	if err != nil {
		return err
	}
	defer func() { _ = link.Close() }() // the command's own end is told
	var one sync.Mutex
	stdout, endOut := r.stream(&one, "stdout", r.Out, r.OutTerminal)
	stderr, endErr := r.stream(&one, "stderr", r.Err, r.Terminal || isTerminal(r.Err))
	in := r.In
	if r.Terminal || isTerminal(in) {
		in = strings.NewReader("") // a person's typing is not the command's input: there is no terminal there
	}
	exit, err := link.Run(ctx, script, in, stdout, stderr)
	endOut()
	endErr()
	if err != nil {
		return err
	}
	s := t.setup
	r.object(jsonCommandDone{jsonDone{Time: r.Now(), Kind: "done", Sandbox: s.Sandbox, Setup: s.ID, Name: s.Answers.Name}, exit})
	if exit != 0 {
		return &commandExit{exit}
	}
	return nil
}

// isTerminal reports whether a stream is a terminal; each of the three can be one
// on its own.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// stream is where a command's output goes: to a file or a pipe byte by byte,
// to a terminal or into JSON as lines that are safe there. end hands over a
// last line that is not finished.
func (r *request) stream(one *sync.Mutex, name string, w io.Writer, terminal bool) (to io.Writer, end func()) {
	if !r.asJSON && !terminal {
		return w, func() {}
	}
	lines := safe.NewLinesAsIs(func(text string, partial bool) {
		if partial {
			return
		}
		one.Lock()
		defer one.Unlock()
		if r.asJSON {
			r.object(jsonCommandLine{"line", name, text})
			return
		}
		_, _ = fmt.Fprintln(w, text)
	})
	return lines, func() { _ = lines.Close() } // it only hands over
}
