// Package safe makes text from elsewhere safe for a terminal and for a log:
// control sequences are removed, and so are secrets.
package safe

import "strings"

// Text makes a text of any lines safe for a terminal and takes secrets out.
// Errors quote what files, hosts and AWS said.
func Text(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if c := Clean(l); c != strings.TrimSpace(l) {
			lines[i] = c
		}
	}
	return Scrub(strings.Join(lines, "\n"))
}
