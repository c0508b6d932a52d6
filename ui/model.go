package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

const taskSave page.TaskName = "save"

// model is the wizard, and the only tea.Model of the program. Its screens
// hold their own state; what they share is here.
type model struct {
	*page.Context
	o Options
	// asksTerminal: the person has chosen no theme, so its background decides.
	asksTerminal bool

	page    steps.StepID
	reached int         // the furthest step shown, counted from 0
	settled steps.Place // the place the later answers were given for
	answers steps.Answers

	fleet   fleetScreen
	account accountScreen
	machine machineScreen
	key     keyScreen
	mode    modeScreen
	review  reviewScreen
	work    workScreen
	open    openScreen
	remove  removeScreen

	dialogs  []page.Dialog // the last one has the keys
	help     bool
	helpAt   page.Scroll
	click    click
	entered  time.Time // when Enter was pressed last; zero when another key came since
	held     bool      // the key that is being taken is an Enter that is held
	notice   notice
	ticker   tickID // ID of the ticking chain that counts
	ticking  bool
	leaving  bool // Ctrl-C was pressed once: the next one leaves at once
	quitting bool
	outcome  Outcome
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
	m := &model{o: o, page: pageFleet, Context: &page.Context{
		Engine: o.Engine, Tasks: &page.Tasks{}, Send: send, Program: ctx, Width: 80, Height: 24,
		Now: o.Now, Env: o.Env, Profile: o.Defaults.Profile, SaveDir: o.SaveDir, Browser: o.Open,
	}}
	m.Owner = m
	m.answers = withDefaults(o.Defaults)
	m.Theme, m.asksTerminal = o.Theme.First(o.Env)
	m.fleet = newFleetScreen(m)
	m.account = newAccountScreen(m)
	m.machine = newMachineScreen(m)
	m.key = newKeyScreen(m)
	m.mode = newModeScreen(m)
	m.work = newWorkScreen(m)
	m.remove = newRemoveScreen(m)
	return m
}

// withDefaults fills in what the answers leave open.
func withDefaults(a steps.Answers) steps.Answers {
	or := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	or(&a.Name, defaultName)
	or(&a.Release, steps.DefaultRelease)
	or((*string)(&a.Mode), string(steps.ModeSSH))
	or((*string)(&a.Installer), string(steps.InstallerUV))
	or((*string)(&a.Key.Source), string(steps.KeyImport))
	if a.DiskGB == 0 {
		a.DiskGB = steps.DefaultDiskGB
	}
	return a
}

const defaultName = "jupyter"

// Init asks for the terminal's background and for earlier setups.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.askBackground(), m.Show(pageFleet))
}

// askBackground asks the terminal for its background, unless the person has
// chosen. Not every terminal answers.
func (m *model) askBackground() tea.Cmd {
	if !m.asksTerminal {
		return nil
	}
	return tea.RequestBackgroundColor
}

// screen is the page that is shown.
func (m *model) screen() screen {
	switch m.page {
	case pageFleet:
		return &m.fleet
	case steps.StepAccount:
		return &m.account
	case steps.StepMachine:
		return &m.machine
	case steps.StepKey:
		return &m.key
	case steps.StepMode:
		return &m.mode
	case steps.StepReview:
		return &m.review
	case steps.StepRemove:
		return &m.remove
	case steps.StepOpen:
		if m.open.opened != nil {
			return &m.open
		}
	}
	return &m.work
}

// Update takes what has happened: keys, sizes, and our own messages.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.Width, m.Height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		if m.asksTerminal {
			m.restyle(theme.New(msg.IsDark(), m.Theme.Color))
		}
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
		for _, d := range m.dialogs {
			if d, ok := d.(page.Updater); ok {
				cmd = tea.Batch(cmd, d.Update(msg))
			}
		}
		return m, tea.Batch(cmd, m.tick(), m.Ends.CloseUnused())
	}
	return m, nil
}

// happened takes our own messages. Those of tasks that do not count any more
// are dropped here or in the screen they are for.
func (m *model) happened(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case setupsListed:
		return m.fleet.listed(m, msg)
	case profilesRead:
		return m.account.read(m, msg)
	case signedIn:
		return m.account.signed(m, msg)
	case typesFetched:
		return m.machine.fetched(m, msg)
	case pricesFetched:
		m.machine.priced(m, msg)
	case keysFound:
		m.key.found(m, msg)
	case keyInspected:
		return m.key.inspected(m, msg)
	case keyProtected:
		return m.key.protected(m, msg)
	case reviewed:
		m.review.came(m, msg)
	case workBegan:
		m.work.began(m, msg)
	case page.EventsCame:
		return m.events(msg)
	case setupSeen:
		m.work.seen(m, msg)
	case logpane.FullScreenToggledMsg:
		m.toggleFull(msg.ID)
	case logpane.SaveRequestedMsg:
		return m.saveLog()
	case workEnded:
		return m.work.ended(m, msg)
	case removeEnded:
		return m.remove.ended(m, msg)
	case tunnelSeen:
		m.open.seen(m, msg)
	case fileSaved:
		return m.saved(msg)
	case browserOpened:
		if msg.err != nil {
			return m.Say("No browser opened: "+msg.err.Error()+". c copies the URL.", true)
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
		return m.fleetHappened(msg)
	}
	return nil
}

// fleetHappened takes what has happened to the machines.
func (m *model) fleetHappened(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case told:
		return m.account.tell(m, msg.text)
	case surveyed:
		return m.fleet.surveyed(m, msg)
	case surveyEnded:
		return m.fleet.surveyEnded(m, msg)
	case ledgerWatched:
		return m.fleet.watched(m, msg)
	case memberSeen:
		return m.fleet.seen(m, msg)
	case selectionRested:
		return m.fleet.rested(m, msg)
	case linkMade:
		return m.linked(msg)
	case healthCame:
		return m.healthy(msg)
	case logRead:
		m.fleet.read(m, msg)
	case logEnded:
		m.fleet.readAll(m, msg)
	case operationSaid:
		m.fleet.said(m, msg)
	case operationEnded:
		return m.fleet.ended(m, msg)
	case copyAdvanced:
		m.fleet.copied(m, msg)
	case notebookEnded:
		return m.fleet.notebookEnded(m, msg)
	case shellEnded:
		return m.shellEnded(msg)
	}
	return nil
}

func (m *model) saved(msg fileSaved) tea.Cmd {
	if !m.Tasks.Done(taskSave, msg.id) {
		return nil
	}
	if msg.err != nil {
		return m.Say("The "+msg.what+" could not be saved: "+msg.err.Error(), true)
	}
	text, path := "Saved the "+msg.what+" as ", msg.path
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
	case m.page == pageFleet:
		return watchEvery
	case m.page == steps.StepOpen, m.linksUp():
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
	cmd := m.fleet.turned(m, msg.at)
	if m.page == steps.StepOpen {
		return tea.Batch(cmd, m.open.look(m))
	}
	return cmd
}
