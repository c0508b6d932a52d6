package engine

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The checks that ask the machine.

// hostKey looks whether a key is pinned, and holds it against the console.
func (d *doctor) hostKey(ctx context.Context) finding {
	pinned, err := d.g.hostKeys().Lookup(d.instance.ID)
	if err != nil {
		return wrong(err)
	}
	if len(pinned) == 0 {
		return d.unpinned()
	}
	switch res := d.s.Resources; { // the console may show the one before
	case res.HostKeyChanging: // both are pinned in between
		return fine("%s is pinned. The machine's change to a key of its own is not finished: the next run finishes it.", pinned[len(pinned)-1].Fingerprint)
	case res.HostKeyMade:
		return fine("%s is pinned; the machine made it after the first login.", pinned[0].Fingerprint)
	}
	printed, _ := consoleKeys(ctx, d.region, d.s.Resources.InstanceID)
	if len(printed) == 0 { // EC2 keeps the console's output for a while only
		return fine("%s is pinned.", pinned[0].Fingerprint)
	}
	for _, k := range pinned {
		if slices.Contains(printed, k.Fingerprint) {
			return fine("%s is pinned, and the machine's console shows it.", k.Fingerprint)
		}
	}
	if d.s.Resources.Adopted { // its line was copied from the computer that launched it
		return finding{
			steps.CheckWarn, fmt.Sprintf("%s is pinned, and the machine's console shows another key: the first one, where the machine has made its own since.", pinned[0].Fingerprint),
			problem.Say("Nothing has to be done if it is the one that is pinned on the computer that launched the machine."), "",
		}
	}
	return finding{steps.CheckBad, fmt.Sprintf("%s is pinned, but the machine's console shows other keys.", pinned[0].Fingerprint), d.pinAdvice(), fixPin}
}

// unpinned is a machine of which known_hosts has no key.
func (d *doctor) unpinned() finding {
	res, path := d.s.Resources, d.g.hostKeys().Path()
	if k, err := remote.ParseKey(res.PinnedKey); err == nil {
		return finding{
			steps.CheckBad, fmt.Sprintf("The machine's line is missing from %s. The record of this setup has its key, %s.", path, k.Fingerprint),
			problem.Act(on(problem.Continue, d.s)).Say(": it pins that key again, once the machine has shown it."), "pin the key again that the record has",
		}
	}
	if res.MakesHostKey() {
		return finding{
			steps.CheckBad, "The machine has made itself a host key, and it is not pinned here any more: nothing here confirms it, nor does the machine's console.",
			d.pinAdvice(), fixPin,
		}
	}
	return finding{
		steps.CheckBad, "No host key of this machine is pinned here, so nothing confirms it.",
		problem.Act(on(problem.Continue, d.s)).Say(": it compares the key with the machine's console and pins it."), fixPin,
	}
}

// login logs in with the pinned key alone: nobody is asked to accept another.
func (d *doctor) login(ctx context.Context) finding {
	if d.keyless {
		return skipped("Not checked until this is fixed: " + titleOf(checkKey) + ".")
	}
	client, err := d.dialPinned(ctx)
	if err != nil {
		f := wrong(err)
		if e := new(remote.Error); errors.As(err, &e) && e.Reason == remote.HostKeyChanged {
			f.fix = fixPin
		}
		return f
	}
	d.client = client
	return fine("Logged in as %s at %s.", user, sshAddr(d.s))
}

// What Jupyter wants of a machine, in MiB. Below the first it fails, below the
// second it soon will.
const (
	diskLeast, diskLow     = 200, 1024
	memoryLeast, memoryLow = 64, 200
)

func (d *doctor) host(ctx context.Context) finding {
	facts, err := jupyter.Probe(ctx, d.client)
	if err != nil {
		d.deaf = true
		return wrong(err)
	}
	d.facts = facts
	health, err := jupyter.ReadHealth(ctx, d.client)
	if err != nil {
		health = steps.Health{} // the watcher has a check of its own
	}
	return roomOn(d.s, facts, health)
}

