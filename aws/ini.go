package aws

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// section is one section of a config or credentials file.
type section struct {
	kind     string // "profile", "sso-session" or "services"
	name     string
	at       place
	settings map[string]setting
}

// setting is the value of a setting and where it stands. No value is ever part
// of a message: a secret may stand anywhere in a file that is broken.
type setting struct {
	value string
	at    place
	sub   map[string]setting // what is indented below a setting without a value
}

// get returns a setting's value, or nothing.
func (s *section) get(key string) string {
	if s == nil {
		return ""
	}
	return s.settings[key].value
}

// iniText is a config or credentials file as it was read.
type iniText struct {
	sections []*section
	broken   []place // lines that say nothing that can be understood
}

// parseINI reads a file's text as AWS's tools do: the form of the files is
// that of https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html,
// and where that leaves a choice, the choice of the AWS SDK for Go. Names in
// quotes are as the AWS CLI writes them. A line that is not understood ends
// nothing but itself, except the head of a section: what follows a broken one
// belongs to no profile.
func parseINI(text []byte, file string, config bool) iniText {
	p := iniParser{file: file, config: config}
	n := 0
	for line := range strings.Lines(plainText(text)) {
		n++
		p.line = place{file: file, line: n}
		p.read(strings.TrimRight(line, "\r\n"))
	}
	return p.iniText
}

// plainText makes a file's text UTF-8 without a byte order mark. PowerShell's >
// and Windows's editors write others.
func plainText(text []byte) string {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var order binary.ByteOrder
	switch {
	case len(text) < 2:
		return string(text)
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), text[0] != 0 && text[1] == 0:
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}), text[0] == 0 && text[1] != 0:
		order = binary.BigEndian
	default:
		return string(text)
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return strings.ReplaceAll(string(utf16.Decode(units)), "\ufeff", "")
}

type iniParser struct {
	iniText
	file   string
	config bool
	line   place
	in     *section // nil where settings belong to nothing
	last   string   // the setting that indented lines belong to
	lost   bool     // in is nil because the section is another tool's, or its head broken
}

func (p *iniParser) read(line string) {
	bare := strings.TrimSpace(line)
	indented := line != "" && (line[0] == ' ' || line[0] == '\t')
	switch {
	case bare == "", bare[0] == '#', bare[0] == ';':
	case strings.ContainsRune(line, 0):
		p.odd()
	case bare[0] == '[' && (!indented || strings.HasSuffix(bare, "]")):
		p.head(bare)
	case indented:
		p.below(bare)
	default:
		key, value, ok := splitSetting(withoutComment(bare))
		if !ok {
			p.odd()
			return
		}
		p.set(key, value)
	}
}

func (p *iniParser) odd() { p.broken = append(p.broken, p.line) }

// head begins a section.
func (p *iniParser) head(bare string) {
	p.in, p.last, p.lost = nil, "", true
	if i := strings.LastIndexByte(bare, ']'); i > 0 {
		if rest := strings.TrimSpace(bare[i+1:]); rest == "" || rest[0] == '#' || rest[0] == ';' {
			bare = bare[:i+1]
		}
	}
	kind, name, ok := sectionName(bare, p.config)
	if !ok {
		p.odd()
		return
	}
	if kind == "" {
		return // the section of another tool
	}
	p.lost = false
	p.in = &section{kind: kind, name: name, at: p.line, settings: map[string]setting{}}
	p.sections = append(p.sections, p.in)
}

// sectionName reads the head of a section. In the config file a profile x is
// [profile x], and other things have sections too: [sso-session x],
// [services x], [plugins]. No kind is a section that is not read.
func sectionName(head string, config bool) (kind, name string, ok bool) {
	inner, closed := strings.CutSuffix(head[1:], "]")
	inner = strings.TrimSpace(inner)
	if !closed || inner == "" || strings.ContainsAny(inner, "[]=") {
		return "", "", false
	}
	if !config {
		return "profile", inner, true
	}
	word, name, several := strings.Cut(inner, " ")
	if tabbed, rest, found := strings.Cut(inner, "\t"); found && len(tabbed) < len(word) {
		word, name, several = tabbed, rest, true
	}
	if !several {
		if unquote(inner) == "default" {
			return "profile", "default", true
		}
		return "", "", true
	}
	switch word {
	case "profile", "sso-session", "services":
	default:
		return "", "", true
	}
	name = unquote(strings.TrimSpace(name))
	return word, name, name != ""
}

// unquote undoes the quotes that the AWS CLI puts around a name with spaces,
// which are a shell's: 'it'"'"'s mine'.
func unquote(s string) string {
	var out strings.Builder
	var quote rune
	for _, r := range s {
		switch {
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		default:
			out.WriteRune(r)
		}
	}
	if quote != 0 {
		return s // an apostrophe, and no quote
	}
	return out.String()
}

// below is an indented line: part of the setting above it.
func (p *iniParser) below(bare string) {
	if p.in == nil {
		p.stray()
		return
	}
	above, known := p.in.settings[p.last]
	key, value, ok := splitSetting(bare)
	switch {
	case !known && ok, known && above.value != "" && ok:
		p.set(splitSettingUncommented(bare)) // the SDK takes it for a setting of its own
	case known && above.value == "" && ok:
		if above.sub == nil {
			above.sub = map[string]setting{}
		}
		above.sub[key] = setting{value: value, at: p.line}
		p.in.settings[p.last] = above
	case known && above.value != "":
		above.value += "\n" + bare
		p.in.settings[p.last] = above
	default:
		p.odd()
	}
}

func (p *iniParser) set(key, value string) {
	if p.in == nil {
		p.stray()
		return
	}
	p.last = key
	p.in.settings[key] = setting{value: value, at: p.line}
}

// stray is a setting outside of the sections that are read. Of a broken head
// that one line is told, not each that follows it.
func (p *iniParser) stray() {
	if !p.lost {
		p.odd()
	}
}

func splitSettingUncommented(bare string) (key, value string) {
	key, value, _ = splitSetting(withoutComment(bare))
	return key, value
}

// splitSetting splits at the first = or, as the SDK does, at a colon before it.
func splitSetting(s string) (key, value string, ok bool) {
	i := strings.IndexAny(s, "=:")
	if i <= 0 {
		return "", "", false
	}
	value = strings.TrimSpace(s[i+1:])
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return strings.ToLower(strings.TrimSpace(s[:i])), value, true
}

// withoutComment leaves out what follows " #" or " ;".
func withoutComment(s string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		s, _, _ = strings.Cut(s, mark)
	}
	return strings.TrimRight(s, " \t")
}
