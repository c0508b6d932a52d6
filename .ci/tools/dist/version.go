package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// version is what was built, as each kind of package wants it said. All of it
// is made of the version that the go command gave the binary: that of the tag,
// or for a commit without one the pseudo-version.
type version struct {
	golang string // "v0.2.0-rc.1"; "" for source that is in no git
	pep440 string // "0.2.0rc1", in wheels
	core   string // "0.2.0", in packages
	before string // "rc1" or "rc2~pre20261130191836", in packages, where "0.2.0~rc1" comes before "0.2.0"; or ""
	tagged bool   // it is a tag's, and not a commit's on the way to the next
	dirty  bool   // it holds changes that are in no commit
}

// file is the version in the names of archives.
func (v version) file() string { return strings.TrimPrefix(cmp.Or(v.golang, "v0.0.0-dev"), "v") }

// parseVersion reads the main module's version from a binary.
func parseVersion(built string) (version, error) {
	if built == "" || built == "(devel)" {
		return version{pep440: "0.0.0.dev0", core: "0.0.0", before: "pre0"}, nil
	}
	if !semver.IsValid(built) {
		return version{}, fmt.Errorf("the binary's version %q is not one of Go's", built)
	}
	v := version{golang: built}
	plain := strings.TrimSuffix(built, semver.Build(built))
	v.core = strings.TrimSuffix(strings.TrimPrefix(plain, "v"), semver.Prerelease(plain))
	v.dirty = strings.HasSuffix(built, "+dirty")
	if module.IsPseudoVersion(plain) {
		return v.onTheWay(plain)
	}
	stage, number, err := stageOf(semver.Prerelease(plain))
	if err != nil {
		return version{}, fmt.Errorf("the tag %s: %w", plain, err)
	}
	v.tagged = built == plain
	v.pep440 = v.core
	if stage != "" {
		v.before = stage + strconv.Itoa(number)
		v.pep440 += short[stage] + strconv.Itoa(number)
	}
	if !v.tagged {
		v.pep440 += "+dirty"
	}
	return v, nil
}

// onTheWay completes a version that is on the way from a tag to the next one.
// PEP 440 knows no commits: the time orders them, and what follows the plus
// tells which one it was.
func (v version) onTheWay(pseudo string) (version, error) {
	when, err := module.PseudoVersionTime(pseudo)
	if err != nil {
		return version{}, err
	}
	commit, err := module.PseudoVersionRev(pseudo)
	if err != nil {
		return version{}, err
	}
	base, err := module.PseudoVersionBase(pseudo)
	if err != nil {
		return version{}, err
	}
	next := v.core
	stamp := when.UTC().Format("20060102150405")
	v.before = "pre" + stamp
	if stage, number, err := stageOf(semver.Prerelease(base)); err == nil && stage != "" {
		next += short[stage] + strconv.Itoa(number+1)
		v.before = stage + strconv.Itoa(number+1) + "~" + v.before
	}
	v.pep440 = next + ".dev" + stamp + "+g" + commit
	if v.dirty {
		v.pep440 += ".dirty"
	}
	return v, nil
}

// packaged says in a package format's words what stands before and after the
// core. Alpine knows only suffixes of its own: _pre comes before the version
// that it is added to, and _git after it.
func (v version) packaged(format string) (before, after string) {
	if v.dirty {
		after = "dirty"
	}
	if format != "apk" {
		return v.before, after
	}
	before = strings.ReplaceAll(v.before, "~", "_")
	if v.dirty {
		before = strings.TrimPrefix(before+"_git", "_")
	}
	return before, ""
}

// short is a stage before a release in PEP 440's words.
var short = map[string]string{"alpha": "a", "beta": "b", "rc": "rc"}

// stageOf reads what follows the core in a tag: "-rc.1" is rc and 1.
func stageOf(prerelease string) (stage string, number int, err error) {
	if prerelease == "" {
		return "", 0, nil
	}
	stage, digits, ok := strings.Cut(strings.TrimPrefix(prerelease, "-"), ".")
	number, err = strconv.Atoi(digits)
	if short[stage] == "" || !ok || err != nil {
		return "", 0, fmt.Errorf("%q has no equal in Python's versions: use -alpha.N, -beta.N or -rc.N", prerelease)
	}
	return stage, number, nil
}

// checkChangelog reports a tag that the changelog knows nothing of.
func checkChangelog(root string, v version) error {
	if !v.tagged {
		return nil
	}
	const name = "CHANGELOG.md"
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		return err
	}
	if !regexp.MustCompile(`(?m)^## \[` + regexp.QuoteMeta(v.file()) + `\]`).Match(b) {
		return fmt.Errorf("%s has no section [%s]: the tag is on a commit where Unreleased is not renamed yet", name, v.file())
	}
	return nil
}
