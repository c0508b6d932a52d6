package steps

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// KeyOption is one line of the key pair page.
type KeyOption struct {
	Answer  KeyAnswer
	Title   string // "New ed25519 key, made here and imported"
	Detail  string // path, fingerprint, matching EC2 key pair
	Problem string // why it cannot be used as it is, or empty
	// TooOpen marks a file others can read; ProtectKey mends it.
	TooOpen bool
	// Garbled marks a file that this program can read and ssh cannot (UTF-16,
	// a byte order mark, Windows line ends); ProtectKey writes it right.
	Garbled bool
	// Encrypted marks a file that will ask for its passphrase.
	Encrypted bool
}

// Cost is what a setup costs while it runs. Known is false when no price for
// the type could be had; then no sum is shown.
type Cost struct {
	Known            bool
	Type, Disk, IPv4 float64 // US dollars an hour
	Hour, Month      float64 // all together
	StoppedMonth     float64 // disk alone, while stopped
	DiskUnknown      bool    // the disk's price could not be had and is not in the sums
	// At is when AWS was asked for the prices; zero where nobody wrote it down.
	At time.Time `json:",omitzero"`
}

// Review is the page before anything is created.
type Review struct {
	Answers     Answers
	Creates     []string // "security group jupyter-ec2-demo: TCP 22 from 203.0.113.7/32", …
	Commands    []string // what a person would type, in order
	Cost        Cost
	Permissions []Permission
	ImageID     string
	MyAddress   string
	// Problems stop the launch (no default VPC, no route to the internet, type
	// not offered); Warnings do not (20.04, MFA off, little memory).
	Problems []problem.Problem
	Warnings []string
}

// Tunnel is a local port that leads to the server and heals itself.
type Tunnel interface {
	LocalPort() int
	State() string // Up, or what is wrong and being mended
	Close() error
}

// Opened is the end of the guide: the URL and what to do with it.
type Opened struct {
	Setup       Setup
	URL         string   // with the token; for a browser, or for a gateway the kernelspecs
	Plain       string   // the URL without its token
	Proof       string   // "print(6*7) answered 42 by Python 3.12 (kernel python3) in 0.8 s"
	Manual      []string // the guide's own commands for this mode
	VSCode      string   // what to paste as "existing Jupyter server"
	GatewayLine string   // the line for a local jupyter notebook; gateway mode only
	Kernelspecs []string // as the gateway answers them; gateway mode only
	Fingerprint string   // SHA-256 of the server's certificate, or empty
	Certificate string   // path of that certificate (PEM) on this computer, for curl --cacert; or empty
	PortNote    string   // said when the wanted local port was taken
	UINote      string   // said when the server has not the page that was asked for
	Cost        Cost
	Tunnel      Tunnel // ssh mode only
	OwnPort     int    // the setup's own local port, which Tunnel may not have got
	Beside      int    // the local port of another tunnel to the machine; 0 where none is open
}

// Close takes the tunnel down. The machine keeps running.
func (o *Opened) Close() error {
	if o.Tunnel == nil {
		return nil
	}
	return o.Tunnel.Close()
}

// Leave takes the tunnel down, and has the URL lead to where another one does, or
// else to the setup's own local port, where the next one will.
func (o *Opened) Leave() error {
	if o.Tunnel == nil {
		return nil
	}
	err := o.Tunnel.Close()
	was, lasting := LocalURL(o.Tunnel.LocalPort()), cmp.Or(o.Beside, o.OwnPort, o.Tunnel.LocalPort())
	for _, url := range []*string{&o.URL, &o.Plain, &o.VSCode} {
		if rest, ok := strings.CutPrefix(*url, was); ok {
			*url = LocalURL(lasting) + rest
		}
	}
	o.Tunnel, o.PortNote = nil, ""
	o.Setup.LocalPort, o.Setup.TunnelPort = lasting, o.Beside
	o.Manual = Manual(StepOpen, o.Setup.Answers, &o.Setup)
	return err
}

// LeadTo has the URL lead to the page that its setup asks for since.
func (o *Opened) LeadTo(ui UI) {
	base, token := strings.TrimSuffix(o.Plain, o.Setup.ServerPath()), strings.TrimPrefix(o.URL, o.Plain)
	o.Setup.Answers.UI = ui
	o.Plain = base + o.Setup.ServerPath()
	o.URL = o.Plain + token
	o.UINote = o.Setup.NoLabNote()
	o.Manual = Manual(StepOpen, o.Setup.Answers, &o.Setup)
}

// Money is what the setup's machine costs, which runs.
func (o *Opened) Money(now time.Time) Money {
	s := o.Setup
	s.Cost, s.State = o.Cost, StateRunning
	return s.Money(now)
}

