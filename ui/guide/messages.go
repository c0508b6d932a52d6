package guide

import (
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// The messages of the question pages. Each carries its task's ID.
type (
	// profilesRead: the AWS files were read.
	profilesRead struct {
		id   page.TaskID
		list []steps.Profile
		err  error
	}
	// signedIn: a profile was signed in, or could not be.
	signedIn struct {
		id      page.TaskID
		account steps.Account
		err     error
	}
	// typesFetched: the region's instance types are here; pricesFetched: its
	// prices, which take longer.
	typesFetched struct {
		id    page.TaskID
		place steps.Place
		list  []steps.InstanceType
		err   error
	}
	pricesFetched struct {
		id     page.TaskID
		prices steps.Prices
		err    error
	}
	// imagesListed: the user's own images are here, or could not be had.
	imagesListed struct {
		id    page.TaskID
		place steps.Place
		list  []steps.Image
		err   error
	}
	// keysFound: the ways to a key pair were listed.
	keysFound struct {
		id    page.TaskID
		place steps.Place
		list  []steps.KeyOption
		err   error
	}
	// keyInspected: the key file the person named was checked.
	keyInspected struct {
		id     page.TaskID
		option steps.KeyOption
		err    error
	}
	// keyProtected: mending a key file was tried; done says what then holds.
	keyProtected struct {
		id         page.TaskID
		path, done string
		err        error
	}
	// reviewed: the review for these answers is here.
	reviewed struct {
		id      page.TaskID
		answers steps.Answers
		review  steps.Review
		err     error
	}
)
