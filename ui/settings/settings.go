// Package settings knows what new machines and the screen start from: what the
// person's own file, a project's file, the environment and flags say, and which
// of them counts.
package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// A Source is where a value comes from. A later one counts before an earlier.
type Source int

// The sources.
const (
	BuiltIn Source = iota
	User           // the person's own file
	Project        // the project's file
	Environment
	Flag
)

// String is the source in a word, as scripts read it.
func (s Source) String() string {
	return [...]string{"built in", "file", "project", "environment", "flag"}[s]
}

// A Value is what a setting is set to.
type Value struct {
	Text string // as a flag takes it
	From Source
	// Where is a file's path, a variable or a flag; Line the line of the file.
	Where string
	Line  int
}

// At is where the value is set, for a person.
func (v Value) At() string {
	if v.Line > 0 {
		return fmt.Sprintf("%s:%d", v.Where, v.Line)
	}
	return cmp.Or(v.Where, v.From.String())
}

// A Fault is something in a source that cannot be used.
type Fault struct {
	From  Source
	Where string // a file's path, or a variable
	Line  int    // of the file; 0 where it is all of it
	Text  string // what is wrong
}

// Error says where and what.
func (f Fault) Error() string {
	if f.From == Environment {
		return f.Where + " in the environment: " + f.Text
	}
	return Value{Where: f.Where, Line: f.Line}.At() + ": " + f.Text
}

// Settings are the values of all sources.
type Settings struct {
	values map[Key][]Value // each with the one that counts first
	// Faults are what cannot be used, in the order in which it was read.
	Faults []Fault
	// User is the path of the person's own file, which may not exist; Project
	// that of the project's file, or empty.
	User, Project string
	// project is the project's file as it was read: where, and the hash of what it
	// says. Both are empty where there is none that can be read.
	project struct{ path, sum string }
	// trusted reports whether the project's file is one that the person agreed to.
	trusted bool
	// dir and home are the working folder and the home folder, where folders begin.
	dir, home string
}

// Get returns the value that counts. One that nothing sets is built in.
func (s *Settings) Get(k Key) Value {
	if all := s.values[k]; len(all) > 0 {
		return all[0]
	}
	return Value{Text: k.BuiltIn()}
}

// In returns the value of one source.
func (s *Settings) In(from Source, k Key) (Value, bool) {
	i := slices.IndexFunc(s.values[k], func(v Value) bool { return v.From == from })
	if i < 0 {
		return Value{}, false
	}
	return s.values[k][i], true
}

// Keys are all settings, and the tags that are set, in order.
func (s *Settings) Keys() []Key { return append(Keys(), s.tags()...) }

func (s *Settings) tags() []Key {
	var tags []Key
	for k := range s.values {
		if k.Tag() != "" {
			tags = append(tags, k)
		}
	}
	slices.Sort(tags)
	return tags
}

// add takes a value. What was added before counts after it.
func (s *Settings) add(k Key, v Value) {
	if s.values == nil {
		s.values = map[Key][]Value{}
	}
	s.values[k] = slices.Insert(s.values[k], 0, v)
}

// With takes a flag's value.
func (s *Settings) With(k Key, text string) error {
	if err := k.Check(text); err != nil {
		return err
	}
	s.add(k, Value{Text: text, From: Flag, Where: "--" + k.flag()})
	return nil
}

// faultsOf are the faults of these sources.
func (s *Settings) faultsOf(from ...Source) []Fault {
	return slices.DeleteFunc(slices.Clone(s.Faults), func(f Fault) bool { return !slices.Contains(from, f.From) })
}

// Bad is the first thing that cannot be used, or nil.
func (s *Settings) Bad() error {
	if len(s.Faults) == 0 {
		return nil
	}
	return s.Faults[0]
}

// Theme is the theme that is set, or its fault in the environment.
func (s *Settings) Theme() (theme.Choice, error) {
	for _, f := range s.faultsOf(Environment) {
		if f.Where == Theme.Variable() {
			return "", f
		}
	}
	return theme.Choice(s.Get(Theme).Text), nil
}

// Answers are the answers that are set, by all sources or by one, and nothing
// where none sets them.
func (s *Settings) Answers(by ...Source) steps.Answers {
	var a steps.Answers
	for k, all := range s.values {
		i := slices.IndexFunc(all, func(v Value) bool { return len(by) == 0 || slices.Contains(by, v.From) })
		if i >= 0 {
			k.answer(&a, s.answerText(k, all[i]))
		}
	}
	return a
}

// Origins are the answers by where they come from, those that count first.
func (s *Settings) Origins() []steps.Origin {
	var all []steps.Origin
	for _, o := range []struct {
		from Source
		word string
	}{{Environment, "the environment"}, {Project, ProjectFile}, {User, UserFile}} {
		all = append(all, steps.Origin{From: o.word, Answers: s.Answers(o.from)})
	}
	return all
}

// Untrusted are the project's settings that would count, where the person has
// not agreed to the project's file as it is.
func (s *Settings) Untrusted() []Key {
	if s.trusted {
		return nil
	}
	var all []Key
	for _, k := range Keys() {
		if s.Get(k).From == Project {
			all = append(all, k)
		}
	}
	return all
}

// Trusted reports whether the person has agreed to the project's file as it is.
func (s *Settings) Trusted() bool { return s.trusted }

// number reads a whole number.
func number(text string) int {
	n, _ := strconv.Atoi(text) // checked before
	return n
}

// splitTags reads NAME=VALUE,NAME=VALUE.
func splitTags(text string) (map[string]string, error) {
	tags := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, err := SplitTag(part)
		if err != nil {
			return nil, err
		}
		tags[name] = value
	}
	return tags, nil
}

// SplitTag reads NAME=VALUE.
func SplitTag(text string) (name, value string, err error) {
	name, value, ok := strings.Cut(strings.TrimSpace(text), "=")
	if !ok {
		return "", "", fmt.Errorf("%q is no tag: write NAME=VALUE", text)
	}
	return name, value, steps.ValidTag(name, value)
}
