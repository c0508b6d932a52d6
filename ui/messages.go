package ui

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Every message of our own says what has happened. A task's result carries
// the task's ID, so that a result nobody waits for any more is dropped; the
// events and questions of the work carry the ID of what they are about.
type (
	// workBegan: the ledger has the setup that the work is for.
	workBegan struct {
		id    page.TaskID
		setup steps.Setup
	}
	// workEnded: launch to open came to its end, one way or the other.
	workEnded struct {
		id     page.TaskID
		opened *steps.Opened
		err    error
		end    *page.Ending // nil, or where the program's end would look for opened
	}
	// removeEnded: the removal came to its end.
	removeEnded struct {
		id  page.TaskID
		err error
	}
	// questionAsked: the engine waits for an answer of the person.
	questionAsked struct{ q *question }
	// questionWithdrawn: it does not wait any more.
	questionWithdrawn struct{ id questionID }
	// tunnelSaid: what the tunnel says of itself.
	tunnelSaid struct {
		id    page.TaskID
		state string
	}
	// uiTurned: the URL leads to another page from now on, or could not be led there.
	uiTurned struct {
		id      page.TaskID
		setupID string
		ui      steps.UI
		err     error
	}
	// setupRead: the setup that is worked on was read again.
	setupRead struct {
		id      page.TaskID
		setupID string
		list    []steps.Setup
		err     error
	}
	// ticked: time has passed; spinners turn and costs grow.
	ticked struct {
		id tickID
		at time.Time
	}
	// noAnswer: the terminal has had its time to answer a question.
	noAnswer struct{ id int }
	// resumed: the program was continued after Ctrl-Z, or could not be suspended.
	resumed struct{ err error }
	// noticeFaded: the one-line notice has been read.
	noticeFaded struct{ id noticeID }
)
