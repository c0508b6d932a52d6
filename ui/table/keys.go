package table

import tea "charm.land/bubbletea/v2"

// Help is the table's keys and what they do, in the order worth showing.
func (t *Table) Help() [][2]string {
	switch {
	case t.open:
		return [][2]string{{"↑/↓", "move"}, {"enter", "choose"}, {"esc", "clear filter"}}
	case t.Filter() != "":
		return [][2]string{{"↑/↓ j/k", "move"}, {"enter", "choose"}, {"/", "filter"}, {"esc", "clear filter"}}
	default:
		return [][2]string{{"↑/↓ j/k", "move"}, {"enter", "choose"}, {"/", "filter"}}
	}
}

func (t *Table) key(k tea.KeyPressMsg) (handled bool, cmd tea.Cmd) {
	if t.travel(k.String()) {
		return true, nil
	}
	switch k.String() {
	case "enter":
		return true, t.choose()
	case "esc":
		if !t.open && t.Filter() == "" {
			return false, nil
		}
		t.open = false
		t.SetFilter("")
		return true, nil
	case "ctrl+c":
		return false, nil
	case "backspace":
		if t.open && t.Filter() == "" {
			t.open = false
			return true, nil
		}
	}
	if t.open {
		return t.edit(k)
	}
	return t.letter(k.String()), nil
}

// travel takes the moves that work while the filter is typed, too.
func (t *Table) travel(k string) bool {
	switch k {
	case "up", "ctrl+p":
		t.move(-1)
	case "down", "ctrl+n":
		t.move(1)
	case "pgup":
		t.move(-t.page())
	case "pgdown":
		t.move(t.page())
	default:
		return false
	}
	return true
}

// letter takes the moves that would be text in the filter.
func (t *Table) letter(k string) bool {
	switch k {
	case "/":
		t.open, t.whole = true, true
	case "k":
		t.move(-1)
	case "j":
		t.move(1)
	case "home", "g":
		t.move(-len(t.shown))
	case "end", "G":
		t.move(len(t.shown))
	case "ctrl+u":
		t.move(-t.page() / 2)
	case "ctrl+d":
		t.move(t.page() / 2)
	default:
		return false
	}
	return true
}

func (t *Table) edit(msg tea.Msg) (handled bool, cmd tea.Cmd) {
	was := t.Filter()
	if t.whole && replaces(msg) {
		t.filter.SetValue("")
	}
	t.whole = false
	handled, cmd = t.filter.Update(msg)
	if t.Filter() != was {
		t.refilter()
	}
	return handled, cmd
}

// replaces reports whether a message puts text, or takes it away: either is for
// the whole of a filter that was just opened again.
func replaces(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return true
	case tea.KeyPressMsg:
		return msg.Text != "" || msg.String() == "backspace"
	}
	return false
}

func (t *Table) move(rows int) {
	if len(t.shown) == 0 {
		return
	}
	t.cursor = min(max(t.cursor+rows, 0), len(t.shown)-1)
	t.wanted = t.items[t.shown[t.cursor]].ID
}

// choose reports the row under the cursor, or says why it cannot be had.
func (t *Table) choose() tea.Cmd {
	row, ok := t.Selected()
	if !ok {
		return nil
	}
	if row.Disabled != "" {
		t.notice = "not available: " + row.Disabled
		return nil
	}
	if !t.open { // Enter in the filter keeps that, and means no row yet
		t.wanted = row.ID
	}
	t.open = false
	msg := ChosenMsg{t.id, row.ID}
	return func() tea.Msg { return msg }
}
