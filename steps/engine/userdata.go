package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/cloudinit"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// installJob is the job of the install step, which is begun at boot already.
func installJob(facts jupyter.Facts, installer steps.Installer) remote.Job {
	job := jupyter.InstallJob(facts, jupyter.Installer(installer))
	job.Again = false // the run that was begun at boot answers
	return job
}

// makeUserData makes what the machine is launched with: a host key of its own,
// and the install to begin at boot. It is kept as it was sent: EC2 refuses the
// same ClientToken with other user data, which a later program might make.
func (r *run) makeUserData() error {
	pair, err := remote.Generate("")
	if err != nil {
		return err
	}
	// Whether there is systemd, the machine sees for itself.
	job := installJob(jupyter.Facts{Systemd: true, Sudo: true}, r.s.Answers.Installer)
	data, err := cloudinit.UserData(cloudinit.Machine{HostKey: pair, User: user, Job: job})
	if err != nil {
		return err
	}
	r.s.Resources.UserData, r.s.Resources.HostKey = true, pair.Public
	return writePrivate(r.g.ledger.userData(r.s.ID), data)
}

// userData is what the launch sends; nothing where it was first asked for by a
// program that sent none.
func (r *run) userData() ([]byte, error) {
	if !r.s.Resources.UserData {
		return nil, nil
	}
	data, err := os.ReadFile(r.g.ledger.userData(r.s.ID))
	if err != nil {
		return nil, &problem.Error{
			Kind: problem.Failed, Title: "The launch cannot be asked for again",
			Text: "EC2 may have been asked for this machine already, and asking again takes the user data that it was asked with: " + err.Error() + ".",
			Next: problem.Say("Wait a minute, in which EC2 may show the machine, and ").Do(problem.Retry).Say(". Or ").Act(naming(problem.Remove, r.s, "this setup")).Say("."),
			Err:  err,
		}
	}
	return data, nil
}

// mayLaunchAgain reports whether the launch can be asked for a second time: not
// once somebody has logged in, and the machine has another host key.
func (r *run) mayLaunchAgain() bool { return !r.s.Resources.UserData || r.s.Resources.HostKey != "" }

// dropUserData deletes the file of the user data.
func (r *run) dropUserData() error {
	if err := os.Remove(r.g.ledger.userData(r.s.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting the user data: %w", err)
	}
	return nil
}

// pinGivenKey pins the key that the machine was given, as soon as there is an ID
// to pin it under. What is pinned already may be a newer one; and once the machine
// may have one of its own, the given one, which others may know, is never pinned
// again.
func (r *run) pinGivenKey() error {
	res := r.s.Resources
	if res.HostKey == "" || res.InstanceID == "" || res.MakesHostKey() {
		return nil
	}
	known := r.g.hostKeys()
	r.s.KnownHosts = known.Path() // what is typed by hand at the first login is checked too
	if pinned, err := known.Lookup(res.InstanceID); err != nil || len(pinned) > 0 {
		return err
	}
	k, err := remote.ParseKey(res.HostKey)
	if err != nil {
		return err
	}
	r.doing("Its host key was made here and is pinned: %s", k.Fingerprint)
	return known.Pin(res.InstanceID, k)
}
