package machines

import (
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	// besideListFrom is the width from which a machine's details stand at the
	// right of the list; below they stand under it.
	besideListFrom = 120
	detailLeast    = 66 // the details' width beside the list
	logLeast       = 3  // rows of a log that are worth drawing
)

// View implements [page.Page]: it draws the list and the selected machine in w by h cells.
func (s *Page) View(w, h int) string {
	head := s.headLines(w)
	h -= len(head)
	var body string
	switch {
	case s.failure.Is():
		body = strings.Join(s.failure.Lines(s.Theme, w), "\n")
	case len(s.order) == 0 && s.Tasks.Runs(taskSetups):
		body = s.Waiting("Looking for your setups …")
	case len(s.order) == 0:
		body = strings.Join(s.noneLines(w), "\n")
	case s.Width >= besideListFrom:
		left := max(w-3-detailLeast, (w-3)*48/100)
		if most := s.table.Wanted(); left > most {
			left = max(min(left, most), w*2/5)
		}
		body = page.Beside(cells.Block(s.listView(left, h), left, h), " "+s.Theme.Border.Render("│")+" ",
			cells.Block(s.detailView(w-3-left, h), w-3-left, h))
	default:
		list := min(s.table.Len()+2, max(h*7/20, 5))
		rule := s.Theme.Border.Render(strings.Repeat("─", w))
		body = s.listView(w, list) + "\n" + rule + "\n" + s.detailView(w, h-list-1)
	}
	return strings.Join(append(head, body), "\n")
}

func (s *Page) listView(w, h int) string {
	s.table.SetSize(w, min(h, s.table.Len()+2))
	return s.table.View()
}

// headLines are the title, how far the survey is, and which regions failed.
func (s *Page) headLines(w int) []string {
	title := s.Theme.Title.Render("Your setups")
	right := ""
	switch v := s.survey; {
	case s.Tasks.Runs(taskSurvey) && v.of > 0:
		right = s.Spinner() + s.Theme.Subtle.Render(fmt.Sprintf(" %d of %d regions", v.done, v.of))
	case s.Tasks.Runs(taskSurvey):
		right = s.Spinner() + s.Theme.Subtle.Render(" asking all regions")
	case v.err == nil && v.of > 0:
		right = s.Theme.Subtle.Render(wording.Counted(v.of, "enabled region") + " checked")
	}
	lines := []string{cells.Ends(title, right, w)}
	if s.Roomy() {
		lines = append([]string{""}, append(lines, "")...)
	}
	if text := s.silent(); text != "" {
		lines = append(lines, cells.Fit(s.Theme.Warn.Render("! "+text), w))
	}
	return lines
}

// silent says which regions did not answer.
func (s *Page) silent() string {
	if s.survey.err != nil {
		return "The regions could not be asked; this is what the computer knows. f shows why."
	}
	var names []string
	for _, a := range s.survey.failed {
		names = append(names, regionOf(a.At))
	}
	if len(names) == 0 {
		return ""
	}
	if len(names) > 3 {
		names = append(names[:2:2], fmt.Sprintf("and %d more", len(names)-2))
	}
	return page.Clean("No answer from " + strings.Join(names, ", ") + ". f shows why.")
}

// noneLines are the screen without a machine.
func (s *Page) noneLines(w int) []string {
	say := "There are no machines. Nothing is running" + s.OnAWS(", so nothing costs money") + "."
	switch {
	case s.Tasks.Runs(taskSurvey):
		say = "This computer has no setups. Other computers' machines show here once their region has answered."
	case s.survey.heard > 0 && s.silent() != "":
		say = "There are no machines where there was an answer. What is in the other regions is not known."
	case s.silent() != "":
		say = "This computer has no setups. Nobody answered: whether other computers' machines are running is not known."
	}
	lines := append([]string{""}, page.Paragraph(s.Theme.Text, say, w)...)
	lines = append(lines, "")
	for _, h := range []page.Hint{{"n", "make one, by the guide"}, {"W", "look for leftovers in all regions"}, {"D", "check the account"}} {
		lines = append(lines, "  "+s.Theme.Key.Render(h.Key())+"  "+s.Theme.KeyDesc.Render(h.Does()))
	}
	return lines
}

// detailView is the selected machine: what is known of it, and its log.
func (s *Page) detailView(w, h int) string {
	u := s.Current()
	if u == nil || h <= 0 {
		return ""
	}
	lines := u.detailLines(s, w)
	room := h - len(lines)
	if s.Roomy() {
		room--
	}
	if room < logLeast {
		lines = lines[:max(min(len(lines), h-logLeast), min(len(lines), 3))]
		room = h - len(lines)
	} else if s.Roomy() {
		lines = append(lines, "")
	}
	if room >= 2 {
		s.pane.SetFocused(false)
		s.pane.SetSize(w, room)
		lines = append(lines, page.ZoneOf(page.ZonePane, 0, s.pane.View()))
	}
	return strings.Join(lines, "\n")
}

// fullLog is the log on the whole screen.
func (s *Page) fullLog(w, h int) string {
	s.pane.SetFocused(true)
	s.pane.SetSize(w, h)
	return page.ZoneOf(page.ZonePane, 0, s.pane.View())
}
