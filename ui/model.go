package ui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/guide"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// model is the wizard, and the only tea.Model of the program. Its pages
// hold their own state; what they share is here.
type model struct {
	*page.Context
	o Options
	// asksTerminal: the person has chosen no theme, so its background decides.
	asksTerminal bool
	background   background

	page        steps.StepID
	reached     int          // the furthest step shown, counted from 0
	answeredFor steps.Place  // the place the later answers were given for
	guide       *guide.Guide // with the answers so far
	pages       []entry

	machines *machines.Page
	account  *guide.Account
	work     workPage
	open     openPage
	remove   removePage

	dialogs   []page.Dialog // the last one has the keys
	help      bool
	helpAt    page.Scroll
	click     click
	entered   time.Time // when Enter was pressed last; zero when another key came since
	held      bool      // the key that is being taken is an Enter that is held
	notice    notice
	ticker    tickID // ID of the ticking chain that counts
	ticking   bool
	insists   bool       // Ctrl-C was pressed once: the next one leaves at once
	departure *departure // the program ends once these machines are dealt with; nil: it does not
	quitting  bool
	outcome   Outcome
}

// noticeID tells a notice from a later one, tickID a chain of ticks.
type (
	noticeID int
	tickID   int
)

// notice is one line that goes away on its own.
type notice struct {
	id   noticeID
	text string
	bad  bool
}

func newModel(ctx context.Context, o Options, send func(tea.Msg)) *model {
	if o.Start == nil {
		o.Start = func() steps.Start { return steps.Start{} }
	}
	start := o.Start()
	m := &model{o: o, page: machines.ID, Context: &page.Context{
		Engine: o.Engine, Tasks: &page.Tasks{}, Send: send, Program: ctx, Width: 80, Height: 24,
		Now: o.Now, Env: o.Env, Profile: start.Answers.Profile, SaveDir: o.SaveDir, Browser: o.Open,
	}}
	m.Owner = m
	m.Theme, m.asksTerminal = o.Theme.First(o.Env)
	m.guide = guide.New(m.Context, start.Answers)
	m.guide.Fault = func() error { return o.Start().Fault }
	m.guide.Next, m.guide.Exists = m.next, m.costs
	m.guide.Launch = func() tea.Cmd { return m.work.begin() }
	m.machines = machines.New(m.Context, m)
	m.account = guide.NewAccount(m.guide)
	m.work = newWorkPage(m)
	m.open = openPage{
		Context: m.Context, work: &m.work.logs, held: func() bool { return m.held },
		remove: func(s steps.Setup) { m.askRemove(s, false) },
	}
	m.remove = newRemovePage(m.Context, m)
	m.pages = m.table()
	return m
}

// Init asks for the terminal's background and for earlier setups.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.askBackground(), m.Show(machines.ID))
}

// Update takes what has happened: keys, sizes, and our own messages.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.Width, m.Height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		return m, m.answered(msg)
	case noAnswer:
		return m, m.unanswered(msg)
	case tea.KeyPressMsg:
		cmd := m.Press(msg)
		return m, tea.Batch(cmd, m.tick(), m.Ends.CloseUnused())
	case page.Pointed:
		cmd := m.point(msg)
		return m, tea.Batch(cmd, m.tick(), m.Ends.CloseUnused())
	case tea.PasteMsg:
		m.paste(msg)
	default:
		cmd := m.happened(msg)
		return m, tea.Batch(cmd, m.tick(), m.Ends.CloseUnused())
	}
	return m, nil
}

// tell gives every page, and every dialog, a message. Each takes its own.
func (m *model) tell(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, e := range m.pages {
		cmds = append(cmds, e.page.Update(msg))
	}
	for _, d := range m.dialogs {
		if d, ok := d.(page.Updater); ok {
			cmds = append(cmds, d.Update(msg))
		}
	}
	return tea.Batch(cmds...)
}

// happened takes the messages that are the model's own.
func (m *model) happened(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case page.FileSaved:
		return m.saved(msg)
	case page.BrowserOpened:
		if msg.Err != nil {
			return m.Say("No browser opened: "+msg.Err.Error()+". c copies the URL.", true)
		}
		return m.Say("Opened in the browser.", false)
	case questionAsked:
		m.ask(msg.q)
	case questionWithdrawn:
		m.CloseAbout(msg.id)
	case ticked:
		return m.turned(msg)
	case resumed:
		return m.resumed(msg)
	case noticeFaded:
		if msg.id == m.notice.id {
			m.notice.text = ""
		}
	default:
		return m.tell(msg)
	}
	return nil
}

func (m *model) saved(msg page.FileSaved) tea.Cmd {
	if !m.Tasks.Done(page.TaskSave, msg.ID) {
		return nil
	}
	if msg.Err != nil {
		return m.Say("The "+msg.What+" could not be saved: "+msg.Err.Error(), true)
	}
	text, path := "Saved the "+msg.What+" as ", msg.Path
	if over := cells.Width(text) + cells.Width(path) + 2 - m.Width; over > 0 {
		path = ansi.TruncateLeft(path, over+1, "…") // the name at its end matters most
	}
	return m.Say(text+path, false)
}

// noticeFor is how long a notice stays.
const noticeFor = 6 * time.Second

// Say implements [page.Owner].
func (m *model) Say(text string, bad bool) tea.Cmd {
	m.notice = notice{id: m.notice.id + 1, text: text, bad: bad}
	id := m.notice.id
	return tea.Tick(noticeFor, func(time.Time) tea.Msg { return noticeFaded{id} })
}

// tick keeps one chain of ticks going while something on the screen moves.
func (m *model) tick() tea.Cmd {
	every := m.pace()
	if every == 0 || m.ticking {
		return nil
	}
	m.ticking = true
	m.ticker++
	id := m.ticker
	return tea.Tick(every, func(at time.Time) tea.Msg { return ticked{id, at} })
}

// pace is how often the screen has to be drawn again without a message: often
// while a spinner turns, each second while a cost grows or the ledger is
// watched, else never.
func (m *model) pace() time.Duration {
	switch {
	case m.quitting:
		return 0
	case m.Tasks.Working():
		return 200 * time.Millisecond
	case slices.ContainsFunc(m.pages, func(e entry) bool { p, ok := e.page.(page.Ticking); return ok && p.Ticks() }):
		return time.Second
	}
	return 0
}

func (m *model) turned(msg ticked) tea.Cmd {
	if msg.id != m.ticker {
		return nil
	}
	m.ticking = false
	m.Frame++
	return m.tell(page.Ticked{At: msg.at})
}
