package steps

import (
	"testing"
)

// Two setups never share a local port, also while none of them is open.
func TestEachSetupHasItsOwnLocalPort(t *testing.T) {
	g := New(Config{Dir: t.TempDir()})
	for i, want := range []int{8888, 8889, 8890} {
		s := &Setup{ID: string(rune('a' + i)), Answers: Answers{Name: "x"}}
		w := &work{g: g, s: s}
		if got := w.wantedPort(); got != want {
			t.Errorf("setup %d wants %d, not %d", i, got, want)
		}
		s.LocalPort = w.wantedPort()
		if err := g.ledger.save(s); err != nil {
			t.Fatal(err)
		}
		if got := w.wantedPort(); got != want {
			t.Errorf("setup %d wants %d the next time, not %d", i, got, want)
		}
	}
}
