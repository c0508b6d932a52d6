package engine

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// noPortsBelow keeps the tests' ports away from those of programs that run here.
const noPortsBelow = 23000

// madeSetup is a setup in the ledger, the nth that was made.
func madeSetup(t *testing.T, g *Guide, id string, n int, port int) *steps.Setup {
	t.Helper()
	s := &steps.Setup{ID: id, Created: time.Unix(int64(n), 0), Answers: steps.Answers{Name: id, Mode: steps.ModeSSH}, LocalPort: port}
	if err := g.ledger.save(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// A tunnel leads to where another process has started the server since.
func TestATunnelFollowsTheServer(t *testing.T) {
	g := New(Config{Dir: t.TempDir()})
	s := madeSetup(t, g, "s1", 1, noPortsBelow)
	s.ServerPort, s.Loopback = 8888, "127.0.0.7"
	server := (&target{teller: teller{g: g}, s: s}).server() // before it is recorded
	sees := func(want string) {
		t.Helper()
		if got := server(); got != want {
			t.Errorf("it leads to %s, want %s", got, want)
		}
	}
	sees("127.0.0.7:8888")
	if err := g.ledger.save(s); err != nil {
		t.Fatal(err)
	}
	sees("127.0.0.7:8888")
	moved := *s
	moved.ServerPort, moved.Loopback = 8890, "127.0.0.8"
	if err := g.ledger.save(&moved); err != nil {
		t.Fatal(err)
	}
	sees("127.0.0.8:8890")
	if err := g.ledger.forget(s.ID); err != nil {
		t.Fatal(err)
	}
	sees("127.0.0.7:8888") // which does not answer any more
}

// Many that are opened at the same moment, in both worlds, get a local port
// each, and have it the next time as well.
func TestEachSetupHasItsOwnLocalPort(t *testing.T) {
	dir := t.TempDir()
	aws, sandbox := filepath.Join(dir, "aws"), filepath.Join(dir, "sandbox")
	guides := []*Guide{
		New(Config{Dir: aws, Beside: sandbox, LocalPort: noPortsBelow}), New(Config{Dir: sandbox, Beside: aws, LocalPort: noPortsBelow}),
		New(Config{Dir: aws, Beside: sandbox, LocalPort: noPortsBelow}), // another process
	}
	var all []*steps.Setup
	for n := range 24 {
		all = append(all, madeSetup(t, guides[n%3], fmt.Sprintf("s%d", n), n, 0))
	}
	give := func() map[int]string {
		t.Helper()
		var group errgroup.Group
		for n, s := range all {
			g := guides[n%3]
			group.Go(func() error { return g.ownPort(t.Context(), s, func() error { return g.keepPort(s) }) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		ports := map[int]string{}
		for n, s := range all {
			kept, err := guides[n%3].ledger.load(s.ID)
			if err != nil || kept.LocalPort != s.LocalPort || s.LocalPort < noPortsBelow {
				t.Fatalf("%s was given %d, and the ledger has %+v, %v", s.ID, s.LocalPort, kept, err)
			}
			if other, ok := ports[s.LocalPort]; ok {
				t.Errorf("%s and %s have both the port %d", s.ID, other, s.LocalPort)
			}
			ports[s.LocalPort] = s.ID
		}
		return ports
	}
	first := give()
	for port, id := range give() {
		if first[port] != id {
			t.Errorf("%d was the port of %s, and is that of %s", port, first[port], id)
		}
	}
}

// Of two that have the same port, as earlier versions gave out, the younger
// one is given another.
func TestASharedLocalPortIsGivenUpByTheYounger(t *testing.T) {
	g := New(Config{Dir: t.TempDir(), LocalPort: noPortsBelow + 100})
	old, young := madeSetup(t, g, "old", 1, noPortsBelow+100), madeSetup(t, g, "young", 2, noPortsBelow+100)
	for _, s := range []*steps.Setup{old, young} {
		if err := g.ownPort(t.Context(), s, func() error { return g.keepPort(s) }); err != nil {
			t.Fatal(err)
		}
	}
	if old.LocalPort != noPortsBelow+100 || young.LocalPort == old.LocalPort {
		t.Errorf("the older one has %d, the younger one %d", old.LocalPort, young.LocalPort)
	}
}

const holderEnv = "JUPYTER_EC2_TEST_HOLDER"

// TestHoldsATunnel is the other process of the test below.
func TestHoldsATunnel(t *testing.T) {
	dir := os.Getenv(holderEnv)
	if dir == "" {
		t.Skip("it is run by TestATunnelIsSeenFromOtherProcesses")
	}
	if _, err := (ledger{dir}).holdTunnel(t.Context(), "there", 8890); err != nil {
		t.Fatal(err)
	}
	fmt.Println("held")
	<-await.Context(t).Done() // until it is killed; without a time it would be a deadlock
}

// A tunnel that another process holds is seen with its port, and no longer
// when that process is killed, whatever it has left behind.
func TestATunnelIsSeenFromOtherProcesses(t *testing.T) {
	g := New(Config{Dir: t.TempDir()})
	madeSetup(t, g, "there", 1, 8889)
	madeSetup(t, g, "other", 2, 8890)
	seen := func() map[string]int {
		t.Helper()
		all, err := g.Setups(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ports := map[string]int{}
		for _, s := range all {
			ports[s.ID] = s.TunnelPort
		}
		return ports
	}
	other := exec.Command(os.Args[0], "-test.run=^TestHoldsATunnel$")
	// What it makes in a folder for temporary files is left when it is killed.
	other.Env = append(os.Environ(), holderEnv+"="+g.cfg.Dir, "TMPDIR="+t.TempDir())
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "held"; {
	}
	if got := seen(); got["there"] != 8890 || got["other"] != 0 {
		t.Errorf("with a tunnel to one at 8890: %v", got)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // killed
	if got := seen(); got["there"] != 0 {
		t.Errorf("after its holder was killed: %v", got)
	}
	if _, err := os.Stat(g.ledger.tunnelFile("there", 8890)); err != nil {
		t.Errorf("nothing is left that could have misled: %v", err)
	}

	release, err := g.ledger.holdTunnel(t.Context(), "there", 8890)
	if err != nil {
		t.Fatal(err)
	}
	own, err := g.ledger.holdTunnel(t.Context(), "there", 8889)
	if err != nil {
		t.Fatal(err)
	}
	if got := seen(); got["there"] != 8889 {
		t.Errorf("of two tunnels the one at the own port is not shown: %v", got)
	}
	own()
	release()
	if got := seen(); got["there"] != 0 {
		t.Errorf("after both are closed: %v", got)
	}
}

// A second tunnel to a machine says that the first one has the port; a port that
// is another program's is said to be taken.
func TestAPortThatTheMachinesOwnTunnelHas(t *testing.T) {
	g := New(Config{Dir: t.TempDir()})
	at := &target{teller: teller{g: g}, s: madeSetup(t, g, "lab", 1, 8888)}
	if got := at.portNote(8890); got != "Port 8888 of this computer is taken, so the tunnel is on 8890." || at.beside(8890) != 0 {
		t.Errorf("with no other tunnel: %s, beside %d", got, at.beside(8890))
	}
	for _, port := range []int{8889, 8888, 8890} { // the last is the one that is spoken of
		release, err := g.ledger.holdTunnel(t.Context(), "lab", port)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}
	if got := at.portNote(8890); !strings.HasPrefix(got, "Another tunnel to lab is open already, on port 8888") || at.beside(8890) != 8888 {
		t.Errorf("with another tunnel: %s, beside %d", got, at.beside(8890))
	}
}

// The stamp tells of everything another process does to the ledger, and of
// nothing else.
func TestStamp(t *testing.T) {
	g := New(Config{Dir: t.TempDir()})
	last := g.Stamp()
	for _, c := range []struct {
		what string
		do   func() error
		news bool
	}{
		{"nothing", func() error { return nil }, false},
		{"a setup", func() error { madeSetup(t, g, "one", 1, 0); return nil }, true},
		{"a lock", func() error {
			unlock, err := g.ledger.lock("one")
			if err == nil {
				unlock()
			}
			return err
		}, false},
		{"a state", func() error {
			s, err := g.ledger.load("one")
			if err == nil {
				s.State = steps.StateRunning
				err = g.ledger.save(s)
			}
			return err
		}, true},
		{"a tunnel", func() error {
			release, err := g.ledger.holdTunnel(t.Context(), "one", 8888)
			if err == nil {
				t.Cleanup(release)
			}
			return err
		}, true},
		{"its end", func() error { return g.ledger.forget("one") }, true},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		now := g.Stamp()
		if (now != last) != c.news {
			t.Errorf("after %s the stamp is another: %v", c.what, now != last)
		}
		last = now
	}
}

// nobody fails the test when somebody is asked.
type nobody struct{ steps.Asker }

// Without asking, what needs an answer fails and nobody is asked.
func TestWithoutAsking(t *testing.T) {
	ask := &queuedAsker{Asker: nobody{}, taken: make(chan struct{}, 1)}
	ctx := steps.WithoutAsking(t.Context())
	_, mfa := ask.MFACode(ctx, "arn")
	_, pass := ask.Passphrase(ctx, "key.pem", false)
	_, key := ask.HostKey(ctx, steps.HostKeyQuestion{})
	for _, err := range []error{mfa, pass, key} {
		if !errors.Is(err, steps.ErrDeclined) {
			t.Errorf("it ended with %v", err)
		}
	}
}
