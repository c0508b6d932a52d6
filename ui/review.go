package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const taskReview page.TaskName = "review"

// reviewScreen shows everything that will be created and what it costs.
type reviewScreen struct {
	of      steps.Answers // what the review is of
	review  *steps.Review
	failure page.Failure
	at      page.Scroll
	limits  int // the line of the limits, and how many lines are seen at once
	seen    int
}

// enter asks for a review unless there is one of these very answers.
func (s *reviewScreen) enter(m *model) tea.Cmd {
	if s.review != nil && s.of.Equal(m.answers) {
		return nil
	}
	return s.ask(m)
}

func (s *reviewScreen) ask(m *model) tea.Cmd {
	*s = reviewScreen{of: m.answers}
	answers := m.answers
	return m.Start(taskReview, func(ctx context.Context, id page.TaskID) tea.Msg {
		review, err := m.Engine.Review(ctx, answers)
		return reviewed{id, answers, review, err}
	})
}

func (s *reviewScreen) came(m *model, msg reviewed) {
	if !m.Tasks.Done(taskReview, msg.id) {
		return
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return
	}
	s.of, s.review = msg.answers, &msg.review
}

func (s *reviewScreen) typing() page.Typist { return nil }

func (s *reviewScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if s.failure.Key(k) || s.at.Key(k) {
		return nil, true
	}
	switch k.String() {
	case "r":
		return s.ask(m), true
	case "s":
		return m.savePlan(), true
	case "i":
		return s.limit(m, nextLimit(idleChoices(), m.answers.IdleStop.Or(steps.DefaultIdleStop), +1), m.answers.Lifetime), true
	case "t":
		return s.limit(m, m.answers.IdleStop, nextLimit(lifetimeChoices(), m.answers.Lifetime.Or(steps.DefaultLifetime), +1)), true
	case "enter":
		return s.enterPressed(m), true
	case launchKey:
		return s.launch(m), true
	}
	return nil, false
}

// launchKey is a key that no page before needs: Enter, held or pressed by
// reflex, leads as far as to the review and launches nothing.
const launchKey = "L"

func (s *reviewScreen) launch(m *model) tea.Cmd {
	switch {
	case s.review == nil:
		return nil
	case len(s.review.Problems) > 0:
		s.at.Top = 0
		return m.Say("Not yet: the problem above prevents the launch.", true)
	}
	return m.work.begin(m)
}

// enterPressed says which key launches.
func (s *reviewScreen) enterPressed(m *model) tea.Cmd {
	switch {
	case s.review == nil:
		return nil
	case len(s.review.Problems) > 0:
		return s.launch(m)
	case m.costs():
		return m.Say("L continues with the machine.", false)
	}
	return m.Say("L launches. Enter alone never does.", false)
}

// limit takes other limits. The rest of the review holds as it is. While the
// limits are scrolled out of sight the key only brings them back: it changes
// what the person sees.
func (s *reviewScreen) limit(m *model, idle, lifetime steps.Limit) tea.Cmd {
	if s.review == nil {
		return nil
	}
	if s.limits < s.at.Top || s.limits >= s.at.Top+s.seen {
		s.at.Top = max(s.limits-1, 0) // with their heading
		return m.Say("Here are the limits: press the key again to change them.", false)
	}
	m.answers.IdleStop, m.answers.Lifetime = idle, lifetime
	s.of, s.review.Answers = m.answers, m.answers
	return nil
}

// limitLines say when the machine stops on its own, and how to change that.
func (s *reviewScreen) limitLines(m *model, w int) []string {
	whenIdle, inAll := wording.StopRule(m.answers.StopRule())
	key := func(k string) string { return " (" + m.Theme.Key.Render(k) + m.Theme.Subtle.Render(" changes") + ")" }
	return []string{page.Heading(m.Theme, "Auto-stop"), cells.Fit("  "+whenIdle+key("i")+", "+inAll+key("t"), w)}
}

func (s *reviewScreen) hints(m *model) []page.Hint {
	if s.failure.Is() {
		return append(s.failure.Hints(), page.Hint{"1-4", "change answers"}, page.Hint{"esc", "back"})
	}
	launch := []page.Hint{{launchKey, "launch"}}
	if m.costs() {
		launch = []page.Hint{{launchKey, "continue"}}
	}
	if s.review == nil || len(s.review.Problems) > 0 {
		launch = []page.Hint{{"r", "check again"}}
	}
	return append(launch, page.Hint{"1-4", "change answers"}, page.Hint{"i", "idle stop"}, page.Hint{"t", "lifetime"}, page.Hint{"s", "save plan"}, page.Hint{"↑↓", "scroll"}, page.Hint{"esc", "back"})
}

