package remote

import (
	"strings"
	"testing"
)

// What a login shell prints before the log is not counted, however it arrives.
func TestAfterMark(t *testing.T) {
	text := "Welcome!\njupyter-ec2: the log\n" + LogMark + "one\n" + LogMark + "two\n"
	for size := 1; size <= len(text); size++ {
		var got strings.Builder
		a := AfterMark(&got)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if wrote, err := a.Write([]byte(rest[:n])); wrote != n || err != nil {
				t.Fatal(wrote, err)
			}
			rest = rest[n:]
		}
		if want := "one\n" + LogMark + "two\n"; got.String() != want {
			t.Errorf("in pieces of %d: %q", size, got.String())
		}
	}
}

// In whatever pieces it comes, what is after the first mark is the log.
func FuzzAfterMark(f *testing.F) {
	f.Add("Welcome!\njupyter-ec2: the log\n"+LogMark+"one\n"+LogMark+"two\n", uint8(3))
	f.Add(LogMark, uint8(1))
	f.Add(strings.Repeat("j", 100)+LogMark[:20], uint8(29))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		text = text[:min(len(text), 300)] // more says nothing new, and takes the fuzzer long to make small
		for _, said := range []string{text, text[:len(text)/2] + LogMark + text[len(text)/2:]} {
			var got strings.Builder
			a := AfterMark(&got)
			for rest := said; rest != ""; {
				n := min(int(size)+1, len(rest))
				if wrote, err := a.Write([]byte(rest[:n])); wrote != n || err != nil {
					t.Fatal(wrote, err)
				}
				rest = rest[n:]
			}
			if _, want, _ := strings.Cut(said, LogMark); got.String() != want {
				t.Errorf("%q in pieces of %d: %q", said, int(size)+1, got.String())
			}
		}
	})
}
