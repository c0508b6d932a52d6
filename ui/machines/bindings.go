package machines

import (
	"cmp"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// kind is what the selected machine is, as far as it decides which keys are the
// most useful.
type kind int

const (
	noMachine kind = iota
	worked         // something is being done with it
	broken         // its record cannot be used
	elsewhere
	gone
	stopped
	running // and the guide is done with
	begun   // the guide is not
)

func (u *Member) kind() kind {
	switch {
	case u == nil:
		return noMachine
	case u.op != nil:
		return worked
	case u.Bad != nil:
		return broken
	case u.Elsewhere:
		return elsewhere
	case u.gone():
		return gone
	case u.State == steps.StateStopped:
		return stopped
	case u.Up() && u.complete():
		return running
	}
	return begun
}

// binding is one line of the list's table of keys. The switch, the bar, the help
// and docs/keys.md are made of it.
type binding struct {
	keys string
	help page.Hint              // its line in the help; empty: the line before tells it, too
	bar  map[kind]spot          // where the bar has it
	list func() (tea.Cmd, bool) // what it does with the list; false: the table takes the key
	with func(u *Member) tea.Cmd
	need need
}

// spot is where the bar has a key, from 1, and what it says.
type spot struct {
	at   int
	does string
}

// need is what an action needs of a machine. The zero need takes any.
type need struct {
	own   bool // it is this computer's, and its record can be used
	up    bool // it runs
	free  bool // nothing else is being done with it
	there bool // it exists
}

// bindings are the list's keys, in the order of the help.
func (s *Page) bindings() []binding {
	own, up, busy := need{own: true}, need{own: true, up: true, free: true}, need{own: true, up: true}
	there := need{own: true, free: true, there: true}
	return []binding{
		{keys: "1 2 3 4 5 6 7 8 9", help: page.Hint{"↑↓ or 1-9", "another machine"}},
		{keys: "/", help: page.Hint{"/", "filter the list"}, bar: map[kind]spot{elsewhere: {2, "filter"}}, list: s.filter},
		{keys: "enter", help: page.Hint{"enter", "verify and show the URL (starts the machine if needed)"}, with: s.showURL, bar: map[kind]spot{running: {1, "URL"}, gone: {2, "launch again"}, begun: {1, "continue"}}},
		{keys: "o", help: page.Hint{"o c", "open it in the browser; copy it"}, with: s.openIt, bar: map[kind]spot{running: {2, "open"}}},
		{keys: "c", with: func(u *Member) tea.Cmd { return s.withURL(u, s.CopyURL) }, need: busy, bar: map[kind]spot{running: {3, "copy URL"}}},
		{keys: "l", help: page.Hint{"l, tab", "log on the whole screen; the next log"}, with: s.showLog, bar: map[kind]spot{running: {4, "log"}, worked: {2, "log"}}},
		{keys: "tab", list: taken(func() tea.Cmd { return s.cycleLog(+1) })},
		{keys: "shift+tab", list: taken(func() tea.Cmd { return s.cycleLog(-1) })},
		{keys: "s", help: page.Hint{"s S", "stop; start"}, with: asks(s.askStop), need: up, bar: map[kind]spot{running: {5, "stop"}}},
		{keys: "S", with: s.start, need: there, bar: map[kind]spot{stopped: {1, "start"}}},
		{keys: "r", help: page.Hint{"r R", "restart the server; reboot the machine"}, with: asks(s.askRestart), need: up},
		{keys: "R", with: asks(s.askReboot), need: up},
		{keys: "m", help: page.Hint{"m", "mode: how the server is reached"}, with: asks(s.askMode), need: there, bar: map[kind]spot{running: {8, "mode"}}},
		{keys: "g", help: page.Hint{"g", "gateway: choose whose kernels to use"}, with: s.askGateway, need: there},
		{keys: "t", help: page.Hint{"t", "another type, of a stopped machine"}, with: s.askType, need: there, bar: map[kind]spot{stopped: {2, "change type"}}},
		{keys: "e", help: page.Hint{"e", "shell on the machine"}, with: s.shell, need: busy, bar: map[kind]spot{running: {6, "shell"}}},
		{keys: "u", help: page.Hint{"u d", "upload; download"}, with: func(u *Member) tea.Cmd { return s.askCopy(u, true) }, need: up},
		{keys: "d", with: func(u *Member) tea.Cmd { return s.askCopy(u, false) }, need: up},
		{keys: "+", help: page.Hint{"+", "keep it on for at least an hour from now"}, with: s.extend, need: up, bar: map[kind]spot{running: {7, "extend"}}},
		{keys: "i", help: page.Hint{"i", "limits: when it stops automatically"}, with: asks(s.askLimits), need: there},
		{keys: "x", help: page.Hint{"x", "terminate and remove"}, with: asks(func(u *Member) { s.program.AskRemove(u.Setup) }), need: own, bar: map[kind]spot{gone: {1, "remove what is left"}, stopped: {3, "terminate"}, running: {9, "terminate"}, begun: {2, "terminate"}}},
		{keys: "a", help: page.Hint{"a", "adopt a machine from elsewhere"}, with: s.adopt, bar: map[kind]spot{elsewhere: {1, "adopt"}}},
		{keys: "n", help: page.Hint{"n", "new machine, by the guide"}, list: taken(s.fresh)},
		{keys: "D", help: page.Hint{"D W", "doctor; sweep for leftovers"}, list: taken(func() tea.Cmd { return s.askDoctor(s.Current()) })},
		{keys: "W", list: taken(s.askSweep)},
		{keys: "f", help: page.Hint{"f", "show the last error in full"}, list: taken(s.showTrouble), bar: map[kind]spot{broken: {1, "what is wrong"}}},
		{keys: "f5 ctrl+r", help: page.Hint{"f5 or ctrl+r", "refresh"}, list: taken(s.refresh), bar: map[kind]spot{broken: {2, "check again"}}},
	}
}

// asks makes an action of a question.
func asks(ask func(*Member)) func(*Member) tea.Cmd {
	return func(u *Member) tea.Cmd { ask(u); return nil }
}

func taken(do func() tea.Cmd) func() (tea.Cmd, bool) {
	return func() (tea.Cmd, bool) { return do(), true }
}

// Keys implements [page.Page].
func (s *Page) Keys() page.Keys {
	switch {
	case s.full:
		return s.logKeys()
	case s.table.Filtering():
		return page.Keys{
			page.Tell("enter", "keep filter"), page.Tell("↑↓", "choose"), page.Tell("esc", "clear"),
			page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
				s.table.Update(k) // it has nothing to report that matters here
				return s.moved(), true
			}),
		}
	}
	var keys page.Keys
	if s.failure.Is() {
		keys = append(s.failure.Keys("f5 ctrl+r", s.refresh), page.Tell("n", "new"))
	} else {
		keys = s.bar()
	}
	for _, b := range s.bindings() {
		if b.list != nil || b.with != nil {
			keys = append(keys, s.bind(b, ""))
		}
	}
	return append(keys, page.Maybe("esc", "", s.esc), page.Under(s.digit), page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
		taken, _ := s.table.Update(k)
		return s.moved(), taken
	}))
}

