package table

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

var keys = map[string]tea.KeyPressMsg{
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape},
	"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"backspace": {Code: tea.KeyBackspace}, "tab": {Code: tea.KeyTab}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
	"ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
}

func press(t *Table, names ...string) (handled bool, cmd tea.Cmd) {
	for _, name := range names {
		k, ok := keys[name]
		if !ok {
			k = tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
		}
		handled, cmd = t.Update(k)
	}
	return handled, cmd
}

func typed(t *Table, text string) {
	for _, r := range text {
		press(t, string(r))
	}
}

func types() []Row {
	var rows []Row
	for _, family := range []string{"t2", "t3", "g5"} {
		for i, size := range []string{"nano", "micro", "small", "large"} {
			row := Row{ID: family + "." + size, Cells: []string{family + "." + size, fmt.Sprint(1 + i/2), fmt.Sprintf("%.1f GiB", 0.5*float64(int(1)<<i)), "x86_64", "", fmt.Sprintf("%.4f", 0.0058*float64(int(1)<<i))}}
			if family == "g5" {
				row.Cells[4], row.Words, row.Disabled = "1 × A10G", "nvidia", "your quota for it is 0"
			}
			if row.ID == "t2.micro" {
				row.Words = "free"
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func make12(width, height int, th theme.Theme) *Table {
	t := New("types", "types", []Column{
		{Title: "Type"},
		{Title: "vCPU", Right: true},
		{Title: "Memory", Right: true, Priority: 1},
		{Title: "Arch", Priority: 3},
		{Title: "GPU", Priority: 2, Grow: true},
		{Title: "$/hour", Right: true},
	}, th)
	t.SetSize(width, height)
	t.SetRows(types())
	return t
}

func plain(t *Table) []string { return strings.Split(ansi.Strip(t.View()), "\n") }

func at(t *testing.T, tb *Table, id string) {
	t.Helper()
	if row, _ := tb.Selected(); row.ID != id {
		t.Errorf("the cursor is on %q, want %q", row.ID, id)
	}
}

func TestMoves(t *testing.T) {
	for _, c := range []struct {
		keys string
		want string
	}{
		{"", "t2.nano"},
		{"down j", "t2.small"},
		{"j j k up", "t2.nano"},
		{"up", "t2.nano"},
		{"G", "g5.large"},
		{"end down", "g5.large"},
		{"G g", "t2.nano"},
		{"end home", "t2.nano"},
		{"pgdown", "t3.nano"},
		{"pgdown pgup", "t2.nano"},
		{"ctrl+d", "t2.small"},
		{"G ctrl+u", "g5.micro"},
	} {
		tb := make12(80, 6, theme.New(true, false))
		press(tb, strings.Fields(c.keys)...)
		if row, _ := tb.Selected(); row.ID != c.want {
			t.Errorf("%s leads to %q, want %q", c.keys, row.ID, c.want)
		}
		if !strings.Contains(strings.Join(plain(tb), "\n"), "▸ "+c.want) {
			t.Errorf("%s: the cursor is out of the window:\n%s", c.keys, tb.View())
		}
	}
	tb := make12(80, 6, theme.New(true, false))
	for _, k := range []string{"q", "esc", "tab", "?", "ctrl+c"} {
		if handled, _ := press(tb, k); handled {
			t.Errorf("%s is the owner's", k)
		}
	}
}

func TestFilter(t *testing.T) {
	tb := make12(80, 8, theme.New(true, false))
	for text, want := range map[string]string{
		"micro": "3 of 12 types", "T3 LARGE": "1 of 12 types", "nvidia": "4 of 12 types",
		"a10g large": "1 of 12 types", "nothing like it": "0 of 12 types", "  ": "12 types",
	} {
		tb.SetFilter("")
		press(tb, "/")
		typed(tb, text)
		if !tb.Filtering() || tb.Filter() != text {
			t.Errorf("the filter is %q, open %v", tb.Filter(), tb.Filtering())
		}
		lines := plain(tb)
		if status := strings.TrimSpace(lines[len(lines)-1]); !strings.HasSuffix(status, want) {
			t.Errorf("%q: the status is %q, want %q", text, status, want)
		}
		press(tb, "esc")
		if tb.Filtering() || tb.Filter() != "" || tb.Shown() != 12 {
			t.Errorf("esc leaves the filter %q", tb.Filter())
		}
	}
	press(tb, "/")
	tb.Update(tea.PasteMsg{Content: "g5"})
	if tb.Shown() != 4 {
		t.Errorf("%d rows after pasting g5", tb.Shown())
	}
	press(tb, "backspace", "backspace", "backspace")
	if tb.Filtering() {
		t.Error("backspace does not leave the empty filter")
	}
}

func TestSelectionOutlivesFilterAndReload(t *testing.T) {
	tb := make12(80, 8, theme.New(true, false))
	tb.Select("t3.small")
	at(t, tb, "t3.small")
	tb.SetFilter("small")
	at(t, tb, "t3.small")
	tb.SetFilter("t2")
	at(t, tb, "t2.nano")
	tb.SetFilter("")
	at(t, tb, "t3.small")
	tb.SetRows(types()[3:])
	at(t, tb, "t3.small")

	late := New("types", "types", []Column{{Title: "Type"}}, theme.New(true, false))
	late.Select("t2.micro")
	if _, ok := late.Selected(); ok {
		t.Error("an empty table has a row selected")
	}
	late.SetRows(types())
	at(t, late, "t2.micro")
}

func TestChoose(t *testing.T) {
	tb := make12(80, 8, theme.New(true, false))
	tb.Select("t2.micro")
	if _, cmd := press(tb, "enter"); cmd == nil || cmd() != (ChosenMsg{"types", "t2.micro"}) {
		t.Error("enter does not report t2.micro")
	}
	press(tb, "/")
	typed(tb, "t3")
	if _, cmd := press(tb, "down", "enter"); cmd == nil || cmd() != (ChosenMsg{"types", "t3.micro"}) || tb.Filtering() {
		t.Error("enter while filtering does not report t3.micro")
	}
	tb.SetFilter("g5")
	if _, cmd := press(tb, "enter"); cmd != nil {
		t.Error("a disabled row can be chosen")
	}
	if view := strings.Join(plain(tb), "\n"); !strings.Contains(view, "not available: your quota for it is 0") {
		t.Errorf("the reason is missing:\n%s", view)
	}
	tb.SetFilter("none of them")
	if handled, cmd := press(tb, "enter"); !handled || cmd != nil {
		t.Error("something is chosen from nothing")
	}
}

// A filter that is taken away takes its row with it, unless that was moved to:
// what was chosen before is chosen again.
func TestWhatWasChosenBeforeAFilterComesBack(t *testing.T) {
	for keys, want := range map[string]string{
		"/ g 5 . esc":                 "t2.micro",
		"/ t 3 enter esc":             "t2.micro",
		"/ t 3 enter / esc":           "t2.micro",
		"/ t 3 enter / t esc":         "t2.micro",
		"/ t 3 down enter esc":        "t3.micro",
		"/ t 3 enter j esc":           "t3.micro",
		"/ t 3 enter enter esc":       "t3.nano",
		"/ z z z enter esc":           "t2.micro",
		"/ t 3 enter / backspace esc": "t2.micro",
	} {
		tb := make12(80, 8, theme.New(true, false))
		tb.Select("t2.micro")
		for _, k := range strings.Fields(keys) {
			if len(k) == 1 && tb.Filtering() {
				typed(tb, k)
				continue
			}
			press(tb, k)
		}
		if at, ok := tb.Selected(); !ok || at.ID != want {
			t.Errorf("%s leads to %s, want %s", keys, at.ID, want)
		}
	}
}

func TestColumnsGoByPriority(t *testing.T) {
	for _, c := range []struct {
		width int
		want  string
	}{
		{80, "Type vCPU Memory Arch GPU $/hour"},
		{46, "Type vCPU Memory GPU $/hour"},
		{38, "Type vCPU Memory $/hour"},
		{30, "Type vCPU $/hour"},
	} {
		tb := make12(c.width, 8, theme.New(true, false))
		if got := strings.Join(strings.Fields(plain(tb)[0]), " "); got != c.want {
			t.Errorf("%d cells: %q, want %q", c.width, got, c.want)
		}
	}
}

func TestView(t *testing.T) {
	for _, size := range [][2]int{{80, 14}, {40, 7}} {
		for _, look := range []struct {
			name        string
			dark, color bool
		}{{"dark", true, true}, {"light", false, true}, {"plain", true, false}} {
			for _, state := range []string{"", "G", "/micro", "/nothing like it"} {
				name := fmt.Sprintf("%dx%d %s %s", size[0], size[1], look.name, strings.ReplaceAll(state, "/", "filter "))
				t.Run(strings.TrimSpace(name), func(t *testing.T) {
					tb := make12(size[0], size[1], theme.New(look.dark, look.color))
					typed(tb, state)
					view := cells.Unmarked(tb.View())
					tuitest.Exactly(t, view, size[0], size[1])
					golden.RequireEqual(t, view)
				})
			}
		}
	}
}

func FuzzView(f *testing.F) {
	f.Add("t2.micro|1|free\n日本🎉|\x1b[2J|", "jj/micro\r", 40, 10, 3)
	f.Add("a|b|c|d\ne", "G/é\x7f\x7f\x7fx", 9, 3, 5)
	f.Fuzz(func(t *testing.T, text, input string, width, height, columns int) {
		width, height, columns = width&127, height&31, columns&7
		cols := make([]Column, columns)
		for c := range cols {
			cols[c] = Column{Title: fmt.Sprint("Column ", c), Right: c%2 == 1, Priority: c % 3, Max: c * 3, Grow: c == 2}
		}
		tb := New("any", "things", cols, theme.New(true, true))
		var rows []Row
		for i, line := range strings.Split(text, "\n") {
			row := Row{ID: fmt.Sprint(i), Cells: strings.Split(line, "|")}
			if i%3 == 2 {
				row.Disabled = line
			}
			rows = append(rows, row)
		}
		tb.SetRows(rows)
		for i, r := range []rune(input) {
			tb.SetSize(width, (height+i)%20)
			switch r {
			case '\r':
				tb.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
			case '\x7f':
				tb.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
			case '\x1b':
				tb.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
			default:
				tb.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			tuitest.Exactly(t, tb.View(), width, (height+i)%20)
			if _, ok := tb.Selected(); ok != (tb.Shown() > 0) {
				t.Fatalf("%d rows are shown, one selected: %v", tb.Shown(), ok)
			}
		}
	})
}

func BenchmarkFilterAndDraw(b *testing.B) {
	var rows []Row
	for i := range 900 {
		rows = append(rows, Row{ID: fmt.Sprint(i), Cells: []string{fmt.Sprintf("m%d.large", i), "4", "16.0 GiB", "x86_64", "", "0.1234"}})
	}
	tb := make12(200, 60, theme.New(true, true))
	tb.SetRows(rows)
	for i := 0; b.Loop(); i++ {
		tb.SetFilter([]string{"m1", "large 2"}[i%2])
		tb.View()
	}
}
