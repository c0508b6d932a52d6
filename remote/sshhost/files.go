package sshhost

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pkg/sftp"
)

// serveFiles is the sftp subsystem: the home, and nothing outside it. It goes
// through os.Root, because it is the program that opens the files, which may
// be root where the host's user is not.
func (s *session) serveFiles() {
	root, err := os.OpenRoot(s.h.home)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	f := &files{root: root, home: s.h.home, who: s.h.c.who}
	server := sftp.NewRequestServer(&staysOpen{ReadWriter: s.ch},
		sftp.Handlers{FileGet: f, FilePut: f, FileCmd: f, FileList: f},
		sftp.WithStartDirectory(filepath.ToSlash(s.h.home)))
	_ = server.Serve() // ends with the client
	_ = server.Close()
}

// showFiles makes the subsystem seen in the host's list of processes, where it
// is a process on other hosts, until the function it answers is called.
func (s *session) showFiles() (done func()) {
	wait, end, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	cmd := &exec.Cmd{Path: s.h.c.shell, Args: []string{"sftp-server", "-c", "read line"}, Stdin: wait}
	cmd.Dir, cmd.Env, cmd.SysProcAttr = s.h.home, s.environment(), s.h.c.who.apply(false)
	_ = s.h.spawn(cmd, func(error) {}) // it only shows
	closeAll(wait)
	return func() { closeAll(end) }
}

// staysOpen keeps the channel open after the server's end, for the exit status.
// Nothing is written after Close, also by what the server has left at work: the
// channel takes no Write beside a CloseWrite.
type staysOpen struct {
	io.ReadWriter

	mu     sync.Mutex
	closed bool
}

func (s *staysOpen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	return s.ReadWriter.Write(p)
}

func (s *staysOpen) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// files answers SFTP requests within a home.
type files struct {
	root *os.Root
	home string
	who  identity
}

// inside turns a request's path, which is absolute, into one relative to the home.
func (f *files) inside(name string) (string, error) {
	rest, ok := strings.CutPrefix(path.Clean(name), filepath.ToSlash(f.home))
	switch {
	case ok && rest == "":
		return ".", nil
	case ok && rest[0] == '/':
		return rest[1:], nil
	}
	return "", sftp.ErrSSHFxPermissionDenied
}

// answer turns an error into one that SFTP has a code for; os.Root's "path
// escapes from parent" is a refusal.
func answer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist
	case errors.Is(err, fs.ErrPermission), strings.Contains(err.Error(), "escapes"):
		return sftp.ErrSSHFxPermissionDenied
	}
	return err
}

// Fileread opens a file for reading.
func (f *files) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	name, err := f.inside(r.Filepath)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	return file, answer(err)
}

// Filewrite opens a file for writing.
func (f *files) Filewrite(r *sftp.Request) (io.WriterAt, error) { return f.OpenFile(r) }

// OpenFile opens a file as the client asks.
func (f *files) OpenFile(r *sftp.Request) (sftp.WriterAtReaderAt, error) {
	name, err := f.inside(r.Filepath)
	if err != nil {
		return nil, err
	}
	p := r.Pflags()
	flags := os.O_WRONLY
	if p.Read {
		flags = os.O_RDWR
	}
	for on, flag := range map[int]bool{os.O_CREATE: p.Creat, os.O_TRUNC: p.Trunc, os.O_EXCL: p.Excl} {
		if flag {
			flags |= on
		}
	}
	mode := fs.FileMode(0o644)
	if r.AttrFlags().Permissions {
		mode = r.Attributes().FileMode().Perm()
	}
	file, err := f.root.OpenFile(name, flags, mode)
	if err != nil {
		return nil, answer(err)
	}
	if p.Creat && f.who.drop {
		if err := file.Chown(f.who.uid, f.who.gid); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return file, nil
}

// Filecmd changes names, folders and attributes.
func (f *files) Filecmd(r *sftp.Request) error {
	if r.Method == "Symlink" { // Filepath is what the link says, Target where it is
		at, err := f.inside(r.Target)
		if err != nil {
			return err
		}
		return answer(errors.Join(f.root.Symlink(r.Filepath, at), f.own(at)))
	}
	name, err := f.inside(r.Filepath)
	if err != nil {
		return err
	}
	switch r.Method {
	case "Setstat":
		return answer(f.setStat(name, r))
	case "Mkdir":
		return answer(errors.Join(f.root.Mkdir(name, 0o755), f.own(name)))
	case "Remove", "Rmdir":
		return answer(f.root.Remove(name))
	case "Rename", "Link":
		to, err := f.inside(r.Target)
		if err != nil {
			return err
		}
		if r.Method == "Link" {
			return answer(f.root.Link(name, to))
		}
		if _, err := f.root.Lstat(to); err == nil {
			return fs.ErrExist // the protocol's own rename does not replace
		}
		return answer(f.root.Rename(name, to))
	}
	return sftp.ErrSSHFxOpUnsupported
}

// PosixRename renames and replaces, by the extension posix-rename@openssh.com.
func (f *files) PosixRename(r *sftp.Request) error {
	from, errFrom := f.inside(r.Filepath)
	to, errTo := f.inside(r.Target)
	if err := errors.Join(errFrom, errTo); err != nil {
		return sftp.ErrSSHFxPermissionDenied
	}
	return answer(f.root.Rename(from, to))
}

func (f *files) setStat(name string, r *sftp.Request) error {
	flags, a := r.AttrFlags(), r.Attributes()
	var errs []error
	if flags.Size {
		file, err := f.root.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		errs = append(errs, file.Truncate(int64(a.Size)), file.Close()) // #nosec G115 -- a size that is too large is refused as a negative one
	}
	if flags.Permissions {
		errs = append(errs, f.root.Chmod(name, a.FileMode().Perm()))
	}
	if flags.Acmodtime {
		errs = append(errs, f.root.Chtimes(name, a.AccessTime(), a.ModTime()))
	}
	return errors.Join(errs...)
}

// own gives a new file to the host's user.
func (f *files) own(name string) error {
	if !f.who.drop {
		return nil
	}
	return f.root.Lchown(name, f.who.uid, f.who.gid)
}

// Filelist lists a folder, or answers for one file.
func (f *files) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	name, err := f.inside(r.Filepath)
	if err != nil {
		return nil, err
	}
	if r.Method != "List" {
		return f.one(f.root.Stat(name))
	}
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, answer(err)
	}
	defer func() { _ = dir.Close() }()
	infos, err := dir.Readdir(-1)
	return infoList(infos), answer(err)
}

// Lstat answers for a link itself.
func (f *files) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	name, err := f.inside(r.Filepath)
	if err != nil {
		return nil, err
	}
	return f.one(f.root.Lstat(name))
}

// Readlink returns what a link says.
func (f *files) Readlink(name string) (string, error) {
	name, err := f.inside(name)
	if err != nil {
		return "", err
	}
	to, err := f.root.Readlink(name)
	return to, answer(err)
}

func (f *files) one(info fs.FileInfo, err error) (sftp.ListerAt, error) {
	if err != nil {
		return nil, answer(err)
	}
	return infoList{info}, nil
}

// infoList answers a listing in pieces.
type infoList []fs.FileInfo

// ListAt copies from offset on.
func (l infoList) ListAt(to []fs.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[offset:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}
