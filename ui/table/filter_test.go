package table

import (
	"math"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// machines is a table of instance types with numbers, as the wizard has.
func machines() *Table {
	t := New("types", "types", []Column{
		{Title: "Type", Sort: true},
		{Title: "vCPU", Right: true, Units: []string{"vcpu", "cpus"}, Sort: true},
		{Title: "Memory", Right: true, Units: []string{"gib", "gb"}, Sort: true},
		{Title: "GPU", Units: []string{"gpus"}, Sort: true, Falls: true},
		{Title: "Arch"},
		{Title: "$ an hour", Right: true, Units: []string{"", "$"}, Sort: true},
	}, theme.New(true, false))
	t.SetSize(80, 20)
	var rows []Row
	for _, m := range []struct {
		name            string
		vcpu, gib       float64
		gpus            float64
		gpu, arch, also string
		price           float64
	}{
		{"t2.micro", 1, 1, 0, "", "amd64", "free", 0.0116},
		{"t3.large", 2, 8, 0, "", "amd64", "", 0.0832},
		{"t4g.large", 2, 8, 0, "", "arm64", "", 0.0672},
		{"m7g.xlarge", 4, 16, 0, "", "arm64", "", 0.1632},
		{"c5.16xlarge", 64, 128, 0, "", "amd64", "", math.NaN()},
		{"g4dn.xlarge", 4, 16, 1, "1 × NVIDIA T4", "amd64", "gpu", 0.526},
		{"g5.12xlarge", 48, 192, 4, "4 × NVIDIA A10G", "amd64", "gpu", 5.672},
	} {
		rows = append(rows, Row{
			ID: m.name, Words: m.also, Numbers: []float64{0, m.vcpu, m.gib, m.gpus, 0, m.price},
			Cells: []string{m.name, "vcpu", "16 GiB", m.gpu, m.arch, "0.0116"}, // no number is looked for in the text
		})
	}
	t.SetRows(rows)
	return t
}

func shown(t *Table) string {
	var ids []string
	for _, i := range t.shown {
		ids = append(ids, t.items[i].ID)
	}
	return strings.Join(ids, " ")
}

// The filter is read by what it means: words over the fields of words, numbers
// over what they count.
func TestFilterByMeaning(t *testing.T) {
	all := shown(machines())
	for filter, want := range map[string]string{
		"":                 all,
		"gpu":              "g4dn.xlarge g5.12xlarge",
		"nvidia":           "g4dn.xlarge g5.12xlarge",
		"ARM":              "t4g.large m7g.xlarge",
		"free":             "t2.micro",
		"16 gib":           "m7g.xlarge g4dn.xlarge",
		"16gib":            "m7g.xlarge g4dn.xlarge",
		"16 gb":            "m7g.xlarge g4dn.xlarge",
		"16g":              "m7g.xlarge g4dn.xlarge",
		"16":               "c5.16xlarge", // by its name, never by a price
		"0116":             "",
		"16xlarge":         "c5.16xlarge",
		">=16gib":          "m7g.xlarge c5.16xlarge g4dn.xlarge g5.12xlarge",
		">= 16 gib":        "m7g.xlarge c5.16xlarge g4dn.xlarge g5.12xlarge",
		">=16gib arm":      "m7g.xlarge",
		">16 gib gpu":      "g5.12xlarge",
		"<8gib":            "t2.micro",
		"=8gib <=0.07":     "t4g.large",
		"<=0.10":           "t2.micro t3.large t4g.large",
		"<= $0.10":         "t2.micro t3.large t4g.large",
		"<=.10$":           "t2.micro t3.large t4g.large",
		">0":               "t2.micro t3.large t4g.large m7g.xlarge g4dn.xlarge g5.12xlarge", // a price that is not known is neither
		"4vcpu":            "m7g.xlarge g4dn.xlarge",
		">=48 vcpu gpu":    "g5.12xlarge",
		">=2gpus":          "g5.12xlarge",
		">=":               all,
		"arm >=":           "t4g.large m7g.xlarge",
		">=16parsecs":      "",
		"nothing like it":  "",
		"large >=4vcpu t4": "g4dn.xlarge",
	} {
		tb := machines()
		tb.SetFilter(filter)
		if got := shown(tb); got != want {
			t.Errorf("%q finds %q, want %q", filter, got, want)
		}
	}
	tb := machines()
	tb.SetFilter("nothing")
	if view := strings.Join(plain(tb), "\n"); !strings.Contains(view, `No types match "nothing".`) {
		t.Errorf("got:\n%s", view)
	}
}

// Opened again, a filter is replaced by what is typed; who moves in it first
// changes it.
func TestAFilterOpenedAgainIsReplaced(t *testing.T) {
	for keys, want := range map[string]string{
		"/ x t 3":         "xt3",
		"/ right x":       "g5.x",
		"/ left x":        "g5x.",
		"/ backspace":     "",
		"/ backspace a b": "ab",
		"/ down enter":    "g5.",
	} {
		tb := machines()
		press(tb, "/")
		typed(tb, "g5.")
		press(tb, "enter")
		for _, k := range strings.Fields(keys) {
			press(tb, k)
		}
		if got := tb.Filter(); got != want {
			t.Errorf("%s makes the filter %q, want %q", keys, got, want)
		}
	}
}

// The columns are sorted by in turn, and then the rows stand as they came. The
// row under the cursor stays under it.
func TestSort(t *testing.T) {
	tb := machines()
	all := shown(tb)
	tb.Select("t3.large")
	for i, want := range []string{
		"c5.16xlarge g4dn.xlarge g5.12xlarge m7g.xlarge t2.micro t3.large t4g.large",
		"t2.micro t3.large t4g.large m7g.xlarge g4dn.xlarge g5.12xlarge c5.16xlarge",
		"t2.micro t3.large t4g.large m7g.xlarge g4dn.xlarge c5.16xlarge g5.12xlarge",
		"g5.12xlarge g4dn.xlarge t2.micro t3.large t4g.large m7g.xlarge c5.16xlarge",
		"t2.micro t4g.large t3.large m7g.xlarge g4dn.xlarge g5.12xlarge c5.16xlarge",
		all,
	} {
		tb.SortNext()
		if got := shown(tb); got != want {
			t.Errorf("sort %d: %s, want %s", i+1, got, want)
		}
		at(t, tb, "t3.large")
	}
	for range 5 {
		tb.SortNext()
	}
	tb.SortBack()
	if got, want := shown(tb), "g5.12xlarge g4dn.xlarge m7g.xlarge t3.large t4g.large t2.micro c5.16xlarge"; got != want {
		t.Errorf("dearest first: %s, want %s", got, want)
	}
	if head := plain(tb)[0]; !strings.Contains(head, "$ an hour↓") {
		t.Errorf("the header does not say so: %q", head)
	}
	tb.SetFilter("arm")
	if got := shown(tb); got != "m7g.xlarge t4g.large" {
		t.Errorf("filtered: %s", got)
	}
}
