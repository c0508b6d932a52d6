package jupyter

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The modes of serving.
const (
	ModeSSH     = "ssh"     // notebook on the host's loopback
	ModeHTTP    = "http"    // notebook on the host's own address
	ModeGateway = "gateway" // Kernel Gateway on the host's own address
)

const (
	defaultPort  = 8888
	portTries    = 50               // how far ssh mode looks for a free port
	readyWithin  = 4 * time.Minute  // a t2.micro that swaps starts slowly
	answerWithin = 20 * time.Second // a server that runs already
)

// ServeSpec is the server to run.
type ServeSpec struct {
	SetupID string
	Mode    string // "ssh", "http" or "gateway"
	Bind    string // address to listen on; empty: loopback in ssh mode, else the private IP
	Port    int    // 0 means 8888
	Token   string // from NewToken
	Cert    []byte // PEM; empty means no TLS
	Key     []byte // PEM
	Facts   Facts
	WorkDir string // where notebooks lie; empty means the home folder
	// Gateway runs the notebook's kernels elsewhere; nil runs them here.
	Gateway *GatewaySpec `json:",omitempty"`
	// Started, unless nil, is told the port once, as soon as it is certain: what
	// needs no answer of the server's can be done while it starts.
	Started func(port int) error `json:"-"`
}

// complete fills the defaults in and tells what cannot be used.
func (s ServeSpec) complete() (ServeSpec, error) {
	if s.Port == 0 {
		s.Port = defaultPort
	}
	if s.Bind == "" {
		s.Bind = s.Facts.Loopback
		if s.Mode != ModeSSH {
			s.Bind = s.Facts.PrivateIP()
		}
	}
	rel, inHome := strings.CutPrefix(s.WorkDir, "~")
	if s.WorkDir == "" || inHome || !path.IsAbs(s.WorkDir) {
		s.WorkDir = path.Join(s.Facts.Home, rel)
	}
	switch {
	case s.Mode != ModeSSH && s.Mode != ModeHTTP && s.Mode != ModeGateway:
		return s, fmt.Errorf("the mode %q is not one of ssh, http, gateway", s.Mode)
	case s.Port < 1 || s.Port > 65535:
		return s, fmt.Errorf("there is no port %d", s.Port)
	case len(s.Token) < 16 || strings.ContainsAny(s.Token, " \t\r\n"):
		return s, fmt.Errorf("the token is too short or has spaces")
	case (len(s.Cert) == 0) != (len(s.Key) == 0):
		return s, fmt.Errorf("certificate and key go together")
	case s.Facts.Home == "":
		return s, fmt.Errorf("the host's facts are missing: Probe returns them")
	}
	if _, err := netip.ParseAddr(s.Bind); err != nil {
		return s, fmt.Errorf("the server's address %q: %w", s.Bind, err)
	}
	if s.Gateway != nil {
		return s, s.Gateway.check(s.Mode)
	}
	return s, nil
}

