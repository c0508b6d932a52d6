package project

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Rules say what of a project is left out, on both sides: what is left out of
// one is not seen, and neither copied nor deleted. They are those of the folder
// here; the host is told them.
type Rules struct {
	fold    bool // names that differ in case alone are one, as on this computer
	in      map[string][]group
	folders map[string]bool // whether those are left out that were asked about
	ours    *Rules          // without what the host has changed, which only leaves out more
}

// group are lines one after the other of one folder that say the same: what any
// of them matches is left out, or is not.
type group struct {
	Files   string `json:"files,omitempty"`
	Folders string `json:"folders,omitempty"`
	Keep    bool   `json:"keep,omitempty"`

	files, folders *regexp.Regexp
}

// ignoreFiles are the files that hold rules, in the order in which they count.
func ignoreFiles() []string { return []string{".gitignore", ownIgnore} }

// defaults come before all lines of the project, which may say otherwise.
const defaults = `.svn/
.venv/
venv/
node_modules/
__pycache__/
.ipynb_checkpoints/
.pytest_cache/
.mypy_cache/
.ruff_cache/
.DS_Store
Thumbs.db
*.swp
.~lock.*#
`

// own is what no line brings along: what this program writes beside files.
const own = ".jupyter-ec2-"

// ownIgnore begins like our own and is the project's.
const ownIgnore = own + "ignore"

// isOwn reports whether a name is one of our own.
func isOwn(name string) bool {
	return strings.HasPrefix(name, own) && name != ownIgnore
}

// isOwn reports whether a name is one of our own on this computer.
func (r *Rules) isOwn(name string) bool {
	name = r.compared(name)
	return strings.HasPrefix(name, r.compared(own)) && name != r.compared(ownIgnore)
}

// isRepository reports whether a name is that of a repository's own folder, or of
// the file that stands for it, which no line brings along either: from it programs
// are run, and what is brought while git works is not whole.
func (r *Rules) isRepository(name string) bool {
	name = r.compared(name)
	return name == r.compared(".git") || name == r.compared(".hg")
}

// compared is what is compared of a name.
func (r *Rules) compared(name string) string {
	if r.fold {
		return folded(name)
	}
	return name
}

// newRules are those that count without any line of the project.
func newRules(fold bool) *Rules {
	r := &Rules{fold: fold, in: map[string][]group{}}
	r.Add("", defaults)
	return r
}

// Add adds the lines of a folder's file, which count more than those before.
func (r *Rules) Add(folder, lines string) {
	r.folders = nil
	var run []pattern
	flush := func() {
		if len(run) > 0 {
			r.in[folder] = append(r.in[folder], r.groupOf(run))
			run = nil
		}
	}
	for line := range strings.SplitSeq(strings.TrimPrefix(lines, "\ufeff"), "\n") {
		p, ok := parsePattern(line)
		if !ok {
			continue
		}
		if len(run) > 0 && run[0].keep != p.keep {
			flush()
		}
		run = append(run, p)
	}
	flush()
}

// addOurs adds the lines of a folder's file, of which these were written here.
func (r *Rules) addOurs(folder, lines, ours string) {
	if lines != ours && r.ours == nil {
		r.ours = &Rules{fold: r.fold, in: map[string][]group{}}
		for dir, groups := range r.in {
			r.ours.in[dir] = slices.Clone(groups)
		}
	}
	if r.ours != nil {
		r.ours.Add(folder, ours)
	}
	r.Add(folder, lines)
}

func (r *Rules) groupOf(run []pattern) group {
	var files, folders []string
	for _, p := range run {
		folders = append(folders, p.folders)
		if p.files != "" {
			files = append(files, p.files)
		}
	}
	g := group{Files: r.join(files), Folders: r.join(folders), Keep: run[0].keep}
	g.files, g.folders = compiled(g.Files), compiled(g.Folders)
	return g
}

func (r *Rules) join(all []string) string {
	if len(all) == 0 {
		return ""
	}
	flags := "s"
	if r.fold {
		flags = "si"
	}
	return "(?" + flags + ":" + strings.Join(all, "|") + ")"
}

// compiled returns nil for no expression. parsePattern makes none that does not
// compile.
func compiled(expr string) *regexp.Regexp {
	if expr == "" {
		return nil
	}
	return regexp.MustCompile("^(?:" + expr + ")$")
}

// Skips reports whether something in a folder that is not left out itself is. The
// path is slashed and begins at the project's folder.
func (r *Rules) Skips(p string, folder bool) bool {
	if name := path.Base(p); r.isOwn(name) || r.isRepository(name) {
		return true
	}
	if r.ours != nil && r.ours.Skips(p, folder) {
		return true
	}
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		if dir == "." {
			dir = ""
		}
		groups, rel := r.in[dir], strings.TrimPrefix(p[len(dir):], "/")
		for i := len(groups) - 1; i >= 0; i-- {
			if groups[i].matches(rel, folder) {
				return !groups[i].Keep
			}
		}
		if dir == "" {
			return false
		}
	}
}

// SkipsAll reports whether a path, or a folder that it is in, is left out.
func (r *Rules) SkipsAll(p string, folder bool) bool {
	return r.skipsFolder(path.Dir(p)) || r.Skips(p, folder)
}

// skipsFolder is SkipsAll for a folder, whose answer is remembered for what else is
// in it.
func (r *Rules) skipsFolder(dir string) bool {
	if dir == "." {
		return false
	}
	left, known := r.folders[dir]
	if !known {
		if r.folders == nil {
			r.folders = map[string]bool{}
		}
		left = r.SkipsAll(dir, true)
		r.folders[dir] = left
	}
	return left
}

func (g *group) matches(rel string, folder bool) bool {
	expr := g.files
	if folder {
		expr = g.folders
	}
	return expr != nil && expr.MatchString(rel)
}

// MarshalJSON writes them as the host's part reads them: lists of the groups by
// folder, of which any may leave something out.
func (r *Rules) MarshalJSON() ([]byte, error) {
	all := []map[string][]group{r.in}
	if r.ours != nil {
		all = append(all, r.ours.in)
	}
	return json.Marshal(all)
}
