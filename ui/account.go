package ui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

const (
	taskProfiles page.TaskName = "profiles"
	taskSignIn   page.TaskName = "sign in"
)

// accountScreen asks which profile to sign in with, and then which region.
type accountScreen struct {
	*Guide
	profiles []steps.Profile
	listed   bool // the profiles were read
	at       page.Choice
	trying   string   // the profile that is being signed in
	told     []string // what is said meanwhile, the newest lines
	signedIn *steps.Account
	failure  page.Failure
	regions  *table.Table
	refused  string // why the region under the cursor cannot be taken
}

func newAccountScreen(g *Guide) *accountScreen {
	return &accountScreen{Guide: g, regions: table.New("regions", "regions", []table.Column{
		{Title: "Region"}, {Title: "Name", Grow: true}, {Title: "Status"},
	}, g.Theme)}
}

func (s *accountScreen) Enter() tea.Cmd {
	switch {
	case s.signedIn != nil || s.failure.Is() && s.listed:
		return nil
	case s.trying != "" && s.listed:
		return s.signIn(s.trying)
	}
	return s.readProfiles()
}

func (s *accountScreen) Leave() {
	s.Tasks.Stop(taskProfiles)
	s.Tasks.Stop(taskSignIn)
}

func (s *accountScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case profilesRead:
		return s.read(msg)
	case signedIn:
		return s.signed(msg)
	case page.Told:
		return s.tell(msg.Text)
	case page.Restyled:
		s.regions.SetTheme(s.Theme)
	}
	return nil
}

func (s *accountScreen) readProfiles() tea.Cmd {
	s.failure.Set(nil)
	return s.Start(taskProfiles, func(_ context.Context, id page.TaskID) tea.Msg {
		list, err := s.Engine.Profiles()
		return profilesRead{id, list, err}
	})
}

// read takes the profiles. A single one, or the one asked for on the command
// line, is signed in without asking.
func (s *accountScreen) read(msg profilesRead) tea.Cmd {
	if !s.Tasks.Done(taskProfiles, msg.id) {
		return nil
	}
	s.listed, s.profiles = true, msg.list
	s.at.Size(len(msg.list))
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	for i, p := range msg.list {
		if p.Name == s.Answers.Profile {
			s.at.At = i
			if s.Answers.Profile != "" {
				return s.signIn(p.Name)
			}
		}
	}
	if s.Answers.Profile != "" && len(msg.list) > 0 {
		return s.signIn(s.Answers.Profile) // the engine says what is wrong with it
	}
	if len(msg.list) == 1 {
		return s.signIn(msg.list[0].Name)
	}
	return nil
}

func (s *accountScreen) signIn(profile string) tea.Cmd {
	s.failure.Set(nil)
	s.signedIn, s.trying, s.told = nil, profile, nil
	return s.Start(taskSignIn, func(ctx context.Context, id page.TaskID) tea.Msg {
		account, err := s.Engine.SignIn(ctx, profile)
		return signedIn{id, account, err}
	})
}

// tell shows what is said while credentials are waited for ("Touch your key"):
// below the sign-in, or on the last line where something else asks for them.
func (s *accountScreen) tell(text string) tea.Cmd {
	if !s.Tasks.Runs(taskSignIn) {
		return s.Say(page.Clean(text), false)
	}
	const most = 5
	s.told = append(s.told, text)
	s.told = s.told[max(0, len(s.told)-most):]
	return nil
}

