package page

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Page is one page of the wizard: it draws itself at a size, and takes keys
// and messages. What it needs of the rest it finds in its [Context].
type Page interface {
	// Enter is called whenever the page is shown, and Leave when another one is.
	Enter() tea.Cmd
	Leave()
	// Update is given every message, also while another page is shown. The page
	// takes those that are its own: by their type, and by their task's ID.
	Update(msg tea.Msg) tea.Cmd
	// Keys are the keys and what they do now: the page's switch, and its bar.
	// What they leave, the model takes.
	Keys() Keys
	// Point takes a click, or a turn of the wheel.
	Point(p Pointed) tea.Cmd
	// Typing is the field that letters go to now, or nil.
	Typing() Typist
	// View draws the page's own part at most w cells wide and h rows high.
	View(w, h int) string
}

// WithLog is a page that can give a log the whole screen.
type WithLog interface {
	// FullScreen is the log that has the whole screen, or empty.
	FullScreen(w, h int) string
	// Said is what the log that has the keys said at the last one, or empty.
	Said() string
}

// Ticking is a page on which something changes each second.
type Ticking interface {
	// Ticks reports whether something does now, also while another page is shown.
	Ticks() bool
}

// Titled is a page that is no step of the guide, or has more to say of itself
// than the step has.
type Titled interface {
	// Heading is the page's title and what it is about.
	Heading() (title, about string)
}

// The messages that are for every page.
type (
	// Told says something while credentials are waited for.
	Told struct{ Text string }
	// Restyled says that the theme is another one.
	Restyled struct{}
	// Ticked says that time has passed: spinners turn and costs grow.
	Ticked struct{ At time.Time }
	// ProjectSaid says how a setup's project is.
	ProjectSaid struct {
		SetupID string
		State   steps.SyncState
	}
	// Resumed says that the program was continued after Ctrl-Z.
	Resumed struct{}
)

// Whole is a page that has all the room, and draws its own heading.
type Whole interface{ Whole() }

// Helpful is a page with more keys than its hints have room for.
type Helpful interface {
	// Help are the page's keys; the first section needs no title.
	Help() []Section
}

// Section is a part of the help.
type Section struct {
	Title string
	Hints []Hint
}
