package machines

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const taskDoctor page.TaskName = "doctor"

// doctorDialog shows checks as they come, and does what they offer.
type doctorDialog struct {
	*page.Context
	setupID string // empty: the account alone
	name    string
	checks  []steps.Check
	at      page.Choice
	moved   bool // by the person
	running bool
	fixing  bool
	failure page.Failure
	mend    func(check steps.Check) (tea.Cmd, bool) // begins to mend; false where it cannot be
}

// askDoctor checks the machine, or without one the account of the profile.
func (s *Page) askDoctor(u *Member) tea.Cmd {
	d := &doctorDialog{Context: s.Context, name: "the account"}
	if u != nil {
		if u.Elsewhere {
			return s.Say("This machine is another computer's: a adopts it.", true)
		}
		d.setupID, d.name = u.ID, u.Name()
	}
	d.mend = func(check steps.Check) (tea.Cmd, bool) { return s.mend(d.setupID, check) }
	s.doctor = d
	s.Open(d)
	return d.run()
}

func (d *doctorDialog) run() tea.Cmd {
	d.checks, d.running, d.moved = nil, true, false
	d.at.Size(0)
	d.failure.Set(nil)
	profile, setupID, engine, send := d.Profile, d.setupID, d.Engine, d.Send
	return d.Start(taskDoctor, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewBridge(func(batch []steps.Check) { send(checked{id, batch}) }, nil)
		err := engine.Doctor(ctx, profile, setupID, b.Emit)
		b.Close()
		return doctorEnded{id, err}
	})
}

// Update implements [page.Updater].
func (d *doctorDialog) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case checked:
		if d.Tasks.Is(taskDoctor, msg.id) {
			d.checks = append(d.checks, msg.checks...)
			d.at.Size(len(d.checks))
			d.aim()
		}
	case doctorEnded:
		if d.Tasks.Done(taskDoctor, msg.id) {
			d.running = false
			d.failure.Set(msg.err)
		}
	}
	return nil
}

// aim puts the cursor on what is to be mended first, unless the person has
// moved it.
func (d *doctorDialog) aim() {
	if i := slices.IndexFunc(d.checks, func(c steps.Check) bool { return c.State == steps.CheckBad }); i >= 0 && !d.moved {
		d.at.At = i
	}
}

func (d *doctorDialog) Typing() page.Typist { return nil }

// Keys implements [page.Dialog].
func (d *doctorDialog) Keys() page.DialogKeys {
	fix := ""
	if d.at.At < len(d.checks) && d.checks[d.at.At].Fix != "" {
		fix = "fix it"
	}
	return page.DialogKeys{
		page.Details[page.Reply](&d.failure, ""),
		page.On("enter", fix, d.fix),
		page.Moving[page.Reply]("choose", func(k tea.KeyPressMsg) bool {
			moves := d.at.Key(k)
			d.moved = d.moved || moves
			return moves
		}),
		page.On("r", "check again", d.again),
		page.On("esc q", "close", func() page.Reply {
			d.Tasks.Stop(taskDoctor)
			d.fixing = false
			return page.Close()
		}),
	}
}

// again checks once more, unless something is being mended.
func (d *doctorDialog) again() page.Reply {
	if d.fixing {
		return page.Reply{}
	}
	return page.Staying(d.run)
}

// fix does what the check under the cursor offers.
func (d *doctorDialog) fix() page.Reply {
	if d.fixing || d.at.At >= len(d.checks) || d.checks[d.at.At].Fix == "" {
		return page.Reply{}
	}
	check := d.checks[d.at.At]
	return page.Staying(func() tea.Cmd {
		cmd, begun := d.mend(check)
		if begun {
			d.Tasks.Stop(taskDoctor)
			d.running, d.fixing = false, true
		}
		return cmd
	})
}

