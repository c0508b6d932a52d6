package ui

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// fakeEngine is a guide made by hand: every answer is a field. Its delays are
// zero in the tests.
type fakeEngine struct {
	fakeFleet
	sandbox    bool
	profiles   []steps.Profile
	signInErr  error
	account    steps.Account
	types      []steps.InstanceType
	prices     steps.Prices
	pricesErr  error
	keys       []steps.KeyOption
	inspect    steps.KeyOption
	inspectErr error
	review     steps.Review
	setups     []steps.Setup
	last       steps.Answers
	setupsErr  error
	script     []steps.Event
	workErr    error
	opened     *steps.Opened
	delay      time.Duration
	ask        steps.Asker
	askHostKey bool

	mu        sync.Mutex
	signIns   int
	reviewed  []steps.Answers
	protected []string
	removed   []string
	worked    []string
	begun     []steps.Answers
}

var _ steps.Engine = (*fakeEngine)(nil)

// set changes the engine while a task may still read it.
func (f *fakeEngine) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// now is a copy of the fields to read.
func (f *fakeEngine) now() (delay time.Duration, signInErr, workErr, inspectErr error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.delay, f.signInErr, f.workErr, f.inspectErr
}

func (f *fakeEngine) wait(ctx context.Context, times float64) error {
	delay, _, _, _ := f.now()
	if delay == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(time.Duration(float64(delay) * times))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fakeEngine) Sandboxed() bool                    { return f.sandbox }
func (f *fakeEngine) Profiles() ([]steps.Profile, error) { return f.profiles, nil }

func (f *fakeEngine) SignIn(ctx context.Context, profile string) (steps.Account, error) {
	f.mu.Lock()
	f.signIns++
	f.mu.Unlock()
	if err := f.wait(ctx, 8); err != nil {
		return steps.Account{}, err
	}
	a := f.account
	a.Profile = profile
	_, err, _, _ := f.now()
	return a, err
}

func (f *fakeEngine) Types(ctx context.Context, _ steps.Place) ([]steps.InstanceType, error) {
	return f.types, f.wait(ctx, 5)
}

func (f *fakeEngine) Prices(ctx context.Context, _ steps.Place) (steps.Prices, error) {
	if err := f.wait(ctx, 10); err != nil {
		return steps.Prices{}, err
	}
	return f.prices, f.pricesErr
}

func (f *fakeEngine) Keys(ctx context.Context, _ steps.Place) ([]steps.KeyOption, error) {
	return append([]steps.KeyOption(nil), f.keys...), f.wait(ctx, 4)
}

func (f *fakeEngine) InspectKey(ctx context.Context, _ steps.Place, path string) (steps.KeyOption, error) {
	o := f.inspect
	o.Answer.Path = path
	_, _, _, err := f.now()
	return o, err
}

func (f *fakeEngine) ProtectKey(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.protected = append(f.protected, path)
	return nil
}

func (f *fakeEngine) Review(ctx context.Context, a steps.Answers) (steps.Review, error) {
	f.mu.Lock()
	f.reviewed = append(f.reviewed, a)
	f.mu.Unlock()
	r := f.review
	r.Answers = a
	r.Cost = steps.CostOf(f.prices, a.Type, a.DiskGB)
	return r, f.wait(ctx, 6)
}

func (f *fakeEngine) SavePlan(w io.Writer, a steps.Answers) error {
	_, err := fmt.Fprintf(w, "{\"name\": %q}\n", a.Name)
	return err
}

func (f *fakeEngine) Begin(_ context.Context, a steps.Answers) (steps.Setup, error) {
	f.set(func() { f.begun = append(f.begun, a) })
	return steps.Setup{ID: "s-1", Answers: a, Created: fakeNow, Cost: steps.CostOf(f.prices, a.Type, a.DiskGB)}, nil
}

func (f *fakeEngine) Last(context.Context) (steps.Answers, bool) { return f.last, f.last.Type != "" }

func (f *fakeEngine) Setups(context.Context) ([]steps.Setup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]steps.Setup(nil), f.setups...), f.setupsErr
}

