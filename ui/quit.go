package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const quitTitle = "Leave?"

// askQuit leaves, after a question when something runs and costs.
func (m *model) askQuit() tea.Cmd {
	for _, d := range m.dialogs {
		if c, ok := d.(*page.ChoiceDialog); ok && c.Title == quitTitle {
			return nil
		}
	}
	running := m.running()
	switch {
	case m.Tasks.Runs(taskRemove):
		m.Open(&page.ChoiceDialog{
			Title: quitTitle, Text: []string{"The removal is not finished. What is left" + m.OnAWS(" keeps costing money until it is removed.") + m.InSandbox(" stays until it is removed.")},
			Options: []page.Option{{Label: "Quit", Detail: "remove it later", Danger: true, Do: m.quit}, {Label: "Keep removing"}},
		})
		return nil
	case len(running) == 0 && m.machines.Busy() == nil:
		return m.quit()
	}
	m.Open(m.quitDialog(running))
	return nil
}

// costs reports whether a machine of this run's work exists, or is about to,
// whatever page the person has gone back to.
func (m *model) costs() bool {
	s := m.work.setup
	if m.Tasks.Runs(taskWork) {
		return true
	}
	if u := m.machines.Find(s.ID); u != nil && u.State != steps.StateNone {
		return u.Running()
	}
	return s.ID != "" && (s.Resources.InstanceID != "" || m.work.launched() || m.open.opened != nil)
}

// running are this computer's machines that run, or are about to.
func (m *model) running() []*machines.Member {
	var list []*machines.Member
	found := false
	for _, u := range m.machines.All() {
		own := u.ID == m.work.setup.ID && m.costs()
		if own || u.Running() && !u.Elsewhere {
			list = append(list, u)
			found = found || own
		}
	}
	if !found && m.costs() {
		list = append(list, &machines.Member{Machine: steps.Machine{Setup: m.work.setup}})
	}
	return list
}

func (m *model) quitDialog(running []*machines.Member) *page.ChoiceDialog {
	d := &page.ChoiceDialog{Title: quitTitle}
	if u := m.machines.Busy(); u != nil {
		cut := "that is interrupted."
		doing, ends := u.Doing()
		if ends {
			cut = "that is not waited for, and what EC2 was already asked to do still happens."
		}
		d.Text = append(d.Text, fmt.Sprintf("%s is still %s: %s", u.Name(), doing, cut))
	}
	switch len(running) {
	case 0:
		d.Options = []page.Option{{Label: "Quit", Do: m.quit}, {Label: "Stay"}}
	case 1:
		m.quitOne(d, running[0])
	default:
		m.quitMany(d, running)
	}
	return d
}

func (m *model) quitOne(d *page.ChoiceDialog, u *machines.Member) {
	what := fmt.Sprintf("The machine of %q keeps running when you leave, and %s.", u.Name(), m.costLine(u))
	if m.Engine.Sandboxed() {
		what = fmt.Sprintf("The machine of %q keeps running in the sandbox when you leave.", u.Name())
	}
	d.Text = append(d.Text, what)
	detail := "run the program again to continue"
	switch {
	case m.Tasks.Runs(taskWork):
		detail = "the work stops here, and continues when you run the program again"
	case u.Opened != nil && u.Opened.Tunnel != nil:
		detail = "the tunnel closes and with it the URL, until you run the program again"
	}
	d.Options = []page.Option{
		{Label: "Leave it running", Detail: detail, Do: m.quit},
		{Label: "Stop it", Detail: "kernels and unsaved variables are lost; files stay on its disk" + m.OnAWS(", which costs a little"), Do: func() tea.Cmd {
			return m.leaveAfter([]*machines.Member{u}, m.stopForGood)
		}},
		{Label: "Remove everything", Detail: "the machine, its disk and all files on it are lost", Danger: true, Do: func() tea.Cmd {
			m.askRemove(u.Setup, true)
			return nil
		}},
		{Label: "Keep working"},
	}
}

func (m *model) quitMany(d *page.ChoiceDialog, running []*machines.Member) {
	n := len(running)
	names, setups := make([]string, n), make([]steps.Setup, n)
	for i, u := range running {
		names[i], setups[i] = u.Name(), u.Setup
	}
	if n > 4 {
		names = append(names[:3:3], fmt.Sprintf("and %d more", n-3))
	}
	what := fmt.Sprintf("%d machines keep running when you leave: %s.", n, strings.Join(names, ", "))
	if !m.Engine.Sandboxed() {
		what += " They cost " + wording.Together(steps.Together(m.Now(), setups...)) + "."
	}
	d.Text = append(d.Text, what)
	d.Options = []page.Option{
		{Label: fmt.Sprintf("Leave all %d running", n), Detail: "tunnels close; run the program again to continue", Do: m.quit},
		{Label: fmt.Sprintf("Stop all %d", n), Detail: "kernels and unsaved variables are lost; files stay on their disks" + m.OnAWS(", which cost a little"), Do: func() tea.Cmd {
			return m.leaveAfter(running, m.stopForGood)
		}},
		{Label: fmt.Sprintf("Terminate all %d", n), Detail: "the machines, their disks and all files on them are lost", Danger: true, Do: func() tea.Cmd {
			m.askTerminate(running)
			return nil
		}},
		{Label: "Keep working"},
	}
}

