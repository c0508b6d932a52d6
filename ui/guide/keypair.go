package guide

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

const (
	taskKeys    page.TaskName = "keys"
	taskInspect page.TaskName = "inspect"
	taskProtect page.TaskName = "protect"
)

// KeyPair asks for the key pair: one of the ways the engine found, or a
// file the person names.
type KeyPair struct {
	*Guide
	place   steps.Place
	options []steps.KeyOption
	at      page.Choice
	path    *page.Field
	naming  bool // the path is being typed
	failure page.Failure
	wrong   string // why the option under the cursor cannot be taken
}

// NewKeyPair makes the page.
func NewKeyPair(g *Guide) *KeyPair {
	return &KeyPair{Guide: g, path: page.NewField("", "~/.ssh/my-key.pem", 0)}
}

// Enter implements [page.Page].
func (s *KeyPair) Enter() tea.Cmd {
	s.wrong = ""
	if s.place == s.Place() && len(s.options) > 0 {
		return nil
	}
	return s.find()
}

// Leave implements [page.Page].
func (s *KeyPair) Leave() {
	s.Tasks.Stop(taskKeys)
	s.Tasks.Stop(taskInspect)
}

// Update implements [page.Page].
func (s *KeyPair) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case keysFound:
		return s.found(msg)
	case keyInspected:
		return s.inspected(msg)
	case keyProtected:
		return s.protected(msg)
	}
	return nil
}

func (s *KeyPair) find() tea.Cmd {
	s.failure.Set(nil)
	s.options = nil
	place := s.Place()
	return s.Start(taskKeys, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := s.Engine.Keys(ctx, place)
		return keysFound{id, place, list, err}
	})
}

func (s *KeyPair) found(msg keysFound) tea.Cmd {
	if !s.Tasks.Done(taskKeys, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.place, s.options = msg.place, msg.list
	s.at.Size(len(s.options) + 1)
	s.at.At = 0
	want := s.Answers.Key
	for i, o := range s.options {
		if sameKey(o.Answer, want) {
			s.at.At = i
			return nil
		}
	}
	if want.Source == steps.KeyFile && want.Path != "" {
		return s.inspect(want.Path)
	}
	return nil
}

// sameKey compares what the person chose; where EC2 has it may change.
func sameKey(a, b steps.KeyAnswer) bool {
	return a.Source == b.Source && (a.Path == b.Path || b.Path == "") && a.Fingerprint == b.Fingerprint
}

func (s *KeyPair) inspect(path string) tea.Cmd {
	place := s.Place()
	return s.Start(taskInspect, func(ctx context.Context, id page.TaskID) tea.Msg {
		option, err := s.Engine.InspectKey(ctx, place, path)
		return keyInspected{id, option, err}
	})
}

// inspected puts the file the person named into the list.
func (s *KeyPair) inspected(msg keyInspected) tea.Cmd {
	if !s.Tasks.Done(taskInspect, msg.id) {
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
			return s.take()
		}
	}
	s.options = append(s.options, msg.option)
	s.at.Size(len(s.options) + 1)
	s.at.At = len(s.options) - 1
	if msg.option.Problem != "" || msg.option.TooOpen || msg.option.Garbled {
		return s.take()
	}
	return nil
}

func (s *KeyPair) protected(msg keyProtected) tea.Cmd {
	if !s.Tasks.Done(taskProtect, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.wrong = page.Clean(steps.Explain(msg.err).Text)
		return nil
	}
	return tea.Batch(s.inspect(msg.path), s.Say(msg.done, false))
}

// Typing implements [page.Page].
func (s *KeyPair) Typing() page.Typist {
	if s.naming {
		return s.path
	}
	return nil
}

// Keys implements [page.Page].
func (s *KeyPair) Keys() page.Keys {
	switch {
	case s.naming:
		return s.namingKeys()
	case s.failure.Is():
		return append(s.failure.Keys("r", s.find), page.Tell("esc", "back"))
	case len(s.options) == 0:
		return page.Keys{page.Tell("esc", "back")}
	}
	return page.Keys{
		page.On("enter", "continue", s.take),
		page.Moving[tea.Cmd]("choose", func(k tea.KeyPressMsg) bool {
			if !s.at.Key(k) {
				return false
			}
			s.wrong = ""
			return true
		}),
		page.On("r", "check again", s.find),
		page.Tell("esc", "back"),
	}
}

func (s *KeyPair) namingKeys() page.Keys {
	return page.Keys{
		page.On("enter", "check the file", s.named),
		page.Set("esc", "cancel", func() {
			s.naming, s.wrong = false, ""
			s.Tasks.Stop(taskInspect)
		}),
		page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
			s.wrong = ""
			s.path.Update(k)
			return nil, true
		}),
	}
}

