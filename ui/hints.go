package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
)

// typist takes pasted text.
type typist interface{ update(tea.Msg) }

// hint is a key and what it does now.
type hint [2]string

// key is the key, as it is shown.
func (h hint) key() string { return h[0] }

// does is what the key does.
func (h hint) does() string { return h[1] }

// tableTypist hands what is typed and pasted to a table's filter.
type tableTypist struct{ t *table.Table }

func (t tableTypist) update(msg tea.Msg) { t.t.Update(msg) }

// paneTypist hands what is typed and pasted to a pane's search.
type paneTypist struct{ p *logpane.Pane }

func (t paneTypist) update(msg tea.Msg) { t.p.Update(msg) }

func hintsOf(p *logpane.Pane) []hint {
	var hints []hint
	for _, h := range p.Help() {
		hints = append(hints, hint{h[0], h[1]})
	}
	return hints
}
