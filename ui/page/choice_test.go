package page

import "testing"

// A list that is longer than the screen says how much of it is not shown.
func TestChoiceSaysWhatIsNotShown(t *testing.T) {
	for _, c := range []struct {
		n, at, height int
		want          string
	}{
		{3, 0, 5, ""},
		{9, 0, 4, "↓ 5 more"},
		{9, 8, 4, "↑ 5 more"},
		{9, 4, 4, "↑ 2 more   ↓ 3 more"},
	} {
		list := Choice{At: c.at, N: c.n}
		if got := list.More(list.Window(c.height)); got != c.want {
			t.Errorf("%d of %d in %d rows: %q, want %q", c.at, c.n, c.height, got, c.want)
		}
	}
}
