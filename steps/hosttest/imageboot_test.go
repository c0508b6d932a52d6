package hosttest

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keyPair makes a login key.
func keyPair(t *testing.T) (remote.Signer, string) {
	t.Helper()
	pair, err := remote.Generate("")
	must(t, err)
	path := filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(path, pair.Private, 0o600))
	signer, err := remote.LoadKey(path, nil)
	must(t, err)
	return signer, pair.Public
}

// dialHost logs in as ubuntu, as soon as the host lets this one in.
func dialHost(t *testing.T, h *testhost.Host, me remote.Signer) *remote.Client {
	t.Helper()
	var c *remote.Client
	var last error
	if !await.Comes(t.Context(), func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), await.Wait)
		defer cancel()
		c, last = remote.Dial(ctx, remote.Target{Addr: net.JoinHostPort(h.Public().String(), "22"), User: "ubuntu", InstanceID: "i-test"}, remote.Auth{Signers: []remote.Signer{me}},
			remote.HostKeyCheck{Ask: func(context.Context, remote.Key) error { return nil }})
		return last == nil
	}) {
		t.Fatalf("logging in: %v", last)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A machine that is made ready for an image lets its own people in after a
// restart; on a machine that is made from the image a real cloud-init lets in
// those of its launch, and nobody else any more.
func TestAMachineFromAnImageLetsInItsOwn(t *testing.T) {
	testhost.Need(t)
	await.Turn(t)
	await.Allow(t, await.Long, "boots three times")
	mine, myKey := keyPair(t)
	theirs, theirKey := keyPair(t)
	spec := testhost.Spec{AuthorizedKeys: []string{myKey}, CloudInit: &testhost.CloudInit{InstanceID: "i-00000000000000001"}}
	await.Shared(t, "the disk that machines begin with", func() (any, error) { return nil, lab.Ready(t.Context(), spec) })
	h := lab.Start(t, spec)
	c := dialHost(t, h, mine)
	facts, err := jupyter.Probe(t.Context(), c)
	must(t, err)
	if !facts.Systemd || !facts.Sudo {
		t.Fatalf("%+v", facts)
	}
	_, err = c.Output(t.Context(), "mkdir -p .jupyter-ec2/server; printf SECRET-TOKEN >.jupyter-ec2/server/token; printf SECRET-AWS >.netrc; sudo sh -c 'printf SECRET-ROOT >/root/.netrc'; logger SECRET-LOG")
	must(t, err)
	contents, err := jupyter.ImageContents(t.Context(), c, facts)
	must(t, err)
	clean := jupyter.CleanSpec{InstanceID: "i-00000000000000001", Key: jupyter.ImageKey()}
	for _, o := range contents.Own {
		if o.Private() {
			clean.LeaveOut = append(clean.LeaveOut, o.Path)
		}
	}
	if got := strings.Join(clean.LeaveOut, " "); got != "/home/ubuntu/.netrc /root/.netrc" {
		t.Errorf("private: %q", got)
	}
	if !contents.CanLeaveOut {
		t.Skip("openssl is not installed on the host")
	}
	boot, err := jupyter.CleanForImage(t.Context(), c, facts, clean)
	must(t, err)
	secrets, err := h.Run(t.Context(), "grep -rlE 'SECRET-(TOKEN|AWS|ROOT|LOG)' /home /root /var /etc 2>/dev/null || :")
	must(t, err)
	if strings.TrimSpace(secrets) != "" {
		t.Errorf("secrets are in %q", secrets)
	}

	must(t, h.Reboot(t.Context()))
	c = dialHost(t, h, mine)
	if again, err := jupyter.BootID(t.Context(), c); err != nil || again == boot || again == "" {
		t.Errorf("the boot %q after %q: %v", again, boot, err)
	}
	keys, err := h.Run(t.Context(), "systemctl is-enabled jupyter-ec2-image; cat /home/ubuntu/.ssh/authorized_keys")
	must(t, err)
	if !strings.Contains(keys, "enabled") || !strings.Contains(keys, myKey) {
		t.Errorf("after a restart: %q", keys)
	}

	must(t, h.Becomes(t.Context(), "i-00000000000000002", theirKey))
	dialHost(t, h, theirs)
	keys, err = h.Run(t.Context(), "cat /home/ubuntu/.ssh/authorized_keys; ls /home/ubuntu/.jupyter-ec2/image /var/lib/cloud/instances /var/lib/jupyter-ec2-image /etc/systemd/system/jupyter-ec2-image.service 2>/dev/null || :")
	must(t, err)
	if !strings.Contains(keys, theirKey) || strings.Contains(keys, myKey) || strings.Contains(keys, "left-out") || strings.Contains(keys, "i-00000000000000001") || strings.Contains(keys, "made.json") {
		t.Errorf("on the second machine: %q", keys)
	}
	_, err = remote.Dial(t.Context(), remote.Target{Addr: net.JoinHostPort(h.Public().String(), "22"), User: "ubuntu", InstanceID: "i-test"}, remote.Auth{Signers: []remote.Signer{mine}},
		remote.HostKeyCheck{Ask: func(context.Context, remote.Key) error { return nil }})
	var e *remote.Error
	if !errors.As(err, &e) || e.Reason != remote.Denied {
		t.Errorf("the first machine's key: %v", err)
	}
}
