package remote

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// carrierScript is the carrier's part on the host. Its first lines say how it
// is spoken with.
//
//go:embed scripts/carrier.py
var carrierScript string

// runCarrier starts the carrier isolated, with a short line in the list of
// processes. Its script follows on stdin: what a Command's own shell reads, it
// reads byte by byte.
const runCarrier = `command -v python3 >/dev/null || exit 127
exec python3 -I -S -c '
import os
size, script = int(os.environ["JE_SIZE"]), b""
while len(script) < size:
    more = os.read(0, size - len(script))
    if not more:
        raise SystemExit
    script += more
exec(script)'`

// carrierGreeting is the line after which a carrier speaks; before it come the
// words of a shell's start files.
const carrierGreeting = "jupyter-ec2 carries\n"

// carrierPatience is how long a copy waits for its carrier to start.
const carrierPatience = 10 * time.Second

// carrier reads and writes small files on the host, each by one request and one
// answer, with many under way at a time. What it cannot do is left to SFTP, and
// it is left itself at the first thing that it should not have said.
type carrier struct {
	session io.Closer
	asked   chan *request
	sent    chan *request // in order, and not answered yet
	ended   chan struct{}
	once    sync.Once
}

// request is one to a carrier.
type request struct {
	head, body []byte
	read       func(*bufio.Reader) error // reads what follows a yes; nil for nothing
	done       chan struct{}
	yes        bool // read after done
}

func newRequest(what byte, path string, mode fs.FileMode, size int64) *request {
	if path == "" {
		path = "."
	}
	head := make([]byte, 0, 17+len(path))
	head = append(head, what)
	head = binary.BigEndian.AppendUint32(head, uint32(mode.Perm()))
	head = binary.BigEndian.AppendUint32(head, uint32(len(path))) // #nosec G115 -- no path has 4 GiB
	head = binary.BigEndian.AppendUint64(head, uint64(size))      // #nosec G115 -- sizes are not negative
	return &request{head: append(head, path...), done: make(chan struct{})}
}

func newCarrier(session io.Closer) *carrier {
	return &carrier{session: session, asked: make(chan *request), sent: make(chan *request, manyAtOnce), ended: make(chan struct{})}
}

// startCarrier starts a carrier, which ends with ctx. home tells what SFTP
// begins in: a carrier that is elsewhere, or sees other files, is not used.
func (c *Client) startCarrier(ctx context.Context, home func() (fs.FileInfo, error)) (*carrier, error) {
	s, err := c.openSession(ctx) // without patience: SFTP alone will do
	if err != nil {
		return nil, err
	}
	k := newCarrier(s)
	context.AfterFunc(ctx, k.end)
	err = k.start(s, home)
	if err != nil {
		k.end()
	}
	return k, err
}

func (k *carrier) start(s *ssh.Session, home func() (fs.FileInfo, error)) error {
	in, errIn := s.StdinPipe()
	out, errOut := s.StdoutPipe()
	cmd := Command{
		Script: runCarrier, Stdin: strings.NewReader(""), // more input follows
		Env: map[string]string{"JE_SIZE": strconv.Itoa(len(carrierScript)), "JE_BESIDE": anyName()},
	}
	program, err := cmd.program()
	if err := errors.Join(errIn, errOut, err); err != nil {
		return err
	}
	if err := s.Start(cmd.bootstrap(len(program))); err != nil {
		return err
	}
	if _, err := io.WriteString(in, program+carrierScript); err != nil {
		return err
	}
	r := bufio.NewReaderSize(out, 256<<10)
	if err := greetedAt(r, home); err != nil {
		return err
	}
	go k.write(in)
	go k.read(r)
	return nil
}

// end leaves the carrier. What waits for it turns to SFTP.
func (k *carrier) end() {
	k.once.Do(func() {
		close(k.ended)
		go func() { _ = k.session.Close() }() // a dead connection holds it up
	})
}

// errCarrier is a carrier that says what it should not.
var errCarrier = errors.New("the carrier does not keep to its words")

