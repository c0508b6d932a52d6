package steps

import (
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestAnswersValid(t *testing.T) {
	if err := testAnswers().Valid(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Answers){
		"name":            func(a *Answers) { a.Name = "Über uns" },
		"region":          func(a *Answers) { a.Region = "" },
		"Ubuntu":          func(a *Answers) { a.Release = "18.04" },
		"instance type":   func(a *Answers) { a.Type = "" },
		"subnet \"sub":    func(a *Answers) { a.Subnet = "subnet-1" },
		"disk of 4 GB":    func(a *Answers) { a.DiskGB = 4 },
		"mode":            func(a *Answers) { a.Mode = "telnet" },
		"installer":       func(a *Answers) { a.Installer = "conda" },
		"page":            func(a *Answers) { a.UI = "desktop" },
		"key source":      func(a *Answers) { a.Key.Source = "" },
		"private key":     func(a *Answers) { a.Key = KeyAnswer{Source: KeyFile} },
		"ssh-agent":       func(a *Answers) { a.Key = KeyAnswer{Source: KeyAgent} },
		"disk of 20000 G": func(a *Answers) { a.DiskGB = 20000 },
	} {
		a := testAnswers()
		change(&a)
		if err := a.Valid(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func TestDefaultTypeFor(t *testing.T) {
	micro := InstanceType{Name: "t2.micro", MemoryMiB: 1024, Arch: "amd64"}
	t3 := InstanceType{Name: "t3.micro", MemoryMiB: 1024, Arch: "amd64", FreeTier: true}
	t4g := InstanceType{Name: "t4g.micro", MemoryMiB: 1024, Arch: "arm64", FreeTier: true}
	nano := InstanceType{Name: "t3.nano", MemoryMiB: 512, Arch: "amd64"}
	big := InstanceType{Name: "m5.large", MemoryMiB: 8192, Arch: "amd64"}
	for _, c := range []struct {
		want  string
		types []InstanceType
	}{
		{"t2.micro", []InstanceType{t3, micro, big}},
		{"t3.micro", []InstanceType{big, t4g, t3, nano}},
		{"t4g.micro", []InstanceType{big, nano, t4g}},
		{"m5.large", []InstanceType{nano, big}},
		{"", nil},
	} {
		if got := DefaultTypeFor(c.types); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestCost(t *testing.T) {
	p := Prices{Hour: map[string]float64{"t2.micro": 0.0116}, GP3: 0.08, IPv4: 0.005}
	c := CostOf(p, "t2.micro", 8)
	if !c.Known || math.Abs(c.Hour-0.0174767) > 1e-6 || math.Abs(c.StoppedMonth-0.64) > 1e-9 {
		t.Fatalf("got %+v", c)
	}
	if c := CostOf(p, "p5.48xlarge", 8); c.Known || c.Hour != 0 {
		t.Errorf("an unknown price gave the sum %v", c.Hour)
	}
}

// What is printed for pasting must survive a shell.
func TestQuoteSurvivesAShell(t *testing.T) {
	onPOSIX(t)
	for _, s := range []string{"plain", "/a b/c", "it's", `$(touch x)`, "", "a\nb", "~/k.pem", "ünïcode", "`x`", "#c"} {
		out, err := exec.Command("sh", "-c", "printf %s "+problem.POSIX.Quote(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q came out as %q (%v)", s, out, err)
		}
	}
}

func TestQuotePathSurvivesAShell(t *testing.T) {
	onPOSIX(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, path := range []string{home + "/k.pem", home + "/a b/it's", "/elsewhere/k.pem", home + "er/k"} {
		out, err := exec.Command("sh", "-c", "printf %s "+problem.POSIX.Path(path)).Output()
		if err != nil || string(out) != path {
			t.Errorf("%q came out as %q (%v)", path, out, err)
		}
	}
	if got := problem.POSIX.Path(home + "/k.pem"); got != "~/k.pem" {
		t.Errorf("got %q", got)
	}
}

func TestManualOfEachModeNamesTheGuidesCommand(t *testing.T) {
	s := &Setup{
		PublicAddr: "ec2-1.amazonaws.com", PrivateIP: "172.31.0.9", LocalPort: 8889, ServerPort: 8888,
		Resources: Resources{KeyPath: "/k/my key.pem", InstanceID: "i-1"}, KnownHosts: "/s/known_hosts",
	}
	for mode, want := range map[Mode][]string{
		ModeSSH:     {"ssh -i '/k/my key.pem' -o HostKeyAlias=i-1 -o UserKnownHostsFile=/s/known_hosts -NL 8889:localhost:8888 ubuntu@ec2-1.amazonaws.com", "http://localhost:8889/lab?token=TOKEN"},
		ModeHTTP:    {"https://ec2-1.amazonaws.com:8888/lab?token=TOKEN"},
		ModeGateway: {"https://ec2-1.amazonaws.com:8888/api/kernelspecs", "jupyter notebook --gateway-url=https://ec2-1.amazonaws.com:8888"},
	} {
		a := testAnswers()
		a.Mode = mode
		s.Answers = a
		got := strings.Join(Manual(StepOpen, a, s), "\n")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is not in\n%s", mode, w, got)
			}
		}
	}
}

func TestEveryStepHasAPage(t *testing.T) {
	for _, p := range Pages() {
		sentences := 2
		if p.ID == StepReview {
			sentences = 1 // the front end adds how to launch
		}
		if p.Title == "" || strings.Count(p.About, ".") < sentences {
			t.Errorf("%s: %q has fewer than %d sentences", p.ID, p.About, sentences)
		}
	}
	if len(Pages()) != 10 {
		t.Errorf("%d pages, want 10", len(Pages()))
	}
	if ask, work := Questions(), Works(); len(ask) != 5 || ask[4] != StepReview || len(work) != 5 || work[0] != StepLaunch || work[4] != StepOpen {
		t.Errorf("asks: %v, works: %v", ask, work)
	}
}

// What is given wins; what belongs to an account goes with its profile.
func TestAnswersOverTheLastOnes(t *testing.T) {
	last := Answers{Profile: "work", Region: "eu-west-1", Type: "t3.large", DiskGB: 30, Mode: ModeHTTP, NoTLS: true, UI: UITree, Key: KeyAnswer{Source: KeyFile, Path: "/k"}}
	if got := (Answers{Type: "t3.micro", Mode: ModeSSH}).Over(last); got.Profile != "work" || got.Region != "eu-west-1" || got.Type != "t3.micro" || got.NoTLS || got.DiskGB != 30 || got.Key.Path != "/k" || got.UI != UITree {
		t.Errorf("%+v", got)
	}
	if got := (Answers{UI: UILab}).Over(last); got.UI != UILab {
		t.Errorf("%+v", got)
	}
	if got := (Answers{Profile: "home"}).Over(last); got.Region != "" || got.Key.Path != "" || got.Type != "t3.large" || !got.NoTLS {
		t.Errorf("%+v", got)
	}
}

func testAnswers() Answers {
	return Answers{
		Name: "jupyter", Profile: "default", Region: "us-east-1", Release: "24.04", Type: "t2.micro", DiskGB: 8,
		Key: KeyAnswer{Source: KeyMadeHere}, Mode: ModeSSH, Installer: InstallerUV,
	}
}
