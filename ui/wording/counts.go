package wording

import (
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// Counted is "1 file", "12,345 lines", "2 matches".
func Counted(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"):
		return cells.Thousands(n) + " " + noun + "es"
	default:
		return cells.Thousands(n) + " " + noun + "s"
	}
}

// Percent is a share of 1, rounded: "62 %". A negative one is unknown.
func Percent(share float64) string {
	if share < 0 {
		return "? %"
	}
	return fmt.Sprintf("%.0f %%", share*100)
}

// PercentDone is how much is done, rounded down: only what is complete is 100 %.
func PercentDone(share float64) string { return fmt.Sprintf("%d %%", int(share*100)) }
