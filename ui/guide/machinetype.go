package guide

import (
	"context"
	"fmt"
	"slices"
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

// MachineType asks for the image, the instance type and the disk.
type MachineType struct {
	*Guide
	place   steps.Place // what the types are of
	types   []steps.InstanceType
	prices  steps.Prices
	noPrice string // why there are no prices, or empty
	table   *table.Table
	images  []steps.Image // the user's own, as far as they have come
	disk    *page.Field
	part    int
	failure page.Failure
	wrong   string // what is wrong with the answers
}

// NewMachineType makes the page.
func NewMachineType(g *Guide) *MachineType {
	return &MachineType{
		Guide: g,
		disk:  page.NewField(strconv.Itoa(g.Answers.DiskGB), "", 5),
		table: page.NewTypeTable(g.Theme),
	}
}

// start shows the answers that a new setup starts from.
func (s *MachineType) start() {
	s.disk.Set(strconv.Itoa(s.Answers.DiskGB))
	if len(s.types) > 0 {
		s.table.Select(s.preferred(s.Answers.Type))
	}
}

// Enter implements [page.Page].
func (s *MachineType) Enter() tea.Cmd {
	if s.place == s.Place() && len(s.types) > 0 {
		return tea.Batch(s.fetchPrices(), s.fetchImages())
	}
	s.images = nil
	return tea.Batch(s.fetch(), s.fetchImages())
}

// Leave implements [page.Page].
func (s *MachineType) Leave() {
	s.Tasks.Stop(taskTypes)
	s.Tasks.Stop(taskPrices)
	s.Tasks.Stop(taskImages)
}

// Update implements [page.Page].
func (s *MachineType) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case typesFetched:
		return s.fetched(msg)
	case pricesFetched:
		s.priced(msg)
	case imagesListed:
		s.imagesCame(msg)
	case Begun:
		s.start()
	case page.Restyled:
		s.table.SetTheme(s.Theme)
	}
	return nil
}

func (s *MachineType) fetch() tea.Cmd {
	s.failure.Set(nil)
	s.types, s.prices, s.noPrice = nil, steps.Prices{}, ""
	place := s.Place()
	return s.Start(taskTypes, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := s.Engine.Types(ctx, place)
		return typesFetched{id, place, list, err}
	})
}

