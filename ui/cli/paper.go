package cli

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// paper is what lines for a person are printed on. In a terminal they are kept
// to its width and have colour and marks; everywhere else they are as scripts
// have always read them.
type paper struct {
	w     io.Writer
	width int  // in cells; 0 where there is no terminal
	color bool // else weight and marks alone
}

// smart reports whether the terminal can do more than print lines.
func (p *Program) smart() bool { return p.Getenv == nil || p.Getenv("TERM") != "dumb" }

// paper is the standard output as it is now; a terminal's width changes.
func (p *Program) paper() paper { return p.paperOn(p.Out, p.OutTerminal) }

func (p *Program) paperOn(w io.Writer, terminal bool) paper {
	out := paper{w: w}
	if terminal && p.smart() && p.Size != nil {
		out.width, _ = p.Size()
		out.color = p.Getenv("NO_COLOR") == "" && p.settings().Get(settings.Theme).Text != string(theme.None)
	}
	return out
}

// terminalSize is the size of the terminal that one of the streams is, or zero.
func terminalSize(streams ...*os.File) (width, height int) {
	for _, f := range streams {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width, height
		}
	}
	return 0, 0
}

// tone is what a text means, where that has a colour. The colours are the
// terminal's own, so that they suit its background.
type tone int

const (
	ordinary tone = iota
	heading
	faint
	good
	warning
	bad
	web
)

// paint draws a text in its tone.
func (p paper) paint(t tone, text string) string {
	if p.width == 0 || t == ordinary || text == "" {
		return text
	}
	style := lipgloss.NewStyle()
	switch t {
	case ordinary:
	case heading:
		style = style.Bold(true)
	case faint:
		style = style.Faint(true)
	case web:
		style = style.Underline(true)
	case good, warning, bad:
		if !p.color {
			return style.Bold(true).Render(text)
		}
		style = style.Foreground(map[tone]lipgloss.ANSIColor{good: 2, warning: 3, bad: 1}[t])
	}
	return style.Render(text)
}

// mark is a tone as a sign of one cell, for those who do not see colours.
func (t tone) mark() string {
	return map[tone]string{good: theme.SignDone, warning: "!", bad: theme.SignFailed, faint: theme.SignTodo}[t]
}

// leading is how a line begins that others below it are to hang from: with
// spaces, and maybe with a word that has its own column.
var leading = regexp.MustCompile(`^ *([^ ]+ {2,})?`)

// fold breaks lines that are wider than the terminal between words; what
// follows has the line's own indent and more cells. An address is left whole, so
// that it can be copied, and so is a path that fits without the indent.
func (p paper) fold(text string, more int) string {
	if p.width == 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if cells.Width(line) <= p.width {
			continue
		}
		head, hang := leading.FindString(line), more
		if cells.Width(head) > p.width/2 {
			head = line[:len(line)-len(strings.TrimLeft(line, " "))]
		}
		if strings.TrimSpace(head) != "" {
			hang = 0
		}
		wide := cells.Width(head)
		text := p.words(line[len(head):], p.width-wide, p.width-wide-hang)
		if first := cells.Width(text[0]); strings.TrimSpace(head) == "" && first <= p.width && first+wide > p.width {
			head = ""
		}
		lines[i] = head + p.hang(text, wide+hang)
		if strings.HasSuffix(line, " ") {
			lines[i] += " " // a question, whose answer stands beside it
		}
	}
	return strings.Join(lines, "\n")
}

// foldCommand breaks a command line as a shell takes it back: at spaces outside
// of quotes, with a backslash. It stands behind two cells.
func (p paper) foldCommand(line string) string {
	const indent = 2
	if p.width == 0 || cells.Width(line)+indent <= p.width {
		return line
	}
	var out strings.Builder
	at := 0
	for i, word := range shellWords(line) {
		switch w := cells.Width(word); {
		case i == 0:
			at = indent + w
		case at+1+w+2 > p.width: // a space before the word, a backslash behind it
			out.WriteString(" \\\n" + strings.Repeat(" ", indent+4))
			at = indent + 4 + w
		default:
			out.WriteString(" ")
			at += 1 + w
		}
		out.WriteString(word)
	}
	return out.String()
}

// shellWords are the words of a command line with their quotes.
func shellWords(line string) []string {
	var all []string
	quote, from := rune(0), 0
	for i, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && r == ' ':
			if i > from {
				all = append(all, line[from:i])
			}
			from = i + 1
		}
	}
	return append(all, line[from:])
}

// box draws a frame around an address. One that is too wide for it stands
// between two lines, whole, so that it can be copied.
func (p paper) box(address string) string {
	edge := func(s string) string { return p.paint(good, s) }
	gap := " "
	if cells.Width(address)+4 > p.width {
		gap = ""
	}
	inside := cells.Width(address) + 2*len(gap)
	if inside+2 > p.width {
		line := edge(strings.Repeat("─", max(p.width-1, 1)))
		return line + "\n" + p.paint(web, address) + "\n" + line
	}
	line := strings.Repeat("─", inside)
	return edge("╭"+line+"╮") + "\n" + edge("│") + gap + p.paint(web, address) + gap + edge("│") + "\n" + edge("╰"+line+"╯")
}

