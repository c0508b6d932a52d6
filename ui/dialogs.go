package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// dialog lies on top of the page and has all keys until it is closed.
type dialog interface {
	key(m *model, k tea.KeyPressMsg) tea.Cmd
	typing() page.Typist
	view(th theme.Theme, w int) []string
	hints() []page.Hint
}

// dialog is the one on top, or nil.
func (m *model) dialog() dialog {
	if len(m.dialogs) == 0 {
		return nil
	}
	return m.dialogs[len(m.dialogs)-1]
}

func (m *model) openDialog(d dialog) {
	m.notice.text = "" // it would stand where the dialog's keys do, and may name others
	m.dialogs = append(m.dialogs, d)
}

// closeDialog closes the one on top.
func (m *model) closeDialog() { m.dialogs = m.dialogs[:max(len(m.dialogs)-1, 0)] }

// option is one way out of a choiceDialog.
type option struct {
	label, detail string
	danger        bool
	do            func(m *model) tea.Cmd // nil: only close
}

// choiceDialog asks for one of a few. The last option is what Esc means; it is
// also the one that is chosen at first where Esc has led here, so that a
// reflex Enter behind it does nothing.
type choiceDialog struct {
	title   string
	text    []string // paragraphs
	code    string   // to be read exactly, such as a fingerprint
	options []option
	first   int // how many options stand above those that are drawn
	at      page.Choice
	from    questionID // the question it draws, or 0
	about   any        // what is gone on with meanwhile: its end closes the dialog; nil: nothing is
}

func (d *choiceDialog) typing() page.Typist { return nil }

func (d *choiceDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	d.at.Size(len(d.options))
	if d.at.Key(k) {
		return nil
	}
	switch k.String() {
	case "enter":
		return d.take(m, d.at.At)
	case "tab", "right", "l":
		d.at.At = (d.at.At + 1) % len(d.options)
	case "shift+tab", "left", "h":
		d.at.At = (d.at.At + len(d.options) - 1) % len(d.options)
	case "esc":
		return d.take(m, len(d.options)-1)
	}
	return nil
}

func (d *choiceDialog) take(m *model, i int) tea.Cmd {
	m.closeDialog()
	m.leaving = false
	if d.options[i].do == nil {
		return nil
	}
	return d.options[i].do(m)
}

// The widest a dialog gets: those to answer, and those to read.
const (
	plainDialog = 78
	wideDialog  = 96
)

func (d *choiceDialog) most() int { return plainDialog }

// viewTall draws the options around the chosen one where not all have room.
func (d *choiceDialog) viewTall(th theme.Theme, w, h int) []string {
	lines := d.view(th, w)
	if len(lines) <= h || len(d.options) <= 4 {
		return lines
	}
	some := *d
	d.at.Size(len(d.options))
	from, to := d.at.Window(max((h-len(dialogText(th, d.title, d.text, w)))/2, 1))
	some.options, some.first, some.at = d.options[from:to], from, page.Choice{At: d.at.At - from}
	return some.view(th, w)
}

func (d *choiceDialog) view(th theme.Theme, w int) []string {
	lines := dialogText(th, d.title, d.text, w)
	if d.code != "" {
		for _, line := range page.Wrap(d.code, w) {
			lines = append(lines, th.Code.Render(line))
		}
		lines = append(lines, "")
	}
	for i, o := range d.options {
		style := th.Text
		if i == d.at.At {
			style = th.TableSelected
			if o.danger {
				style = th.Danger
			}
		}
		drawn := []string{page.Arrow(th, i == d.at.At) + style.Render(" "+o.label+" ")}
		for _, line := range page.Wrap(o.detail, w-5) {
			drawn = append(drawn, "   "+th.Subtle.Render(line))
		}
		lines = append(lines, page.ZonesOf(page.ZoneLine, d.first+i, drawn)...)
	}
	return lines
}

func (d *choiceDialog) hints() []page.Hint {
	return []page.Hint{{"↑↓", "choose"}, {"enter", "select"}, {"esc", strings.ToLower(d.options[len(d.options)-1].label)}}
}

// inputDialog asks for one line of text.
type inputDialog struct {
	title string
	text  []string
	label string
	field *page.Field
	wrong string                    // why the last try was not taken
	check func(value string) string // what is wrong with a value, or empty
	done  func(m *model, value string) tea.Cmd
	not   func(m *model) tea.Cmd // Esc; nil: only close
	from  questionID
}

func (d *inputDialog) typing() page.Typist { return d.field }

func (d *inputDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "enter":
		if d.wrong = d.check(d.field.Raw()); d.wrong != "" {
			return nil
		}
		m.closeDialog()
		return d.done(m, d.field.Raw())
	case "esc":
		m.closeDialog()
		if d.not == nil {
			return nil
		}
		return d.not(m)
	}
	d.wrong = ""
	d.field.Update(k)
	return nil
}

func (d *inputDialog) view(th theme.Theme, w int) []string {
	lines := dialogText(th, d.title, d.text, w)
	lines = append(lines, th.Prompt.Render(d.label), d.field.View(th, min(w, 60), true), "")
	if d.wrong != "" {
		lines = append(lines, page.Paragraph(th.Error, d.wrong, w)...)
	}
	return lines
}

func (d *inputDialog) hints() []page.Hint {
	return []page.Hint{{"enter", "continue"}, {"esc", "cancel"}}
}

