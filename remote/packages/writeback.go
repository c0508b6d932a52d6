package packages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/atomicwriter"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// WriteBack adds to the project's requirements.txt here, which is made where it
// is missing, what was added on the host. A line that asks for the package asks for
// that version from then on. Where the project asks for its packages elsewhere,
// it is an error that says so.
func (n Needs) WriteBack(dir string, added []Added) error {
	if err := n.elsewhere(added); err != nil {
		return err
	}
	file := filepath.Join(dir, requirementsFile)
	mode := fs.FileMode(0o644)
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		info, err := os.Stat(file)
		if err != nil {
			return fmt.Errorf("write the packages back: %w", err)
		}
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write the packages back: %w", err)
	}
	if file, err = realPath(file); err == nil {
		err = atomicwriter.WriteFile(file, []byte(withAdded(string(text), added)), mode)
	}
	if err != nil {
		return fmt.Errorf("write the packages back: %w", err)
	}
	return nil
}

// elsewhere is an error where requirements.txt would not count.
func (n Needs) elsewhere(added []Added) error {
	if n.Kind == Named || n.Kind == None || slices.Contains(n.args, requirementsFile) {
		return nil
	}
	var asks []string
	for _, a := range added {
		asks = append(asks, a.Name+"=="+a.Version)
	}
	all := strings.Join(asks, " ")
	e := &problem.Error{
		Kind: problem.Answers, Title: "The project does not ask for its packages in requirements.txt",
		Text: "It asks for them in " + n.File + ", which is not changed here.", Next: problem.Say("Add to it: " + all + "."),
	}
	switch {
	case n.Kind == Lock || n.Kind == PyProject:
		e.Next = problem.Say("Add them in its folder: uv add " + all)
	case n.Kind == Venv:
		e.Text = "They are those of the venv " + n.File + "."
		e.Next = problem.Say("Install them there: pip install " + all)
	}
	return e
}

// realPath follows a link, so that it is not what is replaced.
func realPath(file string) (string, error) {
	real, err := filepath.EvalSymlinks(file)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	return real, err
}

// withAdded is the text of a requirements.txt with packages added.
func withAdded(text string, added []Added) string {
	end := "\n"
	if strings.Contains(text, "\r\n") {
		end = "\r\n"
	}
	asked := map[string]Added{}
	for _, a := range added {
		asked[normal(a.Name)] = a
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		asks, comment, commented := strings.Cut(line, " #")
		r, err := parseRequirement(asks)
		if a, ok := asked[r.key()]; err == nil && ok && r.url == "" && r.marker == "" {
			r.spec = "==" + a.Version
			line = r.String()
			delete(asked, r.key())
			if commented {
				line += "  #" + comment
			}
		}
		b.WriteString(line + end)
	}
	for _, a := range added {
		if _, ok := asked[normal(a.Name)]; ok {
			b.WriteString(a.Name + "==" + a.Version + end)
		}
	}
	return b.String()
}
