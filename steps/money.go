package steps

import "time"

// Money is what the setup's machine costs, as of now. The location tells when
// tomorrow is.
func (s Setup) Money(now time.Time) Money {
	c := s.Cost
	m := Money{Known: c.Known, AtLeast: s.RanUnseen || c.DiskUnknown, PriceAge: c.Age(now)}
	first := s.FirstStart
	if first.IsZero() {
		first = s.LaunchedAt
	}
	if !c.Known || first.IsZero() {
		return m
	}
	ran := s.RanBefore
	if s.State.Billed() {
		m.Hour = c.Hour
		ran += max(now.Sub(s.LaunchedAt), time.Minute) // AWS bills at least a minute a start
	} else if s.State.Exists() {
		m.Hour = c.Disk
	}
	end := now
	if !s.State.Exists() && !s.StoppedAt.IsZero() {
		end = s.StoppedAt
	}
	m.SoFar = (c.Type+c.IPv4)*ran.Hours() + c.Disk*max(end.Sub(first), 0).Hours()
	m.Tomorrow = m.Hour * untilTomorrow(now).Hours()
	return m
}

// Together is what several machines cost. It is Known where no price of theirs
// is missing; the sums are of those that have one, and as old as their oldest.
func Together(now time.Time, all ...Setup) Money {
	sum := Money{Known: true}
	for _, s := range all {
		m := s.Money(now)
		missing := !m.Known && s.State.Exists()
		sum.Known = sum.Known && !missing
		sum.AtLeast = sum.AtLeast || missing || m.AtLeast
		sum.Hour, sum.SoFar, sum.Tomorrow = sum.Hour+m.Hour, sum.SoFar+m.SoFar, sum.Tomorrow+m.Tomorrow
		sum.PriceAge = max(sum.PriceAge, m.PriceAge)
	}
	return sum
}

// untilTomorrow is how long it is until 9 o'clock tomorrow, where now is.
func untilTomorrow(now time.Time) time.Duration {
	return time.Date(now.Year(), now.Month(), now.Day()+1, 9, 0, 0, 0, now.Location()).Sub(now)
}
