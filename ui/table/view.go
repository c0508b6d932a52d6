package table

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// gap is the room between two columns.
const gap = 2

// page is the number of rows drawn.
func (t *Table) page() int { return max(t.height-2, 1) }

// View is exactly width by height cells.
func (t *Table) View() string {
	if t.width == 0 || t.height == 0 {
		return strings.Repeat("\n", max(t.height-1, 0))
	}
	widths := t.widths(t.width - 3) // the cursor's two cells and the scrollbar
	lines := make([]string, 0, t.height)
	if t.height > 1 {
		lines = append(lines, t.header(widths))
	}
	lines = append(lines, t.body(widths)...)
	if t.height > 2 {
		lines = append(lines, t.status())
	}
	return cells.Zone("table:"+t.id, strings.Join(lines, "\n"))
}

// Wanted is the width at which nothing is cut or left out.
func (t *Table) Wanted() int {
	sum := 3 - gap // the cursor's two cells and the scrollbar
	for _, w := range t.natural {
		sum += w + gap
	}
	return sum
}

// widths gives each column its room; 0 leaves it out.
func (t *Table) widths(room int) []int {
	widths := append([]int(nil), t.natural...)
	total := func() int {
		sum := -gap
		for _, w := range widths {
			if w > 0 {
				sum += w + gap
			}
		}
		return sum
	}
	for total() > room {
		worst := -1
		for c, column := range t.columns {
			if widths[c] > 0 && column.Priority > 0 && (worst < 0 || column.Priority >= t.columns[worst].Priority) {
				worst = c
			}
		}
		if worst < 0 {
			break
		}
		widths[worst] = 0
	}
	for over := total() - room; over > 0; over-- {
		widest := 0
		for c := range widths {
			if widths[c] > widths[widest] {
				widest = c
			}
		}
		if len(widths) == 0 || widths[widest] <= 1 {
			break
		}
		widths[widest]--
	}
	t.grow(widths, room-total())
	return widths
}

// grow shares what room is left among the columns that take it.
func (t *Table) grow(widths []int, left int) {
	var takers []int
	for c, column := range t.columns {
		if column.Grow && widths[c] > 0 {
			takers = append(takers, c)
		}
	}
	for k, c := range takers {
		share := max(left, 0) / (len(takers) - k)
		widths[c] += share
		left -= share
	}
}

func (t *Table) header(widths []int) string {
	titles := make([]string, len(t.columns))
	for c, column := range t.columns {
		titles[c] = column.Title
		if c == t.sorted-1 {
			titles[c] += map[bool]string{false: "↑", true: "↓"}[t.falling]
		}
	}
	return cells.Fit("  "+t.theme.TableHeader.Render(t.join(titles, widths)), t.width)
}

func (t *Table) join(texts []string, widths []int) string {
	var b strings.Builder
	for c, text := range texts {
		if widths[c] <= 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		b.WriteString(t.fit(c, text, widths))
	}
	return b.String()
}

// fit is one cell in its column's width.
func (t *Table) fit(column int, text string, widths []int) string {
	if t.columns[column].Right {
		return cells.FitRight(text, widths[column])
	}
	return cells.Fit(text, widths[column])
}

func (t *Table) body(widths []int) []string {
	height := max(t.height-2, 1)
	t.top = min(max(t.top, t.cursor-height+1), t.cursor)
	t.top = max(min(t.top, len(t.shown)-height), 0)
	rows := make([]string, height)
	bar := t.scrollbar(height)
	for i := range rows {
		row := ""
		switch k := t.top + i; {
		case k < len(t.shown):
			it := t.items[t.shown[k]]
			row = cells.Zone(t.rowZone(it.ID), cells.Fit(t.row(it, widths, k == t.cursor), t.width-1))
		case i == 0:
			row = "  " + t.theme.Subtle.Render(t.nothing())
		}
		rows[i] = cells.Fit(row, t.width-1) + bar[i]
	}
	return rows
}

func (t *Table) nothing() string {
	if t.Filter() != "" {
		return fmt.Sprintf("No %s match %q. Esc clears the filter.", t.noun, cells.Clean(t.Filter()))
	}
	return "No " + t.noun + " yet."
}

