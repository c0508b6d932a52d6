package packages

import (
	"errors"
	"regexp"
	"strings"
	"sync"
)

// requirement is one package as a project asks for it, by PEP 508.
type requirement struct {
	name   string // as it is written
	extras string // with its brackets, or empty
	spec   string // ">=2,<3", or empty
	url    string // after an @, or empty
	marker string // after a semicolon, or empty
}

// The patterns, never changed, are compiled when they are first needed.
var (
	requirementPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[A-Za-z0-9._, \t-]*\])?\s*(.*)$`)
	})
	specPattern = sync.OnceValue(func() *regexp.Regexp {
		const one = `(?:===|[=!<>~]=|[<>])\s*[A-Za-z0-9.*+!_-]+`
		return regexp.MustCompile(`^` + one + `(?:\s*,\s*` + one + `)*\s*,?$`)
	})
	separators = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[-_.]+`) })
)

// normal is a package's name as indexes compare names (PEP 503).
func normal(name string) string {
	return strings.ToLower(separators().ReplaceAllString(name, "-"))
}

var errRequirement = errors.New("it is no requirement")

func parseRequirement(text string) (requirement, error) {
	m := requirementPattern().FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return requirement{}, errRequirement
	}
	r := requirement{name: m[1], extras: strings.Join(strings.Fields(m[2]), "")}
	rest := m[3]
	if at, ok := strings.CutPrefix(rest, "@"); ok {
		// A marker of it stands behind a space, as a URL may hold semicolons.
		at, marker, _ := strings.Cut(strings.TrimSpace(at), " ;")
		r.url, r.marker = strings.TrimSpace(at), strings.TrimSpace(marker)
		if r.url == "" {
			return requirement{}, errRequirement
		}
		return r, nil
	}
	spec, marker, _ := strings.Cut(rest, ";")
	r.marker = strings.TrimSpace(marker)
	spec = strings.TrimSpace(spec)
	if inner, ok := strings.CutPrefix(spec, "("); ok { // as PEP 508 allows
		spec = strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	}
	if spec != "" && !specPattern().MatchString(spec) {
		return requirement{}, errRequirement
	}
	r.spec = strings.Join(strings.Fields(spec), "")
	return r, nil
}

// key is the name to compare by.
func (r requirement) key() string { return normal(r.name) }

func (r requirement) String() string {
	s := r.name + r.extras + r.spec
	if r.url != "" {
		s = r.name + r.extras + " @ " + r.url
	}
	if r.marker != "" {
		s += " ; " + r.marker
	}
	return s
}

// exact is the one version that the requirement allows, or empty.
func (r requirement) exact() string {
	v, ok := strings.CutPrefix(r.spec, "==")
	if !ok || strings.ContainsAny(v, ",*=") {
		return ""
	}
	return v
}
