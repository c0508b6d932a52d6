package logpane

import (
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// header is the line above the window: title and state on the left, counts or
// the search on the right. What matters least goes first where it is narrow.
func (p *Pane) header() string {
	if p.search.open {
		return p.searchLine()
	}
	left := p.head()
	room := p.width - cells.Width(left) - 1
	for _, right := range p.rights() {
		if w := cells.Width(right); w > 0 && w <= room {
			return left + p.rule(p.width-cells.Width(left)-w-1) + " " + right
		}
	}
	return left + p.rule(p.width-cells.Width(left))
}

// head is the title, marked when the keys go to the pane, and whether the view
// follows.
func (p *Pane) head() string {
	title, edge := p.theme.Heading, p.theme.Border.Render("──")
	if p.focused {
		title, edge = p.theme.Title, p.theme.BorderFocus.Render("━━")
	}
	head := edge + " " + title.Render(cells.Clean(p.title)) + " "
	if p.buf.Len() == 0 {
		return head
	}
	if p.follow {
		return head + p.theme.OK.Render("following") + " "
	}
	state := "paused"
	if _, last := p.visible(); last < p.end()-1 && p.width >= 60 {
		state += " · " + cells.Thousands(p.end()-1-last) + " below"
	}
	return head + p.theme.Warn.Render(state) + " "
}

func (p *Pane) rule(width int) string {
	if width <= 0 {
		return ""
	}
	if p.focused {
		return p.theme.BorderFocus.Render(strings.Repeat("━", width))
	}
	return p.theme.Border.Render(strings.Repeat("─", width))
}

// rights are the header's right end, from the fullest to the shortest.
func (p *Pane) rights() []string {
	th := p.theme
	if p.notice != "" {
		return []string{th.Accent.Render(cells.Clean(p.notice))}
	}
	lines, dropped := wording.Counted(p.buf.Len(), "line"), p.buf.Dropped()
	full, short := lines, lines
	if !p.wrap {
		full = "not wrapped · " + full
	}
	if dropped > 0 {
		full += " · " + wording.Counted(dropped, "older line") + " dropped"
		short = lines + ", " + cells.Thousands(dropped) + " dropped"
	}
	if p.search.finder != nil {
		found := p.found()
		style := th.Accent
		if found == "no match" {
			style = th.Warn
		}
		query := th.Subtle.Render("/" + cells.Fit(cells.Clean(p.search.finder.Text()), min(cells.Width(cells.Clean(p.search.finder.Text())), 24)))
		return []string{
			query + " " + style.Render(found) + th.Subtle.Render(" · "+full),
			query + " " + style.Render(found) + th.Subtle.Render(" · "+short),
			query + " " + style.Render(found), style.Render(found),
		}
	}
	return []string{th.Subtle.Render(full), th.Subtle.Render(short), th.Subtle.Render(lines)}
}

// searchLine is the header while the search input is open.
func (p *Pane) searchLine() string {
	found := p.found()
	right := p.theme.Accent.Render(found)
	if found == "no match" {
		right = p.theme.Warn.Render(found)
	}
	w := cells.Width(found)
	if w > p.width/2 {
		right, w = "", 0
	}
	return p.theme.Prompt.Render("/") + p.search.input.Line(max(p.width-w-2, 1)) + " " + right
}