// roomOn judges a machine's disk and memory.
func roomOn(s *steps.Setup, f jupyter.Facts, h steps.Health) finding {
	text := fmt.Sprintf("%s of disk free; %s of memory", steps.Megabytes(f.FreeDiskMB), steps.Megabytes(f.MemoryMB))
	free := f.MemoryMB
	if h.Watching && h.MemoryMB > 0 {
		free = max(h.MemoryMB-h.MemoryUsedMB, 0)
		text += fmt.Sprintf(", %s of it free", steps.Megabytes(free))
	}
	text += fmt.Sprintf("; %s of swap", steps.Megabytes(f.SwapMB))
	if h.SwapUsedMB > 0 {
		text += fmt.Sprintf(", %s of it used", steps.Megabytes(h.SwapUsedMB))
	}
	free += max(f.SwapMB-h.SwapUsedMB, 0)
	room := problem.Say("Remove what is not needed (du -xh ~ | sort -h | tail shows the biggest), or make the disk larger in the EC2 console.")
	memory := problem.Say("Shut down kernels that are not needed, or ").Act(naming(problem.Resize, s, "a larger type")).Say(".")
	switch {
	case f.FreeDiskMB < diskLeast:
		return finding{steps.CheckBad, "The disk is full: " + text + ".", room, ""}
	case f.MemoryMB > 0 && free < memoryLeast:
		return finding{steps.CheckBad, "The memory is full: " + text + ".", memory, ""}
	case f.FreeDiskMB < diskLow:
		return finding{steps.CheckWarn, "The disk is nearly full: " + text + ".", room, ""}
	case f.MemoryMB > 0 && free < memoryLow:
		return finding{steps.CheckWarn, "The memory is nearly full: " + text + ".", memory, ""}
	}
	return fine("%s.", text)
}

const againFix = "run the guide's last steps again"

func (d *doctor) installed(ctx context.Context) finding {
	v, err := jupyter.CheckVersions(ctx, d.client)
	if err != nil {
		f := wrong(err)
		if e := new(jupyter.Error); errors.As(err, &e) { // else it could not be checked
			f.fix = "install again what is missing"
		}
		return f
	}
	return fine("Python %s, notebook %s, kernel gateway %s.", v.Python, v.Notebook, v.Gateway)
}

// serverLines is how much of the server's log is shown with its failure.
const serverLines = 5

// serverUp asks the server from the machine itself.
func (d *doctor) serverUp(ctx context.Context) finding {
	if d.s.ServerPort == 0 {
		return finding{steps.CheckBad, "No server was started yet.", problem.Act(on(problem.Continue, d.s)).Say(": it continues where it stopped."), againFix}
	}
	if d.s.Saving != nil {
		return finding{steps.CheckBad, d.s.ImageBegun() + ".", settled(d.s), "put the machine back as it was before the image, and start the server"}
	}
	ep, err := d.g.public(d.s)
	if err != nil {
		f := wrong(err)
		f.fix = againFix
		return f
	}
	d.server = ep
	// In ssh mode the server is on the machine's loopback; else at its private address.
	at := serverAt(d.facts.Loopback, d.s.ServerPort)
	if d.s.Answers.Mode != steps.ModeSSH {
		at = net.JoinHostPort(d.s.PrivateIP, strconv.Itoa(d.s.ServerPort))
	}
	ep.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return d.client.DialContext(ctx, network, at)
	}
	ready, cancel := context.WithTimeout(ctx, askWithin/2)
	defer cancel()
	err = jupyter.Ready(ready, ep)
	if err == nil {
		return d.strays(ctx)
	}
	return d.serverDown(ctx, err)
}

// serverDown says why the server does not answer, where its end tells: what has
// to be mended comes before the restart, which would fail.
func (d *doctor) serverDown(ctx context.Context, err error) finding {
	restart := problem.Act(on(problem.RestartServer, d.s)).Say(".")
	f := wrong(err)
	f.next = restart
	said := ""
	if why := jupyter.WhyDown(ctx, d.client, d.facts, err); why != nil {
		f = wrong(why)
		f.next, said = why.Next.Say(" Then ").Then(restart), why.Raw
	} else if log, err := jupyter.ServerLog(ctx, d.client, d.facts, 4*serverLines); err == nil {
		said = strings.Join(jupyter.OwnWords(log, serverLines), "\n")
	}
	f.fix = "start the server again; its kernels are lost"
	if said != "" {
		f.text += "\nThe last lines of its log:\n" + said
	}
	return f
}

// strays looks for servers of ours beside the one that answers.
func (d *doctor) strays(ctx context.Context) finding {
	found, err := jupyter.StrayServers(ctx, d.client, d.facts)
	if err != nil {
		return unsure(err)
	}
	if len(found) == 0 {
		return fine("It answers on port %d of the machine.", d.s.ServerPort)
	}
	var which []string
	for _, s := range found {
		text := fmt.Sprintf("process %d", s.PID)
		if s.Port > 0 {
			text += fmt.Sprintf(" on port %d", s.Port)
		}
		which = append(which, text)
	}
	return finding{
		steps.CheckWarn, fmt.Sprintf("It answers on port %d of the machine. Another server of this program runs there that no record knows: %s.", d.s.ServerPort, strings.Join(which, ", ")),
		problem.Say("To end it, ").Act(on(problem.Fix, d.s)).Say(" or ").Act(on(problem.Continue, d.s)).Say(". Its kernels are lost."), "end the server that no record knows",
	}
}

