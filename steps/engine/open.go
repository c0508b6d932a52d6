package engine

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// open makes the path the user will take, runs a cell over it, and only then
// answers the URL.
func (r *run) open(ctx context.Context) (_ string, err error) {
	token, err := r.token(ctx, r.client)
	if err != nil {
		return "", err
	}
	o := &steps.Opened{}
	defer func() {
		if err != nil {
			_ = o.Close() // the first error is the one to tell
		}
	}()
	r.byHand(steps.StepOpen)
	ep, err := r.endpoint(ctx, token, o, r.tunnelBegun)
	if err != nil {
		return "", err
	}
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := jupyter.Ready(ready, ep); err != nil {
		return "", err
	}
	proof, err := jupyter.Prove(ctx, ep, func(s string) { r.doing("%s", s) })
	if err != nil {
		return "", err
	}
	o.Proof = proofWords(proof)
	if note := r.found(proof); note != "" {
		r.doing("%s", note)
	}
	if r.s.Answers.Mode == steps.ModeGateway {
		specs, err := jupyter.Kernelspecs(ctx, ep)
		if err != nil {
			return "", err
		}
		for _, k := range specs {
			o.Kernelspecs = append(o.Kernelspecs, fmt.Sprintf("%s: %s (%s)", k.Name, k.DisplayName, k.Language))
		}
	}
	if err := r.awaitPrice(ctx); err != nil {
		return "", err
	}
	r.describe(o, ep.URL, token)
	r.opened = o
	return o.Plain, nil
}

// found notes which page the proof opened, and says where it is another one than
// was asked for.
func (t *target) found(p jupyter.Proof) string {
	t.s.NoLab = t.s.Answers.WantedUI() == steps.UILab && p.UI != string(steps.UILab)
	return t.s.NoLabNote()
}

// proofWords tells what the cell answered.
func proofWords(p jupyter.Proof) string {
	return fmt.Sprintf("print(6*7) answered %s by Python %s (kernel %s) in %.1f s", p.Output, p.PythonVersion, p.Kernel, p.Took.Seconds())
}

// tunnelBegun is the tunnel that was begun while the server started, or another.
func (r *run) tunnelBegun(ctx context.Context) (localTunnel, error) {
	begun := r.dug
	if begun == nil {
		return r.tunnel(ctx)
	}
	tunnel, err := begun.wait(ctx)
	if err == nil {
		r.dug = nil // whoever has it closes it
	}
	return tunnel, err
}

// endpoint returns the server as the user reaches it; in ssh mode it opens the
// tunnel for that and leaves it in o.
func (t *target) endpoint(ctx context.Context, token string, o *steps.Opened, dig func(context.Context) (localTunnel, error)) (jupyter.Endpoint, error) {
	if t.s.Answers.Mode == steps.ModeSSH {
		tunnel, err := dig(ctx)
		if err != nil {
			return jupyter.Endpoint{}, err
		}
		o.Tunnel = tunnel
		if tunnel.Taken() {
			o.PortNote = t.portNote(tunnel.LocalPort())
			t.doing("%s", o.PortNote)
		}
		t.doing("The tunnel is up: localhost:%d leads to port %d of the machine", tunnel.LocalPort(), t.s.ServerPort)
		// The URL says localhost; dialling the very port keeps a foreign
		// server on ::1 from answering in its place.
		return jupyter.Endpoint{URL: steps.LocalURL(tunnel.LocalPort()), Token: token, UI: string(t.s.Answers.WantedUI()), Dial: tunnel.dial}, nil
	}
	ep := jupyter.Endpoint{URL: t.s.PublicURL(), Token: token, UI: string(t.s.Answers.WantedUI()), Gateway: t.s.Answers.Mode == steps.ModeGateway}
	if !t.s.Answers.HasTLS() {
		return ep, nil
	}
	_, _, fingerprint, err := t.g.certificate(t.s)
	if err != nil {
		return ep, err
	}
	o.Fingerprint, o.Certificate = fingerprint, t.g.certPath(t.s.ID)
	ep.PinSHA256, err = jupyter.ParsePin(fingerprint)
	return ep, err
}

// portNote says why a tunnel is at another local port than the setup's own.
func (t *target) portNote(port int) string {
	own := t.s.LocalPort
	if slices.Contains(t.g.ledger.tunnels()[t.s.ID], own) {
		return fmt.Sprintf("Another tunnel to %s is open already, on port %d of this computer. This one is on %d; both lead there.", t.s.Answers.Name, own, port)
	}
	return fmt.Sprintf("Port %d of this computer is taken, so the tunnel is on %d.", own, port)
}

