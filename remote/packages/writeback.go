package packages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/atomicwriter"
)

// WriteBack adds to the project's requirements.txt here, which is made where it
// is missing, what was added on the host. A line that asks for the package asks for
// that version from then on.
func WriteBack(dir string, added []Added) error {
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
