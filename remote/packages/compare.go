package packages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Row is a package with its versions; an empty one is not there, or not known.
type Row struct {
	Name        string
	Here, There string
	Local       bool // it is the project itself, editable
	Differs     bool
}

// Added is a package that somebody installed or changed in the project's venv on
// the host, as %pip in a notebook does, and that the project does not ask for.
type Added struct {
	Name, Version string
	Was           string // the version that was brought, or empty
}

// Comparison is what the project's packages are on both sides.
type Comparison struct {
	// Against is what the versions of here are from; where it is empty, none are
	// known, and no row differs. Where they are those of requirements alone, only
	// these can differ.
	Against string
	Python  string // there
	Rows    []Row  // those that differ first, then by name
	Added   []Added
}

// Differences is how many rows differ.
func (c Comparison) Differences() int {
	n := 0
	for _, r := range c.Rows {
		if r.Differs {
			n++
		}
	}
	return n
}

// ErrNotBrought is a project whose packages were never brought to the host.
var ErrNotBrought = errors.New("the project's packages have not been brought to the machine")

// Compare tells every package with the versions of both sides, and what was
// added on the host.
func (p Project) Compare(ctx context.Context, n Needs) (Comparison, error) {
	seen, err := p.look(ctx, n)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Against: n.versions, Python: seen.now.Python, Added: seen.added(n)}
	there := seen.now.byName()
	left := normals(p.Without)
	for _, key := range slices.Sorted(maps.Keys(union(n.here, there))) {
		pkg, found := there[key]
		here := n.here[key]
		switch {
		case found && n.Local != "" && key == normal(n.Local):
			c.Rows = append(c.Rows, Row{Name: pkg.Name, Here: cmp.Or(here, pkg.Version), There: pkg.Version, Local: true})
		case found:
			c.Rows = append(c.Rows, Row{Name: pkg.Name, Here: here, There: pkg.Version})
		case n.Kind == Lock && seen.whole && !seen.forThis[key] && !slices.Contains(left, key):
			// It is for another system, or in a group that is not installed.
		default:
			c.Rows = append(c.Rows, Row{Name: key, Here: here})
		}
	}
	for i, r := range c.Rows {
		c.Rows[i].Differs = r.Here != r.There && (r.Here != "" || n.whole)
	}
	c.Rows = slices.DeleteFunc(c.Rows, func(r Row) bool { return r.Here == "" && ownNeeds(normal(r.Name), n, there) })
	slices.SortStableFunc(c.Rows, func(a, b Row) int {
		switch {
		case a.Differs == b.Differs:
			return 0
		case a.Differs:
			return -1
		}
		return 1
	})
	return c, nil
}

// ownNeeds reports whether a package is there for the kernel's sake alone: it is
// what %pip and the kernel need, and the project does not name it.
func ownNeeds(key string, n Needs, there map[string]wirePackage) bool {
	return !n.named[key] && closure([]string{"ipykernel", "pip"}, there)[key]
}

// closure are packages and all that they need.
func closure(of []string, there map[string]wirePackage) map[string]bool {
	all := map[string]bool{}
	for len(of) > 0 {
		key := of[len(of)-1]
		of = of[:len(of)-1]
		if all[key] {
			continue
		}
		all[key] = true
		of = append(of, normals(there[key].Requires)...)
	}
	return all
}

func union[A, B any](a map[string]A, b map[string]B) map[string]bool {
	all := make(map[string]bool, len(a)+len(b))
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

// seen is what the host says of a project's venv.
type seen struct {
	kernel       string
	brought, now wireList
	forThis      map[string]bool // of a lock: what is for this machine
	whole        bool            // forThis was told
}

// wireList is what list.py says.
type wireList struct {
	Python   string
	Packages []wirePackage
}

type wirePackage struct {
	Name, Version string
	Editable, URL bool
	Requires      []string
}

func (l wireList) byName() map[string]wirePackage {
	all := make(map[string]wirePackage, len(l.Packages))
	for _, p := range l.Packages {
		all[normal(p.Name)] = p
	}
	return all
}

// added is what was installed after the packages were brought, without what it
// needs itself.
func (s seen) added(n Needs) []Added {
	before, now := s.brought.byName(), s.now.byName()
	needed := map[string]bool{}
	for key, p := range now {
		if _, ok := before[key]; !ok {
			for _, r := range normals(p.Requires) {
				needed[r] = needed[r] || r != key
			}
		}
	}
	var all []Added
	for _, key := range slices.Sorted(maps.Keys(now)) {
		was, known := before[key]
		p := now[key]
		switch {
		case p.Editable || n.Local != "" && key == normal(n.Local):
		case !known && !needed[key] && !n.named[key]:
			all = append(all, Added{Name: p.Name, Version: p.Version})
		case known && was.Version != p.Version && !needed[key] && n.exact[key] != p.Version:
			all = append(all, Added{p.Name, p.Version, was.Version})
		}
	}
	return all
}

// maxSeen is how much a host may say of a venv.
const maxSeen = 8 << 20

// look asks the host what the project's venv has.
func (p Project) look(ctx context.Context, n Needs) (seen, error) {
	script := p.vars(n.Kind, normals(p.Without)) + "\nlist_program() {\ncat <<'JUPYTER_EC2_PROGRAM'\n" + unix(listScript) + "JUPYTER_EC2_PROGRAM\n}\n" + unix(lookScript)
	out := &capped{}
	err := p.Host.Run(ctx, remote.Command{Script: script, Stdout: out, Label: remote.WatchLabel})
	var exit *remote.ExitError
	if errors.As(err, &exit) && exit.Code == 3 {
		return seen{}, ErrNotBrought
	}
	if err != nil {
		return seen{}, fmt.Errorf("look at the project's packages on the machine: %w", err)
	}
	s, err := parseSeen(out.b.String())
	if err != nil {
		return seen{}, fmt.Errorf("look at the project's packages on the machine: %w", err)
	}
	return s, nil
}

var errWords = errors.New("the machine's answer cannot be read")

// parseSeen reads what look.sh says.
func parseSeen(text string) (seen, error) {
	s := seen{forThis: map[string]bool{}}
	ended := false
	for line := range strings.Lines(text) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		var err error
		switch word {
		case "brought":
			s.brought, err = parseList(value)
		case "now":
			s.now, err = parseList(value)
		case "kernel":
			s.kernel = safe.Clean(value)
		case "for":
			name, _, _ := strings.Cut(value, "==")
			s.forThis[normal(name)], s.whole = true, true
		case "end":
			ended = true
		}
		if err != nil {
			return seen{}, err
		}
	}
	if !ended {
		return seen{}, errWords
	}
	return s, nil
}

var versionPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.!+_-]{0,99}$`) })

// parseList reads what list.py says: only names and versions that can be ones.
func parseList(text string) (wireList, error) {
	var l wireList
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return l, fmt.Errorf("%w: %w", errWords, err)
	}
	l.Python = safe.Clean(l.Python)
	l.Packages = slices.DeleteFunc(l.Packages, func(p wirePackage) bool {
		r, err := parseRequirement(p.Name)
		return err != nil || r.name != p.Name || len(p.Name) > 200 || !versionPattern().MatchString(p.Version)
	})
	return l, nil
}

// capped keeps what a host says, up to a bound.
type capped struct{ b bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if c.b.Len()+len(p) > maxSeen {
		return 0, errWords
	}
	return c.b.Write(p)
}
