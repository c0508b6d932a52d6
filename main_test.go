package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/jupyter-ec2/jupyter-ec2"

// source is one Go file of the program, as far as the rules look at it.
type source struct {
	path    string
	imports []string
	doc     string // the package comment, or ""
}

func (s source) dir() string { return path.Dir(s.path) }
func (s source) test() bool  { return strings.HasSuffix(s.path, "_test.go") }
func (s source) under(folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return s.dir() == f || strings.HasPrefix(s.dir(), f+"/") })
}

// sources reads every Go file, whatever system it is for.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(name string, content []byte) {
		if path.Ext(name) != ".go" {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			return
		}
		s := source{path: name, doc: f.Doc.Text()}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			s.imports = append(s.imports, p)
		}
		all = append(all, s)
	})
	if len(all) < 10 {
		t.Fatalf("only %d Go files found: the rules would hold for nothing", len(all))
	}
	return all
}

// walk visits the program's own files, without dot folders, test data and dist.
func walk(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	tree := os.DirFS(".")
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || name == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".md", ".json", ".tape"}, path.Ext(name)) && name != "Makefile" {
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		visit(name, content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// testsOnly is for every package's tests, and for packages that are for tests.
const testsOnly = "remote/await"

// uiLeaves are what the screens are drawn with. They know nothing of the guide;
// how a count or a size is worded they ask ui/wording.
var uiLeaves = []string{"ui/cells", "ui/form", "ui/logbuf", "ui/logpane", "ui/meter", "ui/table", "ui/theme", "ui/tty", "ui/wording"}

// arrows says which of our packages a folder may import, apart from its own
// subfolders' test helpers; see docs/architecture.md. A folder that is not
// named here is a mistake.
var arrows = map[string][]string{
	".":                       {"ui/cli"},
	"ui/cli":                  {"ui", "ui/cells", "ui/meter", "ui/settings", "ui/theme", "ui/tty", "ui/wording", "steps", "steps/engine", "steps/problem", "steps/sandbox", "steps/timing", "aws", "remote/private", "remote/safe"},
	"ui":                      {"steps", "ui/cells", "ui/guide", "ui/machines", "ui/page", "ui/theme", "ui/wording"},
	"ui/page":                 append([]string{"steps", "steps/problem"}, uiLeaves...),
	"ui/guide":                append([]string{"steps", "steps/problem", "ui/page"}, uiLeaves...),
	"ui/machines":             append([]string{"steps", "steps/problem", "ui/page"}, uiLeaves...),
	"ui/*":                    uiLeaves,
	"ui/settings":             {"steps", "remote/private", "remote/safe", "ui/theme", "ui/wording"},
	"ui/tuitest":              {testsOnly},
	"ui/wording":              {"steps", "steps/problem", "ui/cells"},
	"steps":                   {"steps/problem", "remote/safe", "remote/jupyter/health"},
	"steps/problem":           {}, // imports nothing of ours: all who meet errors import it
	"steps/timing":            {}, // likewise: all who wait import it
	"steps/engine":            {"steps", "steps/problem", "steps/timing", "aws", "remote", "remote/cloudinit", "remote/jupyter", "remote/packages", "remote/private", "remote/project", "remote/python", "remote/safe"},
	"steps/engine/enginetest": {"steps", "steps/engine", "aws", "aws/ec2sim"}, // for tests only itself: nothing else may import it
	"steps/sandbox":           {"steps/problem", "aws/ec2sim", "remote/sshhost"},
	"steps/stepstest":         {"steps", "steps/problem"}, // for tests only itself: nothing else may import it
	"steps/hosttest":          {},
	"aws":                     {"steps/problem", "steps/timing"},
	"aws/*":                   {},
	"aws/contract":            {testsOnly}, // for tests only itself
	"remote":                  {"remote/private", "remote/safe", "steps/problem", "steps/timing"},
	"remote/private":          {},
	"remote/python":           {},
	"remote/packages":         {"remote", "remote/jupyter", "remote/safe", "steps/problem"},
	"remote/project":          {"remote", "remote/private", "remote/safe"},
	"remote/safe":             {},
	"remote/cloudinit":        {"remote"},
	"remote/jupyter":          {"steps/problem", "steps/timing", "remote", "remote/safe", "remote/jupyter/health"},
	"remote/sshbench":         {"remote"}, // benchmarks only
	"remote/sshhost":          {"remote/python", "steps/problem"},
	"remote/testhost":         {testsOnly}, // for tests only itself: nothing else may import it
	"remote/jupyter/health":   {},
	testsOnly:                 {},
}

// testArrows are allowed to tests on top of arrows. Still, aws and remote know
// neither each other nor what is above them.
var testArrows = map[string][]string{
	"aws":              {"aws/ec2sim"},
	"aws/*":            {"aws", "aws/ec2sim"},
	"remote":           {"remote/sshhost"},
	"remote/cloudinit": {"remote/jupyter"},
	"remote/jupyter":   {"remote", "remote/sshhost"},
	"remote/packages":  {"remote/sshhost"},
	"remote/project":   {"remote/sshhost"},
	"steps/engine":     {"aws/contract", "aws/ec2sim", "remote/sshhost", "steps/engine/enginetest"},
	"steps/sandbox":    {"aws", "remote"},
	"steps/hosttest":   {"**"},
	"ui":               {"steps/problem", "steps/stepstest", "ui/logpane", "ui/tuitest"},
	"ui/*":             {"ui/tuitest"},
	"ui/machines":      {"steps/stepstest", "ui/tuitest"},
	"ui/cli":           {"remote", "steps/stepstest", "ui/tuitest"},
}

func TestArrows(t *testing.T) {
	for _, s := range sources(t) {
		rule := ruleFor(arrows, s.dir())
		if rule == "" {
			t.Errorf("%s: no arrow is drawn for the folder %s", s.path, s.dir())
			continue
		}
		allowed := slices.Clone(arrows[rule])
		if s.test() {
			allowed = append(allowed, testArrows[ruleFor(testArrows, s.dir())]...)
			allowed = append(allowed, s.dir(), testsOnly)
		}
		for _, i := range s.imports {
			ours, ok := strings.CutPrefix(i, module+"/")
			if ok && !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, ours) }) {
				t.Errorf("%s must not import %s", s.path, ours)
			}
		}
	}
}

