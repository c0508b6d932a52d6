//go:build unix

package jupyter

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// The notebook's path and its kernel are told over TLS, to the one certificate;
// a cell counts also when the server is too busy to answer; another server's
// certificate is not believed; and being asked does not fill a server's log.
func TestWatchServers(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 161)
	await.Allow(t, await.Long, "starts three servers, and kernels on them")
	cert, key, fingerprint, err := SelfSigned([]string{w.facts.Loopback}, 24*time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	spec := ServeSpec{SetupID: "s1", Mode: ModeHTTP, Token: newToken(t), Facts: w.facts, Cert: cert, Key: key}
	mustServe(t, w, spec)
	pin, err := ParsePin(fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Endpoint{URL: "https://" + w.facts.Loopback + ":8888", Token: spec.Token, PinSHA256: pin, Dial: w.DialContext}.client()
	if err != nil {
		t.Fatal(err)
	}
	body, err := c.do(t.Context(), http.MethodPost, "/api/sessions",
		[]byte(`{"path": "work/notes.ipynb", "name": "", "type": "notebook", "kernel": {"name": "python3"}}`))
	var made struct{ Kernel struct{ ID string } }
	if err != nil || json.Unmarshal(body, &made) != nil {
		t.Fatalf("%s, %v", body, err)
	}
	k, err := c.openKernel(t.Context(), made.Kernel.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	go func() { _, _ = k.run(t.Context(), "import time; time.sleep(1000)") }()
	w.spec.Mode, w.spec.TLS = ModeHTTP, true
	w.watch("tls", idleAfter(time.Hour))
	cell := busyWith("a cell runs in notes.ipynb, kernel " + made.Kernel.ID[:8])
	h := w.until("a cell", func(h Health) bool { return cell(h) && h.ServerUp })
	if len(h.Kernels) != 1 || h.Kernels[0].Path != "work/notes.ipynb" {
		t.Errorf("%+v", h)
	}

	stopped := "pkill -%s -f 'jupyter-noteboo[k].*" + w.facts.Loopback + "'"
	w.must(strings.Replace(stopped, "%s", "STOP", 1))
	h = w.until("a server that hangs", func(h Health) bool { return !h.ServerUp })
	if !cell(h) || h.ServerDead || !strings.Contains(h.ServerNote, "in time") {
		t.Errorf("%+v", h)
	}
	w.must(strings.Replace(stopped, "%s", "CONT", 1))
	w.until("the server again", func(h Health) bool { return h.ServerUp })

	// Somebody else at its place is shown no token.
	if err := StopServer(t.Context(), w, w.facts); err != nil {
		t.Fatal(err)
	}
	said, end := impostor(t, w.facts.Loopback+":8888")
	w.until("another certificate", func(h Health) bool { return !h.ServerUp && strings.Contains(h.ServerNote, "another certificate") })
	end()
	if n := said.Load(); n > 0 {
		t.Errorf("another server was told %d bytes", n)
	}

	mustServe(t, w, ServeSpec{SetupID: "s1", Mode: ModeGateway, Token: spec.Token, Facts: w.facts})
	w.spec.Mode, w.spec.TLS = ModeGateway, false
	w.watch("gateway", idleAfter(time.Hour))
	h = w.until("the gateway", func(h Health) bool { return h.ServerUp && h.Busy == "" })
	w.until("some looks", func(later Health) bool { return later.At.After(h.At.Add(10 * every)) })
	log, err := ServerLog(t.Context(), w, w.facts, 1000)
	if text := strings.Join(log, "\n"); err != nil || strings.Contains(text, "no_track_activity") || strings.Contains(text, "/api/terminals") {
		t.Errorf("the gateway's log, %v:\n%s", err, text)
	}

	// What is no Jupyter's keeps nothing awake, whatever it answers.
	if err := StopServer(t.Context(), w, w.facts); err != nil {
		t.Fatal(err)
	}
	odd, err := net.Listen("tcp", w.facts.Loopback+":8888")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte(`[{"id": [1], "last_activity": {"a": 1}, "execution_state": ["busy"]}, 7]`))
	})}
	go func() { _ = server.Serve(odd) }()
	defer func() { _ = server.Close() }()
	h = w.until("odd answers", func(h Health) bool { return !h.ServerUp && h.ServerNote != "" && !h.ServerDead })
	w.until("it goes on looking", func(later Health) bool {
		return later.At.After(h.At.Add(5*every)) && later.Busy == "" && !later.Idle.IsZero()
	})
}

// must runs a script on the host.
func (w *watched) must(text string) {
	w.t.Helper()
	if err := w.Run(w.t.Context(), remote.Command{Script: text, Label: remote.WatchLabel}); err != nil {
		w.t.Fatal(err)
	}
}

// impostor is a TLS server with a certificate of its own. It counts what it is
// told.
func impostor(t *testing.T, addr string) (said *atomic.Int64, end func()) {
	t.Helper()
	certPEM, keyPEM, _, err := SelfSigned([]string{"127.0.0.1"}, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", addr, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	said = new(atomic.Int64)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				n, _ := io.Copy(io.Discard, conn) // a client that leaves early is what is wanted
				said.Add(n)
				_ = conn.Close()
			})
		}
	})
	return said, func() { _ = l.Close(); work.Wait() }
}
