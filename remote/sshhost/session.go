package sshhost

import (
	"encoding/binary"
	"io"
	"os/exec"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/ssh"
)

// session is one session channel: at most one command, shell or subsystem.
type session struct {
	h      *Host
	c      client
	ch     ssh.Channel
	env    map[string]string // from the client
	term   *terminal         // nil without pty-req
	begun  bool
	work   sync.WaitGroup // what copies to and from the client
	hangup func()         // the client left; nil before begun

	mu  sync.Mutex
	pid int // of the running command; 0 before and after
}

// session serves a session channel until it is closed (RFC 4254, 6).
func (h *Host) session(c client, n ssh.NewChannel) {
	ch, requests, err := n.Accept()
	if err != nil {
		return
	}
	s := &session{h: h, c: c, ch: ch, env: map[string]string{}}
	for r := range requests {
		ok := s.request(r.Type, r.Payload)
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if ok {
			s.begin(r.Type, r.Payload) // after the reply, so that output never comes before it
		}
	}
	// The channel is closed. As with sshd, what runs without a terminal is not
	// ended by that: it finds its input ended and nobody at its output.
	if s.hangup != nil {
		s.hangup()
	}
	s.work.Wait()
	_ = ch.Close()
	if s.term != nil {
		s.term.close()
	}
}

// request takes one request and reports whether it is granted.
func (s *session) request(kind string, payload []byte) bool {
	switch kind {
	case "env":
		var v struct{ Name, Value string }
		if ssh.Unmarshal(payload, &v) != nil || !isClients(v.Name) || s.begun {
			return false
		}
		s.env[v.Name] = v.Value
		return true
	case "pty-req":
		if s.begun || s.term != nil {
			return false
		}
		s.term = openTerminal(payload, s.h.c.who)
		return s.term != nil
	case "window-change":
		return s.term != nil && s.term.resize(payload)
	case "signal":
		var v struct{ Name string }
		return ssh.Unmarshal(payload, &v) == nil && s.signal(v.Name)
	case "shell":
		return !s.begun
	case "exec":
		var v struct{ Command string }
		return !s.begun && ssh.Unmarshal(payload, &v) == nil
	case "subsystem":
		var v struct{ Name string }
		return !s.begun && ssh.Unmarshal(payload, &v) == nil && v.Name == "sftp" && !s.c.wrong
	}
	return false
}

// begin starts what a granted request asks for.
func (s *session) begin(kind string, payload []byte) {
	shell := s.h.c.shell
	switch kind {
	case "shell", "exec", "subsystem":
		s.begun = true
	default:
		return
	}
	switch {
	case s.c.wrong:
		_, _ = io.WriteString(s.ch, wrongUserText)
		s.exit(exitStatus(wrongUserExit))
		s.finish()
	case kind == "shell":
		if s.term != nil {
			_, _ = io.WriteString(s.ch, "This is the sandbox: a shell of this computer, without sudo. Nothing here is on AWS.\r\n")
		}
		s.start(&exec.Cmd{Path: shell, Args: []string{"-" + filepath.Base(shell)}})
	case kind == "exec":
		var v struct{ Command string }
		_ = ssh.Unmarshal(payload, &v) // was good in request
		s.start(&exec.Cmd{Path: shell, Args: []string{filepath.Base(shell), "-c", v.Command}})
	case kind == "subsystem":
		s.hangup = func() { _ = s.ch.Close() }
		shown := s.showFiles()
		s.work.Go(func() {
			s.serveFiles()
			shown()
			s.exit(exitStatus(0))
			s.finish()
		})
	}
}

// finish ends the channel from this side; the client then closes it too.
func (s *session) finish() {
	_ = s.ch.CloseWrite()
	_ = s.ch.Close()
}

// exitMessage is how a command's end is told.
type exitMessage struct {
	request string
	payload []byte
}

// exitStatus is the message for an exit code.
func exitStatus(code int) exitMessage {
	return exitMessage{"exit-status", binary.BigEndian.AppendUint32(nil, uint32(code))} // #nosec G115 -- 0 to 255
}

// exitSignal is the message for a signal, named without SIG.
func exitSignal(name string, core bool) exitMessage {
	return exitMessage{"exit-signal", ssh.Marshal(struct {
		Name          string
		Core          bool
		Message, Lang string
	}{name, core, "", ""})}
}

// exit tells the client how the command ended.
func (s *session) exit(m exitMessage) { _, _ = s.ch.SendRequest(m.request, false, m.payload) }
