package jupyter

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Where the port is taken, a server of ours ends: it never moves to another
// port without a word, in no mode.
func TestServersKeepTheirPort(t *testing.T) {
	for mode, app := range map[string]string{ModeSSH: "ServerApp", ModeHTTP: "ServerApp", ModeGateway: "KernelGatewayApp"} {
		words := ServeSpec{Mode: mode, Port: 8888}.command()
		for _, want := range []string{"--" + app + ".port=8888", "--" + app + ".port_retries=0"} {
			if !slices.Contains(words, want) {
				t.Errorf("%s: no %s in %q", mode, want, words)
			}
		}
	}
}

// A gateway lists its kernels, or its clients cannot find theirs again.
func TestGatewayListsItsKernels(t *testing.T) {
	for _, f := range (ServeSpec{Mode: ModeGateway}).files("") {
		if f.name == "config.py" && strings.Contains(f.content, "\nc.JupyterWebsocketPersonality.list_kernels = True\n") {
			return
		}
	}
	t.Error("list_kernels is off")
}

// A gateway knows no other form of the header.
func TestTokenHeader(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	c, err := Endpoint{URL: s.URL, Token: "0123456789abcdef"}.client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.do(t.Context(), http.MethodGet, "/api/kernels", nil); err != nil {
		t.Fatal(err)
	}
	if got != "token 0123456789abcdef" {
		t.Errorf("the token is sent as %q", got)
	}
}
