package page

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// readable is the widest a paragraph gets: longer lines are hard to read.
const readable = 92

// Wrap breaks text without styles into lines of at most width cells: between
// words, and inside a word only where it is longer than a line.
func Wrap(text string, width int) []string {
	if width < 1 {
		return nil
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return cells.Wrap(text, cells.Wrapping{First: width, Others: width, Cut: true})
}

// Styler draws text in a style.
type Styler interface{ Render(...string) string }

// Paragraph is wrapped text in a style.
func Paragraph(style Styler, text string, width int) []string {
	lines := Wrap(text, min(width, readable))
	for i, line := range lines {
		lines[i] = style.Render(line)
	}
	return lines
}

// Indent puts n spaces before each line.
func Indent(lines []string, n int) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = strings.Repeat(" ", n) + line
	}
	return out
}

// Pair is a label and what it labels, wrapped beside it.
func Pair(th theme.Theme, label string, style Styler, text string, labelW, width int) []string {
	lines := Wrap(text, max(width-labelW, 8))
	for i, line := range lines {
		head := ""
		if i == 0 {
			head = label
		}
		lines[i] = th.Subtle.Render(cells.Fit(head, labelW)) + style.Render(line)
	}
	return lines
}

// Link is a URL on as many rows of w cells as it takes. Every piece is the same
// link: id tells it from others.
func Link(style lipgloss.Style, url, id string, w int) []string {
	style = style.Hyperlink(Clean(url), "id="+id)
	pieces := strings.Split(ansi.Hardwrap(Clean(url), w, true), "\n")
	for i, piece := range pieces {
		pieces[i] = style.Render(piece)
	}
	return pieces
}

// ProblemLines tells a problem: its title, what happened, what to do next,
// and the technical message when asked for.
func ProblemLines(th theme.Theme, p problem.Problem, width int, details bool) []string {
	lines := []string{th.Error.Render(theme.SignFailed + " " + Clean(p.Title))}
	lines = append(lines, Indent(Paragraph(th.Text, Clean(p.Text), width-2), 2)...)
	lines = append(lines, "")
	next := Wrap(Clean(NextWords(p.Next)), min(width, readable)-4)
	for i, line := range next {
		head := "  "
		if i == 0 {
			head = th.Accent.Render("→ ")
		}
		lines = append(lines, "  "+head+th.Heading.Render(line))
	}
	if details && p.Raw != "" {
		lines = append(lines, "", "  "+th.Subtle.Render("The technical message:"))
		lines = append(lines, Indent(Paragraph(th.Code, Clean(p.Raw), width-2), 2)...)
	}
	return lines
}

// WarningLines draws a warning behind its sign, and what is wrapped under its
// text, as problemLines does.
func WarningLines(th theme.Theme, text string, width int) []string {
	lines := Paragraph(th.Warn, Clean(text), width-2)
	for i, line := range lines {
		head := "  "
		if i == 0 {
			head = th.Warn.Render("! ")
		}
		lines[i] = head + line
	}
	return lines
}

// ByHandLines draws the commands one would have typed, at most most of them,
// a line each: whole they are in the help.
func ByHandLines(th theme.Theme, commands []string, width, most int) []string {
	const label = "By hand  "
	lines := make([]string, 0, most)
	for i, c := range commands {
		head := strings.Repeat(" ", len(label))
		if i == 0 {
			head = label
		}
		head = th.Subtle.Render(head)
		if i == most-1 && len(commands) > most {
			return append(lines, head+th.Subtle.Render(fmt.Sprintf("… and %d more: press ?", len(commands)-i)))
		}
		lines = append(lines, head+th.Subtle.Render(PromptOf(c)+" ")+th.Code.Render(ansi.Truncate(Clean(c), max(width-len(label)-2, 1), "…")))
	}
	return lines
}

// PromptOf is what stands before something that is typed by hand: a URL is not
// for the shell.
func PromptOf(byHand string) string {
	if strings.HasPrefix(byHand, "http://") || strings.HasPrefix(byHand, "https://") {
		return "→"
	}
	return "$"
}

// Clean makes text from outside one that draws as it measures; line breaks
// become spaces.
func Clean(s string) string {
	return cells.Clean(strings.ReplaceAll(strings.TrimSpace(s), "\n", " "))
}

// Heading is a heading inside a page.
func Heading(th theme.Theme, text string) string { return th.Heading.Render(text) }

// Arrow marks the line the cursor is on.
func Arrow(th theme.Theme, on bool) string {
	if on {
		return th.Accent.Render("▸ ")
	}
	return "  "
}

// Radio marks the chosen one of several.
func Radio(th theme.Theme, on bool) string {
	if on {
		return th.Accent.Render("◉ ")
	}
	return th.Subtle.Render("○ ")
}

// Columns puts lines side by side.
func Columns(left, right []string, width, gap int) []string {
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		l, r := "", ""
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		lines[i] = cells.Fit(l, width+gap) + r
	}
	return lines
}

// Scrolled cuts the visible part out of lines, and says when there is more.
func Scrolled(th theme.Theme, at *Scroll, lines []string, w, h int) []string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) <= h {
		at.Top = 0
		return lines
	}
	shown, above, below := at.window(lines, h-1)
	note := fmt.Sprintf("↓ %d more lines", below)
	if below == 0 {
		note = fmt.Sprintf("↑ %d lines above", above)
	}
	return append(shown[:len(shown):len(shown)], cells.FitRight(th.Subtle.Render(note), w))
}

// Bullet is a wrapped line behind a sign.
func Bullet(style Styler, sign, text string, w int) []string {
	lines := Wrap(text, w-4)
	for i, line := range lines {
		if i > 0 {
			sign = strings.Repeat(" ", cells.Width(sign))
		}
		lines[i] = "  " + sign + " " + style.Render(line)
	}
	return lines
}

// Beside puts two blocks of the same height next to each other.
func Beside(left, between, right string) string {
	l, r := strings.Split(left, "\n"), strings.Split(right, "\n")
	for i := range l {
		l[i] += between + r[i]
	}
	return strings.Join(l, "\n")
}

// Capital is a text that begins with a capital letter.
func Capital(s string) string { return problem.Capital(s) }
