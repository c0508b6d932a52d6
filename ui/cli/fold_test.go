package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// The terminal never tears a word: no line is wider than it, no punctuation
// stands alone, and a file's name is whole.
func TestFoldingTearsNoWord(t *testing.T) {
	const pem = "/tmp/tmp.aaaaaaaaaaaaaaaaaaaa/home/.local/state/jupyter-ec2/keys/jupyter-n.pem"
	const log = "/tmp/tmp.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/home/.local/state/jupyter-ec2/logs/jupyter-20261130-202109.log"
	for _, c := range []struct{ text, want string }{
		{"  ok Key: " + pem + ", and it matches", "  ok Key:\n" + pem + ",\n  and it matches"},
		{"  " + pem + ", and it matches", pem + ",\n  and it matches"},
		{"The whole log: " + log, "The whole log:\n" + log[:strings.LastIndex(log, "/")+1] + "\njupyter-20261130-202109.log"},
		{"  http://localhost:8888/" + strings.Repeat("a", 80), "  http://localhost:8888/" + strings.Repeat("a", 80)},
	} {
		got := paper{width: 80}.fold(c.text, 0)
		if got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if cells.Width(line) > 80 && !strings.Contains(line, "://") {
				t.Errorf("wider than the terminal: %s", line)
			}
		}
	}
}
