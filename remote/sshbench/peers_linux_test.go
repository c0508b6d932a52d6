package sshbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// peer is a client that forwards a local port, as a process of its own.
type peer struct {
	name  string
	start func(f far, port string) (*exec.Cmd, error)
}

// peers are OpenSSH's client as it comes, the same with the cipher that we
// choose, and our tunnel.
func peers() []peer {
	return []peer{
		{"ssh", func(f far, port string) (*exec.Cmd, error) { return startSSH(f, port) }},
		{"gcm", func(f far, port string) (*exec.Cmd, error) { return startSSH(f, port, "-c", "aes128-gcm@openssh.com") }},
		{"ours", startOurs},
	}
}

func startSSH(f far, port string, more ...string) (*exec.Cmd, error) {
	host, sshPort, err := net.SplitHostPort(f.Addr)
	if err != nil {
		return nil, err
	}
	args := append([]string{
		"-F", "none", "-N", "-L", "127.0.0.1:" + port + ":" + f.Origin, "-i", f.Key, "-p", sshPort, "-o", "IdentitiesOnly=yes",
		"-o", "BatchMode=yes", "-o", "UserKnownHostsFile=" + f.KnownHosts, "-o", "StrictHostKeyChecking=yes",
	}, more...)
	cmd := exec.Command("ssh", append(args, f.User+"@"+host)...)
	cmd.Stderr = os.Stderr
	return cmd, cmd.Start()
}

// roleVariable makes another process of this test binary what it says.
const roleVariable = "JUPYTER_EC2_BENCH_ROLE"

// self is this test binary in another role.
func self(role ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", "-test.run=^$", "-test.bench=^BenchmarkTunnel$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), roleVariable+"="+strings.Join(role, " "))
	cmd.Stderr = os.Stderr
	return cmd
}

func startOurs(f far, port string) (*exec.Cmd, error) {
	spec, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	cmd := self("tunnel", port, string(spec))
	if _, err := cmd.StdinPipe(); err != nil { // it stays while this is open
		return nil, err
	}
	return cmd, cmd.Start()
}

// holdTunnel is our tunnel's process.
func holdTunnel(port, spec string) error {
	var f far
	if err := json.Unmarshal([]byte(spec), &f); err != nil {
		return err
	}
	s, err := remote.LoadKey(f.Key, nil)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	t, err := remote.OpenTunnel(context.Background(), remote.TunnelSpec{
		LocalPort: n, RemoteAddr: f.Origin,
		Dial: func(ctx context.Context) (*remote.Client, error) {
			return remote.Dial(ctx, remote.Target{Addr: f.Addr, User: f.User, InstanceID: "bench"}, remote.Auth{Signers: []remote.Signer{s}}, remote.HostKeyCheck{Expected: []string{f.HostKey}})
		},
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, t.Close())
}

// tunnelProcess is a peer that runs.
type tunnelProcess struct {
	*exec.Cmd
	addr string // its local port
}

// startPeer starts one, and returns how long its first byte took.
func startPeer(p peer, f far) (tunnelProcess, float64, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return tunnelProcess{}, 0, err
	}
	addr := l.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	if err = errors.Join(err, l.Close()); err != nil {
		return tunnelProcess{}, 0, err
	}
	began := time.Now()
	cmd, err := p.start(f, port)
	if err != nil {
		return tunnelProcess{}, 0, fmt.Errorf("start %s: %w", p.name, err)
	}
	took, err := firstByte(addr, began)
	return tunnelProcess{cmd, addr}, took, err
}

func (t tunnelProcess) end() {
	_ = t.Process.Kill()
	_ = t.Wait()
}

// cpu is what the process has used so far, in seconds.
func (t tunnelProcess) cpu() (float64, error) {
	said, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(said[strings.LastIndexByte(string(said), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return float64(user+system) / 100, errors.Join(err, err2)
}

// memory is the most that the process has had, in MB.
func (t tunnelProcess) memory() (float64, error) {
	said, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(said), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	return float64(kb) / 1024, err
}

// startFar starts the far end, where there is a delay in a network of its own.
func startFar(delay time.Duration) (f far, end func(), err error) {
	host := "127.0.0.1"
	if delay > 0 {
		host = farAddr
	}
	cmd := self("far", host, delay.String())
	in, err := cmd.StdinPipe()
	if err != nil {
		return f, nil, err
	}
	out, said, err := os.Pipe()
	if err != nil {
		return f, nil, err
	}
	cmd.ExtraFiles = []*os.File{said}
	if delay > 0 {
		line, err := openLineEnd(nearAddr)
		if err != nil {
			return f, nil, err
		}
		defer func() { _ = line.Close() }()
		cmd.ExtraFiles = append(cmd.ExtraFiles, line)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	if err := errors.Join(cmd.Start(), said.Close()); err != nil {
		return f, nil, err
	}
	end = func() { _ = in.Close(); _ = cmd.Wait() }
	if err := json.NewDecoder(out).Decode(&f); err != nil {
		end()
		return f, nil, fmt.Errorf("the far end did not start: %w", err)
	}
	return f, end, out.Close()
}
