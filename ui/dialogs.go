package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// dialog is the one on top, or nil.
func (m *model) dialog() page.Dialog {
	if len(m.dialogs) == 0 {
		return nil
	}
	return m.dialogs[len(m.dialogs)-1]
}

// Open implements [page.Owner].
func (m *model) Open(d page.Dialog) {
	m.notice.text = "" // it would stand where the dialog's keys do, and may name others
	m.dialogs = append(m.dialogs, d)
}

// CloseAbout implements [page.Owner].
func (m *model) CloseAbout(about any) bool {
	before := len(m.dialogs)
	m.dialogs = slices.DeleteFunc(m.dialogs, func(d page.Dialog) bool { return about != nil && aboutOf(d) == about })
	return len(m.dialogs) < before
}

// aboutOf is what a dialog is about, or nil.
func aboutOf(d page.Dialog) any {
	switch d := d.(type) {
	case *page.ChoiceDialog:
		return d.About
	case *page.InputDialog:
		return d.About
	}
	return d
}

// carryOut does what a key has come to in the dialog on top.
func (m *model) carryOut(a page.Reply) tea.Cmd {
	if a.Close {
		m.dialogs = m.dialogs[:max(len(m.dialogs)-1, 0)]
		m.insists = false
	}
	if a.Do == nil {
		return nil
	}
	return a.Do()
}

// overlay is what lies on top of the page, as a framed block, or empty.
func (m *model) overlay(w, h int) string {
	var lines []string
	inner := min(w, page.PlainDialog) - 6
	switch d := m.dialog(); {
	case d != nil:
		if t, ok := d.(page.Tall); ok {
			inner = min(w, t.Most()) - 6
			lines = t.ViewTall(m.Theme, inner, h-2)
		} else {
			lines = d.View(m.Theme, inner)
		}
		if last := len(lines) - 1; last >= 0 && lines[last] == "" {
			lines = lines[:last]
		}
		if len(lines) > h-2 && h > 6 {
			// What is chosen stands last and matters most.
			lines = append(lines[:2:2], lines[len(lines)-(h-4):]...)
		}
	case m.help:
		inner = min(w, page.WideDialog) - 6
		lines = m.helpLines(inner, h-2)
	default:
		return ""
	}
	return m.Theme.Box(true).Padding(0, 2).Render(cells.Block(strings.Join(lines, "\n"), inner, len(lines)))
}

// ask draws a question of the engine.
func (m *model) ask(q *question) {
	//nolint:unparam // as what a dialog does with its answer
	answered := func(a answer) tea.Cmd { q.reply <- a; return nil }
	declined := func() tea.Cmd { return answered(answer{declined: true}) }
	typed := func(value string) tea.Cmd { return answered(answer{text: value}) }
	switch {
	case q.hostKey != nil:
		m.Open(hostKeyDialog(q))
	case q.project != nil:
		m.Open(projectDialog(q))
	case q.serial != "":
		m.Open(&page.InputDialog{
			Title: "MFA code", About: q.id, Field: page.NewField("", "123456", 6), Label: "Code",
			Text:  []string{"Your profile asks for the code of its MFA device:", page.Clean(q.serial)},
			Check: sixDigits, Done: typed, Not: declined,
		})
	default:
		d := &page.InputDialog{
			Title: "Passphrase", About: q.id, Field: page.NewSecret(), Label: "Passphrase",
			Text:  []string{"This private key is encrypted: " + page.Clean(q.path), "The passphrase stays in this program's memory."},
			Check: func(string) string { return "" }, Done: typed, Not: declined,
		}
		if q.again {
			d.Wrong = "That was not the passphrase of this key. Try again."
		}
		m.Open(d)
	}
}

func sixDigits(value string) string {
	if len(value) == 6 && strings.Trim(value, "0123456789") == "" {
		return ""
	}
	return "The code has 6 digits."
}

// hostKeyDialog is the guide's question whether to continue connecting.
func hostKeyDialog(q *question) *page.ChoiceDialog {
	say := func(v steps.HostKeyAnswer) func() tea.Cmd {
		return func() tea.Cmd { q.reply <- answer{verdict: v}; return nil }
	}
	k := q.hostKey
	if k.Replaces {
		return replaceKeyDialog(q, say)
	}
	why := page.Clean(k.Why)
	if why == "" {
		why = "The machine's console has not shown its host key yet."
	}
	return &page.ChoiceDialog{
		Title: "Is this the right machine?", About: q.id,
		Text: []string{
			fmt.Sprintf("The authenticity of host %s (%s) cannot be established yet. %s", page.Clean(k.Host), page.Clean(k.InstanceID), why),
			"Its " + page.Clean(k.KeyType) + " key has the fingerprint",
		},
		Code: page.Clean(k.Fingerprint),
		Options: []page.Option{
			{Label: "Wait and compare", Detail: "the console usually has the key some minutes after the launch", Do: say(steps.HostKeyWait)},
			{Label: "Yes, trust it", Detail: "as the guide does; it is remembered for this machine", Do: say(steps.HostKeyAccept)},
			{Label: "No, stop here", Do: say(steps.HostKeyReject)},
		},
	}
}

// projectDialog asks whether a project is to be brought.
func projectDialog(q *question) *page.ChoiceDialog {
	say := func(yes bool) func() tea.Cmd {
		return func() tea.Cmd { q.reply <- answer{yes: yes}; return nil }
	}
	lines := wording.ProjectQuestion(*q.project)
	for i := range lines {
		lines[i] = page.Clean(lines[i])
	}
	return &page.ChoiceDialog{
		Title: "Bring this project?", About: q.id, Text: lines,
		Options: []page.Option{
			{Label: "Yes, bring it", Do: say(true)},
			{Label: "No, stop here", Do: say(false)},
		},
	}
}

// replaceKeyDialog asks about a key that is to be pinned in the place of another.
func replaceKeyDialog(q *question, say func(steps.HostKeyAnswer) func() tea.Cmd) *page.ChoiceDialog {
	k := q.hostKey
	text := []string{fmt.Sprintf("Host %s (%s) shows another key than was pinned, or none is pinned any more.", page.Clean(k.Host), page.Clean(k.InstanceID))}
	for line := range strings.Lines(k.Why) {
		text = append(text, page.Clean(strings.TrimSuffix(line, "\n")))
	}
	return &page.ChoiceDialog{
		Title: "Pin this host key?", About: q.id,
		Text: append(text, "Its "+page.Clean(k.KeyType)+" key has the fingerprint"), Code: page.Clean(k.Fingerprint),
		Options: []page.Option{
			{Label: "Yes, I have compared it", Detail: "the machine itself tells this fingerprint; it is pinned", Do: say(steps.HostKeyAccept)},
			{Label: "No, change nothing", Do: say(steps.HostKeyReject)}, // esc takes the last one
		},
		At: page.Choice{At: 1},
	}
}
