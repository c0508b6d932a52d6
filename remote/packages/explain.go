package packages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The script's own exit codes, beside those of Jupyter's install; see
// scripts/bring.sh.
const (
	firstOfInstall   = 10 // uv's are smaller
	exitNoPythonFits = 22
	exitNoFolder     = 23
)

// incompatible is a project that allows another Python than its lock.
var incompatible = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?m)^error: .* incompatible with the project's Python requirement: `([^`]+)`")
})

// Reason is why a package cannot be had.
type Reason string

// The reasons.
const (
	NoVersion  Reason = "no-version" // the index has others
	Unknown    Reason = "unknown"    // the index does not know it
	NoWheel    Reason = "no-wheel"   // none is for this kind of machine, and it cannot be built
	OtherOne   Reason = "python"     // it is for other Pythons
	Yanked     Reason = "yanked"     // whoever published it took it back
	Conflict   Reason = "conflict"   // others that are asked for rule it out
	BuildFails Reason = "build"      // it has to be built, and that failed
	IndexDown  Reason = "index"      // its index does not answer as it should
	NoLogin    Reason = "login"      // its index wants a login, or does not accept the one it got
)

// Missing is a package that cannot be had on the machine.
type Missing struct {
	Name    string
	Version string // which one was asked for, ">=2" or "==2.1"; or empty
	Why     Reason
	Index   string // the index's host, where the reason is about it
	Rival   string // what rules it out, as in "pandas==2.2.0 needs numpy>=1.23"
}

// saying is one way in which uv says that a package cannot be had.
type saying struct {
	text *regexp.Regexp // its groups "name" and "spec"
	why  Reason
}

// sayings are looked for in order: what is certain comes first. The texts are
// those of uv 0.5 to 0.13.
var sayings = sync.OnceValue(func() []saying {
	const name = "`?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*?)(?:\\[[^\\]]*\\])?"
	const spec = `(?:\{[^}]*\})?(?P<spec>(?:[=!<>~]=|[<>])[^\s` + "`" + `]*?)?`
	const end = "`?"
	var all []saying
	for _, s := range []struct {
		why  Reason
		text string
	}{
		{NoWheel, "Distribution `" + name + spec + " @ [^`]*` can't be installed because it (?:doesn't have|does not have|has)"},
		{OtherOne, `Python version \([^)]*\) does not satisfy Python\S+ and ` + name + spec + " depends on Python"},
		{OtherOne, name + spec + end + " has no wheels with a matching Python"},
		{NoWheel, name + spec + end + " has no (?:usable wheels|wheels with a matching|wheels are usable|compatible wheels)"},
		{NoWheel, "only has wheels (?:for|with) .*? " + name + spec + end + "$"},
		{Yanked, name + spec + end + " (?:was|is|were|are) yanked"},
		{Unknown, name + spec + end + " was not found in the (?:package registry|provided package locations|cache)"},
		{NoVersion, "(?:there (?:is|are) no versions? of) " + name + spec + end + `(?:[ ,]|$)`},
		{NoVersion, "only " + name + spec + end + ` (?:is|are) available`},
		{NoVersion, "only the following versions of " + name + " are available"},
		{BuildFails, "(?:Failed to (?:build|prepare|download and build)|Building) (?:distribution |source distribution: )?`?" + name + spec + "(?: @ [^`]*)?`"},
	} {
		all = append(all, saying{regexp.MustCompile(s.text), s.why})
	}
	return all
})

