package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// counted is an engine that counts what is asked of AWS.
type counted struct {
	steps.Engine
	asked []string
}

func (e *counted) SignIn(ctx context.Context, profile string) (steps.Account, error) {
	e.asked = append(e.asked, "sign in")
	return e.Engine.SignIn(ctx, profile)
}

func (e *counted) Types(ctx context.Context, at steps.Place) ([]steps.InstanceType, error) {
	e.asked = append(e.asked, at.Region)
	return e.Engine.Types(ctx, at)
}

// However often Tab is pressed, AWS is asked for a region's types once in ten
// minutes.
func TestTypesAreKeptForTheNextTab(t *testing.T) {
	e := &counted{Engine: made(stepstest.Has{})}
	now, key := time.Unix(1000, 0), "AKIA1"
	dir := filepath.Join(t.TempDir(), "types")
	p := &Program{Now: func() time.Time { return now }, Kept: dir, Getenv: func(v string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": key}[v]
	}}
	asks := func(what, region string, want ...string) {
		t.Helper()
		e.asked = nil
		words, err := typeWords(t.Context(), completing{p, e, "other", region})
		if err != nil || len(words) == 0 || !slices.Equal(e.asked, want) {
			t.Errorf("%s: asked %q, want %q; %q, %v", what, e.asked, want, words, err)
		}
	}
	asks("the first time", "", "sign in", "eu-north-1")
	asks("again", "")
	asks("another region", "us-east-1", "us-east-1")
	asks("that one again", "us-east-1")
	key = "AKIA2"
	asks("another account", "us-east-1", "us-east-1")
	now = now.Add(typesKept)
	asks("later", "us-east-1", "us-east-1")
	asks("again", "us-east-1")
	now = now.Add(-time.Hour)
	asks("with the clock set back", "us-east-1", "us-east-1")

	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v: old files stay", files, err)
	}
	info, err := files[0].Info()
	if err != nil || runtime.GOOS != "windows" && info.Mode() != fs.FileMode(0o600) {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	b, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil || strings.Contains(string(b)+files[0].Name(), "AKIA") || strings.Contains(string(b), "other") {
		t.Errorf("%s, %v", b, err)
	}
	if err := os.WriteFile(filepath.Join(dir, files[0].Name()), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	asks("a file cut short", "us-east-1", "us-east-1")

	p.Kept = ""
	asks("without a place to keep them", "us-east-1", "us-east-1")
	asks("again", "us-east-1", "us-east-1")
}