// public is the server as the user reaches it, in ssh mode but for the tunnel.
// Unlike the steps it makes no token and no certificate.
func (g *Guide) public(s *steps.Setup) (jupyter.Endpoint, error) {
	token, err := g.ownToken(s.ID)
	if err != nil {
		return jupyter.Endpoint{}, err
	}
	if token == "" {
		return jupyter.Endpoint{}, &problem.Error{
			Kind: problem.Server, Title: "The server's token is not here", Text: "The file with the server's token is missing or broken here: " + g.ledger.file("tokens", s.ID) + ".",
			Next: problem.Act(on(problem.Open, s)).Say(", which fetches the server's own, or ").Act(on(problem.Continue, s)).Say(", which gives it a new one where it has none."),
		}
	}
	ep := jupyter.Endpoint{
		URL: steps.LocalURL(s.ServerPort), Token: token, UI: string(s.Answers.WantedUI()), Gateway: s.Answers.Mode == steps.ModeGateway,
	}
	if s.Answers.Mode == steps.ModeSSH {
		return ep, nil
	}
	ep.URL = s.PublicURL()
	if !s.Answers.HasTLS() {
		return ep, nil
	}
	ep.PinSHA256, err = g.pinOf(s)
	return ep, err
}

// pinOf returns the pin of a setup's certificate, if it is good for the
// machine's present address.
func (g *Guide) pinOf(s *steps.Setup) ([]byte, error) {
	text, err := os.ReadFile(g.certPath(s.ID))
	block, _ := pem.Decode(text)
	if err == nil && block == nil {
		err = errors.New("it holds no certificate")
	}
	if err == nil && jupyter.CertificateFor(text, s.PublicAddr, g.cfg.Now()) == "" {
		err = fmt.Errorf("it is not for %s, or it ends within a week", s.PublicAddr)
	}
	if err != nil {
		return nil, &problem.Error{
			Kind: problem.Server, Title: "The server's certificate cannot be used",
			Text: "The certificate in " + g.certPath(s.ID) + " cannot be used: " + err.Error() + ".",
			Next: problem.Act(on(problem.Continue, s)).Say(": it makes a new one and starts the server again with it."), Err: err,
		}
	}
	sum := sha256.Sum256(block.Bytes)
	return sum[:], nil
}

// watcher checks that the machine stops automatically, as was asked for.
func (d *doctor) watcher(ctx context.Context) finding {
	rule := d.s.Answers.StopRule()
	if wanted := d.s.Wanted().StopRule(); wanted != rule {
		return finding{steps.CheckWarn, "New limits were requested but are not in effect yet: auto-stop " + wanted.Words() + ".", problem.Act(on(problem.Continue, d.s)).Say(": it puts them into effect."), againFix}
	}
	if rule.Never() {
		return fine("None was requested: the machine runs, and costs money, until it is stopped.")
	}
	h, err := jupyter.ReadHealth(ctx, d.client)
	next := problem.Act(on(problem.Continue, d.s)).Say(": it sets the watcher up again. Until then stop the machine yourself.")
	switch {
	case err != nil:
		f := unsure(err)
		f.next, f.fix = next, againFix
		return f
	case !h.Watching:
		return finding{steps.CheckWarn, "The auto-stop watcher is not running on the machine, so it does not stop automatically.", next, againFix}
	case h.Unarmed != "":
		return finding{steps.CheckWarn, "The machine will not stop automatically: " + h.Unarmed + ".", next, againFix}
	case h.StopAt.IsZero():
		return fine("It stops %s.", rule.Words())
	}
	return fine("It stops %s; currently due at %s.", rule.Words(), h.StopAt.Local().Format(time.DateTime))
}

// way goes to the server as the user does: through a tunnel of its own, or to
// the public address.
func (d *doctor) way(ctx context.Context) finding {
	over := "at " + d.server.URL
	if d.s.Answers.Mode == steps.ModeSSH {
		t, err := remote.OpenTunnel(ctx, remote.TunnelSpec{RemoteAddr: serverAt(d.facts.Loopback, d.s.ServerPort), Dial: d.dialPinned})
		if err != nil {
			return wrong(err)
		}
		d.tunnel = t
		d.server.URL, d.server.Dial = steps.LocalURL(t.LocalPort()), localTunnel{Tunnel: t}.dial
		over = "through an SSH tunnel"
	}
	ready, cancel := context.WithTimeout(ctx, askWithin/2)
	defer cancel()
	if err := jupyter.Ready(ready, d.server); err != nil {
		return wrong(err)
	}
	return fine("The server answers %s.", over)
}

func (d *doctor) proof(ctx context.Context) finding {
	p, err := jupyter.Prove(ctx, d.server, nil)
	if err != nil {
		f := wrong(err)
		f.fix = againFix
		return f
	}
	return fine("%s", strings.TrimSpace(proofWords(p)+". "+d.found(p)))
}
