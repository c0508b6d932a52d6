package tty

import (
	"context"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// Where nothing tells of a new size, one is told only when it is another.
func TestSizesThatAreAskedFor(t *testing.T) {
	for _, all := range []bool{false, true} {
		ctx, cancel := context.WithCancel(await.Context(t))
		ask, answers := make(chan int), make(chan [3]int)
		sizes := whenever(ctx, ask, func() (int, int, bool) {
			a := <-answers
			return a[0], a[1], a[2] != 0
		}, all)
		answers <- [3]int{80, 24, 1} // as it begins
		tell := func(a [3]int) {
			ask <- 1
			answers <- a
		}
		tell([3]int{80, 24, 1}) // the same
		if all {
			if got := <-sizes; got != [2]int{80, 24} {
				t.Errorf("got %v", got)
			}
		}
		tell([3]int{0, 0, 0}) // going away
		tell([3]int{100, 30, 1})
		if got := <-sizes; got != [2]int{100, 30} {
			t.Errorf("got %v", got)
		}
		cancel()
	}
}
