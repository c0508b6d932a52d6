package stepstest

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Now is when it is now.
func Now() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC) }

// HostKeyQuestion is about the key of a new machine.
func HostKeyQuestion() steps.HostKeyQuestion {
	return steps.HostKeyQuestion{
		Host: "203.0.113.20:22", InstanceID: "i-0a1b2c3d4e5f67890", KeyType: "ssh-ed25519",
		Fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BrHJTQ1sKJr8uWd8u0GhQqXk",
		Why:         "The console output is still empty.",
	}
}

// New is an account where everything goes well.
func New() *Engine {
	return &Engine{Has: Has{
		Profiles: []steps.Profile{
			{Name: "default", Region: "eu-central-1", Kind: "keys"},
			{Name: "work", Region: "us-east-1", Kind: "sso"},
			{Name: "lab", Region: "us-west-2", Kind: "role"},
		},
		Account: Account(), Types: Types(), Keys: Keys(), Script: Script(), Opened: Opened(),
		Prices: steps.Prices{
			Hour: map[string]float64{"t2.micro": 0.0134, "t3.micro": 0.012, "t3.large": 0.096, "m7i.xlarge": 0.2419, "g4dn.xlarge": 0.658},
			GP3:  0.0952, IPv4: 0.005,
		},
		Review: Review(),
	}}
}

// Account is an account of many regions, without MFA.
func Account() steps.Account {
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

// Types are some of each sort.
func Types() []steps.InstanceType {
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

// Keys are keys of each sort, good and bad.
func Keys() []steps.KeyOption {
	return []steps.KeyOption{
		{Answer: steps.KeyAnswer{Source: steps.KeyMadeHere}, Title: "New ed25519 key, made here and imported", Detail: "recommended: the private half never leaves this computer"},
		{Answer: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, Title: "New key pair made by EC2", Detail: "as in the guide: the .pem is saved with mode 0400"},
		{Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: "/home/ada/.ssh/id_ed25519"}, Title: "~/.ssh/id_ed25519", Detail: "ed25519 · SHA256:9kq1…x0c · will be imported", Encrypted: true},
		{Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: "/home/ada/Downloads/lab.pem"}, Title: "~/Downloads/lab.pem", Detail: "rsa · matches EC2 key pair lab", TooOpen: true, Problem: "Others can read it."},
		{Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: "/home/ada/old.ppk"}, Title: "~/old.ppk", Detail: "PuTTY key", Problem: "This is a PuTTY key (.ppk). Convert it: puttygen old.ppk -O private-openssh -o old.pem"},
	}
}

// Review is one that stops nothing.
func Review() steps.Review {
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

// Script is what a whole run says, one second an event.
func Script() []steps.Event {
	var script []steps.Event
	add := func(step steps.StepID, kind steps.EventKind, texts ...string) {
		for _, t := range texts {
			script = append(script, steps.Event{Time: Now().Add(time.Duration(len(script)) * time.Second), Setup: "s-1", Step: step, Kind: kind, Text: t})
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
	add(steps.StepOpen, steps.Finished, "http://localhost:8889/lab")
	return script
}

// Opened is a notebook in ssh mode.
func Opened() *steps.Opened {
	return &steps.Opened{
		Setup: steps.Setup{
			ID: "s-1", Answers: steps.Answers{Name: "jupyter", Region: "eu-central-1", Type: "t2.micro", Release: "24.04", Mode: steps.ModeSSH},
			LaunchedAt: Now().Add(-90 * time.Minute), Resources: steps.Resources{InstanceID: "i-0a1b2c3d4e5f67890"},
		},
		URL:   "http://localhost:8889/lab?token=7c2d9a4e1b6f8035d2c7a9e4f1b0638d5a7c2e9f",
		Plain: "http://localhost:8889/lab",
		Proof: "print(6*7) answered 42 by Python 3.12.3 (kernel python3) in 0.8 s",
		Manual: []string{
			"ssh -i ~/.local/state/jupyter-ec2/keys/jupyter.pem -N -L 8889:localhost:8888 ubuntu@ec2-203-0-113-20.eu-central-1.compute.amazonaws.com",
			"jupyter notebook --no-browser --port=8888",
		},
		VSCode:   "http://localhost:8889/?token=7c2d9a4e1b6f8035d2c7a9e4f1b0638d5a7c2e9f",
		PortNote: "Port 8888 of this computer is taken, so the tunnel is on 8889.",
		Cost:     steps.Cost{Known: true, Type: 0.0134, Disk: 0.001, IPv4: 0.005, Hour: 0.0194, Month: 14.19, StoppedMonth: 0.76},
		Tunnel:   &Tunnel{Port: 8889},
	}
}

// SessionEnded is an error that explains itself, as the errors of the packages below do.
type SessionEnded struct{}

// Error is what the SDK says.
func (SessionEnded) Error() string {
	return "SSO: UnauthorizedException: Session token not found or invalid"
}

// Problem is it in plain words.
func (SessionEnded) Problem() problem.Problem {
	return problem.Problem{
		Kind: problem.Credentials, Title: "The SSO session has ended",
		Text: "The profile \"work\" signs in with AWS IAM Identity Center, and that session has expired.",
		Next: problem.Say("Run \"aws sso login --profile work\" in another terminal, then press r."),
	}
}
