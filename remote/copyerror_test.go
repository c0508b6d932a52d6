package remote

import (
	"strings"
	"testing"
)

// What to do about a file that is not there is about the side it is missing on.
func TestAMissingFileIsAdvisedAboutOnItsSide(t *testing.T) {
	for _, host := range []bool{true, false} {
		p := (&CopyError{Reason: CopyNoFile, Path: "a.csv", Host: host}).Problem()
		if next := p.Next.String(); !strings.Contains(next, "Check the name") || strings.Contains(next, "on the machine") != host {
			t.Errorf("on the host: %v; next is %q", host, next)
		}
	}
}
