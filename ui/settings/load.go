package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// The names of the files.
const (
	UserFile    = "config.toml"
	ProjectFile = ".jupyter-ec2.toml"
)

// maxFile bounds a file: what is longer is not one of ours.
const maxFile = 64 << 10

// Places are where settings are looked for. Of what is empty there is none.
type Places struct {
	User    string              // the person's own file
	Dir     string              // the working folder, from which a project's file is looked for
	Home    string              // the home folder, which ends that search
	Trusted string              // the file of the projects' files that were agreed to
	Getenv  func(string) string // nil: no environment
}

// Load reads all sources. What cannot be used is among the faults; the rest
// counts all the same.
func Load(p Places) *Settings {
	s := &Settings{User: p.User, dir: p.Dir, home: p.Home}
	if p.User != "" {
		data, err := readFile(p.User)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		s.file(User, p.User, data, err)
	}
	if path := p.project(); path != "" {
		s.Project = safe.Clean(path) // whoever wrote the project named its folders
		data, err := readProject(path)
		if err == nil {
			s.project.path, s.project.sum = path, sum(data)
			s.trusted = trusts(p.Trusted, path, s.project.sum)
		}
		s.file(Project, s.Project, data, err)
	}
	if p.Getenv != nil {
		s.environment(p.Getenv)
	}
	return s
}

// file takes what a file says.
func (s *Settings) file(from Source, path string, data []byte, err error) {
	if err != nil {
		s.Faults = append(s.Faults, Fault{From: from, Where: path, Text: sayFile(err)})
		return
	}
	values, faults := read(from, data)
	for _, f := range faults {
		f.From, f.Where, f.Text = from, path, safe.Clean(f.Text)
		s.Faults = append(s.Faults, f)
	}
	for k, v := range values {
		v.From, v.Where = from, path
		if err := s.checkAnswer(k, v); err != nil {
			s.Faults = append(s.Faults, Fault{From: from, Where: path, Line: v.Line, Text: fmt.Sprintf("%s: %s", k, err)})
			continue
		}
		s.add(k, v)
	}
}

// sayFile leaves out the path, which is said already.
func sayFile(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return "it cannot be read: " + err.Error()
}

// read takes what a file says: the values with their lines, and what is wrong.
func read(from Source, data []byte) (map[Key]Value, []Fault) {
	d, line, err := parse(data)
	if err != nil {
		return nil, []Fault{{Line: line, Text: err.Error()}}
	}
	var faults []Fault
	wrong := func(line int, format string, args ...any) {
		faults = append(faults, Fault{Line: line, Text: fmt.Sprintf(format, args...)})
	}
	begun := 0
	for _, h := range d.headers {
		if len(h.path) != 1 || h.path[0] != tagsTable || h.array {
			wrong(h.line, "%s", "there is no table ["+strings.Join(h.path, ".")+"]; the only one is [tags]")
			continue
		}
		if begun > 0 {
			wrong(h.line, "[tags] is begun already in line %d", begun)
		}
		begun = max(begun, h.line)
	}
	values := map[Key]Value{}
	for _, e := range d.entries {
		if d.unknownTable(e) || e.kind == unstable.InlineTable && len(e.path) == 1 && e.path[0] == tagsTable {
			continue // its header is named already, or its entries follow
		}
		k, fault := e.key()
		if fault != "" {
			wrong(e.line, "%s", fault)
			continue
		}
		if earlier, ok := values[k]; ok {
			wrong(e.line, "%s is set already in line %d", k, earlier.Line)
			continue
		}
		text, err := e.flagText(k)
		if err == nil {
			err = k.Check(text)
		}
		if err == nil && from == Project {
			err = k.checkProject(text)
		}
		if err != nil {
			wrong(e.line, "%s: %s", k, err)
			continue
		}
		values[k] = Value{Text: text, Line: e.line}
	}
	if n := len(tagsIn(values)); n > steps.MaxTags {
		wrong(0, "%d tags are too many: EC2 has room for %d", n, steps.MaxTags)
		for k := range tagsIn(values) {
			delete(values, k)
		}
	}
	return values, faults
}

func (d document) unknownTable(e entry) bool {
	return e.table >= 0 && (len(d.headers[e.table].path) != 1 || e.path[0] != tagsTable)
}

func tagsIn(values map[Key]Value) map[Key]Value {
	tags := map[Key]Value{}
	for k, v := range values {
		if k.Tag() != "" {
			tags[k] = v
		}
	}
	return tags
}

// checkProject says why a project's file may not set a value. Whoever wrote the
// project chooses what its work needs, and nothing that is the person's own:
// whose account pays, what things are called there, and that a machine stops.
func (k Key) checkProject(text string) error {
	s, _ := k.setting()
	if s.own {
		return errors.New("a project cannot set this: set it in your own file, by " + k.Variable() + " or by a flag")
	}
	if k == Folder && !filepath.IsLocal(filepath.FromSlash(text)) {
		return errors.New("a project can name its own folder, which is \".\", or one in it")
	}
	if !s.span {
		return nil
	}
	if limit, _ := Limit(text); limit == steps.Never || limit > steps.DefaultLifetime {
		return fmt.Errorf("a project can set %s at most: a longer limit, or never, is yours alone to choose", steps.DefaultLifetime)
	}
	return nil
}

// environment takes what the variables say.
func (s *Settings) environment(getenv func(string) string) {
	for _, k := range Keys() {
		text := getenv(k.Variable())
		if text == "" {
			continue
		}
		v := Value{Text: text, From: Environment, Where: k.Variable()}
		err := k.Check(text)
		if err == nil {
			err = s.checkAnswer(k, v)
		}
		if err != nil {
			s.Faults = append(s.Faults, Fault{From: Environment, Where: k.Variable(), Text: err.Error()})
			continue
		}
		s.add(k, v)
	}
	text := getenv(TagsVariable)
	if text == "" {
		return
	}
	tags, err := splitTags(text)
	if err != nil {
		s.Faults = append(s.Faults, Fault{From: Environment, Where: TagsVariable, Text: err.Error()})
		return
	}
	for name, value := range tags {
		s.add(TagKey(name), Value{Text: value, From: Environment, Where: TagsVariable})
	}
}

// project is the project's file for the working folder, or empty. It is looked
// for up to the folder of a git checkout, or below the home folder. Elsewhere
// the working folder alone counts: what lies above may be anybody's.
func (p Places) project() string {
	if p.Dir == "" {
		return ""
	}
	dir, home := real(p.Dir), real(p.Home)
	var found string
	for at := dir; at != home || p.Home == ""; at = filepath.Dir(at) {
		path := filepath.Join(at, ProjectFile)
		if _, err := os.Lstat(path); err == nil && found == "" {
			found = path
		}
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return found
		}
		if filepath.Dir(at) == at { // neither a checkout nor below home
			if found != filepath.Join(dir, ProjectFile) {
				found = ""
			}
			break
		}
	}
	return found
}

// real is a path without links, where it is there.
func real(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return filepath.Clean(path)
}

// readProject reads a file that somebody else may have put there.
func readProject(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if why := foreign(path, info); why != "" {
		return nil, errors.New(why)
	}
	data, err := readFile(path)
	return data, err
}

// readFile reads a file of ours, without the mark that Windows' editors begin it
// with.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = errors.Join(err, f.Close()); err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is longer than %d KB", maxFile>>10)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}
