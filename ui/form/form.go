// Package form has the small parts questions are asked with.
package form

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Input is a question answered with one line of text. It draws its own cursor,
// as a reversed cell.
type Input struct {
	model   textinput.Model
	theme   theme.Theme
	label   string
	check   func(string) error
	width   int
	touched bool // something was typed, so it is fair to say what is wrong
}

// NewInput makes an input that has the focus. Check tells what is wrong with a
// value, in words for the person; nil takes any.
func NewInput(label string, th theme.Theme, check func(string) error) *Input {
	m := textinput.New()
	m.SetVirtualCursor(false)
	// Ctrl+V would start programs to read the clipboard; a terminal's own
	// paste comes in as tea.PasteMsg.
	m.KeyMap.Paste.SetEnabled(false)
	m.Focus()
	return &Input{model: m, theme: th, label: label, check: check}
}

// Value is the text.
func (i *Input) Value() string { return i.model.Value() }

// SetValue sets the text and puts the cursor at its end.
func (i *Input) SetValue(s string) {
	i.model.SetValue(s)
	i.model.CursorEnd()
	i.touched = false
}

// SetWidth sets the width of View in cells.
func (i *Input) SetWidth(width int) { i.width = width }

// SetPlaceholder sets what is shown while the text is empty.
func (i *Input) SetPlaceholder(s string) { i.model.Placeholder = s }

// SetLimit bounds the text to so many characters; 0 is no bound.
func (i *Input) SetLimit(characters int) { i.model.CharLimit = characters }

// SetTheme sets the styles.
func (i *Input) SetTheme(th theme.Theme) { i.theme = th }

// SetFocused reports whether the keys go to this input.
func (i *Input) SetFocused(on bool) {
	if on {
		i.model.Focus()
	} else {
		i.model.Blur()
	}
}

// Err is what is wrong with the value, or nil.
func (i *Input) Err() error {
	if i.check == nil {
		return nil
	}
	return i.check(i.model.Value())
}

// Update takes a key press or a paste. Enter, Esc, Tab, Up and Down are the
// owner's, and so is every other key that does not edit text.
func (i *Input) Update(msg tea.Msg) (handled bool, cmd tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
	case tea.KeyPressMsg:
		if !edits(msg) {
			return false, nil
		}
	default:
		return false, nil
	}
	i.touched = true
	i.model, cmd = i.model.Update(msg)
	return true, cmd
}

// edits reports whether a key changes a line of text or moves in it.
func edits(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left", "right", "home", "end", "backspace", "delete",
		"ctrl+a", "ctrl+b", "ctrl+d", "ctrl+e", "ctrl+f", "ctrl+h", "ctrl+k", "ctrl+u", "ctrl+w",
		"alt+b", "alt+d", "alt+f", "alt+left", "alt+right", "ctrl+left", "ctrl+right",
		"alt+backspace", "alt+delete":
		return true
	}
	return k.Text != ""
}

// Line draws the text with its cursor in exactly width cells, scrolled so that
// the cursor is seen.
func (i *Input) Line(width int) string {
	if width <= 0 {
		return ""
	}
	focused := i.model.Focused()
	if i.model.Value() == "" {
		return i.empty(width, focused)
	}
	text := []rune(i.model.Value())
	at := min(i.model.Position(), len(text))
	before, under, after := cells.Clean(string(text[:at])), " ", ""
	if at < len(text) {
		under, after = cells.Clean(string(text[at:at+1])), cells.Clean(string(text[at+1:]))
	}
	if under == "" { // an accent on its own: nothing to stand on
		under = " "
	}
	room := max(width-cells.Width(under), 0)
	if over := cells.Width(before) - room; over > 0 {
		before = ansi.TruncateLeft(before, over+1, "…")
	}
	cursor := i.theme.Input
	if focused {
		cursor = i.theme.Cursor
	}
	line := i.theme.Input.Render(before) + cursor.Render(under) + i.theme.Input.Render(after)
	return cells.Fit(line, width)
}

func (i *Input) empty(width int, focused bool) string {
	hint := cells.Clean(i.model.Placeholder)
	if !focused {
		return cells.Fit(i.theme.Placeholder.Render(hint), width)
	}
	return cells.Fit(i.theme.Cursor.Render(" ")+i.theme.Placeholder.Render(hint), width)
}

// Height is the number of lines of View.
func (i *Input) Height() int { return 3 }

// View is the label, the input, and what is wrong with the value:
// three lines of the set width.
func (i *Input) View() string {
	prompt, label := i.theme.Border.Render("│ "), i.theme.Text
	if i.model.Focused() {
		prompt, label = i.theme.BorderFocus.Render("┃ "), i.theme.Heading
	}
	below := ""
	if err := i.Err(); err != nil && i.touched {
		below = i.theme.Error.Render(theme.SignFailed + " " + cells.Clean(err.Error()))
	}
	return cells.Block(prompt+label.Render(cells.Clean(i.label))+"\n"+
		prompt+i.Line(i.width-2)+"\n"+
		prompt+below, i.width, i.Height())
}
