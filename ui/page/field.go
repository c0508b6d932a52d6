package page

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// CursorMark stands in a drawn screen where the terminal's cursor belongs: an
// application program command, which has no width and which no terminal
// shows. frame.go finds it and takes it out, so that no screen has to know
// where on the terminal it is drawn.
const CursorMark = "\x1b_cursor\x1b\\"

// Field is one line of text to type.
type Field struct{ in textinput.Model }

// NewField is a field that holds value, takes so many characters (any number
// where limit is 0), and shows the placeholder while it is empty.
func NewField(value, placeholder string, limit int) *Field {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = limit
	in.SetVirtualCursor(false)
	in.SetStyles(textinput.Styles{})
	in.SetValue(value)
	in.Placeholder = placeholder
	in.Focus()
	return &Field{in: in}
}

// NewSecret is a field that shows dots.
func NewSecret() *Field {
	f := NewField("", "", 0)
	f.in.EchoMode = textinput.EchoPassword
	f.in.EchoCharacter = '•'
	return f
}

// Value is what was typed, without spaces around it.
func (f *Field) Value() string { return strings.TrimSpace(f.in.Value()) }

// Raw is what was typed, as it was typed.
func (f *Field) Raw() string { return f.in.Value() }

// Update takes a message, such as a key or a paste.
func (f *Field) Update(msg tea.Msg) { f.in, _ = f.in.Update(msg) }

// Set replaces what was typed.
func (f *Field) Set(value string) {
	f.in.SetValue(value)
	f.in.CursorEnd()
}

// View draws the field in exactly width cells, underlined so that one sees
// where to type, with the cursor in it when it is focused.
func (f *Field) View(th theme.Theme, width int, focused bool) string {
	f.in.SetWidth(max(width-1, 1))
	style, text := th.Input, f.in.View()
	if f.in.Value() == "" {
		style, text = th.Placeholder, f.in.Placeholder
	}
	text = cells.Fit(ansi.Strip(text), width)
	line := style.Underline(true)
	if !focused {
		return line.Render(text)
	}
	at := 0
	if c := f.in.Cursor(); c != nil && f.in.Value() != "" {
		at = min(c.X, width-1)
	}
	return line.Render(ansi.Cut(text, 0, at)) + CursorMark + line.Render(ansi.Cut(text, at, width))
}

// TakeCursor finds the cursor's mark, takes it out and says where it was.
func TakeCursor(content string) (string, *tea.Cursor) {
	at := strings.LastIndex(content, CursorMark)
	if at < 0 {
		return content, nil
	}
	head := content[:at]
	y := strings.Count(head, "\n")
	x := cells.Width(head[strings.LastIndex(head, "\n")+1:])
	return strings.ReplaceAll(content, CursorMark, ""), tea.NewCursor(x, y)
}
