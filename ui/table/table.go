// Package table is a searchable table to choose one row from. It is no model
// of its own; the wizard's model owns it, hands it keys and draws what View
// answers.
package table

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/form"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// ChosenMsg reports that the person chose a row with Enter.
type ChosenMsg struct{ Table, Row string }

// Column is one column.
type Column struct {
	Title string
	Right bool // align to the right, as numbers are
	// Priority says which columns go first where there is no room: the
	// highest, and of equals the rightmost. Columns of priority 0 stay.
	Priority int
	// Max bounds the width in cells; 0 means as wide as the widest cell.
	Max int
	// Grow gives the column what room is left.
	Grow bool
	// Units make it a column of numbers, of Row.Numbers: they are what may
	// stand behind a number in the filter to mean this column ("gib"). An empty
	// one takes comparisons of numbers without a unit. Words of the filter are
	// not looked for in such a column if it stands to the right.
	Units []string
	// Sort has SortNext sort by it, the highest first where it Falls.
	Sort, Falls bool
}

// Row is one line of the table.
type Row struct {
	ID    string // what ChosenMsg reports; unique
	Cells []string
	// Disabled says why the row cannot be chosen; empty means it can.
	Disabled string
	// Words are found by the filter without being shown.
	Words string
	// Numbers are the numbers of the columns that have units, NaN where one is
	// not known.
	Numbers []float64
	Tone    Tone
	// Cell is how single cells stand out, by their column, also in the
	// selected row.
	Cell map[int]Tone
}

// Tone is how a row stands out while it is not selected, or a cell in any row.
type Tone int

// The tones.
const (
	Plain  Tone = iota
	Warned      // something is about to happen, or went wrong
	Quiet       // of less interest
	Good        // all is well
	Bad         // it has failed
)

// item is a row made ready to draw and to be searched.
type item struct {
	Row
	cells []string // safe to draw, one for each column
	text  string   // its words in lower case, each field apart from the next
}

// Table is a table and its filter. Make it with New.
type Table struct {
	id, noun      string
	columns       []Column
	theme         theme.Theme
	width, height int
	focused       bool

	items   []item
	shown   []int // indexes of the items that pass the filter
	natural []int // each column's widest cell, of all items
	cursor  int   // index into shown
	top     int   // index into shown of the first row drawn
	wanted  string
	notice  string
	foot    string

	sorted  int // 1 + the column to sort by; 0: as the rows came
	falling bool

	filter *form.Input
	open   bool // the filter input has the keys
	whole  bool // what is typed next replaces all of the filter
}

// New makes a table. The id names it in its messages, the noun is what its
// rows are, in the plural ("types").
func New(id, noun string, columns []Column, th theme.Theme) *Table {
	t := &Table{id: id, noun: noun, columns: columns, theme: th, focused: true, filter: form.NewInput("", th, nil)}
	t.filter.SetPlaceholder(" words to look for")
	t.SetRows(nil)
	return t
}

// SetSize sets the size of View in cells: a header line, the rows and a status
// line.
func (t *Table) SetSize(width, height int) {
	t.width, t.height = max(width, 0), max(height, 0)
}

// SetTheme sets the styles.
func (t *Table) SetTheme(th theme.Theme) {
	t.theme = th
	t.filter.SetTheme(th)
}

// SetFocused reports whether the keys go to this table.
func (t *Table) SetFocused(on bool) { t.focused = on }

// SetExample sets what the empty filter shows as an example.
func (t *Table) SetExample(text string) { t.filter.SetPlaceholder(" " + text) }

// SetFoot sets a text for the status line, shown while that has nothing else
// to say.
func (t *Table) SetFoot(text string) { t.foot = cells.Clean(text) }

