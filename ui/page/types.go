package page

import (
	"math"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// NewTypeTable is the table of the types of a region.
func NewTypeTable(th theme.Theme) *table.Table {
	t := table.New("types", "types", []table.Column{
		{Title: "Type", Sort: true},
		{Title: "vCPU", Right: true, Sort: true, Units: []string{"vcpus", "cpus", "cores"}},
		{Title: "Memory", Right: true, Sort: true, Units: []string{"gib", "gb"}},
		{Title: "GPU", Max: 17, Sort: true, Falls: true, Units: []string{"gpus"}},
		{Title: "Arch", Priority: 2},
		{Title: "Free", Priority: 1},
		{Title: "$ an hour", Right: true, Sort: true, Units: []string{"", "$", "/h"}},
		{Title: "$ a month", Right: true, Priority: 3, Units: []string{"/month"}},
	}, th)
	t.SetExample("gpu   arm   free   >=16gib   <=0.10")
	return t
}

// TypeRows are types with their prices, as far as these are known; asked is
// false while AWS is still asked for them.
func TypeRows(types []steps.InstanceType, prices steps.Prices, asked bool) []table.Row {
	rows := make([]table.Row, len(types))
	for i, t := range types {
		hour, month := wording.PriceCells(prices.Hour[t.Name], asked)
		row := table.Row{ID: t.Name, Words: archWords(t.Arch), Cells: []string{
			t.Name, strconv.Itoa(t.VCPU), wording.Memory(t.MemoryMiB), t.GPU, t.Arch, "", hour, month,
		}}
		if t.FreeTier {
			row.Cells[5] = "✓"
			row.Words += " free tier"
		}
		price, gpus := prices.Hour[t.Name], 0.0
		if price <= 0 {
			price = math.NaN() // not known, never free
		}
		if t.GPU != "" {
			row.Words += " gpu"
			count, _, _ := strings.Cut(t.GPU, " ")
			gpus, _ = strconv.ParseFloat(count, 64) // "4 × NVIDIA A10G"
		}
		row.Numbers = []float64{0, float64(t.VCPU), float64(t.MemoryMiB) / 1024, gpus, 0, 0, price, price * steps.HoursPerMonth}
		rows[i] = row
	}
	return rows
}

// archWords are other names of an architecture, to be found by.
func archWords(arch string) string {
	if arch == "amd64" {
		return "x86_64"
	}
	return "arm graviton"
}

// TableHeight is the room for a table, or less where its rows need less.
func TableHeight(t *table.Table, room int) int { return max(min(t.Len()+2, room), 3) }