// bar is the most useful keys for the selected machine, and those of the list.
func (s *Page) bar() page.Keys {
	table, u := s.bindings(), s.Current()
	k := u.kind()
	spots := map[string]spot{}
	for _, b := range table {
		if p, ok := b.bar[k]; ok {
			spots[b.keys] = p
		}
	}
	table = slices.DeleteFunc(table, func(b binding) bool { return spots[b.keys].at == 0 })
	slices.SortFunc(table, func(a, b binding) int { return cmp.Compare(spots[a.keys].at, spots[b.keys].at) })
	var keys page.Keys
	if k == worked {
		keys = page.Keys{page.Tell("esc", "end "+u.op.doing)}
	}
	for _, b := range table {
		keys = append(keys, s.bind(b, spots[b.keys].does))
	}
	const before = 4 // that a narrow screen has room for
	keys = slices.Insert(keys, min(before, len(keys)), page.Tell("f5", "refresh"))
	return append(keys, page.Tell("n", "new"), page.Tell("W", "sweep"))
}

// bind makes a key of a line of the table.
func (s *Page) bind(b binding, does string) page.Binding[tea.Cmd] {
	return page.Maybe(b.keys, does, func() (tea.Cmd, bool) {
		if b.list != nil {
			return b.list()
		}
		u := s.Current()
		if u == nil {
			return nil, false
		}
		if why := u.cannot(b.need); why != "" {
			return s.Say(why, true), true
		}
		return b.with(u), true
	})
}

// digit selects a machine by its number.
func (s *Page) digit(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if !key.Matches(k, key.NewBinding(key.WithKeys(strings.Fields("1 2 3 4 5 6 7 8 9")...))) {
		return nil, false
	}
	if i := int(k.String()[0] - '1'); i < len(s.order) {
		s.table.Select(s.order[i].ID)
	}
	return s.moved(), true
}

// filter leaves the key to the table, unless no list is drawn, and no filter
// that letters could be seen in.
func (s *Page) filter() (tea.Cmd, bool) { return nil, len(s.order) == 0 }

// showLog gives the log the whole screen.
func (s *Page) showLog(*Member) tea.Cmd {
	s.full = true
	return nil
}

// esc ends what is being done with the machine, or puts its failure away.
func (s *Page) esc() (tea.Cmd, bool) {
	u := s.Current()
	switch {
	case u == nil || s.table.Filter() != "":
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

// Help implements [page.Helpful].
func (s *Page) Help() []page.Section {
	if s.full {
		return []page.Section{{Hints: s.logKeys().Hints()}}
	}
	return []page.Section{{Hints: s.allKeys()}, {Title: "In the log (l)", Hints: page.PaneHints(s.pane)}}
}

// allKeys are the lines of the help.
func (s *Page) allKeys() []page.Hint {
	var hints []page.Hint
	for _, b := range s.bindings() {
		if b.help.Key() != "" {
			hints = append(hints, b.help)
		}
	}
	return hints
}

// logKeys are the keys while the log has the whole screen.
func (s *Page) logKeys() page.Keys {
	pane := page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
		taken, cmd := s.pane.Update(k)
		return cmd, taken
	})
	if s.pane.Searching() {
		return append(page.PaneKeys(s.pane), pane)
	}
	const before = 5 // that a narrow screen has room for
	keys := append(page.Keys{page.Tell("esc", "list")}, page.PaneKeys(s.pane)...)
	keys = slices.Insert(keys, min(before, len(keys)), page.On("tab", "next log", func() tea.Cmd { return s.cycleLog(+1) }))
	return append(keys, page.On("shift+tab", "", func() tea.Cmd { return s.cycleLog(-1) }), pane, page.Set("esc l", "", func() { s.full = false }))
}
