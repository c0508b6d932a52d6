//go:build unix

package remote

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// hostile is a host that gives whatever names it likes.
type hostile struct{ names []string }

func (h hostile) Fileread(*sftp.Request) (io.ReaderAt, error) {
	return bytes.NewReader([]byte("evil")), nil
}
func (h hostile) Filewrite(*sftp.Request) (io.WriterAt, error) { return nil, fs.ErrPermission }
func (h hostile) Filecmd(*sftp.Request) error                  { return fs.ErrPermission }
func (h hostile) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if r.Method != "List" {
		return infos{info{name: r.Filepath, dir: !strings.Contains(r.Filepath, "file")}}, nil
	}
	var all infos
	for _, n := range h.names {
		all = append(all, info{name: n, dir: !strings.Contains(n, "file")})
	}
	return all, nil
}

type infos []fs.FileInfo

func (l infos) ListAt(to []fs.FileInfo, at int64) (int, error) {
	if at >= int64(len(l)) {
		return 0, io.EOF
	}
	return copy(to, l[at:]), nil
}

type info struct {
	fs.FileInfo
	name string
	dir  bool
}

func (i info) Name() string { return i.name }
func (i info) Size() int64  { return 4 }
func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return fs.ModeSetuid | 0o777
}
func (i info) ModTime() (t time.Time) { return t }
func (i info) IsDir() bool            { return i.dir }
func (i info) Sys() any               { return nil }

// serveHostile is an SSH server that serves nothing but such files.
func serveHostile(t *testing.T, files hostile) host {
	hostKey := newSigner(t)
	h := host{user: "ubuntu", signer: newSigner(t), key: keyOf(hostKey.PublicKey())}
	conf := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	conf.AddHostKey(hostKey)
	h.addr = serve(t, func(c net.Conn) {
		_, chans, reqs, err := ssh.NewServerConn(c, conf)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(reqs)
		for nc := range chans {
			ch, reqs, err := nc.Accept()
			if err != nil {
				return
			}
			go func() {
				for r := range reqs {
					_ = r.Reply(r.Type == "subsystem", nil)
					if r.Type == "subsystem" {
						go func() {
							_ = sftp.NewRequestServer(ch, sftp.Handlers{FileGet: files, FilePut: files, FileCmd: files, FileList: files}).Serve()
						}()
					}
				}
			}()
		}
	})
	return h
}

func TestHostileNames(t *testing.T) {
	outside := t.TempDir()
	for name, c := range map[string]struct {
		names []string
		want  CopyReason
	}{
		"slash":        {[]string{"/"}, CopyBadName},
		"empty":        {[]string{""}, CopyBadName},
		"dots":         {[]string{"x/.."}, CopyBadName},
		"zero":         {[]string{"file\x00"}, CopyBadName},
		"climbs":       {[]string{"../../file", "/etc/file"}, ""},
		"link outside": {[]string{"out"}, CopyFailed},
		"without end":  {[]string{"more"}, CopyTooMuch},
	} {
		t.Run(name, func(t *testing.T) {
			h := serveHostile(t, hostile{c.names})
			at := filepath.Join(t.TempDir(), "x", "y")
			if err := errors.Join(os.MkdirAll(at, 0o755), os.Symlink(outside, filepath.Join(at, "out"))); err != nil {
				t.Fatal(err)
			}
			client := h.client(t)
			var err error
			if name == "link outside" {
				// The folder on the host is called as a link here is.
				_, err = client.Get(t.Context(), []string{"some/out"}, at, CopyOptions{Recursive: true})
			} else {
				_, err = client.Get(t.Context(), []string{"some/."}, at, CopyOptions{Recursive: true})
			}
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(filepath.Join(at, "file"))
				if err != nil || info.Mode() != 0o755 {
					t.Errorf("%v, %v", info, err)
				}
			} else if got := reasonOfCopy(t, err); got != c.want && name != "link outside" {
				t.Errorf("%q: %v", got, err)
			}
			if got := listing(t, outside); len(got) != 1 {
				t.Errorf("outside: %q", got)
			}
			if got := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(filepath.Dir(at)))); len(got) != 1 {
				t.Errorf("above: %q", got)
			}
		})
	}
}
