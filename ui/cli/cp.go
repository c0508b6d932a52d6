package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/meter"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type cpOptions struct{ recursive bool }

func (p *Program) cpCommand(sandbox *bool) *cobra.Command {
	o := &cpOptions{}
	cmd, _ := commandSpec{
		use: "cp SOURCE... TARGET", short: "Copy files to the machine, or from it", least: 2, most: -1,
		want: "name what to copy and where to; NAME:PATH is on the machine",
		long: `Copies files, and with -r folders, between this computer and a machine. NAME:PATH is on the machine, and begins in its home folder, where the notebooks are; a local name with a colon is written ./a:b. A running copy counts as activity. More than one source goes into the target, which is then a folder. Where one of them cannot be copied, the others still are. With -r, a link to a file is copied as the file that it leads to; links to folders, links that lead nowhere and special files are left out, and named at the end. Of a file that grows meanwhile, as much is copied as there was. When a copy is stopped or cut off, the next one of the same file continues it; what nobody continues within a day is removed by a later copy there.

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
			out = append(out, cobra.CompletionWithDesc(s.Answers.Name+":", s.Answers.Type+", "+wording.State(s.Standing(), s.State)))
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

// shown is an argument in quotes, as it was typed: a path of Windows keeps its
// backslashes.
func shown(arg string) string { return `"` + cells.Clean(arg) + `"` }

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
			return c, usage("cp", "both %s and %s are on a machine: copy by way of this computer", shown(arg), shown(args[last]))
		case !onMachine && !up:
			return c, usage("cp", "neither %s nor %s is on a machine: write NAME:PATH", shown(arg), shown(args[last]))
		case up:
			c.from = append(c.from, arg)
			continue
		case c.setup != "" && c.setup != source.setup:
			return c, usage("cp", "%s and %s are two machines: copy from one at a time", shown(c.setup), shown(source.setup))
		}
		c.setup = source.setup
		c.from = append(c.from, source.path)
	}
	return c, nil
}

// matching are the files that patterns such as *.ipynb stand for, which Windows'
// shells leave to the program. A name that fits nothing stays as it is.
func matching(names []string) []string {
	var all []string
	for _, name := range names {
		if found, err := filepath.Glob(name); err == nil && len(found) > 0 && strings.ContainsAny(name, "*?") {
			all = append(all, found...)
			continue
		}
		all = append(all, name)
	}
	return all
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
	if c.up && runtime.GOOS == "windows" {
		c.from = matching(c.from)
	}
	t, link, err := r.connect(ctx, c.setup)
	if err != nil {
		return err
	}
	defer func() { _ = link.Close() }() // the copy's own end is told
	do := link.Get
	if c.up {
		do = link.Put
	}
	line := &copyLine{request: r}
	copied, err := do(ctx, c.from, c.to, steps.CopyOptions{Recursive: o.recursive, Progress: line.progress})
	line.clear()
	r.named("Left out (links to folders, links that lead nowhere, or special files)", copied.Skipped)
	r.named("Longer now than when the copy began; what was added since is not copied", copied.Grown)
	text := fmt.Sprintf("%s, %s", wording.Counted(copied.Files, "file"), wording.Bytes(copied.Bytes))
	if copied.There > 0 {
		text += "; " + wording.Bytes(copied.There) + " of that were there already"
	}
	switch {
	case err == nil:
		r.done(t.setup, "Copied %s.", text)
	case copied.Files > 0:
		r.note("Copied %d of %s, %s.\n", copied.Files, wording.Counted(line.files, "file"), wording.Bytes(copied.Bytes))
	}
	return err
}

// named says something of files, and names the first of them.
func (r *request) named(what string, names []string) {
	const most = 5
	if len(names) == 0 {
		return
	}
	names = slices.Sorted(slices.Values(names))
	text := strings.Join(names[:min(most, len(names))], ", ")
	if left := len(names) - most; left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	r.note("%s: %s\n", what, text)
}

// copyLine shows how far a copy is, on one line of the terminal that is drawn
// again and again.
type copyLine struct {
	*request
	meter meter.Meter
	files int // how many there are, as was told last
}

// widest is what the line has where the terminal does not tell its width, and
// at most.
const widest = 120

func (l *copyLine) progress(p steps.CopyProgress) {
	l.files = p.OfAll
	l.object(jsonProgress{"progress", p.File, p.Bytes, p.Of, p.Files, p.OfAll})
	if !l.drawn() {
		return
	}
	now := l.Now()
	l.meter.Set(now, p.Bytes, p.Of)
	width := 80
	if l.Size != nil {
		if w, _ := l.Size(); w > 0 {
			width = min(w, widest)
		}
	}
	l.note("\r\x1b[K%s", l.text(p, now, width-1)) // the last column would break the line
}

// text is the line: the bar goes first where there is no room, and then the
// beginning of the file's name.
func (l *copyLine) text(p steps.CopyProgress, now time.Time, width int) string {
	text := l.meter.Text(now)
	if p.OfAll > 1 {
		text = fmt.Sprintf("%s, file %d of %d", text, min(p.Files+1, p.OfAll), p.OfAll)
	}
	const bar, nameLeast = 16, 12
	if room := width - cells.Width(text) - 2; room >= bar+2+nameLeast {
		text = l.meter.Bar(bar) + "  " + text
	}
	name := cells.Clean(p.File)
	if over := cells.Width(name) + 2 - (width - cells.Width(text)); over > 0 {
		name = ansi.TruncateLeft(name, over+1, "…")
	}
	return cells.Fit(text+"  "+name, width)
}

// drawn reports whether a person sees the line.
func (l *copyLine) drawn() bool { return l.Terminal && !l.asJSON && l.smart() }

// clear takes the line away, which has had its time.
func (l *copyLine) clear() {
	if l.drawn() {
		l.note("\r\x1b[K")
	}
}
