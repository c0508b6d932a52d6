package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// fakeFleet is the part of the hand-made engine that lives with machines.
type fakeFleet struct {
	survey    []steps.Surveyed // handed on in order
	surveyErr error
	hold      map[string]chan struct{} // what is held until its channel is closed, by "verb id"
	fail      map[string]error         // what fails, by "verb id" or "verb"
	linkFor   func(id string) *fakeLink
	checks    []steps.Check
	leftovers []steps.Swept
	notebook  *fakeNotebook

	fmu    sync.Mutex
	done   []string // what was asked for: "stop s-1", in order
	links  []*fakeLink
	opens  []*fakeTunnelOf
	states map[string]string // what Look says, by setup ID
}

func (f *fakeEngine) did(format string, args ...any) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.done = append(f.done, fmt.Sprintf(format, args...))
}

// asked is what was asked for so far.
func (f *fakeEngine) asked() []string {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	return append([]string(nil), f.done...)
}

// act is one call that changes a machine: it is written down, held if the
// test says so, and fails if the test says so.
func (f *fakeEngine) act(ctx context.Context, verb, id string, emit func(steps.Event)) error {
	f.did("%s %s", verb, id)
	if emit != nil {
		emit(steps.Event{Time: fakeNow, Setup: id, Kind: steps.Doing, Text: verb + " of " + id + " began"})
	}
	if held := f.hold[verb+" "+id]; held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if err := f.fail[verb+" "+id]; err != nil {
		return err
	}
	return f.fail[verb]
}

// becomes sets what the ledger and the cloud say of a machine's state.
func (f *fakeEngine) becomes(id, state string) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if f.states == nil {
		f.states = map[string]string{}
	}
	f.states[id] = state
}

func (f *fakeEngine) Look(_ context.Context, all []steps.Setup) []steps.Setup {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	for i := range all {
		if state, ok := f.states[all[i].ID]; ok {
			all[i].State = state
		}
	}
	return all
}

func (f *fakeEngine) Survey(ctx context.Context, profile string, each func(steps.Surveyed)) error {
	for i, s := range f.survey {
		s.Done, s.Of = i+1, len(f.survey)
		if held := f.hold["survey "+s.At.Region]; held != nil {
			select {
			case <-held:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		each(s)
	}
	return f.surveyErr
}

func (f *fakeEngine) Adopt(ctx context.Context, m steps.Machine) (steps.Setup, error) {
	err := f.act(ctx, "adopt", m.ID, nil)
	if err == nil {
		f.set(func() { f.setups = append(f.setups, m.Setup) })
	}
	return m.Setup, err
}

func (f *fakeEngine) Stop(ctx context.Context, id string, emit func(steps.Event)) error {
	err := f.act(ctx, "stop", id, emit)
	if err == nil {
		f.becomes(id, "stopped")
	}
	return err
}

func (f *fakeEngine) Reboot(ctx context.Context, id string, emit func(steps.Event)) error {
	return f.act(ctx, "reboot", id, emit)
}

func (f *fakeEngine) Resize(ctx context.Context, id, kind string, emit func(steps.Event)) error {
	return f.act(ctx, "resize "+kind, id, emit)
}

func (f *fakeEngine) SetMode(ctx context.Context, id string, mode steps.Mode, noTLS bool) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("mode %s %v", mode, noTLS), id, nil)
}

func (f *fakeEngine) SetLimits(ctx context.Context, id string, idle, lifetime steps.Limit) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("limits %s %s", idle, lifetime), id, nil)
}

func (f *fakeEngine) UseGateway(ctx context.Context, id, gateway string) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("gateway %q", gateway), id, nil)
}

func (f *fakeEngine) RestartServer(ctx context.Context, id string, emit func(steps.Event)) error {
	emit(steps.Event{Time: fakeNow, Kind: steps.Output, Text: "MemoryError: the last words of the server"})
	return f.act(ctx, "restart", id, emit)
}

