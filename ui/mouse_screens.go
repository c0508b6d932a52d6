package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func (s *accountScreen) point(m *model, p page.Pointed) tea.Cmd {
	again := false
	switch {
	case m.Tasks.Runs(taskSignIn), s.failure.Is():
		return nil
	case s.signedIn != nil:
		s.refused = ""
		again = s.regions.Point(p.Zones, p.Wheel)
	default:
		again = s.at.Point(p)
	}
	if again {
		return m.Enter()
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
		return m.Enter()
	}
	return nil
}

func (s *keyScreen) point(m *model, p page.Pointed) tea.Cmd {
	if s.naming || s.failure.Is() || len(s.options) == 0 {
		return nil
	}
	s.wrong = ""
	if s.at.Point(p) {
		return m.Enter()
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
			return m.Enter()
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
		return m.Enter()
	}
	return s.moved(m)
}
