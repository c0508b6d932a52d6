package project

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// leftOut asks git which of the paths its ignore files in a folder leave out.
func leftOut(t testing.TB, dir string, paths []string) map[string]bool {
	t.Helper()
	var ended *exec.ExitError
	cmd := exec.CommandContext(t.Context(), "git", "-c", "core.excludesFile=", "-C", dir, "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n")
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\x00") + "\x00")
	out, err := cmd.Output()
	if err != nil && !(errors.As(err, &ended) && ended.ExitCode() == 1) { // 1: none is
		t.Fatalf("git check-ignore: %v", err)
	}
	all := map[string]bool{}
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for i := 0; i+3 < len(fields); i += 4 { // file, line, pattern, path
		all[fields[i+3]] = fields[i] != "" && !strings.HasPrefix(fields[i+2], "!")
	}
	return all
}

// repository makes one with the paths, those of folders with a slash at the end.
func repository(t testing.TB, paths []string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	for _, p := range paths {
		if strings.HasSuffix(p, "/") {
			mkdir(t, filepath.Join(dir, p))
		} else {
			write(t, filepath.Join(dir, p), "")
		}
	}
	return dir
}

func mkdir(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, name, content string) {
	t.Helper()
	mkdir(t, filepath.Dir(name))
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asGit compares what ignore files, by their folders, leave out of a repository
// with what git does.
func asGit(t testing.TB, dir string, ignores map[string]string, paths []string) {
	t.Helper()
	r := &Rules{in: map[string][]group{}}
	for _, folder := range []string{"", "a", "a/b"} {
		lines, ok := ignores[folder]
		if !ok {
			continue
		}
		name := filepath.Join(dir, folder, ".gitignore")
		write(t, name, lines)
		defer func() { _ = os.Remove(name) }() // or the next one overwrites it
		r.Add(folder, lines)
	}
	trimmed := make([]string, len(paths))
	for i, p := range paths {
		trimmed[i] = strings.TrimSuffix(p, "/")
	}
	want := leftOut(t, dir, trimmed)
	for i, p := range trimmed {
		if got := r.SkipsAll(p, p != paths[i]); got != want[p] {
			t.Errorf("%q: %q: left out is %t, and git says %t", ignores, paths[i], got, want[p])
		}
	}
}

func TestRulesAreGits(t *testing.T) {
	t.Parallel()
	paths := []string{
		"x", "x.log", "keep.log", "éé", "a/", "a/x", "a/x.log", "a/keep.log", "a/b/", "a/b/x", "a/b/c/", "a/b/c/x", "a/b/c/d/x",
		"foo/", "foo/bar", "foo/x/bar", "foo/x/y/bar", "bar/foo/", "bar/foo/x", "foobar", "fo", "fooo", "#x", "!x", "x ", "x\t",
		"data/", "data/big", "data/small", "data/sub/", "data/sub/big", "-", "]", "[", "a-c", "A", "b", "c", "e", "5", `\`, `x\y`, "*", "**", "x*", "?",
		"new\nline", "q/w", "q/e/w", "build/", "src/", "src/build", "src/build2/", "src/build2/x",
	}
	dir := repository(t, paths)
	for _, lines := range []string{
		"x", "*.log\n!keep.log", "/x", "a/x", "/a/b", "foo/", "foo/*\n!foo/bar", "foo/**", "**/bar", "foo/**/bar", "**", "*", "*/", "**/", "a/**/x", "fo?", "[ab]", "[!ab]", "[^ab]", "[a-c]",
		"[]]", "[!]]", "[]-]", "[a-]", "[-a]", `[\]]`, `[\a-c]`, "[[:digit:]]", "[[:upper:][:digit:]]", "[[:nope:]]", "[[:digit]]", "[a-c-e]", "[c-a]", "[", "[a", "[[:x", `\#x`, "#x", `\!x`, "!x", "x ", `x\ `, "x\\\t", "x\r\ny",
		"\ufeffx", `\`, `x\`, `x\y`, `x\\y`, `\*`, "x*", `**x`, "x**", "a**/x", "**a/x", "***/x", "a/***", `**\/bar`, "data/*\n!data/small\n!data/sub/", "data\n!data/small", "/", "//", "a//", "", " ", "\n\n", "é", "é*", "new*line", "?", "q/?/w", "q/*/w", "q/[a-z]/w",
		"q[/]w", "q[!x]w", "q[+-9]w", "build", "/build", "build/", "*\n!*/\n!x", "!a\na", "a/\n!a/x", "[[:space:]]", "x[[:blank:]]", "[[:punct:]]", "[[:graph:]-z]", "{a,b}", "(a|b)", "a.c", "$", "^", "+", "~",
	} {
		asGit(t, dir, map[string]string{"": lines}, paths)
	}
	asGit(t, dir, map[string]string{"": "*.log\n/a/b/c", "a": "!x.log\nb/x", "a/b": "!x\nc/d/"}, paths)
	asGit(t, dir, map[string]string{"": "x", "a": "!x", "a/b": "x"}, paths)
}

// Random lines mean what they mean to git.
func TestRandomRulesAreGits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, uint64(os.Getpid())))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	name := func() string {
		var b strings.Builder
		for range 1 + random.IntN(2) {
			b.WriteString(pick("a", "b", "c", "-", "]", "*"))
		}
		return b.String()
	}
	var paths []string
	for range 60 {
		p := name()
		for range random.IntN(3) {
			p = path.Join(p, name())
		}
		paths = append(paths, p)
	}
	paths = asTree(paths)
	dir := repository(t, paths)
	for range 100 {
		var lines bytes.Buffer
		for range 1 + random.IntN(4) {
			for range 1 + random.IntN(6) {
				lines.WriteString(pick("a", "b", "c", "/", "/", "*", "**", "?", "[ab]", "[!a]", "[a-c]", "é", `\`, " ", "-", "]", "[", "[[:alpha:]]", "!"))
			}
			lines.WriteByte('\n')
		}
		asGit(t, dir, map[string]string{"": lines.String()}, paths)
		if t.Failed() {
			break
		}
	}
}

// asTree takes out what cannot be beside the others, and marks folders.
func asTree(paths []string) []string {
	folders, files := map[string]bool{}, map[string]bool{}
	for _, p := range paths {
		good := !folders[p]
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			good = good && !files[dir]
		}
		if !good {
			continue
		}
		files[p] = true
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	var all []string
	for p := range files {
		all = append(all, p)
	}
	for p := range folders {
		all = append(all, p+"/")
	}
	return all
}

func TestDefaultsAndOwn(t *testing.T) {
	r := newRules(false)
	r.Add("", "!.venv\n!.git\n!.hg\n")
	for p, want := range map[string]bool{
		".git": true, "sub/.git": true, "a/node_modules": true, ".venv": false, "venv": true, "src": false, ".ipynb_checkpoints": true, ".jupyter-ec2-sync": true,
	} {
		if got := r.Skips(p, true); got != want {
			t.Errorf("the folder %s: %t", p, got)
		}
	}
	for p, want := range map[string]bool{".git": true, ".jupyter-ec2-ABCDEFGHIJKL": true, ".jupyter-ec2-ignore": false, ".jupyter-ec2.toml": false, "a.swp": true, ".gitignore": false} {
		if got := r.Skips(p, false); got != want {
			t.Errorf("the file %s: %t", p, got)
		}
	}
	if b, err := r.MarshalJSON(); err != nil || !bytes.Contains(b, []byte(`"keep":true`)) {
		t.Errorf("%s, %v", b, err)
	}
	if r := newRules(true); !r.Skips("a/Node_Modules", true) {
		t.Error("case counts where it does not")
	}
}

func FuzzPattern(f *testing.F) {
	for _, line := range []string{"a/**/b", "[[:alpha:]-z]", `\[x`, "!*.log/", "[a-\\]]"} {
		f.Add(line, "a/b")
	}
	f.Fuzz(func(t *testing.T, line, name string) {
		r := &Rules{in: map[string][]group{}}
		r.Add("", line) // compiles
		if name = strings.Trim(path.Clean(name), "/"); name == "." || name == "" {
			return
		}
		_ = fmt.Sprint(r.SkipsAll(name, true), r.SkipsAll(name, false))
	})
}
