package testhost

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

func newKey(t *testing.T) (signer gossh.Signer, private, public string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	signer, err = gossh.NewSignerFromKey(key)
	must(t, err)
	block, err := gossh.MarshalPrivateKey(key, "")
	must(t, err)
	return signer, string(pem.EncodeToMemory(block)), strings.TrimSpace(string(gossh.MarshalAuthorizedKey(signer.PublicKey())))
}

// login answers what a command prints, over a connection that accepts one host
// key alone; until the host has booted so far, it tries again.
func login(t *testing.T, h *Host, me gossh.Signer, host gossh.PublicKey, command string) string {
	t.Helper()
	var client *gossh.Client
	var err error
	stranger := ""
	if !await.Comes(t.Context(), func() bool {
		client, err = gossh.Dial("tcp", ssh(h), &gossh.ClientConfig{
			User: "ubuntu", Auth: []gossh.AuthMethod{gossh.PublicKeys(me)}, Timeout: await.Wait,
			HostKeyCallback: func(_ string, _ net.Addr, key gossh.PublicKey) error {
				if !bytes.Equal(key.Marshal(), host.Marshal()) {
					stranger = string(gossh.MarshalAuthorizedKey(key))
					return errors.New("another host key")
				}
				return nil
			},
		})
		return err == nil || stranger != ""
	}) || stranger != "" {
		log, _ := h.Run(context.Background(), "cat /var/log/cloud-init.log")
		t.Fatalf("logging in: %v %s\n%s", err, stranger, log)
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	must(t, err)
	out, err := session.CombinedOutput(command)
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// A host with a real cloud-init is launched as on EC2: user, login key, host key
// and what its user data says are cloud-init's work.
func TestCloudInit(t *testing.T) {
	me, _, mine := newKey(t)
	host, private, public := newKey(t)
	var data bytes.Buffer
	zip := gzip.NewWriter(&data)
	_, err := zip.Write([]byte("#cloud-config\nssh_keys:\n  ed25519_private: |\n    " + strings.ReplaceAll(strings.TrimSpace(private), "\n", "\n    ") +
		"\n  ed25519_public: " + public + "\nbootcmd:\n- echo \"$INSTANCE_ID $(id -un)\" >>/var/lib/boots\n"))
	must(t, err)
	must(t, zip.Close())
	h := start(t, Spec{AuthorizedKeys: []string{mine}, CloudInit: &CloudInit{InstanceID: "i-0123456789abcdef0", UserData: data.Bytes()}})

	const tell = "id -un; sudo -n id -un; hostname; ls /etc/ssh/ssh_host_*; cat /var/lib/boots"
	const was = "ubuntu\nroot\nip-HOST\n/etc/ssh/ssh_host_ed25519_key\n/etc/ssh/ssh_host_ed25519_key.pub\ni-0123456789abcdef0 root"
	want := strings.ReplaceAll(was, "ip-HOST", h.hostname())
	if got := login(t, h, me, host.PublicKey(), tell); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	await.Until(t, "the console shows the host key", func() bool {
		return strings.Contains(h.Console(), "-----BEGIN SSH HOST KEY KEYS-----") && strings.Contains(h.Console(), public)
	})

	// Another key, made by hand, is there to stay; bootcmd is run at each boot.
	_, err = h.Run(t.Context(), "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key")
	must(t, err)
	line, err := h.Run(t.Context(), "cat /etc/ssh/ssh_host_ed25519_key.pub")
	must(t, err)
	other, _, _, _, err := gossh.ParseAuthorizedKey([]byte(line))
	must(t, err)
	must(t, h.Reboot(t.Context()))
	want += "\ni-0123456789abcdef0 root"
	if got := login(t, h, me, other, tell); got != want {
		t.Errorf("after a reboot it says %q, want %q", got, want)
	}
}
