// Package machines is the page with all machines: the list, the selected
// machine beside it, its log, and what can be done with it. Of the rest of the
// program it knows a [Program] only.
package machines

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
)

const (
	taskSetups page.TaskName = "setups"
	taskSurvey page.TaskName = "survey"
)

// ID is the page's, which is no step of the guide.
const ID steps.StepID = "machines"

// Page lists all machines and shows the selected one beside the list.
// The ledger's are there at once; what the regions say is merged in as it
// comes.
type Page struct {
	*page.Context
	program Program
	shown   bool
	members map[string]*Member // by setup ID
	order   []*Member          // as listed
	table   *table.Table
	drawn   time.Time       // when the rows were filled last
	removed map[string]bool // setups that this program has removed

	started bool // the first page was chosen already
	survey  survey
	last    steps.Answers // a new machine starts from them
	failure page.Failure  // the ledger could not be read
	stamp   string        // the ledger's, as it was last read

	was     string      // the selected setup, as last noticed
	rest    selectionID // counts the selection's moves
	pane    *logpane.Pane
	showing *logbuf.Buffer // what the pane shows
	full    bool           // the log has the whole screen
	follow  follower
	waiting *waitDialog   // the last one
	doctor  *doctorDialog // likewise
}

// selectionID counts the moves of the selection.
type selectionID int

// Program is what the machines' page asks of the rest of the program.
type Program interface {
	// NewMachine begins the guide with the answers of the machine that was made
	// last; free makes a name one that no other machine has.
	NewMachine(last steps.Answers, free func(name string) string) tea.Cmd
	// Resume continues the guide with a setup, from wherever it stands.
	Resume(setup steps.Setup) tea.Cmd
	// ShowOpened shows the guide's last page.
	ShowOpened(setup steps.Setup, o *steps.Opened) tea.Cmd
	// AskRemove asks whether a setup and all of it is to be removed.
	AskRemove(setup steps.Setup)
	// Gone says that another program has removed a setup.
	Gone(setupID string)
	// Outdated says that a setup's URL, as this program opened it, leads there no
	// more.
	Outdated(setupID string)
	// Ended says that what was done with a machine has come to its end.
	Ended(setupID string, err error) tea.Cmd
}

// survey is how far the survey of all regions has come.
type survey struct {
	round    int
	done, of int
	heard    int              // regions that answered
	failed   []steps.Surveyed // the regions that did not answer
	err      error
}

const listLog = "machines" // the log pane's ID

// New makes the page.
func New(c *page.Context, p Program) *Page {
	s := &Page{Context: c, program: p, members: map[string]*Member{}, removed: map[string]bool{}, table: newListTable(c)}
	s.showing = logbuf.New(1)
	s.pane = logpane.New(listLog, "", s.showing, c.Theme)
	return s
}

// Enter implements [page.Page].
func (s *Page) Enter() tea.Cmd {
	s.shown = true
	return s.refresh()
}

// refresh reads the ledger, and then asks all regions.
func (s *Page) refresh() tea.Cmd {
	s.failure.Set(nil)
	return s.Start(taskSetups, func(ctx context.Context, id page.TaskID) tea.Msg {
		stamp := s.Engine.Stamp()
		list, err := s.Engine.Setups(ctx)
		last, _ := s.Engine.Last(ctx) // without it, a new machine starts from the defaults
		return setupsListed{id, stamp, list, last, err}
	})
}

// listed takes the ledger. A person who has no setup yet is shown the guide.
func (s *Page) listed(msg setupsListed) tea.Cmd {
	if !s.Tasks.Done(taskSetups, msg.id) {
		return nil
	}
	first := !s.started
	s.started = true
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.last, s.stamp = msg.last, msg.stamp
	s.takeLedger(msg.list)
	if first && len(msg.list) == 0 {
		return s.fresh()
	}
	s.fill()
	return tea.Batch(s.moved(), s.askRegions())
}

// askRegions asks all regions of all accounts, all at the same time.
func (s *Page) askRegions() tea.Cmd {
	s.survey = survey{round: s.survey.round + 1}
	profile, engine, send := s.Profile, s.Engine, s.Send
	return s.Start(taskSurvey, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewBridge(func(batch []steps.Surveyed) { send(surveyed{id, batch}) }, nil)
		err := engine.Survey(ctx, profile, b.Emit)
		b.Close()
		return surveyEnded{id, err}
	})
}

// surveyed merges what some regions said into the list.
func (s *Page) surveyed(msg surveyed) tea.Cmd {
	if !s.Tasks.Is(taskSurvey, msg.id) {
		return nil
	}
	for _, a := range msg.answers {
		s.survey.done, s.survey.of = max(s.survey.done, a.Done), a.Of
		if a.Heard() {
			s.survey.heard++
		}
		if a.Err != nil {
			s.survey.failed = append(s.survey.failed, a)
		}
		for _, machine := range a.Machines {
			s.merge(machine)
		}
	}
	s.fill()
	return s.moved()
}

func (s *Page) surveyEnded(msg surveyEnded) tea.Cmd {
	if !s.Tasks.Done(taskSurvey, msg.id) {
		return nil
	}
	if s.survey.err = msg.err; msg.err == nil {
		s.forgetUnseen()
	}
	for _, u := range s.order {
		u.around = time.Time{} // all are asked how they are
	}
	s.fill()
	return tea.Batch(s.moved(), s.askAround())
}

