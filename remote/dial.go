package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// Signer holds a private key, or leads to one. Other packages name it without
// knowing the SSH library.
type Signer = ssh.Signer

// Target is where to dial.
type Target struct {
	Addr string // "203.0.113.7:22"
	User string // "ubuntu"
	// InstanceID is the name the host's key is pinned under; an address may
	// change, the instance does not.
	InstanceID string
	// Timeout bounds the connection and the handshake; 0 means 15 seconds.
	// Time a person takes to answer HostKeyCheck.Ask does not count.
	Timeout time.Duration
	// KeepAlive is how long the host may be silent before it is asked for a
	// sign of life; 0 means 3 seconds. Silent for three times as long, it is
	// taken for dead and the connection is closed.
	KeepAlive time.Duration
	// Greeted may have a connection to Addr, which the login takes then. A login
	// that does not come to proving the host's key over it makes another one.
	Greeted *Greeted
	// Log takes a line for each dial, for the end of a connection, and for each
	// job that is followed over it; nil writes none.
	Log *slog.Logger
}

func (t Target) log() *slog.Logger {
	if t.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Log
}

// Auth is how we prove who we are.
type Auth struct {
	Signers []Signer // tried in order; sshd allows 6 by default
}

// HostKeyCheck is how the host proves who it is. A pinned key is always
// accepted, and another one than the pinned key never is.
type HostKeyCheck struct {
	// Known holds the pinned keys; nil pins nothing.
	Known *HostKeys
	// Expected are the keys the host printed on its console, in
	// authorized_keys form. When there are any, a key among them is accepted
	// and all of them are pinned, and any other key is an error.
	Expected []string
	// Ask is asked about a key that nothing vouches for. It may block for a
	// person; nil as its answer pins the key, an error refuses it. No
	// connection is held open meanwhile. A nil Ask refuses every unknown key.
	Ask func(ctx context.Context, k Key) error
}

// Redialer makes a new connection: it looks the address up again and dials.
type Redialer func(ctx context.Context) (*Client, error)

// Dial connects, checks the host key and logs in. ctx ends the whole of it,
// and nothing of the connection afterwards. Its errors are *Error, ctx's own,
// or what HostKeyCheck.Ask answered.
func Dial(ctx context.Context, t Target, a Auth, check HostKeyCheck) (*Client, error) {
	defer timing.Wait(ctx, timing.Machine)()
	c, err := dial(ctx, t, a, check, nil)
	var unknown *Error
	if !errors.As(err, &unknown) || unknown.Reason != HostKeyUnknown || check.Ask == nil {
		return c, err
	}
	// The person thinks without a connection: sshd would close it after its
	// LoginGraceTime, and a key that changes meanwhile is found out below.
	if err := check.Ask(ctx, unknown.Key); err != nil {
		return nil, err
	}
	if check.Known != nil {
		if err := check.Known.Pin(t.InstanceID, unknown.Key); err != nil {
			return nil, err
		}
	}
	return dial(ctx, t, a, check, &unknown.Key)
}

func dial(ctx context.Context, t Target, a Auth, check HostKeyCheck, accepted *Key) (*Client, error) {
	began := time.Now()
	c, err := dialOnce(ctx, t, a, check, accepted)
	t.log().LogAttrs(
		ctx, level(err), "dial", slog.String("address", t.Addr), slog.String("instance", t.InstanceID),
		slog.Duration("took", time.Since(began)), slog.String("outcome", outcome(err)),
	)
	return c, err
}

func dialOnce(ctx context.Context, t Target, a Auth, check HostKeyCheck, accepted *Key) (*Client, error) {
	limit := t.Timeout
	if limit == 0 {
		limit = 15 * time.Second
	}
	try, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	h := handshake{target: t, check: check}
	if err := h.prepare(accepted); err != nil {
		return nil, err
	}
	h.target.Greeted = nil // further connections are new ones
	if kept := t.Greeted.take(t.Addr); kept != nil {
		over := handshake{target: h.target, check: check, want: h.want, console: h.console}
		c, err := over.logInOver(try, kept, limit/3, a)
		t.log().Debug("kept connection", "address", t.Addr, "instance", t.InstanceID, "outcome", outcome(err))
		if err == nil || over.counts(err) || try.Err() != nil {
			return c, err
		}
	}
	var d net.Dialer
	tcp, err := d.DialContext(try, "tcp", t.Addr)
	if err != nil {
		if errors.Is(try.Err(), context.Canceled) {
			return nil, fmt.Errorf("connect to %s: %w", t.Addr, try.Err())
		}
		return nil, dialError(t, err)
	}
	return h.logIn(try, newWire(tcp), a)
}

// logIn logs in over a connection, which it closes where that fails.
func (h *handshake) logIn(ctx context.Context, w *wire, a Auth) (*Client, error) {
	// The SSH library knows no context: an expired deadline wakes it.
	stop := context.AfterFunc(ctx, func() { _ = w.SetDeadline(time.Unix(1, 0)) })
	conn, chans, reqs, err := ssh.NewClientConn(w, h.target.Addr, h.config(a))
	if !stop() && err == nil { // the end came between the handshake's and here
		err = errors.Join(ctx.Err(), conn.Close())
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, fmt.Errorf("connect to %s: %w", h.target.Addr, ctx.Err())
		}
		return nil, h.failed(w, err)
	}
	return newClient(ssh.NewClient(conn, chans, reqs), w, h, a), nil
}

