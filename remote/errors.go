package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Reason says why a host could not be reached.
type Reason string

// The reasons.
const (
	Timeout        Reason = "timeout"          // nothing answers
	Refused        Reason = "refused"          // nothing listens on the port
	Unreachable    Reason = "unreachable"      // no route, or no such name
	NotSSH         Reason = "not-ssh"          // something else than an SSH server answers
	Booting        Reason = "booting"          // logins are not permitted yet, or not any more
	Denied         Reason = "denied"           // the key is not accepted for that user
	WrongUser      Reason = "wrong-user"       // the key is accepted, but for another user
	HostKeyUnknown Reason = "host-key-unknown" // nothing vouches for the host key
	HostKeyChanged Reason = "host-key-changed" // not the pinned key, or not the console's
	NoSession      Reason = "no-session"       // the host opens no (further) session
	NoCommand      Reason = "no-command"       // the login shell ends before a command begins
	Exhausted      Reason = "exhausted"        // the host has no memory or processes left for a command
	NoTerminal     Reason = "no-terminal"      // the host gives out no terminal
	NoForwarding   Reason = "no-forwarding"    // the host lets nobody connect through it
	Closed         Reason = "closed"           // the connection ended
	Failed         Reason = "failed"           // anything else
)

// Error is a host that cannot be reached, or does not let us in, or runs nothing.
type Error struct {
	Reason  Reason
	Addr    string
	User    string
	Text    string // what the host said, safe for a terminal, or empty
	Key     Key    // the key the host showed (HostKeyUnknown, HostKeyChanged)
	Want    []Key  // the keys expected instead (HostKeyChanged)
	Console bool   // Want is what the console printed, not what is pinned
	Err     error
}

func (e *Error) Error() string {
	text := e.Problem().Text
	if e.Err == nil {
		return "ssh " + e.Addr + ": " + text
	}
	return "ssh " + e.Addr + ": " + text + " (" + safe.Clean(e.Err.Error()) + ")"
}

func (e *Error) Unwrap() error { return e.Err }

// Again reports whether trying again later may help on its own, as it does while
// a machine starts. Denied is no such reason, although a host denies for some
// seconds between its SSH server's start and its first user's key.
func (e *Error) Again() bool {
	switch e.Reason {
	case Timeout, Refused, Unreachable, Booting, Closed:
		return true
	default:
		return false
	}
}

// Problem returns the error in plain words.
func (e *Error) Problem() problem.Problem {
	title, text, next := e.words()
	kind := problem.Unreachable
	if e.Reason == NoCommand || e.Reason == Exhausted {
		kind = problem.Server
	}
	return problem.Problem{Kind: kind, Title: title, Text: text, Next: next}
}

