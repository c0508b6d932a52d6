package logpane

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/form"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// none is the number of no line.
const none = -1

// search is what is looked for, and where it was found.
type search struct {
	open    bool
	input   *form.Input
	finder  *logbuf.Finder // nil when nothing is looked for
	current int            // number of the line gone to, or none

	// Where the window was when the input was opened.
	top    place
	follow bool
}

func (p *Pane) openSearch() {
	p.search.input = form.NewInput("", p.theme, nil)
	p.search.open, p.search.top, p.search.follow = true, p.origin(), p.follow
	p.search.input.SetPlaceholder(" search")
}

// endSearch forgets the search.
func (p *Pane) endSearch() { p.search = search{current: none} }

// searchKey takes a key while the input is open.
func (p *Pane) searchKey(k tea.KeyPressMsg) (handled bool, cmd tea.Cmd) {
	switch k.String() {
	case "enter":
		if p.search.open = false; p.search.finder == nil {
			p.endSearch()
		}
	case "esc", "ctrl+c":
		p.top, p.follow = p.search.top, p.search.follow
		p.endSearch()
		// Ctrl+C means more than the search to the owner.
		return k.String() == "esc", nil
	case "down", "ctrl+n":
		p.step(true)
	case "up", "ctrl+p":
		p.step(false)
	case "backspace":
		if p.search.input.Value() == "" {
			p.endSearch()
			return true, nil
		}
		return p.searchEdit(k)
	default:
		return p.searchEdit(k)
	}
	return true, nil
}

// searchEdit changes the text and goes to the match nearest to where the
// search began.
func (p *Pane) searchEdit(msg tea.Msg) (handled bool, cmd tea.Cmd) {
	was := p.search.input.Value()
	handled, cmd = p.search.input.Update(msg)
	text := p.search.input.Value()
	if text == was {
		return handled, cmd
	}
	p.top, p.follow, p.search.current, p.search.finder = p.search.top, p.search.follow, none, nil
	if text != "" {
		p.search.finder = logbuf.NewFinder(text)
		p.nearest()
	}
	return handled, cmd
}

// nearest goes to the newest match while following, else to the first from the
// window's top on.
func (p *Pane) nearest() {
	p.search.finder.Sync(p.buf)
	line, ok := p.search.finder.Next(p.origin().line - 1)
	if p.follow || !ok {
		line, ok = p.search.finder.Prev(p.end())
	}
	if ok {
		p.goTo(line)
	}
}

// step goes to the next or the previous match, over the log's end to its other
// end.
func (p *Pane) step(down bool) {
	f := p.search.finder
	if f == nil {
		return
	}
	f.Sync(p.buf)
	if f.Count() == 0 {
		return
	}
	from := p.search.current
	if from < p.first() { // dropped since, or none yet
		first, last := p.visible()
		if from = first - 1; !down {
			from = last + 1
		}
	}
	var line int
	var ok bool
	if down {
		if line, ok = f.Next(from); !ok {
			line, _ = f.Next(none)
			p.notice = "on from the start"
		}
	} else {
		if line, ok = f.Prev(from); !ok {
			line, _ = f.Prev(p.end())
			p.notice = "on from the end"
		}
	}
	p.goTo(line)
}

func (p *Pane) goTo(line int) {
	p.search.current = line
	at := place{line: line}
	if spans := p.search.finder.Spans(p.lay(line).text); len(spans) > 0 {
		at.offset = spans[0][0]
		if !p.wrap {
			p.sideTo(line, spans[0][0])
			at.offset = 0
		}
	}
	p.reveal(at)
}

// sideTo moves sideways until the byte of an unwrapped line is in the window.
func (p *Pane) sideTo(line, offset int) {
	text := p.lay(line).text
	start, end := window(text, p.shift, p.columns()-1)
	if offset < start || offset >= end {
		_, all := window(text[:offset], 0, len(text))
		p.shift = max(all-p.columns()/2, 0)
	}
}

// found says what the search found, for the header.
func (p *Pane) found() string {
	f := p.search.finder
	if f == nil {
		return ""
	}
	f.Sync(p.buf)
	switch rank := f.Rank(p.search.current); {
	case f.Count() == 0:
		return "no match"
	case rank == 0:
		return wording.Counted(f.Count(), "match")
	default:
		return fmt.Sprintf("%s of %s", cells.Thousands(rank), wording.Counted(f.Count(), "match"))
	}
}
