package cells

import (
	"slices"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
)

// Zones are found where they are drawn, whatever is drawn around them and
// however they were cut, and leave no trace on the screen.
func TestZones(t *testing.T) {
	list := Zone("list", Zone("row:a", "first")+"\n"+Zone("row:日", "日本 second"))
	drawn := lipgloss.NewStyle().Border(lipgloss.RoundedBorder()).Padding(0, 1).Render(Block(list, 8, 2))
	screen := "header\n" + drawn + "\n" + Zone("key:q", "q quit")
	for _, c := range []struct {
		x, y int
		want []string
	}{
		{0, 0, nil},
		{0, 2, nil}, // the frame
		{2, 2, []string{"row:a", "list"}},
		{6, 2, []string{"row:a", "list"}},
		{7, 2, nil}, // behind the text
		{2, 3, []string{"row:日", "list"}},
		{9, 3, []string{"row:日", "list"}}, // cut there
		{3, 5, []string{"key:q"}},
		{6, 5, nil},
		{-1, 2, nil},
		{2, -1, nil},
		{2, 6, nil},
	} {
		if got := ZonesAt(screen, c.x, c.y); !slices.Equal(got, c.want) {
			t.Errorf("at %d, %d: %q, want %q in\n%s", c.x, c.y, got, c.want, Unmarked(screen))
		}
	}
	if clean := Unmarked(screen); strings.Contains(clean, "\x1b_") || !strings.Contains(clean, "日本") || !strings.Contains(clean, "q quit") {
		t.Errorf("%q", clean)
	}
}

func TestTextCannotMakeAZone(t *testing.T) {
	if got := ZonesAt(Clean("\x1b_[key:x\x1b\\terminate"), 3, 0); got != nil {
		t.Errorf("%q", got)
	}
	odd := "a\x1b\\\x1b_[key:x\u009c"
	if got := ZonesAt(Zone(odd, "b"), 0, 0); !slices.Equal(got, []string{odd}) {
		t.Errorf("%q", got)
	}
}
