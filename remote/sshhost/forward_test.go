//go:build unix

package sshhost

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// echoUntilEnd serves one connection: it reads to the end, then answers all.
func echoUntilEnd(t *testing.T, l net.Listener) <-chan []byte {
	t.Helper()
	got := make(chan []byte, 1)
	go func() {
		defer close(got)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		all, err := io.ReadAll(conn)
		if err != nil {
			return
		}
		_, _ = conn.Write(all)
		got <- all
	}()
	t.Cleanup(func() { _ = l.Close() })
	return got
}

func TestForwardTCP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	own := w.host.Addr().Addr().String()
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "0.0.0.0", own, w.host.Name()} {
		l, err := net.Listen("tcp", net.JoinHostPort(own, "0"))
		if err != nil {
			t.Fatal(err)
		}
		echoUntilEnd(t, l)
		port := l.Addr().(*net.TCPAddr).Port
		conn, err := c.Dial("tcp", net.JoinHostPort(name, strconv.Itoa(port)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		send(t, conn, "hello")
		// Half a close: the answer comes only after our end, on the side still open.
		if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Error(err)
		}
		if answer, err := io.ReadAll(conn); err != nil || string(answer) != "hello" {
			t.Errorf("%s: answered %q, %v", name, answer, err)
		}
		_ = conn.Close()
	}
}

// All that was sent before a full close arrives.
func TestForwardDeliversBeforeClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := net.Listen("tcp", net.JoinHostPort(w.host.Addr().Addr().String(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	got := echoUntilEnd(t, l)
	conn, err := w.client().Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	sent := bytes.Repeat([]byte("0123456789abcdef"), 60000)
	if _, err := conn.Write(sent); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if all := <-got; !bytes.Equal(all, sent) {
		t.Errorf("%d bytes of %d arrived", len(all), len(sent))
	}
}

func TestForwardRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// As with await.Nobody, the system gives that port to nobody.
	_, err := w.client().Dial("tcp", net.JoinHostPort(w.host.Addr().Addr().String(), "1"))
	var open *ssh.OpenChannelError
	if !errors.As(err, &open) || open.Reason != ssh.ConnectionFailed || open.Message != "Connection refused" {
		t.Errorf("%v", err)
	}
}

// A port of the computer's own 127.0.0.1 is not the host's.
func TestForwardNotToTheComputer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if w.host.Addr().Addr().String() == "127.0.0.1" {
		t.Skip("this system has one loopback address")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if conn, err := w.client().Dial("tcp", l.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the host's localhost is the computer's")
	}
}

func TestForwardUnix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	path := filepath.Join(w.host.Home(), "s.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	echoUntilEnd(t, l)
	conn, err := c.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	send(t, conn, "hello")
	if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || string(answer) != "hello" {
		t.Errorf("answered %q, %v", answer, err)
	}
	if _, err := c.Dial("unix", path+"2"); err == nil || !strings.Contains(err.Error(), "No such file or directory") {
		t.Errorf("a missing socket: %v", err)
	}
	if !Dropped() {
		return
	}
	outside, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outside.Close() }()
	if err := os.Symlink(outside.Addr().String(), path+"3"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{outside.Addr().String(), path + "3"} {
		if _, err := c.Dial("unix", p); err == nil || !strings.Contains(err.Error(), "Permission denied") {
			t.Errorf("%s outside the home: %v", p, err)
		}
	}
}
