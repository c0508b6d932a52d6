package logpane

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// clipboardBytes is how much text goes to the clipboard at once: xterm and
// others take 100,000 bytes of an OSC 52 sequence, which carries base64.
const clipboardBytes = 72_000

// shiftCells is how far one key moves sideways.
const shiftCells = 8

// binding is one line of the table of keys: what the keys are, what they do, and
// when they work. The bar, the help and the documents are made of it.
type binding struct {
	key.Binding
	when func(p *Pane) bool // nil: always
	do   func(p *Pane) tea.Cmd
}

// bind makes a binding. One without words is told by the one before it.
func bind(keys []string, shown, does string, do func(p *Pane) tea.Cmd) binding {
	return binding{Binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does)), do: do}
}

// only has it work at times alone; else its keys are the owner's.
func (b binding) only(when func(p *Pane) bool) binding {
	b.when = when
	return b
}

// moves makes the doing of a binding that only moves.
func moves(move func(p *Pane)) func(p *Pane) tea.Cmd {
	return func(p *Pane) tea.Cmd { move(p); return nil }
}

// bindings are the pane's keys outside the search input, the most useful first.
// S and s are left to the owner: in the list of machines they start and stop.
func bindings() []binding {
	rows := func(n func(p *Pane) int) func(p *Pane) tea.Cmd { return moves(func(p *Pane) { p.scroll(n(p)) }) }
	by := func(n int) func(p *Pane) tea.Cmd { return rows(func(*Pane) int { return n }) }
	page := func(p *Pane) int { return max(p.body()-1, 1) }
	half := func(p *Pane) int { return max(p.body()/2, 1) }
	looking := func(p *Pane) bool { return p.search.finder != nil }
	straight := func(p *Pane) bool { return !p.wrap }
	return []binding{
		bind([]string{"/"}, "/", "search", moves((*Pane).openSearch)),
		bind([]string{"n"}, "n/N", "next/previous", moves(func(p *Pane) { p.step(true) })).only(looking),
		bind([]string{"N"}, "", "", moves(func(p *Pane) { p.step(false) })).only(looking),
		bind([]string{"esc"}, "esc", "end search", moves(func(p *Pane) { p.endSearch() })).only(looking),
		bind([]string{"f"}, "f", "follow", moves(func(p *Pane) { p.setFollow(!p.follow) })),
		bind([]string{"w"}, "w", "wrap", moves((*Pane).toggleWrap)),
		bind([]string{"y"}, "y/Y", "copy view/all", (*Pane).copyVisible),
		bind([]string{"Y"}, "", "", (*Pane).copyAll),
		bind([]string{"ctrl+s"}, "ctrl+s", "save", func(p *Pane) tea.Cmd { return report(SaveRequestedMsg{p.id}) }),
		bind([]string{"z"}, "z", "full screen", func(p *Pane) tea.Cmd { return report(FullScreenToggledMsg{p.id}) }),
		bind([]string{"up", "k"}, "↑/↓ j/k", "scroll", by(-1)),
		bind([]string{"down", "j"}, "", "", by(1)),
		bind([]string{"pgdown", "space", "ctrl+f"}, "space/b", "page", rows(page)),
		bind([]string{"pgup", "b", "ctrl+b"}, "", "", rows(func(p *Pane) int { return -page(p) })),
		bind([]string{"ctrl+d"}, "ctrl+d/ctrl+u", "half a page", rows(half)),
		bind([]string{"ctrl+u"}, "", "", rows(func(p *Pane) int { return -half(p) })),
		bind([]string{"home", "g"}, "g/G", "start/end", moves((*Pane).home)),
		bind([]string{"end", "G"}, "", "", moves(func(p *Pane) { p.setFollow(true) })),
		bind([]string{"right", "l"}, "←/→ h/l", "sideways", moves(func(p *Pane) { p.sideways(shiftCells) })).only(straight),
		bind([]string{"left", "h"}, "", "", moves(func(p *Pane) { p.sideways(-shiftCells) })).only(straight),
	}
}

// Help is the pane's keys that work now, and what they do, in the order worth
// showing.
func (p *Pane) Help() [][2]string {
	if p.search.open {
		return [][2]string{{"enter", "keep"}, {"↑/↓", "other match"}, {"esc", "cancel"}}
	}
	var help [][2]string
	for _, b := range bindings() {
		if b.Help().Key != "" && (b.when == nil || b.when(p)) {
			help = append(help, [2]string{b.Help().Key, b.Help().Desc})
		}
	}
	return help
}

// Keys is the whole table, for the documents.
func Keys() [][2]string {
	var all [][2]string
	for _, b := range bindings() {
		if h := b.Help(); h.Key != "" {
			all = append(all, [2]string{h.Key, h.Desc})
		}
	}
	return all
}

// key takes a key outside the search input.
func (p *Pane) key(k tea.KeyPressMsg) (handled bool, cmd tea.Cmd) {
	for _, b := range bindings() {
		if key.Matches(k, b.Binding) && (b.when == nil || b.when(p)) {
			return true, b.do(p)
		}
	}
	return false, nil
}

func (p *Pane) toggleWrap() {
	p.wrap, p.shift = !p.wrap, 0
	clear(p.laid)
}

// sideways moves the window of lines that are not wrapped.
func (p *Pane) sideways(cells int) { p.shift = max(p.shift+cells, 0) }

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
	p.notice = "copied " + wording.Counted(to-from, "line")
	if from > 0 && to == p.buf.Len() && to-from > p.body() {
		p.notice = fmt.Sprintf("copied the last %s: more does not fit, ctrl+s saves all", wording.Counted(to-from, "line"))
	}
	return tea.SetClipboard(p.buf.Text(from, to))
}
