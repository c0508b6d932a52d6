package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The doctor's checks.
const (
	checkCredentials = "credentials"
	checkRegion      = "region"
	checkType        = "type"
	checkPermissions = "permissions"
	checkQuota       = "quota"
	checkNetwork     = "network"
	checkAddress     = "address"
	checkInstance    = "instance"
	checkShutdown    = "shutdown"
	checkGroup       = "group"
	checkKey         = "key"
	checkHostKey     = "hostkey"
	checkSSH         = "ssh"
	checkHost        = "host"
	checkInstall     = "install"
	checkServer      = "server"
	checkWatcher     = "watcher"
	checkPath        = "path"
	checkProof       = "proof"
)

// How long a check may take: a question to the cloud or to the host; one for
// which a person may be asked for an MFA code or a passphrase; and the proof,
// for which a small machine starts a kernel.
const (
	askWithin    = 20 * time.Second
	personWithin = 90 * time.Second
	proofWithin  = 150 * time.Second
)

// doctor looks at one setup, or at an account alone, and changes nothing: it
// works on a copy of the ledger's entry and takes no lock.
type doctor struct {
	*target // account and region are there once their checks have been made
	profile string
	alone   bool // there is no setup: the account alone is checked

	// What a check found out, for those after it.
	client   *remote.Client
	facts    jupyter.Facts
	kind     aws.Type
	image    aws.Image
	instance aws.Instance
	address  string
	server   jupyter.Endpoint // as the user reaches it
	tunnel   *remote.Tunnel
	keyless  bool // there is no key to log in with
	deaf     bool // the machine cannot be asked anything, though one can log in
	states   map[string]steps.CheckState
}

// finding is how a check came out.
type finding struct {
	state steps.CheckState
	text  string
	next  problem.Next
	fix   string
}

func fine(format string, args ...any) finding {
	return finding{state: steps.CheckOK, text: fmt.Sprintf(format, args...)}
}

func skipped(why string) finding { return finding{state: steps.CheckSkipped, text: why} }

// wrong is a finding from an error, in the error's own words.
func wrong(err error) finding {
	p := steps.Explain(err)
	if _, told := problem.Of(err); errors.Is(err, context.DeadlineExceeded) && !told {
		p.Title, p.Text, p.Next = "No answer", "There was no answer in time.", problem.Say("Check this computer's network, then try again.")
	}
	return finding{state: steps.CheckBad, text: p.Title + ". " + p.Text, next: p.Next}
}

// unsure is for what could not be checked, and stops nothing.
func unsure(err error) finding {
	f := wrong(err)
	f.state = steps.CheckWarn
	return f
}

// check is one line of the doctor's.
type check struct {
	id, title string
	account   bool     // also without a setup
	needs     []string // those without which there is nothing to look at
	within    time.Duration
	run       func(*doctor, context.Context) finding
}

// checks lists them in their order.
func checks() []check {
	cloud, machine, host := []string{checkCredentials, checkRegion}, []string{checkCredentials, checkRegion, checkInstance}, []string{checkSSH}
	return []check{
		{checkCredentials, "Credentials", true, nil, personWithin, (*doctor).credentials},
		{checkRegion, "Region", true, []string{checkCredentials}, askWithin, (*doctor).regionEnabled},
		{checkType, "Machine type and image", true, cloud, askWithin, (*doctor).offered},
		{checkPermissions, "Permissions", true, append(cloud, checkType), askWithin, (*doctor).permitted},
		{checkQuota, "Quota", true, append(cloud, checkType), askWithin, (*doctor).quota},
		{checkNetwork, "Network", true, cloud, askWithin, (*doctor).network},
		{checkAddress, "Your address", true, nil, askWithin, (*doctor).myAddress},
		{checkInstance, "Machine", false, cloud, askWithin, (*doctor).machine},
		{checkShutdown, "Shutdown behaviour", false, cloud, askWithin, (*doctor).shutdown},
		{checkGroup, "Security group", false, append(cloud, checkAddress), askWithin, (*doctor).group},
		{checkKey, "Key file", false, nil, askWithin, (*doctor).key},
		{checkHostKey, "Host key", false, machine, askWithin, (*doctor).hostKey},
		{checkSSH, "SSH login", false, append(machine, checkHostKey), personWithin, (*doctor).login},
		{checkHost, "Disk and memory", false, host, askWithin, (*doctor).host},
		{checkInstall, "Install", false, host, askWithin, (*doctor).installed},
		{checkServer, "Server", false, append(host, checkInstall), askWithin, (*doctor).serverUp},
		{checkWatcher, "Idle stop", false, host, askWithin, (*doctor).watcher},
		{checkPath, "Way to the server", false, append(host, checkServer), 2 * askWithin, (*doctor).way},
		{checkProof, "Proof", false, append(host, checkServer, checkPath), proofWithin, (*doctor).proof},
	}
}

