package testhost

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var (
	//go:embed scripts/hold.sh
	holdScript string
	//go:embed scripts/network.sh
	networkScript string
)

const (
	slots    = 8  // processes that may have hosts at the same time
	slotBits = 19 // their networks: 8191 addresses each
	inUse    = 75 // hold.sh's exit code
)

// Lab is where one process's hosts run. It is made by the first Start; Close
// ends and removes them all. The zero Lab is ready to use.
type Lab struct {
	mu     sync.Mutex
	open   *slot
	failed error
}

// slot is what a lab holds: names and addresses that no other process uses.
type slot struct {
	name            string // "jupyter-ec2-test-0"
	number          int
	cache           string // the folder of all slots
	private, public netip.Prefix

	holder *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader

	mu     sync.Mutex
	trees  map[string]*tree // by name
	hosts  int              // made so far
	starts int              // addresses given so far
}

func (s *slot) dir() string { return filepath.Join(s.cache, s.name) }

// cacheDir is JUPYTER_EC2_TEST_CACHE, or the user's cache folder.
func cacheDir() (string, error) {
	dir := os.Getenv("JUPYTER_EC2_TEST_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(user, "jupyter-ec2-tests")
	}
	dir, err := filepath.Abs(filepath.Join(dir, "hosts"))
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(filepath.Join(dir, "packages"), 0o755)
}

// Start makes a host and boots it, or skips the test where none can be had.
// The host is removed at the test's end.
func (l *Lab) Start(t testing.TB, s Spec) *Host {
	t.Helper()
	Need(t)
	h, err := l.New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the host's console:\n%s", h.Console())
		}
		if err := h.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// New makes a host that is down.
func (l *Lab) New(ctx context.Context, s Spec) (*Host, error) {
	slot, err := l.slot(ctx)
	if err != nil {
		return nil, err
	}
	return slot.newHost(ctx, s)
}

// Close ends all hosts and removes what they left on this computer.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		return nil
	}
	s := l.open
	l.open, l.failed = nil, errors.New("the lab is closed")
	return s.release()
}

// Ready builds what such hosts are made from, which takes a minute or two the
// first time, so that New need not.
func (l *Lab) Ready(ctx context.Context, spec Spec) error {
	s, err := l.slot(ctx)
	if err == nil {
		_, err = s.layers(ctx, spec)
	}
	return err
}

func (l *Lab) slot(ctx context.Context) (*slot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil && l.failed == nil {
		l.open, l.failed = openSlot(ctx)
	}
	return l.open, l.failed
}

func openSlot(ctx context.Context) (*slot, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, fmt.Errorf("making the cache folder of the test hosts: %w", err)
	}
	s, err := claim(cache)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// claim takes the first slot that nobody has.
func claim(cache string) (*slot, error) {
	for n := range slots {
		s := &slot{
			name: fmt.Sprintf("jupyter-ec2-test-%d", n), number: n, cache: cache,
			private: block(77, n), public: block(78, n),
		}
		ok, err := s.hold()
		if err != nil {
			return nil, fmt.Errorf("taking %s: %w", s.name, err)
		}
		if ok {
			return s, nil
		}
	}
	return nil, fmt.Errorf("all %d slots for test hosts are in use", slots)
}

// block is slot n's part of 10.net.0.0/16.
func block(net byte, n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, net, byte(n << (24 - slotBits)), 0}), slotBits)
}

// nth is the address at an offset from a prefix's first one.
func nth(p netip.Prefix, n int) netip.Addr {
	a := p.Addr().As4()
	a[2] += byte(n >> 8)
	a[3] += byte(n)
	return netip.AddrFrom4(a)
}

// hold starts the process that has the slot's lock, and cleans up when this
// one ends, in whatever way. It answers false when another process has it.
func (s *slot) hold() (bool, error) {
	s.holder = exec.Command("setsid", "sh", "-c", holdScript, "hold", s.name, s.cache)
	stdin, err := s.holder.StdinPipe()
	if err != nil {
		return false, err
	}
	stdout, err := s.holder.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := s.holder.Start(); err != nil {
		return false, err
	}
	s.stdin, s.stdout = stdin, bufio.NewReader(stdout)
	var said []string
	for {
		line, err := s.stdout.ReadString('\n')
		switch {
		case line == "ready\n":
			return true, os.MkdirAll(s.dir(), 0o755)
		case err == nil:
			said = append(said, strings.TrimSpace(line))
			continue
		}
		err = s.holder.Wait()
		if s.holder.ProcessState.ExitCode() == inUse {
			return false, nil
		}
		return false, fmt.Errorf("%w: %q", err, said)
	}
}

// release has the holder clean up, and tells what it could not.
func (s *slot) release() error {
	_ = s.stdin.Close() // that is the word
	said, err := io.ReadAll(s.stdout)
	if len(said) > 0 {
		err = errors.Join(err, fmt.Errorf("cleaning up after the test hosts: %s", said))
	}
	return errors.Join(err, s.holder.Wait())
}

func (s *slot) prepare(ctx context.Context) error {
	if _, err := s.root(ctx, usual); err != nil {
		return err
	}
	if _, err := sh(ctx, networkScript, s.name, s.cache, s.private.String(), s.public.String()); err != nil {
		return fmt.Errorf("making the network of the test hosts: %w", err)
	}
	return nil
}

// sh runs a script and answers what it printed; its error tells that too.
func sh(ctx context.Context, script string, args ...string) (string, error) {
	return run(ctx, "sh", append([]string{"-c", "set -eu\n" + script, "testhost"}, args...)...)
}

func run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}
