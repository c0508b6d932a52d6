package project

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
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

// Bounds of what a host may say.
const (
	maxLine  = 4 << 20
	maxPaths = 2_000_000
)

// Host is a machine that a project is on. [remote.Client] is one.
type Host interface {
	Run(context.Context, remote.Command) error
	PutPairs(context.Context, []remote.Pair, remote.CopyOptions) (remote.Copied, error)
	GetPairs(ctx context.Context, dir string, pairs []remote.Pair, o remote.CopyOptions) (remote.Copied, error)
}

// there is the project's folder on a host.
type there struct {
	ctx   context.Context // ends with the host's part
	end   context.CancelCauseFunc
	in    *io.PipeWriter
	lines *bufio.Reader
	ended chan struct{}

	dir  string // absolute
	fold bool
	tree Tree
}

// errWords is a host whose part says what it should not.
var errWords = errors.New("the host's part of the project does not keep to its words")

// openThere starts the host's part, in a folder that begins in the home folder.
func openThere(ctx context.Context, h Host, dir string) (*there, error) {
	t := &there{tree: Tree{}, ended: make(chan struct{})}
	t.ctx, t.end = context.WithCancelCause(ctx)
	asked, in := io.Pipe()
	said, out := io.Pipe()
	t.in, t.lines = in, bufio.NewReaderSize(said, 64<<10)
	script := lookScript + actScript
	go func() {
		defer close(t.ended)
		err := h.Run(t.ctx, remote.Command{
			Script: runFar, Label: remote.WatchLabel, Env: map[string]string{"JE_SIZE": strconv.Itoa(len(script))},
			Stdin: io.MultiReader(strings.NewReader(script), asked), Stdout: out,
		})
		if err == nil {
			err = io.EOF
		}
		t.end(err)
		_ = out.CloseWithError(err)
		_ = asked.CloseWithError(err)
	}()
	context.AfterFunc(t.ctx, func() { _ = said.CloseWithError(context.Cause(t.ctx)) })
	err := t.begin(dir)
	if err != nil {
		t.end(context.Canceled)
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *there) begin(dir string) error {
	line, err := t.line()
	if err != nil {
		return err
	}
	if string(line) != farGreeting {
		return fmt.Errorf("%w: it begins with %s", errWords, safe.Clean(string(line[:min(len(line), 80)])))
	}
	var opened struct {
		answer
		Path string
		Fold bool
	}
	if err := t.ask(map[string]any{"do": "open", "root": dir, "make": true}); err != nil {
		return err
	}
	if err := t.read(&opened, &opened.answer); err != nil {
		return err
	}
	if !path.IsAbs(opened.Path) {
		return errWords
	}
	t.dir, t.fold = opened.Path, opened.Fold
	return nil
}

// close ends the host's part.
func (t *there) close() {
	_ = t.in.Close()
	select {
	case <-t.ended:
	case <-time.After(closePatience):
		t.end(context.Canceled)
		<-t.ended
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
	}
	return false
}

func (t *there) ask(what any) error {
	b, err := json.Marshal(what)
	if err == nil {
		_, err = t.in.Write(append(b, '\n'))
	}
	return t.why(err)
}

// why is why the host's part has ended, where it has.
func (t *there) why(err error) error {
	if err != nil && t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	return err
}

func (t *there) line() ([]byte, error) {
	var line []byte
	for {
		part, err := t.lines.ReadSlice('\n')
		if err == nil && line == nil {
			return bytes.TrimSuffix(part, []byte("\n")), nil
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, t.why(err)
		case len(line) > maxLine:
			return nil, errWords
		}
	}
}

// read reads a line, of which common is a part.
func (t *there) read(to any, common *answer) error {
	line, err := t.line()
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

// look sees what is there, by the rules of this side.
func (t *there) look(rules *Rules) (Scan, error) {
	if err := t.ask(map[string]any{"do": "scan", "rules": rules}); err != nil {
		return Scan{}, err
	}
	for range maxPaths {
		var said struct {
			answer
			P       string
			I       *wireItem
			Gone    []string
			Unknown map[string]string
		}
		if err := t.read(&said, &said.answer); err != nil {
			return Scan{}, err
		}
		if said.Done {
			return t.seen(said.Gone, said.Unknown)
		}
		if !goodPath(said.P) || said.I == nil || !said.I.good(said.P) {
			return Scan{}, errWords
		}
		t.tree[said.P] = Item(*said.I)
	}
	return Scan{}, errWords
}

func (t *there) seen(gone []string, unknown map[string]string) (Scan, error) {
	for _, p := range gone {
		delete(t.tree, p)
	}
	all := Scan{Tree: Tree{}, Unknown: map[string]string{}}
	for p, item := range t.tree {
		all.Tree[p] = item
	}
	for p, why := range unknown {
		all.Unknown[p] = safe.Clean(why)
	}
	return all, nil
}

// goodPath reports whether a path is one in the project.
func goodPath(p string) bool {
	return p != "." && fs.ValidPath(p) && !strings.ContainsRune(p, 0)
}

// verb is what an operation is to the host's part.
func (d Do) verb() string {
	return [...]string{MoveAside: "aside", Replace: "remove", MakeFolder: "folder", PutFile: "file", PutLink: "link", SetMode: "mode", Delete: "remove"}[d]
}

// wireOp is an operation as it is sent.
type wireOp struct {
	Do     string    `json:"do"`
	Path   string    `json:"p"`
	Was    *wireItem `json:"was"`
	Item   *wireItem `json:"i"`
	Aside  string    `json:"aside,omitempty"`
	Staged string    `json:"staged,omitempty"`
}

// apply has operations done, and returns the error of each. staged is where the
// files are that are to be put.
func (t *there) apply(ops []Op, staged func(Op) string) ([]error, error) {
	sent := make([]wireOp, len(ops))
	for i, o := range ops {
		sent[i] = wireOp{Do: o.Do.verb(), Path: o.Path, Was: wire(o.Was), Item: wire(o.Item), Aside: o.Aside}
		if o.Do == PutFile {
			sent[i].Staged = staged(o)
		}
	}
	if err := t.ask(map[string]any{"do": "apply", "ops": sent}); err != nil {
		return nil, err
	}
	errs := make([]error, len(ops))
	for n := range ops {
		var said struct {
			answer
			N       *int
			I       *wireItem
			Changed bool
		}
		err := t.read(&said, &said.answer)
		var host *hostError
		switch {
		case err != nil && !errors.As(err, &host):
			return nil, err
		case said.N == nil || *said.N != n:
			return nil, errWords
		case host != nil:
			errs[n] = host
		case said.Changed:
			errs[n] = errChanged
		case said.I == nil:
			delete(t.tree, ops[n].Path)
		case said.I.good(ops[n].Path):
			t.tree[ops[n].Path] = Item(*said.I)
		default:
			return nil, errWords
		}
	}
	var done answer
	if err := t.read(&done, &done); err != nil || !done.Done {
		return nil, errors.Join(errWords, err)
	}
	return errs, nil
}

// wireItem is an item as the host's part says it: kind, mode, size, time in
// nanoseconds, hash, target, holds.
type wireItem Item

func wire(i Item) *wireItem {
	if !i.there() {
		return nil
	}
	return (*wireItem)(&i)
}

// MarshalJSON writes it as a list.
func (i *wireItem) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{i.Kind, uint32(i.Mode), i.Size, i.Time.UnixNano(), i.Hash, i.Target, i.Holds})
}

// UnmarshalJSON reads it as a list.
func (i *wireItem) UnmarshalJSON(b []byte) error {
	var mode uint32
	var changed int64
	all := []any{&i.Kind, &mode, &i.Size, &changed, &i.Hash, &i.Target, &i.Holds}
	err := json.Unmarshal(b, &all)
	if err == nil && len(all) != 7 {
		err = errWords
	}
	i.Mode, i.Time = fs.FileMode(mode).Perm(), time.Unix(0, changed)
	return err
}

// good reports whether it is one that can be at a path.
func (i *wireItem) good(p string) bool {
	switch i.Kind {
	case File:
		return i.Size >= 0 && len(i.Hash) == 64 && strings.Trim(i.Hash, "0123456789abcdef") == ""
	case Folder:
		return i.Hash == "" && i.Target == ""
	case Link:
		return i.Hash == "" && inside(p, i.Target)
	}
	return false
}
