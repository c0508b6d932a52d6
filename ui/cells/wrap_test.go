package cells

import (
	"slices"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	const pem = "/tmp/tmp.aaaaaaaaaaaaaaaaaaaa/home/state/keys/jupyter-nw43am5lsm.pem"
	for _, c := range []struct {
		text string
		how  Wrapping
		want []string
	}{
		{"", Wrapping{First: 10, Others: 10}, []string{""}},
		{"one two three", Wrapping{First: 7, Others: 7}, []string{"one two", "three"}},
		{"one two three", Wrapping{First: 3, Others: 9}, []string{"one", "two three"}},
		// Punctuation stays with its word, and a path with its name.
		{pem + ", and", Wrapping{First: 66, Others: 66}, []string{"/tmp/tmp.aaaaaaaaaaaaaaaaaaaa/home/state/keys/", "jupyter-nw43am5lsm.pem, and"}},
		{pem + ", and", Wrapping{First: 66, Others: 66, Whole: 80}, []string{pem + ",", "and"}},
		{"The log: " + pem, Wrapping{First: 40, Others: 40}, []string{"The log:", "/tmp/tmp.aaaaaaaaaaaaaaaaaaaa/home/", "state/keys/jupyter-nw43am5lsm.pem"}},
		{`C:\Users\ada\AppData\Local\jupyter-ec2.log.`, Wrapping{First: 28, Others: 28}, []string{`C:\Users\ada\AppData\Local\`, "jupyter-ec2.log."}},
		{"in /aa/bb/.", Wrapping{First: 6, Others: 6}, []string{"in", "/aa/", "bb/."}},
		// What has no place to break is left whole, or cut.
		{"http://localhost:8888/lab?token=aaaa", Wrapping{First: 20, Others: 20}, []string{"http://localhost:8888/lab?token=aaaa"}},
		{"http://localhost:8888/lab", Wrapping{First: 20, Others: 20, Cut: true}, []string{"http://localhost:888", "8/lab"}},
		{"abcdefghij, k", Wrapping{First: 10, Others: 10, Cut: true}, []string{"abcdefghi", "j, k"}},
		{"/a/bcdefghijklmn", Wrapping{First: 8, Others: 8, Cut: true}, []string{"/a/", "bcdefghi", "jklmn"}},
		{"日本語", Wrapping{First: 1, Others: 1, Cut: true}, []string{"日本語"}},
	} {
		if got := Wrap(c.text, c.how); !slices.Equal(got, c.want) {
			t.Errorf("%q in %+v:\n%s\nwant\n%s", c.text, c.how, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// Whatever is wrapped, nothing of it is lost, and cut lines fit.
func FuzzWrap(f *testing.F) {
	f.Add("see /a/b/c.pem, and http://x/y", 7, 5)
	f.Fuzz(func(t *testing.T, text string, first, others int) {
		if first < 2 || others < 2 || first > 200 || others > 200 || !printable(text) {
			t.Skip()
		}
		lines := Wrap(text, Wrapping{First: first, Others: others, Cut: true})
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if bare(strings.Join(lines, "")) != bare(text) {
			t.Errorf("%q becomes %q", text, lines)
		}
		for i, line := range lines {
			if most := max(first, others); Width(line) > most || i > 0 && Width(line) > others {
				t.Errorf("line %d of %q is wider than it may be: %q", i, text, line)
			}
		}
	})
}