func (t *Table) row(it item, widths []int, selected bool) string {
	switch {
	case selected && t.focused:
		return t.paint(it, "▸ ", widths, t.theme.TableSelected, true)
	case selected:
		return t.theme.TableSelectedBlur.Render(cells.Fit("▸ "+t.join(it.cells, widths), t.width-1))
	case it.Disabled != "":
		return t.theme.TableDisabled.Render(cells.Fit(theme.SignFailed+" "+t.join(it.cells, widths), t.width-1))
	}
	return t.paint(it, "  ", widths, t.style(it.Tone, false), false)
}

// paint draws a row in a style, and those of its cells that stand out in
// theirs.
func (t *Table) paint(it item, mark string, widths []int, row lipgloss.Style, selected bool) string {
	line, plain := "", mark // plain is what is to be drawn in the row's style
	first := true
	for c, text := range it.cells {
		if widths[c] <= 0 {
			continue
		}
		if !first {
			plain += strings.Repeat(" ", gap)
		}
		first = false
		cell, apart := it.Cell[c]
		if !apart {
			plain += t.fit(c, text, widths)
			continue
		}
		line += row.Render(plain) + t.style(cell, selected).Render(t.fit(c, text, widths))
		plain = ""
	}
	rest := max(t.width-1-cells.Width(line)-cells.Width(plain), 0)
	line += row.Render(plain + strings.Repeat(" ", rest))
	return cells.Fit(line, t.width-1)
}

// style is how a tone is drawn, in the selected row or in another one.
func (t *Table) style(tone Tone, selected bool) lipgloss.Style {
	th := &t.theme
	other, chosen := &th.TableRow, &th.TableSelected
	switch tone {
	case Warned:
		other, chosen = &th.Warn, &th.SelectedWarn
	case Quiet:
		other = &th.TableDisabled
	case Good:
		other, chosen = &th.OK, &th.SelectedOK
	case Bad:
		other, chosen = &th.Error, &th.SelectedError
	case Plain:
	}
	if selected {
		return *chosen
	}
	return *other
}

func (t *Table) scrollbar(height int) []string {
	bar := make([]string, height)
	total := len(t.shown)
	size := max(height*height/max(total, 1), 1)
	from := 0
	if total > height {
		from = (height - size) * t.top / (total - height)
	}
	for i := range bar {
		switch {
		case total <= height:
			bar[i] = " "
		case i >= from && i < from+size:
			bar[i] = t.theme.Thumb.Render("┃")
		default:
			bar[i] = t.theme.Track.Render("│")
		}
	}
	return bar
}

// status is the last line: the filter, why the row cannot be chosen, and the
// count.
func (t *Table) status() string {
	count := t.theme.Subtle.Render(t.count())
	reason := t.notice
	if row, ok := t.Selected(); ok && reason == "" {
		reason = row.Disabled
	}
	if reason != "" {
		reason = t.theme.Warn.Render(theme.SignFailed + " " + cells.Clean(reason))
	}
	switch {
	case t.open:
		room := t.width - cells.Width(count) - 2
		if w := cells.Width(reason); w > 0 && room-w > 24 {
			room -= w + 2
			reason = "  " + reason
		} else {
			reason = ""
		}
		line := t.filter.Line(max(room-1, 1))
		if t.whole && t.Filter() != "" {
			line = cells.Fit(t.theme.Cursor.Render(cells.Clean(t.Filter())), max(room-1, 1))
		}
		return cells.Ends(t.theme.Prompt.Render("/ ")+line+reason, count, t.width)
	case t.Filter() != "":
		filter := t.theme.Prompt.Render("/ ") + t.theme.Input.Render(cells.Clean(t.Filter()))
		return cells.Ends(filter+"  "+reason, count, t.width)
	case reason != "":
		return cells.Ends("  "+reason, count, t.width)
	case t.foot != "":
		return cells.Ends("  "+t.theme.Text.Render(t.foot), count, t.width)
	case t.focused && len(t.items) > 0:
		return cells.Ends("  "+t.theme.Subtle.Render("/ filters"), count, t.width)
	default:
		return cells.Ends("", count, t.width)
	}
}

func (t *Table) count() string {
	switch {
	case len(t.items) == 1:
		return "1 " + strings.TrimSuffix(t.noun, "s")
	case len(t.shown) == len(t.items):
		return cells.Thousands(len(t.items)) + " " + t.noun
	}
	return cells.Thousands(len(t.shown)) + " of " + cells.Thousands(len(t.items)) + " " + t.noun
}
