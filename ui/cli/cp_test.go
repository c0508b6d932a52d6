package cli

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestParseCopy(t *testing.T) {
	for _, c := range []struct {
		args, system string
		want         string
		wrong        string
	}{
		{"a b lab:", "linux", "lab up [a b] ", ""},
		{"lab:a lab:b .", "linux", "lab down [a b] .", ""},
		{"./a:b lab:x:y", "linux", "lab up [./a:b] x:y", ""},
		{`C:\a lab:b`, "windows", `lab up [C:\a] b`, ""},
		{"c:a lab:b", "windows", "lab up [c:a] b", ""},
		{"c:a d", "linux", "c down [a] d", ""},
		{"a b", "linux", "", "neither"},
		{"x:a y:b", "linux", "", "both"},
		{"x:a y:b .", "linux", "", "two machines"},
		{"x:a b .", "linux", "", "neither"},
		{":a b", "linux", "", "neither"},
	} {
		got, err := parseCopy(strings.Fields(c.args), c.system)
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		way := map[bool]string{true: "up", false: "down"}[got.up]
		if text := got.setup + " " + way + " [" + strings.Join(got.from, " ") + "] " + got.to; err == nil && text != c.want {
			t.Errorf("%s: %s, want %s", c.args, text, c.want)
		}
	}
}

// Windows' shells leave patterns to the program.
func TestPatternsOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.ipynb", "b.ipynb", "c.csv", "[x].txt"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for names, want := range map[string]string{
		"*.ipynb c.csv": "a.ipynb b.ipynb c.csv", "?.csv": "c.csv", "*.none": "*.none", "[x].txt": "[x].txt", "folder": "folder",
	} {
		if got := strings.Join(matching(strings.Fields(names)), " "); got != want {
			t.Errorf("%s stands for %s, want %s", names, got, want)
		}
	}
}

func TestCp(t *testing.T) {
	e := labs()
	r := run{engine: e, terminal: true}
	if code := r.do(t.Context(), "cp", "-r", "a", "b", "small:work/"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if got := asked(e); got != "connect aaaa; put aaaa -r a b work/" {
		t.Errorf("copied %s", got)
	}
	has(t, "stdout", r.out.String(), "Copied 2 files, 4.0 KiB.\n")
	has(t, "stderr", r.err.String(), "25 %, 0.5 of 2.0 KiB, file 1 of 2  a")

	e = labs()
	r = run{engine: e}
	if code := r.do(t.Context(), "cp", "small:a", ".", "--json"); code != 0 || asked(e) != "connect aaaa; get aaaa a ." {
		t.Errorf("exit code %d, copied %v", code, asked(e))
	}
	all := lines(t, r.out.String())
	if len(all) != 2 || all[0]["kind"] != "progress" || all[0]["bytes"] != 512.0 || all[1]["kind"] != "done" || r.err.String() != "" {
		t.Errorf("lines %v", all)
	}
	e.Shared.Err = errors.New("the disk is full")
	r = run{engine: e}
	if code := r.do(t.Context(), "cp", "a", "small:"); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	has(t, "stderr", r.err.String(), "the disk is full")
	has(t, "stderr", r.err.String(), "Copied 1 of 1 file, 2.0 KiB.\n")
}

// Whatever is copied where: one machine, and nothing lost of what was typed.
func FuzzParseCopy(f *testing.F) {
	f.Add("data.csv\x00jupyter:", false)
	f.Add("jupyter:results\x00jupyter:a:b\x00.", false)
	f.Add("c:\\x\x00c:", true)
	f.Add("a\x00b", false)
	f.Add(":\x00::\x00/:\x1b", false)
	f.Fuzz(func(t *testing.T, typed string, windows bool) {
		args, system := strings.Split(typed, "\x00"), "linux"
		if windows {
			system = "windows"
		}
		if len(args) < 2 {
			return
		}
		c, err := parseCopy(args, system)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q", err)
			}
			return
		}
		var again []string
		for _, from := range c.from {
			if !c.up {
				from = c.setup + ":" + from
			}
			again = append(again, from)
		}
		to := c.to
		if c.up {
			to = c.setup + ":" + to
		}
		if again = append(again, to); !slices.Equal(again, args) || c.setup == "" || strings.ContainsAny(c.setup, `/\:`) {
			t.Errorf("%q is read as %+v", args, c)
		}
	})
}

// What of a folder is not copied is told, some of it by name.
func TestCpTellsWhatIsLeftOut(t *testing.T) {
	for n, want := range map[int]string{0: "", 2: "n1, n2\n", 7: "n1, n2, n3, n4, n5 and 2 more\n"} {
		var out strings.Builder
		var names []string
		for i := range n {
			names = append(names, "n"+string(rune('0'+n-i)))
		}
		(&request{Program: &Program{Err: &out}}).named("Left out", names)
		if got := out.String(); !strings.HasSuffix(got, want) || (got == "") != (n == 0) {
			t.Errorf("%d: %q", n, got)
		}
	}
}
