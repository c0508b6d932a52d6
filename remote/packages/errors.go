package packages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ErrNothing is a project that names no packages and has no venv.
var ErrNothing error = &problem.Error{
	Kind: problem.Answers, Title: "The project names no packages",
	Text: "There is no uv.lock, pyproject.toml, requirements.txt or environment.yml in its folder, and no venv is active.",
	Next: problem.Say("Name the packages, or begin with the set " + Science + "."),
}

// MissingError is about packages that cannot be had on the machine.
type MissingError struct {
	File    string // what asks for them, as in [Needs]
	Missing []Missing
	Err     error // what the install's failure is in general
}

func (e *MissingError) Error() string { return e.Problem().Text }

func (e *MissingError) Unwrap() error { return e.Err }

// Apart reports whether the others can be brought without them.
func (e *MissingError) Apart() bool {
	return !slices.ContainsFunc(e.Missing, func(m Missing) bool { return !m.apart() })
}

// Names are the packages' names, for [Project.Without].
func (e *MissingError) Names() []string {
	var names []string
	for _, m := range e.Missing {
		if m.Name != "" {
			names = append(names, m.Name)
		}
	}
	return names
}

// maxNamed is how many packages a text names.
const maxNamed = 8

// Problem returns the error in plain words.
func (e *MissingError) Problem() problem.Problem {
	p := problem.Problem{Kind: problem.Server, Title: "A package is not available on the machine"}
	if len(e.Missing) > 1 {
		p.Title = fmt.Sprintf("%d packages are not available on the machine", len(e.Missing))
	}
	var texts []string
	for i, m := range e.Missing {
		if i < maxNamed {
			texts = append(texts, m.String())
		}
	}
	if more := len(e.Missing) - maxNamed; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	p.Text = strings.Join(texts, "; ") + "."
	if cause, ok := problem.Of(e.Err); ok && !e.Apart() {
		p.Next = cause.Next
		return p
	}
	p.Next = problem.Say("Change what asks for it, or have the rest brought without it.")
	if len(e.Missing) > 1 {
		p.Next = problem.Say("Change what asks for them, or have the rest brought without them.")
	}
	return p
}

// String is the package with the reason.
func (m Missing) String() string {
	name := m.Name + m.Version
	if name == "" {
		name = "a package"
	}
	index := "the index"
	if m.Index != "" {
		index = m.Index
	}
	switch m.Why {
	case NoVersion:
		return name + ": " + index + " has no such version"
	case Unknown:
		return name + ": " + index + " has no package of that name"
	case NoWheel:
		return name + ": there is none for this kind of machine"
	case OtherOne:
		return name + ": it is for another Python than the machine's"
	case Yanked:
		return name + ": that version was taken back"
	case Conflict:
		if m.Rival != "" {
			return name + ": " + m.Rival
		}
		return name + ": something else that is asked for rules it out"
	case BuildFails:
		return name + ": it has to be built on the machine, and that failed"
	case IndexDown:
		return name + ": " + index + " does not answer as it should"
	case NoLogin:
		return name + ": " + index + " wants a user and a password, or does not accept those that it got"
	}
	return name
}

// PythonError is a machine that has no Python that the project allows.
type PythonError struct {
	Requires string // ">=3.13"
	Said     string // what the machine has
	Err      error
}

func (e *PythonError) Error() string { return e.Problem().Text }

func (e *PythonError) Unwrap() error { return e.Err }

// Problem returns the error in plain words.
func (e *PythonError) Problem() problem.Problem {
	return problem.Problem{
		Kind: problem.Server, Title: "The machine has no Python that the project allows",
		Text: problem.Sentence(e.Said),
		Next: problem.Act(problem.ChooseImage.Of("one with Python " + e.Requires)).Say(", install that Python on the machine, or allow the machine's in the project."),
	}
}
