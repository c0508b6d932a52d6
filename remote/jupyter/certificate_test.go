package jupyter

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSelfSigned(t *testing.T) {
	now := time.Now()
	cert, key, fingerprint, err := SelfSigned([]string{"ec2-203-0-113-7.example.com", "127.0.0.1"}, 30*24*time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	pin, err := ParsePin(fingerprint)
	if err != nil || len(pin) != 32 || len(fingerprint) != 95 {
		t.Errorf("the fingerprint is %q, %v", fingerprint, err)
	}
	for host, want := range map[string]string{"ec2-203-0-113-7.example.com": fingerprint, "127.0.0.1": fingerprint, "other.example.com": ""} {
		if got := CertificateFor(cert, host, now); got != want {
			t.Errorf("for %s: %q", host, got)
		}
	}
	for name, at := range map[string]time.Time{"too early": now.AddDate(0, 0, -2), "about to end": now.AddDate(0, 0, 25)} {
		if got := CertificateFor(cert, "127.0.0.1", at); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is part of the test
	s.StartTLS()
	defer s.Close()
	pythonTrusts(t, s.URL, cert)

	client := http.Client{Transport: &http.Transport{TLSClientConfig: pinned(pin)}}
	resp, err := client.Get(s.URL)
	if err != nil {
		t.Fatalf("with the pin: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "hello" {
		t.Errorf("with the pin: %q, %v", body, err)
	}
	pin[0] ^= 1
	client = http.Client{Transport: &http.Transport{TLSClientConfig: pinned(pin)}}
	if resp, err := client.Get(s.URL); !errors.Is(err, errPin) {
		if err == nil {
			_ = resp.Body.Close()
		}
		t.Errorf("with another pin: %v", err)
	}
}

// pythonTrusts: a gateway's client finds the certificate by SSL_CERT_FILE; the
// flag is what Python 3.13 sets on its own.
func pythonTrusts(t *testing.T, url string, cert []byte) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, flags := range []string{"0", "ssl.VERIFY_X509_STRICT"} {
		cmd := exec.Command(python, "-c", `import ssl, sys, urllib.request
context = ssl.create_default_context()
context.verify_flags |= `+flags+`
print(urllib.request.urlopen(sys.argv[1], context=context).read().decode())`, url)
		cmd.Env = []string{"SSL_CERT_FILE=" + file, "no_proxy=127.0.0.1"}
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "hello" {
			t.Errorf("Python with flags %s: %v\n%s", flags, err, out)
		}
	}
}

func TestParsePin(t *testing.T) {
	for _, bad := range []string{"", "AB:CD", strings.Repeat("zz:", 31) + "zz"} {
		if pin, err := ParsePin(bad); err == nil {
			t.Errorf("%q was taken as %x", bad, pin)
		}
	}
}

func TestNewToken(t *testing.T) {
	a, errA := NewToken()
	b, errB := NewToken()
	if err := errors.Join(errA, errB); err != nil || len("http://localhost:65535/tree?token="+a) > 78 || len(a) < 40 || a == b {
		t.Errorf("%q, %q, %v", a, b, err)
	}
}

// A fingerprint that is taken is 32 bytes, and the same however it is written.
func FuzzParsePin(f *testing.F) {
	f.Add(fingerprintOf([]byte("a certificate")))
	f.Add(strings.ToLower(fingerprintOf(nil)))
	f.Add("AB:CD")
	f.Add(strings.Repeat(":", 70) + "\x1b[1m")
	f.Fuzz(func(t *testing.T, text string) {
		pin, err := ParsePin(text)
		if err != nil {
			if pin != nil || !isSafe(err.Error()) {
				t.Errorf("%x, %q", pin, err)
			}
			return
		}
		shown := strings.ReplaceAll(fmt.Sprintf("% X", pin), " ", ":")
		again, err := ParsePin(shown)
		if len(pin) != sha256.Size || err != nil || !bytes.Equal(again, pin) || !strings.EqualFold(strings.ReplaceAll(text, ":", ""), strings.ReplaceAll(shown, ":", "")) {
			t.Errorf("%q is %x, read again %x, %v", text, pin, again, err)
		}
	})
}
