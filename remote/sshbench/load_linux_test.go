package sshbench

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// load is a client of the server behind a tunnel, through its local port.
type load struct {
	net.Conn
	buf []byte
}

func newLoad(addr string) (*load, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &load{c, make([]byte, 256<<10)}, nil
}

// ask sends a question, and the data that belong to it.
func (l *load) ask(what byte, n int, data ...byte) error {
	_, err := l.Write(append(binary.BigEndian.AppendUint64([]byte{what}, uint64(n)), data...))
	return err
}

func (l *load) down(n int) error {
	if err := l.ask(askDown, n); err != nil {
		return err
	}
	for n > 0 {
		got, err := l.Read(l.buf[:min(n, len(l.buf))])
		if err != nil {
			return err
		}
		n -= got
	}
	return nil
}

func (l *load) up(n int) error {
	if err := l.ask(askUp, n); err != nil {
		return err
	}
	for n > 0 {
		sent, err := l.Write(l.buf[:min(n, len(l.buf))])
		if err != nil {
			return err
		}
		n -= sent
	}
	_, err := io.ReadFull(l, l.buf[:1])
	return err
}

func (l *load) echo(n int) error {
	if err := l.ask(askEcho, n, l.buf[:n]...); err != nil {
		return err
	}
	_, err := io.ReadFull(l, l.buf[:n])
	return err
}

// streams moves bytes on several connections at the same time, and returns the
// MiB a second of all together, from the first connection to the last byte.
func streams(addr string, n, each int, move func(*load, int) error) (float64, error) {
	began := time.Now()
	err := atOnce(n, func() error {
		l, err := newLoad(addr)
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }()
		return move(l, each)
	})
	return float64(n*each) / (1 << 20) / time.Since(began).Seconds(), err
}

func atOnce(n int, f func() error) error {
	var all sync.WaitGroup
	failed := make(chan error, n)
	for range n {
		all.Go(func() {
			if err := f(); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// page loads 120 files of 64 KiB over six connections, as browsers do.
func page(addr string) (float64, error) {
	files := make(chan struct{}, 120)
	for range cap(files) {
		files <- struct{}{}
	}
	close(files)
	began := time.Now()
	err := atOnce(6, func() error {
		l, err := newLoad(addr)
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }()
		for range files {
			if err := l.down(64 << 10); err != nil {
				return err
			}
		}
		return nil
	})
	return millis(time.Since(began)), err
}

// connections opens one after the other, and returns what one takes until its
// first byte has come back.
func connections(addr string, n int) (float64, error) {
	took := make([]float64, n)
	for i := range took {
		began := time.Now()
		l, err := newLoad(addr)
		if err != nil {
			return 0, err
		}
		if err := l.echo(1); err != nil {
			return 0, err
		}
		took[i] = millis(time.Since(began))
		_ = l.Close()
	}
	return median(took), nil
}

// pings sends 1 KB there and back, and returns what the slowest hundredth takes.
func pings(addr string, n int) (float64, error) {
	l, err := newLoad(addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	took := make([]float64, n)
	for i := range took {
		began := time.Now()
		if err := l.echo(1 << 10); err != nil {
			return 0, err
		}
		took[i] = millis(time.Since(began))
	}
	slices.Sort(took)
	return took[(n*99-1)/100], nil
}

// firstByte waits until one byte has gone there and back.
func firstByte(addr string, began time.Time) (float64, error) {
	for time.Since(began) < 30*time.Second {
		if l, err := newLoad(addr); err == nil {
			err = l.echo(1)
			_ = l.Close()
			if err == nil {
				return millis(time.Since(began)), nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return 0, fmt.Errorf("nothing came through %s", addr)
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
