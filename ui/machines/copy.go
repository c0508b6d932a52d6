package machines

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/meter"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// copying is what an operation that copies files knows of it.
type copying struct {
	meter    meter.Meter
	progress steps.CopyProgress
}

// copyDialog asks for the two paths of a copy.
type copyDialog struct {
	*page.Context
	name  string // the machine's
	link  steps.Link
	copy  func(from, to string) tea.Cmd
	up    bool           // to the machine, not from it
	field [2]*page.Field // from, to
	at    int
	fits  completion // of the path in the field with the keys
	wrong string
}

// askCopy asks what to upload, or to download.
func (s *Page) askCopy(u *Member, up bool) tea.Cmd {
	if u.conn.link == nil {
		return s.onceConnected(u, func(u *Member) tea.Cmd { return s.askCopy(u, up) })
	}
	if u.op != nil {
		return s.Say(u.Name()+" is still "+u.op.doing+".", true)
	}
	to := "same name, in the current folder"
	if up {
		to = "same name, in the home folder"
	}
	d := &copyDialog{Context: s.Context, name: u.Name(), link: u.conn.link, up: up, field: [2]*page.Field{page.NewField("", "data.csv", 0), page.NewField("", to, 0)}}
	d.copy = func(from, to string) tea.Cmd { return s.copyFiles(u, up, from, to) }
	s.Open(d)
	return nil
}

func (d *copyDialog) Typing() page.Typist { return d.field[d.at] }

// Keys implements [page.Dialog].
func (d *copyDialog) Keys() page.DialogKeys {
	return page.DialogKeys{
		page.Under(func(tea.KeyPressMsg) (page.Reply, bool) {
			d.wrong, d.fits = "", completion{}
			return page.Reply{}, false
		}),
		page.On("enter", "copy", d.take),
		page.On("tab", "complete", func() page.Reply { return page.Staying(d.complete) }),
		page.Change("up down shift+tab", "another path", func() { d.at = 1 - d.at }).As("↑↓"),
		page.On("esc", "cancel", page.Close),
		page.Type(d.field[d.at]),
	}
}

// take begins the copy, once there is something to copy.
func (d *copyDialog) take() page.Reply {
	from, to := d.field[0].Value(), d.field[1].Value()
	if from == "" {
		d.at, d.wrong = 0, "Name the file or the folder."
		return page.Reply{}
	}
	return page.Closing(func() tea.Cmd { return d.copy(from, to) })
}

// copyFiles copies in the background. An empty target means the same name in
// the home folder there, or in the program's folder here.
func (s *Page) copyFiles(u *Member, up bool, from, to string) tea.Cmd {
	link, send, id := u.conn.link, s.Send, u.ID
	if link == nil {
		return s.Say("The connection is gone: try again in a moment.", true)
	}
	said := phrase{doing: "downloading", did: "downloaded"}
	if up {
		said = phrase{doing: "uploading", did: "uploaded"}
	}
	if to == "" {
		to = path.Base(strings.TrimRight(from, "/"))
		if up {
			to = filepath.Base(from)
		}
	}
	here := &to
	if up {
		here = &from
	}
	*here = page.FromHome(*here)
	if !up && !filepath.IsAbs(to) {
		to = filepath.Join(s.SaveDir, to)
	}
	busy, c := u.op != nil, &copying{}
	cmd := s.begin(u, said, func(ctx context.Context, _ func(steps.Event)) (result, error) {
		o := steps.CopyOptions{Recursive: true, Progress: func(p steps.CopyProgress) { send(copyAdvanced{c, id, p}) }}
		do := link.Get
		if up {
			do = link.Put
		}
		copied, err := do(ctx, []string{from}, to, o)
		return result{copied: copied}, err
	}, func(u *Member, r result) tea.Cmd {
		return s.Say(fmt.Sprintf("%s: %s %s, %s.", u.Name(), said.did, wording.Counted(r.copied.Files, "file"), wording.Bytes(r.copied.Bytes)), false)
	})
	if !busy {
		u.op.copying = c
	}
	return cmd
}

// copied notes how far a copy is. Its row is made again when the percentage in
// it changes.
func (s *Page) copied(msg copyAdvanced) {
	u := s.members[msg.setupID]
	if u == nil || u.op == nil || u.op.copying != msg.of || msg.of == nil {
		return
	}
	before := msg.of.meter.Percent()
	msg.of.progress = msg.progress
	msg.of.meter.Set(s.Now(), msg.progress.Bytes, msg.progress.Of)
	if msg.of.meter.Percent() != before {
		s.fill()
	}
}

// copyLines are how far a copy is, and how fast: what is copied, with a bar, and
// the numbers.
func (op *operation) copyLines(now time.Time, w int) []string {
	p, m := op.copying.progress, &op.copying.meter
	what := page.Capital(op.doing)
	if p.File != "" {
		what += " " + page.Clean(p.File)
	}
	if p.OfAll > 1 {
		what += fmt.Sprintf(", file %d of %d", min(p.Files+1, p.OfAll), p.OfAll)
	}
	if p.File == "" {
		return []string{what + " …; esc ends it"}
	}
	const least, most = 10, 40
	bar := min(max(w-cells.Width(what)-2, least), most)
	if m.Bar(bar) != "" {
		what = cells.Fit(what, min(cells.Width(what), w-bar-2)) + "  " + m.Bar(bar)
	}
	return []string{what, m.Text(now) + "; esc ends it"}
}

func (d *copyDialog) View(th theme.Theme, w int) []string {
	title, labels := "Download from "+d.name, [2]string{"File or folder on the machine", "To, on this computer"}
	if d.up {
		title, labels = "Upload to "+d.name, [2]string{"File or folder on this computer", "To, on the machine"}
	}
	lines := page.DialogText(th, title, []string{"Paths on the machine are relative to its home folder. A folder is copied whole."}, w)
	for i, label := range labels {
		lines = append(lines, th.Prompt.Render(label), d.field[i].View(th, min(w, 60), i == d.at))
		lines = append(lines, d.fitting(th, w, i)...)
	}
	return append(lines, page.Paragraph(th.Error, d.wrong, w)...)
}

// fitting are the names that a path may become, under its field, on as many
// lines as are there anyway and a few more.
func (d *copyDialog) fitting(th theme.Theme, w, i int) []string {
	switch {
	case i == d.at && d.fits.none:
		return []string{th.Subtle.Render("nothing there begins so"), ""}
	case i != d.at || len(d.fits.names) == 0:
		return []string{""}
	}
	const most, names = 3, 100 // lines, and names that may have room in them
	n := min(len(d.fits.names), names)
	lines := page.Wrap(strings.Join(d.fits.names[:n], " · "), w)
	for len(lines) > most {
		n--
		lines = page.Wrap(strings.Join(d.fits.names[:n], " · "), w)
	}
	if rest := len(d.fits.names) - n; rest > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", rest))
	}
	for i, line := range lines {
		lines[i] = th.Subtle.Render(line)
	}
	return append(lines, "")
}
