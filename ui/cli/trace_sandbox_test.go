package cli

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// traces has every command of a home write to one debug log, and finds out
// what must not be in it.
type traces struct {
	h       *home
	path    string
	secrets map[string]string // by what they are
}

func (h *home) traced() *traces {
	w := &traces{h: h, path: filepath.Join(h.dir, "trace"), secrets: map[string]string{}}
	h.env = append(h.env, traceVariable+"="+w.path)
	return w
}

// learn remembers what the program keeps to itself at this time: the token,
// private keys, and the keys and the token of the sandbox.
func (w *traces) learn(got event) {
	t := w.h.t
	t.Helper()
	u, err := url.Parse(got.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.keep("token of "+u.Host, u.Query().Get("token"))
	state := filepath.Join(w.h.dir, "state", name, "sandbox")
	for _, pattern := range []string{"keys/*.pem", "certs/*.key"} {
		files, _ := filepath.Glob(filepath.Join(state, pattern))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(b)) {
				if !strings.HasPrefix(line, "-----") {
					w.keep(f, strings.TrimSpace(line))
				}
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(state, "cloud", "sandbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ SecretAccessKey, Token string }
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	w.keep("the sandbox's secret key", r.SecretAccessKey)
	w.keep("the sandbox's token", r.Token)
}

func (w *traces) keep(what, secret string) {
	w.h.t.Helper()
	if len(secret) < 5 { // it would be found anywhere
		w.h.t.Errorf("%s is %q", what, secret)
		return
	}
	w.secrets[secret] = what
}

// check looks through the debug log.
func (w *traces) check() {
	t := w.h.t
	t.Helper()
	b, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(w.path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	trace := string(b)
	for _, line := range []string{
		`msg=start pid=\d+ version=.* command="jupyter-ec2 up" flags="\[json mode sandbox yes\]"`,
		`msg="aws call" pid=\d+ service=EC2 operation=RunInstances region=us-east-1 attempt=1 took=\S+ outcome=ok request=\S+`,
		`msg="aws call" pid=\d+ service=STS operation=GetCallerIdentity`,
		`msg="aws call" pid=\d+ service=checkip attempt=1 took=\S+ outcome=ok`,
		`msg=machine pid=\d+ setup=\w+ name=\S+ instance=i-\w+ from=\S+ to=running`,
		`msg=dial pid=\d+ address=127\.\S+ instance=i-\w+ took=\S+ outcome=ok`,
		`msg="job follow" pid=\d+ job=\S+ instance=i-\w+ from=0`,
		`msg="job end" pid=\d+ job=\S+ instance=i-\w+ run=\S+ to=\d+ took=\S+ outcome=ok exit=0`,
		`msg="connection ended" pid=\d+`,
		`msg=step pid=\d+ setup=\w+ step=install kind=started`,
		`msg=step pid=\d+ setup=\w+ step=open kind=finished`,
		`service=EC2 operation=TerminateInstances`,
		`msg=end pid=\d+ exit=0`,
	} {
		if !regexp.MustCompile(line).MatchString(trace) {
			t.Errorf("the debug log has no line %s", line)
		}
	}
	w.oneConnection(trace)
	for secret, what := range w.secrets {
		if strings.Contains(trace, secret) {
			t.Errorf("%s is in the debug log", what)
		}
	}
	if len(w.secrets) < 5 {
		t.Errorf("only %d secrets are known", len(w.secrets))
	}
	if t.Failed() {
		t.Logf("the debug log:\n%s", trace)
	}
}

// oneConnection checks the first run that came to the server's start: facts,
// install and that start are one connection; another one, made meanwhile, proves
// the machine's new host key.
func (w *traces) oneConnection(trace string) {
	w.h.t.Helper()
	serve := regexp.MustCompile(`msg=step (pid=\d+) .*step=serve kind=started`).FindStringSubmatchIndex(trace)
	if serve == nil {
		w.h.t.Error("no server was started")
		return
	}
	before, pid := trace[:serve[0]], trace[serve[2]:serve[3]]
	if n := len(regexp.MustCompile(`msg=dial `+pid+` .*outcome=ok`).FindAllString(before, -1)); n != 2 {
		w.h.t.Errorf("%d connections until the server is started, want 2", n)
	}
}
