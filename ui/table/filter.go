package table

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// term is one of the things a filter asks for: a word, or a number with what
// it counts.
type term struct {
	word    string
	compare string // "<", "<=", "=", ">=" or ">"; empty for a word
	number  float64
	columns []int // whose numbers are compared
}

// quantity is a number with a comparison before it and a unit behind it, each
// of which may be missing.
var quantity = regexp.MustCompile(`^(<=|>=|<|>|=)?(\$)?(\d+\.?\d*|\.\d+)(\$|[a-z/]*)$`)

// terms reads a filter. A number and its unit may stand apart, and so may a
// comparison and its number.
func (t *Table) terms(filter string) []term {
	words := strings.Fields(strings.ToLower(filter))
	var terms []term
	for len(words) > 0 {
		// The longest first: "16 gib" is one thing, and "16" another.
		for n := min(3, len(words)); n > 0; n-- {
			if term, ok := t.term(strings.Join(words[:n], ""), n > 1); ok {
				terms, words = append(terms, term), words[n:]
				break
			}
		}
	}
	return terms
}

// term reads one term; joined ones can only be numbers that a column counts.
func (t *Table) term(text string, joined bool) (term, bool) {
	parts := quantity.FindStringSubmatch(text)
	if parts == nil {
		return term{word: text}, !joined
	}
	compare, unit := parts[1], cmp.Or(parts[4], parts[2])
	columns := t.counting(unit)
	if len(columns) == 0 || compare == "" && unit == "" {
		return term{word: text}, !joined
	}
	number, _ := strconv.ParseFloat(parts[3], 64) // the expression takes numbers only
	return term{compare: cmp.Or(compare, "="), number: number, columns: columns}, true
}

// counting are the columns whose numbers have the unit, or one that begins
// like it: it is still being typed.
func (t *Table) counting(unit string) []int {
	var columns []int
	for c, column := range t.columns {
		if slices.ContainsFunc(column.Units, func(u string) bool { return u == unit || unit != "" && strings.HasPrefix(u, unit) }) {
			columns = append(columns, c)
		}
	}
	return columns
}

// holds reports whether a row has what the term asks for.
func (t term) holds(it item) bool {
	if t.compare == "" {
		return strings.Contains(it.text, t.word) || t.isComparison()
	}
	return slices.ContainsFunc(t.columns, func(c int) bool {
		got := it.number(c)
		switch t.compare {
		case "<":
			return got < t.number
		case "<=":
			return got <= t.number
		case ">=":
			return got >= t.number
		case ">":
			return got > t.number
		}
		return got == t.number
	})
}

// isComparison reports whether the word is a comparison whose number is still to
// be typed: it hides nothing yet.
func (t term) isComparison() bool { return strings.Trim(t.word, "<>=$") == "" }

// number is the row's number in a column; NaN, which is neither more nor less
// than any, where there is none.
func (it item) number(column int) float64 {
	if column < len(it.Numbers) {
		return it.Numbers[column]
	}
	return math.NaN()
}

// SortNext sorts by the next column that can be sorted by, and after the last
// one not at all.
func (t *Table) SortNext() {
	next := slices.IndexFunc(t.columns[t.sorted:], func(c Column) bool { return c.Sort })
	if next < 0 {
		t.sorted = 0
	} else {
		t.sorted += next + 1
		t.falling = t.columns[t.sorted-1].Falls
	}
	t.refilter()
}

// SortBack turns the order round.
func (t *Table) SortBack() {
	t.falling = !t.falling
	t.refilter()
}

// sort puts the rows that are shown in order. Those without a number come last.
func (t *Table) sort() {
	c := t.sorted - 1
	if c < 0 {
		return
	}
	sign := 1
	if t.falling {
		sign = -1
	}
	slices.SortStableFunc(t.shown, func(a, b int) int {
		x, y := t.items[a], t.items[b]
		n, m := x.number(c), y.number(c)
		switch {
		case len(t.columns[c].Units) == 0:
			return sign * strings.Compare(x.cells[c], y.cells[c])
		case math.IsNaN(n) || math.IsNaN(m):
			return boolInt(math.IsNaN(n)) - boolInt(math.IsNaN(m))
		}
		return sign * cmp.Compare(n, m)
	})
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