func ruleFor(rules map[string][]string, dir string) string {
	if _, ok := rules[dir]; ok {
		return dir
	}
	for pattern := range rules {
		if matches(pattern, dir) {
			return pattern
		}
	}
	return ""
}

// matches knows folders, "x/*" for one level below x, "x/**" for all below x,
// and "**" for everything.
func matches(pattern, dir string) bool {
	if pattern == "**" {
		return true
	}
	if above, ok := strings.CutSuffix(pattern, "/**"); ok {
		return strings.HasPrefix(dir, above+"/")
	}
	if above, ok := strings.CutSuffix(pattern, "/*"); ok {
		return path.Dir(dir) == above
	}
	return pattern == dir
}

// TestOthersModules keeps each foreign module behind the package that is made for it.
func TestOthersModules(t *testing.T) {
	only := []struct {
		prefix  string
		folders []string
	}{
		{"charm.land/", []string{"ui"}},
		{"github.com/charmbracelet/", []string{"ui"}},
		{"github.com/aws/", []string{"aws"}},
		{"golang.org/x/crypto/ssh", []string{"remote"}},
		{"github.com/pkg/sftp", []string{"remote"}},
		{"go.yaml.in/yaml", []string{"remote/packages", "remote/sshhost"}},
		{"github.com/coder/websocket", []string{"remote/jupyter"}},
		{"github.com/spf13/", []string{"ui/cli"}},
		{"github.com/adrg/xdg", []string{"ui/cli"}},
		{"github.com/pelletier/go-toml", []string{"remote/packages", "ui/settings"}},
	}
	for _, s := range sources(t) {
		for _, i := range s.imports {
			for _, o := range only {
				if strings.HasPrefix(i, o.prefix) && !s.under(o.folders...) {
					t.Errorf("%s imports %s, which is for %s only", s.path, i, strings.Join(o.folders, ", "))
				}
			}
		}
	}
}

