package machines

import (
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// The messages of the list of machines. What is about one machine carries its
// setup's ID beside the task's.
type (
	// setupsListed: the setups of earlier runs were read.
	setupsListed struct {
		id    page.TaskID
		stamp string // of the ledger, from before it was read
		list  []steps.Setup
		last  steps.Answers // of the machine that was made last
		err   error
	}
	// surveyed: some regions said which machines they have.
	surveyed struct {
		id      page.TaskID
		answers []steps.Surveyed
	}
	// surveyEnded: every region has answered, or the survey could not be made.
	surveyEnded struct {
		id  page.TaskID
		err error
	}
	// ledgerWatched: the ledger was checked for what other programs do. It
	// was read where its stamp was not the one that was known.
	ledgerWatched struct {
		id    page.TaskID
		stamp string
		read  bool
		list  []steps.Setup
		err   error
	}
	// machineRead: one machine was checked again. found is false when the
	// ledger has it no more.
	machineRead struct {
		id      page.TaskID
		setupID string
		stamp   string // of the ledger that it was read in
		setup   steps.Setup
		found   bool
		err     error
	}
	// selectionRested: the selection has stayed where it is for a moment.
	selectionRested struct{ id selectionID }
	// linkMade: a machine was connected to, or could not be.
	linkMade struct {
		id      page.TaskID
		setupID string
		link    steps.Link
		around  bool // nobody had asked for it
		err     error
	}
	// healthCame: a machine said how it is; link and tunnel are their states.
	healthCame struct {
		id      page.TaskID
		setupID string
		health  steps.Health
		link    string
		tunnel  string
		err     error
	}
	// logRead: lines of the log that is followed.
	logRead struct {
		id    page.TaskID
		lines []logLine
	}
	// logEnded: the log that was followed came to its end, or was cut off.
	logEnded struct {
		id  page.TaskID
		err error
	}
	// operationSaid: a machine's operation said something.
	operationSaid struct {
		id      page.TaskID
		setupID string
		events  []steps.Event
	}
	// operationEnded: it came to its end, one way or the other.
	operationEnded struct {
		id      page.TaskID
		setupID string
		result  result
		err     error
		end     *page.Ending // nil, or where the program's end would look for the result
	}
	// copyAdvanced: a copy has come further. of tells it from an earlier one.
	copyAdvanced struct {
		of       *copying
		setupID  string
		progress steps.CopyProgress
	}
	// pathsFound: the names in the folder of a path that is being typed.
	pathsFound struct {
		id     page.TaskID
		dialog *copyDialog
		at     int
		path   string
		here   bool // on this computer
		names  []string
		err    error
	}
	// notebookEnded: a Jupyter on this computer has ended.
	notebookEnded struct {
		setupID  string
		notebook steps.LocalNotebook
	}
	// shellEnded: the person left the machine's shell.
	shellEnded struct {
		setupID string
		err     error
	}
	// checked: the doctor checked some things; doctorEnded: all of them.
	checked struct {
		id     page.TaskID
		checks []steps.Check
	}
	doctorEnded struct {
		id  page.TaskID
		err error
	}
	// swept: some regions said what is left over there; sweepEnded: all did.
	swept struct {
		id      page.TaskID
		answers []steps.Swept
	}
	sweepEnded struct {
		id  page.TaskID
		err error
	}
	// cleared: leftovers were removed, or not all of them.
	cleared struct {
		id  page.TaskID
		err error
	}
	// otherTypesFetched: the types a stopped machine could have.
	otherTypesFetched struct {
		id     page.TaskID
		list   []steps.InstanceType
		prices steps.Prices
		noCost error // why there are no prices
		err    error
	}
)

// logLine is one line of a log that is followed.
type logLine struct {
	text    string
	partial bool
}
