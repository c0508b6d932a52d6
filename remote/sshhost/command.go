package sshhost

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"sync"
)

// environment is what every process of the host gets.
func (h *Host) environment() map[string]string {
	env := maps.Clone(h.c.env)
	maps.Copy(env, map[string]string{
		"HOME": h.home, "USER": User, "LOGNAME": User, "SHELL": h.c.shell,
		"TMPDIR": h.home + "/.tmp", "XDG_RUNTIME_DIR": h.home + "/.run",
		markID: h.id, markHome: h.home, varBin: h.c.env["PATH"],
		"JUPYTER_EC2_LOOPBACK": h.addr.Addr().String(), varBoot: h.bootID,
	})
	return env
}

// environment is what a process of this session gets. What the client sends
// never stands in for what the host gives: isClients lets no such name in.
func (s *session) environment() []string {
	own := s.h.environment()
	maps.Copy(own, s.env)
	if remote, local := s.c.conn.RemoteAddr(), s.c.conn.LocalAddr(); remote != nil && local != nil {
		own["SSH_CONNECTION"], own["SSH_CLIENT"] = connectionOf(remote.String(), local.String())
	}
	if s.term != nil {
		own["SSH_TTY"], own["TERM"] = s.term.tty.Name(), s.term.name
	}
	return environ(own)
}

// start starts the command with the session's terminal or with pipes.
func (s *session) start(cmd *exec.Cmd) {
	cmd.Dir, cmd.Env = s.h.home, s.environment()
	var err error
	if s.term != nil {
		err = s.startInTerminal(cmd)
	} else {
		err = s.startWithPipes(cmd)
	}
	if err != nil {
		_, _ = fmt.Fprintf(s.ch.Stderr(), "cannot start the command: %v\r\n", err)
		s.exit(exitStatus(255))
		s.finish()
	}
}

// spawn starts the process and, when it has ended, tells the client and calls
// then. It does not hold the session: the process may outlive it.
func (s *session) spawn(cmd *exec.Cmd, then func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.h.spawn(cmd, func(err error) {
		s.mu.Lock()
		s.pid = 0 // the number may soon be another's
		s.mu.Unlock()
		s.exit(exitOf(cmd.ProcessState, err))
		then()
	})
	if err != nil {
		return err
	}
	s.pid = cmd.Process.Pid
	return nil
}

// startInTerminal runs the command on the terminal.
func (s *session) startInTerminal(cmd *exec.Cmd) error {
	t := s.term
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.tty, t.tty, t.tty
	cmd.SysProcAttr = s.h.c.who.apply(true)
	ended, drained := make(chan struct{}), make(chan struct{})
	err := s.spawn(cmd, func() {
		close(ended)
		<-drained
		s.finish()
	})
	_ = t.tty.Close()
	if err != nil {
		return err
	}
	s.hangup = func() {
		s.signal("HUP")
		t.close()
	}
	s.work.Go(func() { _, _ = io.Copy(t.master, s.ch) }) // ends with the channel
	s.work.Go(func() {
		defer close(drained)
		t.copyOutput(s.ch, ended)
	})
	return nil
}

// startWithPipes runs the command on pipes. As with sshd, its exit is told at
// once, and the channel stays open for as long as someone holds its output.
func (s *session) startWithPipes(cmd *exec.Cmd) error {
	var p pipes
	if err := p.open(); err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.inR, p.outW, p.errW
	cmd.SysProcAttr = s.h.c.who.apply(false)
	var drained sync.WaitGroup
	drained.Add(2)
	err := s.spawn(cmd, func() { drained.Wait(); s.finish() })
	closeAll(p.inR, p.outW, p.errW)
	if err != nil {
		closeAll(p.inW, p.outR, p.errR)
		return err
	}
	s.hangup = func() { closeAll(p.inW, p.outR, p.errR) }
	s.work.Go(func() {
		_, err := io.Copy(p.inW, s.ch)
		_ = p.inW.Close()
		if err != nil {
			_, _ = io.Copy(io.Discard, s.ch) // nobody reads it; the client must not wait for room
		}
	})
	copyOut := func(to io.Writer, from *os.File) {
		defer drained.Done()
		_, _ = io.Copy(to, from) // a client that left shows at the channel
		_ = from.Close()
	}
	s.work.Go(func() { copyOut(s.ch, p.outR) })
	s.work.Go(func() { copyOut(s.ch.Stderr(), p.errR) })
	return nil
}

// pipes are a command's three, both ends of each.
type pipes struct{ inR, inW, outR, outW, errR, errW *os.File }

func (p *pipes) open() error {
	var errs [3]error
	p.inR, p.inW, errs[0] = os.Pipe()
	p.outR, p.outW, errs[1] = os.Pipe()
	p.errR, p.errW, errs[2] = os.Pipe()
	err := errors.Join(errs[:]...)
	if err != nil {
		closeAll(p.inR, p.inW, p.outR, p.outW, p.errR, p.errW)
	}
	return err
}

// closeAll closes files, those that were never opened too.
func closeAll(files ...*os.File) {
	for _, f := range files {
		_ = f.Close() // of nil, and of one closed before, is only an error
	}
}
