//go:build unix

package engine_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// alone is AWS for who has no network: nobody tells one's own address.
type alone struct{ engine.Cloud }

func (alone) MyAddress(context.Context) (string, error) { return "", errors.New("no network") }

// A credential_process that fails is run once by whatever is done, and once more
// after somebody may have mended it.
func TestAFailingCredentialProcessRunsOnce(t *testing.T) {
	nowhere := httptest.NewServer(http.NotFoundHandler())
	nowhere.Close()
	for name, do := range map[string]func(*engine.Guide) error{
		"sign-in": func(g *engine.Guide) error { _, err := g.SignIn(t.Context(), ""); return err },
		"survey":  func(g *engine.Guide) error { return g.Survey(t.Context(), "", func(steps.Surveyed) {}) },
		"sweep":   func(g *engine.Guide) error { return g.Sweep(t.Context(), "", func(steps.Swept) {}) },
		"doctor":  func(g *engine.Guide) error { return g.Doctor(t.Context(), "", "", func(steps.Check) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
			t.Setenv("AWS_ENDPOINT_URL", nowhere.URL)
			for path, text := range map[string]string{
				"config": "[default]\nregion = us-east-1\ncredential_process = sh " + filepath.Join(dir, "creds") + "\n",
				"creds":  "echo run >>" + filepath.Join(dir, "runs") + "; exit 3\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ran := func() int {
				b, err := os.ReadFile(filepath.Join(dir, "runs"))
				if err != nil {
					t.Fatal(err)
				}
				return strings.Count(string(b), "run")
			}
			g := engine.New(engine.Config{
				Dir: filepath.Join(dir, "state"), Ask: enginetest.Person{}, Env: os.Getenv,
				Open: func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
					c, err := engine.OpenAWS(ctx, o)
					return alone{c}, err
				},
			})
			if err := do(g); err != nil && title(err) != "The credential_process failed" {
				t.Error(err)
			}
			if n := ran(); n != 1 {
				t.Errorf("it ran %d times", n)
			}
			g.ForgetFailures()
			if err := do(g); err != nil && title(err) != "The credential_process failed" {
				t.Error(err)
			}
			if n := ran(); n != 2 {
				t.Errorf("after it may have been mended, it ran %d times in all", n)
			}
		})
	}
}

// A tunnel outlives a credential_process that failed while the computer was
// offline: it is run again after a while, though nobody presses a key.
func TestATunnelOutlivesAFailedCredentialProcess(t *testing.T) {
	w, _, s := launchedSetup(t)
	front := httptest.NewServer(w.Cloud)
	t.Cleanup(front.Close)
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_ENDPOINT_URL", front.URL)
	runs, offline := filepath.Join(dir, "runs"), filepath.Join(dir, "offline")
	for path, text := range map[string]string{
		"config": "[default]\nregion = us-east-1\ncredential_process = sh " + filepath.Join(dir, "creds") + "\n",
		"creds": "echo run >>" + runs + "\n[ ! -e " + offline + " ] || exit 3\n" +
			`echo '{"Version": 1, "AccessKeyId": "AKIATEST", "SecretAccessKey": "secret", "Expiration": "2020-01-01T00:00:00Z"}'` + "\n",
		"runs": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ran := func() int {
		b, err := os.ReadFile(runs)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "run")
	}
	clock := await.NewClock(time.Now())
	g := w.Guide(func(c *engine.Config) { c.Open, c.Now = engine.OpenAWS, clock.Now })
	s.SSHPort = await.Port(t) // where it was before it was stopped and started
	if err := engine.Save(g, s); err != nil {
		t.Fatal(err)
	}
	again, err := engine.Redialler(t.Context(), g, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(offline, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := again(t.Context()); err == nil {
		t.Fatal("it was found without credentials")
	}
	if err := os.Remove(offline); err != nil {
		t.Fatal(err)
	}
	before := ran()
	if err := again(t.Context()); err == nil || ran() != before {
		t.Errorf("at once, it ran %d times more: %v", ran()-before, err)
	}
	clock.Pass(time.Minute)
	if err := again(t.Context()); err != nil {
		t.Errorf("after a minute: %v", err)
	}
}
