package sshbench

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// far is what a client has to know of the far end of the benchmark: an OpenSSH
// server, and a server behind it that both are to reach.
type far struct {
	Addr, User string // of sshd
	Key        string // the file with the private key that opens it
	KnownHosts string // the file for OpenSSH's client
	HostKey    string // the line for ours
	Origin     string // the server, as sshd reaches it
}

// farEnd is the far end's process: it says on out where it is, and stays until
// in ends.
func farEnd(host string, delay time.Duration, line *os.File, in io.Reader, out io.WriteCloser) error {
	if line != nil {
		end, err := openLineEnd(host)
		if err != nil {
			return err
		}
		joinLine(line, end, delay)
	}
	origin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go originServer(origin)
	dir, err := os.MkdirTemp("", "jupyter-ec2-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	f, sshd, err := farSSHD(dir, host)
	if err != nil {
		return err
	}
	defer func() { _ = sshd.Process.Kill(); _ = sshd.Wait() }()
	f.Origin = origin.Addr().String()
	if err := json.NewEncoder(out).Encode(f); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// farSSHD starts OpenSSH's server as its package sets it up, in all that matters here.
func farSSHD(dir, host string) (far, *exec.Cmd, error) {
	me, err := user.Current()
	if err != nil {
		return far{}, nil, err
	}
	f := far{User: me.Username, Key: filepath.Join(dir, "key"), KnownHosts: filepath.Join(dir, "known_hosts")}
	mine, err := remote.Generate("bench")
	if err != nil {
		return f, nil, err
	}
	hosts, err := remote.Generate("host")
	if err != nil {
		return f, nil, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return f, nil, err
	}
	f.Addr, f.HostKey = l.Addr().String(), hosts.Public
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		return f, nil, err
	}
	conf := "HostKey " + filepath.Join(dir, "host_key") + "\nAuthorizedKeysFile " + filepath.Join(dir, "authorized") +
		"\nStrictModes no\nPidFile none\nUsePAM no\nPermitRootLogin yes\nSubsystem sftp /usr/lib/openssh/sftp-server\nListenAddress " + host + "\nPort " + port + "\n"
	for name, content := range map[string]string{
		"host_key": string(hosts.Private), "key": string(mine.Private), "authorized": mine.Public, "sshd_config": conf,
		"known_hosts": "[" + host + "]:" + port + " " + hosts.Public + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return f, nil, err
		}
	}
	if me.Uid == "0" {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // it insists on it
			return f, nil, err
		}
	}
	sshd := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return f, nil, err
	}
	sshd.Stderr = log
	if err := sshd.Start(); err != nil {
		return f, nil, fmt.Errorf("start sshd: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return f, sshd, remote.WaitPort(ctx, f.Addr, nil, nil)
}

// What the origin is asked: a letter and a number of bytes.
const (
	askDown = 'D' // to send them
	askUp   = 'U' // to take them, and send one when it has them all
	askEcho = 'E' // to send them back
)

func originServer(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			buf := make([]byte, 256<<10)
			for originAnswer(c, buf) == nil {
			}
		}()
	}
}

func originAnswer(c net.Conn, buf []byte) error {
	var head [9]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	left := int(binary.BigEndian.Uint64(head[1:]))
	if head[0] == askEcho {
		if _, err := io.ReadFull(c, buf[:left]); err != nil {
			return err
		}
		_, err := c.Write(buf[:left])
		return err
	}
	for left > 0 {
		part := buf[:min(left, len(buf))]
		n, err := 0, error(nil)
		if head[0] == askDown {
			n, err = c.Write(part)
		} else {
			n, err = c.Read(part)
		}
		if err != nil {
			return err
		}
		left -= n
	}
	if head[0] == askUp {
		_, err := c.Write(buf[:1])
		return err
	}
	return nil
}
