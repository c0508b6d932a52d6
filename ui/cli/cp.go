package cli

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

type cpOptions struct{ recursive bool }

func (p *Program) cpCommand(sandbox *bool) *cobra.Command {
	o := &cpOptions{}
	cmd, _ := verb{
		use: "cp SOURCE... TARGET", short: "Copy files to the machine, or from it", least: 2, most: -1,
		want: "name what to copy and where to; NAME:PATH is on the machine",
		long: `Copies files, and with -r folders, between this computer and a machine. NAME:PATH is on the machine, and begins in its home folder, where the notebooks are; a local name with a colon is written ./a:b. A running copy counts as activity. What a copy that was cut has brought is continued by the next one of the same file.

With --json, lines of kind "progress" (bytes and files, of how many), and "done" at the end.`,
		example: `jupyter-ec2 cp data.csv jupyter:
jupyter-ec2 cp -r jupyter:results .
jupyter-ec2 cp a.ipynb b.ipynb jupyter:work/`,
		complete: machineOrFile,
		run:      func(ctx context.Context, r *request) error { return r.cp(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "r", false, "copy folders with all that is in them")
	return cmd
}

// machineOrFile completes "NAME:" and, where none fits, local files.
func machineOrFile(ctx context.Context, r *request, word string) ([]string, cobra.ShellCompDirective) {
	setups, err := r.setups(ctx, r.worlds)
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var out []string
	for _, s := range setups {
		if strings.HasPrefix(s.Answers.Name+":", word) {
			out = append(out, cobra.CompletionWithDesc(s.Answers.Name+":", s.Answers.Type+", "+stateOf(s)))
		}
	}
	if len(out) == 0 || word == "" {
		return out, cobra.ShellCompDirectiveDefault | cobra.ShellCompDirectiveNoSpace
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// far is a path on a machine.
type far struct{ setup, path string }

// farPath reads NAME:PATH. What has a slash before the colon is a local file,
// and so is a drive letter on Windows.
func farPath(arg, system string) (far, bool) {
	setup, path, ok := strings.Cut(arg, ":")
	if !ok || setup == "" || strings.ContainsAny(setup, `/\`) || system == "windows" && len(setup) == 1 {
		return far{}, false
	}
	return far{setup, path}, true
}

// copying is what cp was asked to do: up means to the machine.
type copying struct {
	setup string
	up    bool
	from  []string
	to    string
}

func parseCopy(args []string, system string) (copying, error) {
	var c copying
	last := len(args) - 1
	target, up := farPath(args[last], system)
	c.up, c.setup, c.to = up, target.setup, target.path
	if !up {
		c.to = args[last]
	}
	for _, arg := range args[:last] {
		source, onMachine := farPath(arg, system)
		switch {
		case onMachine && up:
			return c, usage("cp", "both %q and %q are on a machine: copy by way of this computer", arg, args[last])
		case !onMachine && !up:
			return c, usage("cp", "neither %q nor %q is on a machine: write NAME:PATH", arg, args[last])
		case up:
			c.from = append(c.from, arg)
			continue
		case c.setup != "" && c.setup != source.setup:
			return c, usage("cp", "%q and %q are two machines: copy from one at a time", c.setup, source.setup)
		}
		c.setup = source.setup
		c.from = append(c.from, source.path)
	}
	return c, nil
}

// jsonProgress is how far a copy is, kind "progress".
type jsonProgress struct {
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	OfBytes int64  `json:"of_bytes"`
	Files   int    `json:"files"`
	OfFiles int    `json:"of_files"`
}

func (r *request) cp(ctx context.Context, o *cpOptions) error {
	c, err := parseCopy(r.args, runtime.GOOS)
	if err != nil {
		return err
	}
	t, link, err := r.connect(ctx, c.setup)
	if err != nil {
		return err
	}
	defer func() { _ = link.Close() }() // the copy's own end is told
	options := steps.CopyOptions{Recursive: o.recursive, Progress: r.progress}
	do := link.Get
	if c.up {
		do = link.Put
	}
	var all steps.Copied
	for _, from := range c.from {
		copied, err := do(ctx, from, c.to, options)
		if r.Terminal && !r.asJSON {
			r.note("\r\x1b[K") // the progress line has had its time
		}
		if err != nil {
			return err
		}
		all.Files += copied.Files
		all.Bytes += copied.Bytes
		all.There += copied.There
	}
	there := ""
	if all.There > 0 {
		there = "; " + bytesText(all.There) + " of that were there already"
	}
	r.done(t.setup, "Copied %s, %s%s.", counted(all.Files, "file"), bytesText(all.Bytes), there)
	return nil
}

// progress shows how far a copy is, on one line of the terminal.
func (r *request) progress(p steps.CopyProgress) {
	r.object(jsonProgress{"progress", p.File, p.Bytes, p.Of, p.Files, p.OfAll})
	if r.Terminal && !r.asJSON {
		file := []rune(p.File)
		if len(file) > 40 {
			file = append([]rune("…"), file[len(file)-39:]...)
		}
		r.note("\r\x1b[K%d/%d  %s of %s  %s", p.Files, p.OfAll, bytesText(p.Bytes), bytesText(p.Of), string(file))
	}
}

// counted is "1 file" or "3 files".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func bytesText(n int64) string {
	const k = 1024
	switch {
	case n < k:
		return fmt.Sprintf("%d bytes", n)
	case n < k*k:
		return fmt.Sprintf("%.1f kB", float64(n)/k)
	case n < k*k*k:
		return fmt.Sprintf("%.1f MB", float64(n)/k/k)
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/k/k/k)
	}
}
