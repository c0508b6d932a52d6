package page

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
)

// Typist takes pasted text.
type Typist interface{ Update(tea.Msg) }

// Hint is a key and what it does now.
type Hint [2]string

// Key is the key, as it is shown.
func (h Hint) Key() string { return h[0] }

// Does is what the key does.
func (h Hint) Does() string { return h[1] }

// tableTypist hands what is typed and pasted to a table's filter.
type tableTypist struct{ t *table.Table }

func (t tableTypist) Update(msg tea.Msg) { t.t.Update(msg) }

// paneTypist hands what is typed and pasted to a pane's search.
type paneTypist struct{ p *logpane.Pane }

func (t paneTypist) Update(msg tea.Msg) { t.p.Update(msg) }

// PaneHints are the keys of a log pane that work now.
func PaneHints(p *logpane.Pane) []Hint {
	var hints []Hint
	for _, h := range p.Help() {
		hints = append(hints, Hint{h[0], h[1]})
	}
	return hints
}

// PaneKeys are the same as lines of a page's bar; the pane takes them itself.
func PaneKeys(p *logpane.Pane) Keys {
	var keys Keys
	for _, h := range p.Help() {
		keys = append(keys, Tell(h[0], h[1]))
	}
	return keys
}

// TypingFilter is a table whose filter letters go to now.
func TypingFilter(t *table.Table) Typist { return tableTypist{t} }

// TypingSearch is a log pane whose search letters go to now.
func TypingSearch(p *logpane.Pane) Typist { return paneTypist{p} }
