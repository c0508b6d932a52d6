//go:build unix

package sshhost

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// launch starts a host with user data.
func (w *world) launch(ctx context.Context, id, data string) (*Host, error) {
	w.t.Helper()
	listener, err := Listen(2)
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := w.computer.Start(ctx, Spec{
		ID: id, Listener: listener, AuthorizedKeys: []string{string(ssh.MarshalAuthorizedKey(w.signer.PublicKey()))}, UserData: []byte(data),
	})
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(func() {
		ctx, cancel := await.Ending(w.t)
		defer cancel()
		if err := h.Stop(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.host = h
	return h, nil
}

func (w *world) mustLaunch(id, data string) *Host {
	w.t.Helper()
	h, err := w.launch(w.t.Context(), id, data)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// A host has the key it was given before it listens, and has run bootcmd before
// anybody is let in; what that leaves behind continues, and belongs to the host.
func TestFirstBoot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	private, public := exampleKey(t)
	data := "#cloud-config\npackages: [git]\nssh_keys:\n  ed25519_private: " + indented(private) + "bootcmd:\n- - sh\n  - -c\n  - |\n" +
		"    echo \"booted $$ $USER $HOME ${INSTANCE_ID-no ID}\"; pwd; echo oops >&2\n" +
		"    echo once >>\"$HOME/boots\"; command -v python3 sudo\n" +
		"    setsid sleep 1000 & echo $! >\"$HOME/left\"\n"
	h := w.mustLaunch("i-1", data)
	if got := h.HostKeys()[0]; !strings.HasPrefix(got, public+" root@") {
		t.Errorf("the host key is %s", got)
	}
	c := w.client() // which knows that key alone
	left := output(t, c, "cat left")
	if !running(t, left) {
		t.Error("what bootcmd left behind does not run")
	}
	console := string(h.Console())
	for _, line := range []string{
		`"packages" of user data is unknown`, " " + User + " " + h.Home() + " no ID\n", "\n" + h.Home() + "\n", "oops\n", "/python3\n",
	} {
		if !strings.Contains(console, line) {
			t.Errorf("the console lacks %q:\n%s", line, console)
		}
	}
	if strings.Contains(console, "sudo") || strings.Contains(console, "PRIVATE") {
		t.Errorf("the console says\n%s", console)
	}
	if out := output(t, c, "cat ../console ../hostkey 2>&1 | grep -c -e booted -e PRIVATE || :"); Dropped() && out != "0" {
		t.Errorf("the host's user reads %s lines of its console and its key", out)
	}
	stop(t, h)
	if running(t, left) {
		t.Error("what bootcmd left behind outlived its host")
	}
	h = w.mustLaunch("i-1", data)
	if boots := output(t, w.client(), "cat boots"); boots != "once" || string(h.Console()) != console {
		t.Errorf("at the second boot it was run again: %s\n%s", boots, h.Console())
	}
}

// A machine boots whatever it was given.
func TestBootsWithBadUserData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for id, c := range map[string]struct{ data, says string }{
		"i-yaml":  {"#cloud-config\nbootcmd: [\n", "failed loading the YAML"},
		"i-fails": {"#cloud-config\nbootcmd: ['echo so far', 'exit 7', 'echo never']\n", "so far\ncloud-init (sandbox): bootcmd failed: exit status 7\n"},
		"i-key":   {"#cloud-config\nssh_keys: {ed25519_private: none}\n", "the host makes a key of its own"},
	} {
		h := w.mustLaunch(id, c.data)
		if out := output(t, w.client(), "echo up"); out != "up" || !strings.Contains(string(h.Console()), c.says) || strings.Contains(string(h.Console()), "never") {
			t.Errorf("%s: it says %q, its console\n%s", id, out, h.Console())
		}
		stop(t, h)
	}
}

// A first boot that was cut short, by whatever, is done again.
func TestFirstBootCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const id = "i-1"
	home := filepath.Join(w.dir, id, "home")
	data := "#cloud-config\nbootcmd: ['echo boot >>boots; [ -e go ] || exec sleep 1000']\n"
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := w.launch(ctx, id, data)
		failed <- err
	}()
	await.Until(t, "bootcmd runs", func() bool {
		info, err := os.Stat(filepath.Join(home, "boots"))
		return err == nil && info.Size() > 0
	})
	cancel()
	if err := await.Receive(t, "the end of the first boot", failed); !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
	if err := os.WriteFile(filepath.Join(home, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w.mustLaunch(id, data)
	if boots := output(t, w.client(), "cat boots"); boots != "boot\nboot" {
		t.Errorf("booted %q", boots)
	}
}

// The host's user gives the host another key without having it: connections from
// then on meet the new one, those that are open stay, and no boot brings the old
// one back.
func TestAnotherHostKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	private, public := exampleKey(t)
	data := "#cloud-config\nssh_keys:\n  ed25519_private: " + indented(private)
	h := w.mustLaunch("i-1", data)
	c := w.client()
	wants := func(when, key string) {
		t.Helper()
		if out := output(t, c, hostKeyCommand); out != key {
			t.Errorf("%s the command shows %q, want %q", when, out, key)
		}
		if got := w.shown(); got != key {
			t.Errorf("%s the host shows %q, want %q", when, got, key)
		}
	}
	wants("at first", public)
	if _, err := newSession(t, c).Output(hostKeyCommand + " place"); err == nil {
		t.Error("a key is placed that was never made")
	}
	first := output(t, c, hostKeyCommand+" make")
	second := output(t, c, hostKeyCommand+" make") // the client did not hear of the first
	if first == second || second == public {
		t.Errorf("made %q, then %q", first, second)
	}
	wants("with a key made", public)
	if out := output(t, c, hostKeyCommand+" place"); out != second {
		t.Errorf("placed %q, want %q", out, second)
	}
	wants("with the key placed", second)
	stop(t, h)

	w.mustLaunch("i-1", data)
	c = w.client()
	wants("after a boot", second)
	output(t, c, hostKeyCommand+" make")
	if err := os.Rename(filepath.Join(w.dir, "i-1", newKeyFile), filepath.Join(w.dir, "i-1", keyFile)); err != nil {
		t.Fatal(err)
	}
	third := output(t, c, hostKeyCommand+" place") // an earlier one was cut short there
	if third == second {
		t.Error("the second change was not finished")
	}
	wants("with a change finished", third)
}

// shown is the key that the host shows to whoever connects.
func (w *world) shown() string {
	w.t.Helper()
	var line string
	client, err := ssh.Dial("tcp", w.host.Addr().String(), &ssh.ClientConfig{
		User: User, Auth: []ssh.AuthMethod{ssh.PublicKeys(w.signer)}, Timeout: await.Wait,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			line = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
			return nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	_ = client.Close()
	return line
}
