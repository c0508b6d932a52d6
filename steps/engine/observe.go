package engine

import (
	"cmp"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// applyInstance takes over what the cloud says of the instance, and keeps count of how
// long it has run: EC2 tells the last start and the last stop only.
func applyInstance(s *steps.Setup, i aws.Instance, now time.Time) {
	s.State, s.PrivateIP, s.VPC = steps.State(i.State), i.PrivateIP, cmp.Or(i.VPC, s.VPC)
	// A VPC without DNS hostnames gives none: the address does as well.
	s.PublicAddr, s.PublicIP = cmp.Or(i.PublicDNS, i.PublicIP), i.PublicIP
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
	switch {
	case s.State.On():
		if !s.StoppedAt.IsZero() { // it was taken for stopped, or for gone, and runs on
			s.RanBefore -= max(s.StoppedAt.Sub(s.LaunchedAt), time.Minute)
			s.StoppedAt = time.Time{}
		}
	case s.State == steps.StateStopped || s.State.Gone():
		if s.StoppedAt.IsZero() && !s.LaunchedAt.IsZero() {
			s.StoppedAt = now
			if i.StoppedAt.After(s.LaunchedAt) && i.StoppedAt.Before(now) {
				s.StoppedAt = i.StoppedAt
			}
			s.RanBefore += max(s.StoppedAt.Sub(s.LaunchedAt), time.Minute)
		}
	}
}
