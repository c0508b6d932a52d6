package jupyter

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

func TestExplainInstall(t *testing.T) {
	cases := []struct {
		exit        int
		tail        string
		title, says string
	}{
		{1, "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The machine's disk is full", "600 MB"},
		{2, "  Caused by: failed to write to file `/home/ubuntu/x`: No space left on device (os error 28)", "The machine's disk is full", ""},
		{137, "$ pip install notebook\nKilled", "The machine ran out of memory", "137"},
		{2, "error: Failed to fetch: `https://pypi.org/simple/notebook/`\n  Caused by: dns error\n  Caused by: failed to lookup address information: Temporary failure in name resolution", "The package index cannot be found", "pypi.org"},
		{1, "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(\"HTTPSConnection(host='index.example', port=443): Failed to establish a new connection: [Errno -2] Name or service not known\")'", "The package index cannot be found", "index.example"},
		{100, "Err:1 http://us-east-1.ec2.archive.ubuntu.com/ubuntu noble InRelease\n  Temporary failure resolving 'us-east-1.ec2.archive.ubuntu.com'", "The package index cannot be found", "us-east-1.ec2.archive.ubuntu.com"},
		{14, "error: could not reach the package index pypi.org: [Errno -3] Temporary failure in name resolution", "The package index cannot be found", "pypi.org"},
		{14, "error: could not reach the package index pypi.org: timed out", "The package index cannot be reached", "pypi.org"},
		{100, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1234 (unattended-upgr)", "Another apt is running on the machine", ""},
		{17, "", "Another apt is running on the machine", ""},
		{1, "error: externally-managed-environment", "The machine keeps its Python for itself", "PEP 668"},
		{11, "error: Jupyter needs Python 3.8 or later, and this is Python 3.6.9", "The machine's Python is too old", "3.8"},
		{1, "ERROR: Package 'notebook' requires a different Python: 3.7.3 not in '>=3.8'", "The machine's Python is too old", ""},
		{15, "error: the TLS certificate of pypi.org cannot be verified: [SSL: CERTIFICATE_VERIFY_FAILED]", "The package index's certificate is not trusted", "pypi.org"},
		{2, "  Caused by: invalid peer certificate: UnknownIssuer", "The package index's certificate is not trusted", ""},
		{16, "error: the package index mirror.example answers 403 Forbidden for /simple/uv/", "The package index refuses", "mirror.example"},
		{1, "ERROR: HTTP error 404 while getting https://mirror.example/simple/notebook/\n404 Client Error: Not Found", "The package index refuses", "mirror.example"},
		{16, "error: the package index mirror.example answers 401 Unauthorized for /simple/uv/", "The package index asks for a login", "mirror.example"},
		{2, "error: Failed to fetch: `https://mirror.example/simple/notebook/`\n  Caused by: HTTP status client error (401 Unauthorized) for url (https://mirror.example/simple/notebook/)", "The package index asks for a login", "mirror.example"},
		{1, "  × No solution found when resolving dependencies:\n      hint: An index URL (https://mirror.example/simple/) could not be queried due to a lack of valid authentication credentials (401 Unauthorized).", "The package index asks for a login", "mirror.example"},
		{1, "401 Client Error: Unauthorized for url: https://mirror.example/simple/notebook/", "The package index asks for a login", "mirror.example"},
		{16, "error: the package index pypi.org answers 407 Proxy Authentication Required for /simple/uv/", "A proxy asks for a login", "pypi.org"},
		{100, "Err:1 http://deb.example/debian bookworm InRelease\n  401  Unauthorized [IP: 203.0.113.80 80]\nE: Failed to fetch http://deb.example/debian/dists/bookworm/InRelease  401  Unauthorized [IP: 203.0.113.80 80]", "The package index refuses", "deb.example"},
		{16, "error: the package index mirror.example answers something else than a list of files", "The package index refuses", "mirror.example"},
		{100, "E: Unable to locate package python3-pip", "The package index refuses", ""},
		{100, "Err:1 http://deb.example/debian bookworm InRelease\n  Could not connect to deb.example:80 (203.0.113.80). - connect (111: Connection refused)\nW: Failed to fetch http://deb.example/debian/dists/bookworm/InRelease\nE: Unable to locate package python3-pip", "The package index cannot be reached", "deb.example"},
		{10, "error: there is no python3 on this machine", "There is no python3 on the machine", "python3"},
		{18, "error: the checksum of uv-1.whl is not the index's", "A download was damaged", ""},
		{19, "error: the package index has no uv for linux riscv64", "There is no package for this machine", ""},
		{20, "The virtual environment was not created successfully because ensurepip is not available.", "No virtual environment can be made", ""},
		{21, "", "Another install is running on the machine", ""},
		{143, "Terminated", "The install was stopped", ""},
		{3, "something\x1b[31m new\x1b[0m", "The install failed", "exit code 3. It last said: something"},
	}
	for _, c := range cases {
		err := ExplainInstall(c.exit, strings.Split(c.tail, "\n"))
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%d %q: %v", c.exit, c.tail, err)
		}
		p := e.Problem()
		kind, title, text, next := string(p.Kind), p.Title, p.Text, p.Next.String()
		if kind != "server" || title != c.title || !strings.Contains(text, c.says) || next == "" || strings.Contains(text, "%") {
			t.Errorf("%d %q is explained as %q: %q; %q", c.exit, c.tail, title, text, next)
		}
	}
	if err := ExplainInstall(0, nil); err != nil {
		t.Errorf("success is explained: %v", err)
	}
}

