package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

const (
	taskKeys    page.TaskName = "keys"
	taskInspect page.TaskName = "inspect"
	taskProtect page.TaskName = "protect"
)

// keyScreen asks for the key pair: one of the ways the engine found, or a
// file the person names.
type keyScreen struct {
	place   steps.Place
	options []steps.KeyOption
	at      page.Choice
	path    *page.Field
	naming  bool // the path is being typed
	failure page.Failure
	wrong   string // why the option under the cursor cannot be taken
}

func newKeyScreen(*model) keyScreen {
	return keyScreen{path: page.NewField("", "~/.ssh/my-key.pem", 0)}
}

func (s *keyScreen) enter(m *model) tea.Cmd {
	s.wrong = ""
	if s.place == m.place() && len(s.options) > 0 {
		return nil
	}
	return s.find(m)
}

func (s *keyScreen) find(m *model) tea.Cmd {
	s.failure.Set(nil)
	s.options = nil
	place := m.place()
	return m.Start(taskKeys, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := m.Engine.Keys(ctx, place)
		return keysFound{id, place, list, err}
	})
}

func (s *keyScreen) found(m *model, msg keysFound) tea.Cmd {
	if !m.Tasks.Done(taskKeys, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.place, s.options = msg.place, msg.list
	s.at.Size(len(s.options) + 1)
	s.at.At = 0
	want := m.answers.Key
	for i, o := range s.options {
		if sameKey(o.Answer, want) {
			s.at.At = i
			return nil
		}
	}
	if want.Source == steps.KeyFile && want.Path != "" {
		return s.inspect(m, want.Path)
	}
	return nil
}

// sameKey compares what the person chose; where EC2 has it may change.
func sameKey(a, b steps.KeyAnswer) bool {
	return a.Source == b.Source && (a.Path == b.Path || b.Path == "") && a.Fingerprint == b.Fingerprint
}

func (s *keyScreen) inspect(m *model, path string) tea.Cmd {
	place := m.place()
	return m.Start(taskInspect, func(ctx context.Context, id page.TaskID) tea.Msg {
		option, err := m.Engine.InspectKey(ctx, place, path)
		return keyInspected{id, option, err}
	})
}

// inspected puts the file the person named into the list.
func (s *keyScreen) inspected(m *model, msg keyInspected) tea.Cmd {
	if !m.Tasks.Done(taskInspect, msg.id) {
		return nil
	}
	if msg.err != nil {
		p := steps.Explain(msg.err)
		s.wrong = page.Clean(p.Text + " " + page.NextWords(p.Next))
		return nil
	}
	s.naming = false
	for i, o := range s.options {
		if sameKey(o.Answer, msg.option.Answer) {
			s.options[i], s.at.At = msg.option, i
			return s.take(m)
		}
	}
	s.options = append(s.options, msg.option)
	s.at.Size(len(s.options) + 1)
	s.at.At = len(s.options) - 1
	if msg.option.Problem != "" || msg.option.TooOpen || msg.option.Garbled {
		return s.take(m)
	}
	return nil
}

func (s *keyScreen) protected(m *model, msg keyProtected) tea.Cmd {
	if !m.Tasks.Done(taskProtect, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.wrong = page.Clean(steps.Explain(msg.err).Text)
		return nil
	}
	return tea.Batch(s.inspect(m, msg.path), m.Say(msg.done, false))
}

func (s *keyScreen) typing() page.Typist {
	if s.naming {
		return s.path
	}
	return nil
}

func (s *keyScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch {
	case s.naming:
		return s.namingKey(m, k), true
	case s.failure.Is():
		if k.String() == "r" {
			return s.find(m), true
		}
		return nil, s.failure.Key(k)
	case len(s.options) == 0:
		return nil, false
	}
	if s.at.Key(k) {
		s.wrong = ""
		return nil, true
	}
	switch k.String() {
	case "enter":
		return s.take(m), true
	case "r":
		return s.find(m), true
	}
	return nil, false
}

func (s *keyScreen) namingKey(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc":
		s.naming, s.wrong = false, ""
		m.Tasks.Stop(taskInspect)
	case "enter":
		if s.path.Value() == "" {
			s.wrong = "Type the path of a private key file."
			return nil
		}
		return s.inspect(m, s.path.Value())
	default:
		s.wrong = ""
		s.path.Update(k)
	}
	return nil
}

