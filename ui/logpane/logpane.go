// Package logpane draws the visible window of a log: it follows, scrolls,
// wraps and searches. It is no model of its own; the wizard's model owns it,
// hands it keys and draws what View answers.
package logpane

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/remote/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// FullScreenToggledMsg reports that the person asked for the pane alone, or
// for the whole screen again.
type FullScreenToggledMsg struct{ ID string }

// SaveRequestedMsg reports that the person asked to save the log to a file.
// The owner writes it, with the buffer's WriteTo, and may say so with Notice.
type SaveRequestedMsg struct{ ID string }

// Pane shows one log.
type Pane struct {
	id, title     string
	buf           *logbuf.Buffer
	theme         theme.Theme
	width, height int
	focused       bool
}

// New makes a pane that follows buf. The id names it in its messages.
func New(id, title string, buf *logbuf.Buffer, th theme.Theme) *Pane {
	return &Pane{id: id, title: title, buf: buf, theme: th}
}

// SetSize sets the size of View in cells, header line included.
func (p *Pane) SetSize(width, height int) { p.width, p.height = width, height }

// SetTheme sets the styles.
func (p *Pane) SetTheme(th theme.Theme) { p.theme = th }

// SetTitle sets the title in the header line.
func (p *Pane) SetTitle(title string) { p.title = title }

// SetBuffer shows another log, from its end.
func (p *Pane) SetBuffer(buf *logbuf.Buffer) { p.buf = buf }

// SetFocused tells whether the keys go to this pane.
func (p *Pane) SetFocused(on bool) { p.focused = on }

// Searching tells whether the search input is open: then every key is its.
func (p *Pane) Searching() bool { return false }

// Following tells whether the view stays at the end.
func (p *Pane) Following() bool { return true }

// Notice shows a short text in the header until the next key.
func (p *Pane) Notice(text string) {}

// Update takes a key press, a paste or a turn of the mouse wheel. It answers
// whether the pane took it; if not, it is the owner's.
func (p *Pane) Update(msg tea.Msg) (handled bool, cmd tea.Cmd) { return false, nil }

// View is exactly width by height cells.
func (p *Pane) View() string { return "" }
