package aws

import "github.com/aws/aws-sdk-go-v2/service/ec2/types"

// State is an instance's state, as EC2 names it.
type State string

// The states.
const (
	StatePending      = State(types.InstanceStateNamePending)
	StateRunning      = State(types.InstanceStateNameRunning)
	StateStopping     = State(types.InstanceStateNameStopping)
	StateStopped      = State(types.InstanceStateNameStopped)
	StateShuttingDown = State(types.InstanceStateNameShuttingDown)
	StateTerminated   = State(types.InstanceStateNameTerminated)
)

// Ended reports whether an instance in that state is gone, or about to be.
func (s State) Ended() bool { return s == StateShuttingDown || s == StateTerminated }

// notTerminated are the states of the instances that there are.
func notTerminated() types.Filter {
	return filter("instance-state-name", string(StatePending), string(StateRunning), string(StateStopping), string(StateStopped), string(StateShuttingDown))
}
