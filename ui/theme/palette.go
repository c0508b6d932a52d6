package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// palette is a background's colours. Each foreground has at least 4.5:1
// contrast to the usual backgrounds of its kind (WCAG 2.2, 1.4.3); lines and
// the scrollbar have less on purpose. The terminal's own foreground is used
// for plain text.
type palette struct {
	accent, subtle, ok, warn, bad, code, url color.Color
	line, track                              color.Color
	onAccent                                 color.Color // text on a surface of accent
	onBad                                    color.Color // text on a surface of bad
	selected, onSelected                     color.Color // the selected row
	badSelected                              color.Color // bad in the selected row
	selectedBlur                             color.Color
}

func darkPalette() palette {
	return palette{
		accent: hex("#FF9F45"), subtle: hex("#9CA0A6"),
		ok: hex("#63D297"), warn: hex("#F4C95D"), bad: hex("#FF7B72"),
		code: hex("#B9C7F5"), url: hex("#79B8FF"),
		line: hex("#50545C"), track: hex("#3A3D44"),
		onAccent: hex("#1B1206"), onBad: hex("#2A0A08"),
		selected: hex("#3A3F4B"), onSelected: hex("#FFFFFF"), badSelected: hex("#FF9C94"), selectedBlur: hex("#2B2F38"),
	}
}

func lightPalette() palette {
	return palette{
		accent: hex("#AD4A00"), subtle: hex("#5F6368"),
		ok: hex("#0A750A"), warn: hex("#7D5200"), bad: hex("#B3261E"),
		code: hex("#44409A"), url: hex("#0B57B0"),
		line: hex("#B2B2B2"), track: hex("#D6D9DE"),
		onAccent: hex("#FFFFFF"), onBad: hex("#FFFFFF"),
		selected: hex("#E1E3E6"), onSelected: hex("#000000"), badSelected: hex("#A3160F"), selectedBlur: hex("#EFEFEF"),
	}
}

func hex(s string) color.Color { return lipgloss.Color(s) }

func (p palette) theme() Theme {
	n := lipgloss.NewStyle()
	fg := func(c color.Color) lipgloss.Style { return n.Foreground(c) }
	on := func(c, surface color.Color) lipgloss.Style { return n.Foreground(c).Background(surface) }
	return Theme{
		Title: fg(p.accent).Bold(true), Heading: n.Bold(true), Text: n, Subtle: fg(p.subtle), Accent: fg(p.accent),
		Key: n.Bold(true), KeyDesc: fg(p.subtle),
		OK: fg(p.ok), Warn: fg(p.warn), Error: fg(p.bad).Bold(true), Danger: on(p.onBad, p.bad).Bold(true),
		Code: fg(p.code), URL: fg(p.url).Underline(true),
		Border: fg(p.line), BorderFocus: fg(p.accent),
		Badge:       on(p.onAccent, p.accent).Bold(true),
		TableHeader: fg(p.subtle).Bold(true), TableRow: n,
		TableSelected: on(p.onSelected, p.selected).Bold(true), TableSelectedBlur: on(p.onSelected, p.selectedBlur),
		TableDisabled: fg(p.subtle),
		SelectedOK:    on(p.ok, p.selected).Bold(true), SelectedWarn: on(p.warn, p.selected).Bold(true), SelectedError: on(p.badSelected, p.selected).Bold(true),
		StepDone: fg(p.ok), StepActive: fg(p.accent).Bold(true), StepTodo: fg(p.subtle), StepFailed: fg(p.bad).Bold(true),
		LogHost: n, LogDoing: fg(p.code), LogRetry: fg(p.warn), LogFailed: fg(p.bad).Bold(true),
		Hit: fg(p.accent).Bold(true), HitCurrent: on(p.onAccent, p.accent).Bold(true),
		Track: fg(p.track), Thumb: fg(p.subtle),
		Prompt: fg(p.accent).Bold(true), Input: n, Placeholder: fg(p.subtle), Cursor: n.Reverse(true),
	}
}
