package machines

import (
	"cmp"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// Member is one machine of the list: what the ledger and the cloud say of it,
// and what this program knows of it and does with it.
type Member struct {
	steps.Machine
	no    int         // in the list, from 1
	round int         // the survey that saw it last
	wrote steps.State // its state in the ledger, as last read
	dealt int         // the survey during which something was done with it last

	op      *operation // what is being done with it, or nil
	trouble *trouble   // what did not work last, or nil
	note    string     // what the program did automatically

	conn     connection
	around   time.Time // when it was connected to without being selected
	health   steps.Health
	healthAt time.Time // when health came, by this computer's clock; zero before
	down     int       // looks in a row that found no server
	downAt   time.Time // the last of them, by the machine's clock
	revived  time.Time // when the server was restarted automatically

	Opened   *steps.Opened // the URL, with its tunnel in ssh mode; nil before it is open
	tunnel   string        // what the tunnel said last
	notebook steps.LocalNotebook

	synced *steps.SyncState // what was said of its project since; nil before
	unkept *problem.Problem // why its project is no longer kept alike, or nil

	log  logKind
	logs [logKinds]*logbuf.Buffer
}

// trouble is a failure that is kept with its machine until something works.
type trouble struct {
	what    string // "stopping"
	problem problem.Problem
}

// Up reports whether the machine runs, as far as was seen.
func (u *Member) Up() bool { return u.State.Up() }

// Running reports whether it runs, or is about to, and costs by the hour.
func (u *Member) Running() bool { return u.State.On() }

func (u *Member) gone() bool { return u.State.Gone() }

// complete reports whether the guide was gone through to the URL.
func (u *Member) complete() bool { return u.Finished(steps.StepOpen) }

// Name is the setup's name, or its ID where a broken record does not tell.
func (u *Member) Name() string { return page.Clean(cmp.Or(u.Answers.Name, u.ID)) }

// url is where the server answers, without its token; empty when it does not,
// as in ssh mode without a tunnel.
func (u *Member) url() string {
	if u.Opened != nil && u.Up() {
		return page.Clean(u.Opened.Plain)
	}
	return page.Clean(u.URL())
}

// hostNow is what the machine's clock shows now.
func (u *Member) hostNow(now time.Time) time.Time { return u.health.At.Add(now.Sub(u.healthAt)) }

// stopsIn is how long it is until the machine stops on its own.
func (u *Member) stopsIn(now time.Time) (d time.Duration, soon bool) {
	if u.healthAt.IsZero() || !u.Up() {
		return 0, false
	}
	return u.health.StopsIn(u.hostNow(now))
}

// countdownFrom is when the row begins to count down to a stop; it warns from
// steps.StopsSoon on.
const countdownFrom = 15 * time.Minute

// state is where the machine stands, in a few words, and how it is drawn.
func (u *Member) state(now time.Time) (string, table.Tone) {
	switch {
	case u.op != nil && u.op.copying != nil && u.op.copying.meter.Percent() != "":
		return u.op.doing + " " + u.op.copying.meter.Percent(), table.Plain
	case u.op != nil:
		return u.op.doing + " …", table.Plain
	case u.trouble != nil:
		return "! " + u.trouble.what + " failed", table.Warned
	case u.Standing() == steps.StandingBad || u.Standing() == steps.StandingRemoving || u.gone():
		return u.stateNow()
	}
	if left, soon := u.stopsIn(now); soon && left < countdownFrom {
		tone := table.Plain
		if left < steps.StopsSoon {
			tone = table.Warned
		}
		return "! stops in " + wording.Span(left), tone
	}
	return u.stateNow()
}

// stateNow is the machine's state with its sign, as far as the cloud, the ledger
// and the machine told.
func (u *Member) stateNow() (string, table.Tone) {
	word := page.Clean(wording.StateNext(u.Machine))
	switch standing := u.Standing(); {
	case standing == steps.StandingBad || standing == steps.StandingRemoving:
		return "! " + word, table.Warned
	case u.gone():
		return theme.SignFailed + " " + word, table.Bad
	case standing == steps.StandingImage:
		return "! " + word, table.Warned
	case u.Up() && u.down > 0:
		return "! server down", table.Warned
	case standing == steps.StandingUnseen:
		return "! " + word, table.Warned
	case u.State == steps.StateStopped:
		return theme.SignTodo + " " + word, table.Quiet
	case u.Up(): // it costs
		return theme.SignActive + " " + word, table.Good
	case standing == steps.StandingPlain && u.State == steps.StateNone:
		return "? " + word, table.Quiet
	}
	return word, table.Plain
}

// forget drops what was known of the machine while it ran.
func (u *Member) forget() {
	u.health, u.healthAt, u.down = steps.Health{}, time.Time{}, 0
}

func modeTitle(mode steps.Mode) string {
	for _, info := range steps.Modes() {
		if info.Mode == mode {
			return info.Title
		}
	}
	return string(mode)
}

// what is the machine in one line.
func (u *Member) what() string {
	var parts []string
	mode := modeTitle(u.Answers.Mode)
	if next := u.Wanted().Mode; next != u.Answers.Mode {
		mode += " → " + modeTitle(next)
	}
	for _, p := range []string{mode, u.Answers.Type, u.Answers.Region} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if u.Answers.Release != "" {
		parts = append(parts, "Ubuntu "+u.Answers.Release)
	}
	return page.Clean(strings.Join(parts, " · "))
}

// result is what was left open of the machine.
func (u *Member) result() result { return result{opened: u.Opened, notebook: u.notebook} }