// words breaks a text into a first line of that width and others.
func (p paper) words(text string, first, others int) []string {
	return cells.Wrap(text, cells.Wrapping{First: first, Others: others, Whole: p.width})
}

// hang puts the lines below the first one to the right. One that has room only
// without that begins at the edge: what it names can then be copied.
func (p paper) hang(lines []string, indent int) string {
	var out strings.Builder
	for i, line := range lines {
		if i > 0 {
			out.WriteString("\n")
			if cells.Width(line)+indent <= p.width || cells.Width(line) > p.width {
				out.WriteString(strings.Repeat(" ", indent))
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// column is one of a table.
type column struct {
	title string
	// label says what a value is where it stands under its row: a terminal
	// that is too narrow gets the columns there that give way first.
	label string
	give  int
}

// cell is a value in a table, with a mark where it has a tone.
type cell struct {
	text string
	tone tone
	mark string
}

// table prints rows under titles. Where they are too wide for the terminal,
// columns give way, and stand under each row.
func (p paper) table(columns []column, rows [][]cell) error {
	if p.width == 0 {
		return p.plainTable(columns, rows)
	}
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = cells.Width(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], cells.Width(row[i].marked()))
		}
	}
	beside := p.beside(columns, widths)
	var all strings.Builder
	head := make([]cell, len(columns))
	for i, c := range columns {
		head[i] = cell{text: c.title, tone: heading}
	}
	for _, row := range append([][]cell{head}, rows...) {
		var line []string
		for i, c := range row {
			if beside[i] {
				line = append(line, p.paint(c.tone, c.marked())+strings.Repeat(" ", widths[i]-cells.Width(c.marked())))
			}
		}
		fmt.Fprintln(&all, strings.TrimRight(strings.Join(line, "  "), " "))
		if row[0] != head[0] {
			p.under(&all, columns, row, beside)
		}
	}
	_, err := io.WriteString(p.w, all.String())
	return err
}

// beside says which columns have room.
func (p paper) beside(columns []column, widths []int) []bool {
	beside := make([]bool, len(columns))
	total := -2
	for i, w := range widths {
		beside[i] = true
		total += w + 2
	}
	for total > p.width {
		last := -1
		for i, c := range columns {
			if beside[i] && c.give > 0 && (last < 0 || c.give > columns[last].give) {
				last = i
			}
		}
		if last < 0 {
			break
		}
		beside[last] = false
		total -= widths[last] + 2
	}
	return beside
}

// under prints the values of a row that have no room in it.
func (p paper) under(w io.Writer, columns []column, row []cell, beside []bool) {
	line := ""
	put := func(text string) { _, _ = fmt.Fprintln(w, p.paint(faint, "  "+text)) }
	for i, c := range row {
		if beside[i] || c.text == "-" || c.text == "" {
			continue
		}
		value := strings.TrimSpace(columns[i].label + " " + c.text)
		switch {
		case line == "":
			line = value
		case cells.Width(line)+2+cells.Width(value)+2 <= p.width:
			line += ", " + value
		default:
			put(line)
			line = value
		}
	}
	if line != "" {
		put(line)
	}
}

func (c cell) marked() string {
	if c.mark == "" {
		return c.text
	}
	return c.mark + " " + c.text
}

func (p paper) plainTable(columns []column, rows [][]cell) error {
	w := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	_, _ = fmt.Fprintln(w, strings.Join(titles, "\t")) // Flush tells
	for _, row := range rows {
		texts := make([]string, len(row))
		for i, c := range row {
			texts[i] = c.text
		}
		_, _ = fmt.Fprintln(w, strings.Join(texts, "\t"))
	}
	return w.Flush()
}

// fact is a value with its name.
type fact struct {
	title, text string
	tone        tone
	mark        string
}

// facts prints values beside their names.
func (p paper) facts(all []fact) error {
	wide := 0
	for _, f := range all {
		wide = max(wide, cells.Width(f.title))
	}
	var out strings.Builder
	for _, f := range all {
		lines := []string{f.text}
		if p.width > 0 {
			room := p.width - wide - 2
			lines = cells.Wrap(cell{text: f.text, mark: f.mark}.marked(), cells.Wrapping{First: room, Others: room})
		}
		for i, line := range lines {
			title := f.title
			if i > 0 {
				title = ""
			}
			fmt.Fprintln(&out, p.paint(faint, title)+strings.Repeat(" ", wide-cells.Width(title)+2)+p.paint(f.tone, line))
		}
	}
	_, err := io.WriteString(p.w, out.String())
	return err
}
