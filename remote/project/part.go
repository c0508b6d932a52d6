package project

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// lookScript and actScript are the host's part, which is one script. Its first
// lines say how it is spoken with.
//
//go:embed scripts/look.py
var lookScript string

//go:embed scripts/act.py
var actScript string

// runFar starts the host's part isolated, with a short line in the list of
// processes. Its script comes on stdin, before the requests.
const runFar = `command -v python3 >/dev/null || exit 127
exec python3 -I -S -X utf8 -c '
import os
size, script = int(os.environ["JE_SIZE"]), b""
while len(script) < size:
    more = os.read(0, size - len(script))
    if not more:
        raise SystemExit
    script += more
exec(script)' "$0"`

// farGreeting is the first line that the host's part says.
const farGreeting = `{"speaks":"a project's host","version":1}`

// maxLine is how long a line of the host's may be: two paths, each of whose bytes
// JSON writes with six.
const maxLine = 64 << 10

// errWords is a host whose part says what it should not.
var errWords = errors.New("the host's part of the project does not keep to its words")

// part is the host's part of a project. It is asked for one thing at a time.
type part struct {
	ctx   context.Context // ends with it
	end   context.CancelCauseFunc
	in    *io.PipeWriter
	lines *bufio.Reader
	ended chan struct{}
}

// startPart has it run on a host.
func startPart(ctx context.Context, h Host) *part {
	p := &part{ended: make(chan struct{})}
	p.ctx, p.end = context.WithCancelCause(ctx)
	asked, in := io.Pipe()
	said, out := io.Pipe()
	p.in, p.lines = in, bufio.NewReaderSize(said, maxLine)
	script := lookScript + actScript
	go func() {
		defer close(p.ended)
		err := h.Run(p.ctx, remote.Command{
			Script: runFar, Label: remote.WatchLabel, Env: map[string]string{"JE_SIZE": strconv.Itoa(len(script))},
			Stdin: io.MultiReader(strings.NewReader(script), asked), Stdout: out,
		})
		if err == nil {
			err = io.EOF
		}
		p.end(err)
		_ = out.CloseWithError(err)
		_ = asked.CloseWithError(err)
	}()
	context.AfterFunc(p.ctx, func() { _ = said.CloseWithError(context.Cause(p.ctx)) })
	return p
}

// greeted hears the first line.
func (p *part) greeted() error {
	line, err := p.line()
	if err == nil && string(line) != farGreeting {
		err = fmt.Errorf("%w: it begins with %s", errWords, safe.Clean(string(line[:min(len(line), 80)])))
	}
	return err
}

// close ends it.
func (p *part) close() {
	_ = p.in.Close()
	select {
	case <-p.ended:
	case <-time.After(closePatience):
		p.end(context.Canceled)
		<-p.ended
	}
}

// closePatience is how long the host's part may take to end.
const closePatience = 5 * time.Second

// answer is what each line of the host's may have.
type answer struct {
	Error string
	Code  int
	Done  bool
}

// hostError is what the host's system says of a path, or of the whole.
type hostError struct {
	text string
	code int // of Linux's
}

func (e *hostError) Error() string { return e.text }

// Is reports whether the error is one of those that Go knows by name.
func (e *hostError) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e.code == 2
	case fs.ErrPermission:
		return e.code == 1 || e.code == 13
	case fs.ErrExist:
		return e.code == 17
	case ErrMoved:
		return e.code == 116
	}
	return false
}

// speak asks for something, and has the answer heard. Where that is none nothing
// more is asked: the rest of it would be taken for the next answer.
func (p *part) speak(what any, hear func() error) error {
	if p.ctx.Err() != nil {
		return context.Cause(p.ctx)
	}
	b, err := json.Marshal(what)
	if err != nil {
		return err
	}
	if _, err = p.in.Write(append(b, '\n')); err == nil {
		err = hear()
	}
	var host *hostError
	if err == nil || errors.As(err, &host) {
		return err
	}
	err = p.why(err)
	p.end(err)
	return err
}

// why is why the host's part has ended, where it has.
func (p *part) why(err error) error {
	if p.ctx.Err() != nil {
		return context.Cause(p.ctx)
	}
	return err
}

func (p *part) line() ([]byte, error) {
	line, err := p.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%w: a line is too long", errWords)
	case err != nil:
		return nil, p.why(err)
	}
	return line[:len(line)-1], nil
}

// read reads a line, of which common is a part.
func (p *part) read(to any, common *answer) error {
	line, err := p.line()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, to); err != nil {
		return fmt.Errorf("%w: %w", errWords, err)
	}
	if common.Error != "" {
		return &hostError{safe.Clean(common.Error), common.Code}
	}
	return nil
}
