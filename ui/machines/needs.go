package machines

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Typing implements [page.Page].
func (s *Page) Typing() page.Typist {
	switch {
	case s.full && s.pane.Searching():
		return page.TypingSearch(s.pane)
	case s.table.Filtering():
		return page.TypingFilter(s.table)
	}
	return nil
}

// unusable says what to do about a machine whose record cannot be used.
func (u *Member) unusable() string {
	return u.Name() + " has a bad record: mend it or move it away first. f shows more."
}

// cannot says why an action cannot be done with this machine now.
func (u *Member) cannot(a need) string {
	switch {
	case !a.own:
		return ""
	case u.Bad != nil:
		return u.unusable()
	case u.Elsewhere:
		return u.Name() + " is another computer's: a adopts it, so that it can be stopped and removed from here."
	case a.free && u.op != nil:
		return fmt.Sprintf("%s is still %s: wait, or esc ends that.", u.Name(), u.op.doing)
	case (a.there || a.up) && u.gone():
		return "The machine of " + u.Name() + " is gone: x removes what is left of it."
	case a.up && !u.Up():
		return fmt.Sprintf("The machine of %s is not running: S starts it.", u.Name())
	}
	return ""
}

func (s *Page) start(u *Member) tea.Cmd {
	switch {
	case u.Up() && u.complete():
		return s.Say(u.Name()+" is already running: o opens it.", false)
	case !u.Finished(steps.StepLaunch) && u.Resources.InstanceID == "":
		return s.Say(u.Name()+" was never launched: enter continues the guide.", true)
	}
	return s.startIt(u)
}

// showTrouble tells what did not work: with the selected machine, and in the
// regions.
func (s *Page) showTrouble() tea.Cmd {
	d := &page.TextDialog{Title: "What did not work"}
	if u := s.Current(); u != nil && u.Bad != nil {
		d.Add(u.Name()+", record", *u.Bad)
	}
	if u := s.Current(); u != nil && u.trouble != nil {
		d.Add(u.Name()+", "+u.trouble.what, u.trouble.problem)
	}
	if u := s.Current(); u != nil && u.conn.problem != nil {
		d.Add(u.Name()+", connection", *u.conn.problem)
	}
	if s.survey.err != nil {
		d.Add("The check of all regions", steps.Explain(s.survey.err))
	}
	for _, a := range s.survey.failed {
		d.Add(regionOf(a.At), steps.Explain(a.Err))
	}
	if len(d.Parts) == 0 {
		d.Parts = append(d.Parts, page.TextPart{Text: "Nothing: every region answered, and nothing failed."})
	}
	s.Open(d)
	return nil
}

// Point implements [page.Page]: it selects a machine, and scrolls its log. A
// second click on a machine is Enter; a click on its log gives that the whole
// screen.
func (s *Page) Point(p page.Pointed) tea.Cmd {
	if _, over := p.In(page.ZonePane); over {
		if p.Wheel != 0 {
			return page.WheelPane(s.pane, p)
		}
		s.full = true
		return nil
	}
	if s.failure.Is() || s.full {
		return nil
	}
	if s.table.Point(p.Zones, p.Wheel) {
		return s.PressEnter()
	}
	return s.moved()
}

// Whole implements [page.Whole].
func (s *Page) Whole() {}
