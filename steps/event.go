package steps

import "time"

// StepID names a step of the guide.
type StepID string

// The guide's steps, in order. The first five ask, the last five work.
const (
	StepAccount StepID = "account"
	StepMachine StepID = "machine"
	StepKey     StepID = "key"
	StepMode    StepID = "mode"
	StepReview  StepID = "review"
	StepLaunch  StepID = "launch"
	StepConnect StepID = "connect"
	StepInstall StepID = "install"
	StepServe   StepID = "serve"
	StepOpen    StepID = "open"
)

// These label the events of what is done with a machine afterwards; they are
// no pages of the guide.
const (
	StepRemove  StepID = "remove"
	StepStop    StepID = "stop"
	StepReboot  StepID = "reboot"
	StepResize  StepID = "resize"
	StepRestart StepID = "restart" // of the server
	StepSweep   StepID = "sweep"
	StepImage   StepID = "image"
	StepFix     StepID = "fix"
	StepLocal   StepID = "notebook" // Jupyter on this computer
	StepProject StepID = "project"  // its two folders are made alike
)

// EventKind says what an event reports.
type EventKind string

// The kinds of event.
const (
	Started  EventKind = "started"  // the step began
	Doing    EventKind = "doing"    // a line about what the program does
	ByHand   EventKind = "byhand"   // the command a person would have typed for this; it is not run
	Output   EventKind = "output"   // a line the host printed, already safe for a terminal
	Retrying EventKind = "retrying" // something failed and is tried again; Text says what and why
	Finished EventKind = "finished" // the step is done; Text is its one-line result
	Failed   EventKind = "failed"   // the step failed; Err has the reason
)

// Event is what a step says while it works. The wizard and the commands see
// nothing else of the work.
type Event struct {
	Time  time.Time
	Setup string // setup ID
	Step  StepID
	Kind  EventKind
	Text  string
	// Partial marks an Output line that is not finished (a progress bar
	// after a carriage return): the next Output event replaces it.
	Partial bool
	// Err is set with Failed. See Explain.
	Err error
}
