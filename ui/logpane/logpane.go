// Package logpane draws the visible window of a log: it follows, scrolls,
// wraps and searches. It is no model of its own; the wizard's model owns it,
// hands it keys and draws what View answers.
//
// A place in the log is a line's number and an offset in it, never a screen
// row, so only the lines in the window are ever laid out: neither the length
// of the log nor a new width costs anything, and the view stays where it is
// while lines come and go around it.
package logpane

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// FullScreenToggledMsg reports that the person asked for the pane alone, or
// for the whole screen again.
type FullScreenToggledMsg struct{ ID string }

// SaveRequestedMsg reports that the person asked to save the log to a file.
// The owner writes it, with the buffer's WriteTo, and says so with Notice.
type SaveRequestedMsg struct{ ID string }

// Pane shows one log. Make it with New.
type Pane struct {
	id, title, empty string
	buf              *logbuf.Buffer
	theme            theme.Theme
	width, height    int
	focused          bool
	notice           string

	follow bool
	top    place // first row shown while not following
	wrap   bool
	shift  int // cells cut off on the left while not wrapping
	laid   map[int]laid

	search search

	frame        string // the last View, as long as it holds
	frameVersion uint64
	fresh        bool
}

// New makes a pane that follows buf and wraps long lines. The id names it in
// its messages.
func New(id, title string, buf *logbuf.Buffer, th theme.Theme) *Pane {
	p := &Pane{id: id, title: title, theme: th, wrap: true, empty: "Nothing here yet."}
	p.SetBuffer(buf)
	return p
}

// SetSize sets the size of View in cells, header line included.
func (p *Pane) SetSize(width, height int) {
	width, height = max(width, 0), max(height, 0)
	if width != p.width {
		clear(p.laid)
	}
	p.fresh = p.fresh && width == p.width && height == p.height
	p.width, p.height = width, height
}

// SetTheme sets the styles.
func (p *Pane) SetTheme(th theme.Theme) {
	p.theme, p.fresh = th, false
	if p.search.input != nil {
		p.search.input.SetTheme(th)
	}
}

// SetTitle sets the title in the header line.
func (p *Pane) SetTitle(title string) {
	p.fresh = p.fresh && title == p.title
	p.title = title
}

// SetEmpty sets the text of a pane without lines.
func (p *Pane) SetEmpty(text string) { p.empty, p.fresh = text, false }

// SetBuffer shows another log, from its end.
func (p *Pane) SetBuffer(buf *logbuf.Buffer) {
	p.buf, p.follow, p.top, p.shift, p.fresh = buf, true, place{}, 0, false
	p.laid, p.search = make(map[int]laid), search{current: none}
}

// SetFocused reports whether the keys go to this pane.
func (p *Pane) SetFocused(on bool) {
	p.fresh = p.fresh && on == p.focused
	p.focused = on
}

// Searching reports whether the search input is open: then every key is its.
func (p *Pane) Searching() bool { return p.search.open }

// Following reports whether the view stays at the end.
func (p *Pane) Following() bool { return p.follow }

// Said is the short text in the header, or empty.
func (p *Pane) Said() string { return p.notice }

// Notice shows a short text in the header until the next key.
func (p *Pane) Notice(text string) { p.notice, p.fresh = text, false }

// Update takes a key press, a paste or a turn of the mouse wheel. It answers
// whether the pane took it; if not, it is the owner's.
func (p *Pane) Update(msg tea.Msg) (handled bool, cmd tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if p.notice != "" {
			p.Notice("")
		}
		if p.search.open {
			handled, cmd = p.searchKey(msg)
		} else {
			handled, cmd = p.key(msg)
		}
	case tea.PasteMsg:
		if p.search.open {
			handled, cmd = p.searchEdit(msg)
		}
	case tea.MouseWheelMsg:
		handled = p.wheel(msg)
	}
	if handled {
		p.fresh = false
	}
	return handled, cmd
}

const wheelRows = 3

func (p *Pane) wheel(msg tea.MouseWheelMsg) bool {
	switch msg.Button {
	case tea.MouseWheelUp:
		p.scroll(-wheelRows)
	case tea.MouseWheelDown:
		p.scroll(wheelRows)
	default:
		return false
	}
	return true
}

// body is the number of rows below the header line.
func (p *Pane) body() int { return max(p.height-1, 0) }

// columns is the room for text: all but the scrollbar.
func (p *Pane) columns() int { return max(p.width-1, 1) }