func (f *fakeEngine) Work(ctx context.Context, id string, emit func(steps.Event)) (*steps.Opened, error) {
	f.mu.Lock()
	f.worked = append(f.worked, id)
	f.mu.Unlock()
	if err := f.act(ctx, "work", id, nil); err != nil {
		return nil, err
	}
	for _, e := range f.script {
		if delay, _, _, _ := f.now(); delay > 0 {
			e.Time = time.Now()
		}
		emit(e)
		if err := f.wait(ctx, 2); err != nil {
			return nil, err
		}
		if f.askHostKey && e.Step == steps.StepConnect && e.Kind == steps.Started {
			_, err := f.ask.HostKey(ctx, hostKeyQuestion())
			if err != nil {
				return nil, err
			}
		}
	}
	if _, _, err, _ := f.now(); err != nil {
		emit(steps.Event{Time: fakeNow.Add(time.Minute), Step: f.script[len(f.script)-1].Step, Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
		return nil, err
	}
	f.becomes(id, "running")
	if len(f.setups) > 0 {
		return f.tunnelled(id), nil
	}
	o := *f.opened
	o.Setup.ID = id
	return &o, nil
}

func (f *fakeEngine) Remove(ctx context.Context, id string, emit func(steps.Event)) error {
	f.mu.Lock()
	f.removed = append(f.removed, id)
	f.setups = slices.DeleteFunc(f.setups, func(s steps.Setup) bool { return s.ID == id })
	f.mu.Unlock()
	for _, text := range []string{"Terminating i-0a1b2c3d4e5f67890", "Deleting security group jupyter-ec2-jupyter", "Deleting key pair jupyter-ec2-jupyter"} {
		emit(steps.Event{Time: fakeNow, Step: steps.StepRemove, Kind: steps.Doing, Text: text})
		if err := f.wait(ctx, 5); err != nil {
			return err
		}
	}
	return nil
}

var fakeNow = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

func hostKeyQuestion() steps.HostKeyQuestion {
	return steps.HostKeyQuestion{
		Host: "203.0.113.20:22", InstanceID: "i-0a1b2c3d4e5f67890", KeyType: "ssh-ed25519",
		Fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BrHJTQ1sKJr8uWd8u0GhQqXk",
		Why:         "The console output is still empty.",
	}
}

type fakeTunnel struct{ state string }

func (t fakeTunnel) LocalPort() int { return 8889 }
func (t fakeTunnel) State() string  { return t.state }
func (t fakeTunnel) Close() error   { return nil }

// newFakeEngine is an account where everything goes well.
func newFakeEngine() *fakeEngine {
	return &fakeEngine{
		profiles: []steps.Profile{
			{Name: "default", Region: "eu-central-1", Kind: "keys"},
			{Name: "work", Region: "us-east-1", Kind: "sso"},
			{Name: "lab", Region: "us-west-2", Kind: "role"},
		},
		account: fakeAccount(), types: fakeTypes(), keys: fakeKeys(), script: fakeScript(), opened: fakeOpened(),
		prices: steps.Prices{
			Hour: map[string]float64{"t2.micro": 0.0134, "t3.micro": 0.012, "t3.large": 0.096, "m7i.xlarge": 0.2419, "g4dn.xlarge": 0.658},
			GP3:  0.0952, IPv4: 0.005,
		},
		review: fakeReview(),
	}
}

func fakeAccount() steps.Account {
	return steps.Account{
		Identity: steps.Identity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/ada", UserID: "AIDAEXAMPLE"},
		MFA:      steps.MFAOff, Home: "eu-central-1",
		Regions: []steps.Region{
			{Name: "eu-central-1", Title: "Europe (Frankfurt)", Enabled: true},
			{Name: "ap-northeast-1", Title: "Asia Pacific (Tokyo)", Enabled: true},
			{Name: "ap-south-1", Title: "Asia Pacific (Mumbai)", Enabled: true},
			{Name: "ap-southeast-1", Title: "Asia Pacific (Singapore)", Enabled: true},
			{Name: "ca-central-1", Title: "Canada (Central)", Enabled: true},
			{Name: "eu-north-1", Title: "Europe (Stockholm)", Enabled: true},
			{Name: "eu-west-1", Title: "Europe (Ireland)", Enabled: true},
			{Name: "sa-east-1", Title: "South America (São Paulo)", Enabled: true},
			{Name: "us-east-1", Title: "US East (N. Virginia)", Enabled: true},
			{Name: "us-west-2", Title: "US West (Oregon)", Enabled: true},
			{Name: "af-south-1", Title: "Africa (Cape Town)"},
			{Name: "ap-east-1", Title: "Asia Pacific (Hong Kong)"},
			{Name: "me-south-1", Title: "Middle East (Bahrain)"},
		},
	}
}

func fakeTypes() []steps.InstanceType {
	return []steps.InstanceType{
		{Name: "t2.micro", VCPU: 1, MemoryMiB: 1024, Arch: "amd64", FreeTier: true},
		{Name: "t2.small", VCPU: 1, MemoryMiB: 2048, Arch: "amd64"},
		{Name: "t3.micro", VCPU: 2, MemoryMiB: 1024, Arch: "amd64", FreeTier: true, Nitro: true},
		{Name: "t3.large", VCPU: 2, MemoryMiB: 8192, Arch: "amd64", Nitro: true},
		{Name: "t4g.small", VCPU: 2, MemoryMiB: 2048, Arch: "arm64", FreeTier: true, Nitro: true},
		{Name: "t4g.nano", VCPU: 2, MemoryMiB: 512, Arch: "arm64", Nitro: true},
		{Name: "m7i.xlarge", VCPU: 4, MemoryMiB: 16384, Arch: "amd64", Nitro: true},
		{Name: "c7g.4xlarge", VCPU: 16, MemoryMiB: 32768, Arch: "arm64", Nitro: true},
		{Name: "g4dn.xlarge", VCPU: 4, MemoryMiB: 16384, GPU: "1 × NVIDIA T4", Arch: "amd64", Nitro: true},
		{Name: "p5.48xlarge", VCPU: 192, MemoryMiB: 2097152, GPU: "8 × NVIDIA H100", Arch: "amd64", Nitro: true},
	}
}

func fakeKeys() []steps.KeyOption {
	return []steps.KeyOption{
		{Answer: steps.KeyAnswer{Source: steps.KeyMadeHere}, Title: "New ed25519 key, made here and imported", Detail: "recommended: the private half never leaves this computer"},
		{Answer: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, Title: "New key pair made by EC2", Detail: "as in the guide: the .pem is saved with mode 0400"},
		{Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: "/home/ada/.ssh/id_ed25519"}, Title: "~/.ssh/id_ed25519", Detail: "ed25519 · SHA256:9kq1…x0c · will be imported", Encrypted: true},
		{Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: "/home/ada/Downloads/lab.pem"}, Title: "~/Downloads/lab.pem", Detail: "rsa · matches EC2 key pair lab", TooOpen: true, Problem: "Others can read it."},
		{Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: "/home/ada/old.ppk"}, Title: "~/old.ppk", Detail: "PuTTY key", Problem: "This is a PuTTY key (.ppk). Convert it: puttygen old.ppk -O private-openssh -o old.pem"},
	}
}

