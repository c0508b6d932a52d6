package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain is also the command itself.
func TestMain(m *testing.M) {
	if os.Getenv("SUITE_ITSELF") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// runs writes a module and answers what the command prints when it runs its tests.
func runs(t *testing.T, ok bool, files map[string]string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.26\n"
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-race=false"}, flags...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SUITE_ITSELF=1", "GOFLAGS=-mod=mod", "GOWORK=off")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); (err == nil) != ok {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

func says(t *testing.T, out string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(`(?m)` + p).MatchString(out) {
			t.Errorf("it does not say %q:\n%s", p, out)
		}
	}
}

const head = "package a\n\nimport \"testing\"\n\n"

func TestAllIsWell(t *testing.T) {
	out := runs(t, true, map[string]string{
		"a/a_test.go": head + `
func TestGood(t *testing.T) { t.Log("said by one that passed") }
func TestParts(t *testing.T) { t.Run("one/with a slash", func(*testing.T) {}) }
func TestSkipped(t *testing.T) { t.Skip("there is no moon") }
`,
		"b/a/a_test.go": head + "func TestOther(*testing.T) {}\n",
	})
	says(t, out, `^ok  \texample.com/m/a\t`, `^ok  \texample.com/m/b/a\t`,
		`^3 tests of 2 packages ran in .*: 3 passed, 0 failed, 0 were cut off; 1 were skipped\.$`,

		`^Skipped:\n  a TestSkipped: there is no moon$`, `^The slowest.*\n +[\d.]+m?s  (a|b/a) Test`)
	if strings.Contains(out, "said by one that passed") || strings.Contains(out, "FAIL") {
		t.Errorf("it says too much:\n%s", out)
	}
}

func TestAFailureIsPrintedWhole(t *testing.T) {
	out := runs(t, false, map[string]string{
		"a/a_test.go": head + `
func TestBad(t *testing.T) {
	t.Log("said before")
	t.Run("part", func(t *testing.T) { t.Error("it is wrong") })
}
`,
		"b/b_test.go": head + `func TestPanics(*testing.T) { panic("with this word") }`,
	})
	says(t, out, `^    a_test.go:7: said before$`, `it is wrong$`, `^--- FAIL: TestBad/part`, `^FAIL\texample.com/m/a\t`,
		`^panic: with this word`, `^FAIL\texample.com/m/b\t`, `^Failed:\n  a TestBad\n  a TestBad/part\n  b TestPanics: its program ended while it ran$`, `^FAIL$`)
}

// hangs is a limit that a program on a busy computer does not come to before
// its test hangs.
const hangs = "30s"

// A test that hangs is named, with where it stands and with what was lost by it.
func TestAHangIsNamed(t *testing.T) {
	t.Parallel()
	out := runs(t, false, map[string]string{"a/a_test.go": head + `
func TestBefore(*testing.T) {}
func TestHangs(t *testing.T) {
	t.Run("part", func(*testing.T) { waitsForNobody(make(chan int)) })
}
func waitsForNobody(c chan int) { <-c }
func TestAfter(*testing.T) {}
`}, "-limit="+hangs)
	says(t, out, `^--- FAIL: TestHangs/part \([1-9]`, `it took longer than `+hangs, `^example.com/m/a\.waitsForNobody\(`,
		`^FAIL\texample.com/m/a\t`, `^Failed:\n  a TestHangs/part: it took longer than `+hangs, `^  a: 1 tests did not begin$`, `^FAIL$`)
}

func TestAHangOutsideOfTests(t *testing.T) {
	t.Parallel()
	out := runs(t, false, map[string]string{"a/a_test.go": "package a\n\nimport (\n\"flag\"\n\"testing\"\n\"time\"\n)\n" + `
func TestGood(*testing.T) {}
func TestMain(m *testing.M) {
	m.Run()
	if flag.Lookup("test.list").Value.String() == "" {
		time.Sleep(time.Hour)
	}
}
`}, "-limit="+hangs, "-run=TestGood")
	says(t, out, `outside of its tests`, `^FAIL$`)
}

