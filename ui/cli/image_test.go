package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// imaging is an engine with a machine that can be imaged, and two images.
func imaging() *stepstest.Engine {
	at := steps.Place{Profile: "other", Region: "eu-north-1"}
	return made(stepstest.Has{
		Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)},
		Images: []steps.Image{
			{At: at, ID: "ami-0123456789abcdef0", Name: "team", SetupID: "aaaa", Setup: "small", Release: "24.04", Arch: "amd64", State: "available", RootGB: 30, DiskGB: 30, MonthCost: 1.5, CostKnown: true, Created: time.Unix(0, 0)},
			{At: at, ID: "ami-0123456789abcdef1", Name: "new", Release: "22.04", Arch: "arm64", State: "pending", RootGB: 8, DiskGB: 8, Created: time.Unix(1, 0)},
		},
		Contents: steps.ImageContents{
			Home: "/home/ubuntu", Free: 1 << 30, CanLeaveOut: true, DiskGB: 8, MonthCost: 0.4, CostKnown: true,
			Own: []steps.ImageEntry{
				{Path: "/home/ubuntu/.aws", Kind: "credentials", Bytes: 116, Folder: true},
				{Path: "/home/ubuntu/.bash_history", Kind: "history", Bytes: 2048},
				{Path: "/home/ubuntu/data", Kind: "files", Bytes: 3 << 20, Folder: true},
				{Path: "/home/ubuntu/no\x1b[31mtes.ipynb", Kind: "files", Bytes: 10},
			},
			Named: []steps.ImageNamed{
				{ImageEntry: steps.ImageEntry{Path: "/home/ubuntu/data", Kind: "files", Bytes: 3 << 20, Folder: true}, Said: "data", There: true, Allowed: true},
				{ImageEntry: steps.ImageEntry{Path: "/home/ubuntu/data/deep", Kind: "files", Bytes: 1 << 20, Folder: true}, Said: "data/deep", There: true, Allowed: true},
				{ImageEntry: steps.ImageEntry{Path: "/home/ubuntu/.bashrc", Kind: "files", Bytes: 12}, Said: "~/.bashrc", There: true, Allowed: true},
				{ImageEntry: steps.ImageEntry{Path: "/home/ubuntu/.ssh", Kind: "files", Bytes: 12, Folder: true}, Said: ".ssh", There: true},
			},
		},
	}, opens(&stepstest.Tunnel{Port: 8888}))
}

// Credentials and histories are in no image unless they are named; nobody is
// asked where nothing is made.
func TestImageSave(t *testing.T) {
	const private = "/home/ubuntu/.aws /home/ubuntu/.bash_history"
	for _, c := range []struct {
		args, in string
		code     int
		asked    string // of the image
	}{
		{"image save small --dry-run", "", 0, ""},
		{"image save small --name lab --yes", "", 0, "image aaaa lab " + private},
		{"image save small --yes", "", 0, "image aaaa small-19700101 " + private},
		{"image save small --name lab", "y\n", 0, "image aaaa lab " + private},
		{"image save small --name lab", "n\n", exitInterrupted, ""},
		{"image save small --name lab --yes --include ~/.aws --leave-out data", "", 0, "image aaaa lab /home/ubuntu/.bash_history /home/ubuntu/data"},
		{"image save small --name lab --yes --leave-out data/deep --no-reboot", "", 0, "image aaaa lab " + private + " /home/ubuntu/data/deep no-reboot"},
		{"image save small --name lab --yes --leave-out data/deep --leave-out data --leave-out ~/.bashrc", "", 0, "image aaaa lab " + private + " /home/ubuntu/.bashrc /home/ubuntu/data"},
		{"image save small --name lab --yes --leave-out .ssh", "", exitUsage, ""},
		{"image save small --name lab --yes --leave-out dtaa", "", exitUsage, ""},
		{"image save small --name lab --yes --include data2", "", exitUsage, ""},
		{"image save small --name ami-1 --yes", "", exitUsage, ""},
		{"image save small --name Lab --yes", "", exitUsage, ""},
		{"image save", "", exitUsage, ""},
		{"image save small", "", exitUsage, ""},
		{"image", "", exitUsage, ""},
	} {
		r := run{engine: imaging(), in: c.in, terminal: c.in != ""}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != c.code {
			t.Errorf("%s: exit code %d: %s", c.args, code, r.err.String())
		}
		got := ""
		for _, what := range r.engine.Asked() {
			if strings.HasPrefix(what, "image ") {
				got = what
			}
		}
		if got != c.asked {
			t.Errorf("%s: asked %q, want %q", c.args, got, c.asked)
		}
		if c.code == 0 {
			has(t, c.args, r.err.String(), "Left out", "The machine ", "at most $0.40 a month", "new token", "!\x1b")
		}
	}
}