// forgetUnseen takes the machines from elsewhere out of the list that their
// region has no more. Those of the ledger stay: they come as gone.
func (s *Page) forgetUnseen() {
	for id, u := range s.members {
		silent := slices.ContainsFunc(s.survey.failed, func(a steps.Surveyed) bool {
			return a.At.Region == "" || a.At.Region == u.Answers.Region
		})
		if u.Elsewhere && u.round < s.survey.round && !silent && u.op == nil {
			s.drop(id)
		}
	}
}

// Put writes what the ledger says of a setup into the list.
func (s *Page) Put(setup steps.Setup) *Member {
	u := s.members[setup.ID]
	if u == nil {
		u = &Member{}
		s.members[setup.ID] = u
		s.order = append(s.order, u)
	}
	if setup.State == "" {
		setup.State = u.State // the ledger does not always know
	}
	u.Setup, u.Elsewhere = setup, false
	s.closeOutdated(u)
	return u
}

// merge writes what a region said of a machine into the list. What was asked
// before something was done with the machine is older than that.
func (s *Page) merge(machine steps.Machine) {
	u := s.members[machine.ID]
	if s.removed[machine.ID] {
		return
	}
	if u != nil && u.dealt == s.survey.round {
		u.round = s.survey.round
		return
	}
	if u == nil {
		u = &Member{}
		s.members[machine.ID] = u
		s.order = append(s.order, u)
	}
	u.round = s.survey.round
	u.Machine = machine
	s.closeOutdated(u)
	if !u.Up() {
		u.unlink(s)
	}
}

// closeOutdated closes a machine's URL and tunnel where the machine is reached
// otherwise now: another program has changed its mode, or started it again.
func (s *Page) closeOutdated(u *Member) {
	if u.Opened == nil || !u.Up() || u.ReachedAs(u.Opened.Setup) {
		return
	}
	s.Ends.Close(u.Opened)
	u.Opened, u.tunnel = nil, ""
	s.program.Outdated(u.ID)
}

// drop takes a machine out of the list and closes what leads to it.
func (s *Page) drop(id string) {
	u := s.members[id]
	if u == nil {
		return
	}
	u.unlink(s)
	s.Ends.Close(u.Opened, u.notebook)
	delete(s.members, id)
	s.order = slices.DeleteFunc(s.order, func(o *Member) bool { return o == u })
}

// sort puts this computer's machines first, oldest first, and those from
// elsewhere behind them by region and name.
func (s *Page) sort() {
	slices.SortStableFunc(s.order, func(a, b *Member) int {
		switch {
		case a.Elsewhere != b.Elsewhere:
			if b.Elsewhere {
				return -1
			}
			return 1
		case !a.Elsewhere:
			return a.Created.Compare(b.Created)
		}
		return strings.Compare(a.Answers.Region+" "+a.Answers.Name+" "+a.ID, b.Answers.Region+" "+b.Answers.Name+" "+b.ID)
	})
}

// Select selects a machine.
func (s *Page) Select(id string) {
	s.fill()
	s.table.Select(id)
}

// Current is the selected machine, or nil.
func (s *Page) Current() *Member {
	row, ok := s.table.Selected()
	if !ok {
		return nil
	}
	return s.members[row.ID]
}

// restFor is how long the selection has to stay on a machine before it is
// connected to: the arrow keys pass over many.
const restFor = 300 * time.Millisecond

// moved notices that another machine is selected.
func (s *Page) moved() tea.Cmd {
	id := ""
	if u := s.Current(); u != nil {
		id = u.ID
	}
	follow := s.followLog()
	if id == s.was {
		return follow
	}
	s.was = id
	s.rest++
	rest := s.rest
	return tea.Batch(follow, tea.Tick(restFor, func(time.Time) tea.Msg { return selectionRested{rest} }))
}

func (s *Page) rested(msg selectionRested) tea.Cmd {
	u := s.Current()
	if msg.id != s.rest || u == nil || !s.shown {
		return nil
	}
	return s.connect(u)
}

// fresh starts a new setup, under a name no other has, with the answers of the
// machine that was made last.
func (s *Page) fresh() tea.Cmd {
	return s.program.NewMachine(s.last, s.freeName)
}

func (s *Page) freeName(want string) string {
	taken := map[string]bool{}
	for _, u := range s.order {
		taken[u.Answers.Name] = true
	}
	name := want
	for n := 2; taken[name]; n++ {
		name = numbered(want, n)
	}
	return name
}

// turned does what is due once a second.
func (s *Page) turned(at time.Time) tea.Cmd {
	if s.shown && at.Sub(s.drawn) >= fillEvery {
		s.drawn = at
		s.fill()
	}
	return tea.Batch(s.pollLinks(at), s.askAround(), s.watch())
}

// fillEvery is how often the rows are made again for what grows on its own:
// costs, and times without work.
const fillEvery = 5 * time.Second

// Leave implements [page.Page].
func (s *Page) Leave() {
	s.shown = false
	s.Tasks.Stop(taskSetups)
	s.unfollow()
}

// Heading implements [page.Titled].
func (s *Page) Heading() (title, about string) { return "Your setups", "" }

// Ticks implements [page.Ticking].
func (s *Page) Ticks() bool { return s.shown || s.linksUp() }

// numbered is a name with a number behind it, within the length a name has.
func numbered(name string, n int) string {
	tail := fmt.Sprintf("-%d", n)
	return name[:min(len(name), steps.MaxName-len(tail))] + tail
}