func TestWhatDoesNotCompile(t *testing.T) {
	out := runs(t, false, map[string]string{"a/a_test.go": head + "func TestBad(*testing.T) { undefined() }\n"})
	says(t, out, `undefined: undefined`, `^FAIL$`)
}

// How far it is counts tests, and not their parts.
func TestProgress(t *testing.T) {
	p := program{pkg: "example.com/m/a", size: 3}
	r := newReport(options{}, []program{p, {pkg: "example.com/m/b", size: 4}}, time.Now())
	at := newRunning(options{}, p, r)
	r.starts(at)
	for _, e := range []event{
		{Action: "run", Test: "TestX"},
		{Action: "run", Test: "TestX/a/b"},
		{Action: "run", Test: "TestX/a/b/c"},
		{Action: "pass", Test: "TestX/a/b/c"},
		{Action: "pass", Test: "TestX/a/b"},
		{Action: "pass", Test: "TestX"},
		{Action: "run", Test: "TestY"},
		{Action: "run", Test: "TestY/a"},
		{Action: "run", Test: "TestZ"},
		{Action: "output", Test: "TestZ", Output: "    z_test.go:3: waits for its turn\n"},
	} {
		at.take(e)
	}
	says(t, r.progress(r.began), `^0s: 0 of 2 packages, 1 of 7 tests; at work: a TestY/a \S+; 1 wait for their turn$`)
	// What its program did not end is not at work once the program has ended.
	at.end = &hopeless{test: at.tests["TestY/a"]}
	r.ends(at)
	says(t, r.progress(r.began), `^0s: 1 of 2 packages, 1 of 7 tests$`)
}

// Only a test's own time is counted: not its turn's, its subtests' or others'.
func TestClock(t *testing.T) {
	r := newRunning(options{limit: time.Minute, waiting: time.Hour}, program{}, nil)
	now := time.Now()
	at := func(second int) time.Time { return now.Add(time.Duration(second) * time.Second) }
	top := &test{name: "TestX"}
	top.count(at(0))
	top.print("    x_test.go:1: waits for its turn\n", at(10))
	top.print("    x_test.go:1: goes on\n", at(1000))
	top.open++ // a subtest begins
	top.count(at(1005))
	sub := &test{name: "TestX/a", parent: top}
	sub.count(at(1005))
	sub.paused = true
	sub.count(at(1006))
	sub.paused = false
	sub.count(at(2000))
	if own := top.own(at(2030)); own != 15*time.Second {
		t.Errorf("the test took %v", own)
	}
	if own := sub.own(at(2030)); own != 31*time.Second {
		t.Errorf("the subtest took %v", own)
	}
	r.ordered = []*test{top, sub}
	r.alone.result = "pass"
	if r.hopeless(at(2050)) {
		t.Errorf("hopeless: %+v", r.end)
	}
	top.print("    x_test.go:2: may take 2m0s: it is long\n", at(2050))
	if r.hopeless(at(2118)) {
		t.Errorf("hopeless before its own limit: %+v", r.end)
	}
	if !r.hopeless(at(2120)) || r.end.test != sub {
		t.Errorf("not hopeless after its own limit: %+v", r.end)
	}
}

// A test that has said its result is over, although test2json tells of that
// only with the next line of its program, which may be minutes later.
func TestATestIsOverWithItsResult(t *testing.T) {
	r := newRunning(options{limit: time.Minute, waiting: time.Hour}, program{}, nil)
	now := time.Now()
	done := &test{name: "TestX"}
	done.count(now)
	r.ordered = []*test{done}
	r.alone.result = "pass"
	done.print("--- PASS: TestX (30.00s)\n", now.Add(30*time.Second))
	if own := done.own(now.Add(time.Hour)); own != 30*time.Second {
		t.Errorf("it took %v", own)
	}
	if r.hopeless(now.Add(time.Hour)) {
		t.Errorf("hopeless: %+v", r.end)
	}
}
