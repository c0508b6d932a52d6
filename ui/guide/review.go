package guide

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const taskReview page.TaskName = "review"

// Review shows everything that will be created and what it costs.
type Review struct {
	*Guide
	of      steps.Answers // what the review is of
	review  *steps.Review
	failure page.Failure
	at      page.Scroll
	limits  int // the line of the limits, and how many lines are seen at once
	seen    int
}

// NewReview makes the page.
func NewReview(g *Guide) *Review { return &Review{Guide: g} }

// Enter asks for a review unless there is one of these very answers.
func (s *Review) Enter() tea.Cmd {
	if s.review != nil && s.of.Equal(s.Answers) {
		return nil
	}
	return s.ask()
}

// Leave implements [page.Page].
func (s *Review) Leave() { s.Tasks.Stop(taskReview) }

// Update implements [page.Page].
func (s *Review) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(reviewed); ok {
		s.came(msg)
	}
	return nil
}

func (s *Review) ask() tea.Cmd {
	*s = Review{Guide: s.Guide, of: s.Answers}
	answers, exists := s.Answers, s.Exists()
	engine, faultOf := s.Engine, s.Fault
	return s.Start(taskReview, func(ctx context.Context, id page.TaskID) tea.Msg {
		review, err := engine.Review(ctx, answers)
		if faultOf != nil && !exists {
			if fault := faultOf(); fault != nil {
				review.Problems = append([]problem.Problem{steps.Explain(fault)}, review.Problems...)
			}
		}
		return reviewed{id, answers, review, err}
	})
}

func (s *Review) came(msg reviewed) {
	if !s.Tasks.Done(taskReview, msg.id) {
		return
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return
	}
	s.of, s.review = msg.answers, &msg.review
}

// Typing implements [page.Page].
func (s *Review) Typing() page.Typist { return nil }

// Keys implements [page.Page].
func (s *Review) Keys() page.Keys {
	before := len(steps.Questions()) - 1 // of the review
	answers, back := page.Tell(fmt.Sprintf("1-%d", before), "change answers"), page.Tell("esc", "back")
	if s.failure.Is() {
		return append(s.failure.Keys("r", s.ask), answers, back)
	}
	launch, again := "launch", ""
	switch {
	case s.review == nil || len(s.review.Problems) > 0:
		launch, again = "", "check again"
	case s.Exists():
		launch = "continue"
	}
	return page.Keys{
		page.On(launchKey, launch, s.launch), page.On("r", again, s.ask),
		page.On("enter", "", s.enterPressed), answers,
		page.On("i", "idle stop", s.nextIdleStop), page.On("t", "lifetime", s.nextLifetime),
		page.On("p", "project", s.askProject), page.On("s", "save plan", s.savePlan), page.Moving[tea.Cmd]("scroll", s.at.Key), back,
	}
}

func (s *Review) nextIdleStop() tea.Cmd {
	return s.limit(page.NextLimit(page.IdleChoices(), s.Answers.IdleStop.Or(steps.DefaultIdleStop), +1), s.Answers.Lifetime)
}

func (s *Review) nextLifetime() tea.Cmd {
	return s.limit(s.Answers.IdleStop, page.NextLimit(page.LifetimeChoices(), s.Answers.Lifetime.Or(steps.DefaultLifetime), +1))
}

// launchKey is a key that no page before needs: Enter, held or pressed by
// reflex, leads as far as to the review and launches nothing.
const launchKey = "L"

func (s *Review) launch() tea.Cmd {
	switch {
	case s.review == nil:
		return nil
	case len(s.review.Problems) > 0:
		s.at.Top = 0
		return s.Say("Not yet: the problem above prevents the launch.", true)
	}
	return s.Launch()
}

// enterPressed says which key launches.
func (s *Review) enterPressed() tea.Cmd {
	switch {
	case s.review == nil:
		return nil
	case len(s.review.Problems) > 0:
		return s.launch()
	case s.Exists():
		return s.Say("L continues with the machine.", false)
	}
	return s.Say("L launches. Enter alone never does.", false)
}

// limit takes other limits. The rest of the review holds as it is. While the
// limits are scrolled out of sight the key only brings them back: it changes
// what the person sees.
func (s *Review) limit(idle, lifetime steps.Limit) tea.Cmd {
	if s.review == nil {
		return nil
	}
	if s.limits < s.at.Top || s.limits >= s.at.Top+s.seen {
		s.at.Top = max(s.limits-1, 0) // with their heading
		return s.Say("Here are the limits: press the key again to change them.", false)
	}
	s.Answers.IdleStop, s.Answers.Lifetime = idle, lifetime
	s.of, s.review.Answers = s.Answers, s.Answers
	return nil
}

// limitLines say when the machine stops on its own, and how to change that.
func (s *Review) limitLines(w int) []string {
	whenIdle, inAll := s.Answers.StopRule().Parts()
	key := func(k string) string { return " (" + s.Theme.Key.Render(k) + s.Theme.Subtle.Render(" changes") + ")" }
	return []string{page.Heading(s.Theme, "Auto-stop"), cells.Fit("  "+whenIdle+key("i")+", "+inAll+key("t"), w)}
}

// askProject asks for the folder that is to come along. What is chosen is checked by
// another review.
func (s *Review) askProject() tea.Cmd {
	if s.review == nil {
		return nil
	}
	folder := s.Answers.Project
	if folder == "" {
		folder, _ = os.Getwd() // without one, it is typed
	}
	s.Open(&page.InputDialog{
		Title: "Your project",
		Text:  []string{"This folder is copied to the machine and kept in sync. Leave empty for none."},
		Label: "Folder", Field: page.NewField(folder, "~/work/project", 0),
		Check: func(value string) string {
			a := s.Answers
			a.Project = wholeFolder(value)
			if err := a.Valid(); err != nil {
				return problem.Sentence(err.Error())
			}
			return ""
		},
		Done: func(value string) tea.Cmd {
			s.Answers.Project = wholeFolder(value)
			return s.Enter()
		},
	})
	return nil
}