// hash stands for the whole spec. The token is long and random, so that the
// hash tells nothing about it.
func (s ServeSpec) hash() string {
	s.Facts = Facts{Home: s.Facts.Home, User: s.Facts.User, Systemd: s.Facts.Systemd && s.Facts.Sudo}
	b, err := json.Marshal(struct {
		Spec  ServeSpec
		Files []string
	}{s, []string{serverScript, superviseScript, configScript, s.runScript(), s.unit()}})
	if err != nil {
		panic(err) // strings and numbers only
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// endpoint is the server as the host itself reaches it.
func (s ServeSpec) endpoint(h Host, port int) (Endpoint, error) {
	ip := s.Bind
	if netip.MustParseAddr(ip).IsUnspecified() {
		ip = s.Facts.Loopback
	}
	ep := Endpoint{
		URL:   "http://" + net.JoinHostPort(ip, strconv.Itoa(port)),
		Token: s.Token, Dial: h.DialContext, Gateway: s.Mode == ModeGateway,
	}
	if len(s.Cert) > 0 {
		pair, err := tls.X509KeyPair(s.Cert, s.Key)
		if err != nil {
			return ep, fmt.Errorf("reading the server's certificate: %w", err)
		}
		sum := sha256.Sum256(pair.Certificate[0])
		ep.URL, ep.PinSHA256 = "https"+strings.TrimPrefix(ep.URL, "http"), sum[:]
	}
	return ep, nil
}

// Serve makes the host run that server and waits until it answers over HTTP.
// A server with the same spec that answers is left alone; another one of ours
// is replaced, and one that no record knows is ended. A taken port leads to the next free one in ssh mode, and to an
// *Error otherwise. It answers the port the server listens on. out is told
// what is done and what the server logs meanwhile; it may be nil.
func Serve(ctx context.Context, h Host, spec ServeSpec, out safe.Output) (port int, err error) {
	spec, err = spec.complete()
	if err != nil {
		return 0, fmt.Errorf("serving Jupyter: %w", err)
	}
	s := &server{h: h, facts: spec.Facts, say: func(text string) {
		if out != nil {
			out(safe.Clean(text), false)
		}
	}}
	now, port, err := s.prepare(ctx, spec, spec.hash())
	if err != nil {
		return 0, err
	}
	if port == 0 {
		if ok, err := s.running(ctx, spec, now); err != nil {
			return 0, err
		} else if ok {
			return now.port, spec.started(now.port)
		}
		if _, port, err = s.prepare(ctx, spec, ""); err != nil {
			return 0, err
		}
	}
	if err := s.begin(ctx, spec, port); err != nil {
		return 0, err
	}
	if err := spec.started(port); err != nil {
		return 0, err
	}
	ep, err := spec.endpoint(h, port)
	if err != nil {
		return 0, err
	}
	s.say("Waiting until the server answers at " + ep.URL)
	if err := s.await(ctx, ep, readyWithin); err != nil {
		return 0, err
	}
	s.say("The server answers.")
	return port, nil
}

func (s ServeSpec) started(port int) error {
	if s.Started == nil {
		return nil
	}
	return s.Started(port)
}

// running reports whether the server that runs by the same spec answers.
func (s *server) running(ctx context.Context, spec ServeSpec, now serverState) (ok bool, err error) {
	ep, err := spec.endpoint(s.h, now.port)
	if err != nil {
		return false, err
	}
	if err := s.await(ctx, ep, answerWithin); err != nil {
		s.say("The running server does not answer: it is restarted.")
		return false, ctx.Err()
	}
	s.say(fmt.Sprintf("The server is already running on port %d.", now.port))
	if now.strays > 0 {
		s.say("Another server of this program's runs there, which no record knows: it is ended.")
		if _, err := s.do(ctx, "tidy", nil); err != nil {
			return false, fmt.Errorf("ending a server that no record knows: %w", err)
		}
	}
	return true, nil
}

// begin starts the server of the spec at a port.
func (s *server) begin(ctx context.Context, spec ServeSpec, port int) error {
	if port != spec.Port {
		s.say(fmt.Sprintf("Port %d of the machine is taken by something else: using %d.", spec.Port, port))
	}
	hash := spec.hash()
	spec.Port = port
	files := spec.files(hash)
	s.say("$ " + spec.commandLine())
	if spec.Facts.Systemd && spec.Facts.Sudo {
		s.say("$ sudo systemctl enable --now jupyter-ec2")
	}
	said, err := s.doWith(ctx, "begin", variables(files), map[string]string{"JE_WORKDIR": spec.WorkDir, "JE_FILES": strconv.Itoa(len(files))})
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit) && exit.Code == 5:
		return fmt.Errorf("writing the server's files on the host: %w", err)
	case err != nil:
		return fmt.Errorf("starting the server: %w", withRaw(err, said))
	}
	return nil
}

// await waits until the server answers, and fails early when it has ended.
func (s *server) await(ctx context.Context, ep Endpoint, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- Ready(ctx, ep) }()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case err := <-answered:
			if ctx.Err() != nil && err != nil {
				return s.silent(ctx, err)
			}
			return err
		case <-look.C:
			if now, err := s.state(ctx); err == nil && now.ended {
				return s.ended(ctx)
			}
			s.tell(ctx)
		}
	}
}

// ended explains a server that did not stay up, and stops trying.
func (s *server) ended(ctx context.Context) error {
	tail, err := s.logSinceStart(ctx)
	if err != nil {
		return err
	}
	s.show(tail)
	if err := s.stop(ctx); err != nil {
		return err
	}
	return explainServer(tail, s.settings(ctx))
}

// silent explains a server that runs and does not answer in time.
func (s *server) silent(ctx context.Context, cause error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	return &Error{
		Kind: problem.Server, Title: "The server does not answer",
		Text: "It runs on the machine but did not answer over HTTP in time.",
		Next: problem.Say("The machine may be too small or busy: try again, and check the server's log."),
		Err:  cause,
	}
}
