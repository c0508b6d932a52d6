package project

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// pattern is one line of a .gitignore: regular expressions, of those that Go and
// Python read alike, for paths from that file's folder. A line for folders alone
// has none for files.
type pattern struct {
	files, folders string
	keep           bool // what matches is not left out, after all
}

// parsePattern reads a line as git does (gitignore(5), and wildmatch with
// WM_PATHNAME), except that "?" and a class are a character and not a byte. It
// reports whether anything can match the line.
func parsePattern(line string) (p pattern, ok bool) {
	line = strings.TrimSuffix(line, "\r")
	if strings.HasPrefix(line, "#") || !utf8.ValidString(line) {
		return p, false
	}
	line = trimSpaces(line)
	line, p.keep = strings.CutPrefix(line, "!")
	line, folders := strings.CutSuffix(line, "/")
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return p, false
	}
	expr, ok := translate(line)
	if !anchored {
		expr = "(?:.*/)?" + expr
	}
	if p.folders = expr; !folders {
		p.files = expr
	}
	return p, ok
}

// trimSpaces takes off the spaces at the end that no backslash keeps.
func trimSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++
		}
		end = min(i+1, len(line))
	}
	return line[:end]
}

// translate turns a pattern into a regular expression. It reports whether
// anything can match.
func translate(glob string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(glob); {
		r, n := utf8.DecodeRuneInString(glob[i:])
		switch r {
		case '*':
			n = stars(glob, i, &b)
		case '?':
			b.WriteString("[^/]")
		case '[':
			set, length, ok := class(glob[i:])
			if !ok {
				return "", false
			}
			b.WriteString(set)
			n = length
		case '\\':
			if i+n == len(glob) {
				return "", false
			}
			next, size := utf8.DecodeRuneInString(glob[i+n:])
			literal(&b, next)
			n += size
		default:
			literal(&b, r)
		}
		i += n
	}
	return b.String(), true
}

// stars translates the stars at i and returns the length of what it has
// translated: two or more that are a whole name stand for any folders, others
// for a part of a name. To git, which compares what is before the first of a
// line's wildcards apart, a name also begins there.
func stars(glob string, i int, b *strings.Builder) int {
	n := len(glob[i:]) - len(strings.TrimLeft(glob[i:], "*"))
	after := glob[i+n:]
	whole := n > 1 && (i == 0 || glob[i-1] == '/' || i == strings.IndexAny(glob, `*?[\`))
	switch {
	case whole && after == "":
		b.WriteString(".*")
	case whole && after[0] == '/':
		b.WriteString("(?:.*/)?")
		n++
	case whole && strings.HasPrefix(after, `\/`):
		b.WriteString(".*")
	default:
		b.WriteString("[^/]*")
	}
	return n
}

func literal(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf && !isAlnum(r) {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// span is the characters from one to another.
type span struct{ from, to rune }

// class translates the class that glob begins with and returns its length. It
// reports whether it has an end, and no name that git does not know.
func class(glob string) (set string, length int, ok bool) {
	i := 1
	not := strings.HasPrefix(glob[i:], "!") || strings.HasPrefix(glob[i:], "^")
	if not {
		i++
	}
	var spans []span
	before := rune(-1) // what a range begins with
	for first := true; first || i >= len(glob) || glob[i] != ']'; first = false {
		if i >= len(glob) {
			return "", 0, false
		}
		if name, n := named(glob[i:]); n > 0 {
			of := posix(name)
			if of == nil {
				return "", 0, false
			}
			spans, before, i = append(spans, of...), -1, i+n
			continue
		}
		r, n := one(glob[i:])
		if n == 0 {
			return "", 0, false
		}
		i += n
		if glob[i-n] == '-' && before >= 0 && i < len(glob) && glob[i] != ']' {
			to, n := one(glob[i:])
			if n == 0 {
				return "", 0, false
			}
			spans, before, i = append(spans, span{before, to}), -1, i+n
			continue
		}
		spans, before = append(spans, span{r, r}), r
	}
	return render(spans, not), i + 1, true
}

// one is the character that a class continues with, and its length with a
// backslash before it; 0 where nothing follows that.
func one(glob string) (rune, int) {
	if rest, escaped := strings.CutPrefix(glob, `\`); escaped {
		r, n := utf8.DecodeRuneInString(rest)
		if n == 0 {
			return 0, 0
		}
		return r, n + 1
	}
	return utf8.DecodeRuneInString(glob)
}

// named is the name in "[:name:]", which a class may continue with, and the
// length of all of it; 0 for none.
func named(glob string) (string, int) {
	rest, ok := strings.CutPrefix(glob, "[:")
	if !ok {
		return "", 0
	}
	end := strings.IndexByte(rest, ']')
	if end < 1 || rest[end-1] != ':' {
		return "", 0
	}
	return rest[:end-1], len("[:") + end + 1
}

// posix are the characters of a named class, nil for a name that there is not.
func posix(name string) []span {
	digit, upper, lower := span{'0', '9'}, span{'A', 'Z'}, span{'a', 'z'}
	switch name {
	case "alnum":
		return []span{digit, upper, lower}
	case "alpha":
		return []span{upper, lower}
	case "blank":
		return []span{{' ', ' '}, {'\t', '\t'}}
	case "cntrl":
		return []span{{0, 31}, {127, 127}}
	case "digit":
		return []span{digit}
	case "graph":
		return []span{{'!', '~'}}
	case "lower":
		return []span{lower}
	case "print":
		return []span{{' ', '~'}}
	case "punct":
		return []span{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}
	case "space":
		return []span{{'\t', '\r'}, {' ', ' '}}
	case "upper":
		return []span{upper}
	case "xdigit":
		return []span{digit, {'A', 'F'}, {'a', 'f'}}
	}
	return nil
}

// render writes a class without "/", which no class matches.
func render(spans []span, not bool) string {
	var b strings.Builder
	if b.WriteByte('['); not {
		b.WriteString(`^\/`)
	}
	empty := !not
	write := func(from, to rune) {
		if from > to {
			return
		}
		empty = false
		literal(&b, from)
		if from < to {
			b.WriteByte('-')
			literal(&b, to)
		}
	}
	for _, s := range slices.Compact(spans) {
		if s.from <= '/' && '/' <= s.to {
			write(s.from, '/'-1)
			write('/'+1, s.to)
		} else {
			write(s.from, s.to)
		}
	}
	if empty {
		return `[^\s\S]`
	}
	b.WriteByte(']')
	return b.String()
}
