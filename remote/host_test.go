package remote

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// host is an SSH server on loopback that the tests reach.
type host struct {
	addr   string
	user   string
	home   string
	signer Signer // opens it
	key    Key    // its host key
	starts string // what its login shell does first, as by a start file
}

func (h host) target() Target {
	return Target{Addr: h.addr, User: h.user, InstanceID: "i-0123456789abcdef0", Timeout: await.Wait}
}

func (h host) dial(ctx context.Context) (*Client, error) {
	return Dial(ctx, h.target(), Auth{Signers: []Signer{h.signer}}, HostKeyCheck{Expected: []string{h.key.Line}})
}

func (h host) client(t *testing.T) *Client {
	t.Helper()
	c, err := h.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// eachHost runs a test against the Go server below, and against OpenSSH where
// it is installed.
func eachHost(t *testing.T, f func(t *testing.T, h host)) {
	t.Run("go", func(t *testing.T) { f(t, startHost(t, nil)) })
	t.Run("openssh", func(t *testing.T) { f(t, startOpenSSH(t)) })
}

func newSigner(t *testing.T) Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startHost starts an SSH server with a real sh behind it. change may alter
// its configuration.
func startHost(t *testing.T, change func(*ssh.ServerConfig)) host {
	t.Helper()
	return startHostWith(t, "", change)
}

// startHostWith is startHost with what its login shell does first.
func startHostWith(t *testing.T, starts string, change func(*ssh.ServerConfig)) host {
	t.Helper()
	hostKey := newSigner(t)
	h := host{user: "ubuntu", home: t.TempDir(), signer: newSigner(t), key: keyOf(hostKey.PublicKey()), starts: starts}
	conf := &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() != h.user || keyOf(k) != keyOf(h.signer.PublicKey()) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	conf.AddHostKey(hostKey)
	if change != nil {
		change(conf)
	}
	h.addr = serve(t, func(c net.Conn) {
		conn, chans, reqs, err := ssh.NewServerConn(c, conf)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(reqs)
		for ch := range chans {
			go serveChannel(h, ch)
		}
		_ = conn.Wait()
	})
	return h
}

// serve accepts connections until the test ends, and waits for f to return.
func serve(t *testing.T, f func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() { defer func() { _ = c.Close() }(); f(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

func serveChannel(h host, nc ssh.NewChannel) {
	switch nc.ChannelType() {
	case "session":
		if ch, reqs, err := nc.Accept(); err == nil {
			serveSession(h, ch, reqs)
		}
	case "direct-tcpip":
		var to struct {
			Host     string
			Port     uint32
			From     string
			FromPort uint32
		}
		_ = ssh.Unmarshal(nc.ExtraData(), &to)
		forward(nc, "tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	case "direct-streamlocal@openssh.com":
		var to struct {
			Path     string
			Reserved string
			Zero     uint32
		}
		_ = ssh.Unmarshal(nc.ExtraData(), &to)
		forward(nc, "unix", to.Path)
	default:
		_ = nc.Reject(ssh.UnknownChannelType, "no")
	}
}

func forward(nc ssh.NewChannel, network, addr string) {
	c, err := net.Dial(network, addr)
	if err != nil {
		_ = nc.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	ch, reqs, err := nc.Accept()
	if err != nil {
		_ = c.Close()
		return
	}
	go ssh.DiscardRequests(reqs)
	go func() {
		_, _ = io.Copy(ch, c)
		_ = ch.CloseWrite()
	}()
	_, _ = io.Copy(c, ch)
	_ = c.(interface{ CloseWrite() error }).CloseWrite()
}

func serveSession(h host, ch ssh.Channel, reqs <-chan *ssh.Request) {
	var cmd *exec.Cmd
	for r := range reqs {
		switch {
		case r.Type == "exec" && cmd == nil:
			var p struct{ Command string }
			_ = ssh.Unmarshal(r.Payload, &p)
			cmd = exec.Command("/bin/sh", "-c", h.starts+"\n"+p.Command)
			cmd.Dir, cmd.Env = h.home, []string{"HOME=" + h.home, "PATH=" + os.Getenv("PATH")}
			cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
			in, err := cmd.StdinPipe()
			if err == nil {
				err = cmd.Start()
			}
			_ = r.Reply(err == nil, nil)
			if err != nil {
				_ = ch.Close()
				return
			}
			go func() { _, _ = io.Copy(in, ch); _ = in.Close() }()
			go exitStatus(cmd, ch)
		case r.Type == "signal" && cmd != nil:
			_ = cmd.Process.Kill()
		default:
			_ = r.Reply(false, nil)
		}
	}
}

func exitStatus(cmd *exec.Cmd, ch ssh.Channel) {
	cmd.WaitDelay = await.Wait // background children may hold the outputs, which are lost then
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
	} else {
		_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal    string
			Core      bool
			Msg, Lang string
		}{Signal: "KILL"}))
	}
	_ = ch.Close()
}

// startOpenSSH starts OpenSSH's own server, where it is installed. changes may
// alter its configuration.
func startOpenSSH(t *testing.T, changes ...func(conf string) string) host {
	t.Helper()
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		if sshd, err = exec.LookPath("/usr/sbin/sshd"); err != nil {
			t.Skip("OpenSSH's sshd is not installed")
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // it insists on it
			t.Skipf("OpenSSH's sshd needs /run/sshd: %v", err)
		}
	}
	dir := t.TempDir()
	h := host{user: me.Username, home: t.TempDir(), signer: newSigner(t)}
	pair, err := Generate("host")
	if err != nil {
		t.Fatal(err)
	}
	if h.key, err = ParseKey(pair.Public); err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// The home is the test's, for commands, the login shell and files.
	force := write("force", `cd "`+h.home+`" && export HOME="$PWD" PS1="ready$ "
case $SSH_ORIGINAL_COMMAND in
internal-sftp*) for s in /usr/lib/openssh /usr/libexec /usr/lib/ssh; do [ ! -x $s/sftp-server ] || exec $s/sftp-server; done; exit 127 ;;
"") exec sh -i ;;
esac
exec sh -c "$SSH_ORIGINAL_COMMAND"
`)
	conf := fmt.Sprintf("HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nPidFile none\nUsePAM no\nPermitRootLogin yes\nMaxStartups 100\n"+
		"Subsystem sftp internal-sftp\nForceCommand sh %s\n",
		write("host_key", string(pair.Private)), write("keys", keyOf(h.signer.PublicKey()).Line+"\n"), force)
	for _, change := range changes {
		conf = change(conf)
	}
	path := write("sshd_config", conf)
	h.addr = serve(t, func(c net.Conn) { sshdInetd(t, sshd, path, c) })
	return h
}

// sshdInetd gives one connection to an sshd of its own, so that no port is
// lost between choosing and listening.
func sshdInetd(t *testing.T, sshd, conf string, c net.Conn) {
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = f.Close() }()
	var log bytes.Buffer
	cmd := exec.Command(sshd, "-i", "-e", "-f", conf)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = f, f, &log
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil && !slices.Contains([]int{-1, 255}, cmd.ProcessState.ExitCode()) {
		t.Logf("sshd: %v\n%s", err, log.String())
	}
}

