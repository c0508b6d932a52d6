package testhost

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// The metadata service answers as EC2's does, to whoever has a good token or none.
func TestMetadata(t *testing.T) {
	m := newMetadata(&Host{
		private: netip.MustParseAddr("10.77.0.2"),
		spec:    Spec{AuthorizedKeys: []string{"ssh-ed25519 AAAA one", "ssh-ed25519 BBBB two"}, CloudInit: &CloudInit{InstanceID: "i-1", UserData: []byte("\x1f\x8b\x00")}},
	})
	ask := func(method, path string, header ...string) (int, string) {
		t.Helper()
		r := httptest.NewRequest(method, path, nil)
		for n := 0; n < len(header); n += 2 {
			r.Header.Set(header[n], header[n+1])
		}
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		body, err := io.ReadAll(w.Result().Body)
		must(t, err)
		return w.Code, string(body)
	}
	for path, want := range map[string]string{
		"/2009-04-04/meta-data/instance-id":               "i-1",
		"/latest/meta-data/":                              "ami-id\nhostname\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\nplacement/\npublic-keys/",
		"/2021-03-23/meta-data/public-keys/":              "0=key-0\n1=key-1",
		"/2021-03-23/meta-data/public-keys/1/openssh-key": "ssh-ed25519 BBBB two",
		"/latest/meta-data/placement":                     "availability-zone\nregion",
		"/latest/meta-data/hostname":                      "ip-10-77-0-2",
		"/2021-03-23/user-data":                           "\x1f\x8b\x00",
	} {
		if code, body := ask("GET", path); code != http.StatusOK || body != want {
			t.Errorf("%s: %d %q, want %q", path, code, body, want)
		}
	}
	for _, path := range []string{"/", "/latest/", "/latest/meta-data/none", "/other/meta-data/", "/latest/meta-dataX", "/latest/dynamic/"} {
		if code, body := ask("GET", path); code != http.StatusNotFound {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}

	const ttl, with = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "X-Aws-Ec2-Metadata-Token"
	code, token := ask("PUT", "/latest/api/token", ttl, "60")
	if code != http.StatusOK || token == "" {
		t.Fatalf("token %q, %d", token, code)
	}
	if code, body := ask("GET", "/latest/meta-data/instance-id", with, token); code != http.StatusOK || body != "i-1" {
		t.Errorf("with a token: %d %q", code, body)
	}
	if code, _ := ask("GET", "/latest/meta-data/instance-id", with, "other"); code != http.StatusUnauthorized {
		t.Errorf("with a wrong token: %d", code)
	}
	for _, seconds := range []string{"", "0", "21601"} {
		if code, _ := ask("PUT", "/latest/api/token", ttl, seconds); code != http.StatusBadRequest {
			t.Errorf("a token for %q seconds: %d", seconds, code)
		}
	}
	m.user = nil
	if code, _ := ask("GET", "/latest/user-data"); code != http.StatusNotFound {
		t.Errorf("user data that is not there: %d", code)
	}
	if strings.Contains(token, "/") {
		t.Errorf("the token is %q", token)
	}
}
