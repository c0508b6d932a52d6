package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestUpDefaults(t *testing.T) {
	r := run{engine: made(stepstest.Has{}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	want := steps.Answers{
		Name: "jupyter", Region: "eu-north-1", Release: "24.04", Type: "t3.micro", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV, UI: steps.UILab,
	}
	if !begun(r.engine).Equal(want) {
		t.Errorf("answers\n%+v, want\n%+v", *begun(r.engine), want)
	}
	if got := r.out.String(); !strings.HasSuffix(got, "\nhttp://localhost:8888/?token=t\n") {
		t.Errorf("the last line is not the URL:\n%s", got)
	} else if strings.Contains(got, "50 %") || !strings.Contains(got, "  | 100 %") {
		t.Errorf("an unfinished line was printed, or the finished one was not:\n%s", got)
	}
}

// A setup of the same name gives its answers; what it has launched is not reviewed again.
func TestUpTakesUpASetup(t *testing.T) {
	old := steps.Answers{
		Name: "jupyter", Profile: "p", Region: "us-east-1", Release: "22.04", Type: "t3.large", DiskGB: 30,
		Key: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, NoTLS: true,
	}
	r := run{engine: made(stepstest.Has{Setups: []steps.Setup{{ID: "id", Answers: old, Resources: steps.Resources{InstanceID: "i-1"}}}, Review: steps.Review{Problems: []problem.Problem{{Title: "not to be met"}}}}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--mode", "gateway"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	old.Mode = steps.ModeGateway
	if !begun(r.engine).Equal(old) {
		t.Errorf("answers\n%+v, want\n%+v", *begun(r.engine), old)
	}
}

func TestUpPlanAndFlags(t *testing.T) {
	plan := filepath.Join(t.TempDir(), "plan.json")
	write(t, plan, `{"name":"a","region":"us-east-1","image":"22.04","type":"t2.micro","disk_gb":20,"key":{"source":"create"},"mode":"http","installer":"pip"}`)
	r := run{engine: made(stepstest.Has{}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--plan", plan, "--disk", "40", "--key", "import", "--ui", "tree"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	want := steps.Answers{
		Name: "a", Region: "us-east-1", Release: "22.04", Type: "t2.micro", DiskGB: 40,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, UI: steps.UITree,
	}
	if !begun(r.engine).Equal(want) {
		t.Errorf("answers\n%+v, want\n%+v", *begun(r.engine), want)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestUpAsks(t *testing.T) {
	for answer, want := range map[string]int{"y\n": 0, "yes\n": 0, "n\n": exitInterrupted, "\n": exitInterrupted, "": exitInterrupted} {
		r := run{engine: made(stepstest.Has{}, opens(nil)), terminal: true, in: answer}
		if code := r.do(t.Context(), "up"); code != want {
			t.Errorf("answer %q: exit code %d, want %d", answer, code, want)
		}
		if begun := begun(r.engine) != nil; begun != (want == 0) {
			t.Errorf("answer %q: begun %v", answer, begun)
		}
	}
}

func TestUpExitCodes(t *testing.T) {
	broken := func(k problem.Kind) error {
		return &problemError{[]problem.Problem{{Kind: k, Title: "T", Next: problem.Say("N")}}}
	}
	for _, c := range []struct {
		err  error
		want int
	}{
		{errors.New("something"), 1},
		{broken(problem.Answers), 2},
		{broken(problem.Credentials), 3},
		{broken(problem.Refused), 3},
		{broken(problem.Unreachable), 4},
		{broken(problem.Server), 5},
		{broken(problem.Interrupted), 130},
	} {
		r := run{engine: made(stepstest.Has{}, func(_ context.Context, emit func(steps.Event)) (*steps.Opened, error) {
			emit(steps.Event{Step: steps.StepInstall, Kind: steps.Failed, Err: c.err})
			return nil, c.err
		})}
		if code := r.do(t.Context(), "up", "--yes", "--json"); code != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, code, c.want)
		}
		last := lines(t, r.out.String())
		if l := last[len(last)-1]; l["kind"] != "failed" || l["step"] != "install" || l["exit"] != float64(c.want) {
			t.Errorf("%v: last line %v", c.err, l)
		}
	}
}

// lines checks that every line is a JSON object and answers them.
func lines(t *testing.T, s string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for l := range strings.Lines(s) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatalf("not JSON: %q: %v", l, err)
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		t.Fatal("nothing was printed")
	}
	return all
}

func TestUpJSON(t *testing.T) {
	r := run{engine: made(stepstest.Has{}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--json"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	var kinds []string
	for _, l := range all {
		kinds = append(kinds, l["kind"].(string))
	}
	if got := strings.Join(kinds, " "); got != "review started output ready" {
		t.Errorf("kinds %s", got)
	}
	if got := all[2]["text"]; got != `100 % "done" <&>` {
		t.Errorf("text %v", got)
	}
	if got := all[3]["url"]; got != "http://localhost:8888/?token=t" {
		t.Errorf("url %v", got)
	}
}

// In ssh mode the tunnel is held until the person ends it, and that is no failure.
func TestUpHoldsTheTunnel(t *testing.T) {
	tun := &stepstest.Tunnel{Port: 8888}
	ctx, cancel := context.WithCancel(t.Context())
	r := run{engine: made(stepstest.Has{}, opens(tun))}
	r.err.text, r.err.seen = "The tunnel is open", cancel
	if code := r.do(ctx, "up", "--yes"); code != 0 {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
	if tun.Closed() == 0 {
		t.Error("the tunnel was left open")
	}
}

func TestUpNoTunnel(t *testing.T) {
	tun := &stepstest.Tunnel{Port: 8888}
	r := run{engine: made(stepstest.Has{}, opens(tun))}
	if code := r.do(t.Context(), "up", "--yes", "--no-tunnel"); code != 0 || tun.Closed() == 0 {
		t.Errorf("exit code %d, closed %v", code, tun.Closed())
	}
}

func TestUpInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := run{engine: made(stepstest.Has{}, func(ctx context.Context, _ func(steps.Event)) (*steps.Opened, error) {
		cancel()
		<-ctx.Done()
		return nil, &aws.Error{Doing: "launch", Message: "broke off"}
	})}
	if code := r.do(ctx, "up", "--yes"); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, r.err.String())
	}
}

func TestUpStopsAtProblems(t *testing.T) {
	r := run{engine: made(stepstest.Has{Review: steps.Review{Problems: []problem.Problem{
		{Kind: problem.Refused, Title: "No default VPC", Text: "None.", Next: problem.Say("Make one.")}, {Title: "Second", Text: "More."},
	}}})}
	if code := r.do(t.Context(), "up", "--yes"); code != exitRefused || begun(r.engine) != nil {
		t.Errorf("exit code %d, begun %v", code, begun(r.engine))
	}
	for _, want := range []string{"No default VPC", "Make one.", "Second"} {
		if !strings.Contains(r.err.String(), want) {
			t.Errorf("%q is not in\n%s", want, r.err.String())
		}
	}
}

func TestUpKeyFile(t *testing.T) {
	for _, c := range []struct {
		option  steps.KeyOption
		want    int
		secured string
	}{
		{steps.KeyOption{}, 0, ""},
		{steps.KeyOption{Problem: "a public key"}, exitUsage, ""},
		{steps.KeyOption{TooOpen: true, Problem: "others can read it"}, 0, "k.pem"},
		{steps.KeyOption{Garbled: true}, 0, "k.pem"},
	} {
		r := run{engine: made(stepstest.Has{Key: c.option}, opens(nil))}
		if code := r.do(t.Context(), "up", "--yes", "--key", "k.pem"); code != c.want || protected(r.engine) != c.secured {
			t.Errorf("%+v: exit code %d, protected %q: %s", c.option, code, protected(r.engine), r.err.String())
		}
	}
}

// A dry run changes nothing, not even a key file's mode.
func TestUpDryRunLeavesTheKeyFileAlone(t *testing.T) {
	r := run{engine: made(stepstest.Has{Key: steps.KeyOption{TooOpen: true, Problem: "others can read it"}}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--dry-run", "--key", "k.pem"); code != exitUsage || protected(r.engine) != "" {
		t.Errorf("exit code %d, protected %q: %s", code, protected(r.engine), r.err.String())
	}
	r = run{engine: made(stepstest.Has{Key: steps.KeyOption{Garbled: true}}, opens(nil))}
	if code := r.do(t.Context(), "up", "--yes", "--dry-run", "--key", "k.pem"); code != 0 || protected(r.engine) != "" {
		t.Errorf("exit code %d, rewritten %q: %s", code, protected(r.engine), r.err.String())
	}
}

func TestUpRegions(t *testing.T) {
	for region, want := range map[string]int{"us-east-1": 0, "af-south-1": exitRefused, "mars-1": exitUsage} {
		r := run{engine: made(stepstest.Has{}, opens(nil))}
		if code := r.do(t.Context(), "up", "--yes", "--region", region); code != want {
			t.Errorf("%s: exit code %d, want %d", region, code, want)
		}
	}
}

func TestRm(t *testing.T) {
	setups := []steps.Setup{{ID: "id", Answers: steps.Answers{Name: "lab"}, Resources: steps.Resources{InstanceID: "i-1", KeyPath: "mine.pem"}}}
	for _, c := range []struct {
		in   string
		args []string
		want int
	}{
		{"y\n", []string{"rm", "lab"}, 0},
		{"n\n", []string{"rm", "lab"}, exitInterrupted},
		{"", []string{"rm", "lab", "--yes"}, 0},
		{"", []string{"rm", "other", "--yes"}, exitUsage},
	} {
		r := run{engine: made(stepstest.Has{Setups: setups}), terminal: true, in: c.in}
		if code := r.do(t.Context(), c.args...); code != c.want {
			t.Errorf("%v %q: exit code %d, want %d", c.args, c.in, code, c.want)
		}
		if removed := slices.Contains(r.engine.Removed(), "id"); removed != (c.want == 0) {
			t.Errorf("%v %q: removed %v", c.args, c.in, removed)
		}
		if c.in != "" && (!strings.Contains(r.err.String(), "i-1") || strings.Contains(r.err.String(), "mine.pem")) {
			t.Errorf("what is lost is not told as it is:\n%s", r.err.String())
		}
	}
}

func TestAskHostKey(t *testing.T) {
	q := steps.HostKeyQuestion{Host: "h", Fingerprint: "SHA256:x"}
	for _, c := range []struct {
		in       string
		terminal bool
		yes      bool
		want     steps.HostKeyAnswer
	}{
		{"yes\n", true, false, steps.HostKeyAccept},
		{"y\nno\n", true, false, steps.HostKeyReject}, // y alone is not enough
		{"wait\n", true, false, steps.HostKeyWait},
		{"yes\n", true, true, steps.HostKeyWait}, // --yes never accepts blindly
		{"", false, false, steps.HostKeyWait},
	} {
		p := &Program{Err: io.Discard, Terminal: c.terminal, lines: newLineReader(strings.NewReader(c.in))}
		got, err := (&asker{p: p, yes: c.yes}).HostKey(t.Context(), q)
		if got != c.want || err != nil {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
}

// A key in the place of another one is pinned by a whole yes to that question, or
// where its fingerprint was named: no yes beforehand is meant for it.
func TestAskToReplaceAHostKey(t *testing.T) {
	q := steps.HostKeyQuestion{Host: "h", InstanceID: "i-1", KeyType: "ssh-ed25519", Fingerprint: "SHA256:x", Why: "Pinned here is SHA256:old.\nTo compare, ask the machine.", Replaces: true}
	for _, c := range []struct {
		in            string
		terminal, yes bool
		hostKey       string
		want          steps.HostKeyAnswer
		title         string
	}{
		{"yes\n", true, false, "", steps.HostKeyAccept, ""},
		{"y\n", true, false, "", steps.HostKeyReject, ""},
		{"", true, false, "", steps.HostKeyReject, ""},
		{"yes\n", true, true, "", steps.HostKeyReject, "The host key has to be compared by you"},
		{"yes\n", false, false, "", steps.HostKeyReject, "The host key has to be compared by you"},
		{"", false, false, "SHA256:x", steps.HostKeyAccept, ""},
		{"yes\n", true, true, "SHA256:y", steps.HostKeyReject, "The machine shows another key than the one you named"},
	} {
		var said strings.Builder
		p := &Program{Err: &said, Terminal: c.terminal, lines: newLineReader(strings.NewReader(c.in))}
		got, err := (&asker{p: p, yes: c.yes, hostKey: c.hostKey}).HostKey(t.Context(), q)
		title := ""
		if err != nil {
			title = steps.Explain(err).Title
		}
		if got != c.want || title != c.title {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
		if c.terminal && !c.yes {
			has(t, c.in, said.String(), "SHA256:x", "Pinned here is SHA256:old.", "  To compare, ask the machine.")
		}
	}
}

// Waiting for a line can be given up, and the line then goes to the next question.
func TestLineReader(t *testing.T) {
	r, w := io.Pipe()
	l := newLineReader(r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.read(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	go func() { _, _ = io.WriteString(w, " hello \n") }()
	if got, err := l.read(t.Context()); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