func (s *MachineType) fetched(msg typesFetched) tea.Cmd {
	if !s.Tasks.Done(taskTypes, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.place, s.types = msg.place, msg.list
	s.fill()
	s.table.Select(s.preferred(s.Answers.Type))
	return s.fetchPrices()
}

// preferred is the type chosen before if the region has it, else the default.
func (s *MachineType) preferred(want string) string {
	for _, t := range s.types {
		if t.Name == want {
			return want
		}
	}
	return steps.DefaultTypeFor(s.types)
}

// fetchPrices asks for the prices, which come later than the types.
func (s *MachineType) fetchPrices() tea.Cmd {
	if s.prices.Hour != nil || s.Tasks.Runs(taskPrices) {
		return nil
	}
	place := s.place
	s.noPrice = ""
	return s.Start(taskPrices, func(ctx context.Context, id page.TaskID) tea.Msg {
		prices, err := s.Engine.Prices(ctx, place)
		return pricesFetched{id, prices, err}
	})
}

func (s *MachineType) priced(msg pricesFetched) {
	if !s.Tasks.Done(taskPrices, msg.id) {
		return
	}
	if msg.err != nil {
		s.noPrice = page.Clean(steps.Explain(msg.err).Title)
	}
	s.prices = msg.prices
	s.fill()
}

func (s *MachineType) fill() { s.table.SetRows(page.TypeRows(s.types, s.prices, s.asked())) }

// asked reports whether AWS has answered what the types cost, or does not.
func (s *MachineType) asked() bool { return s.prices.Hour != nil || s.noPrice != "" }

// Typing implements [page.Page].
func (s *MachineType) Typing() page.Typist {
	switch {
	case s.part == partTypes && s.table.Filtering():
		return page.TypingFilter(s.table)
	case s.part == partDisk:
		return s.disk
	}
	return nil
}

// Keys implements [page.Page].
func (s *MachineType) Keys() page.Keys {
	switch {
	case s.failure.Is():
		return append(s.failure.Keys("r", s.fetch), page.Tell("esc", "back"))
	case len(s.types) == 0:
		return page.Keys{page.Tell("esc", "back")}
	case s.part == partTypes && s.table.Filtering():
		return page.Keys{page.Tell("enter", "keep filter"), page.Tell("esc", "clear"), page.Table(s.table)}
	}
	keys := page.Keys{
		page.First(func() { s.wrong = "" }),
		page.On("enter", "continue", s.take),
		page.Set("shift+tab", "", func() { s.part = (s.part + machineParts - 1) % machineParts }),
	}
	switch s.part {
	case partTypes:
		return append(keys, s.typeKeys()...)
	case partDisk:
		return append(keys, s.diskKeys()...)
	}
	arrows := "←→"
	if len(s.images) > 0 { // which stand below each other
		arrows = "↑↓←→"
	}
	return append(append(keys, s.filter("")),
		page.Set("left h up k", "image", func() { s.moveImage(-1) }).As(arrows),
		page.Set("right l down j space", "", func() { s.moveImage(+1) }),
		s.tab("types"), page.Tell("esc", "back"))
}

func (s *MachineType) typeKeys() page.Keys {
	return page.Keys{
		s.filter("filter"),
		page.Set("s", "sort", s.table.SortNext), s.tab("disk, image"),
		page.Tell("esc", "back"), page.Tell("↑↓", "type"),
		page.Set("S", "sort the other way", s.table.SortBack), page.Table(s.table),
	}
}

func (s *MachineType) diskKeys() page.Keys {
	grow := func() { s.disk.Set(strconv.Itoa(s.gigabytes() + 1)) }
	shrink := func() { s.disk.Set(strconv.Itoa(max(s.gigabytes()-1, steps.MinDiskGB))) }
	return page.Keys{
		s.filter(""), page.Set("up", "size", grow).As("↑↓"), page.Set("down", "", shrink),
		s.tab("image"), page.Tell("esc", "back"),
		page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
			if k.String() == "esc" {
				return nil, false
			}
			s.disk.Update(k)
			return nil, true
		}),
	}
}

func (s *MachineType) tab(does string) page.Binding[tea.Cmd] {
	return page.Set("tab", does, func() { s.part = (s.part + 1) % machineParts })
}

// filter opens the table's filter, wherever the keys went.
func (s *MachineType) filter(does string) page.Binding[tea.Cmd] {
	b := page.On("/", does, func() tea.Cmd { s.part = partTypes; return nil })
	b.Do = func(k tea.KeyPressMsg) (tea.Cmd, bool) {
		s.part = partTypes
		_, cmd := s.table.Update(k)
		return cmd, true
	}
	return b
}

func (s *MachineType) gigabytes() int {
	n, err := strconv.Atoi(s.disk.Value())
	if err != nil {
		return 0
	}
	return n
}

func (s *MachineType) take() tea.Cmd {
	row, ok := s.table.Selected()
	gb := s.gigabytes()
	switch {
	case !ok:
		s.wrong = "No type matches the search: change or clear it with /."
	case gb < steps.MinDiskGB || gb > steps.MaxDiskGB:
		s.part = partDisk
		s.wrong = fmt.Sprintf("The disk can have %d to %d GB.", steps.MinDiskGB, steps.MaxDiskGB)
	case s.imageFits(row.ID, gb) != "":
		s.wrong = s.imageFits(row.ID, gb)
	default:
		s.Answers.Type, s.Answers.DiskGB = row.ID, gb
		return s.Next()
	}
	return nil
}