// askTerminate asks for a sentence before several machines are terminated.
func (m *model) askTerminate(list []*machines.Member) {
	sentence := fmt.Sprintf("terminate %d machines", len(list))
	m.Open(&page.InputDialog{
		Title: fmt.Sprintf("Terminate %d machines?", len(list)),
		Text:  []string{"All of them, their disks and all files on them are lost; so are their security groups and the key pairs made for them.", "Type " + sentence + " to continue."},
		Label: "Terminate", Field: page.NewField("", sentence, 60),
		Check: func(value string) string {
			if strings.TrimSpace(value) == sentence {
				return ""
			}
			return "That is not the sentence."
		},
		Done: func(string) tea.Cmd { return m.leaveAfter(list, m.terminateForGood) },
	})
}

// departure is what is still to be done before the program ends.
type departure struct {
	waiting map[string]bool
	// then is begun with a machine once what is being done with it has ended.
	then map[string]func(*machines.Member) tea.Cmd
}

// leaveAfter does something with each machine and then leaves. The list shows
// how that goes; what fails keeps the person here.
func (m *model) leaveAfter(list []*machines.Member, do func(*machines.Member) tea.Cmd) tea.Cmd {
	l := &departure{waiting: map[string]bool{}, then: map[string]func(*machines.Member) tea.Cmd{}}
	m.departure = l
	var cmds []tea.Cmd
	for _, u := range list {
		if m.machines.Find(u.ID) == nil {
			u = m.machines.Put(u.Setup)
		}
		l.waiting[u.ID] = true
		if m.machines.Cut(u) {
			l.then[u.ID] = do
			continue
		}
		cmds = append(cmds, do(u))
	}
	if m.page != machines.ID {
		cmds = append(cmds, m.Show(machines.ID))
	}
	return tea.Batch(cmds...)
}

// Ended implements [machines.Program]: before the program ends it is waited
// for.
func (m *model) Ended(setupID string, err error) tea.Cmd {
	l := m.departure
	if l == nil || !l.waiting[setupID] {
		return nil
	}
	if do, ok := l.then[setupID]; ok {
		delete(l.then, setupID)
		if u := m.machines.Find(setupID); u != nil {
			return do(u)
		}
		err = nil // it was removed before that could be cut off
	}
	if err != nil {
		m.departure = nil // the person sees what failed, and decides again
		return nil
	}
	delete(l.waiting, setupID)
	if len(l.waiting) > 0 {
		return nil
	}
	return m.quit()
}

// waitForWork ends the work on a setup, and answers what waits for its end.
func (m *model) waitForWork(setupID string) func(context.Context) error {
	gone := m.work.release(setupID)
	return func(ctx context.Context) error {
		if gone == nil {
			return nil
		}
		select {
		case <-gone:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *model) stopForGood(u *machines.Member) tea.Cmd {
	return m.machines.StopAfter(u, m.waitForWork(u.ID))
}

func (m *model) terminateForGood(u *machines.Member) tea.Cmd {
	return m.machines.TerminateAfter(u, m.waitForWork(u.ID), func() { m.forget(u.Setup) })
}

// costLine says what the running machine costs.
func (m *model) costLine(u *machines.Member) string {
	cost := u.Cost
	if u.Opened != nil {
		cost = u.Opened.Cost
	}
	return wording.AnHour(cost, m.Engine.Sandboxed())
}

// quit ends the program. The machines are left as they are.
func (m *model) quit() tea.Cmd {
	m.quitting = true
	m.outcome.Opened = m.open.opened
	m.outcome.Interrupted = m.Tasks.Runs(taskWork) || m.Tasks.Runs(taskRemove)
	if m.work.setup.ID != "" && !m.outcome.Removed {
		m.outcome.Setup = m.work.setup
		m.outcome.LeftRunning = m.costs()
	}
	running := m.running()
	for _, u := range running {
		m.outcome.Left = append(m.outcome.Left, u.Setup)
	}
	for _, u := range m.machines.All() {
		if (u.State == steps.StateStopped || u.Resources.Removing) && !u.Elsewhere && !slices.Contains(running, u) {
			m.outcome.Left = append(m.outcome.Left, u.Setup)
		}
	}
	m.Tasks.StopAll()
	return m.HandOver(tea.Quit)
}

// askRemove asks for the setup's name before everything of it is removed.
func (m *model) askRemove(s steps.Setup, thenQuit bool) {
	name := s.Answers.Name
	lost := "The machine, its disk and all files on it are lost; so are its security group and the key pair made for it."
	text := []string{lost, "Type the setup's name, " + page.Clean(name) + ", to continue."}
	discard := name + " discard"
	if s.Project != nil {
		text = []string{
			lost, "What is new in ~/" + page.Clean(s.Project.Folder) + " there is brought back first, but for what .gitignore leaves out; where it cannot be, nothing is removed.",
			"Type the setup's name, " + page.Clean(name) + ", to continue, or " + page.Clean(discard) + " to lose what was not brought back.",
		}
	}
	m.Open(&page.InputDialog{
		Title: "Remove " + page.Clean(name) + "?", Text: text,
		Label: "Name", Field: page.NewField("", name, 60),
		Check: func(value string) string {
			if value == name || s.Project != nil && value == discard {
				return ""
			}
			return "That is not the name."
		},
		Done: func(value string) tea.Cmd { return m.remove.start(s, thenQuit, value == discard) },
	})
}

// AskRemove implements [machines.Program].
func (m *model) AskRemove(s steps.Setup) { m.askRemove(s, false) }
