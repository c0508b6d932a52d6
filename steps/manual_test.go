package steps

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ssh takes the value of this option apart at spaces once more, and the state
// folder of a Mac has one.
func TestSSHFindsTheKnownHostsInAFolderWithASpace(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("there is no ssh here")
	}
	for _, path := range []string{"/a b/known_hosts", `/a b/"c"/known_hosts`, "/plain/known_hosts"} {
		m := manual{s: Setup{KnownHosts: path, PublicAddr: "host", Resources: Resources{InstanceID: "i-1", KeyPath: "/k"}}}
		out, err := exec.Command("sh", "-c", m.ssh("-G")).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", m.ssh("-G"), err, out)
		}
		if !strings.Contains(string(out), "\nuserknownhostsfile "+path+"\n") {
			t.Errorf("%s: ssh does not take it as one file", m.ssh("-G"))
		}
	}
}

// A pair that EC2 has already is not imported a second time, which EC2 refuses.
func TestManualOfAKeyThatEC2Has(t *testing.T) {
	for _, source := range []KeySource{KeyFile, KeyAgent} {
		a := testAnswers()
		a.Key = KeyAnswer{Source: source, Path: "/k.pem", PairName: "mine"}
		if got := strings.Join(Manual(StepKey, a, nil), "\n"); strings.Contains(got, "import-key-pair") || got == "" {
			t.Errorf("%s: got\n%s", source, got)
		}
	}
}

// A key pair's name is anybody's in the account; pasting it must run nothing.
func TestManualQuotesWhatOthersNamed(t *testing.T) {
	a := testAnswers()
	a.Key = KeyAnswer{Source: KeyFile, Path: "/k.pem", PairName: "$(touch x)"}
	for _, l := range append(Manual(StepKey, a, nil), Manual(StepLaunch, a, nil)...) {
		if strings.Contains(l, "$(touch") && !strings.Contains(l, "'$(touch x)'") {
			t.Errorf("unquoted: %s", l)
		}
	}
}

// Of the agent's keys the chosen one alone is written down.
func TestManualPicksTheAgentsKeyByItsFingerprint(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("there is no ssh-keygen here")
	}
	dir := t.TempDir()
	var all, fingerprints []string
	for _, name := range []string{"one", "two"} {
		path := filepath.Join(dir, name)
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		public, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		shown, err := exec.Command("ssh-keygen", "-lf", path+".pub").Output()
		if err != nil {
			t.Fatal(err)
		}
		all, fingerprints = append(all, string(public)), append(fingerprints, strings.Fields(string(shown))[1])
	}
	agent := "#!/bin/sh\ncat '" + dir + "/one.pub' '" + dir + "/two.pub'\n"
	if err := os.WriteFile(filepath.Join(dir, "ssh-add"), []byte(agent), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	a := testAnswers()
	a.Key = KeyAnswer{Source: KeyAgent, Fingerprint: fingerprints[1]}
	cmd := exec.Command("sh", "-c", Manual(StepKey, a, nil)[0])
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "key.pub"))
	if err != nil || string(got) != all[1] {
		t.Fatalf("got %q (%v), want %q", got, err, all[1])
	}
}

func TestArchOf(t *testing.T) {
	for name, want := range map[string]string{
		"t2.micro": "amd64", "t4g.micro": "arm64", "g5.xlarge": "amd64", "g5g.xlarge": "arm64", "c7gn.large": "arm64",
		"a1.large": "arm64", "c7i-flex.large": "amd64", "u-6tb1.metal": "amd64", "im4gn.large": "arm64", "": "amd64",
	} {
		if got := archOf(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// The URL that is shown and the server that is typed by hand go together.
func TestManualServesWhatTheURLSays(t *testing.T) {
	for _, mode := range []Mode{ModeSSH, ModeHTTP, ModeGateway} {
		for _, plain := range []bool{false, true} {
			a := testAnswers()
			a.Mode, a.NoTLS = mode, plain
			serve, open := Manual(StepServe, a, nil)[0], strings.Join(Manual(StepOpen, a, nil), "\n")
			if tls := strings.Contains(serve, "certfile="); tls != strings.Contains(open, "https://") {
				t.Errorf("%s: %s\n%s", mode, serve, open)
			}
		}
	}
}

func TestCurlTakesACertificateInAFolderWithASpace(t *testing.T) {
	o := Opened{Certificate: "/srv/my state/certs/a.pem"}
	if got := o.CurlOption(); got != "--cacert '/srv/my state/certs/a.pem'" {
		t.Errorf("the option is %s", got)
	}
}
