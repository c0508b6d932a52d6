package stepstest

import (
	"fmt"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Health is a machine on which a cell runs.
func Health() steps.Health {
	return steps.Health{
		At: Now(), Watching: true, Cores: 2, CPU: 0.37, MemoryMB: 7868, MemoryUsedMB: 2112, DiskMB: 30720, DiskFreeMB: 18022,
		ServerUp: true, Logins: 1, Terminals: 1, Busy: "a cell runs in kernel 3f2a",
		IdleLimit: time.Hour, LifeLimit: 12 * time.Hour, StopAt: Now().Add(8 * time.Hour), StopWhy: "lifetime",
		Kernels: []steps.KernelInfo{
			{ID: "77", Name: "python3", State: "idle", LastActive: Now().Add(-time.Minute)},
			{ID: "3f2a", Name: "python3", State: "busy", Path: "train.ipynb", Connections: 1},
		},
	}
}

// Regions are the regions of a survey.
func Regions() []string {
	return []string{
		"eu-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
		"ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1",
	}
}

// Setup is a setup whose machine has run for some hours.
func Setup(n int, name string, state steps.State, mode steps.Mode, kind, region string, hour float64) steps.Setup {
	s := steps.Setup{
		ID: fmt.Sprintf("s-%d", n), State: state, Created: Now().Add(time.Duration(n-1000) * time.Hour), Done: map[steps.StepID]time.Time{},
		Answers:    steps.Answers{Name: name, Profile: "default", Region: region, Release: "24.04", Type: kind, DiskGB: 8, Mode: mode, Installer: steps.InstallerUV},
		FirstStart: Now().Add(-30 * time.Hour), LaunchedAt: Now().Add(-6 * time.Hour), RanBefore: 4 * time.Hour,
		Resources: steps.Resources{InstanceID: fmt.Sprintf("i-%017x", n)}, PublicAddr: fmt.Sprintf("ec2-203-0-113-%d.%s.compute.amazonaws.com", n%250, region),
		LocalPort: 8880 + n, ServerPort: 8888,
		Cost: steps.Cost{Known: true, Type: hour, Disk: 0.001, IPv4: 0.005, Hour: hour + 0.006},
	}
	for _, id := range steps.Works() {
		s.Done[id] = Now()
	}
	return s
}

// SevenMachines is a ledger of five machines in all states, and a survey that
// finds two more and one gone.
func SevenMachines(e *Engine) {
	e.Has.Setups = []steps.Setup{
		Setup(1, "jupyter", steps.StateRunning, steps.ModeSSH, "t2.micro", "eu-central-1", 0.0134),
		Setup(2, "gpu-lab", steps.StateRunning, steps.ModeGateway, "g4dn.xlarge", "us-west-2", 0.658),
		Setup(3, "thesis", steps.StateStopped, steps.ModeHTTP, "t3.large", "eu-central-1", 0.096),
		Setup(4, "half-done", steps.StateRunning, steps.ModeSSH, "t3.micro", "us-east-1", 0.012),
		Setup(5, "course", steps.StateRunning, steps.ModeHTTP, "m7i.xlarge", "ap-south-1", 0.2419),
	}
	half := &e.Has.Setups[3]
	half.Done = map[steps.StepID]time.Time{steps.StepLaunch: Now(), steps.StepConnect: Now()}
	e.Has.Setups[2].StoppedAt = Now().Add(-2 * time.Hour)
	byRegion := map[string][]steps.Machine{}
	for _, s := range e.Has.Setups {
		if s.ID == "s-5" {
			s.State = steps.StateGone
		}
		byRegion[s.Answers.Region] = append(byRegion[s.Answers.Region], steps.Machine{Setup: s, Account: "123456789012"})
	}
	for n, region := range []string{"eu-north-1", "sa-east-1"} {
		s := Setup(6+n, []string{"from-the-office", "colleague"}[n], []steps.State{steps.StateRunning, steps.StateStopped}[n], steps.ModeSSH, "t3.micro", region, 0.012)
		byRegion[region] = append(byRegion[region], steps.Machine{Setup: s, Elsewhere: true, Account: "123456789012"})
	}
	for _, r := range Regions() {
		e.Has.Survey = append(e.Has.Survey, steps.Surveyed{At: steps.Place{Profile: "default", Region: r}, Machines: byRegion[r]})
	}
	e.Link = func(string) *Link { return &Link{Is: Health(), Lines: Logs()} }
}

// Logs are the lines of each log.
func Logs() map[steps.LogKind][]string {
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

// ManyMachines is n machines over all regions.
func ManyMachines(e *Engine, n int) {
	regions := Regions()
	kinds, modes, states := []string{"t2.micro", "t3.large", "g4dn.xlarge"}, []steps.Mode{steps.ModeSSH, steps.ModeHTTP, steps.ModeGateway}, []steps.State{steps.StateRunning, steps.StateRunning, steps.StateStopped}
	answers := make([]steps.Surveyed, len(regions))
	for i, r := range regions {
		answers[i].At = steps.Place{Profile: "default", Region: r}
	}
	for i := 1; i <= n; i++ {
		r := i % len(regions)
		s := Setup(i, fmt.Sprintf("machine-%03d", i), states[i%3], modes[i/2%3], kinds[i/3%3], regions[r], 0.0134*float64(i%7+1))
		e.Has.Setups = append(e.Has.Setups, s)
		answers[r].Machines = append(answers[r].Machines, steps.Machine{Setup: s, Account: "123456789012"})
	}
	e.Has.Survey = answers
}

// Checks are a doctor's: one of each kind.
func Checks() []steps.Check {
	return []steps.Check{
		{ID: "credentials", Title: "Credentials", State: steps.CheckOK, Text: "arn:aws:iam::123456789012:user/ada"},
		{ID: "quota", Title: "Quota", State: steps.CheckWarn, Text: "28 of 32 vCPUs are used", Next: problem.Say("Ask for more under Service Quotas before a bigger machine is launched.")},
		{ID: "group", Title: "Security group", State: steps.CheckBad, Text: "it lets in 203.0.113.7/32, but you are 198.51.100.4", Next: problem.Say("Move the rule to your address."), Fix: "moves the rule to 198.51.100.4/32"},
		{ID: "ssh", Title: "SSH", State: steps.CheckSkipped, Text: "the security group keeps you out"},
	}
}

// Leftovers are what a sweep finds; one region does not answer.
func Leftovers() []steps.Swept {
	at := steps.Place{Profile: "default", Region: "us-east-1"}
	return []steps.Swept{
		{At: at, Leftovers: []steps.Leftover{
			{At: at, Kind: "instance", ID: "i-1", Name: "jupyter-ec2-old", Detail: "t3.large, running since 2 Nov", MonthCost: 74.46, CostKnown: true, Running: true},
			{At: at, Kind: "volume", ID: "vol-1", Detail: "30 GB, attached to nothing", MonthCost: 2.86, CostKnown: true},
			{At: at, Kind: "security group", ID: "sg-1", Name: "jupyter-ec2-old", CostKnown: true},
		}},
		{At: steps.Place{Profile: "default", Region: "eu-west-1"}, Err: SessionEnded{}},
	}
}

// GPUHealth is that of a machine with a GPU, idle and about to stop.
func GPUHealth() steps.Health {
	h := Health()
	h.GPUs = []steps.GPU{{Name: "NVIDIA T4", Use: 0.02, MemoryMB: 15360, MemoryUsedMB: 12083}}
	h.Busy, h.Idle, h.Kernels = "", Now().Add(-52*time.Minute), nil
	h.StopAt, h.StopWhy = Now().Add(8*time.Minute), "idle"
	return h
}