func (f *fakeEngine) Connect(ctx context.Context, id string) (steps.Link, error) {
	if err := f.act(ctx, "connect", id, nil); err != nil {
		return nil, err
	}
	l := &fakeLink{health: fakeHealth()}
	if f.linkFor != nil {
		l = f.linkFor(id)
	}
	l.id, l.e = id, f
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.links = append(f.links, l)
	return l, nil
}

func (f *fakeEngine) Reopen(ctx context.Context, id string) (*steps.Opened, error) {
	if err := f.act(ctx, "reopen", id, nil); err != nil {
		return nil, err
	}
	return f.tunnelled(id), nil
}

// tunnelled is a URL with a tunnel that knows when it is closed.
func (f *fakeEngine) tunnelled(id string) *steps.Opened {
	o := *f.opened
	for _, s := range f.setups {
		if s.ID == id {
			o.Setup = s
		}
	}
	o.Setup.ID = id
	t := &fakeTunnelOf{id: id}
	o.Tunnel = t
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.opens = append(f.opens, t)
	return &o
}

func (f *fakeEngine) Notebook(ctx context.Context, id string, emit func(steps.Event)) (steps.LocalNotebook, error) {
	if err := f.act(ctx, "notebook", id, emit); err != nil {
		return nil, err
	}
	f.notebook = &fakeNotebook{done: make(chan struct{})}
	return f.notebook, nil
}

func (f *fakeEngine) Doctor(ctx context.Context, _, id string, each func(steps.Check)) error {
	err := f.act(ctx, "doctor", id, nil)
	for _, c := range f.checks {
		each(c)
	}
	return err
}

func (f *fakeEngine) FixCheck(ctx context.Context, id, check string, emit func(steps.Event)) error {
	return f.act(ctx, "fix "+check, id, emit)
}

func (f *fakeEngine) Sweep(ctx context.Context, _ string, each func(steps.Swept)) error {
	for i, s := range f.leftovers {
		s.Done, s.Of = i+1, len(f.leftovers)
		each(s)
	}
	return f.act(ctx, "sweep", "", nil)
}

func (f *fakeEngine) Clear(ctx context.Context, what []steps.Leftover, emit func(steps.Event)) error {
	ids := ""
	for _, l := range what {
		ids += " " + l.ID
	}
	return f.act(ctx, "clear", ids[1:], emit)
}

// fakeTunnelOf is a setup's tunnel.
type fakeTunnelOf struct {
	id     string
	mu     sync.Mutex
	closed int
}

func (t *fakeTunnelOf) LocalPort() int { return 8889 }
func (t *fakeTunnelOf) State() string  { return "up" }
func (t *fakeTunnelOf) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed++
	return nil
}

func (t *fakeTunnelOf) isClosed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

type fakeNotebook struct {
	once sync.Once
	done chan struct{}
}

func (n *fakeNotebook) URL() string           { return "http://localhost:8890/?token=77aa" }
func (n *fakeNotebook) Done() <-chan struct{} { return n.done }
func (n *fakeNotebook) Close() error          { n.once.Do(func() { close(n.done) }); return nil }

// fakeLink is a connection made by hand.
type fakeLink struct {
	id    string
	e     *fakeEngine
	lines map[steps.LogKind][]string

	mu        sync.Mutex
	health    steps.Health
	healthErr error
	asked     int
	closed    bool
	copyHeld  chan struct{}
	following map[steps.LogKind]int
	shell     func(steps.Terminal) error
}

func (l *fakeLink) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *fakeLink) Health(context.Context) (steps.Health, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.health, l.healthErr
}