// take goes on with the option under the cursor, if it can be used.
func (s *keyScreen) take(m *model) tea.Cmd {
	if s.at.At == len(s.options) {
		s.naming, s.wrong = true, ""
		return nil
	}
	o := s.options[s.at.At]
	switch {
	case o.TooOpen:
		m.Confirm("This key is readable by others", page.Clean(o.Answer.Path)+" can be read by other people on this computer, and SSH refuses such a key. The guide protects it with chmod 400.",
			"Run chmod 400", func() tea.Cmd { return s.protect(m, o.Answer.Path, "Done: chmod 400 "+o.Answer.Path) })
		return nil
	case o.Garbled:
		m.Confirm("ssh cannot read this key as it was saved", page.Clean(o.Answer.Path)+" was saved as UTF-16, with a byte order mark or with Windows line ends. The key in it is good; ssh -i refuses the file until it is written right.",
			"Write it as ssh reads it", func() tea.Cmd { return s.protect(m, o.Answer.Path, "ssh can read "+o.Answer.Path+" now.") })
		return nil
	case o.Problem != "":
		s.wrong = page.Clean(o.Problem)
		return nil
	}
	m.answers.Key = o.Answer
	return m.next()
}

// protect mends a key file; done is what is said then.
func (s *keyScreen) protect(m *model, path, done string) tea.Cmd {
	return m.Start(taskProtect, func(_ context.Context, id page.TaskID) tea.Msg {
		return keyProtected{id, path, done, m.Engine.ProtectKey(path)}
	})
}

func (s *keyScreen) hints(*model) []page.Hint {
	switch {
	case s.naming:
		return []page.Hint{{"enter", "check the file"}, {"esc", "cancel"}}
	case s.failure.Is():
		return append(s.failure.Hints(), page.Hint{"esc", "back"})
	}
	return []page.Hint{{"enter", "continue"}, {"↑↓", "choose"}, {"r", "check again"}, {"esc", "back"}}
}

func (s *keyScreen) view(m *model, w, h int) string {
	switch {
	case s.failure.Is():
		return strings.Join(s.failure.Lines(m.Theme, w), "\n")
	case m.Tasks.Runs(taskKeys):
		return m.Waiting("Looking for keys here and in EC2 …")
	}
	foot := page.Paragraph(m.Theme.Warn, s.wrong, w)
	if m.Tasks.Runs(taskInspect) {
		foot = []string{m.Waiting("Checking the file …")}
	}
	each := 2 // lines an option takes
	if h >= 3*(len(s.options)+1)+len(foot) {
		each = 3
	}
	var lines []string
	s.at.Size(len(s.options) + 1)
	room := h - len(foot)
	if room < each*s.at.N {
		room-- // for the line that says so
	}
	from, to := s.at.Window(room / each)
	for i := from; i < to; i++ {
		option := s.optionLines(m, i, w, each-1)
		lines = append(lines, page.ZonesOf(page.ZoneLine, i, append(option, make([]string, each-len(option))...))...)
	}
	if more := s.at.More(from, to); more != "" {
		foot = append([]string{cells.FitRight(m.Theme.Subtle.Render(more), w)}, foot...)
	}
	return strings.Join(append(lines, foot...), "\n")
}

// optionLines is an option's title and its detail on at most most lines.
func (s *keyScreen) optionLines(m *model, i, w, most int) []string {
	on := i == s.at.At
	style := m.Theme.Text
	if on {
		style = m.Theme.Accent
	}
	head := page.Arrow(m.Theme, on) + page.Radio(m.Theme, on)
	if i == len(s.options) {
		title := head + style.Render("Another private key file …")
		if s.naming {
			return []string{title, "    " + m.Theme.Prompt.Render("Path ") + s.path.View(m.Theme, min(w-12, 64), true)}
		}
		return []string{title, "    " + m.Theme.Subtle.Render("type its path")}
	}
	o := s.options[i]
	title := head + style.Render(page.Clean(o.Title))
	switch {
	case o.TooOpen:
		title += m.Theme.Warn.Render("   ! readable by others")
	case o.Garbled:
		title += m.Theme.Warn.Render("   ! ssh cannot read it as saved")
	case o.Problem != "":
		title += m.Theme.Warn.Render("   ! cannot be used as it is")
	case o.Encrypted:
		title += m.Theme.Subtle.Render("   encrypted")
	}
	detail := page.Wrap(page.Clean(o.Detail), w-4)
	if len(detail) > most {
		detail = append(detail[:most-1:most-1], strings.Join(detail[most-1:], " "))
	}
	lines := []string{title}
	for _, line := range detail {
		lines = append(lines, "    "+m.Theme.Subtle.Render(ansi.Truncate(line, w-4, "…")))
	}
	return lines
}
