package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// lineReader reads lines of the terminal in the background, so that waiting
// for one can be given up. It reads only when a line is wanted.
type lineReader struct {
	want  chan struct{}
	lines chan line
}

type line struct {
	text string
	err  error
}

func newLineReader(r io.Reader) *lineReader {
	l := &lineReader{want: make(chan struct{}, 1), lines: make(chan line)}
	go func() {
		in := bufio.NewReader(r)
		for range l.want {
			text, err := in.ReadString('\n')
			if text != "" && errors.Is(err, io.EOF) {
				err = nil
			}
			l.lines <- line{strings.TrimSpace(text), err}
		}
	}()
	return l
}

// read waits for the next line until ctx ends. A line that comes after that
// belongs to the next call.
func (l *lineReader) read(ctx context.Context) (string, error) {
	select {
	case l.want <- struct{}{}:
	default: // the last call was given up; its line is still to come
	}
	select {
	case got := <-l.lines:
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// end ends the reading, once nobody will want a line any more.
func (l *lineReader) end() { close(l.want) }

// asker puts the steps' questions on the terminal. Questions go to the error
// stream, so that the output stays what a script reads.
type asker struct {
	p *Program
	// yes means that the person said yes to everything beforehand; that is
	// not a yes to an unknown host key.
	yes bool
	// quiet leaves a passphrase unasked: what needs it is only nice to know.
	quiet bool
	// mute asks nothing at all: a word is being completed.
	mute bool
	// hostKey is the fingerprint of the host key that the person named beforehand.
	hostKey string
}

var _ steps.Asker = (*asker)(nil)

func (a *asker) MFACode(ctx context.Context, serial string) (string, error) {
	defer a.p.alone()()
	if !a.p.Terminal || a.mute {
		return "", noTerminal("a code of the MFA device " + serial)
	}
	a.say("Code of the MFA device %s: ", serial)
	return a.p.lines.read(ctx)
}

func (a *asker) Passphrase(ctx context.Context, path string, again bool) ([]byte, error) {
	defer a.p.alone()()
	if !a.p.Terminal || a.quiet {
		return nil, noTerminal("the passphrase of " + path)
	}
	if again {
		a.say("That was not it. ")
	}
	a.say("Passphrase of %s: ", path)
	secret, err := a.p.Secret(ctx)
	a.say("\n")
	return secret, err
}

// Tell implements [steps.Asker]: the error stream keeps the output what a
// script reads.
func (a *asker) Tell(text string) { a.say("%s\n", text) }

func (a *asker) HostKey(ctx context.Context, q steps.HostKeyQuestion) (steps.HostKeyAnswer, error) {
	if q.Replaces {
		return a.replaceHostKey(ctx, q)
	}
	defer a.p.alone()()
	if a.yes || !a.p.Terminal {
		// Nobody looks: the machine's own console has to vouch for the key.
		if q.Waited {
			return steps.HostKeyReject, nil
		}
		return steps.HostKeyWait, nil
	}
	a.say("\nThe machine %s (%s) shows a key that nothing confirms yet:\n  %s %s\n", q.Host, q.InstanceID, q.KeyType, q.Fingerprint)
	if q.Why != "" {
		a.say("  %s\n", q.Why)
	}
	for {
		a.say("Continue with this key? yes, no, or wait for the machine's console: ")
		answer, err := a.p.lines.read(ctx)
		if err != nil {
			return steps.HostKeyReject, err
		}
		switch strings.ToLower(answer) {
		case "yes":
			return steps.HostKeyAccept, nil
		case "no", "n":
			return steps.HostKeyReject, nil
		case "wait", "w":
			return steps.HostKeyWait, nil
		}
	}
}

// replaceHostKey asks about a key that is to be pinned in the place of another
// one: a yes that was said to everything is none to that.
func (a *asker) replaceHostKey(ctx context.Context, q steps.HostKeyQuestion) (steps.HostKeyAnswer, error) {
	defer a.p.alone()()
	shows := fmt.Sprintf("The machine at %s (%s) shows the %s key %s", q.Host, q.InstanceID, q.KeyType, q.Fingerprint)
	switch {
	case a.hostKey == q.Fingerprint:
		return steps.HostKeyAccept, nil
	case a.hostKey != "":
		return steps.HostKeyReject, &problem.Error{
			Kind: problem.Unreachable, Title: "The machine shows another key than the one you named", Text: shows + ", and --host-key names " + a.hostKey + ". Nothing was pinned.",
			Next: problem.Say("Do not log in until you know why: someone may be in between. Try another network."), Err: steps.ErrDeclined,
		}
	case a.yes || !a.p.Terminal:
		return steps.HostKeyReject, &problem.Error{
			Kind: problem.Unreachable, Title: "The host key has to be compared by you", Text: shows + ". " + strings.ReplaceAll(q.Why, "\n", " "),
			Next: problem.Say("Where the machine tells the same fingerprint, run the doctor in a terminal, or again with --host-key SHA256:… and that fingerprint."), Err: steps.ErrDeclined,
		}
	}
	a.say("\n%s:\n  %s %s\n", fmt.Sprintf("The machine at %s (%s) shows this key", q.Host, q.InstanceID), q.KeyType, q.Fingerprint)
	for line := range strings.Lines(q.Why) {
		a.say("  %s\n", strings.TrimSuffix(line, "\n"))
	}
	a.say("Does the machine itself tell that fingerprint? yes pins it, anything else does not: ")
	answer, err := a.p.lines.read(ctx)
	if err == nil && strings.EqualFold(answer, "yes") {
		return steps.HostKeyAccept, nil
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return steps.HostKeyReject, err
}

// Project implements [steps.Asker].
func (a *asker) Project(ctx context.Context, q steps.ProjectQuestion) (bool, error) {
	lines := wording.ProjectQuestion(q)
	if !a.yes && (!a.p.Terminal || a.quiet) {
		return false, &problem.Error{
			Kind: problem.Answers, Title: "Bringing the project needs your consent", Text: strings.Join(lines, " "),
			Next: problem.Say("There is no terminal to ask on: add --yes to agree. To leave something out, name it in the project's .gitignore or .jupyter-ec2-ignore."), Err: steps.ErrDeclined,
		}
	}
	for _, line := range lines {
		a.say("%s\n", line)
	}
	return a.confirm(ctx, "Bring it?")
}

// confirm asks a question that is answered with y or n; anything else is no.
func (a *asker) confirm(ctx context.Context, question string) (bool, error) {
	if a.yes {
		return true, nil
	}
	defer a.p.alone()()
	defer timing.Wait(ctx, timing.Person)()
	a.say("%s [y/N] ", question)
	answer, err := a.p.lines.read(ctx)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

func (a *asker) say(format string, args ...any) { a.p.note(format, args...) }

// noTerminal is what a question gets where nobody can be asked.
func noTerminal(what string) error {
	return fmt.Errorf("there is no terminal to ask for %s: %w", what, steps.ErrDeclined)
}

// readSecret reads a line from a terminal without showing it. When ctx ends
// first, the terminal shows its input again.
func readSecret(ctx context.Context, f *os.File) ([]byte, error) {
	fd := int(f.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("read from the terminal: %w", err)
	}
	type secret struct {
		text []byte
		err  error
	}
	done := make(chan secret, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		done <- secret{text, err}
	}()
	select {
	case s := <-done:
		return s.text, s.err
	case <-ctx.Done():
		if err := term.Restore(fd, state); err != nil {
			return nil, fmt.Errorf("restore the terminal: %w", err)
		}
		return nil, ctx.Err()
	}
}
