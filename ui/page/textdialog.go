package page

import (
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// TextDialog is something to read.
type TextDialog struct {
	Title string
	Parts []TextPart
	at    Scroll
}

// TextPart is a heading, a text and a technical message, each may be empty.
type TextPart struct{ Head, Text, Next, Raw string }

// Add adds a problem, under a heading.
func (d *TextDialog) Add(head string, p problem.Problem) {
	d.Parts = append(d.Parts, TextPart{head + ": " + p.Title, p.Text, NextWords(p.Next), p.Raw})
}

// Typing implements [Dialog].
func (d *TextDialog) Typing() Typist { return nil }

// Keys implements [Dialog].
func (d *TextDialog) Keys() DialogKeys {
	return DialogKeys{On("esc enter q f", "close", Close), Moving[Reply]("scroll", d.at.Key)}
}

// View implements [Dialog].
func (d *TextDialog) View(th theme.Theme, w int) []string { return d.ViewTall(th, w, 24) }

// Most implements [Tall].
func (d *TextDialog) Most() int { return WideDialog }

// ViewTall implements [Tall].
func (d *TextDialog) ViewTall(th theme.Theme, w, h int) []string {
	var lines []string
	for _, p := range d.Parts {
		if p.Head != "" {
			lines = append(lines, Paragraph(th.Heading, Clean(p.Head), w)...)
		}
		lines = append(lines, Paragraph(th.Text, Clean(p.Text), w)...)
		if p.Next != "" {
			lines = append(lines, Paragraph(th.Accent, "→ "+Clean(p.Next), w)...)
		}
		if p.Raw != "" && p.Raw != p.Text {
			lines = append(lines, Paragraph(th.Code, Clean(p.Raw), w)...)
		}
		lines = append(lines, "")
	}
	head := []string{th.Title.Render(d.Title), ""}
	return append(head, Scrolled(th, &d.at, lines, w, max(h-len(head), 1))...)
}

// Point implements [PointableDialog].
func (d *TextDialog) Point(p Pointed) Reply { d.at.Wheel(p); return Reply{} }