func fakeReview() steps.Review {
	return steps.Review{
		Creates: []string{
			"key pair jupyter-ec2-jupyter: the public half of a new ed25519 key",
			"security group jupyter-ec2-jupyter: TCP 22 from 203.0.113.7/32",
			"instance t2.micro with Ubuntu 24.04 (ami-0a1b2c3d4e5f67890), IMDSv2 required",
			"disk 8 GB gp3, encrypted, deleted with the instance",
		},
		Commands: []string{
			"ssh-keygen -t ed25519 -f jupyter-ec2.pem -N \"\"",
			"aws ec2 import-key-pair --key-name jupyter-ec2-jupyter --public-key-material fileb://jupyter-ec2.pem.pub",
			"aws ec2 run-instances --image-id ami-0a1b2c3d4e5f67890 --instance-type t2.micro --key-name jupyter-ec2-jupyter --metadata-options HttpTokens=required",
			"ssh -i jupyter-ec2.pem -L 8888:localhost:8888 ubuntu@PUBLIC_DNS", "jupyter notebook --no-browser --port=8888",
		},
		Permissions: []steps.Permission{
			{Action: "ec2:RunInstances", Allowed: true, Known: true},
			{Action: "ec2:CreateSecurityGroup", Allowed: true, Known: true},
			{Action: "ec2:ImportKeyPair", Known: true, Detail: "denied by a service control policy"},
			{Action: "ec2:CreateTags", Detail: "AWS answered neither yes nor no"},
		},
		ImageID: "ami-0a1b2c3d4e5f67890", MyAddress: "203.0.113.7",
		Warnings: []string{"MFA is off for arn:aws:iam::123456789012:user/ada. The guide asks you to turn it on."},
	}
}

