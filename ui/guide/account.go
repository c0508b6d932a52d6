package guide

import (
	"context"
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

// Account asks which profile to sign in with, and then which region.
type Account struct {
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

// NewAccount makes the page.
func NewAccount(g *Guide) *Account {
	return &Account{Guide: g, regions: table.New("regions", "regions", []table.Column{
		{Title: "Region"}, {Title: "Name", Grow: true}, {Title: "Status"},
	}, g.Theme)}
}

// Enter implements [page.Page].
func (s *Account) Enter() tea.Cmd {
	switch {
	case s.signedIn != nil || s.failure.Is() && s.listed:
		return nil
	case s.trying != "" && s.listed:
		return s.signIn(s.trying)
	}
	return s.readProfiles()
}

// Leave implements [page.Page].
func (s *Account) Leave() {
	s.Tasks.Stop(taskProfiles)
	s.Tasks.Stop(taskSignIn)
}

// Update implements [page.Page].
func (s *Account) Update(msg tea.Msg) tea.Cmd {
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

func (s *Account) readProfiles() tea.Cmd {
	s.failure.Set(nil)
	return s.Start(taskProfiles, func(_ context.Context, id page.TaskID) tea.Msg {
		list, err := s.Engine.Profiles()
		return profilesRead{id, list, err}
	})
}

// read takes the profiles. A single one, or the one asked for on the command
// line, is signed in without asking.
func (s *Account) read(msg profilesRead) tea.Cmd {
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

func (s *Account) signIn(profile string) tea.Cmd {
	s.failure.Set(nil)
	s.signedIn, s.trying, s.told = nil, profile, nil
	return s.Start(taskSignIn, func(ctx context.Context, id page.TaskID) tea.Msg {
		account, err := s.Engine.SignIn(ctx, profile)
		return signedIn{id, account, err}
	})
}

// tell shows what is said while credentials are waited for ("Touch your key"):
// below the sign-in, or on the last line where something else asks for them.
func (s *Account) tell(text string) tea.Cmd {
	if !s.Tasks.Runs(taskSignIn) {
		return s.Say(page.Clean(text), false)
	}
	const most = 5
	s.told = append(s.told, text)
	s.told = s.told[max(0, len(s.told)-most):]
	return nil
}

func (s *Account) signed(msg signedIn) tea.Cmd {
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

// Typing implements [page.Page].
func (s *Account) Typing() page.Typist {
	if s.signedIn != nil && s.regions.Filtering() {
		return page.TypingFilter(s.regions)
	}
	return nil
}

// Keys implements [page.Page].
func (s *Account) Keys() page.Keys {
	switch {
	case s.Tasks.Runs(taskSignIn):
		return page.Keys{page.Set("esc", "cancel", func() { s.Tasks.Stop(taskSignIn); s.trying = "" })}
	case s.failure.Is():
		return append(s.failure.Keys("r", s.again), page.Maybe("esc", "back", s.toProfiles))
	case s.signedIn != nil:
		return s.regionKeys()
	case len(s.profiles) == 0:
		return page.Keys{page.On("r", "read again", s.readProfiles), page.Tell("esc", "back")}
	}
	return page.Keys{
		page.On("enter", "sign in", func() tea.Cmd { return s.signIn(s.profiles[s.at.At].Name) }),
		page.Moving[tea.Cmd]("choose", s.at.Key),
		page.On("r", "read again", s.readProfiles),
		page.Tell("esc", "back"),
	}
}

// again does once more what has failed.
func (s *Account) again() tea.Cmd {
	if s.trying == "" {
		return s.readProfiles()
	}
	return s.signIn(s.trying)
}

// toProfiles goes back to the profiles, if there are several.
func (s *Account) toProfiles() (tea.Cmd, bool) {
	if len(s.profiles) < 2 {
		return nil, false
	}
	s.failure.Set(nil)
	s.signedIn, s.trying = nil, ""
	return nil, true
}

// View implements [page.Page].
func (s *Account) View(w, h int) string {
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

func (s *Account) profileLines(h int) []string {
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

// Point implements [page.Page].
func (s *Account) Point(p page.Pointed) tea.Cmd {
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

// AccountID is the account that is signed in to, or empty.
func (s *Account) AccountID() string {
	if s.signedIn == nil {
		return ""
	}
	return s.signedIn.Identity.Account
}
