package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// listeningSSHD is OpenSSH's own server as a machine has it: a process that
// listens, with its keys in a folder. It listens at its port again when it is
// told of a new key.
type listeningSSHD struct {
	host
	etc, conf string
	known     *HostKeys
}

func startListeningSSHD(t *testing.T) listeningSSHD {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a host's keys are root's")
	}
	sshd, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Skip("OpenSSH's sshd is not installed")
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := Generate("")
	if err != nil {
		t.Fatal(err)
	}
	given, err := ParseKey(pair.Public)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(await.Port(t))
	s := listeningSSHD{host: host{addr: net.JoinHostPort("127.0.0.1", port), user: me.Username, signer: newSigner(t), key: given}, etc: t.TempDir()}
	s.known = NewHostKeys(filepath.Join(t.TempDir(), "known_hosts"))
	for name, content := range map[string]string{
		"ssh_host_ed25519_key": string(pair.Private), "ssh_host_ed25519_key.pub": pair.Public + "\n",
		"ssh_host_rsa_key": "an old one\n", "ssh_host_rsa_key.pub": "an old one\n", "moduli": "stays\n",
		"authorized_keys": keyOf(s.signer.PublicKey()).Line + "\n",
		"sshd_config": fmt.Sprintf("HostKey %[1]s/ssh_host_ed25519_key\nAuthorizedKeysFile %[1]s/authorized_keys\nStrictModes no\nPidFile %[1]s/pid\nUsePAM no\nPermitRootLogin yes\nListenAddress 127.0.0.1\nPort %[2]s\n",
			s.etc, port),
	} {
		if err := os.WriteFile(filepath.Join(s.etc, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.conf = "-f " + filepath.Join(s.etc, "sshd_config")
	cmd := exec.Command(sshd, "-D", "-f", filepath.Join(s.etc, "sshd_config"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if err := WaitPort(await.Context(t), s.addr, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.known.Pin(s.target().InstanceID, given); err != nil {
		t.Fatal(err)
	}
	return s
}

// pinned is a connection that accepts what is pinned and nothing else.
func (s listeningSSHD) pinned(t *testing.T) *Client {
	t.Helper()
	ctx := await.Context(t)
	for {
		c, err := Dial(ctx, s.target(), Auth{Signers: []Signer{s.signer}}, HostKeyCheck{Known: s.known})
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		var e *Error
		if !errors.As(err, &e) || !e.Again() || Pause(ctx, 20*time.Millisecond) != nil {
			t.Fatal(err)
		}
	}
}

func (s listeningSSHD) change(did func(string) error) HostKeyChange {
	return HostKeyChange{
		Known: s.known, InstanceID: s.target().InstanceID, Old: s.key, etc: s.etc, conf: s.conf, did: did,
		Dial: func(ctx context.Context, k Key) (*Client, error) {
			return Dial(ctx, s.target(), Auth{Signers: []Signer{s.signer}}, HostKeyCheck{Expected: []string{k.Line}})
		},
	}
}

// changed checks that the host shows the new key alone, and has no other.
func (s listeningSSHD) changed(t *testing.T, made Key) {
	t.Helper()
	if keys, err := s.known.Lookup(s.target().InstanceID); err != nil || !slices.Equal(keys, []Key{made}) || made == s.key {
		t.Errorf("pinned are %v (%v), made was %v", keys, err, made)
	}
	_ = s.pinned(t)
	var e *Error
	if c, err := s.dial(t.Context()); err == nil {
		t.Errorf("the old key still opens it: %v", c.Close())
	} else if !errors.As(err, &e) || e.Reason != HostKeyChanged {
		t.Errorf("with the old key: %v", err)
	}
	names, err := filepath.Glob(s.etc + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		names[i] = filepath.Base(name)
	}
	if want := []string{"authorized_keys", "moduli", "pid", "ssh_host_ed25519_key", "ssh_host_ed25519_key.pub", "sshd_config"}; !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
	for name, mode := range map[string]os.FileMode{"ssh_host_ed25519_key": 0o600, "ssh_host_ed25519_key.pub": 0o644} {
		if info, err := os.Stat(filepath.Join(s.etc, name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(s.etc, "ssh_host_ed25519_key.pub")); err != nil || string(b) != made.Line+"\n" {
		t.Errorf("the public half is %q, %v", b, err)
	}
}

func TestAHostsKeyIsChanged(t *testing.T) {
	s := startListeningSSHD(t)
	c := s.pinned(t)
	made, err := c.ChangeHostKey(t.Context(), s.change(nil))
	if err != nil {
		t.Fatal(err)
	}
	s.changed(t, made)
	if out, err := c.Output(t.Context(), "echo still here"); err != nil || out != "still here\n" {
		t.Errorf("the connection that was open: %q, %v", out, err)
	}
}

// Wherever a change is cut off, what is pinned opens the host, and the next
// change comes to its end.
func TestAChangeOfAHostsKeyIsCutOff(t *testing.T) {
	for _, at := range []string{"made", "pinned", "placed", "proved"} {
		t.Run(at, func(t *testing.T) {
			s := startListeningSSHD(t)
			died := errors.New("killed")
			_, err := s.pinned(t).ChangeHostKey(t.Context(), s.change(func(what string) error {
				if what == at {
					return died
				}
				return nil
			}))
			if !errors.Is(err, died) {
				t.Fatalf("it did not die: %v", err)
			}
			made, err := s.pinned(t).ChangeHostKey(t.Context(), s.change(nil))
			if err != nil {
				t.Fatal(err)
			}
			s.changed(t, made)
		})
	}
}

// What a lost connection has left running on the host is not overtaken.
func TestAChangeWaitsForTheOneBefore(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("flock is not installed")
	}
	s := startListeningSSHD(t)
	before := exec.Command("flock", s.etc, "sh", "-c", "echo held; read -r _")
	in, errIn := before.StdinPipe()
	out, errOut := before.StdoutPipe()
	if err := errors.Join(errIn, errOut, before.Start()); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	h := s.change(nil)
	h.busy = -1
	if k, err := s.pinned(t).ChangeHostKey(t.Context(), h); err == nil || !strings.Contains(err.Error(), "another change") {
		t.Errorf("beside another change it made %v, %v", k, err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	_ = before.Wait() // read found the end
	made, err := s.pinned(t).ChangeHostKey(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	s.changed(t, made)
}

// A host that was cut off between the two files of its key has a public half
// that belongs to another key.
func TestAHalfPlacedKeyIsMended(t *testing.T) {
	s := startListeningSSHD(t)
	died := errors.New("killed")
	_, err := s.pinned(t).ChangeHostKey(t.Context(), s.change(func(what string) error {
		if what == "pinned" {
			return died
		}
		return nil
	}))
	if !errors.Is(err, died) {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(s.etc, "jupyter-ec2-new-host-key/key"), filepath.Join(s.etc, "ssh_host_ed25519_key")); err != nil {
		t.Fatal(err)
	}
	made, err := s.pinned(t).ChangeHostKey(t.Context(), s.change(nil))
	if err != nil {
		t.Fatal(err)
	}
	s.changed(t, made)
}

// A server whose key is somewhere else is left alone, and so is what lies in the
// folder.
func TestAHostsKeyElsewhereIsKept(t *testing.T) {
	s := startListeningSSHD(t)
	h := s.change(nil)
	h.etc = t.TempDir()
	other, err := Generate("")
	if err != nil {
		t.Fatal(err)
	}
	for _, there := range []string{"", string(other.Private)} {
		path := filepath.Join(h.etc, "ssh_host_ed25519_key")
		if there != "" {
			if err := os.WriteFile(path, []byte(there), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var kept *HostKeyKept
		if _, err := s.pinned(t).ChangeHostKey(t.Context(), h); !errors.As(err, &kept) || kept.Why == "" {
			t.Errorf("with %q there: %v", there, err)
		}
		if b, _ := os.ReadFile(path); string(b) != there {
			t.Errorf("it became %q", b)
		}
	}
	if keys, err := s.known.Lookup(h.InstanceID); err != nil || !slices.Equal(keys, []Key{s.key}) {
		t.Errorf("pinned are %v, %v", keys, err)
	}
}

// A server that would not start again is not restarted, and nothing is forgotten.
func TestAFaultInTheServersConfigurationKeepsThePins(t *testing.T) {
	s := startListeningSSHD(t)
	c := s.pinned(t)
	f, err := os.OpenFile(filepath.Join(s.etc, "sshd_config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("NoSuchOption yes\n")
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ChangeHostKey(t.Context(), s.change(nil)); err == nil || !strings.Contains(err.Error(), "sshd -t") {
		t.Errorf("got %v", err)
	}
	if keys, err := s.known.Lookup(s.target().InstanceID); err != nil || len(keys) != 2 || keys[0] != s.key {
		t.Errorf("pinned are %v, %v", keys, err)
	}
}

func FuzzReadHostKey(f *testing.F) {
	f.Add("motd\n" + hostKeyReport + "has ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" + hostKeyReport + "placed\n")
	f.Add(hostKeyReport + "made x\x1b]0;t\x07\n" + hostKeyReport + "\x1b[31mplaced\n")
	f.Fuzz(func(t *testing.T, out string) {
		said := readHostKey(out)
		for _, k := range []Key{said.has, said.made} {
			if again, err := ParseKey(k.Line); k != (Key{}) && (err != nil || again != k) {
				t.Errorf("%+v: %v", k, err)
			}
		}
		if strings.ContainsAny(said.word, "\x1b\x07\n") {
			t.Errorf("%q", said.word)
		}
	})
}
