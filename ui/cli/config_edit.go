package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

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
	editor := r.editor(runtime.GOOS)
	cmd := exec.CommandContext(ctx, editor[0], append(editor[1:], r.Places.User)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return usage(r.command, "the editor %s ended with an error: %w", editor[0], err)
	}
	return faulty(r.readSettings())
}

// editor is the person's editor with its arguments.
func (r *request) editor(system string) []string {
	own := "vi"
	if system == "windows" {
		own = "notepad"
	}
	chosen := cmp.Or(strings.TrimSpace(r.Getenv("VISUAL")), strings.TrimSpace(r.Getenv("EDITOR")), own)
	if _, err := exec.LookPath(chosen); err == nil {
		return []string{chosen} // its path may have spaces
	}
	return strings.Fields(chosen)
}