// wholeFolder is a folder as it was typed, by its whole path.
func wholeFolder(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if whole, err := filepath.Abs(page.FromHome(text)); err == nil {
		return whole
	}
	return text // which the answers' own check refuses
}

// View implements [page.Page].
func (s *Review) View(w, h int) string {
	switch {
	case s.failure.Is():
		return strings.Join(s.failure.Lines(s.Theme, w), "\n")
	case s.review == nil:
		return s.Waiting("Asking for the image, the price and the permissions …")
	}
	lines := append(s.left(w), s.right(w)...)
	if w >= 132 {
		half := (w - 4) / 2
		lines = page.Columns(s.left(half), s.right(half), half, 4)
	}
	shown := page.Scrolled(s.Theme, &s.at, lines, w, h)
	s.seen = len(shown)
	if len(shown) < len(lines) {
		s.seen-- // the last one says that there is more
	}
	return strings.Join(shown, "\n")
}

// left is what stops the launch, what is chosen, and what it costs.
func (s *Review) left(w int) []string {
	r := s.review
	var lines []string
	for _, p := range r.Problems {
		lines = append(append(lines, page.ProblemLines(s.Theme, p, w, false)...), "")
	}
	for _, warning := range r.Warnings {
		lines = append(lines, page.WarningLines(s.Theme, warning, w)...)
	}
	if len(r.Warnings) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, s.costLines(w)...)
	lines = append(append(lines, ""), s.limitLines(w)...)
	s.limits = len(lines) - 1
	if from := wording.Origins(s.Answers, s.origins); from != "" {
		lines = append(lines, page.Indent(page.Paragraph(s.Theme.Subtle, page.Clean("set "+from), w-2), 2)...)
	}
	lines = append(lines, "", page.Heading(s.Theme, "Will be created"))
	for _, c := range r.Creates {
		lines = append(lines, page.Bullet(s.Theme.Text, "+", page.Clean(c), w)...)
	}
	return append(lines, "")
}

func (s *Review) costLines(w int) []string {
	c, a := s.review.Cost, s.review.Answers
	lines := []string{page.Heading(s.Theme, "Costs")}
	if s.Engine.Sandboxed() {
		lines = []string{page.Heading(s.Theme, "Cost on AWS (free in the sandbox)")}
	}
	if !c.Known {
		lines = append(lines, "  "+s.Theme.Warn.Render("price unknown")+s.Theme.Subtle.Render("  for "+a.Type+" in "+a.Region))
	} else {
		lines = append(lines, "  "+s.Theme.Accent.Bold(true).Render(wording.Rate(c.Hour)+" an hour")+s.Theme.Text.Render(", "+wording.Monthly(c.Month)+" a month while it runs"))
		parts := fmt.Sprintf("  machine %s + disk %s + public IPv4 %s an hour", wording.Rate(c.Type), wording.Rate(c.Disk), wording.Rate(c.IPv4))
		if c.DiskUnknown {
			parts = fmt.Sprintf("  machine %s + public IPv4 %s an hour; the disk's price is unknown and not in it", wording.Rate(c.Type), wording.Rate(c.IPv4))
		}
		lines = append(lines, s.Theme.Subtle.Render(cells.Fit(parts, w)))
	}
	if age := wording.PriceAge(c.Age(s.Now())); age != "" {
		lines = append(lines, s.Theme.Subtle.Render("  price "+age))
	}
	if !c.DiskUnknown {
		lines = append(lines, s.Theme.Subtle.Render("  "+wording.Monthly(c.StoppedMonth)+" a month for the disk while it is stopped"))
	}
	return lines
}

// right is what will run and whether it may.
func (s *Review) right(w int) []string {
	lines := []string{page.Heading(s.Theme, "The same, as commands")}
	for _, c := range s.review.Commands {
		lines = append(lines, page.Bullet(s.Theme.Code, s.Theme.Subtle.Render(page.PromptOf(c)), page.Clean(c), w)...)
	}
	lines = append(lines, "", page.Heading(s.Theme, "Permissions, checked by DryRun"))
	for _, p := range s.review.Permissions {
		sign := s.Theme.OK.Render("✓")
		switch {
		case p.Obstacle != nil:
			sign = s.Theme.Error.Render("✗")
		case !p.Known:
			sign = s.Theme.Subtle.Render("?")
		case !p.Allowed:
			sign = s.Theme.Error.Render("✗")
		}
		text := page.Clean(p.Action)
		if p.Detail != "" {
			text += ": " + page.Clean(p.Detail)
		}
		lines = append(lines, page.Bullet(s.Theme.Text, sign, text, w)...)
	}
	return lines
}

// Point implements [page.Page].
func (s *Review) Point(p page.Pointed) tea.Cmd { s.at.Wheel(p); return nil }

// savePlan writes the answers to a file in the folder the program runs in.
func (s *Review) savePlan() tea.Cmd {
	answers := s.Answers
	return s.Save("plan", "jupyter-ec2-"+answers.Name, ".json", func(f *os.File) error {
		return s.Engine.SavePlan(f, answers)
	})
}

// Heading implements [page.Titled].
func (s *Review) Heading() (title, about string) {
	p := steps.PageFor(steps.StepReview)
	if s.Exists() {
		return p.Title, "The machine of this setup is there already. L continues where it was left."
	}
	return p.Title, steps.AboutReview + " Nothing exists until you press L here."
}
