package jupyter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// Endpoint is a server as its user reaches it.
type Endpoint struct {
	URL   string // "http(s)://host:port", without the token
	Token string
	// Dial makes the connections, through a tunnel or from the host itself;
	// nil dials from here, by a proxy where the environment says so.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// PinSHA256 is the SHA-256 of the server's own certificate (DER); no other
	// one is accepted then. Nil means the system's certificate authorities.
	PinSHA256 []byte
	// Gateway says that it is a Kernel Gateway, which has no status and no
	// login page; only that it warns in its log of being asked for them.
	Gateway bool
	// UI is the page that its user opens: "lab" or "tree"; empty for none.
	UI string
}

// requestWithin bounds one request; starting a kernel takes longest.
const requestWithin = 30 * time.Second

var errPin = errors.New("the server shows a certificate other than the pinned one")

// client speaks to the server's REST API.
type client struct {
	base    *url.URL
	token   string
	gateway bool
	query   string // of each request
	http    *http.Client
}

// client is for a few requests; whoever has it closes it.
func (ep Endpoint) client() (*client, error) {
	base, err := url.Parse(ep.URL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("%q is not a URL of a server", safe.Scrub(ep.URL))
	}
	t := &http.Transport{
		DialContext: ep.Dial, Proxy: http.ProxyFromEnvironment,
		TLSHandshakeTimeout: 15 * time.Second,
		IdleConnTimeout:     requestWithin,
	}
	if ep.Dial != nil {
		t.Proxy = nil
	}
	if len(ep.PinSHA256) > 0 {
		t.TLSClientConfig = pinned(ep.PinSHA256)
	}
	return &client{base: base, token: ep.Token, gateway: ep.Gateway, http: &http.Client{
		Transport: t,
		// A redirect is the login page, or somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// close leaves no connection open.
func (c *client) close() { c.http.CloseIdleConnections() }

// pinned accepts the one certificate with that SHA-256, whoever signed it.
// VerifyConnection is called on each handshake, resumed ones too.
func pinned(pin []byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // the pin below is the verification
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errPin
			}
			sum := sha256.Sum256(s.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(sum[:], pin) != 1 {
				return errPin
			}
			return nil
		},
	}
}

// statusError is an answer with another status than wanted.
type statusError struct {
	status int
	path   string
	said   string // the server's message, safe for a terminal
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("%s answered %d", e.path, e.status)
	if e.said != "" {
		text += ": " + e.said
	}
	return text
}

// do makes a request, with the token in its header, and answers the body.
func (c *client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	u := c.base.JoinPath(path)
	u.RawQuery = c.query
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header = c.header()
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, &statusError{status: resp.StatusCode, path: path, said: messageOf(answer)}
	}
	return answer, nil
}

// header is how all of Jupyter's servers take a token; the gateway knows
// neither Bearer nor a login.
func (c *client) header() http.Header {
	return http.Header{"Authorization": {"token " + c.token}}
}

// messageOf is what an error answer says, in a line.
func messageOf(body []byte) string {
	var m struct{ Message, Reason string }
	if json.Unmarshal(body, &m) != nil {
		return ""
	}
	if m.Message == "" {
		m.Message = m.Reason
	}
	return safe.Scrub(safe.Clean(head(m.Message, 300)))
}

// Ready waits until the server answers with the token, or ctx ends. What
// waiting cannot mend (a wrong token, another certificate, HTTP spoken to
// HTTPS) ends it at once. Its errors are *Error, or ctx's when it was
// cancelled.
func Ready(ctx context.Context, ep Endpoint) error {
	c, err := ep.client()
	if err != nil {
		return err
	}
	defer c.close()
	defer timing.Wait(ctx, timing.Machine)()
	wait := 50 * time.Millisecond
	var before error
	for {
		err := c.ready(ctx)
		if err == nil || final(err) {
			return explainReach(ep, err)
		}
		if ctx.Err() != nil && before != nil {
			err = before // cut short: the last whole try tells more
		}
		before = err
		switch ended := remote.Pause(ctx, wait); {
		case errors.Is(ended, context.Canceled):
			return ended
		case ended != nil:
			return explainReach(ep, err)
		}
		wait = min(wait*3/2, 200*time.Millisecond) // a try costs the host next to nothing
	}
}

// ready asks once. A notebook server must tell its status; a gateway has none
// to tell and must list its kernels. Neither may do so without the token.
func (c *client) ready(ctx context.Context) error {
	if _, err := c.do(ctx, http.MethodGet, "/api/kernelspecs", nil); err != nil {
		return err
	}
	if !c.gateway {
		if _, err := c.do(ctx, http.MethodGet, "/api/status", nil); err != nil && statusOf(err) != http.StatusNotFound {
			return err
		}
	}
	anybody := &client{base: c.base, http: c.http}
	if !c.gateway && anybody.mustLogIn(ctx) {
		return nil
	}
	anybody.query = "check=" + checkMark(c.token)
	if _, err := anybody.do(ctx, http.MethodGet, "/api/kernels", nil); err == nil {
		return errOpen
	}
	return nil
}

// mustLogIn reports whether the server has a login page for who comes without
// a token, as Jupyter's own has unless it lets everybody in. Unlike a request
// that is refused, that leaves no warning in its log.
func (c *client) mustLogIn(ctx context.Context) bool {
	page, err := c.do(ctx, http.MethodGet, "/login", nil)
	return err == nil && bytes.Contains(page, []byte(`type="password"`))
}

// checkMark tells the server's own log, by scripts/config.py, which refused
// request is ours. Nobody can make it without the token.
func checkMark(token string) string {
	sum := sha256.Sum256([]byte("jupyter-ec2 check " + token))
	return hex.EncodeToString(sum[:8])
}

var errOpen = errors.New("the server answers without a token")

func statusOf(err error) int {
	var s *statusError
	if errors.As(err, &s) {
		return s.status
	}
	return 0
}

// final reports whether waiting cannot mend it.
func final(err error) bool {
	var unknown *tls.CertificateVerificationError
	var ssh *remote.Error
	code := statusOf(err)
	return errors.As(err, &ssh) && ssh.Reason == remote.NoForwarding || errors.Is(err, errPin) || errors.Is(err, errOpen) || errors.As(err, &unknown) || plainToTLS(err) ||
		code == http.StatusUnauthorized || code == http.StatusForbidden
}

// plainToTLS: net/http has no error value for it, in either direction.
func plainToTLS(err error) bool {
	return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") ||
		strings.Contains(err.Error(), "malformed HTTP response \"\\x15\\x03") ||
		(statusOf(err) == http.StatusBadRequest && strings.Contains(err.Error(), "HTTPS"))
}
