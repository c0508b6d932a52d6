package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	taskTunnel page.TaskName = page.Quiet + "tunnel"
	taskUI     page.TaskName = "page"
)

// openPage is the end of the guide: the URL and what to do with it.
type openPage struct {
	*page.Context
	work   *page.Logs        // what the work said that led here
	remove func(steps.Setup) // asks whether to
	held   func() bool       // reports whether the key is an Enter that is held

	shown  bool
	opened *steps.Opened
	tunnel string           // what the tunnel said last
	synced *steps.SyncState // how the setup's project is
	at     page.Scroll
	logs   bool // what the work said is shown instead
}

func (s *openPage) Enter() tea.Cmd {
	s.shown = true
	return s.askTunnel()
}

// askTunnel asks the tunnel how it is.
func (s *openPage) askTunnel() tea.Cmd {
	if s.opened == nil || s.opened.Tunnel == nil || s.Tasks.Runs(taskTunnel) {
		return nil
	}
	tunnel := s.opened.Tunnel
	return s.Start(taskTunnel, func(_ context.Context, id page.TaskID) tea.Msg {
		return tunnelSaid{id, tunnel.State()}
	})
}

func (s *openPage) tunnelHasSaid(msg tunnelSaid) {
	if s.Tasks.Done(taskTunnel, msg.id) {
		s.tunnel = msg.state
	}
}

func (s *openPage) Typing() page.Typist {
	return nil
}

// Keys implements [page.Page].
func (s *openPage) Keys() page.Keys {
	if s.logs {
		return append(append(page.Keys{page.Tell("esc", "back to the URL")}, s.work.Keys()...), page.Set("esc l", "", func() { s.logs = false }))
	}
	_, other := s.other()
	return page.Keys{
		page.On("o enter", "open", s.browse),
		page.On("c y", "copy", func() tea.Cmd { return s.CopyURL(s.opened.URL) }),
		page.Set("l", "logs", func() { s.logs = true }),
		page.Tell("esc", "your setups"),
		page.On("t", other, s.turn),
		page.Set("x", "remove", func() { s.remove(s.opened.Setup) }),
		page.Moving[tea.Cmd]("scroll", s.at.Key),
	}
}

// other is the page that the URL can lead to instead, and its name; empty where
// the server has no other.
func (s *openPage) other() (ui steps.UI, title string) {
	switch {
	case s.opened == nil || s.opened.Setup.NoLab:
		return "", ""
	case s.opened.Setup.UI() == steps.UILab:
		return steps.UITree, "notebook"
	case s.opened.Setup.UI() == steps.UITree:
		return steps.UILab, "JupyterLab"
	}
	return "", ""
}

// turn has the URL lead to the other page, now and from now on.
func (s *openPage) turn() tea.Cmd {
	ui, _ := s.other()
	if ui == "" {
		return nil
	}
	setupID, engine := s.opened.Setup.ID, s.Engine
	return s.Start(taskUI, func(ctx context.Context, id page.TaskID) tea.Msg {
		_, err := engine.SetUI(ctx, setupID, ui)
		return uiTurned{id, setupID, ui, err}
	})
}

func (s *openPage) hasTurned(msg uiTurned) tea.Cmd {
	switch {
	case !s.Tasks.Done(taskUI, msg.id) || s.opened == nil || s.opened.Setup.ID != msg.setupID:
		return nil
	case msg.err != nil:
		return s.Say("The page is as it was. "+steps.Explain(msg.err).Title+".", true)
	}
	s.opened.LeadTo(msg.ui)
	return nil
}

// browse opens the URL; a key that is held opens it once.
func (s *openPage) browse() tea.Cmd {
	if s.held() {
		return nil
	}
	return s.Browse(s.opened.URL)
}

func (s *openPage) View(w, h int) string {
	if s.logs {
		return s.work.View(w, h, false)
	}
	// The URL stays where it is: it is what the page is for.
	url := s.urlLines(w)
	lines := append(s.facts(w), s.lists(w)...)
	return strings.Join(append(url, page.Scrolled(s.Theme, &s.at, lines, w, max(h-len(url), 1))...), "\n")
}

// urlLines is the URL between two lines, on one row where it fits.
func (s *openPage) urlLines(w int) []string {
	o := s.opened
	rule := s.Theme.BorderFocus.Render(strings.Repeat("━", min(w, max(len(o.URL), 40))))
	lines := []string{rule}
	for _, piece := range page.Link(s.Theme.URL.Bold(true), o.URL, "jupyter", w) {
		lines = append(lines, page.KeyZone("o", piece))
	}
	return append(lines, rule, "")
}

