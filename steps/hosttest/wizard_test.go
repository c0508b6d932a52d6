//go:build linux

package hosttest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/ui"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

var update = flag.Bool("update", false, "write the golden files again")

// The whole wizard in a terminal, over a booted machine. Every one of the ten
// steps is checked, made another size, too small and its own size again, and
// left with Ctrl-C; the next run continues from there, with the same machine.
func TestWizard(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	for _, size := range []screenSize{{80, 24}, {140, 40}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			p := newPerson(t, size)
			await.Allow(t, await.Long, "starts the wizard eleven times, each in three sizes")
			p.staysPending()
			p.answersQuestions()
			p.watchesTheWork()
			p.hasTheURL()
		})
	}
}

type screenSize struct{ cols, rows int }

func (s screenSize) String() string { return fmt.Sprintf("%dx%d", s.cols, s.rows) }

// other is the size of the other test.
func (s screenSize) other() screenSize {
	if s.cols == 80 {
		return screenSize{140, 40}
	}
	return screenSize{80, 24}
}

// person sits before a terminal of one size.
type person struct {
	*world
	size screenSize
	port int // the tunnel's
	// toldPending, unless nil, is called when the work has said that the machine
	// is pending.
	toldPending func()
	working     sync.WaitGroup // the guides' work
}

// run is the wizard, run once.
type run struct {
	*tuitest.Terminal
	p    *person
	done chan struct{} // closed when it ended
	left ui.Outcome    // after done
	err  error
}

func newPerson(t *testing.T, size screenSize) *person {
	t.Helper()
	return &person{world: newInstalledWorld(t, testhost.Spec{CloudInit: &testhost.CloudInit{}}, silent), size: size, port: await.Port(t)}
}

// staysPending has EC2 say that the machine is pending until the work has said
// so too: the goldens have both. A machine may be quicker than a look at it.
func (p *person) staysPending() {
	told := make(chan struct{})
	p.toldPending = sync.OnceFunc(func() { close(told) })
	p.booted = func(*testhost.Host) {
		select {
		case <-told:
		case <-p.t.Context().Done():
		}
	}
}

// noon is when all of it happens: the screen shows times.
func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.Local) }

// start runs the wizard; its work is held at a step, if one is given.
func (p *person) start(at steps.StepID) *run {
	p.t.Helper()
	ask := ui.NewAsker()
	guide := p.guide(func(c *engine.Config) {
		c.Ask, c.Now, c.LocalPort = ask, noon, p.port
		c.Env = func(name string) string {
			return map[string]string{"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret"}[name]
		}
	})
	r := &run{Terminal: tuitest.Open(p.t, p.size.cols, p.size.rows), p: p, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(r.done)
		r.left, r.err = ui.Run(ctx, ui.Options{
			Engine: staged{guide, p, at}, Asker: ask, In: r.TTY, Out: r.TTY, Now: noon, SaveDir: p.Dir,
			Env: []string{"TERM=xterm-256color"},
		})
	}()
	p.t.Cleanup(func() { // before the terminal's
		cancel()
		<-r.done
	})
	return r
}

// ends waits for the program's end.
func (r *run) ends() ui.Outcome {
	r.p.t.Helper()
	await.Receive(r.p.t, "the program's end", r.done)
	if r.err != nil {
		r.p.t.Fatal(r.err)
	}
	// It leaves work that was cut off to the end of its process, which this is not:
	// the next one would find the setup's lock held.
	over := make(chan struct{})
	go func() {
		defer close(over)
		r.p.working.Wait()
	}()
	await.Receive(r.p.t, "the end of the work that was cut off", over)
	r.GivenBack()
	return r.left
}

// is waits for the screen of the golden file of that name. seen is what shows
// that the screen is complete, when the file is written again.
func (r *run) is(name, seen string) {
	r.p.t.Helper()
	path := filepath.Join("testdata", "wizard", fmt.Sprintf("%s-%s.golden", name, r.p.size))
	shown := r.See(`(?s)` + seen + `.*q quit`)
	if *update {
		if err := os.WriteFile(path, []byte(r.p.still(shown)), 0o644); err != nil {
			r.p.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		r.p.t.Fatal(err)
	}
	if shown, ok := r.Until(func(shown string) bool { return r.p.still(shown) == string(want) }); !ok {
		r.p.t.Fatalf("%s differs (-update writes it anew); got:\n%s\nwant:\n%s\nunchanged:\n%s", path, r.p.still(shown), want, shown)
	}
}

// looks at a screen in all sizes: what it is at first, it is at last.
func (r *run) looks(name, seen string) {
	r.p.t.Helper()
	r.is(name, seen)
	other := r.p.size.other()
	r.Resize(other.cols, other.rows)
	r.Until(func(shown string) bool { return fits(shown, other) })
	r.See(map[int]string{80: `─ \d+ of 10 ─`, 140: `─┬─`}[other.cols])
	r.Resize(50, 10)
	r.See("too small: 50×10")
	r.Resize(r.p.size.cols, r.p.size.rows)
	r.is(name, seen)
}

func fits(shown string, size screenSize) bool {
	for line := range strings.Lines(shown) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > size.cols {
			return false
		}
	}
	return strings.Count(shown, "\n") == size.rows
}