func (e *Error) words() (title, text string, next problem.Next) {
	switch e.Reason {
	case Timeout:
		return "The host does not answer",
			"Nothing answered at " + e.Addr + " in time.",
			problem.Say("Check that the security group lets your current address in on this port (your address changes with your network) and that the subnet's route table leads to an internet gateway. Then try again.")
	case Refused:
		return "The host refuses the connection",
			"The machine at " + e.Addr + " is there, but nothing listens on that port.",
			problem.Say("A machine that has just started needs up to a minute: try again. If it persists, check the machine's console output for errors of sshd.")
	case Unreachable:
		return "The host cannot be reached",
			"There is no way from this computer to " + e.Addr + ".",
			problem.Say("Check this computer's network, VPN and name service, and that the machine still has this address. Then try again.")
	case NotSSH:
		return "This is not an SSH server",
			quoted("What answers at "+e.Addr+" is not an SSH server", e.Text),
			problem.Say("Check the address and the port. A captive portal, a proxy or a firewall in between may also answer like this: try another network.")
	case Booting:
		return "The host is still starting",
			quoted("The machine does not permit logins at the moment", e.Text),
			problem.Say("Wait a minute and try again.")
	case Denied:
		return "The host does not accept the key",
			quoted(fmt.Sprintf("No key that was offered opens user %q at %s", e.User, e.Addr), e.Text),
			problem.Say("Use the private key of the key pair the instance was launched with, and the image's own user (\"ubuntu\" on Ubuntu). A machine that has just started may need half a minute more: try again.")
	case WrongUser:
		return "This is not the host's user",
			quoted(fmt.Sprintf("The key is accepted, but not for user %q", e.User), e.Text),
			problem.Say("Log in as the user the host names; on Ubuntu images it is \"ubuntu\".")
	case HostKeyUnknown:
		return "The host's key is not known",
			fmt.Sprintf("Nothing confirms the %s key %s of %s yet.", e.Key.Type, e.Key.Fingerprint, e.Addr),
			problem.Say("Compare the fingerprint with the host keys in the instance's console output, and accept it if they agree.")
	case HostKeyChanged:
		return "The host's key has changed", e.changed(),
			problem.Say("Do not continue until you know why: someone may be in between. Compare the key with what the machine itself tells, over another way to it.")
	case NoSession:
		return "The machine's SSH server runs no command",
			quoted("The SSH server at "+e.Addr+" let us in and then refused to run a command", e.Text),
			problem.Say("Log in to the machine, check MaxSessions in /etc/ssh/sshd_config (10 is usual; check sshd_config.d too), and restart the server: sudo systemctl restart ssh. Then ").Do(problem.Retry).Say(".")
	case NoCommand:
		text := "A command was sent to it but did not start: its login shell ends first. An exit, or an exec, in ~/.bashrc or another of its startup files does that."
		if e.Text != "" {
			text += " All it said was: " + e.Text
		}
		return "The machine runs no commands", text,
			problem.Say("Remove that line, in Jupyter's own editor or terminal while the server still answers. Until then nothing else can be checked or done on the machine.")
	case Exhausted:
		return "The machine has no memory or no processes left",
			quoted("A command was sent to it but could not be started", e.Text),
			problem.Say("End what uses them, in Jupyter while it still answers, or stop the machine and start it again. If it persists, ").Act(problem.ChooseType.Of("a larger instance type")).Say(".")
	case NoTerminal:
		return "The machine's SSH server gives no terminal",
			quoted("The SSH server at "+e.Addr+" let us in and then refused a terminal", e.Text),
			problem.Say("Set \"PermitTTY yes\" in the machine's /etc/ssh/sshd_config (check sshd_config.d too, and \"no-pty\" in ~/.ssh/authorized_keys), and restart the server: sudo systemctl restart ssh. Until then, commands run without a terminal.")
	case NoForwarding:
		return "The machine's SSH server forbids tunnels",
			quoted("The SSH server at "+e.Addr+" forbids forwarding, which is how Jupyter is reached", e.Text),
			problem.Say("Log in to the machine, set \"AllowTcpForwarding yes\" in /etc/ssh/sshd_config (check sshd_config.d and PermitOpen too), and restart the server: sudo systemctl restart ssh. Then ").Do(problem.Retry).Say(".")
	case Closed:
		return "The connection ended",
			quoted("The connection to "+e.Addr+" ended", e.Text),
			problem.Say("Check this computer's network and that the machine is running, then try again: work on the host continues meanwhile.")
	case Failed:
	}
	return "The connection failed", quoted("The SSH connection to "+e.Addr+" failed", e.Text), problem.Say("Try again; if it persists, check the machine's console output.")
}

func (e *Error) changed() string {
	want := make([]string, len(e.Want))
	for i, k := range e.Want {
		want[i] = k.Fingerprint
	}
	by := "the key pinned for this instance is"
	if e.Console {
		by = "its console printed"
	}
	return fmt.Sprintf("%s shows the %s key %s, but %s %s.", e.Addr, e.Key.Type, e.Key.Fingerprint, by, strings.Join(want, " or "))
}

func quoted(text, said string) string {
	if said == "" {
		return text + "."
	}
	return text + ": " + said
}

// dialError sorts a failure to connect, before a byte was exchanged.
func dialError(t Target, err error) *Error {
	e := &Error{Reason: Unreachable, Addr: t.Addr, User: t.User, Err: err}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
	case refused(err):
		e.Reason = Refused
	case isTimeout(err):
		e.Reason = Timeout
	}
	return e
}

// noCommand is a login shell that ended before the script began. A shell that
// also reads the input leaves half a program, which does not run. The shell's
// status is no script's, and so no *ExitError is in it. A shell that could not
// start the programs that read the script is no fault of its start files.
func (c *Client) noCommand(stdout, stderr string) error {
	e := &Error{Reason: NoCommand, Addr: c.to.Addr, User: c.to.User, Text: safe.Scrub(firstLine(strings.TrimSpace(stdout + stderr)))}
	if line := exhausted.FindString(stdout + "\n" + stderr); line != "" {
		e.Reason, e.Text = Exhausted, safe.Scrub(firstLine(line))
	}
	return e
}

// exhausted is the line by which a shell says that it could not start a program.
var exhausted = regexp.MustCompile(`(?im)^.*(cannot fork|\bfork: |\bfork failed|cannot allocate (memory|\d+ bytes)|resource temporarily unavailable).*$`)

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
