package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// helpWidth is the widest a help gets: longer lines are hard to read.
const helpWidth = 100

// help prints what a command does, with examples, commands and flags. It asks
// the terminal nothing: one that does not answer would be waited for.
func (p *Program) help(cmd *cobra.Command) {
	out := p.paper()
	out.width = min(out.width, helpWidth)
	h := &helpText{paper: out}
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	h.line("%s", out.fold(strings.TrimSpace(text), 0))
	h.title("USAGE")
	h.line("  %s", cmd.UseLine())
	if cmd.HasAvailableSubCommands() && cmd.HasParent() {
		h.line("  %s COMMAND", cmd.CommandPath())
	}
	h.examples(cmd.Example)
	var rows [][2]string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			rows = append(rows, [2]string{strings.TrimSuffix(c.Use, " [flags]"), c.Short})
		}
	}
	h.rows("COMMANDS", rows)
	rows = nil
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			rows = append(rows, [2]string{flagUse(f), flagText(f)})
		}
	})
	h.rows("FLAGS", rows)
	_, _ = io.WriteString(p.Out, h.all.String()) // the output remembers
}

// takenWord is the annotation of a flag that says what it takes.
const takenWord = "jupyter-ec2-takes"

// takes says what flags take, where their names do not.
func takes(flags *pflag.FlagSet, word string, names ...string) {
	for _, name := range names {
		_ = flags.SetAnnotation(name, takenWord, []string{word}) // it exists
	}
}

// flagUse is a flag as it is typed.
func flagUse(f *pflag.Flag) string {
	use := "    --" + f.Name
	if f.Shorthand != "" {
		use = "-" + f.Shorthand + ", --" + f.Name
	}
	switch kind := f.Value.Type(); {
	case len(f.Annotations[takenWord]) > 0:
		use += " " + f.Annotations[takenWord][0]
	case kind == "bool":
	case kind == "int":
		use += " N"
	case kind == "string":
		use += " " + strings.ToUpper(f.Name)
	default:
		use += " " + strings.ToUpper(kind)
	}
	return use
}

// flagText is what a flag does, with its default where that says something.
func flagText(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "false", "[]":
		return f.Usage
	}
	if strings.HasSuffix(f.Usage, ")") {
		return f.Usage
	}
	return f.Usage + " (" + f.DefValue + ")"
}

// helpText is a help in the making.
type helpText struct {
	paper
	all strings.Builder
}

func (h *helpText) line(format string, args ...any) { fmt.Fprintf(&h.all, format+"\n", args...) }

func (h *helpText) title(text string) { h.line("\n%s", h.paint(heading, text)) }

func (h *helpText) examples(text string) {
	if text == "" {
		return
	}
	h.title("EXAMPLES")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			h.line("%s", h.paint(faint, h.fold("  "+line, 2)))
			continue
		}
		h.line("  %s", h.foldCommand(line))
	}
}

// rows prints words with what they mean beside them, or below them where there
// is no room.
func (h *helpText) rows(title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	h.title(title)
	wide := 0
	for _, row := range rows {
		wide = max(wide, cells.Width(row[0]))
	}
	for _, row := range rows {
		switch room := h.width - wide - 4; {
		case h.width == 0:
			h.line("  %-*s  %s", wide, row[0], row[1])
		case room < 30:
			h.line("  %s\n%s", row[0], h.paint(faint, h.fold("        "+row[1], 0)))
		default:
			lines := h.words(row[1], room, room)
			h.line("  %s  %s", cells.Fit(row[0], wide), strings.Join(lines, "\n"+strings.Repeat(" ", wide+4)))
		}
	}
}
