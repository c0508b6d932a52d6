package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What somebody has set for builds of their own changes no byte, and where they
// have modules from stays.
func TestBuildEnvironment(t *testing.T) {
	dir := folder(t)
	for name, content := range map[string]string{
		"env":     "GOEXPERIMENT=jsonv2\nGOFIPS140=latest\nGOPROXY=https://proxy.invalid\nGOAMD64=v3\nGOFLAGS=-race\n",
		"go.work": "go 1.26\n",
	} {
		if err := writeFile(filepath.Join(dir, name), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for where, set := range map[string][][2]string{
		"by go env -w":       nil,
		"in the environment": {{"GOEXPERIMENT", "jsonv2"}, {"GOFIPS140", "latest"}, {"GOPROXY", "https://proxy.invalid"}, {"GOFLAGS", "-race"}},
	} {
		t.Run(where, func(t *testing.T) {
			for _, name := range []string{"GOEXPERIMENT", "GOFIPS140", "GOPROXY", "GOFLAGS", "GOAMD64"} {
				t.Setenv(name, "")
			}
			t.Setenv("GOENV", filepath.Join(dir, "env"))
			t.Setenv("GOWORK", filepath.Join(dir, "go.work"))
			for _, s := range set {
				t.Setenv(s[0], s[1])
			}
			env, err := target{"linux", "amd64"}.env(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "go", "env", "GOEXPERIMENT", "GOFIPS140", "GOWORK", "GOPROXY", "GOAMD64", "GOFLAGS")
			cmd.Env, cmd.Dir = env, dir
			out, err := cmd.Output()
			if want := "\noff\noff\nhttps://proxy.invalid\nv1\n-buildvcs=auto\n"; err != nil || string(out) != want {
				t.Errorf("go env says %q, not %q: %v", strings.ReplaceAll(string(out), "\r", ""), want, err)
			}
		})
	}
}