// facts are what is known of the server and of the money, a line each.
func (s *openPage) facts(w int) []string {
	o := s.opened
	var lines []string
	add := func(name string, style page.Styler, text string) {
		lines = append(lines, page.Pair(s.Theme, name, style, page.Clean(text), 10, min(w, 128))...)
	}
	if o.Proof != "" { // one that is only opened again has none
		add("Proof", s.Theme.OK, "✓ "+o.Proof)
	}
	if o.Tunnel != nil {
		if s.tunnel == "" || s.tunnel == steps.Up {
			add("Tunnel", s.Theme.OK, "✓ up, while this program runs")
		} else {
			add("Tunnel", s.Theme.Warn, "! "+s.tunnel)
		}
	}
	if o.Setup.Project != nil {
		add("Project", s.Theme.Text, s.project())
	}
	if o.UINote != "" {
		add("Page", s.Theme.Warn, "! "+o.UINote)
	}
	if o.PortNote != "" {
		add("", s.Theme.Subtle, o.PortNote)
	}
	if o.Fingerprint != "" {
		add("TLS", s.Theme.Text, "certificate SHA-256 "+inHalves(o.Fingerprint, w < 130))
		add("", s.Theme.Subtle, "It was made for this machine, so your browser warns once: compare the fingerprint there.")
	}
	style, cost := s.cost()
	add("Cost", style, cost)
	add("Stops", s.Theme.Subtle, o.Setup.Answers.StopRule().Words())
	add("Quitting", s.Theme.Subtle, s.quitting(s.Engine.Sandboxed()))
	return append(lines, "")
}

// project is which folder is kept alike, and how it is.
func (s *openPage) project() string {
	p, state := s.opened.Setup.Project, s.synced
	if state == nil {
		state = s.opened.Setup.Sync
	}
	text := "~/" + p.Folder + ", kept alike with " + p.Dir + " while this program runs"
	if words := wording.Sync(state, s.Now()); words != "" {
		text += ": " + words
	}
	return text
}

// inHalves gives a fingerprint a place to break in the middle.
func inHalves(fingerprint string, split bool) string {
	const half = 16 * len("AA:")
	if !split || len(fingerprint) != 2*half-1 {
		return fingerprint
	}
	return fingerprint[:half] + " " + fingerprint[half:]
}

func (s *openPage) cost() (style page.Styler, text string) {
	money, sandbox := s.opened.Money(s.Now()), s.Engine.Sandboxed()
	text = wording.Money(money, steps.StateRunning, sandbox)
	switch {
	case sandbox:
		return s.Theme.Text, text
	case !money.Known:
		return s.Theme.Warn, text
	}
	return s.Theme.Accent, text
}

func (s *openPage) quitting(sandboxed bool) string {
	text := "leaves the machine as it is, and the URL keeps working"
	if s.opened.Tunnel != nil {
		text = "closes the tunnel; the machine keeps running"
	}
	if !sandboxed {
		text += " and costs until you remove it"
	}
	return text
}

// lists are the commands and lines for other clients.
func (s *openPage) lists(w int) []string {
	o := s.opened
	var lines []string
	add := func(title string, style page.Styler, sign string, texts ...string) {
		if len(texts) == 0 || texts[0] == "" {
			return
		}
		lines = append(lines, page.Heading(s.Theme, title))
		for _, t := range texts {
			if sign != "·" {
				sign = page.PromptOf(t)
			}
			lines = append(lines, page.Bullet(style, s.Theme.Subtle.Render(sign), page.Clean(t), w)...)
		}
		lines = append(lines, "")
	}
	add("Kernels, as the gateway answers", s.Theme.Text, "·", o.Kernelspecs...)
	add("A notebook on this computer with its kernels", s.Theme.Code, "$", o.GatewayLine)
	add("By hand", s.Theme.Code, "$", o.Manual...)
	add("VS Code: Select Kernel, Existing Jupyter Server, and paste", s.Theme.Code, "·", o.VSCode)
	if len(lines) > 0 && cells.Width(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func (s *openPage) Point(p page.Pointed) tea.Cmd {
	if s.logs {
		return s.work.Point(p)
	}
	s.at.Wheel(p)
	return nil
}

// set takes what was opened, or nothing.
func (s *openPage) set(o *steps.Opened) {
	s.opened, s.tunnel, s.synced, s.at, s.logs = o, "", nil, page.Scroll{}, false
}

// forget lets go of what was opened, if it is of that setup.
func (s *openPage) forget(setupID string) {
	if s.opened != nil && s.opened.Setup.ID == setupID {
		s.set(nil)
	}
}

// Leave implements [page.Page].
func (s *openPage) Leave() { s.shown = false }

// Update implements [page.Page].
func (s *openPage) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tunnelSaid:
		s.tunnelHasSaid(msg)
	case uiTurned:
		return s.hasTurned(msg)
	case page.ProjectSaid:
		if s.opened != nil && s.opened.Setup.ID == msg.SetupID {
			s.synced = &msg.State
		}
	case page.Ticked, page.Resumed:
		if s.Ticks() {
			return s.askTunnel()
		}
	}
	return nil
}

// Ticks implements [page.Ticking].
func (s *openPage) Ticks() bool { return s.shown }

// FullScreen implements [page.WithLog].
func (s *openPage) FullScreen(w, h int) string {
	if !s.logs {
		return ""
	}
	return s.work.FullScreen(w, h)
}

// Said implements [page.WithLog].
func (s *openPage) Said() string {
	if !s.logs {
		return ""
	}
	return s.work.Said()
}

// Outdated implements [machines.Program].
func (m *model) Outdated(setupID string) { m.open.forget(setupID) }

// ShowOpened implements [machines.Program].
func (m *model) ShowOpened(setup steps.Setup, o *steps.Opened) tea.Cmd {
	m.work.passed(setup)
	m.open.set(o)
	return tea.Batch(m.machines.KeepProject(setup.ID), m.Show(steps.StepOpen))
}
