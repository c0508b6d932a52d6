package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

func (p *Program) syncPackagesCommand(sandbox *bool) *cobra.Command {
	o := &steps.PackagesOptions{}
	cmd, _ := commandSpec{
		use: "packages NAME", short: "Bring a project's Python packages, and compare both sides", least: 1, most: 1, want: oneName,
		long: `Brings what the project asks for to the machine, into a venv of the project's own, and makes a kernel of it that is named after the project; the server's own venv stays as it is. What is asked for is in the project's folder: uv.lock, pyproject.toml, requirements.txt or environment.yml, whichever is there first; where there is none, what the active venv has. The project's own package is there too, and a change of its files counts at once. The second time only what differs is done.

It shows every package with the version here and on the machine, those that differ first, and what was added there, as by %pip in a notebook: --write-back adds that to requirements.txt. With --compare nothing is brought.

--packages names more: "numpy,pandas", with versions "numpy>=2", or the set "science" (numpy, pandas, scipy, matplotlib, scikit-learn and ipywidgets; 115 MB to download, 380 MB on the disk). A package that cannot be had is named, with the reason, and nothing is brought until it is asked for otherwise or left out with --without. Private indexes are those of your environment (UV_INDEX_URL, UV_INDEX, PIP_INDEX_URL); the machine gets them for the install alone. --env sends it further variables, by their names, such as UV_INDEX_CORP_PASSWORD or one that requirements.txt refers to as ${NAME}. No other is sent, whatever the files ask for: they come from the machine too.

With --json, a line of kind "package" each, of kind "added" and "left" where there are any, one of kind "packages", and "done" at the end.`,
		example: `jupyter-ec2 sync packages jupyter
# What differs, without bringing anything
jupyter-ec2 sync packages jupyter --compare
jupyter-ec2 sync packages jupyter --packages science
jupyter-ec2 sync packages jupyter --without pywin32
# A login of a private index, which the machine gets for the install
jupyter-ec2 sync packages jupyter --env UV_INDEX_CORP_USERNAME,UV_INDEX_CORP_PASSWORD`,
		run: func(ctx context.Context, r *request) error { return r.syncPackages(ctx, *o) },
	}.command(p, sandbox)
	cmd.Flags().StringSliceVar(&o.Names, "packages", nil, "bring these as well, or the set \"science\"")
	cmd.Flags().StringSliceVar(&o.Without, "without", nil, "leave these packages out")
	cmd.Flags().StringSliceVar(&o.Send, "env", nil, "send these variables of your environment to the machine")
	cmd.Flags().BoolVar(&o.Compare, "compare", false, "bring nothing, only compare")
	cmd.Flags().BoolVar(&o.WriteBack, "write-back", false, "add to requirements.txt what was added on the machine")
	takes(cmd.Flags(), "NAMES", "packages", "without", "env")
	return cmd
}

// jsonPackages is what came of it, kind "packages".
type jsonPackages struct {
	Kind string `json:"kind"`
	steps.Packages
}

// jsonPackage is a package on both sides, kind "package".
type jsonPackage struct {
	Kind string `json:"kind"`
	steps.PackageRow
}

// jsonAdded is a package that was added on the machine, kind "added".
type jsonAdded struct {
	Kind string `json:"kind"`
	steps.PackageAdded
}

// jsonLeft is a package that is not brought, kind "left".
type jsonLeft struct {
	Kind string `json:"kind"`
	steps.PackageLeft
}

func (r *request) syncPackages(ctx context.Context, o steps.PackagesOptions) error {
	t, err := r.reach(ctx, r.args[0])
	if err != nil {
		return err
	}
	var p steps.Packages
	err = t.syncing(func(emit func(steps.Event)) (err error) {
		p, err = t.engine.Packages(ctx, t.setup.ID, o, emit)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.showPackages(p); err != nil {
		return err
	}
	r.tellPackages(t, p)
	r.object(jsonPackages{"packages", p})
	r.done(t.setup, "%s.", packagesResult(p))
	return nil
}

func (r *request) showPackages(p steps.Packages) error {
	var rows [][]cell
	for _, row := range p.Rows {
		r.object(jsonPackage{"package", row})
		note := ""
		switch {
		case row.Local:
			note = "the project itself"
		case row.Differs:
			note = "differs"
		}
		rows = append(rows, []cell{{text: row.Name}, {text: dash(row.Here)}, {text: dash(row.There)}, {text: note}})
	}
	if len(rows) == 0 || r.asJSON {
		return nil
	}
	if err := r.paper().table([]column{{title: "PACKAGE"}, {title: "HERE"}, {title: "MACHINE"}, {title: ""}}, rows); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// tellPackages says what a person may want to do something about.
func (r *request) tellPackages(t *taken, p steps.Packages) {
	for _, l := range p.Left {
		r.object(jsonLeft{"left", l})
		r.remind("Not brought: %s: %s\n", l.Name, l.Why)
	}
	for _, text := range p.Warnings {
		r.remind("uv warns: %s\n", text)
	}
	if p.Prefers != "" {
		r.remind("The project uses Python %s, which the machine does not have: it has %s.\n", p.Prefers, p.Python)
	}
	if len(p.Unsent) > 0 {
		// No command is ready to be pasted: the machine may have written these names.
		r.remind("Not sent to the machine: %s, which the project's files refer to. It gets what you name with --env.\n", strings.Join(p.Unsent, ", "))
	}
	var added []string
	for _, a := range p.Added {
		r.object(jsonAdded{"added", a})
		text := a.Name + " " + a.Version
		if a.Was != "" {
			text += " (was " + a.Was + ")"
		}
		added = append(added, text)
	}
	if len(added) > 0 {
		r.remind("Added on the machine: %s. Write it back: %s\n", strings.Join(added, ", "), t.asCommand("sync packages --write-back"))
	}
}

// packagesResult says in a line how both sides are.
func packagesResult(p steps.Packages) string {
	text := wording.Counted(len(p.Rows), "package") + " on the machine"
	switch {
	case p.Against == "":
	case p.Differences == 0:
		text = "No difference from " + p.Against + ": " + wording.Counted(len(p.Rows), "package")
	default:
		text = wording.Counted(p.Differences, "difference") + " from " + p.Against
	}
	if p.Written > 0 {
		text += "; " + wording.Counted(p.Written, "package") + " written to requirements.txt"
	}
	if p.Kernel != "" {
		text += "; its kernel is " + p.Kernel
	}
	return text
}