// fakeScript is what a whole run says, one second an event.
func fakeScript() []steps.Event {
	var script []steps.Event
	add := func(step steps.StepID, kind steps.EventKind, texts ...string) {
		for _, t := range texts {
			script = append(script, steps.Event{Time: fakeNow.Add(time.Duration(len(script)) * time.Second), Setup: "s-1", Step: step, Kind: kind, Text: t})
		}
	}
	add(steps.StepLaunch, steps.Started, "Launch")
	add(steps.StepLaunch, steps.ByHand, "aws ec2 run-instances --image-id ami-0a1b2c3d4e5f67890 --instance-type t2.micro")
	add(steps.StepLaunch, steps.Doing, "Security group sg-0123456789abcdef0: TCP 22 from 203.0.113.7/32", "Instance i-0a1b2c3d4e5f67890 is pending", "Instance i-0a1b2c3d4e5f67890 is running at 203.0.113.20")
	add(steps.StepLaunch, steps.Retrying, "Port 22 does not answer yet (connection refused), trying again")
	add(steps.StepLaunch, steps.Finished, "i-0a1b2c3d4e5f67890 runs at 203.0.113.20")
	add(steps.StepConnect, steps.Started, "Connect")
	add(steps.StepConnect, steps.Doing, "The host key is the one on the console: SHA256:uNiVztksCsDhcc0u9e8BrHJTQ1s")
	add(steps.StepConnect, steps.Finished, "ubuntu@203.0.113.20, Ubuntu 24.04")
	add(steps.StepInstall, steps.Started, "Install")
	add(steps.StepInstall, steps.ByHand, "uv venv ~/.jupyter-ec2/venv")
	add(steps.StepInstall, steps.Doing, "Installing notebook and jupyter_kernel_gateway with uv")
	for _, p := range []string{"anyio==4.11.0", "argon2-cffi==25.1.0", "asttokens==3.0.0", "jupyter-server==2.17.0", "jupyterlab==4.4.9", "notebook==7.4.7", "jupyter-kernel-gateway==3.0.1"} {
		add(steps.StepInstall, steps.Output, " + "+p)
	}
	add(steps.StepInstall, steps.Finished, "Python 3.12.3, notebook 7.4.7, kernel gateway 3.0.1")
	add(steps.StepServe, steps.Started, "Serve")
	add(steps.StepServe, steps.Output, "[I 09:30:21 ServerApp] Jupyter Server 2.17.0 is running at:", "[I 09:30:21 ServerApp] http://localhost:8888/tree?token=...")
	add(steps.StepServe, steps.Finished, "the notebook answers on port 8888")
	add(steps.StepOpen, steps.Started, "Open")
	add(steps.StepOpen, steps.Doing, "Starting a kernel", "print(6*7) answered 42")
	add(steps.StepOpen, steps.Finished, "http://localhost:8889/")
	return script
}

func fakeOpened() *steps.Opened {
	return &steps.Opened{
		Setup: steps.Setup{
			ID: "s-1", Answers: steps.Answers{Name: "jupyter", Region: "eu-central-1", Type: "t2.micro", Release: "24.04", Mode: steps.ModeSSH},
			LaunchedAt: fakeNow.Add(-90 * time.Minute), Resources: steps.Resources{InstanceID: "i-0a1b2c3d4e5f67890"},
		},
		URL:   "http://localhost:8889/tree?token=7c2d9a4e1b6f8035d2c7a9e4f1b0638d5a7c2e9f",
		Plain: "http://localhost:8889/tree",
		Proof: "print(6*7) answered 42 by Python 3.12.3 (kernel python3) in 0.8 s",
		Manual: []string{
			"ssh -i ~/.local/state/jupyter-ec2/keys/jupyter.pem -N -L 8889:localhost:8888 ubuntu@ec2-203-0-113-20.eu-central-1.compute.amazonaws.com",
			"jupyter notebook --no-browser --port=8888",
		},
		VSCode:   "http://localhost:8889/?token=7c2d9a4e1b6f8035d2c7a9e4f1b0638d5a7c2e9f",
		PortNote: "Port 8888 of this computer is taken, so the tunnel is on 8889.",
		Cost:     steps.Cost{Known: true, Type: 0.0134, Disk: 0.001, IPv4: 0.005, Hour: 0.0194, Month: 14.19, StoppedMonth: 0.76},
		Tunnel:   fakeTunnel{"up"},
	}
}

// fakeError explains itself, as the errors of the packages below do.
type fakeError struct{}

func (fakeError) Error() string {
	return "SSO: UnauthorizedException: Session token not found or invalid"
}

func (fakeError) Problem() problem.Problem {
	return problem.Problem{
		Kind: problem.Credentials, Title: "The SSO session has ended",
		Text: "The profile \"work\" signs in with AWS IAM Identity Center, and that session has expired.",
		Next: problem.Say("Run \"aws sso login --profile work\" in another terminal, then press r."),
	}
}