// mend does what a check of the doctor offers.
func (s *Page) mend(setupID string, check steps.Check) (cmd tea.Cmd, begun bool) {
	u, engine := s.members[setupID], s.Engine
	switch {
	case u == nil:
		return s.Say("This can be fixed only from a machine's own doctor.", true), false
	case u.op != nil:
		return s.Say(u.Name()+" is still "+u.op.doing+".", true), false
	}
	return s.beginSimple(u, phrase{doing: "mending", did: "mended: " + check.Title}, func(ctx context.Context, emit func(steps.Event)) error {
		return engine.FixCheck(ctx, setupID, check.ID, emit)
	}, nil), true
}

// mended checks again after a fix, also after one that failed.
func (s *Page) mended(setupID string) tea.Cmd {
	d := s.doctor
	if d == nil || !d.fixing || d.setupID != setupID {
		return nil
	}
	d.fixing = false
	return d.run()
}

func (d *doctorDialog) View(th theme.Theme, w int) []string { return d.ViewTall(th, w, 24) }

func (d *doctorDialog) Most() int { return page.WideDialog }

func (d *doctorDialog) ViewTall(th theme.Theme, w, h int) []string {
	lines := []string{th.Title.Render("Doctor: " + d.name), ""}
	foot := d.verdict(th, w)
	detail := d.detail(th, w)
	room := max(h-len(lines)-len(foot)-len(detail), 1)
	from, to := d.at.Window(room)
	lines[0] = cells.Ends(lines[0], th.Subtle.Render(d.at.More(from, to)), w)
	for i := from; i < to; i++ {
		c := d.checks[i]
		sign, style := checkSign(th, c.State)
		text := cells.Fit(page.Clean(c.Title), 22) + " " + page.Clean(c.Text)
		if i == d.at.At {
			style = th.TableSelected
		}
		lines = append(lines, page.ZoneOf(page.ZoneLine, i, page.Arrow(th, i == d.at.At)+sign+" "+style.Render(cells.Fit(text, max(w-4, 1)))))
	}
	return append(append(lines, detail...), foot...)
}

// detail is what to do about the check under the cursor.
func (d *doctorDialog) detail(th theme.Theme, w int) []string {
	if d.at.At >= len(d.checks) {
		return nil
	}
	c := d.checks[d.at.At]
	lines := append([]string{""}, page.Paragraph(th.Subtle, page.Clean(c.Text), w)...)
	if !c.Next.Empty() {
		lines = append(lines, page.Paragraph(th.Text, "→ "+page.Clean(page.NextWords(c.Next)), w)...)
	}
	if c.Fix != "" {
		lines = append(lines, page.Paragraph(th.Accent, "enter: "+page.Clean(c.Fix), w)...)
	}
	return lines
}

func (d *doctorDialog) verdict(th theme.Theme, w int) []string {
	bad := 0
	for _, c := range d.checks {
		if c.State == steps.CheckBad {
			bad++
		}
	}
	switch {
	case d.failure.Is():
		return append([]string{""}, d.failure.Lines(th, w)...)
	case d.fixing:
		return []string{"", th.Text.Render("Fixing …")}
	case d.running:
		return []string{"", th.Text.Render(fmt.Sprintf("Checking … %d so far", len(d.checks)))}
	case bad > 0:
		return []string{"", th.Error.Render(fmt.Sprintf("%s found.", wording.Counted(bad, "problem")))}
	}
	return []string{"", th.OK.Render(theme.SignDone + " Nothing is wrong.")}
}

func checkSign(th theme.Theme, state steps.CheckState) (string, page.Styler) {
	switch state {
	case steps.CheckOK:
		return th.OK.Render(theme.SignDone), th.Text
	case steps.CheckWarn:
		return th.Warn.Render("!"), th.Text
	case steps.CheckBad:
		return th.Error.Render(theme.SignFailed), th.Text
	case steps.CheckSkipped:
	}
	return th.Subtle.Render("-"), th.Subtle
}

// Point implements [page.PointableDialog].
func (d *doctorDialog) Point(p page.Pointed) page.Reply {
	d.at.Point(p)
	d.moved = true
	return page.Reply{}
}