// Engine is what a front end needs of the guide. engine.Guide is the only real
// one; the front ends are tested with it in the sandbox, and with the one made by
// hand of package stepstest.
type Engine interface {
	Fleet
	Images
	Sandboxed() bool
	Profiles() ([]Profile, error)
	SignIn(ctx context.Context, profile string) (Account, error)
	// ForgetFailures has a program that gave no credentials run again by the next
	// call that needs some, for whoever is at the keyboard may have mended it.
	// Until then it is run once, however much is asked of AWS.
	ForgetFailures()
	Types(ctx context.Context, at Place) ([]InstanceType, error)
	Prices(ctx context.Context, at Place) (Prices, error)
	Keys(ctx context.Context, at Place) ([]KeyOption, error)
	// InspectKey looks at a key file the person named.
	InspectKey(ctx context.Context, at Place, path string) (KeyOption, error)
	ProtectKey(path string) error // chmod 400, and the text as ssh reads it
	Review(ctx context.Context, a Answers) (Review, error)
	SavePlan(w io.Writer, a Answers) error
	// Begin writes the ledger for these answers; nothing is created yet. A
	// setup of the same name with the same answers is taken up again.
	Begin(ctx context.Context, a Answers) (Setup, error)
	// Last returns the answers that a new machine starts from: those of the one
	// that was made last.
	Last(ctx context.Context) (Answers, bool)
	// Setups lists what the ledger holds, Look how those machines are now.
	Setups(ctx context.Context) ([]Setup, error)
	Look(ctx context.Context, all []Setup) []Setup
	// Work runs launch to open, from wherever the setup stands.
	Work(ctx context.Context, setupID string, emit func(Event)) (*Opened, error)
	// Remove terminates the machine and removes all the setup created. What is new in
	// its project is brought back first; where it cannot be, nothing is removed but
	// in a context of [Discarding].
	Remove(ctx context.Context, setupID string, emit func(Event)) error
}

// Page is what the guide says about a step.
type Page struct {
	ID    StepID
	Title string
	About string // two sentences
}

// AboutReview is what the review is, of a setup that was not launched yet.
const AboutReview = "This is everything that will be created and what it costs."

// Pages lists the guide's steps in order.
func Pages() []Page {
	return []Page{
		{StepAccount, "Account and region", "The machine will belong to your AWS account and run in one of its regions; one near you answers fastest. The guide asks you to turn on MFA for the account before you continue."},
		{StepMachine, "Machine", "The guide launches Ubuntu on a t2.micro, which is free for many new accounts. Bigger machines cost more for every hour they run, and the disk costs a little even while the machine is stopped."},
		{StepKey, "Key pair", "EC2 lets you in by a key pair: it knows the public half, and you keep the private half, readable by nobody else (" + problem.Here().Protects() + "). A new key made on this computer is safest, because it never travels."},
		{StepMode, "Mode", "The guide knows three ways to reach Jupyter: through an SSH tunnel, over HTTP at the public address, or as a Kernel Gateway for notebooks elsewhere. SSH opens the least to the world."},
		{StepReview, "Review", AboutReview + " Nothing exists before it is launched."},
		{StepLaunch, "Launch", "EC2 starts the machine behind a firewall (security group) that lets in your own address only. It is pending for some seconds, then running, and then its SSH port answers."},
		{StepConnect, "Connect", "The program logs in as ubuntu with your key, as ssh -i would. The guide has you type \"yes\" to an unknown host key; here it is known, because the machine was given one when it was launched."},
		{StepInstall, "Install", "Jupyter Notebook and Kernel Gateway are installed on the machine. The install continues there even if this computer disconnects, and a second run finds everything in place."},
		{StepServe, "Serve", "The server is started in the chosen mode with a token of its own, and kept running after you log out. It counts as ready when it answers over HTTP."},
		{StepOpen, "Open", "Before the URL is shown, a cell is run over the same route your browser will use. The machine runs, and costs money on AWS, until you stop or remove it."},
	}
}

// PageFor finds a step's page.
func PageFor(id StepID) Page {
	for _, p := range Pages() {
		if p.ID == id {
			return p
		}
	}
	return Page{ID: id, Title: problem.Capital(string(id))}
}

// ModeInfo explains a mode in a sentence, with what it opens to the world.
type ModeInfo struct {
	Mode  Mode
	Title string
	About string
	Bare  string // About without TLS, or empty where that is the same
	Opens string
}

// Modes lists the three modes, the default first.
func Modes() []ModeInfo {
	return []ModeInfo{
		{ModeSSH, "SSH tunnel", "The notebook listens on the machine's loopback only, and a tunnel brings it to localhost on this computer while the program runs.", "", "Opens port 22 to your own address."},
		{ModeHTTP, "HTTP", "The notebook listens on the machine's own address, with a token and a TLS certificate made for it, and your browser goes there directly.", "The notebook listens on the machine's own address, with a token, and your browser goes there directly.", "Opens ports 22 and 8888 to your own address."},
		{ModeGateway, "Kernel Gateway", "Only kernels run on the machine; a notebook elsewhere uses them with --gateway-url, and its files stay where it is.", "", "Opens ports 22 and 8888 to your own address."},
	}
}

// Questions returns the steps that ask, in order; the review is the last of them.
func Questions() []StepID {
	ask, _ := parts()
	return ask
}

// Works returns the steps that work, in order.
func Works() []StepID {
	_, work := parts()
	return work
}

// parts divides the guide's steps at its review.
func parts() (ask, work []StepID) {
	var all []StepID
	for _, p := range Pages() {
		all = append(all, p.ID)
	}
	at := slices.Index(all, StepReview) + 1
	return slices.Clip(all[:at]), all[at:]
}
