package ui

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Every message of our own says what has happened. A task's result carries
// the task's ID, so that a result nobody waits for any more is dropped; the
// events and questions of the work carry the ID of what they are about.
type (
	// profilesRead: the AWS files were read.
	profilesRead struct {
		id   taskID
		list []steps.Profile
		err  error
	}
	// signedIn: a profile was signed in, or could not be.
	signedIn struct {
		id      taskID
		account steps.Account
		err     error
	}
	// typesFetched: the region's instance types are here; pricesFetched: its
	// prices, which take longer.
	typesFetched struct {
		id    taskID
		place steps.Place
		list  []steps.InstanceType
		err   error
	}
	pricesFetched struct {
		id     taskID
		prices steps.Prices
		err    error
	}
	// keysFound: the ways to a key pair were listed.
	keysFound struct {
		id    taskID
		place steps.Place
		list  []steps.KeyOption
		err   error
	}
	// keyInspected: the key file the person named was looked at.
	keyInspected struct {
		id     taskID
		option steps.KeyOption
		err    error
	}
	// keyProtected: mending a key file was tried; done says what then holds.
	keyProtected struct {
		id         taskID
		path, done string
		err        error
	}
	// reviewed: the review for these answers is here.
	reviewed struct {
		id      taskID
		answers steps.Answers
		review  steps.Review
		err     error
	}
	// fileSaved: a plan or a log was written to path.
	fileSaved struct {
		id   taskID
		what string
		path string
		err  error
	}
	// setupsListed: the setups of earlier runs were read.
	setupsListed struct {
		id    taskID
		stamp string // of the ledger, from before it was read
		list  []steps.Setup
		last  steps.Answers // of the machine that was made last
		err   error
	}
	// workBegan: the ledger has the setup that the work is for.
	workBegan struct {
		id    taskID
		setup steps.Setup
	}
	// workEnded: launch to open came to its end, one way or the other.
	workEnded struct {
		id     taskID
		opened *steps.Opened
		err    error
		end    *ending // nil, or where the program's end would look for opened
	}
	// removeEnded: the removal came to its end.
	removeEnded struct {
		id  taskID
		err error
	}
	// browserOpened: the system was asked to open the URL.
	browserOpened struct{ err error }
	// questionAsked: the engine waits for an answer of the person.
	questionAsked struct{ q *question }
	// told: something is said while credentials are waited for.
	told struct{ text string }
	// questionWithdrawn: it does not wait any more.
	questionWithdrawn struct{ id questionID }
	// tunnelSeen: what the tunnel says of itself.
	tunnelSeen struct {
		id    taskID
		state string
	}
	// setupSeen: the setup that is worked on was read again.
	setupSeen struct {
		id      taskID
		setupID string
		list    []steps.Setup
		err     error
	}
	// ticked: time has passed; spinners turn and costs grow.
	ticked struct {
		id tickID
		at time.Time
	}
	// resumed: the program was continued after Ctrl-Z, or could not be suspended.
	resumed struct{ err error }
	// noticeFaded: the one-line notice has been read.
	noticeFaded struct{ id noticeID }
)