// greetedAt reads what a carrier says first: that it is there, and where.
func greetedAt(r *bufio.Reader, home func() (fs.FileInfo, error)) error {
	for most := 64 << 10; ; {
		line, err := r.ReadSlice('\n')
		if most -= len(line); err != nil || most < 0 {
			return errors.Join(errCarrier, err)
		}
		if string(line) == carrierGreeting {
			break
		}
	}
	var at struct {
		Mode, UID, GID uint32
		Size           uint64
		Changed        uint32
	}
	if err := binary.Read(r, binary.BigEndian, &at); err != nil {
		return err
	}
	info, err := home()
	if err != nil {
		return err
	}
	is, ok := info.Sys().(*sftp.FileStat)
	if !ok || is.Mode != at.Mode || is.UID != at.UID || is.GID != at.GID || is.Size != at.Size || is.Mtime != at.Changed {
		return fmt.Errorf("%w: it is in another folder than SFTP", errCarrier)
	}
	return nil
}

// write sends the requests, as many as there are in one piece.
func (k *carrier) write(in io.Writer) {
	defer k.end()
	w := bufio.NewWriterSize(in, 64<<10)
	for {
		var r *request
		select {
		case r = <-k.asked:
		default:
			if w.Flush() != nil {
				return
			}
			select {
			case r = <-k.asked:
			case <-k.ended:
				return
			}
		}
		select {
		case k.sent <- r:
		default: // its place is free once answers come, to what is still in w
			if w.Flush() != nil {
				return
			}
			select {
			case k.sent <- r:
			case <-k.ended:
				return
			}
		}
		_, errHead := w.Write(r.head)
		_, errBody := w.Write(r.body)
		if errHead != nil || errBody != nil {
			return
		}
	}
}

// read takes the answers, which come in the order of the requests.
func (k *carrier) read(from *bufio.Reader) {
	defer k.end()
	for {
		var r *request
		select {
		case r = <-k.sent:
		case <-k.ended:
			return
		}
		answer, err := from.ReadByte()
		if r.yes = answer == 'y'; err == nil && r.yes && r.read != nil {
			err = r.read(from)
		}
		if err != nil || !r.yes && answer != 'n' {
			return
		}
		close(r.done)
	}
}

// do sends a request and reports whether the carrier did it.
func (k *carrier) do(ctx context.Context, r *request) bool {
	return k.ask(ctx, r) && k.done(ctx, r)
}

func (k *carrier) ask(ctx context.Context, r *request) bool {
	select {
	case k.asked <- r:
		return true
	case <-k.ended:
	case <-ctx.Done():
	}
	return false
}

func (k *carrier) done(ctx context.Context, r *request) bool {
	select {
	case <-r.done:
		return r.yes
	case <-k.ended:
	case <-ctx.Done():
	}
	return false
}

// entry is what a host says of a name in a folder. Of a link to a file it says
// what it says of the file; mode is irregular where it is neither file nor folder.
type entry struct {
	name string
	size int64
	mode fs.FileMode
	time time.Time
}

// readEntries reads how a carrier lists a folder.
func readEntries(r *bufio.Reader) ([]entry, error) {
	var count uint32
	if err := binary.Read(r, binary.BigEndian, &count); err != nil {
		return nil, err
	}
	if count > maxEntries {
		return nil, errCarrier
	}
	all := make([]entry, 0, min(count, 1<<10))
	var head [19]byte
	for range count {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		perm, size := binary.BigEndian.Uint32(head[1:]), binary.BigEndian.Uint64(head[5:])
		e := entry{
			size: int64(min(size, math.MaxInt64)), // #nosec G115 -- just bounded
			mode: fs.FileMode(perm).Perm(), time: time.Unix(int64(binary.BigEndian.Uint32(head[13:])), 0),
		}
		name := make([]byte, binary.BigEndian.Uint16(head[17:]))
		if _, err := io.ReadFull(r, name); err != nil {
			return nil, err
		}
		e.name = string(name)
		switch head[0] {
		case 'f':
		case 'd':
			e.mode |= fs.ModeDir
		default:
			e.mode |= fs.ModeIrregular
		}
		all = append(all, e)
	}
	return all, nil
}
