package engine

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func testGuide(t *testing.T) *Guide {
	t.Helper()
	return New(Config{Dir: filepath.Join(t.TempDir(), "state"), Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }})
}

func testAnswers() steps.Answers {
	return steps.Answers{
		Name: "jupyter", Profile: "default", Region: "us-east-1", Release: "24.04", Type: "t2.micro", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV,
	}
}

func TestBeginTakesUpTheSameSetup(t *testing.T) {
	g, ctx := testGuide(t), context.Background()
	first, err := g.Begin(ctx, testAnswers())
	if err != nil {
		t.Fatal(err)
	}
	a := testAnswers()
	a.Mode, a.Installer = steps.ModeGateway, steps.InstallerPip
	again, err := g.Begin(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != first.ID || again.Answers.Mode != steps.ModeGateway {
		t.Fatalf("got %s in mode %s, want %s in mode gateway", again.ID, again.Answers.Mode, first.ID)
	}
	all, err := g.Setups(ctx)
	if err != nil || len(all) != 1 || all[0].Answers.Installer != steps.InstallerPip {
		t.Fatalf("ledger holds %+v (%v), want the one setup with pip", all, err)
	}
}

func TestBeginRefusesAnotherMachineOfTheSameName(t *testing.T) {
	for what, change := range map[string]func(*steps.Answers){
		"region":         func(a *steps.Answers) { a.Region = "eu-west-1" },
		"profile":        func(a *steps.Answers) { a.Profile = "other" },
		"Ubuntu release": func(a *steps.Answers) { a.Release = "22.04" },
		"instance type":  func(a *steps.Answers) { a.Type = "m5.large" },
		"disk size":      func(a *steps.Answers) { a.DiskGB = 30 },
		"key pair":       func(a *steps.Answers) { a.Key.Source = steps.KeyMadeByEC2 },
	} {
		t.Run(what, func(t *testing.T) {
			g, ctx := testGuide(t), context.Background()
			s, err := g.Begin(ctx, testAnswers())
			if err != nil {
				t.Fatal(err)
			}
			a := testAnswers()
			change(&a)
			if _, err := g.Begin(ctx, a); err != nil {
				t.Fatalf("nothing was created yet: %v", err)
			}
			s.Resources.GroupName, s.Resources.ClientToken = "jupyter-ec2-x", "jupyter-ec2-x-1"
			if err := g.ledger.save(&s); err != nil {
				t.Fatal(err)
			}
			_, err = g.Begin(ctx, a)
			if p := steps.Explain(err); p.Kind != problem.Answers || !strings.Contains(p.Text, "another "+what) {
				t.Fatalf("got %+v, want a taken name because of another %s", p, what)
			}
		})
	}
}

// Many programs that begin the same name at once end up with one setup.
func TestBeginAtOnceMakesOneSetup(t *testing.T) {
	g := testGuide(t)
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		ids = map[string]bool{}
	)
	for range 8 {
		wg.Go(func() {
			s, err := New(g.cfg).Begin(context.Background(), testAnswers())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				ids[s.ID] = true
			} else if steps.Explain(err).Title != "Another jupyter-ec2 is working on this setup" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 {
		t.Fatalf("setups %v, want one", ids)
	}
}

func TestLockExcludesASecondProgram(t *testing.T) {
	g := testGuide(t)
	unlock, err := g.ledger.lock("abc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.ledger.lock("abc"); steps.Explain(err).Title != "Another jupyter-ec2 is working on this setup" {
		t.Fatalf("second lock: %v", err)
	}
	unlock()
	again, err := g.ledger.lock("abc")
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestLedgerIsPrivateAndHoldsNoToken(t *testing.T) {
	g := testGuide(t)
	s, err := g.Begin(context.Background(), testAnswers())
	if err != nil {
		t.Fatal(err)
	}
	token, err := jupyter.NewToken()
	if err != nil || len(token) < 32 || g.keepToken(s.ID, token) != nil {
		t.Fatalf("token of %d characters, %v", len(token), err)
	}
	if again, err := g.ownToken(s.ID); err != nil || again != token {
		t.Fatalf("the token changed, %v", err)
	}
	for _, path := range []string{g.ledger.file("setups", s.ID+".json"), g.ledger.file("tokens", s.ID)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", path, info.Mode().Perm())
		}
	}
	b, err := os.ReadFile(g.ledger.file("setups", s.ID+".json"))
	if err != nil || bytes.Contains(b, []byte(token)) {
		t.Fatalf("the ledger holds the token (%v)", err)
	}
}

func TestAnUnwritableLedgerStopsBeforeAnythingIsCreated(t *testing.T) {
	dir := t.TempDir()
	// A file where the folder must be fails for every user, root included.
	if err := os.WriteFile(filepath.Join(dir, "setups"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := ledger{dir}
	err := l.save(&steps.Setup{ID: "abc"})
	if p := steps.Explain(err); p.Title != "The setup's record cannot be written" {
		t.Fatalf("got %+v", p)
	}
	if _, err := (ledger{filepath.Join(dir, "setups")}).lock("abc"); steps.Explain(err).Title != "The setup's record cannot be written" {
		t.Errorf("the lock: %v", err)
	}
	if _, err := l.all(); steps.Explain(err).Title != "The setups' records cannot be read" {
		t.Errorf("the list: %v", err)
	}
}

func FuzzParseSetup(f *testing.F) {
	f.Add(`{"id":"abc","answers":{}}`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseSetup([]byte(s))
		if err == nil && (!validID(p.ID) || p.Done == nil) {
			t.Fatalf("accepted %+v", p)
		}
	})
}
