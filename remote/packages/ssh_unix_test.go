//go:build unix

package packages

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// dialHost starts an embedded host and returns how it is reached.
func dialHost(t *testing.T, first int) remote.Redialer {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// Not t.TempDir, into which the hosts' user does not get.
	dir, err := os.MkdirTemp("", "jupyter-ec2-packages-")
	must(err)
	computer, err := sshhost.Prepare(t.Context(), dir, os.Environ())
	must(err)
	pair, err := remote.Generate("test")
	must(err)
	listener, err := sshhost.Listen(first)
	must(err)
	const id = "i-0123456789abcdef0"
	host, err := computer.Start(t.Context(), sshhost.Spec{ID: id, Listener: listener, AuthorizedKeys: []string{pair.Public}})
	must(err)
	t.Cleanup(func() {
		ctx, cancel := await.Ending(t)
		defer cancel()
		if err := errors.Join(host.Stop(ctx), computer.Remove(ctx, id), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	key := filepath.Join(t.TempDir(), "key")
	must(remote.WriteKeyFile(key, pair.Private))
	signer, err := remote.LoadKey(key, nil)
	must(err)
	return func(ctx context.Context) (*remote.Client, error) {
		return remote.Dial(ctx, remote.Target{Addr: host.Addr().String(), User: sshhost.User, InstanceID: id},
			remote.Auth{Signers: []remote.Signer{signer}}, remote.HostKeyCheck{Expected: host.HostKeys()})
	}
}

// Over SSH, as a job that is followed over a connection that is lost on the way,
// and whose files and log tell no credential.
func TestBringOverSSH(t *testing.T) {
	t.Parallel()
	dial := dialHost(t, 180)
	c, err := dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	uv, err := os.ReadFile("testdata/uv.py")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		".jupyter-ec2/bin/uv": string(uv), "index": "idna==3.20\nipykernel==7.4.0\npip==26.3\n", "lab/requirements.txt": "idna\n", "tells": "",
	} {
		if err := c.Upload(t.Context(), name, 0o755, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	lost := false
	follow := func(ctx context.Context, j remote.Job, out safe.Output) (int, error) {
		first, err := dial(ctx)
		if err != nil {
			return 0, err
		}
		defer func() { _ = first.Close() }()
		j.Over = first
		return remote.FollowJob(ctx, dial, j, func(text string, partial bool) {
			if !lost && strings.Contains(text, "a venv of their own") {
				lost = true
				_ = first.Close()
			}
			out(text, partial)
		})
	}
	n, err := Find(folderOf(t, map[string]string{"requirements.txt": "idna\n"}), Options{Send: []string{"UV_INDEX_CORP_PASSWORD"}, Environ: []string{"UV_INDEX_CORP_PASSWORD=s3cr3t0123"}})
	if err != nil {
		t.Fatal(err)
	}
	p := Project{Host: c, Follow: follow, Name: "lab", Dir: "lab"}
	var told []string
	b, err := p.Bring(t.Context(), n, func(text string, partial bool) {
		if !partial {
			told = append(told, text)
		}
	})
	if err != nil || b.Kernel != "lab" || b.Packages != 3 || !lost {
		t.Fatalf("%+v, lost %v, %v\n%s", b, lost, err, strings.Join(told, "\n"))
	}
	if log := strings.Join(told, "\n"); strings.Count(log, "a venv of their own") != 1 || !strings.Contains(log, "UV_INDEX_CORP_PASSWORD=[secret]") {
		t.Errorf("the log:\n%s", log)
	}
	said, err := c.Output(t.Context(), "grep -rl s3cr3t ~ || echo nowhere; cat .local/share/jupyter/kernels/lab/kernel.json")
	if err != nil || !strings.HasPrefix(said, "nowhere\n") || !strings.Contains(said, `"display_name": "lab"`) {
		t.Errorf("on the host: %s, %v", said, err)
	}
}
