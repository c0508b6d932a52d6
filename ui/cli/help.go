package cli

import (
	"fmt"
	"slices"
	"time"

	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// jsonHelp is a command's help as a line, kind "help": --json prints objects
// and nothing else, whatever stands beside it.
type jsonHelp struct {
	Kind    string     `json:"kind"`
	Command string     `json:"command"`
	Usage   string     `json:"usage"`
	Short   string     `json:"short"`
	Text    string     `json:"text"`
	Example string     `json:"example"`
	Flags   []jsonFlag `json:"flags"`
}

type jsonFlag struct {
	Name      string `json:"name"`
	Shorthand string `json:"shorthand,omitempty"`
	Type      string `json:"type"`
	Default   string `json:"default,omitempty"`
	Text      string `json:"text"`
}

// helpAll reads --help-all, which every command of Jupyter's answers, as --help:
// all there is to say is said there.
func helpAll(_ *pflag.FlagSet, flag string) pflag.NormalizedName {
	if flag == "help-all" {
		flag = "help"
	}
	return pflag.NormalizedName(flag)
}

// helpFor gives a command that knows --json a help that keeps to it.
func (p *Program) helpFor(cmd *cobra.Command, asJSON *bool) {
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		if !*asJSON {
			p.help(cmd)
			return
		}
		h := jsonHelp{Kind: "help", Command: cmd.Name(), Usage: cmd.UseLine(), Short: cmd.Short, Text: cmd.Long, Example: cmd.Example}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			h.Flags = append(h.Flags, jsonFlag{f.Name, f.Shorthand, f.Value.Type(), f.DefValue, f.Usage})
		})
		newJSONLines(p.Out).print(h)
	})
}

// helpCommand is cobra's own, for which a topic that is not there is an error.
func (p *Program) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Show the help of a command",
		Args: func(cmd *cobra.Command, args []string) error {
			_, err := topic(cmd.Root(), args)
			return err
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var all []string
			if at, err := topic(cmd.Root(), args); err == nil {
				for _, c := range at.Commands() {
					if c.IsAvailableCommand() {
						all = append(all, cobra.CompletionWithDesc(c.Name(), c.Short))
					}
				}
			}
			return all, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, err := topic(cmd.Root(), args)
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag() // so that it is shown
			return about.Help()
		},
	}
}

// shellsCommand is cobra's own command with the shells' scripts, for which a
// shell that it does not know is an error.
func shellsCommand(root *cobra.Command, args []string) {
	root.InitDefaultCompletionCmd(args...)
	i := slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == "completion" })
	if i < 0 {
		return
	}
	cmd := root.Commands()[i]
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return noCommand(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(*cobra.Command, []string) error {
		return usage("completion", "name a shell: bash, zsh, fish or powershell")
	}
}

// manFiles is what a manual page says of the files that it leaves.
const manFiles = "$XDG_STATE_HOME/jupyter-ec2, which is ~/.local/state/jupyter-ec2 unless it is set: the records and the keys of your machines, and of the sandbox.\n$XDG_CONFIG_HOME/jupyter-ec2, which is ~/.config/jupyter-ec2 unless it is set: your settings.\nWhere they are not set, both are ~/Library/Application Support/jupyter-ec2 on macOS.\nUninstalling the program leaves both there."

// datedPage is a manual page with a date of its own: mango's is today's.
type datedPage struct {
	*roff.Document
	date time.Time
}

func (d datedPage) Heading(section uint, title, description string, _ time.Time) {
	d.Document.Heading(section, title, description, d.date)
}

// manCommand prints the manual page of the whole program. The same program
// prints the same page.
func (p *Program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page", Hidden: true, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := mango.NewManPage(1, cmd.Root())
			if err != nil {
				return fmt.Errorf("make the manual page: %w", err)
			}
			page = page.WithSection("Files", manFiles)
			_, err = fmt.Fprint(cmd.OutOrStdout(), page.Build(datedPage{roff.NewDocument(), p.dated()}))
			return err
		},
	}
}

// topic walks down to the command that the words name.
func topic(at *cobra.Command, words []string) (*cobra.Command, error) {
	for _, word := range words {
		all := at.Commands()
		i := slices.IndexFunc(all, func(c *cobra.Command) bool { return c.Name() == word || c.HasAlias(word) })
		if i < 0 {
			return nil, noCommand(at, word)
		}
		at = all[i]
	}
	return at, nil
}
