package steps

// State is a machine's state as EC2 names it, as it was last seen; StateNone
// before the launch. It is written to the ledger.
type State string

// The states.
const (
	StateNone         State = ""
	StatePending      State = "pending"
	StateRunning      State = "running"
	StateStopping     State = "stopping"
	StateStopped      State = "stopped"
	StateShuttingDown State = "shutting-down"
	StateTerminated   State = "terminated"
	// StateGone is no state of EC2's: it knows nothing of the machine any more.
	StateGone State = "gone"
)

// Up reports whether the machine runs.
func (s State) Up() bool { return s == StateRunning }

// On reports whether the machine runs, or is about to.
func (s State) On() bool { return s == StatePending || s == StateRunning }

// Off reports whether the machine is stopped, or about to be.
func (s State) Off() bool { return s == StateStopping || s == StateStopped }

// Gone reports whether the machine was there and is no more.
func (s State) Gone() bool { return s == StateTerminated || s == StateGone }

// Exists reports whether there is a machine, in whatever state.
func (s State) Exists() bool { return s != StateNone && !s.Gone() }

// Billed reports whether the machine costs by the hour, and not for its disk alone.
func (s State) Billed() bool {
	return s.On() || s == StateStopping || s == StateShuttingDown
}
