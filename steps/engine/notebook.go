package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/remote/python"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Time that a Jupyter on this computer is given.
const (
	versionWithin  = 30 * time.Second // to say its version: a cold Python reads much
	gatewayWithin  = 20 * time.Second // the gateway, to answer
	notebookWithin = 90 * time.Second // to answer itself
	endWithin      = 10 * time.Second // to end when it is told to
)

// Notebook starts the Jupyter of this computer with the kernels of a gateway.
// It listens on loopback alone, with a token of its own; no token is in an
// argument list. It ends with Close, or when ctx does. Its log continues as
// events, one at a time, until then.
func (g *Guide) Notebook(ctx context.Context, gatewayID string, ui steps.UI, emit func(steps.Event)) (steps.LocalNotebook, error) {
	n := &localNotebook{
		teller: teller{g: g, setup: gatewayID, step: steps.StepLocal, emit: oneAtATime(emit)},
		done:   make(chan struct{}),
	}
	err := n.during("A notebook on this computer, with the gateway's kernels", func() (string, error) {
		return "the notebook answers", n.start(ctx, gatewayID, ui)
	})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// oneAtATime has events that come from several goroutines wait for each other.
func oneAtATime(emit func(steps.Event)) func(steps.Event) {
	var mu sync.Mutex
	return func(e steps.Event) {
		mu.Lock()
		defer mu.Unlock()
		emit(e)
	}
}

// localNotebook is a Jupyter that runs on this computer.
type localNotebook struct {
	teller
	url    string
	cancel context.CancelFunc
	done   chan struct{}
	files  string // folder of its own, removed with it

	mu   sync.Mutex
	tail []string // the last lines of its log
}

func (n *localNotebook) URL() string           { return n.url }
func (n *localNotebook) Done() <-chan struct{} { return n.done }

func (n *localNotebook) Close() error {
	n.cancel()
	<-n.done
	return nil
}

func (n *localNotebook) start(ctx context.Context, gatewayID string, ui steps.UI) error {
	command, err := installedJupyter(ctx)
	if err != nil {
		return err
	}
	n.doing("Found Jupyter on this computer: %s", strings.Join(command, " "))
	gateway, certificate, err := n.g.gateway(ctx, gatewayID)
	if err != nil {
		return err
	}
	n.doing("The gateway answers at %s", gateway.URL)
	token, err := jupyter.NewToken()
	if err != nil {
		return err
	}
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	env := append(os.Environ(), "JUPYTER_TOKEN="+token, "JUPYTER_GATEWAY_AUTH_TOKEN="+gateway.Token)
	if certificate != nil {
		path, err := n.trust(certificate)
		if err != nil {
			return err
		}
		env = append(env, "SSL_CERT_FILE="+path)
	}
	args := append(command[1:], "--no-browser", "--ip=127.0.0.1", "--port="+strconv.Itoa(port), "--port-retries=0", "--gateway-url="+gateway.URL)
	if os.Geteuid() == 0 { // Jupyter asks root to be sure
		args = append(args, "--allow-root")
	}
	n.say(steps.ByHand, problem.Here().With(strings.Join(append([]string{command[0]}, args...), " "), [2]string{"JUPYTER_GATEWAY_AUTH_TOKEN", "…"}))
	if err := n.run(ctx, command[0], args, env); err != nil {
		return err
	}
	ep := jupyter.Endpoint{URL: fmt.Sprintf("http://127.0.0.1:%d", port), Token: token, UI: string(ui)}
	if err := n.await(ctx, ep); err != nil {
		return err
	}
	page, err := jupyter.OpenUI(ctx, ep)
	if err != nil {
		_ = n.Close() // the first error is the one to tell
		return noPage(runtime.GOOS, ui, err)
	}
	n.url = ep.URL + "/" + page + "?token=" + token
	return nil
}

// run starts the process. Its log is handed on until it ends.
func (n *localNotebook) run(ctx context.Context, program string, args, env []string) error {
	ctx, n.cancel = context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...) // #nosec G204 -- the Jupyter found above
	cmd.Env, cmd.WaitDelay = env, endWithin
	lines := safe.NewLines(n.output)
	cmd.Stdout, cmd.Stderr = lines, lines // one writer for both: exec then never writes two at once
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		n.cancel()
		return errors.Join(noJupyter(err), os.RemoveAll(n.files))
	}
	go func() {
		defer close(n.done)
		defer n.cancel()
		_ = cmd.Wait() // how it ended is in its log
		_ = lines.Close()
		if n.files != "" {
			_ = os.RemoveAll(n.files) // public certificates only
		}
	}()
	return nil
}

// notebookTail is how much of the log is kept to explain a start that failed.
const notebookTail = 40

func (n *localNotebook) output(text string, partial bool) {
	if !partial {
		n.mu.Lock()
		n.tail = append(n.tail, text)
		n.tail = n.tail[max(0, len(n.tail)-notebookTail):]
		n.mu.Unlock()
	}
	n.teller.output(text, partial)
}

// await waits until it answers, which it only does when its gateway does.
func (n *localNotebook) await(ctx context.Context, ep jupyter.Endpoint) error {
	waiting, cancel := context.WithTimeout(ctx, notebookWithin)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- jupyter.Ready(waiting, ep) }()
	select {
	case err := <-answered:
		if err == nil {
			return nil
		}
		_ = n.Close() // the first error is the one to tell
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &problem.Error{
			Kind: problem.Server, Title: "The notebook on this computer does not answer", Err: err,
			Text: "It was started and did not answer as it should. " + steps.Explain(err).Text,
			Next: problem.Say("Read its lines above. A Jupyter config file of yours that sets a token, a password or a certificate may be in the way."),
		}
	case <-n.done:
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		return &problem.Error{
			Kind: problem.Server, Title: "Jupyter on this computer ended", Err: jupyter.ExplainServer(n.tail),
			Text: "It ended before it answered. Its last line was: " + safe.Scrub(last(n.tail)),
			Next: problem.Say("Read its lines above; jupyter notebook, run by hand, says the same."),
		}
	}
}