// View implements [page.Page].
func (s *MachineType) View(w, h int) string {
	switch {
	case s.failure.Is():
		return strings.Join(s.failure.Lines(s.Theme, w), "\n")
	case len(s.types) == 0 && s.Tasks.Runs(taskTypes):
		return s.Waiting("Asking EC2 which types " + s.Answers.Region + " has …")
	}
	lines := append([]string{page.ZoneOf(page.ZonePart, partImage, s.imageLine(w))}, s.ownLines(w)...)
	lines = append(lines, page.ZoneOf(page.ZonePart, partDisk, s.diskLine()), page.ZoneOf(page.ZonePart, partTypes, s.typeLine(w)), "")
	foot := page.Paragraph(s.Theme.Warn, s.wrong, w)
	if s.wrong == "" && s.noPrice != "" {
		foot = page.Paragraph(s.Theme.Subtle, "Prices are unknown: "+s.noPrice, w)
	} else if s.wrong == "" {
		foot = page.Paragraph(s.Theme.Subtle, wording.PricesAged(s.prices, s.Now()), w)
	}
	s.table.SetFocused(s.part == partTypes)
	s.table.SetSize(min(w, 100), page.TableHeight(s.table, h-len(lines)-len(foot)))
	lines = append(lines, page.ZonesOf(page.ZonePart, partTypes, strings.Split(s.table.View(), "\n"))...)
	return strings.Join(append(lines, foot...), "\n")
}

func (s *MachineType) imageLine(w int) string {
	line := page.Arrow(s.Theme, s.part == partImage && s.ownImage() == nil) + s.Theme.Subtle.Render(cells.Fit("Ubuntu", 8))
	for _, r := range steps.Releases() {
		on := r.Version == s.Answers.Release && s.Answers.Image == ""
		style := s.Theme.Text
		if on {
			style = s.Theme.Heading
			if s.part == partImage {
				style = s.Theme.TableSelected
			}
		}
		pick := page.Radio(s.Theme, on) + style.Render(r.Version)
		if on && r.Note != "" { // right behind the release that it is about
			pick += " " + s.releaseNote(r.Note)
		}
		line += cells.Zone(page.ZonePick+"release:"+r.Version, pick) + "   "
	}
	return cells.Fit(line, w)
}

func (s *MachineType) releaseNote(note string) string {
	if strings.Contains(note, "past") {
		return s.Theme.Warn.Render("! " + note)
	}
	return s.Theme.Subtle.Render("(" + note + ")")
}

// typeLine is the type under the cursor with all that is known of it: on a
// narrow screen the table has no room for every column.
func (s *MachineType) typeLine(w int) string {
	line := page.Arrow(s.Theme, s.part == partTypes) + s.Theme.Subtle.Render(cells.Fit("Type", 8))
	row, _ := s.table.Selected()
	for _, t := range s.types {
		if t.Name != row.ID {
			continue
		}
		facts := []string{fmt.Sprintf("%d vCPU", t.VCPU), wording.Memory(t.MemoryMiB), t.Arch}
		if t.FreeTier {
			facts = append(facts, "free tier")
		}
		if price := wording.PriceAMonth(s.prices.Hour[t.Name], s.asked()); price != "" {
			facts = append(facts, price)
		}
		if t.GPU != "" {
			facts = append(facts, t.GPU)
		}
		line += s.Theme.Heading.Render(t.Name) + s.Theme.Subtle.Render("   "+page.Clean(strings.Join(facts, " · ")))
	}
	return cells.Fit(line, w)
}

func (s *MachineType) diskLine() string {
	line := page.Arrow(s.Theme, s.part == partDisk) + s.Theme.Subtle.Render(cells.Fit("Disk", 8)) +
		s.disk.View(s.Theme, 6, s.part == partDisk) + s.Theme.Text.Render(" GB")
	if s.prices.GP3 > 0 {
		line += s.Theme.Subtle.Render(fmt.Sprintf("   %s a month, encrypted gp3", wording.Monthly(s.prices.GP3*float64(s.gigabytes()))))
	}
	return line
}

// Point implements [page.Page].
func (s *MachineType) Point(p page.Pointed) tea.Cmd {
	if s.failure.Is() || len(s.types) == 0 {
		return nil
	}
	if part, ok := p.Number(page.ZonePart); ok {
		s.part, s.wrong = part, ""
	}
	if release, ok := p.Clicked(page.ZonePick + "release:"); ok {
		s.pickRelease(release)
	}
	if own, ok := p.Clicked(page.ZonePick + "own:"); ok {
		if i := slices.IndexFunc(s.images, func(i steps.Image) bool { return i.ID == own }); i >= 0 {
			s.pickImage(s.images[i])
		}
	}
	if s.table.Point(p.Zones, p.Wheel) {
		return s.PressEnter()
	}
	return nil
}
