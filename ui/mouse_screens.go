package ui

import (
	tea "charm.land/bubbletea/v2"
)

func (s *accountScreen) point(m *model, p pointed) tea.Cmd {
	again := false
	switch {
	case m.tasks.runs(taskSignIn), s.failure.is():
		return nil
	case s.signedIn != nil:
		s.refused = ""
		again = s.regions.Point(p.zones, p.wheel)
	default:
		again = s.at.point(p)
	}
	if again {
		return m.enter()
	}
	return nil
}

func (s *machineScreen) point(m *model, p pointed) tea.Cmd {
	if s.failure.is() || len(s.types) == 0 {
		return nil
	}
	if part, ok := p.number(zonePart); ok {
		s.part, s.wrong = part, ""
	}
	if release, ok := p.clicked(zonePick + "release:"); ok {
		m.answers.Release = release
	}
	if s.table.Point(p.zones, p.wheel) {
		return m.enter()
	}
	return nil
}

func (s *keyScreen) point(m *model, p pointed) tea.Cmd {
	if s.naming || s.failure.is() || len(s.options) == 0 {
		return nil
	}
	s.wrong = ""
	if s.at.point(p) {
		return m.enter()
	}
	return nil
}

func (s *modeScreen) point(m *model, p pointed) tea.Cmd {
	if part, ok := p.number(zonePart); ok && (part != partTLS || m.modeHasTLS()) {
		s.part, s.wrong = part, ""
	}
	if _, ok := p.clicked(zoneLine); ok {
		s.part = partMode
		again := s.at.point(p)
		s.choose(m)
		if again {
			return m.enter()
		}
	}
	if on, ok := p.clicked(zonePick); ok && on == "other" {
		s.toggle(m)
	}
	return nil
}

func (s *reviewScreen) point(_ *model, p pointed) tea.Cmd { s.at.wheel(p); return nil }

func (s *workScreen) point(_ *model, p pointed) tea.Cmd { return s.logs.point(p) }

func (s *removeScreen) point(_ *model, p pointed) tea.Cmd { return s.logs.point(p) }

func (s *openScreen) point(m *model, p pointed) tea.Cmd {
	if s.logs {
		return m.work.logs.point(p)
	}
	s.at.wheel(p)
	return nil
}

// point selects a machine, and scrolls its log. A second click on a machine is
// Enter; a click on its log gives that the whole screen.
func (s *fleetScreen) point(m *model, p pointed) tea.Cmd {
	if _, over := p.in(zonePane); over {
		if p.wheel != 0 {
			return wheelPane(s.pane, p)
		}
		s.full = true
		return nil
	}
	if s.failure.is() || s.full {
		return nil
	}
	if s.table.Point(p.zones, p.wheel) {
		return m.enter()
	}
	return s.moved(m)
}

func (d *choiceDialog) point(m *model, p pointed) tea.Cmd {
	d.at.size(len(d.options))
	if d.at.point(p) {
		return d.take(m, d.at.at)
	}
	return nil
}

func (d *textDialog) point(_ *model, p pointed) tea.Cmd { d.at.wheel(p); return nil }

func (d *typeDialog) point(_ *model, p pointed) tea.Cmd {
	d.table.Point(p.zones, p.wheel) // a type is taken by Enter alone: it changes the machine
	return nil
}

func (d *sweepDialog) point(_ *model, p pointed) tea.Cmd {
	if d.clearing || d.failure.is() {
		return nil
	}
	if d.at.point(p) && d.at.at < len(d.found) {
		d.mark(d.found[d.at.at])
	}
	return nil
}

func (d *doctorDialog) point(_ *model, p pointed) tea.Cmd {
	d.at.point(p)
	d.moved = true
	return nil
}

func (d *limitsDialog) point(_ *model, p pointed) tea.Cmd {
	d.at.size(len(d.value))
	d.at.point(p)
	if pick, ok := p.clicked(zonePick); ok {
		for _, limit := range d.options(d.at.at) {
			if limit.Words() == pick {
				d.value[d.at.at] = limit
			}
		}
	}
	return nil
}
