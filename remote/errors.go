package remote

// Reason says why a host could not be reached.
type Reason string

// The reasons.
const (
	Timeout        Reason = "timeout"          // nothing answers
	Refused        Reason = "refused"          // nothing listens on the port
	Unreachable    Reason = "unreachable"      // no route, or no such name
	NotSSH         Reason = "not-ssh"          // something else than an SSH server answers
	Booting        Reason = "booting"          // logins are not permitted yet; try again
	Denied         Reason = "denied"           // the key is not accepted for that user
	WrongUser      Reason = "wrong-user"       // the key is accepted, but for another user
	HostKeyUnknown Reason = "host-key-unknown" // nothing vouches for the host key
	HostKeyChanged Reason = "host-key-changed" // not the pinned key, or not the console's
	Closed         Reason = "closed"           // the connection ended
)

// Error is a host that cannot be reached, or does not let us in.
type Error struct {
	Reason Reason
	Addr   string
	User   string
	Text   string // what the host said, safe for a terminal, or empty
	Key    Key    // the key the host showed (HostKeyUnknown, HostKeyChanged)
	Want   []Key  // the keys expected instead (HostKeyChanged)
	Err    error
}

func (e *Error) Error() string { return string(e.Reason) }

func (e *Error) Unwrap() error { return e.Err }

// Explain tells the error in plain words; the kind is "unreachable".
func (e *Error) Explain() (kind, title, text, next string) { return "unreachable", "", "", "" }

// Again says whether trying again later may help by itself: a machine that
// still starts refuses, times out or denies for a while.
func (e *Error) Again() bool { return false }
