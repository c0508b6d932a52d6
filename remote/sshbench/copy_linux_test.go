package sshbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// copied is one thing to copy: so many files of such a size.
type copied struct {
	what  string // as it is called in a unit
	files int
	size  int
}

// copyPlan is what is copied over a line of some length. The program is started,
// logs in, copies and ends, for each of them.
type copyPlan struct {
	name   string
	delay  time.Duration // each way
	copies []copied
	peers  []string
	slow   string // a peer that many files would take too long
}

func copyPlans() []copyPlan {
	large := copied{"1GB", 1, 1_000_000_000}
	many, few := copied{"5000files", 5000, 4 << 10}, copied{"250files", 250, 4 << 10}
	return []copyPlan{
		{name: "loopback", copies: []copied{many, large}, peers: []string{scp, scpGCM, rsync, rsyncGCM, ours}},
		// At a distance the cipher is not what takes time, and scp would take a
		// quarter of an hour for many files.
		{name: "20ms", delay: 10 * time.Millisecond, copies: []copied{many, few, large}, peers: []string{scp, rsync, ours}, slow: scp},
	}
}

const (
	scp, scpGCM     = "scp", "scp_gcm"
	rsync, rsyncGCM = "rsync", "rsync_gcm"
	ours            = "ours"
)

// BenchmarkCopy compares our copies with those of scp and rsync, as they come
// and with the cipher that we choose, on the same OpenSSH server, in turns.
// It is part of make bench, and on its own
//
//	go test -run='^$' -bench=Copy -benchtime=1x -count=3 ./remote/sshbench
//
// takes three rounds, of about three minutes each, as root, and 2.2 GB in
// /dev/shm. Figures are seconds, up or down; MB is the most memory that ours had.
func BenchmarkCopy(b *testing.B) {
	if role := strings.SplitN(os.Getenv(roleVariable), " ", 5); role[0] != "" {
		if err := playCopyRole(role); err != nil {
			b.Fatal(err)
		}
		return
	}
	for _, need := range []string{"scp", "rsync", "/usr/sbin/sshd"} {
		if _, err := exec.LookPath(need); err != nil {
			b.Skipf("there is nothing to compare with: %v", err)
		}
	}
	if os.Getuid() != 0 {
		b.Skip("needs root")
	}
	dir, err := os.MkdirTemp("/dev/shm", "jupyter-ec2-copies")
	if err != nil {
		b.Skip(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, plan := range copyPlans() {
		b.Run(plan.name, func(b *testing.B) { plan.run(b, dir) })
	}
}

// run takes the figures in another process, which may have a network of its own,
// and reports them.
func (plan copyPlan) run(b *testing.B, dir string) {
	for _, c := range plan.copies {
		if err := c.plant(dir); err != nil {
			b.Fatal(err)
		}
	}
	cmd := selfCopy("near", plan.name, dir)
	out, said, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{said}
	if plan.delay > 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	if err := errors.Join(cmd.Start(), said.Close()); err != nil {
		b.Fatal(err)
	}
	var taken map[string]map[string]float64 // by peer and unit
	errRead := json.NewDecoder(out).Decode(&taken)
	if err := errors.Join(errRead, cmd.Wait(), out.Close()); err != nil {
		b.Fatal(err)
	}
	for _, peer := range plan.peers {
		b.Run(peer, func(b *testing.B) {
			for unit, value := range taken[peer] {
				b.ReportMetric(value, unit)
			}
			b.ReportMetric(0, "ns/op") // is not shown
		})
	}
}

// plant makes what is copied, where it is not there yet.
func (c copied) plant(dir string) error {
	random := rand.NewChaCha8([32]byte{5})
	for n := range c.files {
		at := filepath.Join(dir, c.what, fmt.Sprint("folder", n/100))
		if c.files == 1 {
			at = filepath.Join(dir, c.what)
		}
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		name := filepath.Join(at, fmt.Sprint("file", n))
		if _, err := os.Stat(name); err == nil {
			continue
		}
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		_, err = io.CopyN(f, random, int64(c.size))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// selfCopy is this test binary in another role of this benchmark.
func selfCopy(role ...string) *exec.Cmd {
	cmd := self(role...)
	cmd.Args[slices.Index(cmd.Args, "-test.bench=^BenchmarkTunnel$")] = "-test.bench=^BenchmarkCopy$"
	return cmd
}

func playCopyRole(role []string) error {
	switch role[0] {
	case "near":
		i := slices.IndexFunc(copyPlans(), func(p copyPlan) bool { return p.name == role[1] })
		return copyPlans()[i].take(role[2], os.NewFile(3, "figures"))
	case "copy":
		return copyOurs(role[1] == "up", role[2], role[3], role[4])
	}
	return fmt.Errorf("no such role: %s", role[0])
}

// command copies from one place to another, with a program of a peer's.
func command(peer string, f far, up bool, from, to string) (*exec.Cmd, error) {
	var cipher []string
	program, gcm := strings.CutSuffix(peer, "_gcm")
	if gcm {
		cipher = []string{"-c", "aes128-gcm@openssh.com"}
	}
	if program != ours {
		return theirs(program, f, up, from, to, cipher...)
	}
	spec, err := json.Marshal(f)
	return selfCopy("copy", map[bool]string{true: "up", false: "down"}[up], from, to, string(spec)), err
}

// theirs is scp or rsync, so that it does what ours does: modes are kept, times
// are not.
func theirs(program string, f far, up bool, from, to string, more ...string) (*exec.Cmd, error) {
	host, port, err := net.SplitHostPort(f.Addr)
	if err != nil {
		return nil, err
	}
	ssh := append([]string{
		"-F", "none", "-i", f.Key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
		"-o", "UserKnownHostsFile=" + f.KnownHosts, "-o", "StrictHostKeyChecking=yes",
	}, more...)
	far := f.User + "@" + host + ":"
	if up {
		to = far + to
	} else {
		from = far + from
	}
	args := append(ssh, "-q", "-r", "-P", port, from, to)
	if program == "rsync" {
		args = []string{"-rp", "-e", "ssh -p " + port + " " + strings.Join(ssh, " "), from, to}
	}
	return exec.Command(program, args...), nil
}

// copyOurs is our copy's process.
func copyOurs(up bool, from, to, spec string) error {
	var f far
	if err := json.Unmarshal([]byte(spec), &f); err != nil {
		return err
	}
	s, err := remote.LoadKey(f.Key, nil)
	if err != nil {
		return err
	}
	ctx := context.Background()
	c, err := remote.Dial(ctx, remote.Target{Addr: f.Addr, User: f.User, InstanceID: "bench"},
		remote.Auth{Signers: []remote.Signer{s}}, remote.HostKeyCheck{Expected: []string{f.HostKey}})
	if err != nil {
		return err
	}
	do := c.Get
	if up {
		do = c.Put
	}
	_, err = do(ctx, []string{from}, to, remote.CopyOptions{Recursive: true})
	return errors.Join(err, c.Close())
}

// take takes the figures, and writes them as JSON.
func (plan copyPlan) take(dir string, out io.Writer) error {
	f, end, err := startFar(plan.delay)
	if err != nil {
		return err
	}
	defer end()
	taken := map[string]map[string]float64{}
	for _, peer := range plan.peers {
		taken[peer] = map[string]float64{}
	}
	for _, c := range plan.copies {
		for _, up := range []bool{true, false} {
			order := slices.Clone(plan.peers)
			rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			for _, peer := range order {
				if peer == plan.slow && c.files >= 1000 {
					continue
				}
				took, mb, err := timeCopy(peer, f, up, filepath.Join(dir, c.what))
				if err != nil {
					return fmt.Errorf("%s, %s: %w", c.what, peer, err)
				}
				taken[peer][c.what+map[bool]string{true: "-up-s", false: "-down-s"}[up]] = took
				if peer == ours {
					taken[peer]["MB"] = max(taken[peer]["MB"], mb)
				}
			}
		}
	}
	return json.NewEncoder(out).Encode(taken)
}

// timeCopy copies once, into a place that is empty, and checks that all is there.
func timeCopy(peer string, f far, up bool, from string) (seconds, mb float64, err error) {
	target, err := os.MkdirTemp("/dev/shm", "jupyter-ec2-copy")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.RemoveAll(target) }()
	cmd, err := command(peer, f, up, from, target+"/")
	if err != nil {
		return 0, 0, err
	}
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, err
	}
	seconds = time.Since(began).Seconds()
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if out, err := exec.Command("diff", "-r", from, filepath.Join(target, filepath.Base(from))).CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("what arrived differs: %w: %.300s", err, out)
	}
	return seconds, float64(usage.Maxrss) / 1024, nil
}
