package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

const (
	// knockWithin is how long one try to reach a port takes at most.
	knockWithin = 5 * time.Second
	// knockAgain is after how long an unanswered try gets another one beside it.
	knockAgain = 500 * time.Millisecond
)

// WaitPort waits until an SSH server answers at addr, or ctx ends. Each failed
// try is told to each, which may be nil. The connection that was answered is
// left in keep for the login, unless that is nil. When ctx's time is up the
// error tells why the last try failed.
func WaitPort(ctx context.Context, addr string, keep *Greeted, each func(err error)) error {
	defer timing.Wait(ctx, timing.Machine)()
	for pause := 50 * time.Millisecond; ; pause = min(pause*3/2, knockAgain) {
		w, err := greeted(ctx, addr)
		if err == nil {
			keep.put(addr, w)
			return nil
		}
		if each != nil && ctx.Err() == nil {
			each(err)
		}
		switch ended := Pause(ctx, pause); {
		case errors.Is(ended, context.Canceled):
			return fmt.Errorf("wait for %s: %w", addr, ended)
		case ended != nil:
			return err
		}
	}
}

// greeted connects, and waits for the server's greeting.
func greeted(ctx context.Context, addr string) (*wire, error) {
	try, cancel := context.WithTimeout(ctx, knockWithin)
	defer cancel()
	conn, err := reach(try, addr)
	if err != nil {
		return nil, dialError(Target{Addr: addr}, err)
	}
	w := newWire(conn)
	stop := context.AfterFunc(try, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = w.awaitGreeting(addr)
	if !stop() && err == nil { // the end came between the greeting and here
		err = &Error{Reason: Timeout, Addr: addr, Err: try.Err()}
	}
	if err != nil {
		_ = conn.Close() // nothing was sent
		return nil, err
	}
	return w, nil
}

// awaitGreeting waits until the server says that it speaks SSH, and leaves what
// it said to be read.
func (w *wire) awaitGreeting(addr string) error {
	for !strings.Contains(w.greeting(), "SSH-") {
		_, err := w.r.Peek(w.r.Buffered() + 1)
		switch said := w.greeting(); {
		case err == nil && len(said) < maxGreeting:
		case said != "":
			return &Error{Reason: NotSSH, Addr: addr, Text: firstLine(said), Err: err}
		case isTimeout(err):
			return &Error{Reason: Timeout, Addr: addr, Err: err}
		default:
			return &Error{Reason: Closed, Addr: addr, Err: err}
		}
	}
	return nil
}

// reach makes a TCP connection to a machine that may just be coming up. While
// nothing answers, further tries are begun: a system repeats a lost one after 1,
// 3 and 7 seconds only, and would miss the moment by that much.
func reach(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		conn net.Conn
		err  error
	}
	first := make(chan outcome)
	try := func() {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		select {
		case first <- outcome{conn, err}:
		case <-ctx.Done():
			if conn != nil {
				_ = conn.Close() // another one was first
			}
		}
	}
	go try()
	again := time.NewTicker(knockAgain)
	defer again.Stop()
	for {
		select {
		case o := <-first:
			return o.conn, o.err
		case <-again.C:
			go try()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
