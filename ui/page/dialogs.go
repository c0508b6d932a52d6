package page

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Dialog lies on top of the page and has all keys until it is closed. It knows
// neither the page under it nor who shows it: what a key comes to it hands back
// as a [Reply].
type Dialog interface {
	// Keys are the keys and what they do now: the dialog's switch, and its bar.
	Keys() DialogKeys
	Typing() Typist
	View(th theme.Theme, w int) []string
}

// Tall is a dialog that makes use of the height there is.
type Tall interface {
	ViewTall(th theme.Theme, w, h int) []string
	Most() int // the widest it may be on the screen
}

// Updater is a dialog that takes messages while it is open.
type Updater interface {
	Update(msg tea.Msg) tea.Cmd
}

// PointableDialog is a dialog with more to point at than keys.
type PointableDialog interface {
	Point(p Pointed) Reply
}

// Reply is what a key, or a click, comes to in a dialog. Whoever shows the
// dialog carries it out. The zero Reply asks for nothing.
type Reply struct {
	Close bool           // the dialog is done with
	Do    func() tea.Cmd // what was chosen; done once the dialog is closed
}

// Close is the Reply that closes a dialog, and Closing then does something.
func Close() Reply { return Reply{Close: true} }

// Closing closes the dialog and then does something.
func Closing(do func() tea.Cmd) Reply { return Reply{Close: true, Do: do} }

// Staying does something and leaves the dialog open.
func Staying(do func() tea.Cmd) Reply { return Reply{Do: do} }

// The widest a dialog gets: those to answer, and those to read.
const (
	PlainDialog = 78
	WideDialog  = 96
)

// Option is one way out of a ChoiceDialog.
type Option struct {
	Label, Detail string
	Danger        bool
	Do            func() tea.Cmd // nil: only close
}

// ChoiceDialog asks for one of a few. The last option is what Esc means; it is
// also the one that is chosen at first where Esc has led here, so that a
// reflex Enter behind it does nothing.
type ChoiceDialog struct {
	Title   string
	Text    []string // paragraphs
	Code    string   // to be read exactly, such as a fingerprint
	Options []Option
	At      Choice
	About   any // its end closes the dialog; see [Owner]. nil: nothing does
	first   int // how many options stand above those that are drawn
}

// Typing implements [Dialog].
func (d *ChoiceDialog) Typing() Typist { return nil }

// Keys implements [Dialog].
func (d *ChoiceDialog) Keys() DialogKeys {
	d.At.Size(len(d.Options))
	n := len(d.Options)
	return DialogKeys{
		Moving[Reply]("choose", d.At.Key),
		On("enter", "select", func() Reply { return d.take(d.At.At) }),
		On("esc", strings.ToLower(d.Options[n-1].Label), func() Reply { return d.take(n - 1) }),
		Change("tab right l", "", func() { d.At.At = (d.At.At + 1) % n }),
		Change("shift+tab left h", "", func() { d.At.At = (d.At.At + n - 1) % n }),
	}
}

func (d *ChoiceDialog) take(i int) Reply { return Closing(d.Options[i].Do) }

// Point implements [PointableDialog].
func (d *ChoiceDialog) Point(p Pointed) Reply {
	d.At.Size(len(d.Options))
	if d.At.Point(p) {
		return d.take(d.At.At)
	}
	return Reply{}
}

// Most implements [Tall].
func (d *ChoiceDialog) Most() int { return PlainDialog }

// ViewTall draws the options around the chosen one where not all have room.
func (d *ChoiceDialog) ViewTall(th theme.Theme, w, h int) []string {
	lines := d.View(th, w)
	if len(lines) <= h || len(d.Options) <= 4 {
		return lines
	}
	some := *d
	d.At.Size(len(d.Options))
	from, to := d.At.Window(max((h-len(DialogText(th, d.Title, d.Text, w)))/2, 1))
	some.Options, some.first, some.At = d.Options[from:to], from, Choice{At: d.At.At - from}
	return some.View(th, w)
}

// View implements [Dialog].
func (d *ChoiceDialog) View(th theme.Theme, w int) []string {
	lines := DialogText(th, d.Title, d.Text, w)
	if d.Code != "" {
		for _, line := range Wrap(d.Code, w) {
			lines = append(lines, th.Code.Render(line))
		}
		lines = append(lines, "")
	}
	for i, o := range d.Options {
		style := th.Text
		if i == d.At.At {
			style = th.TableSelected
			if o.Danger {
				style = th.Danger
			}
		}
		drawn := []string{Arrow(th, i == d.At.At) + style.Render(" "+o.Label+" ")}
		for _, line := range Wrap(o.Detail, w-5) {
			drawn = append(drawn, "   "+th.Subtle.Render(line))
		}
		lines = append(lines, ZonesOf(ZoneLine, d.first+i, drawn)...)
	}
	return lines
}

// InputDialog asks for one line of text.
type InputDialog struct {
	Title string
	Text  []string
	Label string
	Field *Field
	Wrong string                    // why the last try was not taken
	Check func(value string) string // what is wrong with a value, or empty
	Done  func(value string) tea.Cmd
	Not   func() tea.Cmd // Esc; nil: only close
	About any            // its end closes the dialog; see [Owner]
}

// Typing implements [Dialog].
func (d *InputDialog) Typing() Typist { return d.Field }

// Keys implements [Dialog].
func (d *InputDialog) Keys() DialogKeys {
	return DialogKeys{
		On("enter", "continue", d.enter),
		On("esc", "cancel", func() Reply { return Closing(d.Not) }),
		Under(func(tea.KeyPressMsg) (Reply, bool) { d.Wrong = ""; return Reply{}, false }),
		Type(d.Field),
	}
}

func (d *InputDialog) enter() Reply {
	value := d.Field.Raw()
	if d.Wrong = d.Check(value); d.Wrong != "" {
		return Reply{}
	}
	return Closing(func() tea.Cmd { return d.Done(value) })
}

// View implements [Dialog].
func (d *InputDialog) View(th theme.Theme, w int) []string {
	lines := DialogText(th, d.Title, d.Text, w)
	lines = append(lines, th.Prompt.Render(d.Label), d.Field.View(th, min(w, 60), true), "")
	if d.Wrong != "" {
		lines = append(lines, Paragraph(th.Error, d.Wrong, w)...)
	}
	return lines
}

// DialogText is the head of a dialog: its title and its paragraphs.
func DialogText(th theme.Theme, title string, text []string, w int) []string {
	lines := []string{th.Title.Render(title), ""}
	for _, t := range text {
		lines = append(append(lines, Paragraph(th.Text, t, w)...), "")
	}
	return lines
}
