package steps

// Standing is what there is to say of a setup beside its machine's state.
type Standing string

// The standings.
const (
	StandingPlain      Standing = "" // the machine's state says it all
	StandingBad        Standing = "bad record"
	StandingRemoving   Standing = "half removed" // its removal has begun, and has not come to its end
	StandingNew        Standing = "not launched"
	StandingUnseen     Standing = "unseen"      // the state is the one last seen
	StandingImage      Standing = "image begun" // it runs without its server: an image of it was begun, and has not come to its end
	StandingUnfinished Standing = "unfinished"  // it runs, and the guide has not come to its end
)

// Standing returns where the setup stands.
func (s Setup) Standing() Standing {
	switch {
	case s.Bad != nil:
		return StandingBad
	case s.Resources.Removing:
		return StandingRemoving
	case s.State == StateNone && s.Resources.InstanceID == "":
		return StandingNew
	case s.State.Up() && s.Saving != nil: // which only the ledger knows, and nobody needs to see
		return StandingImage
	case s.Unseen != "" && !s.State.Gone():
		return StandingUnseen
	case s.State.Up() && !s.Finished(StepOpen):
		return StandingUnfinished
	}
	return StandingPlain
}

// Standing returns where the machine stands. How far the guide has come is
// known of this computer's own only.
func (m Machine) Standing() Standing {
	if standing := m.Setup.Standing(); !m.Elsewhere || standing == StandingUnseen {
		return standing
	}
	return StandingPlain
}
