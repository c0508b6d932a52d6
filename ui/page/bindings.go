package page

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
)

// Binding is one line of a page's, or a dialog's, table of keys: what the keys
// are, what they do, and how that is told. R is what a key comes to: a
// command on a page, a [Reply] in a dialog.
type Binding[R any] struct {
	key.Binding
	// Do does it; false leaves the key to the bindings after this one, and in the
	// end to the model. nil: what stands under the table takes the key.
	Do func(k tea.KeyPressMsg) (R, bool)
	// any says that Do is asked about every key.
	any bool
}

// A table of keys in its present state is a switch and a bar.
type (
	// Keys is a page's.
	Keys = Bindings[tea.Cmd]
	// DialogKeys is a dialog's.
	DialogKeys = Bindings[Reply]
)

// Bindings is a table of keys, the most useful first.
type Bindings[R any] []Binding[R]

// On binds keys, of which the first is shown, to what they do. Without words
// they are not on the bar.
func On[R any](keys, does string, do func() R) Binding[R] {
	return Maybe(keys, does, func() (R, bool) { return do(), true })
}

// Maybe is On for what may leave the key to others.
func Maybe[R any](keys, does string, do func() (R, bool)) Binding[R] {
	names := strings.Fields(keys)
	return Binding[R]{
		Binding: key.NewBinding(key.WithKeys(names...), key.WithHelp(names[0], does)),
		Do:      func(tea.KeyPressMsg) (R, bool) { return do() },
	}
}

// Tell is TellOnly on a page.
func Tell(shown, does string) Binding[tea.Cmd] { return TellOnly[tea.Cmd](shown, does) }

// Change is On in a dialog, for what only changes the dialog.
func Change(keys, does string, do func()) Binding[Reply] {
	return On(keys, does, func() Reply { do(); return Reply{} })
}

// First does something at every key, and leaves the key to the others.
func First(do func()) Binding[tea.Cmd] {
	return Under(func(tea.KeyPressMsg) (tea.Cmd, bool) { do(); return nil, false })
}

// Table asks a table about every key.
func Table(t *table.Table) Binding[tea.Cmd] {
	return Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
		taken, cmd := t.Update(k)
		return cmd, taken
	})
}

// Type hands every key to a field, and none to the bindings after it.
func Type(f *Field) Binding[Reply] {
	return Under(func(k tea.KeyPressMsg) (Reply, bool) { f.Update(k); return Reply{}, true })
}

// Set is On for what only changes the page.
func Set(keys, does string, do func()) Binding[tea.Cmd] {
	return On(keys, does, func() tea.Cmd { do(); return nil })
}

// TellOnly is a line of the bar for keys that what stands under the table takes, or
// the model.
func TellOnly[R any](shown, does string) Binding[R] {
	return Binding[R]{Binding: key.NewBinding(key.WithHelp(shown, does))}
}

// Under asks something under the table, such as a list, about every key.
func Under[R any](take func(k tea.KeyPressMsg) (R, bool)) Binding[R] {
	return Binding[R]{Do: take, any: true}
}

// Moving is Under for what only moves, with its line of the bar.
func Moving[R any](does string, move func(k tea.KeyPressMsg) bool) Binding[R] {
	b := Under(func(k tea.KeyPressMsg) (R, bool) { var none R; return none, move(k) })
	b.SetHelp("↑↓", does)
	return b
}

// As shows the binding under another name of its keys.
func (b Binding[R]) As(shown string) Binding[R] {
	b.SetHelp(shown, b.Help().Desc)
	return b
}

// Key does what a key does; false says that it has no meaning here.
func (t Bindings[R]) Key(k tea.KeyPressMsg) (R, bool) {
	for _, b := range t {
		if b.Do == nil || !b.any && !key.Matches(k, b.Binding) {
			continue
		}
		if r, taken := b.Do(k); taken {
			return r, true
		}
	}
	var none R
	return none, false
}

// Hints are the bar.
func (t Bindings[R]) Hints() []Hint {
	var hints []Hint
	for _, b := range t {
		if h := b.Help(); h.Desc != "" {
			hints = append(hints, Hint{h.Key, h.Desc})
		}
	}
	return hints
}
