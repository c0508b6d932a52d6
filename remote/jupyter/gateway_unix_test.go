//go:build unix

package jupyter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// A notebook on one host runs its kernels on the gateway of another one, over
// TLS with the gateway's own certificate, and its log names no token. Then it
// is restarted as it is, and served without the gateway again.
func TestNotebookOnGateway(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 141)
	g, gf := besideIt(t, "127.0.0.83")
	cert, key, _, err := SelfSigned([]string{"127.0.0.83"}, 24*time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	gateway := ServeSpec{SetupID: "g", Mode: ModeGateway, Token: newToken(t), Facts: gf, Cert: cert, Key: key}
	mustServe(t, g, gateway)

	spec := ServeSpec{
		SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: w.facts,
		Gateway: &GatewaySpec{URL: "https://127.0.0.83:8888", Token: gateway.Token, Cert: cert},
	}
	port := mustServe(t, w, spec)
	ep, err := spec.mustComplete(t).endpoint(w, port)
	if err != nil {
		t.Fatal(err)
	}
	proveIt(t, ep, gf)
	c, err := ep.client()
	if err != nil {
		t.Fatal(err)
	}
	_, k := newKernel(t, c)
	if home, err := k.run(t.Context(), "import os; print(os.getcwd())"); err != nil || home[0] != gf.Home {
		t.Errorf("the kernel runs in %q, %v; want the gateway's %q", home, err, gf.Home)
	}
	args, err := output(t.Context(), w, "ps -ewwo args; cat .jupyter-ec2/server/run .jupyter-ec2/server/jupyter-ec2.service")
	if err != nil || strings.Contains(args, gateway.Token) || !strings.Contains(args, spec.Gateway.URL) {
		t.Errorf("the gateway's token is in a command line, or its URL is in none: %v", err)
	}

	var said []string
	if err := RestartServer(t.Context(), w, w.facts, collect(&said)); err != nil {
		t.Fatal(err)
	}
	if err := Ready(t.Context(), ep); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(said, "\n"); len(said) == 0 || len(said) > 20 || strings.Contains(all, gateway.Token) || strings.Contains(all, spec.Token) {
		t.Errorf("before the restart %d lines were told, or a token:\n%s", len(said), all)
	}
	proveIt(t, ep, gf)

	with := spec.mustComplete(t).hash()
	spec.Gateway = nil
	if spec.mustComplete(t).hash() == with {
		t.Error("the gateway is no part of the spec's hash")
	}
	mustServe(t, w, spec)
	proveIt(t, ep, w.facts)
	if _, err := os.Stat(filepath.Join(w.home, serverDir, "gateway-token")); err == nil {
		t.Error("the gateway's token was left behind")
	}
}

func TestGatewaySpecRefused(t *testing.T) {
	f := Facts{Home: "/home/ubuntu", User: "ubuntu", Loopback: "127.0.0.1"}
	for name, g := range map[string]GatewaySpec{
		"no URL":            {Token: "t"},
		"a password":        {URL: "https://me:hunter2@host:8888", Token: "t"},
		"a token in it":     {URL: "https://host:8888/?token=abc", Token: "t"},
		"no token":          {URL: "https://host:8888"},
		"no certificate":    {URL: "https://host:8888", Token: "t", Cert: []byte("none")},
		"a line in a token": {URL: "https://host:8888", Token: "t\nx"},
	} {
		_, err := ServeSpec{Mode: ModeSSH, Token: "0123456789abcdef", Facts: f, Gateway: &g}.complete()
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "abc") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (ServeSpec{Mode: ModeGateway, Token: "0123456789abcdef", Facts: f, Gateway: &GatewaySpec{URL: "https://host", Token: "t"}}).complete(); err == nil {
		t.Error("a gateway of a gateway")
	}
}

// Of the install's log the lines wanted are read; the server's is followed until
// nobody wants it. Text of a login shell is no part of it.
func TestLogs(t *testing.T) {
	h := newHost(t, "127.0.0.152")
	if lines, err := InstallLog(t.Context(), h, Facts{}, 10); err != nil || len(lines) != 0 {
		t.Errorf("without an install: %q, %v", lines, err)
	}
	var none *Error
	if err := RestartServer(t.Context(), h, Facts{}, nil); !errors.As(err, &none) || none.Title != "There is no server to restart" {
		t.Errorf("without a server: %v", err)
	}
	prepare := `d=.jupyter-ec2/jobs/install-uv; mkdir -p $d .jupyter-ec2/server
printf 'one\ntwo\nGET /?token=abcdef0123456789\nthree\n' >$d/log
printf 'first\n\033[31msecond\033[0m\n' >.jupyter-ec2/server/server.log`
	if err := h.Run(t.Context(), remote.Command{Script: prepare}); err != nil {
		t.Fatal(err)
	}
	if lines, err := InstallLog(t.Context(), h, Facts{}, 3); err != nil || strings.Join(lines, "|") != "two|GET /?token=[secret]|three" {
		t.Errorf("%q, %v", lines, err)
	}
	if lines, err := InstallLog(t.Context(), h, Facts{}, 1); err != nil || strings.Join(lines, "|") != "three" {
		t.Errorf("%q, %v", lines, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := ""
	err := FollowServerLog(ctx, h, Facts{}, 5, func(line string, partial bool) {
		switch {
		case partial:
		case line == "third":
			cancel()
		default:
			if seen += line + "|"; line == "second" {
				if err := h.Run(t.Context(), remote.Command{Script: "echo third >>.jupyter-ec2/server/server.log"}); err != nil {
					t.Error(err)
				}
			}
		}
	})
	if seen != "first|second|" || ctx.Err() == nil {
		t.Errorf("%q, %v", seen, err)
	}
}
