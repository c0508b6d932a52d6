package settings

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a file as TOML has it, with the place of everything in it.
type document struct {
	data    []byte
	entries []entry
	headers []header
}

// entry is a key with its value.
type entry struct {
	path []string // with its table's
	// table is the index of the header it stands under, or -1.
	table  int
	inline bool // in an inline table
	quoted bool // its key is in quotes
	kind   unstable.Kind
	text   string // of a text: what it says; else as it is written
	line   int
	// from and to are where "key = value" begins and ends, and value where the
	// value begins.
	from, value, to int
}

// header is the head of a table.
type header struct {
	path    []string
	array   bool
	line    int
	from    int // where its line begins
	to, end int // where its key ends, and its line
}

// parse reads a document. The error tells its line.
func parse(data []byte) (document, int, error) {
	d := document{data: data}
	p := unstable.Parser{}
	p.Reset(data)
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			d.header(&p, n)
		case unstable.KeyValue:
			table := len(d.headers) - 1
			var path []string
			if table >= 0 {
				path = d.headers[table].path
			}
			d.entry(&p, n, path, table, false)
		default:
		}
	}
	err := p.Error()
	if err == nil {
		return d, 0, nil
	}
	line := 1 + bytes.Count(data, []byte("\n"))
	if at, ok := errors.AsType[*unstable.ParserError](err); ok && len(at.Highlight) > 0 {
		line = p.Shape(p.Range(at.Highlight)).Start.Line
	}
	return d, line, fmt.Errorf("this is not TOML: %w", err)
}

func (d *document) header(p *unstable.Parser, n *unstable.Node) {
	path, at := keys(n)
	start := p.Shape(at).Start
	h := header{
		path: path, array: n.Kind == unstable.ArrayTable, line: start.Line,
		from: start.Offset - start.Column + 1, to: int(at.Offset + at.Length),
	}
	h.end = d.lineEnd(h.to)
	d.headers = append(d.headers, h)
}

// entry takes a key with its value, and those of an inline table.
func (d *document) entry(p *unstable.Parser, n *unstable.Node, above []string, table int, inline bool) {
	path, last := keys(n)
	v := n.Value()
	e := entry{
		path: append(append([]string(nil), above...), path...), table: table, inline: inline, kind: v.Kind,
		line: p.Shape(n.Raw).Start.Line, from: int(n.Raw.Offset), to: int(n.Raw.Offset + n.Raw.Length),
	}
	e.quoted = d.data[last.Offset] == '"' || d.data[last.Offset] == '\''
	e.value = int(last.Offset + last.Length)
	e.value += len(d.data[e.value:e.to]) - len(bytes.TrimLeft(d.data[e.value:e.to], " \t="))
	if e.text = string(d.data[e.value:e.to]); v.Kind == unstable.String {
		e.text = string(v.Data)
	}
	d.entries = append(d.entries, e)
	if v.Kind == unstable.InlineTable {
		for in := v.Children(); in.Next(); {
			if in.Node().Kind == unstable.KeyValue {
				d.entry(p, in.Node(), e.path, table, true)
			}
		}
	}
}

// keys are the parts of a key, and where the last one stands.
func keys(n *unstable.Node) (path []string, last unstable.Range) {
	for k := n.Key(); k.Next(); {
		if k.Node().Kind == unstable.Key {
			path, last = append(path, string(k.Node().Data)), k.Node().Raw
		}
	}
	return path, last
}

// lineEnd is where the line ends that at is in, after its line break.
func (d *document) lineEnd(at int) int {
	if i := bytes.IndexByte(d.data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(d.data)
}

// lineStart is where the line begins that at is in.
func (d *document) lineStart(at int) int { return bytes.LastIndexByte(d.data[:at], '\n') + 1 }

// key is the setting that an entry is for, or what is wrong with it. By TOML's
// rule a setting below the table is a tag, which is hardly what was meant.
func (e entry) key() (k Key, fault string) {
	switch {
	case e.path[0] == tagsTable && len(e.path) == 2 && e.table >= 0 && !e.quoted && isSetting(e.path[1]):
		return "", fmt.Sprintf("%[1]s under [tags] is a tag: move it above [tags], or write %[1]q in quotes where a tag is meant", e.path[1])
	case e.path[0] == tagsTable && len(e.path) == 2 && e.path[1] != "":
		return TagKey(e.path[1]), ""
	case e.path[0] == tagsTable:
		return "", "tags are a table: write [tags], and below it a line for each, such as team = \"lab\""
	case len(e.path) > 1:
		return "", unknown(strings.Join(e.path, "."))
	}
	k = Key(e.path[0])
	if _, ok := k.setting(); !ok || k.Tag() != "" {
		return "", unknown(e.path[0])
	}
	return k, ""
}

// value is the entry's value as a flag takes it.
func (e entry) flagText(k Key) (string, error) {
	s, _ := k.setting()
	switch {
	case s.number && e.kind == unstable.Integer:
		n, err := strconv.ParseInt(e.text, 0, 32)
		if err != nil {
			return "", fmt.Errorf("%s cannot be used", e.text)
		}
		return strconv.FormatInt(n, 10), nil
	case s.number:
		return "", fmt.Errorf("a whole number is needed, such as %s = %s, not %s", k, s.builtIn, string(shortened(e.written())))
	case e.kind == unstable.String, e.kind == unstable.Integer && (s.span || k.Tag() != ""):
		return e.text, nil
	}
	return "", fmt.Errorf("a text in quotes is needed, not %s", string(shortened(e.written())))
}

// written is the value as it stands in the file.
func (e entry) written() string {
	if e.kind == unstable.String {
		return strconv.Quote(e.text)
	}
	return e.text
}

func shortened(text string) []rune {
	const most = 40
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > most {
		r = append(r[:most], '…')
	}
	return r
}
