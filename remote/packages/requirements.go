package packages

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// errNotInFolder is a file that another one refers to, and that does not come along.
var errNotInFolder = errors.New("it is not in the project's folder")

// requirementsFile is the name of the file that most projects have.
const requirementsFile = "requirements.txt"

// readRequirements reads requirements.txt.
func (n *Needs) readRequirements(f *folder) error {
	_, ok, err := f.read(requirementsFile)
	if err != nil || !ok {
		return err
	}
	n.Kind, n.File = Requirements, requirementsFile
	n.args = []string{"-r", requirementsFile}
	return n.namesOf(f, requirementsFile, nil)
}

// namesOf notes the packages that a file of requirements names, and those that
// it refers to. uv reads it for itself: what it cannot read it tells.
func (n *Needs) namesOf(f *folder, file string, above []string) error {
	if slices.Contains(above, file) || len(above) > 20 {
		return nil
	}
	if !fs.ValidPath(file) {
		return &FileError{file, errNotInFolder}
	}
	text, ok, err := f.read(file)
	if err != nil {
		return err
	}
	if !ok {
		return &FileError{file, errNotInFolder}
	}
	for _, line := range logicalLines(string(text)) {
		f.refers(line)
		option, value := option(line)
		switch option {
		case "":
			n.noteLine(line)
		case "-r", "--requirement":
			if err := n.namesOf(f, path.Join(path.Dir(file), value), append(above, file)); err != nil {
				return err
			}
		case "-e", "--editable":
			if path.Clean(strings.TrimPrefix(value, "file:")) == "." {
				n.Local = localName(f)
			}
		}
	}
	return nil
}

// noteLine notes what a line asks for.
func (n *Needs) noteLine(line string) {
	line, _, _ = strings.Cut(line, " --") // options of the one requirement, such as its hashes
	r, err := parseRequirement(line)
	if err != nil {
		return
	}
	n.name(r)
	if v := r.exact(); v != "" {
		n.here[r.key()] = v
		n.versions = n.File
	}
}

// logicalLines are the lines of a file of requirements, without comments, and
// with those joined that a backslash ends.
func logicalLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = strings.ReplaceAll(text, "\\\n", " ")
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		if i := strings.Index(line, " #"); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// option is a line's option and its value; empty for a requirement.
func option(line string) (name, value string) {
	if !strings.HasPrefix(line, "-") {
		return "", ""
	}
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		if len(line) > 2 && line[1] != '-' { // -rfile
			return line[:2], line[2:]
		}
		return line, ""
	}
	return line[:end], strings.TrimSpace(strings.TrimLeft(line[end:], " \t="))
}

var variablePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([A-Z0-9_]{1,64})\}`) })

// refers notes the variables that a line refers to, as uv and pip read them.
func (f *folder) refers(line string) {
	for _, m := range variablePattern().FindAllStringSubmatch(line, -1) {
		f.variables = append(f.variables, m[1])
	}
}