// What a front end is made of, its tests included, is built without the AWS SDK
// and without SSH.
func TestTheScreenIsBuiltWithoutCloudAndSSH(t *testing.T) {
	args := []string{"list", "-deps", "-test", "./steps"}
	for _, s := range sources(t) {
		if dir := "./" + s.dir(); s.under("ui") && !s.under("ui/cli") && !slices.Contains(args, dir) {
			args = append(args, dir)
		}
	}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, module+"/steps") {
		t.Fatalf("%d packages, and none is steps", len(deps))
	}
	for _, d := range deps {
		for _, heavy := range []string{"github.com/aws/", "golang.org/x/crypto/ssh", module + "/aws", module + "/steps/engine"} {
			if strings.HasPrefix(d, heavy) {
				t.Errorf("./steps or ./ui needs %s", d)
			}
		}
	}
}

func TestOnePackageCommentEach(t *testing.T) {
	docs := map[string][]string{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		if _, ok := docs[s.dir()]; !ok {
			docs[s.dir()] = nil
		}
		if s.doc == "" {
			continue
		}
		docs[s.dir()] = append(docs[s.dir()], s.path)
		if !strings.HasPrefix(s.doc, "Package "+path.Base(s.dir())+" ") && !strings.HasPrefix(s.doc, "Command ") {
			t.Errorf("%s: the package comment does not begin with the package's name", s.path)
		}
	}
	for dir, in := range docs {
		if len(in) != 1 {
			t.Errorf("%s has %d package comments, not one: %s", dir, len(in), strings.Join(in, ", "))
		}
	}
}

// TestFilesAreReadInOneSitting counts the lines of all programs: Go, Python and
// shell, those that are embedded and those of the tests and of .ci too.
func TestFilesAreReadInOneSitting(t *testing.T) {
	const most = 400
	kinds := map[string]int{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		kind := path.Ext(name)
		switch {
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != "." && name != ".ci":
			return fs.SkipDir
		case d.IsDir():
			return nil
		case filepath.Dir(name) == ".ci":
			kind = ".sh" // a command's name has no ending
		case !slices.Contains([]string{".go", ".py", ".sh"}, kind):
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		kinds[kind]++
		if n := bytes.Count(content, []byte("\n")); n > most {
			t.Errorf("%s has %d lines; at most %d", name, n, most)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{".go", ".py", ".sh"} {
		if kinds[kind] < 5 {
			t.Errorf("only %d files of the kind %s found", kinds[kind], kind)
		}
	}
}

// TestNoMachinesPaths finds paths that exist on one computer only.
func TestNoMachinesPaths(t *testing.T) {
	local := regexp.MustCompile(`(^|[\s"'=(:])/(root|work|Users/[a-z]+)/[a-z]`)
	walk(t, func(name string, content []byte) {
		if name == "main_test.go" {
			return
		}
		for i, l := range bytes.Split(content, []byte("\n")) {
			if local.Match(l) {
				t.Errorf("%s:%d: a path of one computer: %s", name, i+1, bytes.TrimSpace(l))
			}
		}
	})
}

// TestTroubleshootingQuotesTheScreen holds the document to what the program says.
func TestTroubleshootingQuotesTheScreen(t *testing.T) {
	var program strings.Builder
	walk(t, func(name string, content []byte) {
		if path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			program.Write(content)
		}
	})
	document, err := os.ReadFile("docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := 0
	for row := range strings.Lines(string(document)) {
		cells := strings.Split(row, "|")
		if len(cells) != 5 {
			continue
		}
		for _, title := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			quoted++
			if !strings.Contains(program.String(), `"`+title[1]) {
				t.Errorf("docs/troubleshooting.md: the program never says %q", title[1])
			}
		}
	}
	if quoted < 30 {
		t.Errorf("only %d quotes found", quoted)
	}
}

// TestLinks follows the documents' links to the program's own files.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	found := 0
	walk(t, func(name string, content []byte) {
		if path.Ext(name) != ".md" {
			return
		}
		for _, l := range link.FindAllSubmatch(content, -1) {
			found++
			if _, err := os.Stat(path.Join(path.Dir(name), string(l[1]))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if found == 0 {
		t.Error("no link found")
	}
}

// The top level holds the folders that docs/architecture.md names, and no other.
func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains([]string{"aws", "dist", "docs", "remote", "steps", "ui"}, e.Name()) {
			t.Errorf("%s has no place at the top level", e.Name())
		}
	}
}
