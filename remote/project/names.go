package project

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// foldNames leaves out of the host's scan what this computer, where names that
// differ in case alone are one, cannot have beside another: of several, the one
// that it has, or had, stays.
func foldNames(t *Scan, have ...Tree) {
	taken := map[string]string{}
	for _, tree := range have {
		for p := range tree {
			if _, ok := taken[strings.ToLower(p)]; !ok {
				taken[strings.ToLower(p)] = p
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(t.Tree)) {
		if within(p, t.Unknown) {
			continue
		}
		folded := strings.ToLower(p)
		if other, ok := taken[folded]; ok && other != p {
			t.leave(p, unknownCase)
			continue
		}
		taken[folded] = p
	}
}

// keepPortable leaves out of the host's scan what has a name that this computer
// cannot have.
func keepPortable(t *Scan) {
	for _, p := range slices.Sorted(maps.Keys(t.Tree)) {
		if !portable(path.Base(p), filepath.Separator == '\\') {
			t.leave(p, unknownName)
		}
	}
}

// leave leaves something as it is, and so the folder that it is in.
func (s *Scan) leave(p, why string) {
	s.Unknown[p] = why
	delete(s.Tree, p)
	dir := path.Dir(p)
	if item, ok := s.Tree[dir]; ok {
		item.Holds = true
		s.Tree[dir] = item
	}
}

// portable reports whether a file can have a name, on Windows or elsewhere.
// Source: Microsoft, "Naming Files, Paths, and Namespaces".
func portable(name string, windows bool) bool {
	if !windows {
		return true
	}
	if strings.ContainsAny(name, `<>:"/\|?*`) || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return false
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return false
	}
	stem, _, _ := strings.Cut(name, ".")
	switch stem = strings.ToUpper(strings.TrimRight(stem, " ")); stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return false
	}
	device, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		device, ok = strings.CutPrefix(stem, "LPT")
	}
	return !ok || !slices.Contains([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"}, device)
}