// CheckIDs lists the IDs of the doctor's checks, in their order.
func CheckIDs() []string {
	var ids []string
	for _, c := range checks() {
		ids = append(ids, c.id)
	}
	return ids
}

// Doctor checks one setup from the credentials to the proof; without a
// setupID, the profile's account alone, in its own region. A check that failed
// is no error: each has them all. Nothing is changed, here or on the machine.
func (g *Guide) Doctor(ctx context.Context, profile, setupID string, each func(steps.Check)) error {
	t := &target{teller: teller{g: g, setup: setupID, emit: silent}, s: &steps.Setup{Answers: steps.Answers{
		Profile: profile, Release: steps.DefaultRelease, DiskGB: steps.DefaultDiskGB, Mode: steps.ModeSSH, Key: steps.KeyAnswer{Source: steps.KeyMadeHere},
	}}}
	d := &doctor{target: t, profile: profile, alone: setupID == "", states: map[string]steps.CheckState{}}
	if !d.alone {
		s, err := g.ledger.load(setupID)
		if err != nil {
			return err
		}
		d.s, d.profile = s, s.Answers.Profile
	}
	defer d.close()
	for _, c := range checks() {
		if d.alone && !c.account {
			continue
		}
		f := d.look(ctx, c)
		if ctx.Err() != nil {
			return fmt.Errorf("checking %s: %w", c.title, ctx.Err())
		}
		d.states[c.id] = f.state
		each(steps.Check{ID: c.id, Title: c.title, State: f.state, Text: safe.Text(f.text), Next: f.next.With(safe.Text), Fix: f.fix})
	}
	return nil
}

// look makes one check, unless one that it needs has failed.
func (d *doctor) look(ctx context.Context, c check) finding {
	for _, id := range c.needs {
		if s := d.states[id]; s == steps.CheckBad || s == steps.CheckSkipped {
			return skipped("Not checked until this is fixed: " + titleOf(id) + ".")
		}
	}
	if d.deaf && slices.Contains(c.needs, checkSSH) {
		return skipped("Nothing can be asked of the machine before this is well: " + titleOf(checkHost) + ".")
	}
	within, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	return c.run(d, within)
}

func titleOf(id string) string {
	for _, c := range checks() {
		if c.id == id {
			return c.title
		}
	}
	return id
}

func (d *doctor) close() {
	if d.tunnel != nil {
		_ = d.tunnel.Close() // it was opened to be checked
	}
	if d.client != nil {
		_ = d.client.Close()
	}
}

