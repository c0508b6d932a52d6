package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func (p *Program) configEditCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "edit", short: "Open your own file in your editor", least: 0, most: 0,
		long:    `Opens your own file in the editor that VISUAL or EDITOR names. A new file lists all that can be set, as comments. When the editor ends, the file is checked.`,
		example: `jupyter-ec2 config edit`,
		run:     func(ctx context.Context, r *request) error { return r.configEdit(ctx) },
	}.command(p, sandbox)
	return cmd
}

func (r *request) configEdit(ctx context.Context) error {
	if !r.Terminal || r.asJSON {
		return &usageError{
			text: "an editor needs a terminal, and there is none",
			next: "Set a value: " + name + " config set KEY VALUE. The file is " + r.Places.User + ".",
		}
	}
	if err := r.Places.Create(); err != nil {
		return fmt.Errorf("make your own file: %w", err)
	}
	// The terminal's signals reach the editor too, which decides what they mean:
	// they end neither it, with text that is not saved, nor this program before it.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, os.Interrupt, syscall.SIGQUIT)
	defer signal.Stop(heard)
	editor := r.editor(runtime.GOOS)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), editor[0], append(editor[1:], r.Places.User)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return r.editorFailed(r.chosenEditor(runtime.GOOS), err)
	}
	return faulty(r.readSettings())
}

// programNotFound is how a shell ends that does not find the program.
const programNotFound = 127

// editorFailed tells an editor that is not there from one that failed.
func (r *request) editorFailed(chosen string, err error) error {
	ended, ok := errors.AsType[*exec.ExitError](err)
	if errors.Is(err, exec.ErrNotFound) || ok && ended.ExitCode() == programNotFound {
		return &usageError{
			text: fmt.Sprintf("the editor %q is not on this computer", chosen),
			next: "Name yours in EDITOR and run the command again. Or set a value: " + name + " config set KEY VALUE.",
			err:  err,
		}
	}
	return usage(r.command, "the editor %s ended with an error: %w", chosen, err)
}

// chosenEditor is the person's editor as they wrote it.
func (r *request) chosenEditor(system string) string {
	own := "vi"
	if system == "windows" {
		own = "notepad"
	}
	return cmp.Or(strings.TrimSpace(r.Getenv("VISUAL")), strings.TrimSpace(r.Getenv("EDITOR")), own)
}

// editor is the command line of the person's editor, which the file's path
// follows. It is the shell's to read, as it is to git.
func (r *request) editor(system string) []string {
	chosen := r.chosenEditor(system)
	if _, err := exec.LookPath(chosen); err == nil {
		return []string{chosen} // its path may have spaces
	}
	if system == "windows" {
		return strings.Fields(chosen)
	}
	return []string{"sh", "-c", chosen + ` "$@"`, "sh"}
}
