package ui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func (s *accountScreen) point(m *model, p page.Pointed) tea.Cmd {
	again := false
	switch {
	case m.tasks.Runs(taskSignIn), s.failure.Is():
		return nil
	case s.signedIn != nil:
		s.refused = ""
		again = s.regions.Point(p.Zones, p.Wheel)
	default:
		again = s.at.Point(p)
	}
	if again {
		return m.enter()
	}
	return nil
}

func (s *machineScreen) point(m *model, p page.Pointed) tea.Cmd {
	if s.failure.Is() || len(s.types) == 0 {
		return nil
	}
	if part, ok := p.Number(page.ZonePart); ok {
		s.part, s.wrong = part, ""
	}
	if release, ok := p.Clicked(page.ZonePick + "release:"); ok {
		m.answers.Release = release
	}
	if s.table.Point(p.Zones, p.Wheel) {
		return m.enter()
	}
	return nil
}

func (s *keyScreen) point(m *model, p page.Pointed) tea.Cmd {
	if s.naming || s.failure.Is() || len(s.options) == 0 {
		return nil
	}
	s.wrong = ""
	if s.at.Point(p) {
		return m.enter()
	}
	return nil
}

func (s *modeScreen) point(m *model, p page.Pointed) tea.Cmd {
	if part, ok := p.Number(page.ZonePart); ok && (part != partTLS || m.modeHasTLS()) {
		s.part, s.wrong = part, ""
	}
	if _, ok := p.Clicked(page.ZoneLine); ok {
		s.part = partMode
		again := s.at.Point(p)
		s.choose(m)
		if again {
			return m.enter()
		}
	}
	if on, ok := p.Clicked(page.ZonePick); ok && on == "other" {
		s.toggle(m)
	}
	return nil
}

func (s *reviewScreen) point(_ *model, p page.Pointed) tea.Cmd { s.at.Wheel(p); return nil }

func (s *workScreen) point(_ *model, p page.Pointed) tea.Cmd { return s.logs.Point(p) }

func (s *removeScreen) point(_ *model, p page.Pointed) tea.Cmd { return s.logs.Point(p) }

func (s *openScreen) point(m *model, p page.Pointed) tea.Cmd {
	if s.logs {
		return m.work.logs.Point(p)
	}
	s.at.Wheel(p)
	return nil
}

// point selects a machine, and scrolls its log. A second click on a machine is
// Enter; a click on its log gives that the whole screen.
func (s *fleetScreen) point(m *model, p page.Pointed) tea.Cmd {
	if _, over := p.In(page.ZonePane); over {
		if p.Wheel != 0 {
			return page.WheelPane(s.pane, p)
		}
		s.full = true
		return nil
	}
	if s.failure.Is() || s.full {
		return nil
	}
	if s.table.Point(p.Zones, p.Wheel) {
		return m.enter()
	}
	return s.moved(m)
}

func (d *choiceDialog) point(m *model, p page.Pointed) tea.Cmd {
	d.at.Size(len(d.options))
	if d.at.Point(p) {
		return d.take(m, d.at.At)
	}
	return nil
}

func (d *textDialog) point(_ *model, p page.Pointed) tea.Cmd { d.at.Wheel(p); return nil }

func (d *typeDialog) point(_ *model, p page.Pointed) tea.Cmd {
	d.table.Point(p.Zones, p.Wheel) // a type is taken by Enter alone: it changes the machine
	return nil
}

func (d *sweepDialog) point(_ *model, p page.Pointed) tea.Cmd {
	if d.clearing || d.failure.Is() {
		return nil
	}
	if d.at.Point(p) && d.at.At < len(d.found) {
		d.mark(d.found[d.at.At])
	}
	return nil
}

func (d *doctorDialog) point(_ *model, p page.Pointed) tea.Cmd {
	d.at.Point(p)
	d.moved = true
	return nil
}

func (d *limitsDialog) point(_ *model, p page.Pointed) tea.Cmd {
	d.at.Size(len(d.value))
	d.at.Point(p)
	if pick, ok := p.Clicked(page.ZonePick); ok {
		for _, limit := range d.options(d.at.At) {
			if limit.Words() == pick {
				d.value[d.at.At] = limit
			}
		}
	}
	return nil
}
