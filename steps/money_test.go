package steps

import (
	"math"
	"testing"
	"time"
)

func TestMoneyTomorrow(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("west", -8*3600)} {
		now := time.Date(2026, 3, 1, 21, 0, 0, 0, zone)
		s := Setup{State: "running", FirstStart: now, LaunchedAt: now, Cost: Cost{Known: true, Type: 2, Hour: 2}}
		if m := s.Money(now); math.Abs(m.Tomorrow-24) > 1e-9 {
			t.Errorf("%s: twelve hours at 2 cost %v", zone, m.Tomorrow)
		}
	}
}

func TestNoMoneyWithoutAPrice(t *testing.T) {
	s := Setup{State: "running", FirstStart: time.Now().Add(-time.Hour), LaunchedAt: time.Now().Add(-time.Hour)}
	if m := s.Money(time.Now()); m.Known || m.SoFar != 0 || m.Hour != 0 || m.Tomorrow != 0 {
		t.Errorf("an unknown price gave %+v", m)
	}
}
