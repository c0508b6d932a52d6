//go:build linux || darwin

package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

const liveToken = "0123456789abcdef0123456789abcdef0123456789abcdef"

// liveRun is "up" at work in a terminal, event by event.
type liveRun struct {
	*tuitest.Terminal
	t      *testing.T
	run    run
	events chan steps.Event
	fails  chan error
	cancel context.CancelFunc
	done   chan int
	logs   string
}

func newLiveRun(t *testing.T, cols, rows int) *liveRun {
	t.Helper()
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	xdg.Reload()
	t.Cleanup(xdg.Reload) // after the variable is as it was
	l := &liveRun{
		Terminal: tuitest.Open(t, cols, rows), t: t, events: make(chan steps.Event), fails: make(chan error, 1),
		done: make(chan int, 1), logs: filepath.Join(state, name, "aws", "logs"),
	}
	l.run = run{engine: made(stepstest.Has{}, l.work), terminal: true, output: l.TTY, errput: l.TTY}
	ctx, cancel := context.WithCancel(t.Context())
	l.cancel = cancel
	go func() { l.done <- l.run.do(ctx, "up", "--yes", "--no-tunnel") }()
	return l
}

// work emits what the test says, up to the URL or to a failure.
func (l *liveRun) work(ctx context.Context, emit func(steps.Event)) (*steps.Opened, error) {
	for {
		select {
		case e, more := <-l.events:
			if !more {
				return &steps.Opened{
					URL: "http://localhost:8888/?token=" + liveToken, Plain: "http://localhost:8888/", Proof: "42",
					Manual: []string{"ssh -N -L 8888:localhost:8888 -i '/home/some body/with a long name/key.pem' ubuntu@ec2-203-0-113-25.eu-central-1.compute.amazonaws.com"},
				}, nil
			}
			emit(e)
		case err := <-l.fails:
			emit(steps.Event{Step: steps.StepInstall, Kind: steps.Failed, Err: err})
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *liveRun) say(step steps.StepID, kind steps.EventKind, text string) {
	l.events <- steps.Event{Step: step, Kind: kind, Text: text}
}

// log is the run's only log.
func (l *liveRun) log() string {
	l.t.Helper()
	all, err := filepath.Glob(filepath.Join(l.logs, "*.log"))
	if err != nil || len(all) != 1 {
		l.t.Fatalf("logs %v, %v", all, err)
	}
	info, err := os.Stat(all[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		l.t.Errorf("%v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(all[0])
	if err != nil {
		l.t.Fatal(err)
	}
	return string(text)
}

// In a terminal the steps are shown with their time, the newest output under
// the one at work, and at the end the URL in a box; everything else is in a
// file, without the token.
func TestUpLive(t *testing.T) {
	l := newLiveRun(t, 80, 24)
	l.say(steps.StepLaunch, steps.Started, "")
	l.say(steps.StepLaunch, steps.Doing, "launching a t3.micro")
	l.See(`● Launch  0 s\n  │ launching a t3\.micro\n○ Connect\n○ Install\n○ Serve\n○ Open`)
	l.say(steps.StepLaunch, steps.Finished, "i-0123 is running")
	l.say(steps.StepConnect, steps.Finished, "ubuntu@host")
	l.say(steps.StepInstall, steps.Started, "")
	for _, text := range []string{"one", "two", "three", "日本語のパッケージ", "five", "six", "seven", "http://x/?token=" + liveToken} {
		l.say(steps.StepInstall, steps.Output, text)
	}
	l.events <- steps.Event{Step: steps.StepInstall, Kind: steps.Output, Text: "50 %", Partial: true}
	l.events <- steps.Event{Step: steps.StepInstall, Kind: steps.Output, Text: "99 %", Partial: true}
	shown := l.See(`✓ Launch  0 s  i-0123 is running\n✓ Connect  0 s  ubuntu@host\n● Install  0 s\n  │ 日本語のパッケージ\n  │ five\n  │ six\n  │ seven\n  │ http.*\n  │ 99 %\n○ Serve\n○ Open`)
	if strings.Contains(shown, "three") || strings.Contains(shown, "50 %") {
		t.Errorf("old output is still shown:\n%s", shown)
	}
	l.say(steps.StepInstall, steps.Finished, "Jupyter is installed")
	close(l.events)
	shown = l.See(`(?m)^╭─+╮\n│ ?http://localhost:8888/\?token=` + liveToken + ` ?│\n╰─+╯`)
	if code := <-l.done; code != 0 {
		t.Errorf("exit code %d\n%s", code, shown)
	}
	if strings.Contains(shown, "○") || strings.Contains(shown, "●") {
		t.Errorf("something of the work was left:\n%s", shown)
	}
	if !strings.Contains(strings.ReplaceAll(shown, "\n", ""), l.logs) {
		t.Errorf("the log is not named:\n%s", shown)
	}
	log := l.log()
	for _, want := range []string{"one", "two", "three", "i-0123 is running", "Ready at http://localhost:8888/"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in the log:\n%s", want, log)
		}
	}
	if strings.Contains(log, liveToken) {
		t.Errorf("the token is in the log:\n%s", log)
	}
}

// Whatever size the terminal gets in the middle of it, nothing is torn and
// nothing of an earlier drawing stays.
func TestUpLiveResized(t *testing.T) {
	l := newLiveRun(t, 100, 30)
	l.say(steps.StepLaunch, steps.Finished, "i-0123")
	l.say(steps.StepInstall, steps.Started, "")
	long := strings.Repeat("日本 word ", 40)
	for range 9 {
		l.say(steps.StepInstall, steps.Output, long)
	}
	for _, size := range [][2]int{{100, 30}, {40, 30}, {40, 8}, {120, 40}, {60, 12}, {100, 30}} {
		l.Resize(size[0], size[1])
		l.say(steps.StepInstall, steps.Output, long+"end")
		shown, ok := l.Until(func(shown string) bool {
			return strings.Count(shown, "● Install") == 1 && (size[1] < 10 || strings.Count(shown, "○ Open") == 1) && regexp.MustCompile(`(?m)^  │ 日本 word .*…$`).MatchString(shown) && fits(shown, size[0])
		})
		if !ok {
			t.Fatalf("at %v:\n%s", size, shown)
		}
	}
	l.say(steps.StepInstall, steps.Finished, "done")
	close(l.events)
	if shown := l.See("token="); strings.Contains(shown, "○") || strings.Count(shown, "✓ Install") != 1 {
		t.Errorf("at the end:\n%s", shown)
	}
	if code := <-l.done; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// fits sees that the region's lines end before the terminal does.
func fits(shown string, width int) bool {
	for line := range strings.Lines(shown) {
		if strings.HasPrefix(line, "  │") && !strings.HasSuffix(strings.TrimSpace(line), "…") && len([]rune(line)) > width {
			return false
		}
	}
	return true
}

// Ctrl-C gives the terminal back: what is typed is shown again, and the step
// that was at work is said to have stopped.
func TestUpLiveInterrupted(t *testing.T) {
	l := newLiveRun(t, 80, 24)
	l.say(steps.StepInstall, steps.Started, "")
	l.say(steps.StepInstall, steps.Output, "downloading")
	l.See(`● Install  0 s\n  │ downloading`)
	awaitEcho(t, l.TTY, false)
	l.cancel()
	if code := <-l.done; code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	awaitEcho(t, l.TTY, true)
	shown := l.See(`✗ Install  0 s  stopped\n  │ downloading\n(?s:.*)Stopped`)
	if strings.Contains(shown, "●") || strings.Contains(shown, "○") {
		t.Errorf("the drawing stays:\n%s", shown)
	}
	if !strings.Contains(l.log(), "downloading") {
		t.Errorf("log %s", l.log())
	}
}

// A failure leaves the step's last lines, names the log, and says what to do.
func TestUpLiveFails(t *testing.T) {
	l := newLiveRun(t, 80, 24)
	l.say(steps.StepInstall, steps.Started, "")
	l.say(steps.StepInstall, steps.Output, "No space left on device")
	l.fails <- &problemError{[]problem.Problem{{Kind: problem.Server, Title: "The install failed", Text: "Something.", Next: problem.Say("Make room.")}}}
	if code := <-l.done; code != exitServer {
		t.Errorf("exit code %d", code)
	}
	l.See(`✗ Install  0 s  The install failed\n  │ No space left on device\n(?s:.*)The whole log:(?s:.*)✗ The install failed(?s:.*)Make room`)
}

// Who is asked something in the middle of it has the terminal alone.
func TestUpLiveAsks(t *testing.T) {
	l := newLiveRun(t, 80, 24)
	l.say(steps.StepConnect, steps.Started, "")
	l.say(steps.StepConnect, steps.Doing, "shaking hands")
	l.See(`● Connect  0 s\n  │ shaking hands\n○ Install`)
	awaitEcho(t, l.TTY, false)
	off := l.run.asker.p.alone()
	awaitEcho(t, l.TTY, true)
	if shown, ok := l.Until(func(s string) bool { return !strings.Contains(s, "●") && !strings.Contains(s, "○") }); !ok {
		t.Errorf("the region is in the way:\n%s", shown)
	}
	l.say(steps.StepConnect, steps.Doing, "meanwhile")
	if _, err := l.TTY.WriteString("Go on? yes\n"); err != nil {
		t.Fatal(err)
	}
	off()
	l.See(`Go on\? yes\n● Connect  0 s\n  │ shaking hands\n  │ meanwhile\n○ Install`)
	awaitEcho(t, l.TTY, false)
	l.fails <- errors.New("enough")
	<-l.done
	awaitEcho(t, l.TTY, true)
}

// Where there is no terminal that can, lines are printed as they always were.
func TestUpPlainStays(t *testing.T) {
	var want string
	for _, c := range []struct {
		args  []string
		width int
		env   map[string]string
	}{
		{nil, 0, nil},
		{[]string{"--plain"}, 60, nil},
		{nil, 60, map[string]string{"TERM": "dumb"}},
	} {
		r := run{terminal: c.width > 0, width: c.width, env: c.env}
		r.engine = made(stepstest.Has{Review: steps.Review{Commands: []string{strings.Repeat("word ", 30)}}}, opens(nil))
		if code := r.do(t.Context(), append([]string{"up", "--yes"}, c.args...)...); code != 0 {
			t.Fatalf("exit code %d: %s", code, r.err.String())
		}
		got := r.out.String()
		if want == "" {
			want = got
		}
		if got != want || strings.Contains(got, "\x1b") || !strings.HasSuffix(got, "\nhttp://localhost:8888/?token=t\n") {
			t.Errorf("%v: %q, want %q", c.args, got, want)
		}
	}
}

// The wizard needs a terminal that can draw; in one that cannot, lines do.
func TestDumbTerminalGetsLines(t *testing.T) {
	r := run{engine: made(stepstest.Has{}, opens(nil)), terminal: true, in: "y\n", env: map[string]string{"TERM": "dumb"}}
	if code := r.do(t.Context()); code != 0 || !strings.Contains(r.out.String(), "http://localhost:8888/?token=t") {
		t.Errorf("exit code %d: %s%s", code, r.out.String(), r.err.String())
	}
	r = run{engine: made(stepstest.Has{}, opens(nil)), terminal: true, width: 60, in: "y\n"}
	if code := r.do(t.Context(), "--plain"); code != 0 || strings.Contains(r.out.String(), "\x1b") || !strings.HasSuffix(r.out.String(), "\nhttp://localhost:8888/?token=t\n") {
		t.Errorf("--plain: exit code %d: %q%s", code, r.out.String(), r.err.String())
	}
}

// Without a command nothing that exists is started unasked.
func TestAMachineIsNotStartedUnasked(t *testing.T) {
	answers := steps.Answers{
		Name: "jupyter", Region: "us-east-1", Release: "24.04", Type: "t3.large", DiskGB: 30,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV,
	}
	for answer, code := range map[string]int{"n\n": 130, "y\n": 0} {
		e := made(stepstest.Has{Setups: []steps.Setup{{ID: "id", Answers: answers, Resources: steps.Resources{InstanceID: "i-1", KeyPath: "mine.pem"}}}}, opens(nil))
		r := run{engine: e, terminal: true, in: answer, env: map[string]string{"TERM": "dumb"}}
		if got := r.do(t.Context()); got != code || !strings.Contains(r.err.String(), "Continue with jupyter? Its machine is started if it is stopped.") {
			t.Errorf("%q: exit code %d: %s%s", answer, got, r.out.String(), r.err.String())
		}
		if started := strings.Contains(r.out.String(), "token=t"); started != (code == 0) {
			t.Errorf("%q: started %v", answer, started)
		}
	}
}

// A command that is broken is one that a shell still takes.
func TestFoldCommand(t *testing.T) {
	p := paper{width: 40}
	line := `ssh -N -L 8888:localhost:8888 -i '/home/some body/key.pem' ubuntu@ec2-203-0-113-25.compute.amazonaws.com`
	got := p.foldCommand(line)
	want := "ssh -N -L 8888:localhost:8888 -i \\\n      '/home/some body/key.pem' \\\n      ubuntu@ec2-203-0-113-25.compute.amazonaws.com"
	if got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if got := (paper{}).foldCommand(line); got != line {
		t.Errorf("without a terminal: %s", got)
	}
}

// The newest logs of a setup stay, and those of others.
func TestLogsArePruned(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"lab-20260101-000000.log", "lab-2-20260101-000000.log"} {
		write(t, filepath.Join(dir, name), "")
	}
	for i := range logsKept {
		write(t, filepath.Join(dir, "lab-2026020"+string(rune('0'+i))+"-000000.log"), "")
	}
	prune(dir, "lab")
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(all) != logsKept || !strings.HasSuffix(all[0], "lab-2-20260101-000000.log") {
		t.Errorf("left %v, %v", all, err)
	}
}