// noPage is a notebook here that answers and does not show its page.
func noPage(system string, ui steps.UI, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &problem.Error{
		Kind: problem.Server, Title: "The notebook on this computer does not show its page", Err: err,
		Text: fmt.Sprintf("It answers, but there is no Jupyter at /%s. %s", ui, steps.Explain(err).Text),
		Next: problem.Say("Install what is missing: " + pythonOf(system) + " -m pip install notebook (in a venv where the system asks for one), then try again."),
	}
}

func last(lines []string) string {
	for _, l := range slices.Backward(lines) {
		if strings.TrimSpace(l) != "" {
			return l
		}
	}
	return "(nothing)"
}

// installedJupyter finds a Jupyter with a notebook or a lab on the PATH.
func installedJupyter(ctx context.Context) ([]string, error) {
	var why error
	for _, command := range [][]string{{"jupyter", "notebook"}, {"jupyter", "lab"}, {pythonOf(runtime.GOOS), "-m", "notebook"}} {
		path, err := exec.LookPath(command[0])
		if err != nil {
			why = err
			continue
		}
		if python.Offer(ctx, path) {
			why = exec.ErrNotFound
			continue
		}
		asking, cancel := context.WithTimeout(ctx, versionWithin)
		command[0] = path
		err = exec.CommandContext(asking, path, append(command[1:], "--version")...).Run() // #nosec G204 -- one of the three above
		cancel()
		if err == nil {
			return command, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		why = err
	}
	return nil, noJupyter(why)
}

// pythonOf is the name that Python has on a system.
func pythonOf(system string) string {
	if system == "windows" {
		return "python"
	}
	return "python3"
}

func noJupyter(err error) error {
	name := pythonOf(runtime.GOOS)
	return &problem.Error{
		Kind: problem.Answers, Title: "There is no Jupyter on this computer",
		Text: "Neither jupyter notebook, nor jupyter lab, nor " + name + " -m notebook runs here.",
		Next: problem.Say("Install it: " + name + " -m pip install notebook (in a venv where the system asks for one), then try again."), Err: err,
	}
}

// gateway returns a gateway that can be reached, and its own certificate where
// it has one.
func (g *Guide) gateway(ctx context.Context, id string) (ep jupyter.Endpoint, certificate []byte, err error) {
	s, err := g.ledger.load(id)
	if err != nil {
		return ep, nil, err
	}
	if s.Answers.Mode != steps.ModeGateway {
		return ep, nil, &problem.Error{
			Kind: problem.Answers, Title: "This is not a gateway",
			Text: fmt.Sprintf("%s is in %s mode, and only a Kernel Gateway gives its kernels away.", s.Answers.Name, s.Answers.Mode),
			Next: problem.Say("Choose a setup in gateway mode, or ").Act(inMode(steps.ModeGateway, s)).Say("."),
		}
	}
	now := g.look(ctx, *s)
	if now.Unseen == "" && now.State != steps.StateRunning {
		return ep, nil, &problem.Error{
			Kind: problem.Unreachable, Title: "The gateway's machine is not running",
			Text: fmt.Sprintf("The machine of %s is %s.", s.Answers.Name, cmp.Or(string(now.State), "not launched yet")),
			Next: problem.Act(on(problem.Start, s)).Say(", then try again."),
		}
	}
	if ep, err = g.public(&now); err != nil {
		return ep, nil, err
	}
	if now.Answers.HasTLS() {
		if certificate, err = os.ReadFile(g.certPath(id)); err != nil {
			return ep, nil, fmt.Errorf("reading the gateway's certificate: %w", err)
		}
	}
	ready, cancel := context.WithTimeout(ctx, gatewayWithin)
	defer cancel()
	return ep, certificate, jupyter.Ready(ready, ep)
}

// trust writes the gateway's certificate, beside those that this computer
// trusts already, where the notebook finds it: Jupyter's own option for it
// wants a client certificate too.
func (n *localNotebook) trust(certificate []byte) (string, error) {
	parent := n.g.ledger.file("notebooks", "")
	if err := private.MkdirAll(parent); err != nil {
		return "", ledgerFault(err)
	}
	dir, err := os.MkdirTemp(parent, "")
	if err != nil {
		return "", ledgerFault(err)
	}
	n.files = dir
	bundle := append(slices.Clone(certificate), '\n')
	bundle = append(bundle, systemAuthorities()...)
	path := filepath.Join(dir, "authorities.pem")
	return path, writePrivate(path, bundle)
}

// systemAuthorities are the certificates that OpenSSL takes by default, from
// where systems keep them; none where there is no such file.
func systemAuthorities() []byte {
	for _, path := range []string{
		os.Getenv("SSL_CERT_FILE"),
		"/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch
		"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL, Amazon Linux
		"/etc/ssl/ca-bundle.pem",             // openSUSE
		"/etc/ssl/cert.pem",                  // macOS, Alpine, the BSDs
	} {
		if path == "" {
			continue
		}
		if b, err := os.ReadFile(path); err == nil {
			return b
		}
	}
	return nil
}

// freePort returns a port of the loopback that nobody has at this moment.
func freePort(ctx context.Context) (int, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer func() { _ = l.Close() }() // nobody connects
	_, text, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}
