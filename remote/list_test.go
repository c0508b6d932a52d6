//go:build unix

package remote

import (
	"slices"
	"testing"
)

// A folder on the host is listed from the home folder on; what cannot be typed
// is left out.
func TestList(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		script := `mkdir -p listed/deep && cd listed && touch b 'a file' .hidden "$(printf 'esc\033[31m')" && ln -s deep link && ln -s nowhere broken`
		if _, err := c.Output(t.Context(), script); err != nil {
			t.Fatal(err)
		}
		want := []string{".hidden", "a file", "b", "broken", "deep/", "link/"}
		for _, folder := range []string{"listed", "listed/", "~/listed"} {
			if got, err := c.List(t.Context(), folder); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s lists %q, %v", folder, got, err)
			}
		}
		if got, err := c.List(t.Context(), ""); err != nil || !slices.Contains(got, "listed/") {
			t.Errorf("the home folder lists %q, %v", got, err)
		}
		if _, err := c.List(t.Context(), "no-such-folder"); reasonOfCopy(t, err) != CopyNoFile {
			t.Errorf("a folder that is not there: %v", err)
		}
	})
}