// SetRows replaces the rows. Selection and filter stay, and the selected row
// stays where it is on the screen while others come in around it.
func (t *Table) SetRows(rows []Row) {
	at := t.cursor - t.top
	selected, was := t.Selected()
	defer func() {
		if row, is := t.Selected(); was && is && row.ID == selected.ID {
			t.top = t.cursor - at
		}
	}()
	t.items = make([]item, len(rows))
	t.natural = make([]int, len(t.columns))
	for c, column := range t.columns {
		t.natural[c] = cells.Width(column.Title)
		if column.Sort {
			t.natural[c]++ // for the arrow
		}
	}
	for i, row := range rows {
		it := item{Row: row, cells: make([]string, len(t.columns))}
		for c := range t.columns {
			if c < len(row.Cells) {
				it.cells[c] = cells.Clean(row.Cells[c])
				t.natural[c] = max(t.natural[c], cells.Width(it.cells[c]))
			}
		}
		it.text = t.words(it)
		t.items[i] = it
	}
	for c, column := range t.columns {
		if column.Max > 0 {
			t.natural[c] = min(t.natural[c], column.Max)
		}
	}
	t.refilter()
}

// words are what a word of the filter is looked for in. A word never means a
// part of a number.
func (t *Table) words(it item) string {
	fields := []string{it.Words}
	for c, cell := range it.cells {
		if column := t.columns[c]; !column.Right || len(column.Units) == 0 {
			fields = append(fields, cell)
		}
	}
	return strings.ToLower(strings.Join(fields, "\n"))
}

// Len is the number of rows, filtered or not.
func (t *Table) Len() int { return len(t.items) }

// Shown is the number of rows that pass the filter.
func (t *Table) Shown() int { return len(t.shown) }

// Select puts the cursor on the row with that ID, as soon as there is one.
func (t *Table) Select(id string) {
	t.wanted = id
	t.settle()
}

// Selected is the row under the cursor.
func (t *Table) Selected() (Row, bool) {
	if t.cursor >= len(t.shown) {
		return Row{}, false
	}
	return t.items[t.shown[t.cursor]].Row, true
}

// Filtering reports whether the filter input is open: then every key is its.
func (t *Table) Filtering() bool { return t.open }

// Filter is the filter's text.
func (t *Table) Filter() string { return t.filter.Value() }

// SetFilter sets the filter's text.
func (t *Table) SetFilter(text string) {
	t.filter.SetValue(text)
	t.refilter()
}

// refilter finds the rows that have all that the filter asks for, in order.
func (t *Table) refilter() {
	terms := t.terms(t.filter.Value())
	t.shown = t.shown[:0]
	for i, it := range t.items {
		if !slices.ContainsFunc(terms, func(term term) bool { return !term.holds(it) }) {
			t.shown = append(t.shown, i)
		}
	}
	t.sort()
	t.settle()
}

// settle puts the cursor on the wanted row. While that is filtered out, it
// stands on the first row that can be chosen, and comes back later. The row is
// brought to the middle of the window, unless it is where it was.
func (t *Table) settle() {
	was := t.cursor
	t.cursor = t.find()
	if t.cursor != was {
		t.top = t.cursor - t.page()/2
	}
}

func (t *Table) find() int {
	first := -1
	for k, i := range t.shown {
		if t.items[i].ID == t.wanted && t.wanted != "" {
			return k
		}
		if first < 0 && t.items[i].Disabled == "" {
			first = k
		}
	}
	return max(first, 0)
}

// Update takes a key press or a paste. It answers whether the table took it; if not, it is the owner's.
func (t *Table) Update(msg tea.Msg) (handled bool, cmd tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		t.notice = ""
		return t.key(msg)
	case tea.PasteMsg:
		if t.open {
			return t.edit(msg)
		}
	}
	return false, nil
}

// Point takes a click (wheel 0) or a turn of the wheel over zones of the screen,
// the innermost first. It reports whether the row under the cursor was clicked
// again.
func (t *Table) Point(zones []string, wheel int) (again bool) {
	for _, zone := range zones {
		id, row := strings.CutPrefix(zone, t.rowZone(""))
		switch {
		case wheel == 0 && row:
			selected, ok := t.Selected()
			again = ok && selected.ID == id
			t.Select(id)
			return again
		case wheel != 0 && zone == "table:"+t.id:
			t.notice = ""
			t.move(wheelRows * wheel)
		}
	}
	return false
}

// wheelRows is how far one turn of the wheel moves.
const wheelRows = 3

// rowZone is what a row is called on the screen.
func (t *Table) rowZone(id string) string { return "row:" + t.id + ":" + id }
