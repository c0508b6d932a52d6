package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

type rootOptions struct {
	sandbox bool
	debug   bool
	plain   bool
	theme   string
}

// root builds the command tree.
func (p *Program) root() *cobra.Command {
	o := &rootOptions{}
	cmd := &cobra.Command{
		Use:   name,
		Short: "From an AWS account to a Jupyter notebook on EC2",
		Long: `Follows the Jupyter guide for you: from an AWS account to a Jupyter Notebook, or a Kernel Gateway, that runs on EC2 and answers at a URL.

Without a command, a wizard guides you. Everything it does can also be done by a command.

` + exitHelp,
		Example: `# Try everything on this computer, without an account and without cost
jupyter-ec2 --sandbox
# The wizard, on AWS
jupyter-ec2
# The same without questions
jupyter-ec2 up --mode ssh --yes
# List, stop and remove machines
jupyter-ec2 ls
jupyter-ec2 stop jupyter
jupyter-ec2 rm jupyter`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return p.start(cmd.Context(), o) },
	}
	cmd.PersistentFlags().BoolVar(&o.sandbox, "sandbox", false, "use this computer instead of AWS: nothing costs money")
	cmd.PersistentFlags().BoolVar(&o.debug, "debug", false, "write what is asked of AWS and of the machines to a file, whose name is printed first; "+traceVariable+"=FILE does so too")
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		p.warnOfSettings(cmd)
		return p.startTrace(cmd, o)
	}
	cmd.Flags().BoolVar(&o.plain, "plain", false, "print lines instead of drawing a screen; uses the defaults of up")
	cmd.Flags().StringVar(&o.theme, "theme", "", "draw the screen for a dark or light terminal, or with none of the colours: auto, dark, light or none (auto; \"config set theme\" sets it permanently)")
	// The flag exists: it is defined above.
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(theme.Choices(), cobra.ShellCompDirectiveNoFileComp))
	cmd.SetGlobalNormalizationFunc(helpAll)
	cmd.SetFlagErrorFunc(flagError)
	cmd.SilenceUsage, cmd.SilenceErrors, cmd.Version = true, true, version() // errors are printed in one place
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { p.help(cmd) })
	cmd.SetHelpCommand(p.helpCommand())
	cmd.AddCommand(p.upCommand(&o.sandbox), p.configCommand(&o.sandbox), p.sandboxCommand())
	for _, make := range []func(*bool) *cobra.Command{
		p.lsCommand, p.statusCommand, p.openCommand, p.tunnelCommand, p.logsCommand, p.sshCommand, p.cpCommand, p.syncCommand,
		p.startCommand, p.stopCommand, p.rebootCommand, p.resizeCommand, p.modeCommand, p.gatewayCommand, p.notebookCommand,
		p.extendCommand, p.idleCommand, p.imageCommand, p.rmCommand, p.sweepCommand, p.doctorCommand, p.adoptCommand, p.versionCommand,
	} {
		cmd.AddCommand(make(&o.sandbox))
	}
	return cmd
}

// start is the program without a command: the wizard.
func (p *Program) start(ctx context.Context, o *rootOptions) error {
	if o.plain || p.Terminal && !p.smart() {
		up := newUpOptions()
		up.plain, up.bare = true, true
		return p.up(ctx, o.sandbox, up)
	}
	choice, err := p.theme(o.theme)
	if err != nil {
		return err
	}
	if !p.Terminal {
		return &usageError{
			text: "the wizard needs a terminal, and there is none",
			next: "Run it in a terminal, or use the command: " + name + " up --yes" + inSandbox(steps.Setup{Sandbox: o.sandbox}) + ".",
		}
	}
	if err := p.Wizard(ctx, o.sandbox, choice); err != nil {
		return fmt.Errorf("the wizard: %w", err)
	}
	return nil
}

// theme is the one that the flag asks for, or else what is set.
func (p *Program) theme(flag string) (theme.Choice, error) {
	if flag != "" {
		choice, err := theme.ParseChoice(flag)
		if err != nil {
			return "", usage("", "--theme: %w", err)
		}
		return choice, nil
	}
	choice, err := p.settings().Theme()
	if err != nil {
		return "", usage("", "%w", err)
	}
	return choice, nil
}

// noArgs is cobra.NoArgs with an error of ours.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd.Name(), "the command %s does not accept %q", cmd.Name(), args[0])
	}
	return nil
}
