// Package form has the small parts questions are asked with.
package form

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Input is a question answered with one line of text.
type Input struct {
	model textinput.Model
	theme theme.Theme
}

// NewInput makes an input. Check tells what is wrong with a value, in words
// for the person; nil takes any.
func NewInput(label string, th theme.Theme, check func(string) error) *Input {
	return &Input{model: textinput.New(), theme: th}
}

// Value is the text.
func (i *Input) Value() string { return i.model.Value() }

// SetValue sets the text and puts the cursor at its end.
func (i *Input) SetValue(s string) { i.model.SetValue(s) }

// SetWidth sets the width of View in cells.
func (i *Input) SetWidth(width int) {}

// SetSecret draws dots in place of the text.
func (i *Input) SetSecret(on bool) {}

// SetPlaceholder sets what is shown while the text is empty.
func (i *Input) SetPlaceholder(s string) {}

// SetHint sets the line below the input, shown while nothing is wrong.
func (i *Input) SetHint(s string) {}

// SetTheme sets the styles.
func (i *Input) SetTheme(th theme.Theme) { i.theme = th }

// SetFocused tells whether the keys go to this input.
func (i *Input) SetFocused(on bool) {}

// Err is what is wrong with the value, or nil.
func (i *Input) Err() error { return nil }

// Update takes a key press or a paste. Enter, Tab, Up and Down are the owner's.
func (i *Input) Update(msg tea.Msg) (handled bool, cmd tea.Cmd) { return false, nil }

// View is exactly Height lines of the set width: label, input, hint or error.
func (i *Input) View() string { return "" }

// Height is the number of lines of View.
func (i *Input) Height() int { return 3 }