// pip alone tells little of an index that refuses.
func TestExplainPipsRefusals(t *testing.T) {
	const none = "ERROR: Could not find a version that satisfies the requirement notebook (from versions: none)\nERROR: No matching distribution found for notebook"
	for text, title := range map[string]string{
		"WARNING: 401 Error, Credentials not correct for http://index.example/simple/notebook/\n" + none: "The package index asks for a login",
		none: "The package index refuses",
		"ERROR: Ignored the following versions that require a different python version: 7.5.0 Requires-Python >=3.9\n" + none:                "The machine's Python is too old",
		"ERROR: Could not find a version that satisfies the requirement x (from versions: 1.0)\nERROR: No matching distribution found for x": "There is no package for this machine",
	} {
		var e *Error
		if err := ExplainInstall(1, strings.Split(text, "\n")); !errors.As(err, &e) || e.Title != title {
			t.Errorf("%s\n%+v", text, e)
		}
	}
}

func FuzzExplainInstall(f *testing.F) {
	f.Add(2, "error: Failed to fetch: `https://pypi.org/simple/notebook/`\nCaused by: dns error")
	f.Fuzz(func(t *testing.T, exit int, tail string) {
		err := ExplainInstall(exit, strings.Split(tail, "\n"))
		if (err == nil) != (exit == 0) {
			t.Fatalf("exit %d: %v", exit, err)
		}
		var e *Error
		if errors.As(err, &e) && (e.Title == "" || e.Text == "" || e.Next.Empty()) {
			t.Errorf("an empty explanation: %+v", e)
		}
	})
}

// Whatever a server's log says: three texts that are safe for a terminal.
func FuzzExplainServer(f *testing.F) {
	f.Add("first\n[C ServerApp] ERROR: port 8888 is not available.")
	f.Add("OSError: [Errno 99] Cannot assign requested address\n\x1b[31mred\x1b]0;title\x07")
	f.Add("http://127.0.0.1:8888/?token=0123456789abcdef0123456789abcdef0123456789abcdef\r\n\u202e")
	f.Fuzz(func(t *testing.T, log string) {
		log = log[:min(len(log), 300)] // more says nothing new, and takes the fuzzer long to make small
		err := ExplainServer(strings.Split(log, "\n"))
		var e *Error
		if !errors.As(err, &e) || e.Title == "" || e.Text == "" || e.Next.Empty() {
			t.Fatalf("an empty explanation: %+v", err)
		}
		for _, said := range append(strings.Split(e.Raw, "\n"), e.Title, e.Text, e.Next.String(), e.Error()) {
			if !isSafe(said) {
				t.Errorf("%q", said)
			}
		}
	})
}

// isSafe reports whether a terminal shows a text and does nothing else with it.
func isSafe(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}

func TestExplainServer(t *testing.T) {
	for line, title := range map[string]string{
		"[C ServerApp] ERROR: the Jupyter server could not be started because port 8888 is not available.": "The server's port is taken",
		"OSError: [Errno 99] Cannot assign requested address":                                              "The server cannot listen there",
		"[C ServerApp] Running as root is not recommended. Use --allow-root to bypass.":                    "Jupyter does not run as root",
		"Jupyter command `jupyter-notebook` not found.":                                                    "Jupyter is not completely installed",
		"ModuleNotFoundError: No module named 'notebook'":                                                  "Jupyter is not completely installed",
		"jupyter-ec2: the server ended with code 137":                                                      "The machine ran out of memory",
		"sqlite3.OperationalError: [Errno 28] No space left on device":                                     "The machine's disk is full",
		"ssl.SSLError: [SSL] PEM lib (_ssl.c:3900)":                                                        "The server's certificate cannot be used",
		"PermissionError: [Errno 13] Permission denied: '/home/ubuntu/.local/share/jupyter'":               "The server may not read its files",
		"what nobody knows": "The server ended right after its start",
	} {
		var e *Error
		if err := ExplainServer([]string{"first", line}); !errors.As(err, &e) || e.Title != title || e.Next.Empty() {
			t.Errorf("%q: %+v", line, e)
		}
	}
}

// Endpoints that are no Jupyter server of ours are told apart.
func TestReadyTellsApart(t *testing.T) {
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	t.Cleanup(open.Close)
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	login := httptest.NewServer(http.RedirectHandler("/login", http.StatusFound))
	t.Cleanup(login.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasPrefix(addr, "host.invalid:") { // whatever this computer's DNS says of it
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: "host.invalid", IsNotFound: true}}
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	for _, c := range []struct{ name, url, kind, title string }{
		{"open", open.URL, "server", "The server asks for no token"},
		{"another server", other.URL, "server", "That is not a Jupyter server"},
		{"a login page", login.URL, "server", "The server answers with an error"},
		{"silent", "http://" + silent.Addr().String(), "unreachable", "The server cannot be reached"},
		{"closed", "http://" + await.Nobody, "server", "The server does not listen"},
		{"no name", "http://host.invalid:8888", "unreachable", "The server's name is not known"},
		{"https to http", "https" + strings.TrimPrefix(other.URL, "http"), "server", "http and https are mixed up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// Some of them could be mended by waiting, and are waited for until the
			// end; a whole try must fit in.
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			var e *Error
			if err := Ready(ctx, Endpoint{URL: c.url, Token: "0123456789abcdef", Dial: dial}); !errors.As(err, &e) || string(e.Kind) != c.kind || e.Title != c.title {
				t.Errorf("%v", err)
			}
		})
	}
	if err := Ready(t.Context(), Endpoint{URL: "ftp://host"}); err == nil {
		t.Error("an FTP server is ready")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Ready(ctx, Endpoint{URL: other.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
