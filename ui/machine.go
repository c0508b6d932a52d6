package ui

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	taskTypes  page.TaskName = "types"
	taskPrices page.TaskName = page.Quiet + "prices"
)

// The parts of the machine page, in Tab's order.
const (
	partTypes = iota
	partDisk
	partImage
	machineParts
)

// machineScreen asks for the image, the instance type and the disk.
type machineScreen struct {
	place   steps.Place // what the types are of
	types   []steps.InstanceType
	prices  steps.Prices
	noPrice string // why there are no prices, or empty
	table   *table.Table
	disk    *page.Field
	part    int
	failure page.Failure
	wrong   string // what is wrong with the answers
}

func newMachineScreen(m *model) machineScreen {
	return machineScreen{
		disk:  page.NewField(strconv.Itoa(m.answers.DiskGB), "", 5),
		table: page.NewTypeTable(m.Theme),
	}
}

// start shows the answers that a new setup starts from.
func (s *machineScreen) start(m *model) {
	s.disk.Set(strconv.Itoa(m.answers.DiskGB))
	if len(s.types) > 0 {
		s.table.Select(s.preferred(m.answers.Type))
	}
}

func (s *machineScreen) enter(m *model) tea.Cmd {
	if s.place == m.place() && len(s.types) > 0 {
		return s.fetchPrices(m)
	}
	return s.fetch(m)
}

func (s *machineScreen) fetch(m *model) tea.Cmd {
	s.failure.Set(nil)
	s.types, s.prices, s.noPrice = nil, steps.Prices{}, ""
	place := m.place()
	return m.Start(taskTypes, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := m.Engine.Types(ctx, place)
		return typesFetched{id, place, list, err}
	})
}

