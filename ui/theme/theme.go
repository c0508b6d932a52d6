// Package theme turns the meanings a screen has words for (a title, an error,
// a step that is done) into styles, for dark and light terminals and for
// terminals without colour. Nothing is told by colour alone.
package theme

import "charm.land/lipgloss/v2"

// Theme is the set of styles a screen is drawn with. None of them has padding,
// margins or a border, so text keeps its width.
type Theme struct {
	Dark  bool // the terminal's background is dark
	Color bool // false: bold, underline and reverse only

	Title, Heading, Text, Subtle, Accent lipgloss.Style
	Key, KeyDesc                         lipgloss.Style // "Enter" and "continue" of the key line
	OK, Warn, Error, Danger              lipgloss.Style // Danger marks what destroys
	Code, URL                            lipgloss.Style // command lines; links
	Border, BorderFocus                  lipgloss.Style // lines around and between
	Badge                                lipgloss.Style // SANDBOX

	TableHeader, TableRow, TableSelected, TableSelectedBlur, TableDisabled lipgloss.Style
	SelectedOK, SelectedWarn, SelectedError                                lipgloss.Style // in the selected row

	StepDone, StepActive, StepTodo, StepFailed lipgloss.Style

	LogHost, LogDoing, LogRetry, LogFailed lipgloss.Style
	Hit, HitCurrent                        lipgloss.Style // search hits
	Track, Thumb                           lipgloss.Style // the scrollbar

	Prompt, Input, Placeholder, Cursor lipgloss.Style
}

// Signs that tell by their shape what colour tells, too. Each is one cell wide.
const (
	SignDone   = "✓"
	SignActive = "●"
	SignTodo   = "○"
	SignFailed = "✗"
)

// New makes the theme for a dark or light background, with colour or without
// (NO_COLOR, TERM=dumb).
func New(dark, color bool) Theme {
	if !color {
		t := plain()
		t.Dark = dark
		return t
	}
	p := lightPalette()
	if dark {
		p = darkPalette()
	}
	t := p.theme()
	t.Dark, t.Color = dark, true
	return t
}

// plain is the theme without colour: weight, underline and reverse tell apart
// what words and signs do not.
func plain() Theme {
	n := lipgloss.NewStyle()
	b, u, r := n.Bold(true), n.Underline(true), n.Reverse(true)
	return Theme{
		Title: b, Heading: b, Text: n, Subtle: n, Accent: b,
		Key: b, KeyDesc: n,
		OK: b, Warn: b, Error: b, Danger: r.Bold(true),
		Code: n, URL: u,
		Border: n, BorderFocus: b,
		Badge:       r.Bold(true),
		TableHeader: b, TableRow: n, TableSelected: r, TableSelectedBlur: b, TableDisabled: n,
		SelectedOK: r, SelectedWarn: r.Bold(true), SelectedError: r.Bold(true),
		StepDone: n, StepActive: b, StepTodo: n, StepFailed: b,
		LogHost: n, LogDoing: b, LogRetry: b, LogFailed: b,
		Hit: u.Bold(true), HitCurrent: r.Bold(true),
		Track: n, Thumb: b,
		Prompt: b, Input: n, Placeholder: n, Cursor: r,
	}
}

// Box is the frame around a part of the screen, accented while it has the
// focus. It adds two cells to width and height.
func (t Theme) Box(focus bool) lipgloss.Style {
	s := lipgloss.NewStyle().Border(lipgloss.RoundedBorder())
	edge := t.Border
	if focus {
		edge = t.BorderFocus
		if !t.Color {
			s = lipgloss.NewStyle().Border(lipgloss.ThickBorder())
		}
	}
	return s.BorderForeground(edge.GetForeground())
}