// logInOver logs in over a connection that was kept, and gives it up where
// nothing comes back within some time.
func (h *handshake) logInOver(ctx context.Context, w *wire, within time.Duration, a Auth) (*Client, error) {
	before := w.last.Load()
	silent := time.AfterFunc(within, func() {
		if w.last.Load() == before {
			_ = w.SetDeadline(time.Unix(1, 0))
		}
	})
	defer silent.Stop()
	return h.logIn(ctx, w, a)
}

// counts reports whether what went wrong over a connection that was kept would
// go wrong over a new one. Since it was opened the server may have restarted,
// with other keys too; once the host has proved a key that is accepted, or one
// that somebody has to be asked about, it is the one that is meant.
func (h *handshake) counts(err error) bool {
	var e *Error
	return h.verified || errors.As(err, &e) && e.Reason == HostKeyUnknown
}

// handshake is one try to log in, and what was learned in it.
type handshake struct {
	target   Target
	check    HostKeyCheck
	want     []Key // pinned, just accepted, or from the console
	console  bool  // want is from the console
	hostKey  *Error
	shown    Key  // what the host proved that it has
	verified bool // and it is an accepted one
	banner   strings.Builder
}

func (h *handshake) prepare(accepted *Key) (err error) {
	if h.check.Known != nil {
		if h.want, err = h.check.Known.Lookup(h.target.InstanceID); err != nil {
			return err
		}
	}
	if accepted != nil && len(h.want) == 0 {
		h.want = []Key{*accepted}
	}
	if len(h.want) > 0 {
		return nil
	}
	for _, line := range h.check.Expected {
		k, err := ParseKey(line)
		if err != nil {
			return fmt.Errorf("read the host keys of the console: %w", err)
		}
		h.want, h.console = append(h.want, k), true
	}
	return nil
}

func (h *handshake) config(a Auth) *ssh.ClientConfig {
	c := &ssh.ClientConfig{
		User:              h.target.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(a.Signers...)},
		HostKeyCallback:   h.checkKey,
		HostKeyAlgorithms: algorithms(h.want),
		ClientVersion:     "SSH-2.0-jupyter-ec2",
		BannerCallback: func(text string) error {
			if h.banner.Len() < 4<<10 { // a hostile host sends them without end
				h.banner.WriteString(text)
			}
			return nil
		},
	}
	// In Go aes128-gcm is several times as fast as chacha20-poly1305.
	c.Ciphers = []string{
		ssh.CipherAES128GCM, ssh.CipherAES256GCM, ssh.CipherChaCha20Poly1305,
		ssh.CipherAES128CTR, ssh.CipherAES192CTR, ssh.CipherAES256CTR,
	}
	return c
}

// checkKey is called once the host has proved that it holds the private half.
func (h *handshake) checkKey(_ string, _ net.Addr, pub ssh.PublicKey) error {
	k := keyOf(pub)
	h.shown = k
	switch {
	case len(h.want) == 0:
		h.hostKey = &Error{Reason: HostKeyUnknown, Addr: h.target.Addr, User: h.target.User, Key: k}
		return h.hostKey
	case !slices.Contains(h.want, k):
		h.hostKey = &Error{Reason: HostKeyChanged, Addr: h.target.Addr, User: h.target.User, Key: k, Want: h.want, Console: h.console}
		return h.hostKey
	case h.console && h.check.Known != nil:
		if err := h.check.Known.Pin(h.target.InstanceID, h.want...); err != nil {
			return err
		}
	}
	h.verified = true
	return nil
}

// failed sorts a handshake's failure. The SSH library has no error types for
// most of them, so the words of RFC 4252 and of OpenSSH decide.
func (h *handshake) failed(w *wire, err error) error {
	if h.hostKey != nil {
		return h.hostKey
	}
	said := safe.Clean(h.banner.String())
	e := &Error{Reason: Closed, Addr: h.target.Addr, User: h.target.User, Text: said, Err: err}
	text := err.Error()
	switch {
	case notPermittedNow(said):
		e.Reason = Booting
	case strings.Contains(said, wrongUserText):
		e.Reason = WrongUser
	case isTimeout(err) && w.greeting() == "":
		e.Reason = Timeout
	case !strings.Contains(w.greeting(), "SSH-") && w.greeting() != "":
		e.Reason, e.Text = NotSSH, firstLine(w.greeting())
	case isTimeout(err):
		e.Reason = Timeout
	case strings.Contains(text, "unable to authenticate"), strings.Contains(text, "Too many authentication failures"):
		e.Reason = Denied
	case h.verified && strings.Contains(text, "disconnect, reason"):
		e.Reason = Denied
	case !h.verified && strings.Contains(text, "no common algorithm"):
		e.Reason, e.Text = Failed, "it speaks no algorithm that is safe to use"
	}
	return e
}

const wrongUserText = "Please login as the user"

// notPermittedNow knows pam_nologin's texts, as systemd writes them.
func notPermittedNow(said string) bool {
	return strings.Contains(said, "System is booting up") || strings.Contains(said, "System is going down") ||
		strings.Contains(said, "not permitted to log in yet")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return safe.Clean(line)
}
