package steps

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// saw takes over what the cloud says of the instance, and keeps count of how
// long it has run: EC2 tells the last start and the last stop only.
func (s *Setup) saw(i aws.Instance, now time.Time) {
	s.State, s.PrivateIP = i.State, i.PrivateIP
	// A VPC without DNS hostnames gives none: the address does as well.
	s.PublicAddr, s.PublicIP = or(i.PublicDNS, i.PublicIP), i.PublicIP
	if !i.Launched.IsZero() && !i.Launched.Equal(s.LaunchedAt) {
		switch {
		case s.FirstStart.IsZero():
			s.FirstStart = i.Launched
			if !i.Created.IsZero() && i.Created.Before(i.Launched) {
				s.FirstStart, s.RanUnseen = i.Created, true // it was started again before it was seen
			}
		case s.StoppedAt.IsZero():
			s.RanUnseen = true // nobody saw its last run end
		}
		s.LaunchedAt, s.StoppedAt = i.Launched, time.Time{}
	}
	switch i.State {
	case "pending", "running":
		if !s.StoppedAt.IsZero() { // it was taken for stopped, or for gone, and runs on
			s.RanBefore -= max(s.StoppedAt.Sub(s.LaunchedAt), time.Minute)
			s.StoppedAt = time.Time{}
		}
	case "stopped", "terminated":
		if s.StoppedAt.IsZero() && !s.LaunchedAt.IsZero() {
			s.StoppedAt = now
			if i.StoppedAt.After(s.LaunchedAt) && i.StoppedAt.Before(now) {
				s.StoppedAt = i.StoppedAt
			}
			s.RanBefore += max(s.StoppedAt.Sub(s.LaunchedAt), time.Minute)
		}
	}
}

// Money is what the setup's machine costs, as of now. The location tells when
// tomorrow is.
func (s Setup) Money(now time.Time) Money {
	c := s.Cost
	m := Money{Known: c.Known, AtLeast: s.RanUnseen || c.DiskUnknown}
	first := s.FirstStart
	if first.IsZero() {
		first = s.LaunchedAt
	}
	if !c.Known || first.IsZero() {
		return m
	}
	running := s.State == "running" || s.State == "pending" || s.State == "stopping" || s.State == "shutting-down"
	ran := s.RanBefore
	if running {
		m.Hour = c.Hour
		ran += max(now.Sub(s.LaunchedAt), time.Minute) // AWS bills at least a minute a start
	} else if s.there() {
		m.Hour = c.Disk
	}
	end := now
	if !s.there() && !s.StoppedAt.IsZero() {
		end = s.StoppedAt
	}
	m.SoFar = (c.Type+c.IPv4)*ran.Hours() + c.Disk*max(end.Sub(first), 0).Hours()
	m.Tomorrow = m.Hour * untilTomorrow(now).Hours()
	return m
}

// there says that the instance exists, as far as was seen.
func (s Setup) there() bool {
	switch s.State {
	case "", "gone", "terminated":
		return false
	}
	return true
}

// untilTomorrow is how long it is until 9 o'clock tomorrow, where now is.
func untilTomorrow(now time.Time) time.Duration {
	return time.Date(now.Year(), now.Month(), now.Day()+1, 9, 0, 0, 0, now.Location()).Sub(now)
}