// question is one of the first five steps.
type question struct{ name, seen, key string }

var questions = []question{
	{"01-account", `us-east-1`, tuitest.Enter},
	{"02-machine", `▸ t2\.micro(?s:.*)0\.0116`, tuitest.Enter},
	{"03-key", `▸ ◉ New ed25519 key`, tuitest.Enter},
	{"04-mode", `▸ ◉ SSH tunnel`, tuitest.Enter},
	{"05-review", `Will be created(?s:.*)t2\.micro`, "L"},
}

// answersQuestions goes to each question and leaves it with Ctrl-C, which
// leaves nothing behind.
func (p *person) answersQuestions() {
	p.t.Helper()
	for i, q := range questions {
		r := p.start("")
		r.answers(questions[:i])
		r.looks(q.name, q.seen)
		r.Press(tuitest.CtrlC)
		if left := r.ends(); left.Setup.ID != "" || left.LeftRunning || left.Interrupted {
			p.t.Errorf("%s: left with %+v", q.name, left)
		}
	}
	if n := len(p.Cloud.Instances()); n != 0 {
		p.t.Errorf("%d instances after questions alone", n)
	}
}

func (r *run) answers(all []question) {
	r.p.t.Helper()
	for _, q := range all {
		r.See(q.seen)
		r.Press(q.key)
	}
}

// watchesTheWork lets each step do its work, and cuts it off before the next.
func (p *person) watchesTheWork() {
	p.t.Helper()
	var id string
	for i, s := range []struct {
		step steps.StepID
		seen string
	}{
		{steps.StepLaunch, `Waiting for the SSH`},
		{steps.StepConnect, `ssh -i .*ubuntu@`},
		{steps.StepInstall, `made a new host key.*Everything is installed`},
		{steps.StepServe, `(9 of 10.*--no-browser|The server answers)`},
		{steps.StepOpen, `answered 42`},
	} {
		name := fmt.Sprintf("%02d-%s", len(questions)+i+1, s.step)
		r := p.start(s.step)
		if i == 0 {
			r.answers(questions)
		} else {
			r.See(`Your setups(?s:.*)jupyter`)
			r.Press(tuitest.Enter)
		}
		r.looks(name, s.seen)
		r.leavesAtOnce()
		left := r.ends()
		if !left.Interrupted || !left.LeftRunning || left.Setup.ID == "" {
			p.t.Errorf("%s: left with %+v", name, left)
		}
		if id == "" {
			id = left.Setup.ID
		}
		if left.Setup.ID != id {
			p.t.Errorf("%s: it worked on setup %s, not on %s", name, left.Setup.ID, id)
		}
	}
}

// leavesAtOnce is asked, and presses Ctrl-C again.
func (r *run) leavesAtOnce() {
	r.p.t.Helper()
	r.Press(tuitest.CtrlC)
	r.See(`Leave\?`)
	r.Press(tuitest.CtrlC)
}

// hasTheURL comes to the end, and leaves the machine running.
func (p *person) hasTheURL() {
	p.t.Helper()
	r := p.start("")
	r.See(`Your setups(?s:.*)jupyter`)
	r.Press(tuitest.Enter)
	r.looks("11-url", `(?s)token=[0-9a-f]{44}.*By hand`)
	url := regexp.MustCompile(`http://localhost:\d+/\S*token=[0-9a-f]{44}`).FindString(r.Shown())
	if !answersAt(p.t, url) {
		p.t.Errorf("%q does not answer", url)
	}
	r.leavesAtOnce()
	left := r.ends()
	if left.Interrupted || !left.LeftRunning || left.Opened == nil || !strings.Contains(left.Opened.Proof, "answered 42") {
		p.t.Errorf("left with %+v", left)
	}
	if answersAt(p.t, url) {
		p.t.Error("the tunnel is open after the program's end")
	}
	if all := p.Cloud.Instances(); len(all) != 1 {
		p.t.Errorf("the setup has %d instances: %+v", len(all), all)
	}
}
