package ui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func (s *fleetScreen) Typing() page.Typist {
	switch {
	case s.full && s.pane.Searching():
		return page.TypingSearch(s.pane)
	case s.table.Filtering():
		return page.TypingFilter(s.table)
	}
	return nil
}

func (s *fleetScreen) Key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch {
	case s.full:
		return s.logKey(k)
	case s.table.Filtering():
		s.table.Update(k) // it has nothing to report that matters here
		return s.moved(), true
	case s.failure.Key(k):
		return nil, true
	}
	if cmd, taken := s.listKey(k.String()); taken {
		return cmd, true
	}
	if u := s.current(); u != nil {
		if cmd, taken := s.machineKey(u, k.String()); taken {
			return cmd, true
		}
	}
	if k.String() == "/" && len(s.order) == 0 {
		return nil, true // no list is drawn, and no filter that letters could be seen in
	}
	taken, _ := s.table.Update(k)
	return s.moved(), taken
}

// listKey takes the keys that need no machine.
func (s *fleetScreen) listKey(k string) (tea.Cmd, bool) {
	switch k {
	case "n":
		return s.fresh(), true
	case "W":
		return s.askSweep(), true
	case "D":
		return s.askDoctor(s.current()), true
	case "f":
		s.showTrouble()
	case "f5", "ctrl+r":
		return s.refresh(), true
	case "1", "2", "3", "4", "5", "6", "7", "8", "9":
		if i := int(k[0] - '1'); i < len(s.order) {
			s.table.Select(s.order[i].ID)
		}
		return s.moved(), true
	case "tab":
		return s.cycleLog(1), true
	case "shift+tab":
		return s.cycleLog(-1), true
	default:
		return nil, false
	}
	return nil, true
}

// machineKey takes the keys for the selected machine: first those that need
// nothing of it, then those for a machine that is this computer's.
func (s *fleetScreen) machineKey(u *member, k string) (tea.Cmd, bool) {
	switch k {
	case "enter":
		return s.showURL(u), true
	case "o":
		return s.openIt(u), true
	case "a":
		return s.adopt(u), true
	case "l":
		s.full = true
		return nil, true
	case "esc":
		switch {
		case s.table.Filter() != "":
			return nil, false
		case u.op != nil:
			return s.endOperation(u), true
		case u.trouble != nil: // it has been read
			u.trouble = nil
			s.fill()
			return nil, true
		}
		return nil, false
	}
	does, ok := s.actions()[k]
	if !ok {
		return nil, false
	}
	if why := u.cannot(does); why != "" {
		return s.Say(why, true), true
	}
	return does.do(u), true
}

// action is what a key does with a machine, and what it needs of it.
type action struct {
	do    func(*member) tea.Cmd
	up    bool // the machine has to run
	free  bool // nothing else may be done with it
	there bool // it has to exist
}

// asks makes an action of a question.
func asks(ask func(*member)) func(*member) tea.Cmd {
	return func(u *member) tea.Cmd { ask(u); return nil }
}

func (s *fleetScreen) actions() map[string]action {
	return map[string]action{
		"c": {do: func(u *member) tea.Cmd { return s.withURL(u, s.CopyURL) }, up: true},
		"m": {do: asks(s.askMode), free: true, there: true},
		"g": {do: s.askGateway, free: true, there: true},
		"s": {do: asks(s.askStop), up: true, free: true},
		"S": {do: s.start, free: true, there: true},
		"r": {do: asks(s.askRestart), up: true, free: true},
		"R": {do: asks(s.askReboot), up: true, free: true},
		"t": {do: s.askType, free: true, there: true},
		"e": {do: s.shell, up: true},
		"u": {do: func(u *member) tea.Cmd { return s.askCopy(u, true) }, up: true, free: true},
		"d": {do: func(u *member) tea.Cmd { return s.askCopy(u, false) }, up: true, free: true},
		"+": {do: s.extend, up: true, free: true},
		"i": {do: asks(s.askLimits), free: true, there: true},
		"x": {do: asks(func(u *member) { s.program.AskRemove(u.Setup) })},
	}
}

// unusable says what to do about a machine whose record cannot be used.
func (u *member) unusable() string {
	return u.name() + " has a bad record: mend it or move it away first. f shows more."
}

// cannot says why an action cannot be done with this machine now.
func (u *member) cannot(a action) string {
	switch {
	case u.Bad != nil:
		return u.unusable()
	case u.Elsewhere:
		return u.name() + " is another computer's: a adopts it, so that it can be stopped and removed from here."
	case a.free && u.op != nil:
		return fmt.Sprintf("%s is still %s: wait, or esc ends that.", u.name(), u.op.doing)
	case (a.there || a.up) && u.gone():
		return "The machine of " + u.name() + " is gone: x removes what is left of it."
	case a.up && !u.up():
		return fmt.Sprintf("The machine of %s is not running: S starts it.", u.name())
	}
	return ""
}

