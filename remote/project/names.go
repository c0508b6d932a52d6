package project

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Why something is not known, and stays as it is.
const (
	unknownName   = "name"     // it is not UTF-8, or cannot be on the other side
	unknownLink   = "link"     // leads out of the project
	unknownKind   = "kind"     // neither a file, a folder nor a link
	unknownClosed = "closed"   // cannot be read
	unknownKey    = "key"      // a private key that opens a machine, of this computer alone
	unknownMoving = "moving"   // was changed while it was read
	unknownMount  = "mount"    // another file system
	unknownCase   = "case"     // another name is the same on one side
	unknownLeft   = "left out" // by the host alone
	unknownHolds  = "holds"    // a folder that is to be something else, and holds what is left out
)

// reasons are those that a host may give.
func reasons() []string {
	return []string{unknownName, unknownLink, unknownKind, unknownClosed, unknownMoving, unknownMount, unknownLeft}
}

// inside reports whether the target of a link at a path is in the project. None
// is that leads up after a name: that may be a link, from which it leads elsewhere.
func inside(p, target string) bool {
	if target == "" || path.IsAbs(target) {
		return false
	}
	depth, named := strings.Count(p, "/"), false
	for part := range strings.SplitSeq(target, "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 || named {
				return false
			}
		default:
			named = true
		}
	}
	return true
}

// folded is the same for all names that are one where case does not count: there
// the forms in which Unicode writes a letter do not either, and some file systems
// skip what cannot be seen.
func folded(p string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\ufeff', r >= '\u200c' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u206a' && r <= '\u206f':
			return -1
		}
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, norm.NFC.String(p))
}

// foldNames leaves out of a side's scan what the other one, where names are one
// that differ in case alone, cannot have beside another: of several, the one that
// it has, or had, stays. What it had and has no more is deleted, so that another
// name can come.
func foldNames(s *Scan, other, base Tree) {
	taken := map[string]string{}
	for _, tree := range []Tree{other, base} {
		for _, p := range paths(tree) {
			if key := folded(p); taken[key] == "" {
				taken[key] = p
			}
		}
	}
	another := func(p string) bool {
		name := taken[folded(p)]
		return name != "" && name != p
	}
	for _, p := range paths(s.Tree) {
		switch was, known := base[p]; {
		case within(p, s.Unknown), known && !other[p].there() && s.Tree[p].same(was):
			continue
		case another(p), anyOf(above(p), another):
			s.leave(p, unknownCase)
		default:
			taken[folded(p)] = p
		}
	}
}

// keepPortable leaves out of the host's scan what this computer, if it is Windows,
// cannot have.
func keepPortable(t *Scan, windows bool) {
	if !windows {
		return
	}
	for _, p := range paths(t.Tree) {
		switch item := t.Tree[p]; {
		case !portable(p):
			t.leave(p, unknownName)
		case item.Kind == Link && !portable(item.Target):
			t.leave(p, unknownLink)
		}
	}
}

// leave leaves something as it is, and so the folder that it is in.
func (s *Scan) leave(p, why string) {
	s.Unknown[p] = why
	delete(s.Tree, p)
	s.hold(path.Dir(p))
}

// hold has a folder stay where it is.
func (s *Scan) hold(dir string) {
	if item, ok := s.Tree[dir]; ok {
		item.Holds = true
		s.Tree[dir] = item
	}
}

// portable reports whether Windows takes all names of a path.
func portable(p string) bool {
	for name := range strings.SplitSeq(p, "/") {
		if name != "." && name != ".." && !portableName(name) {
			return false
		}
	}
	return true
}

// portableName reports whether a file on Windows can have a name, and no other
// can have it too: there what has a long name has a short one, such as "GIT~1".
// Source: Microsoft, "Naming Files, Paths, and Namespaces".
func portableName(name string) bool {
	if strings.ContainsAny(name, `<>:"/\|?*`) || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return false
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return false
	}
	stem, ext, _ := strings.Cut(name, ".")
	if _, number, short := strings.Cut(stem, "~"); short && len(stem) <= 8 && len(ext) <= 3 && number != "" && strings.Trim(number, "0123456789") == "" {
		return false
	}
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
