package settings

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// checkFolder is the check of a folder as it is written. What it is a folder of
// tells only where it is written.
func checkFolder(text string) error {
	switch {
	case text == "":
		return errors.New("no folder is given: write its path, or leave the setting out")
	case strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%q cannot be a folder's path", text)
	}
	return nil
}

// answerText is a value as the answers have it: a folder by its whole path. In a
// file it begins where the file is, elsewhere in the working folder.
func (s *Settings) answerText(k Key, v Value) string {
	if k != Folder {
		return v.Text
	}
	path := filepath.FromSlash(v.Text)
	if rest, ok := strings.CutPrefix(path, "~"); ok && s.home != "" && (rest == "" || rest[0] == filepath.Separator) {
		return filepath.Join(s.home, rest)
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	if v.From == User || v.From == Project {
		return filepath.Join(filepath.Dir(s.pathOf(v)), path)
	}
	return filepath.Join(s.dir, path)
}

// pathOf is the file that a value is in, as the system knows it.
func (s *Settings) pathOf(v Value) string {
	if v.From == Project && s.project.path != "" {
		return s.project.path
	}
	return v.Where
}

// realAsFar is a path without links, as far as it is there.
func realAsFar(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil || filepath.Dir(path) == path {
		return cmp.Or(to, path)
	}
	return filepath.Join(realAsFar(filepath.Dir(path)), filepath.Base(path))
}

// checkAnswer says why a folder cannot be used, as it is found from where it is
// written. A project's own file reaches nothing outside of the project, by links
// neither.
func (s *Settings) checkAnswer(k Key, v Value) error {
	if k != Folder {
		return nil
	}
	path := s.answerText(k, v)
	if v.From == Project {
		in, err := filepath.Rel(real(filepath.Dir(s.pathOf(v))), realAsFar(path))
		if err != nil || !filepath.IsLocal(in) {
			return errors.New("a project can name its own folder, which is \".\", or one in it")
		}
	}
	return valid(func(a *steps.Answers, _ string) { a.Project = path })(path)
}
