package problem

import "testing"

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"a disk is full":                    "A disk is full.",
		"it ended.":                         "It ended.",
		`no setting "x"; did you mean "y"?`: `No setting "x"; did you mean "y"?`,
	} {
		if got := Sentence(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
