package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pep440 is the pattern that PEP 440 itself gives for versions in their normal
// form (appendix B), with a local part.
var pep440 = regexp.MustCompile(`^([1-9][0-9]*!)?(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*((a|b|rc)(0|[1-9][0-9]*))?(\.post(0|[1-9][0-9]*))?(\.dev(0|[1-9][0-9]*))?(\+[a-z0-9]+(\.[a-z0-9]+)*)?$`)

func TestVersions(t *testing.T) {
	for built, want := range map[string]struct {
		pep, core, before, file string
		tagged                  bool
	}{
		"v1.2.3":        {"1.2.3", "1.2.3", "", "1.2.3", true},
		"v0.2.0-rc.1":   {"0.2.0rc1", "0.2.0", "rc1", "0.2.0-rc.1", true},
		"v0.2.0-beta.3": {"0.2.0b3", "0.2.0", "beta3", "0.2.0-beta.3", true},
		"v1.2.3+dirty":  {"1.2.3+dirty", "1.2.3", "", "1.2.3+dirty", false},
		// Before any tag, after a release, after a candidate.
		"v0.0.0-20261130191836-f48d7f5abcde": {"0.0.0.dev20261130191836+gf48d7f5abcde", "0.0.0", "pre20261130191836", "0.0.0-20261130191836-f48d7f5abcde", false},
		"v0.1.1-0.20261130191836-f48d7f5abcde+dirty": {
			"0.1.1.dev20261130191836+gf48d7f5abcde.dirty", "0.1.1", "pre20261130191836", "0.1.1-0.20261130191836-f48d7f5abcde+dirty", false,
		},
		"v0.2.0-rc.1.0.20261130191836-f48d7f5abcde": {"0.2.0rc2.dev20261130191836+gf48d7f5abcde", "0.2.0", "pre20261130191836", "0.2.0-rc.1.0.20261130191836-f48d7f5abcde", false},
		"(devel)": {"0.0.0.dev0", "0.0.0", "pre0", "0.0.0-dev", false},
		"":        {"0.0.0.dev0", "0.0.0", "pre0", "0.0.0-dev", false},
	} {
		v, err := parseVersion(built)
		if err != nil {
			t.Errorf("%s: %v", built, err)
			continue
		}
		if v.pep440 != want.pep || v.core != want.core || v.before != want.before || v.file() != want.file || v.tagged != want.tagged {
			t.Errorf("%s became %+v (%s), not %+v", built, v, v.file(), want)
		}
		if !pep440.MatchString(v.pep440) {
			t.Errorf("%s became %s, which PEP 440 does not know", built, v.pep440)
		}
	}
	for _, bad := range []string{"v1.2.3-nightly", "v1.2.3-rc1", "v1.2.3-rc.1.x", "1.2.3", "v1"} {
		if v, err := parseVersion(bad); err == nil && !pep440.MatchString(v.pep440) {
			t.Errorf("%s became %+v", bad, v)
		} else if err == nil && bad != "v1" {
			t.Errorf("%s was taken, as %+v", bad, v)
		}
	}
}

func TestChangelogKnowsTheTag(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "CHANGELOG.md"), []byte("# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for built, ok := range map[string]bool{
		"v0.1.0": true, "v0.1.1": false, "v0.1.0-rc.1": false, "v0.1.1-0.20261130191836-f48d7f5abcde": true,
	} {
		v, err := parseVersion(built)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkChangelog(root, v); (err == nil) != ok {
			t.Errorf("%s: %v", built, err)
		} else if err != nil && !strings.Contains(err.Error(), v.file()) {
			t.Errorf("%s: %v does not name it", built, err)
		}
	}
}

// Two ways to release build the same program: goreleaser's file has the flags
// of the Makefile.
func TestGoreleaserHasTheMakefilesFlags(t *testing.T) {
	makefile, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../../../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^SMALL +:= -trimpath -tags=(\S+) -ldflags='([^']+)' \\\n\t-gcflags='([^']+)'$`).FindSubmatch(makefile)
	if m == nil {
		t.Fatal("SMALL in the Makefile has other flags: .goreleaser.yaml needs them too")
	}
	for _, want := range []string{"flags: [-trimpath]", "tags: [" + string(m[1]) + "]", `ldflags: ["` + string(m[2]) + `"]`, `gcflags: ["` + string(m[3]) + `"]`} {
		if !strings.Contains(string(file), "\n    "+want+"\n") {
			t.Errorf(".goreleaser.yaml has no %s", want)
		}
	}
}
