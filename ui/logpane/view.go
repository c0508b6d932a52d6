package logpane

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
)

// View is exactly width by height cells: a header line and the window.
func (p *Pane) View() string {
	if p.fresh && p.frameVersion == p.buf.Version() {
		return p.frame
	}
	p.frame, p.frameVersion, p.fresh = p.draw(), p.buf.Version(), true
	return p.frame
}

func (p *Pane) draw() string {
	if p.width == 0 || p.height == 0 {
		return strings.Repeat("\n", max(p.height-1, 0))
	}
	lines := make([]string, 0, p.height)
	lines = append(lines, cells.Fit(p.header(), p.width))
	bar := p.scrollbar()
	for i, row := range p.rows() {
		lines = append(lines, cells.Fit(row, p.width-1)+bar[i])
	}
	return strings.Join(lines, "\n")
}

// rows are the body's rows, styled, not yet of full width.
func (p *Pane) rows() []string {
	rows := make([]string, p.body())
	if p.buf.Len() == 0 {
		if len(rows) > 0 {
			rows[0] = p.theme.Subtle.Render(cells.Clean(p.empty))
		}
		return rows
	}
	at := p.origin()
	for i := 0; i < len(rows) && at.line < p.end(); at = (place{at.line + 1, 0}) {
		l := p.lay(at.line)
		style := p.style(at.line)
		spans := p.spans(l)
		for r := l.row(at.offset); r < len(l.rows) && i < len(rows); r++ {
			rows[i] = p.row(l, r, style, spans, at.line == p.search.current)
			i++
		}
	}
	return rows
}

func (p *Pane) style(number int) lipgloss.Style {
	switch p.buf.Mark(number - p.buf.Dropped()) {
	case logbuf.Doing:
		return p.theme.LogDoing
	case logbuf.Retry:
		return p.theme.LogRetry
	case logbuf.Failed:
		return p.theme.LogFailed
	default:
		return p.theme.LogHost
	}
}

// spans are the search hits in a line.
func (p *Pane) spans(l laid) [][2]int {
	if p.search.finder == nil {
		return nil
	}
	return around(l.text, p.search.finder.Spans(l.text))
}

func (p *Pane) row(l laid, r int, style lipgloss.Style, spans [][2]int, current bool) string {
	start, end := l.span(r)
	before, after := "", ""
	if !p.wrap {
		start, end, before, after = p.cut(l.text, p.columns())
	}
	for p.wrap && end > start && l.text[end-1] == ' ' { // spaces may stick out, see breaks
		end--
	}
	hit := p.theme.Hit
	if current {
		hit = p.theme.HitCurrent
	}
	var b strings.Builder
	if r > 0 {
		b.WriteString(strings.Repeat(" ", l.hang))
	}
	b.WriteString(before)
	at := start
	for _, s := range spans {
		from, to := max(s[0], at), min(s[1], end)
		if from >= to {
			continue
		}
		b.WriteString(render(style, l.text[at:from]))
		b.WriteString(hit.Render(l.text[from:to]))
		at = to
	}
	b.WriteString(render(style, l.text[at:end]))
	b.WriteString(after)
	return b.String()
}

// cut is the part of an unwrapped line in the window, with marks where there
// is more.
func (p *Pane) cut(text string, room int) (start, end int, before, after string) {
	from := p.shift
	if from > 0 && text != "" {
		before = p.theme.Subtle.Render("‹")
		from, room = from+1, room-1
	}
	start, end = window(text, from, room)
	if end < len(text) {
		after = p.theme.Subtle.Render("›")
		start, end = window(text, from, room-1)
	}
	return start, end, before, after
}

func render(s lipgloss.Style, text string) string {
	if text == "" {
		return ""
	}
	return s.Render(text)
}

// scrollbar is one glyph a row. It counts lines, not rows: near enough for the
// eye, and free.
func (p *Pane) scrollbar() []string {
	bar := make([]string, p.body())
	first, last := p.visible()
	shown, total := last-first+1, p.buf.Len()
	if len(bar) == 0 || total == 0 || shown >= total && p.origin() == (place{p.first(), 0}) {
		for i := range bar {
			bar[i] = " "
		}
		return bar
	}
	size := max(len(bar)*shown/total, 1)
	from := 0
	if rest := total - shown; rest > 0 {
		from = (len(bar) - size) * (first - p.first()) / rest
	}
	if p.follow || last == p.end()-1 {
		from = len(bar) - size
	}
	track, thumb := p.theme.Track.Render("│"), p.theme.Thumb.Render("┃")
	for i := range bar {
		bar[i] = track
		if i >= from && i < from+size {
			bar[i] = thumb
		}
	}
	return bar
}
