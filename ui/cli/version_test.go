package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// index is a package index that knows this program by these files.
type index struct {
	*httptest.Server
	asked atomic.Int64
}

func newIndex(t *testing.T, status int, answer string) *index {
	t.Helper()
	i := &index{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if r.URL.Path != "/simple/jupyter-ec2/" || r.Header.Get("Accept") != simpleJSON || r.URL.RawQuery != "" || r.Header.Get("User-Agent") != name {
			t.Errorf("asked for %s with %v", r.URL, r.Header)
		}
		w.Header().Set("Content-Type", simpleJSON)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *index) simple() string { return i.URL + "/simple/" }

// files is an index's answer.
func files(names ...string) string {
	type file struct {
		Filename string `json:"filename"`
		Yanked   any    `json:"yanked"`
	}
	var all []file
	for _, n := range names {
		plain, yanked := strings.CutSuffix(n, " taken back")
		f := file{plain, yanked}
		if yanked {
			f.Yanked = "it does not start"
		}
		all = append(all, f)
	}
	b, err := json.Marshal(map[string]any{"meta": map[string]string{"api-version": "1.3"}, "name": name, "files": all})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// typed runs a command line with this environment.
func typed(t *testing.T, env map[string]string, args ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &Program{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr, Now: time.Now,
		Getenv: func(v string) string { return env[v] },
	}
	code = p.Run(t.Context(), args)
	return stdout.String(), stderr.String(), code
}

const anyTag = "-py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl"

func TestVersionCheck(t *testing.T) {
	many := files("jupyter_ec2-0.9.0"+anyTag, "jupyter_ec2-0.10.0-py3-none-win_amd64.whl", "jupyter_ec2-0.11.0"+anyTag+" taken back",
		"jupyter_ec2-1.0.0rc1"+anyTag, "jupyter_ec2-99.tar.gz", "other-5.0.0"+anyTag)
	for what, c := range map[string]struct {
		built, answer string
		status        int
		want          string
	}{
		"an older one":         {"v0.9.0", many, 200, "0.10.0 is out."},
		"the newest":           {"v0.10.0", many, 200, "It is the newest release."},
		"a candidate of it":    {"v0.10.0-rc.1", many, 200, "0.10.0 is out."},
		"a commit after it":    {"v0.10.1-0.20261130191836-f48d7f5abcde", many, 200, "The newest release is 0.10.0; this one is newer."},
		"a commit before any":  {"v0.0.0-20261130191836-f48d7f5abcde+dirty", many, 200, "0.10.0 is out."},
		"one with no version":  {"dev", many, 200, "The newest release is 0.10.0. This was built from source"},
		"nothing is published": {"v0.9.0", "Not Found", 404, "No release is on 127.0.0.1:"},
		"only a candidate is":  {"v0.9.0", files("jupyter_ec2-1.0.0rc1" + anyTag), 200, "No release is on 127.0.0.1:"},
	} {
		i := newIndex(t, c.status, c.answer)
		r := &request{Program: &Program{Getenv: func(string) string { return "" }}}
		if text, err := r.compare(t.Context(), i.simple(), &jsonVersion{Version: c.built}); err != nil || !strings.HasPrefix(text, c.want) {
			t.Errorf("%s: %q, %v", what, text, err)
		}
	}
}

// The flag comes before the environment, and JSON has a line of its own.
func TestVersionCheckAsks(t *testing.T) {
	i := newIndex(t, 200, files("jupyter_ec2-99.98.97"+anyTag))
	env := map[string]string{indexVariable: i.simple()}
	if out, said, code := typed(t, env, "version", "--check"); code != exitDone || !strings.HasPrefix(out, name+" version "+version()+"\n") || !strings.Contains(out, "99.98.97") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	var line jsonVersion
	out, said, code := typed(t, map[string]string{indexVariable: "https://nobody.invalid/"}, "version", "--check", "--json", "--index", strings.TrimSuffix(i.simple(), "/"))
	if err := json.Unmarshal([]byte(out), &line); err != nil || code != exitDone || line.Kind != "version" || line.Newest != "99.98.97" || line.System != system() {
		t.Errorf("exit %d, %v: %s%s", code, err, out, said)
	}
	if i.asked.Load() != 2 {
		t.Errorf("asked %d times", i.asked.Load())
	}
}

// Nobody is asked unless the person says so.
func TestVersionAsksNobody(t *testing.T) {
	i := newIndex(t, 200, files("jupyter_ec2-99.98.97"+anyTag))
	for _, args := range [][]string{{"--version"}, {"version"}, {"version", "--json"}, {"--help"}, {"man"}} {
		out, said, code := typed(t, map[string]string{indexVariable: i.simple()}, args...)
		if code != exitDone || strings.Contains(out+said, "99.98.97") {
			t.Errorf("%q: exit %d: %s%s", args, code, out, said)
		}
	}
	if i.asked.Load() != 0 {
		t.Errorf("asked %d times", i.asked.Load())
	}
}

// What does not work is said without the password in the address.
func TestVersionCheckFails(t *testing.T) {
	broken := newIndex(t, 500, "")
	page := newIndex(t, 200, "<html>\x1b[2J")
	for at, want := range map[string]struct {
		code int
		text string
	}{
		broken.simple(): {exitFailed, "500 Internal Server Error"},
		page.simple():   {exitFailed, "not in the form"},
		"http://me:geheim@" + await.Nobody + "/simple/": {exitFailed, "--index"},
		"ftp://me:geheim@example.com/":                  {exitUsage, "is not a URL such as https://pypi.org/simple/"},
		"https://me:geheim@[::1/":                       {exitUsage, "is not a URL"},
		"pypi.org":                                      {exitUsage, "is not a URL"},
	} {
		out, said, code := typed(t, nil, "version", "--check", "--index", at)
		if code != want.code || !strings.Contains(said, want.text) || strings.Contains(said, "geheim") || strings.Contains(said, "\x1b") || out != "" {
			t.Errorf("%s: exit %d: %s%q", at, code, out, said)
		}
	}
}

func TestUsualIndexIsAURL(t *testing.T) {
	p := &Program{Getenv: func(string) string { return "" }}
	if u, err := p.indexURL(""); err != nil || u.JoinPath(name).String() != "https://pypi.org/simple/jupyter-ec2" {
		t.Errorf("%v, %v", u, err)
	}
	if _, err := newest(t.Context(), &url.URL{}); err == nil {
		t.Error("no address was asked")
	}
}

// The manual page has the date that a build asks for, and says what stays.
func TestManualPage(t *testing.T) {
	out, said, code := typed(t, map[string]string{"SOURCE_DATE_EPOCH": "1700000000"}, "man")
	if code != exitDone || !strings.HasPrefix(out, `.TH JUPYTER-EC2 1 "2023-11-14"`) || !strings.Contains(out, "\n.SH FILES") {
		t.Errorf("exit %d: %.200s%s", code, out, said)
	}
	_, left, _ := strings.Cut(out, "\n.SH FILES")
	for _, folder := range []string{"~/.local/state/jupyter-ec2", "~/.config/jupyter-ec2", "~/Library/Application Support/jupyter-ec2"} {
		if !strings.Contains(strings.ReplaceAll(left, `\&`, ""), folder) { // which keeps a period from being a command
			t.Errorf("%s is not among the files:\n%s", folder, left)
		}
	}
}

// Whatever an index answers, what is made of it is three numbers, which were in
// the answer.
func FuzzNewestOf(f *testing.F) {
	f.Add([]byte(files("jupyter_ec2-0.9.0" + anyTag)))
	f.Add([]byte(`{"files":[{"filename":"jupyter_ec2-1.2.3-py3-none-any.whl","yanked":null},{}]}`))
	f.Add([]byte(`{"files":[{"filename":"jupyter_ec2-999999999.2.3-py3-none-any.whl","yanked":{"x":[1]}}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		found, err := newestOf(answer)
		if err != nil {
			if found != (released{}) {
				t.Errorf("%v and %v", found, err)
			}
			return
		}
		if newer, known := found.newerThan(fmt.Sprintf("v%s", found)); newer || !known {
			t.Errorf("%s is newer than itself", found)
		}
		for _, n := range found {
			if n < 0 || n > 999999999 {
				t.Errorf("%s", found)
			}
		}
	})
}
