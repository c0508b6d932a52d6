package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const taskTunnel page.TaskName = page.Quiet + "tunnel"

// openScreen is the end of the guide: the URL and what to do with it.
type openScreen struct {
	opened *steps.Opened
	tunnel string // what the tunnel said last
	at     page.Scroll
	logs   bool // the logs are shown instead
}

func (s *openScreen) enter(m *model) tea.Cmd { return s.look(m) }

// look asks the tunnel how it is.
func (s *openScreen) look(m *model) tea.Cmd {
	if s.opened == nil || s.opened.Tunnel == nil || m.Tasks.Runs(taskTunnel) {
		return nil
	}
	tunnel := s.opened.Tunnel
	return m.Start(taskTunnel, func(_ context.Context, id page.TaskID) tea.Msg {
		return tunnelSeen{id, tunnel.State()}
	})
}

func (s *openScreen) seen(m *model, msg tunnelSeen) {
	if m.Tasks.Done(taskTunnel, msg.id) {
		s.tunnel = msg.state
	}
}

func (s *openScreen) typing() page.Typist {
	return nil
}

func (s *openScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if s.logs {
		if cmd, taken := m.work.logs.Key(k); taken {
			return cmd, true
		}
		if k.String() == "esc" || k.String() == "l" {
			s.logs = false
		}
		return nil, true
	}
	if s.at.Key(k) {
		return nil, true
	}
	switch k.String() {
	case "enter", "o":
		if m.held {
			return nil, true
		}
		return m.browse(s.opened.URL), true
	case "c", "y":
		return m.copyURL(s.opened.URL), true
	case "l":
		s.logs = true
	case "x":
		m.askRemove(s.opened.Setup, false)
	default:
		return nil, false
	}
	return nil, true
}

func (s *openScreen) hints(m *model) []page.Hint {
	if s.logs {
		return append([]page.Hint{{"esc", "back to the URL"}}, m.work.logs.Hints()...)
	}
	return []page.Hint{{"o", "open in browser"}, {"c", "copy"}, {"l", "logs"}, {"esc", "your setups"}, {"x", "remove"}, {"↑↓", "scroll"}}
}

func (s *openScreen) view(m *model, w, h int) string {
	if s.logs {
		return m.work.logs.View(w, h, false)
	}
	// The URL stays where it is: it is what the page is for.
	url := s.urlLines(m, w)
	lines := append(s.facts(m, w), s.lists(m, w)...)
	return strings.Join(append(url, page.Scrolled(m.Theme, &s.at, lines, w, max(h-len(url), 1))...), "\n")
}

// urlLines is the URL between two lines, on one row where it fits. Where it
// does not, every piece is the same link.
func (s *openScreen) urlLines(m *model, w int) []string {
	o := s.opened
	rule := m.Theme.BorderFocus.Render(strings.Repeat("━", min(w, max(len(o.URL), 40))))
	lines := []string{rule}
	style := m.Theme.URL.Bold(true).Hyperlink(o.URL, "id=jupyter")
	for _, piece := range strings.Split(ansi.Hardwrap(page.Clean(o.URL), w, true), "\n") {
		lines = append(lines, page.KeyZone("o", style.Render(piece)))
	}
	return append(lines, rule, "")
}

// facts are what is known of the server and of the money, a line each.
func (s *openScreen) facts(m *model, w int) []string {
	o := s.opened
	var lines []string
	add := func(name string, style page.Styler, text string) {
		lines = append(lines, page.Pair(m.Theme, name, style, page.Clean(text), 10, min(w, 128))...)
	}
	if o.Proof != "" { // one that is only opened again has none
		add("Proof", m.Theme.OK, "✓ "+o.Proof)
	}
	if o.Tunnel != nil {
		if s.tunnel == "" || s.tunnel == "up" {
			add("Tunnel", m.Theme.OK, "✓ up, while this program runs")
		} else {
			add("Tunnel", m.Theme.Warn, "! "+s.tunnel)
		}
	}
	if o.PortNote != "" {
		add("", m.Theme.Subtle, o.PortNote)
	}
	if o.Fingerprint != "" {
		add("TLS", m.Theme.Text, "certificate SHA-256 "+inHalves(o.Fingerprint, w < 130))
		add("", m.Theme.Subtle, "It was made for this machine, so your browser warns once: compare the fingerprint there.")
	}
	style, cost := s.cost(m)
	add("Cost", style, cost)
	add("Stops", m.Theme.Subtle, wording.Stops(o.Setup.Answers.StopRule()))
	add("Quitting", m.Theme.Subtle, s.quitting(m.Engine.Sandboxed()))
	return append(lines, "")
}

// inHalves gives a fingerprint a place to break in the middle.
func inHalves(fingerprint string, split bool) string {
	const half = 16 * len("AA:")
	if !split || len(fingerprint) != 2*half-1 {
		return fingerprint
	}
	return fingerprint[:half] + " " + fingerprint[half:]
}

func (s *openScreen) cost(m *model) (style page.Styler, text string) {
	money, sandbox := s.opened.Money(m.Now()), m.Engine.Sandboxed()
	text = wording.Money(money, steps.StateRunning, sandbox)
	switch {
	case sandbox:
		return m.Theme.Text, text
	case !money.Known:
		return m.Theme.Warn, text
	}
	return m.Theme.Accent, text
}

func (s *openScreen) quitting(sandboxed bool) string {
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
func (s *openScreen) lists(m *model, w int) []string {
	o := s.opened
	var lines []string
	add := func(title string, style page.Styler, sign string, texts ...string) {
		if len(texts) == 0 || texts[0] == "" {
			return
		}
		lines = append(lines, page.Heading(m.Theme, title))
		for _, t := range texts {
			if sign != "·" {
				sign = page.PromptOf(t)
			}
			lines = append(lines, page.Bullet(style, m.Theme.Subtle.Render(sign), page.Clean(t), w)...)
		}
		lines = append(lines, "")
	}
	add("Kernels, as the gateway answers", m.Theme.Text, "·", o.Kernelspecs...)
	add("A notebook on this computer with its kernels", m.Theme.Code, "$", o.GatewayLine)
	add("By hand", m.Theme.Code, "$", o.Manual...)
	add("VS Code: Select Kernel, Existing Jupyter Server, and paste", m.Theme.Code, "·", o.VSCode)
	if len(lines) > 0 && cells.Width(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}
