package jupyter

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// serverFailure is a way a server fails to start, told by its log.
type serverFailure struct {
	texts       *regexp.Regexp
	title, text string
	next        problem.Next
}

// badSettings is the title of the failures for which a person's own settings
// are to blame, as far as can be told.
const badSettings = "The server rejects its settings"

// serverFailures, never changed, are looked through in order. They are compiled
// when a server has failed.
var serverFailures = sync.OnceValue(func() []serverFailure {
	return []serverFailure{
		{
			regexp.MustCompile(`(?i)port \d+ is (not available|already in use)|address already in use`),
			"The server's port is taken", "Another program on the machine took the port first.",
			problem.Say("Try again: ssh mode takes the next free port; in the other modes stop that program first."),
		},
		{
			regexp.MustCompile(`(?i)cannot assign requested address|can't assign requested address`),
			"The server cannot listen there", "The address is not one of the machine's own. The public address is not: EC2 translates it.",
			problem.Say("Bind the machine's private address."),
		},
		{
			regexp.MustCompile(`(?i)running as root is not recommended`),
			"Jupyter does not run as root", "The login's user is root, and Jupyter refuses to run as root.",
			problem.Say("Log in as ubuntu, or as another user that is not root."),
		},
		{
			regexp.MustCompile(`(?i)configured to only be run with a password`),
			badSettings, "A configuration file on the machine asks for a password and has none: password_required is set there.",
			problem.Say("Remove password_required from it: the server always has a token. Or set a password there (jupyter server password)."),
		},
		{
			regexp.MustCompile(`(?i)exception while loading config file`),
			badSettings, "A configuration file on the machine could not be read by Jupyter.",
			problem.Say("Fix the file, or move it away, and try again."),
		},
		{
			regexp.MustCompile(`(?i)jupyter command .?jupyter-[\w-]+.? not found|jupyter: not found|no module named|ModuleNotFoundError|ImportError|PackageNotFoundError`),
			"Jupyter is not completely installed", "A part of it is missing or broken on the machine.",
			problem.Say("Run the install again: it repairs what is missing."),
		},
		{
			regexp.MustCompile(`(?i)no space left on device|disk quota exceeded`),
			"The machine's disk is full", "The server could not write its files.",
			problem.Say("Free some space on the machine, then try again."),
		},
		{
			regexp.MustCompile(`(?i)out of memory|cannot allocate memory|MemoryError|code 137|status=9/KILL|oom-kill`),
			"The machine ran out of memory", "The server was killed, most likely because the machine has too little memory.",
			problem.Act(problem.ChooseType.Of("a larger instance type")).Say(", or add swap, then try again."),
		},
		{
			regexp.MustCompile(`(?i)\[SSL\b|SSLError|PEM lib|key values mismatch|bad base64|no start line`),
			"The server's certificate cannot be used", "Jupyter could not read the certificate or its key.",
			problem.Say("Try again: a new certificate is made."),
		},
		{
			regexp.MustCompile(`(?i)permission denied|PermissionError`),
			"The server may not read its files", "A file or folder in the machine's home belongs to another user.",
			problem.Say("Check who owns ~/.jupyter-ec2 and ~/.local on the machine (sudo chown -R \"$USER\" gives them back), then try again."),
		},
		{
			regexp.MustCompile(`(?i)unrecognized (arguments|flag|alias)|bad config encountered|TraitError`),
			badSettings, "This version of Jupyter, or a configuration file in the machine's ~/.jupyter, conflicts with them.",
			problem.Say("Check the server's last lines and ~/.jupyter on the machine."),
		},
	}
})

// endedEarly is the title where the log tells nothing for certain.
const endedEarly = "The server ended right after its start"

// ourLine is a line that our supervisor, or systemd, adds to the server's log.
var ourLine = regexp.MustCompile(`^jupyter-ec2(\.service)?: |^(Started|Starting|Stopped|Stopping|Failed to start) .*jupyter-ec2`)

// lastLines is how many of a server's own last lines are quoted.
const lastLines = 3

// ExplainServer puts the last lines of a failed server's log in plain words.
// It is never nil.
func ExplainServer(tail []string) error { return explainServer(tail, nil) }

// recentLines is how much of a log may tell why the server ended: more of it may
// be of what was long before.
const recentLines = 50

// failed is a line by which our supervisor, or systemd, tells that the server
// ended with an error, and not because it was asked to.
var failed = regexp.MustCompile(`^jupyter-ec2(\.service)?: .*(ended with code|code=exited|code=killed|code=dumped|Failed with result)`)

// WhyDown puts in plain words why the server is not up, where Ready's error is
// that nothing listens. It is nil for a server that was stopped, and where
// nothing can be told.
func WhyDown(ctx context.Context, h Host, f Facts, ready error) *Error {
	if e := (*Error)(nil); !errors.As(ready, &e) || e.Title != notListening {
		return nil
	}
	s := &server{h: h, facts: f}
	now, err := s.state(ctx)
	if err != nil || !now.ended {
		return nil
	}
	tail, err := s.log(ctx, map[string]string{"JE_LINES": strconv.Itoa(recentLines), "JE_SINCE_START": "1"})
	// Without such a line the server was stopped: what is in its log, as a request
	// that was refused, did not end it.
	if err != nil || !slices.ContainsFunc(tail, failed.MatchString) {
		return nil
	}
	e := explainServer(tail, s.settings(ctx))
	if e.Title == endedEarly {
		e.Title, e.Raw = "The server has failed", "" // which its text quotes
	}
	return e
}

// OwnWords returns the last lines that the server itself said, without those
// that what runs it adds to its log.
func OwnWords(log []string, lines int) []string {
	own := ownLines(log)
	return own[max(0, len(own)-lines):]
}

// explainServer also names the configuration files of the user's that the
// server reads, where they may be the reason.
func explainServer(tail, settings []string) *Error {
	tail = cleanLines(tail)
	e := &Error{
		Kind: problem.Server, Title: endedEarly,
		Text: "It gave no reason.",
		Next: problem.Say("Check the server's log on the machine, then try again."),
		Raw:  strings.Join(tail[max(0, len(tail)-5):], "\n"),
	}
	if own := ownLines(tail); len(own) > 0 {
		e.Text = "It last said: " + strings.TrimSuffix(strings.Join(own[max(0, len(own)-lastLines):], " / "), ".") + "."
		e.Raw = strings.Join(own[max(0, len(own)-5):], "\n")
	}
	known := e.explainServerBy(tail)
	if len(settings) > 0 && (!known || e.Title == badSettings) {
		e.Text += " Settings of yours that it reads are in " + strings.Join(settings, ", ") + "."
		e.Next = problem.Say("Look whether " + settings[0] + " is the reason. ").Then(e.Next)
	}
	return e
}

// explainServerBy looks for what the log tells for certain.
func (e *Error) explainServerBy(tail []string) bool {
	for _, f := range serverFailures() {
		if slices.ContainsFunc(tail, f.texts.MatchString) {
			e.Title, e.Text, e.Next = f.title, f.text, f.next
			return true
		}
	}
	return false
}

// ownLines are what the server itself said.
func ownLines(tail []string) []string {
	var own []string
	for _, line := range tail {
		if line = strings.TrimSpace(line); line != "" && !ourLine.MatchString(line) {
			own = append(own, line)
		}
	}
	return own
}