// beside is the local port of another tunnel to the machine than the one at a
// port, whoever holds it; 0 where none is open. The one at the setup's own port
// counts before others.
func (t *target) beside(port int) int {
	other := 0
	for _, p := range t.g.ledger.tunnels()[t.s.ID] {
		if p != port && (other == 0 || p == t.s.LocalPort) {
			other = p
		}
	}
	return other
}

// localTunnel is a remote.Tunnel that can be dialled from here, and that other
// processes know of.
type localTunnel struct {
	*remote.Tunnel
	release func() // nil where nobody was told
}

// Close ends the tunnel, which the others are told first.
func (t localTunnel) Close() error {
	if t.release != nil {
		t.release()
	}
	return t.Tunnel.Close()
}

func (t localTunnel) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", strconv.Itoa(t.LocalPort())))
}

func (t *target) tunnel(ctx context.Context) (localTunnel, error) { return t.aside().dig(ctx) }

// aside is the target for what outlives this run of the steps, or goes on beside
// it: with a copy of the setup, so that nobody writes to the ledger without its
// lock, and silent.
func (t *target) aside() *target {
	later := *t
	s := *t.s
	later.s, later.emit = &s, silent
	return &later
}

// dig opens a tunnel that is made again by this target whenever it is lost.
func (t *target) dig(ctx context.Context) (localTunnel, error) {
	others := t.g.portsOfOthers(t.s)
	tunnel, err := remote.OpenTunnel(ctx, remote.TunnelSpec{
		LocalPort: t.s.LocalPort, Server: t.server(), Dial: t.redial,
		Kept: func(port int) bool { _, ok := others[port]; return ok },
	})
	if err != nil {
		return localTunnel{}, err
	}
	// Who cannot be told sees no tunnel; it works all the same.
	release, _ := t.g.ledger.holdTunnel(ctx, t.s.ID, tunnel.LocalPort())
	return localTunnel{tunnel, release}, nil
}

// server returns a function that says where the server is, as seen from the
// machine. Another process may start the machine, or the server, meanwhile: what
// it has recorded since counts.
func (t *target) server() func() string {
	recorded := func() string {
		s, err := t.g.ledger.load(t.s.ID)
		if err != nil || s.ServerPort == 0 {
			return ""
		}
		return serverAt(s.Loopback, s.ServerPort)
	}
	here, before := serverAt(t.s.Loopback, t.s.ServerPort), recorded()
	return func() string {
		if now := recorded(); now != "" && now != before {
			return now
		}
		return here
	}
}

// describe fills in what the last screen shows.
func (t *target) describe(o *steps.Opened, base, token string) {
	s, a := t.s, t.s.Answers
	o.Setup, o.Cost = *s, s.Cost
	if o.Tunnel != nil {
		o.OwnPort, o.Beside = s.LocalPort, t.beside(o.Tunnel.LocalPort())
		// Where the own port is taken for once, it is at another one for once.
		o.Setup.LocalPort = o.Tunnel.LocalPort()
		o.Setup.TunnelPort = o.Setup.LocalPort
	}
	o.Plain, o.UINote = base+s.ServerPath(), s.NoLabNote()
	if a.Mode == steps.ModeGateway {
		o.GatewayLine = t.gatewayLine(base)
	}
	o.URL = o.Plain + "?token=" + token
	o.VSCode = base + "/?token=" + token
	o.Manual = steps.Manual(steps.StepOpen, a, &o.Setup)
}

// gatewayLine starts a notebook here whose kernels run on the machine. The
// token is read from its file, so that it stays out of the process list and
// the shell's history; SSL_CERT_FILE is what makes the client accept the
// server's own certificate (Jupyter's own option for it wants a client
// certificate too).
func (t *target) gatewayLine(base string) string {
	sh := problem.Here()
	variables := [][2]string{{"JUPYTER_GATEWAY_AUTH_TOKEN", sh.Content(t.g.ledger.file("tokens", t.s.ID))}}
	if t.s.Answers.HasTLS() {
		variables = append([][2]string{{"SSL_CERT_FILE", sh.PathValue(t.g.certPath(t.s.ID))}}, variables...)
	}
	return sh.With("jupyter notebook --gateway-url="+base, variables...)
}
