package steps

import (
	"context"
	"io"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter/health"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// What a host says of itself.
type (
	// Health is how a host is.
	Health = health.Health
	// KernelInfo is one of its kernels.
	KernelInfo = health.KernelInfo
	// Program is one that keeps it from being idle.
	Program = health.Program
	// GPU is one of its GPUs.
	GPU = health.GPU
)

// Machine is one line of the list of machines: a setup as the ledger and the
// cloud know it together.
type Machine struct {
	Setup // with the state and addresses of now
	// Elsewhere marks one that is tagged as ours in the cloud and is not in
	// this computer's ledger. Adopt writes it there.
	Elsewhere bool
	Account   string // 12 digits; empty where it could not be asked
}

// Surveyed is what one region of one account answered, or that it did not.
type Surveyed struct {
	At       Place
	Machines []Machine
	Err      error // the region, or the whole account when At.Region is empty
	// Silent marks a region that did not answer for a reason that its account's
	// own answer tells.
	Silent bool
	// Done of Of answers have come, this one included.
	Done, Of int
}

// Heard reports whether this is a region's answer: what it does not name is not
// there.
func (s Surveyed) Heard() bool { return s.At.Region != "" && s.Err == nil && !s.Silent }

// Money is what a machine costs, in US dollars. Nothing of it holds when Known
// is false.
type Money struct {
	Known    bool
	Hour     float64 // now, an hour: of a stopped machine its disk alone
	SoFar    float64 // since the first launch
	Tomorrow float64 // more, if it is left as it is until 9 o'clock tomorrow
	// AtLeast says that SoFar may be more: it ran at times nobody looked, or
	// the disk's price is unknown.
	AtLeast bool
	// PriceAge is how old the prices are that it is reckoned from; 0 where
	// nobody wrote that down.
	PriceAge time.Duration
}

// LogKind is one of a machine's logs.
type LogKind string

// The logs.
const (
	LogServer  LogKind = "server"  // the server's own, the journal's where there is systemd
	LogInstall LogKind = "install" // the last install's
)

// Up is the state of a link, or a tunnel, while nothing is wrong.
const Up = "up"

// Link is a connection to one setup's machine. It is made again when it is
// lost, also at a new address. Its methods may be called at the same time.
// They do not wait for the setup's lock.
type Link interface {
	// Health asks the machine how it is.
	Health(ctx context.Context) (Health, error)
	// Follow hands on the last lines of a log and what is added, until ctx
	// ends; text is safe for a terminal, and a partial line is replaced by
	// the next. The log of an install that is over ends on its own. No line
	// comes twice when the connection is made again. lines is how many of
	// the past are wanted.
	Follow(ctx context.Context, log LogKind, lines int, out func(text string, partial bool)) error
	// Tail returns the last lines of a log.
	Tail(ctx context.Context, log LogKind, lines int) ([]string, error)
	// Extend puts the stop off: the machine keeps running for that long from now at
	// least, idle or not, and whatever its lifetime.
	Extend(ctx context.Context, by time.Duration) (Health, error)
	// Shell runs a login shell on the person's terminal until it ends.
	Shell(ctx context.Context, t Terminal) error
	// Run runs a script with the machine's own shell until it ends, and
	// answers its exit code. What it prints is handed on byte by byte: it is
	// not safe for a terminal. stdin may be nil.
	Run(ctx context.Context, script string, stdin io.Reader, stdout, stderr io.Writer) (exit int, err error)
	// Put copies files or folders to the machine, Get from it. A relative
	// path on the machine begins in its home folder. Where one of them cannot
	// be copied, the others still are: Copied tells them, beside the error.
	Put(ctx context.Context, locals []string, path string, o CopyOptions) (Copied, error)
	Get(ctx context.Context, paths []string, local string, o CopyOptions) (Copied, error)
	// List names what is in a folder on the machine, in order; a folder's name
	// ends in "/". Names that are not safe for a terminal are left out.
	List(ctx context.Context, folder string) ([]string, error)
	// State is Up, or what is wrong and being mended.
	State() string
	Close() error
}

// CheckState is how a doctor's check came out.
type CheckState string

// The outcomes of a check.
const (
	CheckOK      CheckState = "ok"
	CheckWarn    CheckState = "warning" // works, and is worth knowing
	CheckBad     CheckState = "bad"
	CheckSkipped CheckState = "skipped" // an earlier failure leaves nothing to check
)

// Check is one line of the doctor's.
type Check struct {
	ID    string // "credentials", "group", …; see CheckIDs
	Title string // "Security group"
	State CheckState
	Text  string       // what was found
	Next  problem.Next // what a person does about it; set when State is warning or bad
	// Fix says what FixCheck would do; empty when it can do nothing.
	Fix string
}

// Leftover is something in the cloud that is tagged as ours and that no setup
// of this computer's ledger owns.
type Leftover struct {
	At      Place
	Kind    string // "instance", "volume", "security group", "key pair", "image", "snapshot"
	ID      string
	Name    string
	SetupID string // from its tag
	Setup   string // the setup's name, from its tag
	Detail  string // "t2.micro, running since …", "8 GB"
	Created time.Time
	// MonthCost is in US dollars; CostKnown is false when no price could be had.
	MonthCost float64
	CostKnown bool
	// Running marks an instance that is not stopped: another computer may be
	// using it right now.
	Running bool
	// Kept marks an image, which is meant to outlive its machine: it goes only
	// where it was chosen as such.
	Kept bool
}

// Swept is what one region answered to a sweep.
type Swept struct {
	At        Place
	Leftovers []Leftover
	Err       error // the region, or the whole account when At.Region is empty
	Silent    bool  // as in Surveyed
	Done, Of  int
}

// Heard reports whether this is a region's answer.
func (s Swept) Heard() bool { return s.At.Region != "" && s.Err == nil && !s.Silent }

// LocalNotebook is a Jupyter on this computer whose kernels run on a gateway's
// machine.
type LocalNotebook interface {
	URL() string           // with its token
	Done() <-chan struct{} // closed when it has ended
	Close() error          // ends it
}

// Fleet is what a front end needs to live with the machines afterwards. Every
// method that changes a setup holds its lock meanwhile.
type Fleet interface {
	// Survey looks at all enabled regions of all accounts that the ledger
	// names, and of the profile given, all at the same time, and hands on
	// each answer as it comes; a region comes once more when the price of its
	// machines is known. Machines of the ledger that are nowhere to be
	// seen come as "gone" with their region's answer.
	Survey(ctx context.Context, profile string, each func(Surveyed)) error
	// Stamp is another one whenever a process has changed the ledger, or opened
	// or closed a tunnel. Asking costs next to nothing.
	Stamp() string
	// Adopt writes a machine from elsewhere into the ledger, so that it can be
	// stopped and removed from here. Its private key stays where it is.
	Adopt(ctx context.Context, m Machine) (Setup, error)

	// Stop stops the machine and keeps its disk. Work starts it again. What is new
	// in its project is brought back first; what cannot be stays on the disk.
	Stop(ctx context.Context, setupID string, emit func(Event)) error
	Reboot(ctx context.Context, setupID string, emit func(Event)) error
	// Resize gives a stopped machine another type.
	Resize(ctx context.Context, setupID, instanceType string, emit func(Event)) error
	// SetMode, SetLimits, SetWork and UseGateway change the answers; Work then makes
	// the machine follow. UseGateway with no gatewayID gives the notebook its
	// own kernels back.
	SetMode(ctx context.Context, setupID string, mode Mode, noTLS bool) (Setup, error)
	SetLimits(ctx context.Context, setupID string, idle, lifetime Limit) (Setup, error)
	SetWork(ctx context.Context, setupID string, rule WorkRule) (Setup, error)
	UseGateway(ctx context.Context, setupID, gatewayID string) (Setup, error)
	// SetUI changes the page that the URL leads to. The server has both, so that
	// the machine has nothing to follow.
	SetUI(ctx context.Context, setupID string, ui UI) (Setup, error)
	// RestartServer ends the server and starts it again; kernels are lost.
	// The server's last lines are among the events.
	RestartServer(ctx context.Context, setupID string, emit func(Event)) error

	// Connect makes a link to a running machine.
	Connect(ctx context.Context, setupID string) (Link, error)
	// Reopen returns the URL of a running setup, with its tunnel in ssh mode,
	// without going through the steps: nothing is started or proved.
	Reopen(ctx context.Context, setupID string) (*Opened, error)
	// Notebook starts Jupyter on this computer with a gateway's kernels, and
	// leads to that page of it.
	Notebook(ctx context.Context, gatewayID string, ui UI, emit func(Event)) (LocalNotebook, error)

	// Sync makes the two folders of a setup's project alike, once. KeepSynced keeps
	// them so until ctx ends, over a link that is made again when it is lost; tell is
	// called with each change of how they are.
	Sync(ctx context.Context, setupID string, o SyncOptions, emit func(Event)) (Synced, error)
	KeepSynced(ctx context.Context, setupID string, tell func(SyncState)) error
	// PauseSync has nothing be done with a project, by any program, or again.
	PauseSync(ctx context.Context, setupID string, paused bool) error
	// SyncDiff tells what the next pass would do, and what it would leave as it is.
	SyncDiff(ctx context.Context, setupID string, emit func(Event)) ([]SyncChange, []SyncUnknown, error)
	// SyncFiles lists what both folders had when they were last alike.
	SyncFiles(ctx context.Context, setupID string) ([]SyncFile, error)
	// Packages brings a project's Python packages, and compares both sides.
	Packages(ctx context.Context, setupID string, o PackagesOptions, emit func(Event)) (Packages, error)

	// Doctor checks one setup from the credentials to the proof; without a
	// setupID, the account of the profile alone. FixCheck does what a check
	// offered.
	Doctor(ctx context.Context, profile, setupID string, each func(Check)) error
	FixCheck(ctx context.Context, setupID, checkID string, emit func(Event)) error

	// Sweep looks for leftovers as Survey looks for machines; Clear removes
	// those that the person agreed to.
	Sweep(ctx context.Context, profile string, each func(Swept)) error
	Clear(ctx context.Context, what []Leftover, emit func(Event)) error
}