// A dry run ends with a line of its own, for a script too.
func TestImageSaveDryRunForAScript(t *testing.T) {
	r := run{engine: imaging()}
	if code := r.do(t.Context(), "image", "save", "small", "--dry-run", "--json"); code != 0 {
		t.Fatal(r.err.String())
	}
	all := lines(t, r.out.String())
	if end := all[len(all)-1]; end["kind"] != "done" || end["name"] != "small" || all[0]["kind"] != "content" {
		t.Errorf("lines %v", all)
	}
}

func TestImageSaveTells(t *testing.T) {
	r := run{engine: imaging()}
	if code := r.do(t.Context(), "image", "save", "small", "--name", "lab", "--yes"); code != 0 {
		t.Fatal(r.err.String())
	}
	has(t, "said", r.err.String(), "~/.aws/  116 B, credentials", "~/data/  3.0 MiB")
	has(t, "done", r.out.String(), "up --name NAME --image lab", "jupyter-ec2 open small")

	r = run{engine: imaging()}
	if code := r.do(t.Context(), "image", "save", "small", "--name", "lab", "--yes", "--json"); code != 0 {
		t.Fatal(r.err.String())
	}
	var in, out int
	for line := range strings.Lines(r.out.String()) {
		var l struct {
			Kind, ID string
			InImage  bool `json:"in_image"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		switch {
		case l.Kind == "content" && l.InImage:
			in++
		case l.Kind == "content":
			out++
		}
	}
	if in != 2 || out != 2 || !strings.Contains(r.out.String(), `"kind":"image"`) {
		t.Errorf("%d in, %d out: %s", in, out, r.out.String())
	}
}

// What cannot be put aside is said before anything is touched.
func TestImageSaveNeedsRoom(t *testing.T) {
	for want, change := range map[string]func(*steps.ImageContents){
		"openssl is not installed": func(c *steps.ImageContents) { c.CanLeaveOut = false },
		"There is not enough room": func(c *steps.ImageContents) { c.Free = 100 },
	} {
		r := run{engine: imaging()}
		r.engine.Change(func() { change(&r.engine.Has.Contents) })
		if code := r.do(t.Context(), "image", "save", "small", "--yes"); code != exitUsage || strings.Contains(asked(r.engine), "image aaaa") {
			t.Errorf("%s: exit code %d, asked %q", want, code, asked(r.engine))
		}
		has(t, want, r.err.String(), want)
	}
}

func TestImageLs(t *testing.T) {
	r := run{engine: imaging(), width: 160, terminal: true}
	if code := r.do(t.Context(), "image", "ls"); code != 0 {
		t.Fatal(r.err.String())
	}
	has(t, "list", r.out.String(), "team", "Ubuntu 24.04, amd64, 30 GB", "≤ $1.50", "pending", "unknown", "eu-north-1")
	r = run{engine: imaging()}
	if code := r.do(t.Context(), "image", "ls", "--json", "--region", "eu-north-1"); code != 0 {
		t.Fatal(r.err.String())
	}
	has(t, "list", r.out.String(), `"kind":"image"`, `"cost_month":1.5`, `"text":"2 listed"`)
	r = run{engine: imaging()}
	r.engine.Has.ImageAnswers = []steps.ImagesFound{{At: steps.Place{Region: "us-east-1"}}}
	if code := r.do(t.Context(), "image", "ls", "--region", "us-east-1"); code != 0 {
		t.Fatal(r.err.String())
	}
	has(t, "none", r.err.String(), "No images yet")
}

func TestImageRm(t *testing.T) {
	for _, c := range []struct {
		args, in string
		code     int
		left     int
	}{
		{"image rm team --yes", "", 0, 1},
		{"image rm ami-0123456789abcdef1", "y\n", 0, 1},
		{"image rm team", "n\n", exitInterrupted, 2},
		{"image rm taem --yes", "", exitUsage, 2},
		{"image rm team", "", exitUsage, 2},
	} {
		r := run{engine: imaging(), in: c.in, terminal: c.in != ""}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != c.code || len(r.engine.Has.Images) != c.left {
			t.Errorf("%s: exit code %d, %d left: %s", c.args, code, len(r.engine.Has.Images), r.err.String())
		}
	}
}

// An image is named by its name or its ID; its release and its size come with it.
func TestUpFromAnImage(t *testing.T) {
	for _, c := range []struct {
		image   string
		more    string
		code    int
		want    string
		release string
		disk    int
	}{
		{"team", "", 0, "ami-0123456789abcdef0", "24.04", 30},
		{"ami-0123456789abcdef0", "--disk 40", 0, "ami-0123456789abcdef0", "24.04", 40},
		{"ami-00000000000000000", "", 0, "ami-00000000000000000", "24.04", 8}, // another's
		{"22.04", "", 0, "", "22.04", 8},
		{"taem", "", exitUsage, "", "", 0},
		{"19.10", "", exitUsage, "", "", 0},
	} {
		r := run{engine: imaging()}
		args := append([]string{"up", "--yes", "--name", "second", "--no-tunnel", "--plain", "--type", "t3.micro", "--image", c.image}, strings.Fields(c.more)...)
		code := r.do(t.Context(), args...)
		got := begun(r.engine)
		switch {
		case c.code != 0 && code != c.code:
			t.Errorf("%s: exit code %d: %s", c.image, code, r.err.String())
		case c.code == 0 && got == nil:
			t.Errorf("%s: nothing was begun: %d, %s", c.image, code, r.err.String())
		case c.code == 0 && (got.Image != c.want || got.Release != c.release || got.DiskGB != c.disk):
			t.Errorf("%s: %+v", c.image, *got)
		}
	}
	r := run{engine: imaging()}
	r.do(t.Context(), "up", "--yes", "--name", "second", "--image", "taem")
	has(t, "a slip", r.err.String(), `"taem" is no Ubuntu release, and no image of yours in eu-north-1`, "team")
}

// A sweep leaves images alone unless they are named.
func TestSweepKeepsImages(t *testing.T) {
	for args, want := range map[string]string{"sweep --yes": "clear vol-1", "sweep --yes --images": "clear ami-1,vol-1"} {
		at := steps.Place{Profile: "default", Region: "us-east-1"}
		r := run{engine: made(stepstest.Has{Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}, Leftovers: []steps.Swept{{At: at, Leftovers: []steps.Leftover{
			{At: at, Kind: "image", ID: "ami-1", Name: "team", SetupID: "old", Kept: true, Created: time.Unix(0, 0)},
			{At: at, Kind: "volume", ID: "vol-1", SetupID: "old", Created: time.Unix(1, 0)},
		}}}})}
		if code := r.do(t.Context(), strings.Fields(args)...); code != 0 {
			t.Errorf("%s: %s", args, r.err.String())
		}
		if got := asked(r.engine); !strings.HasSuffix(got, want) {
			t.Errorf("%s: asked %q", args, got)
		}
	}
}

// A name of the greatest length leaves no room for the day.
func TestTheNameOfAnImage(t *testing.T) {
	day := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for machine, want := range map[string]string{
		"lab":                                "lab-20261130",
		strings.Repeat("a", 31):              strings.Repeat("a", 31) + "-20261130",
		strings.Repeat("a", steps.MaxName):   strings.Repeat("a", 31) + "-20261130",
		strings.Repeat("a", 30) + "-machine": strings.Repeat("a", 30) + "-20261130",
	} {
		if got := imageName(machine, day); got != want || !steps.ValidImageName(got) {
			t.Errorf("%s: %s, want %s", machine, got, want)
		}
	}
}

// A person is told of what they wrote, of what is in the image without what is
// left out of it, and of what was not searched.
func TestImageSaveTellsWhatIsInTheImage(t *testing.T) {
	ask := func(code int, args ...string) string {
		t.Helper()
		r := run{engine: imaging()}
		r.engine.Change(func() {
			r.engine.Has.Contents.Own = append(r.engine.Has.Contents.Own,
				steps.ImageEntry{Path: "/home/ubuntu/.config", Kind: "files", Bytes: 52, Folder: true},
				steps.ImageEntry{Path: "/home/ubuntu/.config/gh", Kind: "credentials", Bytes: 52, Folder: true})
			r.engine.Has.Contents.Unsearched = []string{"/home/ubuntu/ar\x1b[31mchive", "/root"}
		})
		if got := r.do(t.Context(), append([]string{"image", "save", "small"}, args...)...); got != code {
			t.Errorf("%v: exit code %d: %s", args, got, r.err.String())
		}
		return r.err.String()
	}
	said := ask(0, "--dry-run", "--leave-out", "data/deep")
	has(t, "said", said, "~/.config/  0 B", "~/data/  2.0 MiB", "~/data/deep/  1.0 MiB", "~/.config/gh/  52 B, credentials", "too much in it", "~/archive, /root", "!\x1b")
	if c, h := strings.Index(said, "~/.config/gh/"), strings.Index(said, "~/.bash_history"); c > h {
		t.Errorf("credentials come first: %s", said)
	}
	has(t, "a slip", ask(exitUsage, "--dry-run", "--leave-out", ".bashcr"), "here is nothing at .bashcr to leave out")
	has(t, "not to be left out", ask(exitUsage, "--dry-run", "--leave-out", ".ssh"), ".ssh cannot be left out")
}
