package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// Proof is what came of running a cell.
type Proof struct {
	Kernel        string // "python3"
	Language      string // "python"
	PythonVersion string // "3.12.3"
	Output        string // "42"
	UI            string // the page that opens, "lab" or "tree"; empty where none was asked for
	Took          time.Duration
}

// Time for the proof: a small machine takes long to start its first kernel.
const (
	proveWithin  = 2 * time.Minute
	removeWithin = 15 * time.Second
	lookEvery    = 2 * time.Second
)

// Prove starts a kernel, opens the endpoint's page, runs print(6*7) in the
// kernel, reads 42 and removes the kernel, all over the endpoint. A kernel that
// does not end soon is told, and is no failure. say is told each step in words;
// it may be nil. Its errors are *Error, or ctx's when it was cancelled.
func Prove(ctx context.Context, ep Endpoint, say func(string)) (Proof, error) {
	return prove(ctx, ep, proveWithin, removeWithin, say)
}

func prove(ctx context.Context, ep Endpoint, within, remove time.Duration, say func(string)) (proof Proof, err error) {
	if say == nil {
		say = func(string) {}
	}
	defer timing.Wait(ctx, timing.Machine)()
	began := time.Now()
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := ep.client()
	if err != nil {
		return Proof{}, err
	}
	defer c.close()
	spec, err := c.pythonKernel(ctx, ep)
	if err != nil {
		return Proof{}, err
	}
	say(fmt.Sprintf("Starting a kernel: %s (%s).", spec.DisplayName, spec.Name))
	id, err := c.startKernel(ctx, spec.Name)
	if err != nil {
		return Proof{}, explainKernel(ep, err)
	}
	defer func() {
		// Also after a cancel: a kernel left behind holds memory.
		if endErr := c.endKernel(context.WithoutCancel(caller), id, remove, say); endErr != nil && err == nil {
			err = explainReach(ep, endErr)
		}
	}()
	// The kernel comes up meanwhile.
	ui, err := c.openUI(ctx, ep)
	if err != nil {
		return Proof{}, err
	}
	proof = Proof{Kernel: spec.Name, Language: spec.Language, UI: ui}
	living, stop := c.whileItLives(ctx, id)
	defer stop()
	if err := c.runCells(living, id, &proof, say); err != nil {
		if died := new(kernelDied); errors.As(context.Cause(living), &died) {
			err = died
		}
		if caller.Err() != nil {
			return Proof{}, caller.Err()
		}
		return Proof{}, explainKernel(ep, c.whyNot(ctx, id, err))
	}
	proof.Took = time.Since(began)
	return proof, nil
}

// pythonKernel is the default kernel, or the first that speaks Python.
func (c *client) pythonKernel(ctx context.Context, ep Endpoint) (Kernelspec, error) {
	specs, err := c.kernelspecs(ctx, ep)
	if err != nil {
		return Kernelspec{}, err
	}
	for _, s := range specs {
		if s.Language == "python" {
			return s, nil
		}
	}
	return Kernelspec{}, noKernel(nil)
}

func noKernel(cause error) error {
	return &Error{
		Kind: problem.Server, Title: "The server has no Python kernel",
		Text: "It knows no kernel that runs Python: ipykernel is missing on the machine.",
		Next: problem.Say("Run the install again: it repairs what is missing."), Err: cause,
	}
}

func (c *client) startKernel(ctx context.Context, name string) (id string, err error) {
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return "", err
	}
	answer, err := c.do(ctx, http.MethodPost, "/api/kernels", body)
	if err != nil {
		return "", err
	}
	var k struct{ ID string }
	if err := json.Unmarshal(answer, &k); err != nil {
		return "", fmt.Errorf("reading the new kernel: %w", err)
	}
	if !validKernelID(k.ID) {
		return "", fmt.Errorf("the new kernel has the invalid ID %q", safe.Clean(head(k.ID, 80)))
	}
	return k.ID, nil
}

// endKernel removes the proof's kernel. The server does so also when nobody
// waits for its answer any more, and a proof stands whose kernel it cannot end:
// as long as it answers, that is told and is no error.
func (c *client) endKernel(ctx context.Context, id string, within time.Duration, say func(string)) error {
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := c.do(waiting, http.MethodDelete, "/api/kernels/"+id, nil)
	code := statusOf(err)
	switch {
	case err == nil, code == http.StatusNotFound:
		return nil
	case code >= 500:
		say("The server could not end that kernel, which takes memory until you shut it down in Jupyter.")
		return nil
	case code != 0 || waiting.Err() == nil:
		return err
	}
	asking, cancelAsking := context.WithTimeout(ctx, removeWithin)
	defer cancelAsking()
	state, askErr := c.kernelState(asking, id)
	if askErr != nil {
		return err
	}
	if state != "gone" {
		say("That kernel takes long to end; the server ends it meanwhile.")
	}
	return nil
}