func (s *machineScreen) fetched(m *model, msg typesFetched) tea.Cmd {
	if !m.Tasks.Done(taskTypes, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.place, s.types = msg.place, msg.list
	s.fill()
	s.table.Select(s.preferred(m.answers.Type))
	return s.fetchPrices(m)
}

// preferred is the type chosen before if the region has it, else the default.
func (s *machineScreen) preferred(want string) string {
	for _, t := range s.types {
		if t.Name == want {
			return want
		}
	}
	return steps.DefaultTypeFor(s.types)
}

// fetchPrices asks for the prices, which come later than the types.
func (s *machineScreen) fetchPrices(m *model) tea.Cmd {
	if s.prices.Hour != nil || m.Tasks.Runs(taskPrices) {
		return nil
	}
	place := s.place
	s.noPrice = ""
	return m.Start(taskPrices, func(ctx context.Context, id page.TaskID) tea.Msg {
		prices, err := m.Engine.Prices(ctx, place)
		return pricesFetched{id, prices, err}
	})
}

func (s *machineScreen) priced(m *model, msg pricesFetched) {
	if !m.Tasks.Done(taskPrices, msg.id) {
		return
	}
	if msg.err != nil {
		s.noPrice = page.Clean(steps.Explain(msg.err).Title)
	}
	s.prices = msg.prices
	s.fill()
}

func (s *machineScreen) fill() { s.table.SetRows(page.TypeRows(s.types, s.prices, s.noPrice)) }

func (s *machineScreen) price(name string) (hour, month string) {
	return page.TypePrice(s.prices, s.noPrice, name)
}

func (s *machineScreen) typing() page.Typist {
	switch {
	case s.part == partTypes && s.table.Filtering():
		return page.TypingFilter(s.table)
	case s.part == partDisk:
		return s.disk
	}
	return nil
}

func (s *machineScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if s.failure.Is() {
		if k.String() == "r" {
			return s.fetch(m), true
		}
		return nil, s.failure.Key(k)
	}
	if len(s.types) == 0 {
		return nil, false
	}
	if s.part == partTypes && s.table.Filtering() {
		_, cmd := s.table.Update(k)
		return cmd, true
	}
	s.wrong = ""
	switch k.String() {
	case "/":
		s.part = partTypes // and there it opens the filter, wherever the keys went
	case "tab":
		s.part = (s.part + 1) % machineParts
		return nil, true
	case "shift+tab":
		s.part = (s.part + machineParts - 1) % machineParts
		return nil, true
	case "enter":
		return s.take(m), true
	}
	return s.partKey(m, k)
}

func (s *machineScreen) partKey(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch s.part {
	case partTypes:
		if page.SortKey(s.table, k) {
			return nil, true
		}
		taken, cmd := s.table.Update(k)
		return cmd, taken
	case partDisk:
		switch k.String() {
		case "esc":
			return nil, false
		case "up":
			s.disk.Set(strconv.Itoa(s.gigabytes() + 1))
		case "down":
			s.disk.Set(strconv.Itoa(max(s.gigabytes()-1, steps.MinDiskGB)))
		default:
			s.disk.Update(k)
		}
		return nil, true
	}
	switch k.String() {
	case "left", "h", "up", "k":
		s.moveImage(m, -1)
	case "right", "l", "down", "j", "space":
		s.moveImage(m, +1)
	default:
		return nil, false
	}
	return nil, true
}

func (s *machineScreen) gigabytes() int {
	n, err := strconv.Atoi(s.disk.Value())
	if err != nil {
		return 0
	}
	return n
}

func (s *machineScreen) moveImage(m *model, by int) {
	list := steps.Releases()
	for i, r := range list {
		if r.Version == m.answers.Release {
			m.answers.Release = list[(i+by+len(list))%len(list)].Version
			return
		}
	}
	m.answers.Release = steps.DefaultRelease
}

func (s *machineScreen) take(m *model) tea.Cmd {
	row, ok := s.table.Selected()
	gb := s.gigabytes()
	switch {
	case !ok:
		s.wrong = "No type matches the search: change or clear it with /."
	case gb < steps.MinDiskGB || gb > steps.MaxDiskGB:
		s.part = partDisk
		s.wrong = fmt.Sprintf("The disk can have %d to %d GB.", steps.MinDiskGB, steps.MaxDiskGB)
	default:
		m.answers.Type, m.answers.DiskGB = row.ID, gb
		return m.next()
	}
	return nil
}

func (s *machineScreen) hints(m *model) []page.Hint {
	switch {
	case s.failure.Is():
		return append(s.failure.Hints(), page.Hint{"esc", "back"})
	case s.part == partTypes && s.table.Filtering():
		return []page.Hint{{"enter", "keep filter"}, {"esc", "clear"}}
	case s.part == partTypes:
		return []page.Hint{{"enter", "continue"}, {"/", "filter"}, {"s", "sort"}, {"tab", "disk, image"}, {"esc", "back"}, {"↑↓", "type"}, {"S", "sort the other way"}}
	case s.part == partDisk:
		return []page.Hint{{"enter", "continue"}, {"↑↓", "size"}, {"tab", "image"}, {"esc", "back"}}
	}
	return []page.Hint{{"enter", "continue"}, {"←→", "image"}, {"tab", "types"}, {"esc", "back"}}
}

func (s *machineScreen) view(m *model, w, h int) string {
	switch {
	case s.failure.Is():
		return strings.Join(s.failure.Lines(m.Theme, w), "\n")
	case len(s.types) == 0 && m.Tasks.Runs(taskTypes):
		return m.Waiting("Asking EC2 which types " + m.answers.Region + " has …")
	}
	lines := []string{
		page.ZoneOf(page.ZonePart, partImage, s.imageLine(m, w)), page.ZoneOf(page.ZonePart, partDisk, s.diskLine(m)),
		page.ZoneOf(page.ZonePart, partTypes, s.typeLine(m, w)), "",
	}
	foot := page.Paragraph(m.Theme.Warn, s.wrong, w)
	if s.wrong == "" && s.noPrice != "" {
		foot = page.Paragraph(m.Theme.Subtle, "Prices are unknown: "+s.noPrice, w)
	}
	s.table.SetFocused(s.part == partTypes)
	s.table.SetSize(min(w, 100), tableHeight(s.table, h-len(lines)-len(foot)))
	lines = append(lines, page.ZonesOf(page.ZonePart, partTypes, strings.Split(s.table.View(), "\n"))...)
	return strings.Join(append(lines, foot...), "\n")
}

func (s *machineScreen) imageLine(m *model, w int) string {
	line := page.Arrow(m.Theme, s.part == partImage) + m.Theme.Subtle.Render(cells.Fit("Ubuntu", 8))
	for _, r := range steps.Releases() {
		on := r.Version == m.answers.Release
		style := m.Theme.Text
		if on {
			style = m.Theme.Heading
			if s.part == partImage {
				style = m.Theme.TableSelected
			}
		}
		pick := page.Radio(m.Theme, on) + style.Render(r.Version)
		if on && r.Note != "" { // right behind the release that it is about
			pick += " " + m.releaseNote(r.Note)
		}
		line += cells.Zone(page.ZonePick+"release:"+r.Version, pick) + "   "
	}
	return cells.Fit(line, w)
}

func (m *model) releaseNote(note string) string {
	if strings.Contains(note, "past") {
		return m.Theme.Warn.Render("! " + note)
	}
	return m.Theme.Subtle.Render("(" + note + ")")
}

// typeLine is the type under the cursor with all that is known of it: on a
// narrow screen the table has no room for every column.
func (s *machineScreen) typeLine(m *model, w int) string {
	line := page.Arrow(m.Theme, s.part == partTypes) + m.Theme.Subtle.Render(cells.Fit("Type", 8))
	row, _ := s.table.Selected()
	for _, t := range s.types {
		if t.Name != row.ID {
			continue
		}
		facts := []string{fmt.Sprintf("%d vCPU", t.VCPU), wording.Memory(t.MemoryMiB), t.Arch}
		if t.FreeTier {
			facts = append(facts, "free tier")
		}
		if hour, month := s.price(t.Name); hour == "unknown" {
			facts = append(facts, "price unknown")
		} else if hour != "…" {
			facts = append(facts, "$"+month+" a month")
		}
		if t.GPU != "" {
			facts = append(facts, t.GPU)
		}
		line += m.Theme.Heading.Render(t.Name) + m.Theme.Subtle.Render("   "+page.Clean(strings.Join(facts, " · ")))
	}
	return cells.Fit(line, w)
}

func (s *machineScreen) diskLine(m *model) string {
	line := page.Arrow(m.Theme, s.part == partDisk) + m.Theme.Subtle.Render(cells.Fit("Disk", 8)) +
		s.disk.View(m.Theme, 6, s.part == partDisk) + m.Theme.Text.Render(" GB")
	if s.prices.GP3 > 0 {
		line += m.Theme.Subtle.Render(fmt.Sprintf("   %s a month, encrypted gp3", wording.Monthly(s.prices.GP3*float64(s.gigabytes()))))
	}
	return line
}
