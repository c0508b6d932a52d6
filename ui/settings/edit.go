package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

// Set writes a value into the person's own file, and leaves all else in it as it
// is.
func (p Places) Set(k Key, text string) error {
	if err := k.Check(text); err != nil {
		return err
	}
	return p.edit(k, &text, func(d document) ([]byte, error) { return d.set(k, text) })
}

// Unset takes a value out of the person's own file; done is false where there is
// none.
func (p Places) Unset(k Key) (done bool, err error) {
	err = p.edit(k, nil, func(d document) ([]byte, error) {
		data, err := d.unset(k)
		done = err == nil && len(data) != len(d.data)
		return data, err
	})
	return done, err
}

// edit rewrites the person's own file. What is written is read again before, so
// that the setting is the text, or not set, and no other value is lost.
func (p Places) edit(k Key, text *string, change func(document) ([]byte, error)) error {
	old, err := readFile(p.User)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Fault{From: User, Where: p.User, Text: sayFile(err)}
	}
	d, line, err := parse(old)
	if err != nil {
		return Fault{From: User, Where: p.User, Line: line, Text: err.Error()}
	}
	changed, err := change(d)
	if err == nil && !holds(old, changed, k, text) {
		err = Fault{From: User, Where: p.User, Text: fmt.Sprintf("%s cannot be changed as the file is written: edit the file", k)}
	}
	if err != nil || bytes.Equal(old, changed) {
		return err
	}
	return writeFile(p.User, changed)
}

// holds reports whether the setting is the text now, or not set where that is
// nil, and all others are as they were.
func holds(old, changed []byte, k Key, text *string) bool {
	before, _ := read(User, old)
	after, _ := read(User, changed)
	if now, ok := after[k]; ok != (text != nil) || ok && now.Text != *text {
		return false
	}
	delete(before, k)
	delete(after, k)
	return maps.EqualFunc(before, after, func(a, b Value) bool { return a.Text == b.Text })
}

// find is the entry of a setting.
func (d document) find(k Key) (entry, bool) {
	i := slices.IndexFunc(d.entries, func(e entry) bool { at, fault := e.key(); return fault == "" && at == k && !d.unknownTable(e) })
	if i < 0 {
		return entry{}, false
	}
	return d.entries[i], true
}

// set is the document with another value.
func (d document) set(k Key, text string) ([]byte, error) {
	if e, ok := d.find(k); ok {
		return splice(d.data, e.value, e.to, written(k, text)), nil
	}
	if k.Tag() == "" {
		line := string(k) + " = " + written(k, text)
		return d.insert(line, func(e entry) bool { return e.table < 0 }), nil
	}
	name := bare(k.Tag())
	if isSetting(k.Tag()) {
		name = quoted(k.Tag()) // below the table the bare word is taken for the setting
	}
	for i, h := range d.headers {
		if len(h.path) == 1 && h.path[0] == tagsTable && !h.array {
			at := h.end
			for _, e := range d.entries {
				if e.table == i {
					at = d.lineEnd(e.to)
				}
			}
			return d.line(at, name+" = "+written(k, text)), nil
		}
	}
	ofTags := func(e entry) bool { return e.table < 0 && e.path[0] == tagsTable }
	switch i := slices.IndexFunc(d.entries, ofTags); {
	case i < 0:
		return d.line(len(d.data), d.gap()+"["+tagsTable+"]"+d.newline()+name+" = "+written(k, text)), nil
	case len(d.entries[i].path) == 1 && d.entries[i].kind != unstable.InlineTable:
		return nil, fmt.Errorf("the tags are no table in the file, line %d: edit the file", d.entries[i].line)
	case d.entries[i].kind == unstable.InlineTable:
		return nil, fmt.Errorf("the tags stand in one line of the file, line %d: edit the file, or write them as a table [tags]", d.entries[i].line)
	}
	return d.insert(tagPrefix+name+" = "+written(k, text), ofTags), nil
}

// insert puts a line after the last entry of a kind or, where there is none, above
// the tables.
func (d document) insert(line string, after func(entry) bool) []byte {
	at := -1
	for _, e := range d.entries {
		if after(e) && !e.inline {
			at = d.lineEnd(e.to)
		}
	}
	if at < 0 && len(d.headers) == 0 {
		at = len(d.data)
	}
	if at < 0 {
		at = d.headers[0].from
		for at > 0 && bytes.HasPrefix(bytes.TrimSpace(d.data[d.lineStart(at-1):at]), []byte("#")) {
			at = d.lineStart(at - 1) // the table's own comment
		}
		line += d.newline() // an empty line before the table
	}
	return d.line(at, line)
}

// line inserts a line at a place where one begins, or at the end.
func (d document) line(at int, text string) []byte {
	if at > 0 && d.data[at-1] != '\n' {
		text = d.newline() + text
	}
	return splice(d.data, at, at, text+d.newline())
}

// gap is an empty line, but at the beginning.
func (d document) gap() string {
	if len(d.data) == 0 {
		return ""
	}
	return d.newline()
}

// newline is how the file's lines end.
func (d document) newline() string {
	if i := bytes.IndexByte(d.data, '\n'); i > 0 && d.data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// unset is the document without a value.
func (d document) unset(k Key) ([]byte, error) {
	e, ok := d.find(k)
	switch {
	case !ok:
		return d.data, nil
	case e.inline:
		return nil, fmt.Errorf("%s stands in one line of the file with others, line %d: edit the file", k, e.line)
	}
	return splice(d.data, d.lineStart(e.from), d.lineEnd(e.to), ""), nil
}

func splice(data []byte, from, to int, with string) []byte {
	return slices.Concat(data[:from], []byte(with), data[to:])
}

// written is a value as a file has it.
func written(k Key, text string) string {
	if s, _ := k.setting(); s.number {
		return text
	}
	return quoted(text)
}

// bare is a key as a file has it.
func bare(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) {
		return quoted(name)
	}
	return name
}

// quoted is a text in TOML's quotes.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// writeFile writes a file that nobody else can read, whole or not at all. A link
// stays one: the file it leads to is written.
func writeFile(path string, data []byte) error {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	return private.WriteFile(path, data, 0o600)
}

// Template is what a new file begins with: all that can be set, as comments.
func Template() string {
	var b strings.Builder
	b.WriteString("# What new machines and the screen start from. Remove the # of a line to set it.\n")
	for _, k := range Keys() {
		text := k.BuiltIn()
		switch k {
		case Profile:
			text = "default"
		case Region:
			text = "eu-central-1"
		case Type:
			text = "t3.large"
		case Subnet:
			text = "subnet-0123456789abcdef0"
		case Folder:
			text = "~/work"
		default:
		}
		fmt.Fprintf(&b, "\n# %s\n# %s = %s\n", strings.ToUpper(k.About()[:1])+k.About()[1:], k, written(k, text))
	}
	b.WriteString("\n# A tag of everything that is created\n# " + tagPrefix + "team = \"lab\"\n")
	return b.String()
}

// Create writes the template where there is no file yet.
func (p Places) Create() error {
	if _, err := os.Stat(p.User); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeFile(p.User, []byte(Template()))
}
