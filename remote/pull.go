package remote

import (
	"context"
	"errors"
	"io"

	"github.com/pkg/sftp"
)

// wideFile is from what size on a file is read over two SSH channels: over a
// distance one is bound by how much SSH lets be under way in it.
const wideFile = 32 << 20

// reader reads the host's file at an offset.
type reader interface {
	ReadAt(p []byte, at int64) (int, error)
}

// piece is one of a file, as it came.
type piece struct {
	b   []byte
	err error
}

// pull reads a file from at to its end, wherever that is, and writes it in order.
// Several pieces are asked for at a time, of each of the files in turn, which
// are one and the same.
func pull(files []reader, at int64, size, underWay int, to io.Writer) error {
	stop := make(chan struct{})
	defer close(stop)
	order := make(chan chan piece, underWay) // in the order of the file
	free := make(chan []byte, underWay+1)
	go func() {
		for n := 0; ; n++ {
			came := make(chan piece, 1)
			select {
			case order <- came:
			case <-stop:
				return
			}
			var b []byte
			select {
			case b = <-free:
			default:
				b = make([]byte, size)
			}
			go func(from reader, at int64) {
				n, err := from.ReadAt(b, at)
				came <- piece{b[:n], err}
			}(files[n%len(files)], at+int64(n)*int64(size))
		}
	}()
	for came := range order {
		p := <-came
		if len(p.b) > 0 {
			if _, err := to.Write(p.b); err != nil {
				return err
			}
		}
		if errors.Is(p.err, io.EOF) {
			return nil
		}
		if p.err != nil {
			return p.err
		}
		free <- p.b[:size]
	}
	return nil
}

// readers are what a file on the host is read from: the file that is open, and
// a large one a second time, over another channel, where the host gives one.
func (t *transfer) readers(ctx context.Context, in *sftp.File, f file) (all []reader, end func()) {
	all, end = []reader{in}, func() {}
	if f.size < wideFile {
		return all, end
	}
	client := t.second(ctx)
	if client == nil {
		return all, end
	}
	again, err := client.Open(f.from)
	if err != nil {
		return all, end
	}
	end = func() { _ = again.Close() } // was only read
	// Another file may have been moved to that place meanwhile.
	one, errOne := in.Stat()
	two, errTwo := again.Stat()
	if errOne != nil || errTwo != nil || one.Size() != two.Size() || !one.ModTime().Equal(two.ModTime()) {
		return all, end
	}
	return append(all, again), end
}

// second is a second SFTP session, opened when it is first asked for, and closed
// with ctx, which all files of a copy have in common; nil where the host gives none.
func (t *transfer) second(ctx context.Context) *sftp.Client {
	t.secondOnce.Do(func() {
		s, err := t.c.openSession(ctx) // without patience: one will do
		if err != nil {
			return
		}
		client, err := t.openSFTP(ctx, s)
		if err != nil {
			_ = s.Close()
			return
		}
		t.also = client
		context.AfterFunc(ctx, func() { t.c.hangUp(s) })
	})
	return t.also
}
