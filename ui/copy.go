package ui

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// copying is what an operation that copies files knows of it.
type copying struct {
	began    time.Time
	progress steps.CopyProgress
}

// copyDialog asks for the two paths of a copy.
type copyDialog struct {
	u     *member
	up    bool      // to the machine, not from it
	field [2]*field // from, to
	at    int
	wrong string
}

// askCopy asks what to upload, or to download.
func (m *model) askCopy(u *member, up bool) tea.Cmd {
	if u.conn.link == nil {
		return m.onceConnected(u, func(m *model, u *member) tea.Cmd { return m.askCopy(u, up) })
	}
	if u.op != nil {
		return m.say(u.name()+" is still "+u.op.doing+".", true)
	}
	d := &copyDialog{u: u, up: up, field: [2]*field{newField("", "data.csv", 0), newField("", "where it belongs by its name", 0)}}
	m.openDialog(d)
	return nil
}

func (d *copyDialog) typing() typist { return d.field[d.at] }

func (d *copyDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	d.wrong = ""
	switch k.String() {
	case "tab", "shift+tab", "up", "down":
		d.at = 1 - d.at
	case "esc":
		m.closeDialog()
	case "enter":
		if d.field[0].value() == "" {
			d.at, d.wrong = 0, "Name the file or the folder."
			return nil
		}
		m.closeDialog()
		return m.copyFiles(d.u, d.up, d.field[0].value(), d.field[1].value())
	default:
		d.field[d.at].update(k)
	}
	return nil
}

// copyFiles copies in the background. An empty target means the same name in
// the home folder there, or in the program's folder here.
func (m *model) copyFiles(u *member, up bool, from, to string) tea.Cmd {
	link, send, id := u.conn.link, m.send, u.ID
	if link == nil {
		return m.say("The connection is gone: try again in a moment.", true)
	}
	v := verb{doing: "downloading", did: "downloaded"}
	if up {
		v = verb{doing: "uploading", did: "uploaded"}
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
	*here = fromHome(*here)
	if !up && !filepath.IsAbs(to) {
		to = filepath.Join(m.o.SaveDir, to)
	}
	busy, c := u.op != nil, &copying{began: m.o.Now()}
	cmd := m.operate(u, v, func(ctx context.Context, _ func(steps.Event)) (result, error) {
		o := steps.CopyOptions{Recursive: true, Progress: func(p steps.CopyProgress) { send(copyAdvanced{c, id, p}) }}
		do := link.Get
		if up {
			do = link.Put
		}
		copied, err := do(ctx, from, to, o)
		return result{copied: copied}, err
	}, func(m *model, u *member, r result) tea.Cmd {
		return m.say(fmt.Sprintf("%s: %s %s, %s.", u.name(), v.did, counted(r.copied.Files, "file"), bytesOf(r.copied.Bytes)), false)
	})
	if !busy {
		u.op.copying = c
	}
	return cmd
}

// fromHome is a path of this computer without the ~ for the home folder, which
// no shell has replaced here.
func fromHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path // and the error will show it as it was typed
	}
	return filepath.Join(home, rest)
}

func (s *fleetScreen) copied(msg copyAdvanced) {
	if u := s.members[msg.setupID]; u != nil && u.op != nil && u.op.copying == msg.of && msg.of != nil {
		msg.of.progress = msg.progress
	}
}

// copyLine is how far a copy is, and how fast.
func (op *operation) copyLine(now time.Time) string {
	p := op.copying.progress
	text := capital(op.doing) + " …"
	if p.File != "" {
		text = fmt.Sprintf("%s %s: %s of %s", capital(op.doing), clean(p.File), bytesOf(p.Bytes), bytesOf(p.Of))
	}
	if p.OfAll > 1 {
		text += fmt.Sprintf(", file %d of %d", min(p.Files+1, p.OfAll), p.OfAll)
	}
	if took := now.Sub(op.copying.began); took >= time.Second && p.Bytes > 0 {
		text += fmt.Sprintf(", %s/s", bytesOf(int64(float64(p.Bytes)/took.Seconds())))
	}
	return text + "; esc ends it"
}

// bytesOf is a size as a person says it.
func bytesOf(n int64) string {
	const k = 1000
	switch {
	case n < k:
		return fmt.Sprintf("%d B", n)
	case n < k*k:
		return fmt.Sprintf("%.1f kB", float64(n)/k)
	case n < k*k*k:
		return fmt.Sprintf("%.1f MB", float64(n)/k/k)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/k/k/k)
}

func (d *copyDialog) view(th theme.Theme, w int) []string {
	title, labels := "Download from "+d.u.name(), [2]string{"File or folder on the machine", "To, on this computer"}
	if d.up {
		title, labels = "Upload to "+d.u.name(), [2]string{"File or folder on this computer", "To, on the machine"}
	}
	lines := dialogText(th, title, []string{"Paths on the machine begin in its home folder. A folder is copied whole."}, w)
	for i, label := range labels {
		lines = append(lines, th.Prompt.Render(label), d.field[i].view(th, min(w, 60), i == d.at), "")
	}
	return append(lines, paragraph(th.Error, d.wrong, w)...)
}

func (d *copyDialog) hints() []hint {
	return []hint{{"enter", "copy"}, {"tab", "other path"}, {"esc", "cancel"}}
}
