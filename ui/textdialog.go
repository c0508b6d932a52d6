package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// tall is a dialog that makes use of the height there is.
type tall interface {
	viewTall(th theme.Theme, w, h int) []string
	most() int // the widest it may be on the screen
}

// textDialog is something to read.
type textDialog struct {
	title string
	parts []textPart
	at    page.Scroll
}

// textPart is a heading, a text and a technical message, each may be empty.
type textPart struct{ head, text, next, raw string }

func (d *textDialog) add(head string, p steps.Problem) {
	d.parts = append(d.parts, textPart{head + ": " + p.Title, p.Text, p.Next, p.Raw})
}

func (d *textDialog) typing() page.Typist { return nil }

func (d *textDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "enter", "q", "f":
		m.closeDialog()
	default:
		d.at.Key(k)
	}
	return nil
}

func (d *textDialog) view(th theme.Theme, w int) []string { return d.viewTall(th, w, 24) }

func (d *textDialog) most() int { return wideDialog }

func (d *textDialog) viewTall(th theme.Theme, w, h int) []string {
	var lines []string
	for _, p := range d.parts {
		if p.head != "" {
			lines = append(lines, page.Paragraph(th.Heading, page.Clean(p.head), w)...)
		}
		lines = append(lines, page.Paragraph(th.Text, page.Clean(p.text), w)...)
		if p.next != "" {
			lines = append(lines, page.Paragraph(th.Accent, "→ "+page.Clean(p.next), w)...)
		}
		if p.raw != "" && p.raw != p.text {
			lines = append(lines, page.Paragraph(th.Code, page.Clean(p.raw), w)...)
		}
		lines = append(lines, "")
	}
	head := []string{th.Title.Render(d.title), ""}
	return append(head, page.Scrolled(th, &d.at, lines, w, max(h-len(head), 1))...)
}

func (d *textDialog) hints() []page.Hint { return []page.Hint{{"esc", "close"}, {"↑↓", "scroll"}} }