// FixCheck does what a check of Doctor's offered as its Fix.
func (g *Guide) FixCheck(ctx context.Context, setupID, checkID string, emit func(steps.Event)) error {
	var mend func(*run, context.Context) (string, error)
	switch checkID {
	case checkInstance:
		mend = (*run).startAgain
	case checkShutdown:
		mend = (*run).stopOnShutdown
	case checkGroup:
		mend = (*run).moveRules
	case checkHostKey, checkSSH:
		mend = (*run).pinShown
	case checkKey:
		return g.mendKey(setupID, emit)
	case checkInstall, checkServer, checkWatcher, checkPath, checkProof:
		return g.workAgain(ctx, setupID, emit)
	default:
		s, err := g.ledger.load(setupID)
		if err != nil {
			return err
		}
		return noRemedy(checkID, s)
	}
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := g.newRun(ctx, setupID, steps.StepFix, emit)
	if err != nil {
		return err
	}
	defer r.hangUp()
	return r.during("Mend: "+titleOf(checkID), func() (string, error) {
		result, err := mend(r, ctx)
		if err != nil {
			return "", err
		}
		return result, r.save()
	})
}

// noRemedy is for what FixCheck was not offered for.
func noRemedy(checkID string, s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "This cannot be fixed automatically",
		Text: fmt.Sprintf("The check %q has no remedy that the program could apply here.", checkID),
		Next: problem.Say("Do what the check says, then ").Act(on(problem.Doctor, s)).Say("."),
	}
}

// workAgain runs the guide's steps: each finds what is in order and mends what
// is not. A machine that is not running is not started by that: its own check
// offers it.
func (g *Guide) workAgain(ctx context.Context, setupID string, emit func(steps.Event)) error {
	t, err := g.target(ctx, setupID, steps.StepFix, emit)
	if err != nil {
		return err
	}
	var i aws.Instance
	if id := t.s.Resources.InstanceID; id != "" {
		if i, err = t.instance(ctx); err != nil {
			return err
		}
	}
	if i.State != aws.StateRunning {
		return notRunning(t.s, cmp.Or(steps.State(i.State), steps.StateGone))
	}
	opened, err := g.Work(ctx, setupID, emit)
	if err != nil {
		return err
	}
	return opened.Close()
}

// startAgain starts a stopped machine and waits until its SSH port answers.
func (r *run) startAgain(ctx context.Context) (string, error) {
	i, err := r.instance(ctx)
	if err != nil {
		return "", err
	}
	if !steps.State(i.State).Off() {
		return "", &problem.Error{
			Kind: problem.Answers, Title: "There is nothing to start",
			Text: fmt.Sprintf("The machine %s is %s, and not stopped.", i.ID, i.State),
			Next: problem.Act(on(problem.Doctor, r.s)).Say("."),
		}
	}
	return r.launch(ctx)
}

func (r *run) stopOnShutdown(ctx context.Context) (string, error) {
	id := r.s.Resources.InstanceID
	if id == "" {
		return "", noRemedy(checkShutdown, r.s)
	}
	if err := r.region.SetStopsOnShutdown(ctx, id); err != nil {
		return "", err
	}
	return id + " stops when it shuts itself down, and keeps its disk", nil
}

func (r *run) moveRules(ctx context.Context) (string, error) {
	// A group that is made again would not be the machine's.
	id := r.s.Resources.GroupID
	if id == "" {
		return "", noRemedy(checkGroup, r.s)
	}
	if _, err := r.region.GroupRules(ctx, id); err != nil {
		return "", err
	}
	if err := r.letThisComputerIn(ctx); err != nil {
		return "", err
	}
	return "the security group lets in your current address", nil
}

// mendKey makes the key's file the person's alone, which needs no account.
func (g *Guide) mendKey(setupID string, emit func(steps.Event)) error {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := g.ledger.load(setupID)
	if err != nil {
		return err
	}
	t := teller{g: g, setup: setupID, step: steps.StepFix, emit: emit}
	return t.during("Mend: "+titleOf(checkKey), func() (string, error) {
		path := s.Resources.KeyPath
		if path == "" {
			return "", noRemedy(checkKey, s)
		}
		if err := g.ProtectKey(path); err != nil {
			return "", err
		}
		return "nobody but you can read " + path + ", and ssh can", nil
	})
}