func (l *fakeLink) Follow(ctx context.Context, log steps.LogKind, _ int, out func(string, bool)) error {
	l.set(func() {
		if l.following == nil {
			l.following = map[steps.LogKind]int{}
		}
		l.following[log]++
	})
	defer l.set(func() { l.following[log]-- })
	lines := l.lines[log]
	if l.lines == nil {
		lines = []string{fmt.Sprintf("[I 09:30:21 ServerApp] %s log of %s", log, l.id)}
	}
	for _, line := range lines {
		out(line, false)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (l *fakeLink) Tail(context.Context, steps.LogKind, int) ([]string, error) { return nil, nil }

func (l *fakeLink) Extend(ctx context.Context, by time.Duration) (steps.Health, error) {
	err := l.e.act(ctx, "extend "+by.String(), l.id, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.health.StopAt = l.health.At.Add(by)
	}
	return l.health, err
}

func (l *fakeLink) Run(context.Context, string, io.Reader, io.Writer, io.Writer) (int, error) {
	return 0, errors.New("no screen runs a script")
}

func (l *fakeLink) Shell(_ context.Context, t steps.Terminal) error {
	if l.shell == nil {
		return errors.New("no shell")
	}
	return l.shell(t)
}

func (l *fakeLink) copy(ctx context.Context, verb, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	o.Progress(steps.CopyProgress{File: from, Bytes: 1_500_000, Of: 6_000_000, OfAll: 1})
	if l.copyHeld != nil {
		select {
		case <-l.copyHeld:
		case <-ctx.Done():
			return steps.Copied{}, ctx.Err()
		}
	}
	return steps.Copied{Files: 1, Bytes: 6_000_000}, l.e.act(ctx, verb+" "+from+" "+to, l.id, nil)
}

func (l *fakeLink) Put(ctx context.Context, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copy(ctx, "put", from, to, o)
}

func (l *fakeLink) Get(ctx context.Context, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copy(ctx, "get", from, to, o)
}

func (l *fakeLink) State() string { return "up" }

func (l *fakeLink) Close() error {
	l.set(func() { l.closed = true })
	return nil
}

func (l *fakeLink) isClosed() (is bool) {
	l.set(func() { is = l.closed })
	return is
}

// fakeHealth is a machine on which a cell runs.
func fakeHealth() steps.Health {
	return steps.Health{
		At: fakeNow, Watching: true, Cores: 2, CPU: 0.37, MemoryMB: 7868, MemoryUsedMB: 2112, DiskMB: 30720, DiskFreeMB: 18022,
		ServerUp: true, Logins: 1, Terminals: 1, Busy: "a cell runs in kernel 3f2a",
		IdleLimit: time.Hour, LifeLimit: 12 * time.Hour, StopAt: fakeNow.Add(8 * time.Hour), StopWhy: "lifetime",
		Kernels: []steps.KernelInfo{
			{ID: "77", Name: "python3", State: "idle", LastActive: fakeNow.Add(-time.Minute)},
			{ID: "3f2a", Name: "python3", State: "busy", Path: "train.ipynb", Connections: 1},
		},
	}
}

// fakeRegions are the regions of a survey.
func fakeRegions() []string {
	return []string{
		"eu-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
		"ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1",
	}
}

// fakeSetup is a setup whose machine has run for some hours.
func fakeSetup(n int, name, state string, mode steps.Mode, kind, region string, hour float64) steps.Setup {
	s := steps.Setup{
		ID: fmt.Sprintf("s-%d", n), State: state, Created: fakeNow.Add(time.Duration(n-1000) * time.Hour), Done: map[steps.StepID]time.Time{},
		Answers:    steps.Answers{Name: name, Profile: "default", Region: region, Release: "24.04", Type: kind, DiskGB: 8, Mode: mode, Installer: steps.InstallerUV},
		FirstStart: fakeNow.Add(-30 * time.Hour), LaunchedAt: fakeNow.Add(-6 * time.Hour), RanBefore: 4 * time.Hour,
		Resources: steps.Resources{InstanceID: fmt.Sprintf("i-%017x", n)}, PublicAddr: fmt.Sprintf("ec2-203-0-113-%d.%s.compute.amazonaws.com", n%250, region),
		LocalPort: 8880 + n, ServerPort: 8888,
		Cost: steps.Cost{Known: true, Type: hour, Disk: 0.001, IPv4: 0.005, Hour: hour + 0.006},
	}
	for _, id := range works() {
		s.Done[id] = fakeNow
	}
	return s
}

// sevenMachines is a ledger of five machines in all states, and a survey that
// finds two more and one gone.
func sevenMachines(e *fakeEngine) {
	e.setups = []steps.Setup{
		fakeSetup(1, "jupyter", "running", steps.ModeSSH, "t2.micro", "eu-central-1", 0.0134),
		fakeSetup(2, "gpu-lab", "running", steps.ModeGateway, "g4dn.xlarge", "us-west-2", 0.658),
		fakeSetup(3, "thesis", "stopped", steps.ModeHTTP, "t3.large", "eu-central-1", 0.096),
		fakeSetup(4, "half-done", "running", steps.ModeSSH, "t3.micro", "us-east-1", 0.012),
		fakeSetup(5, "course", "running", steps.ModeHTTP, "m7i.xlarge", "ap-south-1", 0.2419),
	}
	half := &e.setups[3]
	half.Done = map[steps.StepID]time.Time{steps.StepLaunch: fakeNow, steps.StepConnect: fakeNow}
	e.setups[2].StoppedAt = fakeNow.Add(-2 * time.Hour)
	byRegion := map[string][]steps.Machine{}
	for _, s := range e.setups {
		if s.ID == "s-5" {
			s.State = "gone"
		}
		byRegion[s.Answers.Region] = append(byRegion[s.Answers.Region], steps.Machine{Setup: s, Account: "123456789012"})
	}
	for n, region := range []string{"eu-north-1", "sa-east-1"} {
		s := fakeSetup(6+n, []string{"from-the-office", "colleague"}[n], []string{"running", "stopped"}[n], steps.ModeSSH, "t3.micro", region, 0.012)
		byRegion[region] = append(byRegion[region], steps.Machine{Setup: s, Elsewhere: true, Account: "123456789012"})
	}
	for _, r := range fakeRegions() {
		e.survey = append(e.survey, steps.Surveyed{At: steps.Place{Profile: "default", Region: r}, Machines: byRegion[r]})
	}
	e.linkFor = func(string) *fakeLink { return &fakeLink{health: fakeHealth(), lines: fakeLog()} }
}

func fakeLog() map[steps.LogKind][]string {
	return map[steps.LogKind][]string{
		steps.LogServer: {
			"[I 09:24:21.120 ServerApp] jupyter_lsp | extension was successfully linked.", "[I 09:24:21.308 ServerApp] Serving notebooks from local directory: /home/ubuntu",
			"[I 09:24:21.309 ServerApp] Jupyter Server 2.17.0 is running at:", "[I 09:24:21.309 ServerApp] http://localhost:8888/tree?token=...",
			"[I 09:24:40.002 ServerApp] 302 GET / (@127.0.0.1) 0.61ms", "[I 09:25:02.771 ServerApp] Kernel started: 3f2a7c11-0c50-4f0e-9d2f-0a64f0f2c9be",
			"[I 09:29:02.771 ServerApp] Saving file at /train.ipynb",
		},
		steps.LogInstall: {" + notebook==7.4.7", " + jupyter-kernel-gateway==3.0.1"},
	}
}

// manyMachines is n machines over all regions.
func manyMachines(e *fakeEngine, n int) {
	regions := fakeRegions()
	kinds, modes, states := []string{"t2.micro", "t3.large", "g4dn.xlarge"}, []steps.Mode{steps.ModeSSH, steps.ModeHTTP, steps.ModeGateway}, []string{"running", "running", "stopped"}
	answers := make([]steps.Surveyed, len(regions))
	for i, r := range regions {
		answers[i].At = steps.Place{Profile: "default", Region: r}
	}
	for i := 1; i <= n; i++ {
		r := i % len(regions)
		s := fakeSetup(i, fmt.Sprintf("machine-%03d", i), states[i%3], modes[i/2%3], kinds[i/3%3], regions[r], 0.0134*float64(i%7+1))
		e.setups = append(e.setups, s)
		answers[r].Machines = append(answers[r].Machines, steps.Machine{Setup: s, Account: "123456789012"})
	}
	e.survey = answers
}

func fixedNow() time.Time { return fakeNow }
