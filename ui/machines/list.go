package machines

import (
	"strconv"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// stateColumn is the state's among the columns.
const stateColumn = 2

// newListTable makes the list. In the sandbox nothing costs, so there it has
// no columns for money.
func newListTable(c *page.Context) *table.Table {
	columns := []table.Column{
		{Title: "#", Right: true},
		{Title: "Name", Max: 28},
		{Title: "State", Max: 24},
		{Title: "Type", Priority: 5},
		{Title: "Region", Priority: 3},
		{Title: "Mode", Priority: 6},
		{Title: "Idle", Right: true, Priority: 4},
		{Title: "So far", Right: true, Priority: 2},
		{Title: "An hour", Right: true, Priority: 1},
		{Title: "URL", Priority: 8, Max: 24},
	}
	if c.Engine.Sandboxed() {
		columns = append(columns[:7:7], columns[9])
	}
	return table.New("machines", "machines", columns, c.Theme)
}

// fill makes the rows again. It is called when something has changed, never
// while drawing.
func (s *Page) fill() {
	now := s.Now()
	s.sort()
	rows := make([]table.Row, len(s.order))
	for i, u := range s.order {
		u.no = i + 1
		rows[i] = u.row(now, s.Engine.Sandboxed())
	}
	s.table.SetRows(rows)
	if _, ok := s.table.Selected(); ok && s.was == "" {
		s.table.Select(rows[0].ID) // so that it stays while rows come in
	}
	s.table.SetFoot(s.foot(now))
}

// foot is what all machines cost together.
func (s *Page) foot(now time.Time) string {
	setups := make([]steps.Setup, len(s.order))
	for i, u := range s.order {
		setups[i] = u.Setup
	}
	if len(setups) == 0 {
		return ""
	}
	return wording.TogetherLine(steps.Together(now, setups...), s.Engine.Sandboxed())
}

// row is a machine as one line of the list.
func (u *Member) row(now time.Time, sandbox bool) table.Row {
	state, tone := u.state(now)
	row := table.Plain // the whole row steps forward, or back
	if tone == table.Warned || tone == table.Quiet {
		row = tone
	}
	idle := ""
	if u.Up() && !u.healthAt.IsZero() {
		idle = wording.IdleCell(u.health, u.hostNow(now))
	}
	cells := []string{
		strconv.Itoa(u.no), u.Name(), state, page.Clean(u.Answers.Type), page.Clean(u.Answers.Region), wording.Mode(u.Setup), idle,
	}
	if !sandbox {
		money := u.Money(now)
		cells = append(cells, wording.SoFarCell(money), wording.RateCell(money))
	}
	cells = append(cells, wording.URLCell(u.url(), u.Machine))
	return table.Row{ID: u.ID, Cells: cells, Tone: row, Cell: map[int]table.Tone{stateColumn: tone}, Words: modeTitle(u.Answers.Mode)}
}
