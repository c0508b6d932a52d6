package logpane

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// clipboardBytes is how much text goes to the clipboard at once: xterm and
// others take 100,000 bytes of an OSC 52 sequence, which carries base64.
const clipboardBytes = 72_000

// shiftCells is how far one key moves sideways.
const shiftCells = 8

// Help is the pane's keys and what they do, in the order worth showing.
func (p *Pane) Help() [][2]string {
	if p.search.open {
		return [][2]string{{"enter", "keep"}, {"↑/↓", "other match"}, {"esc", "cancel"}}
	}
	help := [][2]string{{"↑/↓ j/k", "scroll"}, {"space/b", "page"}, {"g/G", "start/end"}, {"f", "follow"}, {"/", "search"}}
	if p.search.finder != nil {
		help = append(help, [2]string{"n/N", "next/previous"}, [2]string{"esc", "end search"})
	}
	if !p.wrap {
		help = append(help, [2]string{"←/→ h/l", "sideways"})
	}
	return append(help, [][2]string{{"w", "wrap"}, {"z", "full screen"}, {"y/Y", "copy view/all"}, {"s", "save"}}...)
}

// key takes a key outside the search input.
func (p *Pane) key(k string) (handled bool, cmd tea.Cmd) {
	if p.move(k) {
		return true, nil
	}
	switch k {
	case "f":
		p.setFollow(!p.follow)
	case "w":
		p.wrap, p.shift = !p.wrap, 0
		clear(p.laid)
	case "/":
		p.openSearch()
	case "n":
		return p.step(true), nil
	case "N":
		return p.step(false), nil
	case "esc":
		return p.endSearch(), nil
	case "z":
		return true, report(FullScreenToggledMsg{p.id})
	case "s":
		return true, report(SaveRequestedMsg{p.id})
	case "y":
		return true, p.copyVisible()
	case "Y":
		return true, p.copyAll()
	default:
		return false, nil
	}
	return true, nil
}

// move takes the keys that only move.
func (p *Pane) move(k string) bool {
	page := max(p.body()-1, 1)
	switch k {
	case "up", "k":
		p.scroll(-1)
	case "down", "j":
		p.scroll(1)
	case "pgup", "b", "ctrl+b":
		p.scroll(-page)
	case "pgdown", "space", "ctrl+f":
		p.scroll(page)
	case "ctrl+u":
		p.scroll(-max(p.body()/2, 1))
	case "ctrl+d":
		p.scroll(max(p.body()/2, 1))
	case "home", "g":
		p.home()
	case "end", "G":
		p.setFollow(true)
	case "left", "h":
		return p.sideways(-shiftCells)
	case "right", "l":
		return p.sideways(shiftCells)
	default:
		return false
	}
	return true
}

// sideways is the owner's key while lines are wrapped.
func (p *Pane) sideways(cells int) bool {
	if p.wrap {
		return false
	}
	p.shift = max(p.shift+cells, 0)
	return true
}

func report(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// copyVisible copies the lines that are at least partly in the window, whole.
func (p *Pane) copyVisible() tea.Cmd {
	first, last := p.visible()
	return p.copy(first-p.buf.Dropped(), last+1-p.buf.Dropped())
}

// copyAll copies the log, or as much of its end as terminals take.
func (p *Pane) copyAll() tea.Cmd {
	from, size := p.buf.Len(), 0
	for from > 0 {
		size += len(p.buf.Line(from-1)) + 1
		if size > clipboardBytes {
			break
		}
		from--
	}
	return p.copy(from, p.buf.Len())
}

func (p *Pane) copy(from, to int) tea.Cmd {
	if from >= to {
		p.notice = "nothing to copy"
		return nil
	}
	p.notice = "copied " + count(to-from, "line")
	if from > 0 && to == p.buf.Len() && to-from > p.body() {
		p.notice = fmt.Sprintf("copied the last %s: more does not fit, s saves all", count(to-from, "line"))
	}
	return tea.SetClipboard(p.buf.Text(from, to))
}