// named checks the file whose path was typed.
func (s *KeyPair) named() tea.Cmd {
	if s.path.Value() == "" {
		s.wrong = "Type the path of a private key file."
		return nil
	}
	return s.inspect(s.path.Value())
}

// take continues with the option under the cursor, if it can be used.
func (s *KeyPair) take() tea.Cmd {
	if s.at.At == len(s.options) {
		s.naming, s.wrong = true, ""
		return nil
	}
	o := s.options[s.at.At]
	switch {
	case o.TooOpen:
		s.Confirm("This key is readable by others", page.Clean(o.Answer.Path)+" can be read by other people on this computer, and SSH refuses such a key. The guide protects it with "+problem.Here().Protects()+".",
			"Run "+problem.Here().Protects(), func() tea.Cmd { return s.protect(o.Answer.Path, "Done: "+problem.Here().Protects()+" "+o.Answer.Path) })
		return nil
	case o.Garbled:
		s.Confirm("ssh cannot read this key as it was saved", page.Clean(o.Answer.Path)+" was saved as UTF-16, with a byte order mark or with Windows line ends. The key in it is good; ssh -i refuses the file until it is written right.",
			"Write it as ssh reads it", func() tea.Cmd { return s.protect(o.Answer.Path, "ssh can read "+o.Answer.Path+" now.") })
		return nil
	case o.Problem != "":
		s.wrong = page.Clean(o.Problem)
		return nil
	}
	s.Answers.Key = o.Answer
	return s.Next()
}

// protect mends a key file; done is what is said then.
func (s *KeyPair) protect(path, done string) tea.Cmd {
	return s.Start(taskProtect, func(_ context.Context, id page.TaskID) tea.Msg {
		return keyProtected{id, path, done, s.Engine.ProtectKey(path)}
	})
}

// View implements [page.Page].
func (s *KeyPair) View(w, h int) string {
	switch {
	case s.failure.Is():
		return strings.Join(s.failure.Lines(s.Theme, w), "\n")
	case s.Tasks.Runs(taskKeys):
		return s.Waiting("Looking for keys here and in EC2 …")
	}
	foot := page.Paragraph(s.Theme.Warn, s.wrong, w)
	if s.Tasks.Runs(taskInspect) {
		foot = []string{s.Waiting("Checking the file …")}
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
		option := s.optionLines(i, w, each-1)
		lines = append(lines, page.ZonesOf(page.ZoneLine, i, append(option, make([]string, each-len(option))...))...)
	}
	if more := s.at.More(from, to); more != "" {
		foot = append([]string{cells.FitRight(s.Theme.Subtle.Render(more), w)}, foot...)
	}
	return strings.Join(append(lines, foot...), "\n")
}

// optionLines is an option's title and its detail on at most most lines.
func (s *KeyPair) optionLines(i, w, most int) []string {
	on := i == s.at.At
	style := s.Theme.Text
	if on {
		style = s.Theme.Accent
	}
	head := page.Arrow(s.Theme, on) + page.Radio(s.Theme, on)
	if i == len(s.options) {
		title := head + style.Render("Another private key file …")
		if s.naming {
			return []string{title, "    " + s.Theme.Prompt.Render("Path ") + s.path.View(s.Theme, min(w-12, 64), true)}
		}
		return []string{title, "    " + s.Theme.Subtle.Render("type its path")}
	}
	o := s.options[i]
	title := head + style.Render(page.Clean(o.Title))
	switch {
	case o.TooOpen:
		title += s.Theme.Warn.Render("   ! readable by others")
	case o.Garbled:
		title += s.Theme.Warn.Render("   ! ssh cannot read it as saved")
	case o.Problem != "":
		title += s.Theme.Warn.Render("   ! cannot be used as it is")
	case o.Encrypted:
		title += s.Theme.Subtle.Render("   encrypted")
	}
	detail := page.Wrap(page.Clean(o.Detail), w-4)
	if len(detail) > most {
		detail = append(detail[:most-1:most-1], strings.Join(detail[most-1:], " "))
	}
	lines := []string{title}
	for _, line := range detail {
		lines = append(lines, "    "+s.Theme.Subtle.Render(ansi.Truncate(line, w-4, "…")))
	}
	return lines
}

// Point implements [page.Page].
func (s *KeyPair) Point(p page.Pointed) tea.Cmd {
	if s.naming || s.failure.Is() || len(s.options) == 0 {
		return nil
	}
	s.wrong = ""
	if s.at.Point(p) {
		return s.PressEnter()
	}
	return nil
}