func (s *fleetScreen) start(u *member) tea.Cmd {
	switch {
	case u.up() && u.complete():
		return s.Say(u.name()+" is already running: o opens it.", false)
	case !u.Finished(steps.StepLaunch) && u.Resources.InstanceID == "":
		return s.Say(u.name()+" was never launched: enter continues the guide.", true)
	}
	return s.startIt(u)
}

// showTrouble tells what did not work: with the selected machine, and in the
// regions.
func (s *fleetScreen) showTrouble() {
	d := &page.TextDialog{Title: "What did not work"}
	if u := s.current(); u != nil && u.Bad != nil {
		d.Add(u.name()+", record", *u.Bad)
	}
	if u := s.current(); u != nil && u.trouble != nil {
		d.Add(u.name()+", "+u.trouble.what, u.trouble.problem)
	}
	if u := s.current(); u != nil && u.conn.problem != nil {
		d.Add(u.name()+", connection", *u.conn.problem)
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
}

func (s *fleetScreen) Hints() []page.Hint {
	switch {
	case s.full:
		return s.logHints()
	case s.table.Filtering():
		return []page.Hint{{"enter", "keep filter"}, {"↑↓", "choose"}, {"esc", "clear"}}
	case s.failure.Is():
		return []page.Hint{{"f5", "try again"}, {"d", "details"}, {"n", "new"}}
	}
	current := s.currentHints()
	const before = 4 // hints that a narrow screen has room for
	hints := slices.Insert(current, min(before, len(current)), page.Hint{"f5", "refresh"})
	return append(hints, page.Hint{"n", "new"}, page.Hint{"W", "sweep"})
}

// currentHints are the most useful keys for the selected machine.
func (s *fleetScreen) currentHints() []page.Hint {
	u := s.current()
	switch {
	case u == nil:
		return nil
	case u.op != nil:
		return []page.Hint{{"esc", "end " + u.op.doing}, {"l", "log"}}
	case u.Bad != nil:
		return []page.Hint{{"f", "what is wrong"}, {"f5", "check again"}}
	case u.Elsewhere:
		return []page.Hint{{"a", "adopt"}, {"/", "filter"}}
	case u.gone():
		return []page.Hint{{"x", "remove what is left"}, {"enter", "launch again"}}
	case u.State == steps.StateStopped:
		return []page.Hint{{"S", "start"}, {"t", "change type"}, {"x", "terminate"}}
	case u.up() && u.complete():
		return []page.Hint{{"enter", "URL"}, {"o", "open"}, {"c", "copy URL"}, {"l", "log"}, {"s", "stop"}, {"e", "shell"}, {"+", "extend"}, {"m", "mode"}, {"x", "terminate"}}
	}
	return []page.Hint{{"enter", "continue"}, {"x", "terminate"}}
}

// allKeys are the screen's keys for the help.
func (s *fleetScreen) allKeys() []page.Hint {
	return []page.Hint{
		{"↑↓ or 1-9", "another machine"},
		{"/", "filter the list"},
		{"enter", "verify and show the URL (starts the machine if needed)"},
		{"o c", "open it in the browser; copy it"},
		{"l, tab", "log on the whole screen; the next log"},
		{"s S", "stop; start"},
		{"r R", "restart the server; reboot the machine"},
		{"m", "mode: how the server is reached"},
		{"g", "gateway: choose whose kernels to use"},
		{"t", "another type, of a stopped machine"},
		{"e", "shell on the machine"},
		{"u d", "upload; download"},
		{"+", "keep it on for at least an hour from now"},
		{"i", "limits: when it stops automatically"},
		{"x", "terminate and remove"},
		{"a", "adopt a machine from elsewhere"},
		{"n", "new machine, by the guide"},
		{"D W", "doctor; sweep for leftovers"},
		{"f", "show the last error in full"},
		{"f5 or ctrl+r", "refresh"},
	}
}

// point selects a machine, and scrolls its log. A second click on a machine is
// Enter; a click on its log gives that the whole screen.
func (s *fleetScreen) Point(p page.Pointed) tea.Cmd {
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

// Help implements [page.Helpful].
func (s *fleetScreen) Help() []page.Section {
	if s.full {
		return []page.Section{{Hints: s.Hints()}}
	}
	return []page.Section{{Hints: s.allKeys()}, {Title: "In the log (l)", Hints: page.PaneHints(s.pane)}}
}

// Whole implements [page.Whole].
func (s *fleetScreen) Whole() {}
