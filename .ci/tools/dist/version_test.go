package main

import (
	"os"
	"os/exec"
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
		"v0.2.0-rc.1.0.20261130191836-f48d7f5abcde": {"0.2.0rc2.dev20261130191836+gf48d7f5abcde", "0.2.0", "rc2~pre20261130191836", "0.2.0-rc.1.0.20261130191836-f48d7f5abcde", false},
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

// versionsInOrder are such as they are built one after the other, where what
// holds changes comes after the commit that it is made from.
var versionsInOrder = []string{
	"v0.1.0", "v0.1.0+dirty", "v0.1.1-0.20261130191836-f48d7f5abcde", "v0.1.1-0.20261130191836-f48d7f5abcde+dirty",
	"v0.2.0-beta.1", "v0.2.0-beta.1.0.20261130191836-f48d7f5abcde",
	"v0.2.0-rc.1", "v0.2.0-rc.1+dirty", "v0.2.0-rc.1.0.20261130191836-f48d7f5abcde",
	"v0.2.0-rc.1.0.20261130191836-f48d7f5abcde+dirty", "v0.2.0-rc.1.0.20261130191837-f48d7f5abcde",
	"v0.2.0-rc.2", "v0.2.0", "v0.2.0+dirty",
}

// Each package has a version that the earlier ones are older than, by the
// program that compares them.
func TestPackagesAreInOrder(t *testing.T) {
	names := map[string]map[string]string{}
	for _, format := range formats {
		names[format.name] = map[string]string{}
		for _, built := range versionsInOrder {
			name := packageName(t, format.name, built)
			if other := names[format.name][name]; other != "" {
				t.Errorf("%s and %s both become %s", other, built, name)
			}
			names[format.name][name] = built
		}
	}
	for name, built := range names["apk"] {
		if !apkVersion.MatchString(strings.TrimSuffix(strings.TrimPrefix(name, "jupyter-ec2_"), "_x86_64.apk")) {
			t.Errorf("%s became %s, whose version Alpine does not know", built, name)
		}
	}
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip(err)
	}
	for i := range versionsInOrder[1:] {
		one, two := debVersion(t, versionsInOrder[i]), debVersion(t, versionsInOrder[i+1])
		if out, err := exec.CommandContext(t.Context(), "dpkg", "--compare-versions", one, "lt", two).CombinedOutput(); err != nil {
			t.Errorf("%s is not older than %s: %v %s", one, two, err, out)
		}
	}
}

// apkVersion is what apk-tools takes for a version, with the package's release.
var apkVersion = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*-r[0-9]+$`)

func debVersion(t *testing.T, built string) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimPrefix(packageName(t, "deb", built), "jupyter-ec2_"), "_amd64.deb")
}

// packageName is the name of what is made of a version.
func packageName(t *testing.T, format, built string) string {
	t.Helper()
	v, err := parseVersion(built)
	if err != nil {
		t.Fatal(err)
	}
	r := &release{root: t.TempDir(), work: t.TempDir()}
	p := &product{target: target{"linux", "amd64"}, version: v}
	out := t.TempDir()
	if err := r.writePackages(out, p, []file{{program, []byte("x"), 0o755}}); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(only(t, out, "*."+format))
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
