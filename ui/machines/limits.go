package machines

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// limitsDialog asks for the two limits of one machine.
type limitsDialog struct {
	name  string
	set   func(idle, lifetime steps.Limit) tea.Cmd
	value [2]steps.Limit
	at    page.Choice
}

func (s *Page) askLimits(u *Member) {
	s.Open(&limitsDialog{name: u.Name(), value: [2]steps.Limit{
		u.Wanted().IdleStop.Or(steps.DefaultIdleStop), u.Wanted().Lifetime.Or(steps.DefaultLifetime),
	}, set: func(idle, lifetime steps.Limit) tea.Cmd { return s.setLimits(u, idle, lifetime) }})
}

func (d *limitsDialog) choices(i int) []steps.Limit {
	return [][]steps.Limit{page.IdleChoices(), page.LifetimeChoices()}[i]
}

func (d *limitsDialog) Typing() page.Typist { return nil }

// Keys implements [page.Dialog].
func (d *limitsDialog) Keys() page.DialogKeys {
	d.at.Size(len(d.value))
	next := func(by int) func() {
		return func() { d.value[d.at.At] = page.NextLimit(d.choices(d.at.At), d.value[d.at.At], by) }
	}
	return page.DialogKeys{
		page.On("enter", "set", func() page.Reply {
			return page.Closing(func() tea.Cmd { return d.set(d.value[0], d.value[1]) })
		}),
		page.Change("right l space", "change", next(+1)).As("←→"), page.Change("left h", "", next(-1)),
		page.Moving[page.Reply]("other limit", d.at.Key), page.Change("tab shift+tab", "", func() { d.at.At = 1 - d.at.At }),
		page.On("esc", "cancel", page.Close),
	}
}

func (s *Page) setLimits(u *Member, idle, lifetime steps.Limit) tea.Cmd {
	did := "auto-stop: " + steps.StopRule{Idle: idle, Lifetime: lifetime}.Words()
	id, engine := u.ID, s.Engine
	return s.changed(u, phrase{doing: "setting the limits", did: did}, func(ctx context.Context) error {
		_, err := engine.SetLimits(ctx, id, idle, lifetime)
		return err
	})
}

func (d *limitsDialog) View(th theme.Theme, w int) []string {
	lines := page.DialogText(th, "When should "+d.name+" stop automatically?", []string{
		"It is stopped, never terminated: its files stay. Idle means that no cell or other program of yours works, nobody is logged in and nothing is copied. An open browser tab alone does not count.",
	}, w)
	for i, label := range []string{"Idle for", "After"} {
		line := page.Arrow(th, i == d.at.At) + th.Subtle.Render(cells.Fit(label, 10))
		var parts []string
		for _, c := range d.options(i) {
			style := th.Text
			if c == d.value[i] {
				style = th.Heading
				if i == d.at.At {
					style = th.TableSelected
				}
			}
			parts = append(parts, cells.Zone(page.ZonePick+c.Words(), page.Radio(th, c == d.value[i])+style.Render(c.Words())))
		}
		lines = append(lines, page.ZoneOf(page.ZoneLine, i, cells.Fit(line+strings.Join(parts, "  "), w)))
	}
	return lines
}

// options are the choices, and the limit itself where it is none of them.
func (d *limitsDialog) options(i int) []steps.Limit {
	list := d.choices(i)
	for _, c := range list {
		if c == d.value[i] {
			return list
		}
	}
	return append(list, d.value[i])
}

// Point implements [page.PointableDialog].
func (d *limitsDialog) Point(p page.Pointed) page.Reply {
	d.at.Size(len(d.value))
	d.at.Point(p)
	if pick, ok := p.Clicked(page.ZonePick); ok {
		for _, limit := range d.options(d.at.At) {
			if limit.Words() == pick {
				d.value[d.at.At] = limit
			}
		}
	}
	return page.Reply{}
}
