package guide

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
)

// fill puts the regions into the table, the cursor on the one chosen before,
// else on the profile's own.
func (s *Account) fill() {
	rows := make([]table.Row, len(s.signedIn.Regions))
	want, enabled := s.Answers.Region, 0
	for i, r := range s.signedIn.Regions {
		row := table.Row{ID: r.Name, Cells: []string{r.Name, r.Title, "enabled"}}
		if !r.Enabled {
			row.Cells[2] = "not enabled"
			row.Disabled = "not enabled for this account"
		} else if r.Name == s.signedIn.Home {
			row.Cells[2] = "your own"
		}
		if r.Enabled {
			enabled++
		}
		rows[i] = row
	}
	s.regions.SetRows(rows)
	s.regions.SetFoot(fmt.Sprintf("%d of them enabled; / filters", enabled))
	if want == "" {
		want = s.signedIn.Home
	}
	s.regions.Select(want)
}

func (s *Account) regionKeys() page.Keys {
	regions := page.Table(s.regions)
	if s.regions.Filtering() {
		return page.Keys{page.Tell("enter", "keep filter"), page.Tell("esc", "clear"), page.First(s.unrefuse), regions}
	}
	keys := page.Keys{
		page.On("enter", "select region", s.takeRegion),
		page.First(s.unrefuse), regions,
		page.Tell("↑↓", "choose"), page.Tell("/", "search"),
		page.On("r", "", func() tea.Cmd { return s.signIn(s.signedIn.Profile) }),
	}
	if len(s.profiles) > 1 {
		keys = append(keys, page.Maybe("esc p", "other profile", s.toProfiles))
	}
	return keys
}

// unrefuse forgets why a region was refused.
func (s *Account) unrefuse() { s.refused = "" }

func (s *Account) takeRegion() tea.Cmd {
	row, ok := s.regions.Selected()
	if !ok {
		return nil
	}
	if row.Disabled != "" {
		s.refused = row.ID + " is not enabled for this account. Enable it in the AWS console (Account, AWS Regions), wait some minutes, then press r. Or choose another region."
		return nil
	}
	other := func(had, has string) bool { return had != "" && had != has }
	if other(s.Answers.Profile, s.signedIn.Profile) || other(s.Answers.Region, row.ID) {
		s.Answers.Subnet = "" // which is of one region of one account
	}
	s.Answers.Profile, s.Answers.Region = s.signedIn.Profile, row.ID
	return s.Next()
}

func (s *Account) regionView(w, h int) string {
	a := s.signedIn
	const label = 10
	lines := page.Pair(s.Theme, "Account", s.Theme.Heading, page.Clean(a.Identity.Account), label, w)
	lines = append(lines, page.Pair(s.Theme, "Identity", s.Theme.Text, page.Clean(a.Identity.ARN), label, w)...)
	style, mfa := s.mfa()
	lines = append(lines, page.Pair(s.Theme, "MFA", style, mfa, label, w)...)
	if a.Identity.Root() {
		lines = append(lines, s.Theme.Warn.Render("! These are the root user's credentials. An IAM user or role is safer."))
	}
	lines = append(lines, "")
	foot := page.Paragraph(s.Theme.Warn, s.refused, w)
	s.regions.SetFocused(true)
	s.regions.SetSize(min(w, 76), page.TableHeight(s.regions, h-len(lines)-len(foot)))
	lines = append(lines, strings.Split(s.regions.View(), "\n")...)
	return strings.Join(append(lines, foot...), "\n")
}

func (s *Account) mfa() (style page.Styler, text string) {
	switch s.signedIn.MFA {
	case steps.MFAOn:
		return s.Theme.OK, "✓ on"
	case steps.MFAOff:
		return s.Theme.Warn, "! off: turn it on in the console, under Security credentials"
	case steps.MFAUnknown:
	}
	return s.Theme.Subtle, "? unknown: these credentials are not allowed to check"
}
