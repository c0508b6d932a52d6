// Package table is a searchable table to choose one row from. It is no model
// of its own; the wizard's model owns it, hands it keys and draws what View
// answers.
package table

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// ChosenMsg reports that the person chose a row with Enter.
type ChosenMsg struct{ Table, Row string }

// Column is one column.
type Column struct {
	Title string
	Right bool // align to the right, as numbers are
	// Priority says which columns go first where there is no room: the
	// highest. Columns of priority 0 stay.
	Priority int
	// Max bounds the width in cells; 0 means as wide as the widest cell.
	Max int
	// Grow gives the column what room is left.
	Grow bool
}

// Row is one line of the table.
type Row struct {
	ID    string // what ChosenMsg reports; unique
	Cells []string
	// Disabled says why the row cannot be chosen; empty means it can.
	Disabled string
	// Words are found by the filter without being shown.
	Words string
}

// Table is a table and its filter.
type Table struct {
	id, noun string
	columns  []Column
	theme    theme.Theme
	rows     []Row
}

// New makes a table. The id names it in its messages, the noun is what its
// rows are ("types").
func New(id, noun string, columns []Column, th theme.Theme) *Table {
	return &Table{id: id, noun: noun, columns: columns, theme: th}
}

// SetSize sets the size of View in cells.
func (t *Table) SetSize(width, height int) {}

// SetTheme sets the styles.
func (t *Table) SetTheme(th theme.Theme) { t.theme = th }

// SetFocused tells whether the keys go to this table.
func (t *Table) SetFocused(on bool) {}

// SetRows replaces the rows. Selection and filter stay.
func (t *Table) SetRows(rows []Row) { t.rows = rows }

// Select puts the cursor on the row with that ID, as soon as there is one.
func (t *Table) Select(id string) {}

// Selected is the row under the cursor.
func (t *Table) Selected() (Row, bool) { return Row{}, false }

// Filtering tells whether the filter input is open: then every key is its.
func (t *Table) Filtering() bool { return false }

// Filter is the filter's text.
func (t *Table) Filter() string { return "" }

// SetFilter sets the filter's text.
func (t *Table) SetFilter(text string) {}

// Update takes a key press, a paste or a turn of the mouse wheel. It answers
// whether the table took it; if not, it is the owner's.
func (t *Table) Update(msg tea.Msg) (handled bool, cmd tea.Cmd) { return false, nil }

// View is exactly width by height cells.
func (t *Table) View() string { return "" }