// validKernelID keeps a hostile server from choosing our paths.
func validKernelID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789abcdefABCDEF-") == ""
}

// runCells runs the proof's cells on the kernel.
func (c *client) runCells(ctx context.Context, id string, proof *Proof, say func(string)) error {
	k, err := c.openKernel(ctx, id)
	if err != nil {
		return err
	}
	defer k.close()
	say("Running print(6*7) there.")
	printed, err := k.run(ctx, "print(6*7)", "import sys; print(sys.version)")
	if err != nil {
		return err
	}
	if proof.Output = printed[0]; proof.Output != "42" {
		return fmt.Errorf("print(6*7) answered %q", safe.Clean(head(proof.Output, 80)))
	}
	proof.PythonVersion = safe.Clean(strings.SplitN(printed[1], " ", 2)[0])
	say(fmt.Sprintf("It answered 42, by Python %s.", proof.PythonVersion))
	return nil
}

// kernelState asks the server what a kernel does: its state, or "gone". The
// list is asked for, because the server warns in its log of one that is gone.
func (c *client) kernelState(ctx context.Context, id string) (string, error) {
	body, err := c.do(ctx, http.MethodGet, "/api/kernels", nil)
	if err != nil {
		return "", err
	}
	var all []struct {
		ID    string `json:"id"`
		State string `json:"execution_state"`
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return "", fmt.Errorf("reading the list of kernels: %w", err)
	}
	for _, k := range all {
		if k.ID == id {
			return safe.Clean(head(k.State, 40)), nil
		}
	}
	return "gone", nil
}

// whileItLives is a context that ends when the kernel does, with a *kernelDied
// as its cause: a server keeps those waiting who ask for a dead kernel.
func (c *client) whileItLives(ctx context.Context, id string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if state, err := c.kernelState(ctx, id); err == nil && dead(state) {
				cancel(&kernelDied{state: state})
			}
		}
	})
	return ctx, func() { cancel(nil); watch.Wait() }
}

// whyNot asks the server about a kernel that did not answer, so that one that
// died or hangs is not taken for a server that cannot be reached.
func (c *client) whyNot(ctx context.Context, id string, err error) error {
	if errors.As(err, new(*kernelDied)) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	state, askErr := c.kernelState(ctx, id)
	switch {
	case askErr != nil:
		return err
	case dead(state):
		return errors.Join(&kernelDied{state: state}, err)
	case errors.Is(err, context.DeadlineExceeded):
		return errors.Join(&kernelHangs{state: state}, err)
	}
	return err
}

// explainKernel puts a kernel's failure in plain words.
func explainKernel(ep Endpoint, err error) error {
	var died *kernelDied
	var hangs *kernelHangs
	var s *statusError
	switch {
	case errors.As(err, &hangs):
		return &Error{
			Kind: problem.Server, Title: "The kernel does not get ready",
			Text: fmt.Sprintf("The server answers and has started a kernel, which does nothing yet: the server calls it %q. An IPython startup file that never ends causes this, or a machine that is too small or too busy.", hangs.state),
			Next: problem.Say("Check the files in ~/.ipython/profile_default/startup on the machine, move them away and try again."), Err: err,
		}
	case errors.As(err, &died):
		return &Error{
			Kind: problem.Server, Title: "The kernel died",
			Text: "The kernel ended before it answered: most often the machine has too little memory, or its Python lacks something.",
			Next: problem.Say("The server's log on the machine says which. ").Act(problem.ChooseType.Of("a larger instance type")).Say(", or add swap; running the install again repairs what is missing."), Err: err,
		}
	case errors.As(err, &s) && strings.Contains(strings.ToLower(s.said), "no such kernel"):
		return noKernel(err)
	case errors.As(err, &s) && s.status >= 500:
		return &Error{
			Kind: problem.Server, Title: "The kernel cannot be started",
			Text: "The server says: " + s.said,
			Next: problem.Say("Check the server's log on the machine; running the install again repairs a broken kernel."), Err: err,
		}
	}
	return explainReach(ep, err)
}