// requirePattern is what the person asked for, where a chain of reasons names
// others, and needsPattern what one of those asks for.
var (
	requirePattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:you require|your project depends on) ([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?((?:[=!<>~]=|[<>])[^\s,]*)?`)
	})
	needsPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`([A-Za-z0-9][A-Za-z0-9._-]*(?:==[^\s,]+)?) depends? on ([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:\{[^}]*\})?((?:[=!<>~]=|[<>])\S*)?`)
	})
	fetchPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?i)failed to (?:fetch|download)[:\\s]+`?(https?://[^\\s`]+)")
	})
	deniedPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`An index (?:URL )?\(([^)\s]+)\) (?:could not be queried due to a lack of valid authentication|returned a 40[13])`)
	})
	buildingPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s*(Building|Built) ([A-Za-z0-9][A-Za-z0-9._-]*)(?:==(\S+)| @ |$)`)
	})
)

// missing is which packages uv says that it cannot get, by the lines of its log.
func missing(log []string) []Missing {
	from := lastError(log)
	if from < 0 {
		return nil
	}
	text := strings.Join(strings.Fields(strings.Join(log[from:], " ")), " ")
	text = text[:min(len(text), 64<<10)]
	denied := deniedPattern().FindStringSubmatch(text)
	for _, s := range sayings() {
		m := s.text.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		found := Missing{
			Name: m[s.text.SubexpIndex("name")], Why: s.why,
			Version: strings.TrimRight(group(s.text, m, "spec"), ",.;"),
		}
		if s.why == Unknown && denied != nil {
			found.Why, found.Index = NoLogin, hostOf(denied[1])
		}
		return []Missing{found}
	}
	if m := fetchPattern().FindStringSubmatch(text); m != nil {
		return []Missing{unfetched(m[1], text)}
	}
	if strings.Contains(text, "The build backend returned an error") || strings.Contains(text, "Failed to build") {
		return unbuilt(log)
	}
	return conflict(text)
}

// conflict is the package that cannot be had because of another.
func conflict(text string) []Missing {
	all := requirePattern().FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	m := all[len(all)-1] // with which the chain of reasons ends
	found := Missing{Name: m[1], Version: m[2], Why: Conflict}
	for _, needs := range needsPattern().FindAllStringSubmatch(text, -1) {
		if found.Rival == "" || normal(needs[2]) == normal(found.Name) {
			found.Rival = strings.TrimRight(needs[1]+" needs "+needs[2]+needs[3], ",.;")
		}
	}
	return []Missing{found}
}

func group(p *regexp.Regexp, m []string, name string) string {
	if i := p.SubexpIndex(name); i >= 0 {
		return m[i]
	}
	return ""
}

// lastError is the line with which uv's last error begins, or -1.
func lastError(log []string) int {
	for i := len(log) - 1; i >= 0; i-- {
		// What stands further in is what a program said that uv ran.
		if strings.HasPrefix(log[i], "error: ") || strings.HasPrefix(log[i], "  × ") {
			return i
		}
	}
	return -1
}

// unfetched is the package whose file or page at a URL was not to be had.
func unfetched(address, text string) Missing {
	m := Missing{Why: IndexDown, Index: hostOf(address)}
	if strings.Contains(text, "401 Unauthorized") || strings.Contains(text, "403 Forbidden") {
		m.Why = NoLogin
	}
	u, err := url.Parse(strings.TrimRight(address, ".,)"))
	if err != nil {
		return m
	}
	last := path.Base(strings.TrimSuffix(u.Path, "/"))
	if strings.HasSuffix(u.Path, "/") { // an index's page
		m.Name = nameOf(last)
		return m
	}
	name, rest, _ := strings.Cut(strings.TrimSuffix(last, ".metadata"), "-")
	m.Name = nameOf(normal(name))
	if version, _, ok := strings.Cut(rest, "-"); ok && strings.HasSuffix(rest, ".whl") && versionPattern().MatchString(version) {
		m.Version = "==" + version
	}
	return m
}

// nameOf is the text where it is a package's name, and empty elsewhere.
func nameOf(text string) string {
	if r, err := parseRequirement(text); err != nil || r.name != text {
		return ""
	}
	return text
}

// unbuilt are the packages whose building began and did not end.
func unbuilt(log []string) []Missing {
	var all []Missing
	for _, line := range log {
		m := buildingPattern().FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[1] == "Built":
			all = slices.DeleteFunc(all, func(b Missing) bool { return normal(b.Name) == normal(m[2]) })
		default:
			b := Missing{Name: m[2], Why: BuildFails}
			if m[3] != "" {
				b.Version = "==" + m[3]
			}
			all = append(all, b)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1:] // the one that the error is about is told of last
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// apart reports whether the others can be had without the package.
func (m Missing) apart() bool { return m.alone() && m.Why != Conflict }

// alone reports whether the others can be asked for without the package.
func (m Missing) alone() bool { return m.Name != "" && m.Why != IndexDown }

// maxMissing is how many packages are looked for that cannot be had.
const maxMissing = 25

// explain is why the packages could not be brought. Where single ones cannot be
// had, it finds out which others cannot either.
func (p Project) explain(ctx context.Context, n Needs, exit int, log tail) error {
	why := inGeneral(exit, log)
	switch {
	case exit == exitNoPythonFits:
		return &PythonError{Requires: n.Requires, Said: lastSaid(log), Err: why}
	case exit == exitNoFolder:
		return &problem.Error{
			Kind: problem.Server, Title: "The project is not on the machine", Text: problem.Sentence(lastSaid(log)),
			Next: problem.Say("Have its files copied there first."), Err: why,
		}
	case exit >= firstOfInstall: // not uv's
		return why
	}
	if m := incompatible().FindStringSubmatch(strings.Join(log, "\n")); m != nil {
		return &PythonError{Requires: m[1], Said: lastSaid(log), Err: why}
	}
	found := missing(log)
	if len(found) == 0 {
		return why
	}
	e := &MissingError{File: n.File, Missing: found, Err: why}
	for len(e.Missing) < maxMissing && found[0].alone() {
		var err error
		if found, err = p.whatElse(ctx, n, e.Missing); err != nil || len(found) == 0 {
			break // what is known is told
		}
		e.Missing = append(e.Missing, found...)
	}
	slices.SortFunc(e.Missing, func(a, b Missing) int { return cmp.Compare(normal(a.Name), normal(b.Name)) })
	return e
}

// inGeneral is what the failure of an install is, without a look at packages.
func inGeneral(exit int, log tail) error {
	why := jupyter.ExplainInstall(exit, log)
	var e *jupyter.Error
	if errors.As(why, &e) && e.Title == "The machine's disk is full" {
		e.Text = "There is no space left for the project's packages."
	}
	return why
}

// Check finds out what cannot be had, and installs nothing. Its errors are those
// of [Project.Bring].
func (p Project) Check(ctx context.Context, n Needs) error {
	if n.Kind == None {
		return ErrNothing
	}
	exit, log, err := p.try(ctx, n, p.Without)
	if err != nil {
		return fmt.Errorf("check the project's packages: %w", err)
	}
	if exit != 0 {
		return p.explain(ctx, n, exit, log)
	}
	return nil
}

// try has uv say what it would install without some packages.
func (p Project) try(ctx context.Context, n Needs, without []string) (exit int, log tail, err error) {
	out := safe.NewLines(func(text string, partial bool) {
		if !partial {
			log.add(n.scrub(text))
		}
	})
	err = p.Host.Run(ctx, remote.Command{Script: "exec 2>&1\n" + p.script(n, without, true), Env: n.environment(), Stdout: out})
	_ = out.Close() // it never fails
	var ended *remote.ExitError
	if errors.As(err, &ended) {
		return ended.Code, log, nil
	}
	return 0, log, err
}

// whatElse tries without those that are known to be missing, changes nothing,
// and returns which others are.
func (p Project) whatElse(ctx context.Context, n Needs, known []Missing) ([]Missing, error) {
	without := slices.Clone(p.Without)
	for _, m := range known {
		without = append(without, m.Name)
	}
	exit, log, err := p.try(ctx, n, without)
	if err != nil || exit == 0 {
		return nil, err
	}
	found := missing(log)
	if len(found) > 0 && slices.Contains(normals(without), normal(found[0].Name)) {
		return nil, nil
	}
	return found, nil
}

func lastSaid(log tail) string {
	for _, line := range slices.Backward(log) {
		if text, ok := strings.CutPrefix(line, "error: "); ok {
			return text
		}
	}
	return ""
}