func (s *reviewScreen) view(m *model, w, h int) string {
	switch {
	case s.failure.Is():
		return strings.Join(s.failure.Lines(m.Theme, w), "\n")
	case s.review == nil:
		return m.Waiting("Asking for the image, the price and the permissions …")
	}
	lines := append(s.left(m, w), s.right(m, w)...)
	if w >= 132 {
		half := (w - 4) / 2
		lines = page.Columns(s.left(m, half), s.right(m, half), half, 4)
	}
	shown := page.Scrolled(m.Theme, &s.at, lines, w, h)
	s.seen = len(shown)
	if len(shown) < len(lines) {
		s.seen-- // the last one says that there is more
	}
	return strings.Join(shown, "\n")
}

// left is what stops the launch, what is chosen, and what it costs.
func (s *reviewScreen) left(m *model, w int) []string {
	r := s.review
	var lines []string
	for _, p := range r.Problems {
		lines = append(append(lines, page.ProblemLines(m.Theme, p, w, false)...), "")
	}
	for _, warning := range r.Warnings {
		lines = append(lines, page.WarningLines(m.Theme, warning, w)...)
	}
	if len(r.Warnings) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, s.costLines(m, w)...)
	lines = append(append(lines, ""), s.limitLines(m, w)...)
	s.limits = len(lines) - 1
	lines = append(lines, "", page.Heading(m.Theme, "Will be created"))
	for _, c := range r.Creates {
		lines = append(lines, page.Bullet(m.Theme.Text, "+", page.Clean(c), w)...)
	}
	return append(lines, "")
}

func (s *reviewScreen) costLines(m *model, w int) []string {
	c, a := s.review.Cost, s.review.Answers
	lines := []string{page.Heading(m.Theme, "Costs")}
	if m.Engine.Sandboxed() {
		lines = []string{page.Heading(m.Theme, "Cost on AWS (free in the sandbox)")}
	}
	if !c.Known {
		lines = append(lines, "  "+m.Theme.Warn.Render("price unknown")+m.Theme.Subtle.Render("  for "+a.Type+" in "+a.Region))
	} else {
		lines = append(lines, "  "+m.Theme.Accent.Bold(true).Render(wording.Rate(c.Hour)+" an hour")+m.Theme.Text.Render(", "+wording.Monthly(c.Month)+" a month while it runs"))
		parts := fmt.Sprintf("  machine %s + disk %s + public IPv4 %s an hour", wording.Rate(c.Type), wording.Rate(c.Disk), wording.Rate(c.IPv4))
		if c.DiskUnknown {
			parts = fmt.Sprintf("  machine %s + public IPv4 %s an hour; the disk's price is unknown and not in it", wording.Rate(c.Type), wording.Rate(c.IPv4))
		}
		lines = append(lines, m.Theme.Subtle.Render(cells.Fit(parts, w)))
	}
	if !c.DiskUnknown {
		lines = append(lines, m.Theme.Subtle.Render("  "+wording.Monthly(c.StoppedMonth)+" a month for the disk while it is stopped"))
	}
	return lines
}

// right is what will run and whether it may.
func (s *reviewScreen) right(m *model, w int) []string {
	lines := []string{page.Heading(m.Theme, "The same, as commands")}
	for _, c := range s.review.Commands {
		lines = append(lines, page.Bullet(m.Theme.Code, m.Theme.Subtle.Render(page.PromptOf(c)), page.Clean(c), w)...)
	}
	lines = append(lines, "", page.Heading(m.Theme, "Permissions, checked by DryRun"))
	for _, p := range s.review.Permissions {
		sign := m.Theme.OK.Render("✓")
		switch {
		case p.Obstacle != nil:
			sign = m.Theme.Error.Render("✗")
		case !p.Known:
			sign = m.Theme.Subtle.Render("?")
		case !p.Allowed:
			sign = m.Theme.Error.Render("✗")
		}
		text := page.Clean(p.Action)
		if p.Detail != "" {
			text += ": " + page.Clean(p.Detail)
		}
		lines = append(lines, page.Bullet(m.Theme.Text, sign, text, w)...)
	}
	return lines
}

// savePlan writes the answers to a file in the folder the program runs in.
func (m *model) savePlan() tea.Cmd {
	answers := m.answers
	return m.Start(taskSave, func(_ context.Context, id page.TaskID) tea.Msg {
		path, err := writeNew(m.SaveDir, "jupyter-ec2-"+answers.Name, ".json", func(f *os.File) error {
			return m.Engine.SavePlan(f, answers)
		})
		return fileSaved{id, "plan", path, err}
	})
}

// writeNew writes a new file only its owner can read. A file of that name is
// never overwritten: the next number is taken.
func writeNew(dir, name, ext string, write func(*os.File) error) (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(dir, name+ext)
		if n > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", name, n, ext))
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		return path, errors.Join(write(f), f.Close())
	}
}