func dialogText(th theme.Theme, title string, text []string, w int) []string {
	lines := []string{th.Title.Render(title), ""}
	for _, t := range text {
		lines = append(append(lines, page.Paragraph(th.Text, t, w)...), "")
	}
	return lines
}

// overlay is what lies on top of the page, as a framed block, or empty.
func (m *model) overlay(w, h int) string {
	var lines []string
	inner := min(w, plainDialog) - 6
	switch d := m.dialog(); {
	case d != nil:
		if t, ok := d.(tall); ok {
			inner = min(w, t.most()) - 6
			lines = t.viewTall(m.th, inner, h-2)
		} else {
			lines = d.view(m.th, inner)
		}
		if last := len(lines) - 1; last >= 0 && lines[last] == "" {
			lines = lines[:last]
		}
		if len(lines) > h-2 && h > 6 {
			// What is chosen stands last and matters most.
			lines = append(lines[:2:2], lines[len(lines)-(h-4):]...)
		}
	case m.help:
		inner = min(w, wideDialog) - 6
		lines = m.helpLines(inner, h-2)
	default:
		return ""
	}
	return m.th.Box(true).Padding(0, 2).Render(cells.Block(strings.Join(lines, "\n"), inner, len(lines)))
}

// confirm asks before something that cannot be taken back.
func (m *model) confirm(title, text, yes string, do func(m *model) tea.Cmd) {
	m.openDialog(&choiceDialog{title: title, text: []string{text}, options: []option{{label: yes, do: do}, {label: "Cancel"}}})
}

// confirmEnter is confirm for what Enter itself led to, and what costs: Cancel
// is chosen, so that a reflex starts nothing.
func (m *model) confirmEnter(title, text, yes string, do func(m *model) tea.Cmd) {
	m.confirm(title, text, yes, do)
	m.dialog().(*choiceDialog).at.At = 1
}

// ask draws a question of the engine.
func (m *model) ask(q *question) {
	answered := func(a answer) tea.Cmd { q.reply <- a; return nil }
	declined := func(*model) tea.Cmd { return answered(answer{declined: true}) }
	typed := func(_ *model, value string) tea.Cmd { return answered(answer{text: value}) }
	switch {
	case q.hostKey != nil:
		m.openDialog(hostKeyDialog(q))
	case q.serial != "":
		m.openDialog(&inputDialog{
			title: "MFA code", from: q.id, field: page.NewField("", "123456", 6), label: "Code",
			text:  []string{"Your profile asks for the code of its MFA device:", page.Clean(q.serial)},
			check: sixDigits, done: typed, not: declined,
		})
	default:
		d := &inputDialog{
			title: "Passphrase", from: q.id, field: page.NewSecret(), label: "Passphrase",
			text:  []string{"This private key is encrypted: " + page.Clean(q.path), "The passphrase stays in this program's memory."},
			check: func(string) string { return "" }, done: typed, not: declined,
		}
		if q.again {
			d.wrong = "That was not the passphrase of this key. Try again."
		}
		m.openDialog(d)
	}
}

func sixDigits(value string) string {
	if len(value) == 6 && strings.Trim(value, "0123456789") == "" {
		return ""
	}
	return "The code has 6 digits."
}

// hostKeyDialog is the guide's question whether to go on connecting.
func hostKeyDialog(q *question) *choiceDialog {
	say := func(v steps.HostKeyAnswer) func(*model) tea.Cmd {
		return func(*model) tea.Cmd { q.reply <- answer{verdict: v}; return nil }
	}
	k := q.hostKey
	why := page.Clean(k.Why)
	if why == "" {
		why = "The machine's console has not shown its host key yet."
	}
	return &choiceDialog{
		title: "Is this the right machine?", from: q.id,
		text: []string{
			fmt.Sprintf("The authenticity of host %s (%s) cannot be established yet. %s", page.Clean(k.Host), page.Clean(k.InstanceID), why),
			"Its " + page.Clean(k.KeyType) + " key has the fingerprint",
		},
		code: page.Clean(k.Fingerprint),
		options: []option{
			{label: "Wait and compare", detail: "the console usually has the key some minutes after the launch", do: say(steps.HostKeyWait)},
			{label: "Yes, trust it", detail: "as the guide does; it is remembered for this machine", do: say(steps.HostKeyAccept)},
			{label: "No, stop here", do: say(steps.HostKeyReject)},
		},
	}
}

// askAtEsc opens a question that Esc has raised.
func (m *model) askAtEsc(d *choiceDialog) {
	d.at.At = len(d.options) - 1
	m.openDialog(d)
}

// moot closes the dialogs that ask about something that has ended: their
// answers would mean nothing any more, or something else.
func (m *model) moot(about any) {
	m.dialogs = slices.DeleteFunc(m.dialogs, func(d dialog) bool {
		c, ok := d.(*choiceDialog)
		return ok && c.about != nil && c.about == about
	})
}

// withdraw closes the dialog of a question that nobody waits for any more.
func (m *model) withdraw(id questionID) {
	var kept []dialog
	for _, d := range m.dialogs {
		switch d := d.(type) {
		case *choiceDialog:
			if d.from == id {
				continue
			}
		case *inputDialog:
			if d.from == id {
				continue
			}
		}
		kept = append(kept, d)
	}
	m.dialogs = kept
}