// relay stands between a client and a host, and does what networks do.
type relay struct {
	addr string
	mu   sync.Mutex
	ways []net.Conn
	down bool          // new connections are closed at once
	most int           // as many are let through; of others it says what a busy sshd says; 0 is no limit
	made int           // all that came
	dead chan struct{} // closed: nothing goes through any more, nothing is closed either
}

func newRelay(t *testing.T, to string) *relay {
	r := &relay{dead: make(chan struct{})}
	r.addr = serve(t, func(c net.Conn) {
		r.mu.Lock()
		r.made++
		if r.down || r.most > 0 && len(r.ways) >= 2*r.most {
			if !r.down {
				_, _ = io.WriteString(c, "Exceeded MaxStartups\r\n")
			}
			r.mu.Unlock()
			return
		}
		up, err := net.Dial("tcp", to)
		if err != nil {
			r.mu.Unlock()
			return
		}
		r.ways = append(r.ways, c, up)
		dead := r.dead
		r.mu.Unlock()
		defer func() { _ = up.Close() }()
		go func() { pass(up, c, dead); _ = up.(*net.TCPConn).CloseWrite() }()
		pass(c, up, dead)
	})
	t.Cleanup(r.cut)
	return r
}

// pass copies until the source ends; once dead, what comes is swallowed.
func pass(dst io.Writer, src io.Reader, dead chan struct{}) {
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-dead:
			continue
		default:
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends all connections; later ones go through.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.ways {
		_ = c.Close()
	}
	r.ways = nil
}

// came is how many connections came so far.
func (r *relay) came() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made
}

// setDown cuts all connections and refuses new ones, or no longer.
func (r *relay) setDown(down bool) {
	r.cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// swallow makes a black hole of the connections there are; later ones go through.
func (r *relay) swallow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.dead)
	r.dead = make(chan struct{})
}
