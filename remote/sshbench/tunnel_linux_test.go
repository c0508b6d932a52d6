package sshbench

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// distance is how far the machine is, and how much is moved over it, so that
// each figure takes some seconds.
type distance struct {
	name            string
	delay           time.Duration // each way
	down, up, eight int           // MiB; of eight streams, each
	pings, connects int
}

func distances() []distance {
	return []distance{
		{"loopback", 0, 512, 512, 96, 500, 200},
		{"20ms", 10 * time.Millisecond, 192, 128, 48, 200, 30},
		{"80ms", 40 * time.Millisecond, 64, 48, 24, 50, 10},
	}
}

// The figures. "First" of eight streams is what those get that begin at the same
// time on a tunnel that had one connection so far; the next eight find further
// ones.
const (
	first     = "first-byte-ms" // since the process was started
	connect   = "connect-ms"    // a new connection, until its first byte came back
	ping      = "ping-p99-ms"   // 1 KB there and back
	load120   = "page-ms"       // 120 files of 64 KiB, over six connections
	downOne   = "down-MiB/s"
	upOne     = "up-MiB/s"
	firstDown = "down8-first-MiB/s"
	downEight = "down8-MiB/s"
	upEight   = "up8-MiB/s"
	cpuDown   = "down-cpu-s/GiB" // of the client
	cpuUp     = "up-cpu-s/GiB"
	memory    = "peak-MB" // of the client
)

// figures are in the order in which they are taken.
func figures() []string {
	return []string{first, connect, ping, load120, downOne, upOne, firstDown, downEight, upEight, cpuDown, cpuUp, memory}
}

// BenchmarkTunnel compares our tunnel with `ssh -NL`, as it comes and with the
// cipher that we choose: on the same OpenSSH server, with the same server behind
// it, figure by figure in turns. It is part of make bench, and on its own
//
//	go test -run='^$' -bench=Tunnel -benchtime=1x -count=3 ./remote/sshbench
//
// takes three rounds, of about four minutes each. Distances need root: each is a
// pair of network namespaces. -bench=Tunnel/loopback takes one of them alone.
func BenchmarkTunnel(b *testing.B) {
	if role := strings.SplitN(os.Getenv(roleVariable), " ", 3); role[0] != "" {
		if err := playRole(role); err != nil {
			b.Fatal(err)
		}
		return
	}
	for _, need := range []string{"ssh", "/usr/sbin/sshd"} {
		if _, err := exec.LookPath(need); err != nil {
			b.Skipf("OpenSSH is not installed: %v", err)
		}
	}
	for _, d := range distances() {
		b.Run(d.name, func(b *testing.B) {
			if d.delay > 0 && os.Getuid() != 0 {
				b.Skip("network namespaces need root")
			}
			all, err := measure(d)
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range peers() {
				b.Run(p.name, func(b *testing.B) {
					b.ReportMetric(0, "ns/op") // says nothing here
					for figure, value := range all[p.name] {
						b.ReportMetric(value, figure)
					}
				})
			}
		})
	}
}

// measure takes all figures of a distance once, in a process of its own, where
// there is a delay in a network of its own.
func measure(d distance) (all results, err error) {
	out, said, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd := self("near", d.name)
	cmd.ExtraFiles = []*os.File{said}
	if d.delay > 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = said.Close()
	err = json.NewDecoder(out).Decode(&all)
	if ended := cmd.Wait(); ended != nil {
		return nil, ended
	}
	return all, err
}

func playRole(role []string) error {
	switch role[0] {
	case "near":
		i := slices.IndexFunc(distances(), func(d distance) bool { return d.name == role[1] })
		return distances()[i].nearEnd(os.NewFile(3, "figures"))
	case "far":
		delay, err := time.ParseDuration(role[2])
		if err != nil {
			return err
		}
		var line *os.File
		if delay > 0 {
			line = os.NewFile(4, "line")
		}
		return farEnd(role[1], delay, line, os.Stdin, os.NewFile(3, "far"))
	case "tunnel":
		return holdTunnel(role[1], role[2])
	}
	return fmt.Errorf("no such role: %s", role[0])
}

// nearEnd starts the far end, takes the figures, and says them on out.
func (d distance) nearEnd(out *os.File) error {
	f, end, err := startFar(d.delay)
	if err != nil {
		return err
	}
	defer end()
	all, err := d.round(f)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(all)
}

// results has the figures of each peer.
type results map[string]map[string]float64

// round takes each figure of each peer once; they take turns.
func (d distance) round(f far) (results, error) {
	all, running := results{}, map[string]tunnelProcess{}
	for _, p := range shuffled(peers()) {
		t, took, err := startPeer(p, f)
		if t.Cmd != nil {
			defer t.end()
		}
		if err != nil {
			return nil, err
		}
		running[p.name], all[p.name] = t, map[string]float64{first: took}
	}
	for _, figure := range figures() {
		for _, p := range shuffled(peers()) {
			if _, known := all[p.name][figure]; known {
				continue // it came with another one
			}
			if err := d.take(figure, running[p.name], all[p.name]); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", figure, p.name, err)
			}
		}
	}
	return all, nil
}

// shuffled is in another order each time: the first one finds the machine as
// the figure before has left it.
func shuffled(all []peer) []peer {
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// take takes one figure, or two that belong together.
func (d distance) take(figure string, t tunnelProcess, into map[string]float64) (err error) {
	switch figure {
	case connect:
		into[figure], err = connections(t.addr, d.connects)
	case ping:
		into[figure], err = pings(t.addr, d.pings)
	case load120:
		into[figure], err = page(t.addr)
	case downOne:
		into[downOne], into[cpuDown], err = t.one(d.down<<20, (*load).down)
	case upOne:
		into[upOne], into[cpuUp], err = t.one(d.up<<20, (*load).up)
	case firstDown, downEight:
		into[figure], err = streams(t.addr, 8, d.eight<<20, (*load).down)
	case upEight:
		into[figure], err = streams(t.addr, 8, d.eight<<20, (*load).up)
	case memory:
		into[figure], err = t.memory()
	}
	return err
}

// one moves n bytes on one stream, and returns the speed, and what the client
// used for a GiB.
func (t tunnelProcess) one(n int, move func(*load, int) error) (speed, cpu float64, err error) {
	before, err := t.cpu()
	if err != nil {
		return 0, 0, err
	}
	if speed, err = streams(t.addr, 1, n, move); err != nil {
		return 0, 0, err
	}
	after, err := t.cpu()
	return speed, (after - before) / (float64(n) / (1 << 30)), err
}