func (s *accountScreen) signed(msg signedIn) tea.Cmd {
	if !s.Tasks.Done(taskSignIn, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.signedIn = &msg.account
	s.fill()
	return nil
}

// fill puts the regions into the table, the cursor on the one chosen before,
// else on the profile's own.
func (s *accountScreen) fill() {
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

func (s *accountScreen) Typing() page.Typist {
	if s.signedIn != nil && s.regions.Filtering() {
		return page.TypingFilter(s.regions)
	}
	return nil
}

func (s *accountScreen) Key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch {
	case s.Tasks.Runs(taskSignIn):
		return s.cancelKey(k)
	case s.failure.Is():
		return s.failureKey(k)
	case s.signedIn != nil:
		return s.regionKey(k)
	}
	if s.at.Key(k) {
		return nil, true
	}
	switch k.String() {
	case "enter":
		if len(s.profiles) > 0 {
			return s.signIn(s.profiles[s.at.At].Name), true
		}
	case "r":
		return s.readProfiles(), true
	}
	return nil, false
}

func (s *accountScreen) cancelKey(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if k.String() != "esc" {
		return nil, false
	}
	s.Tasks.Stop(taskSignIn)
	s.trying = ""
	return nil, true
}

func (s *accountScreen) failureKey(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if s.failure.Key(k) {
		return nil, true
	}
	switch k.String() {
	case "r":
		if s.trying == "" {
			return s.readProfiles(), true
		}
		return s.signIn(s.trying), true
	case "esc":
		if len(s.profiles) > 1 {
			s.failure.Set(nil)
			s.trying = ""
			return nil, true
		}
	}
	return nil, false
}

func (s *accountScreen) regionKey(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if k.String() == "enter" && !s.regions.Filtering() {
		return s.takeRegion(), true
	}
	s.refused = ""
	if taken, cmd := s.regions.Update(k); taken {
		return cmd, true
	}
	switch k.String() {
	case "r":
		return s.signIn(s.signedIn.Profile), true
	case "esc", "p":
		if len(s.profiles) > 1 {
			s.signedIn, s.trying = nil, ""
			return nil, true
		}
	}
	return nil, false
}

func (s *accountScreen) takeRegion() tea.Cmd {
	row, ok := s.regions.Selected()
	if !ok {
		return nil
	}
	if row.Disabled != "" {
		s.refused = row.ID + " is not enabled for this account. Enable it in the AWS console (Account, AWS Regions), wait some minutes, then press r. Or choose another region."
		return nil
	}
	s.Answers.Profile, s.Answers.Region = s.signedIn.Profile, row.ID
	return s.Next()
}

func (s *accountScreen) Hints() []page.Hint {
	switch {
	case s.Tasks.Runs(taskSignIn):
		return []page.Hint{{"esc", "cancel"}}
	case s.failure.Is():
		return append(s.failure.Hints(), page.Hint{"esc", "back"})
	case s.signedIn != nil && s.regions.Filtering():
		return []page.Hint{{"enter", "keep filter"}, {"esc", "clear"}}
	case s.signedIn != nil:
		hints := []page.Hint{{"enter", "select region"}, {"↑↓", "choose"}, {"/", "search"}}
		if len(s.profiles) > 1 {
			hints = append(hints, page.Hint{"esc", "other profile"})
		}
		return hints
	}
	if len(s.profiles) == 0 {
		return []page.Hint{{"r", "read again"}, {"esc", "back"}}
	}
	return []page.Hint{{"enter", "sign in"}, {"↑↓", "choose"}, {"r", "read again"}, {"esc", "back"}}
}

func (s *accountScreen) View(w, h int) string {
	var lines []string
	switch {
	case s.Tasks.Runs(taskSignIn):
		lines = []string{s.Waiting("Signing in as " + page.Clean(s.trying) + " …")}
		for _, text := range s.told {
			lines = append(lines, page.Paragraph(s.Theme.Warn, page.Clean(text), w)...)
		}
	case s.failure.Is():
		lines = s.failure.Lines(s.Theme, w)
	case s.signedIn != nil:
		return s.regionView(w, h)
	case !s.listed:
		lines = []string{s.Waiting("Reading your AWS profiles …")}
	case len(s.profiles) == 0:
		lines = noProfiles(s.Theme, w)
	default:
		lines = s.profileLines(h)
	}
	return strings.Join(lines, "\n")
}

func noProfiles(th theme.Theme, w int) []string {
	return page.ProblemLines(th, problem.Problem{
		Title: "No AWS credentials were found",
		Text:  "There are no profiles in ~/.aws/config and ~/.aws/credentials, and no keys in the environment.",
		Next:  problem.Say("Run \"aws configure\", \"aws login\" or \"aws configure sso\" in another terminal, then press r. To try the guide without an account, ").Do(problem.UseSandbox).Say("."),
	}, w, false)
}

func (s *accountScreen) profileLines(h int) []string {
	lines := []string{page.Heading(s.Theme, "Which profile?"), ""}
	room := h - 2
	if room < s.at.N {
		room-- // for the line that says so
	}
	from, to := s.at.Window(room)
	for i := from; i < to; i++ {
		p := s.profiles[i]
		name := cells.Fit(page.Clean(p.Name), 26)
		style := s.Theme.Text
		if i == s.at.At {
			style = s.Theme.Accent
		}
		line := page.Arrow(s.Theme, i == s.at.At) + style.Render(name) + s.Theme.Subtle.Render(cells.Fit(p.Region, 18)+profileKind(p.Kind))
		lines = append(lines, page.ZoneOf(page.ZoneLine, i, line))
	}
	if more := s.at.More(from, to); more != "" {
		lines = append(lines, "  "+s.Theme.Subtle.Render(more))
	}
	return lines
}

// profileKind says how a profile gets its credentials.
func profileKind(kind string) string {
	switch kind {
	case "keys":
		return "access keys"
	case "sso":
		return "single sign-on"
	case "login":
		return "aws login"
	case "role":
		return "role"
	case "process":
		return "credential process"
	case "environment":
		return "from the environment"
	}
	return kind
}

func (s *accountScreen) regionView(w, h int) string {
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
	s.regions.SetSize(min(w, 76), tableHeight(s.regions, h-len(lines)-len(foot)))
	lines = append(lines, strings.Split(s.regions.View(), "\n")...)
	return strings.Join(append(lines, foot...), "\n")
}

// tableHeight is the room for a table, or less where its rows need less.
func tableHeight(t *table.Table, room int) int { return max(min(t.Len()+2, room), 3) }

func (s *accountScreen) mfa() (style page.Styler, text string) {
	switch s.signedIn.MFA {
	case "on":
		return s.Theme.OK, "✓ on"
	case "off":
		return s.Theme.Warn, "! off: turn it on in the console, under Security credentials"
	}
	return s.Theme.Subtle, "? unknown: these credentials are not allowed to check"
}

func (s *accountScreen) Point(p page.Pointed) tea.Cmd {
	again := false
	switch {
	case s.Tasks.Runs(taskSignIn), s.failure.Is():
		return nil
	case s.signedIn != nil:
		s.refused = ""
		again = s.regions.Point(p.Zones, p.Wheel)
	default:
		again = s.at.Point(p)
	}
	if again {
		return s.PressEnter()
	}
	return nil
}
