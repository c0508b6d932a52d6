package jupyter

import (
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// serverDir holds the running server's files, below the home folder.
const serverDir = ".jupyter-ec2/server"

var (
	//go:embed scripts/server.sh
	serverScript string
	//go:embed scripts/supervise.sh
	superviseScript string
	//go:embed scripts/config.py
	configScript string
)

// hostFile is a file that Serve writes into serverDir.
type hostFile struct {
	name    string
	mode    fs.FileMode
	content string
}

// files are what the server of this spec needs. The spec is the last one: it
// vouches for all before it.
func (s ServeSpec) files(hash string) []hostFile {
	files := []hostFile{
		{"token", 0o600, s.Token}, // no line end: Jupyter's own readers do not strip it
		{"config.py", 0o600, script(configScript)},
		{"run", 0o700, s.runScript()},
		{"supervise", 0o700, script(superviseScript)},
		{"jupyter-ec2.service", 0o600, s.unit()},
	}
	if len(s.Cert) > 0 {
		files = append(files, hostFile{"cert.pem", 0o600, string(s.Cert)}, hostFile{"key.pem", 0o600, string(s.Key)})
	}
	if s.Gateway != nil {
		files = append(files, s.Gateway.files()...)
	}
	return append(files, hostFile{"spec", 0o600, fmt.Sprintf("hash=%s\nport=%d\n", hash, s.Port)})
}

// variables are the files as scripts/server.sh takes them. They are no
// environment, which other processes of the user's could read.
func variables(files []hostFile) string {
	var b strings.Builder
	for i, f := range files {
		fmt.Fprintf(&b, "name_%d=%s mode_%d=%o text_%d=%s\n", i, quote(f.name), i, f.mode.Perm(), i, quote(f.content))
	}
	return b.String()
}

func (s ServeSpec) path(name string) string { return path.Join(s.Facts.Home, serverDir, name) }

// command is the server's program and its flags. No secret is among them.
func (s ServeSpec) command() []string {
	app, words := "ServerApp", []string{"jupyter", "notebook", "--no-browser"}
	if s.Mode == ModeGateway {
		app, words = "KernelGatewayApp", []string{"jupyter", "kernelgateway"}
	}
	flag := func(name, value string) { words = append(words, "--"+app+"."+name+"="+value) }
	words = append(words, "--config="+s.path("config.py"))
	flag("ip", s.Bind)
	flag("port", strconv.Itoa(s.Port))
	// By default another port is taken without a word.
	flag("port_retries", "0")
	if s.Mode != ModeGateway {
		flag("root_dir", s.WorkDir)
	}
	if s.Mode == ModeHTTP {
		// Reached by the machine's public name, which Jupyter does not know.
		flag("allow_remote_access", "True")
	}
	if len(s.Cert) > 0 {
		flag("certfile", s.path("cert.pem"))
		flag("keyfile", s.path("key.pem"))
	}
	if s.Gateway != nil {
		words = append(words, "--gateway-url="+s.Gateway.URL)
	}
	return words
}

// commandLine is the command as a person reads it.
func (s ServeSpec) commandLine() string {
	words := s.command()
	for i, w := range words {
		words[i] = strings.ReplaceAll(quote(w), s.Facts.Home+"/", "~/")
	}
	return strings.Join(words, " ")
}

// runScript starts the server, in the venv as a person would have activated it.
func (s ServeSpec) runScript() string {
	words := s.command()
	for i, w := range words {
		words[i] = quote(w)
	}
	venv := path.Join(s.Facts.Home, ".jupyter-ec2/venv")
	trust := "unset JUPYTER_GATEWAY_URL JUPYTER_GATEWAY_WS_URL JUPYTER_GATEWAY_AUTH_TOKEN"
	if s.Gateway != nil && len(s.Gateway.Cert) > 0 {
		trust += "\nhere=" + quote(s.path("")) + "\n" + strings.TrimRight(script(gatewayScript), "\n")
	}
	return strings.Join([]string{
		"#!/bin/sh",
		"# Written by jupyter-ec2: starts the server in the foreground.",
		"cd " + quote(s.WorkDir) + " || exit 1",
		"VIRTUAL_ENV=" + quote(venv),
		`PATH=$VIRTUAL_ENV/bin:${PATH:-/usr/local/bin:/usr/bin:/bin}`,
		"export PATH VIRTUAL_ENV",
		"unset JUPYTER_TOKEN JUPYTER_TOKEN_FILE JUPYTER_PORT KG_AUTH_TOKEN KG_PORT KG_IP PYTHONHOME PYTHONPATH",
		trust,
		"exec " + strings.Join(words, " "),
		"",
	}, "\n")
}

// unit is the systemd unit. It is readable by everybody and holds no secret.
func (s ServeSpec) unit() string {
	what := "Jupyter Notebook"
	if s.Mode == ModeGateway {
		what = "Jupyter Kernel Gateway"
	}
	return strings.Join([]string{
		"[Unit]",
		"Description=" + what + ", set up by jupyter-ec2",
		"Wants=network-online.target",
		"After=network-online.target",
		"StartLimitIntervalSec=300",
		"StartLimitBurst=5",
		"",
		"[Service]",
		"User=" + s.Facts.User,
		"ExecStart=" + unitQuote(s.path("run")),
		"Restart=on-failure",
		"RestartSec=2",
		"KillMode=mixed",
		"TimeoutStopSec=15",
		"# A kernel that runs out of memory must not take the server with it.",
		"OOMPolicy=continue",
		"",
		"[Install]",
		"WantedBy=multi-user.target",
		"",
	}, "\n")
}

// quote makes a word safe for a POSIX shell, and leaves plain words plain.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=./:,@+", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// unitQuote makes a path safe in a systemd unit.
func unitQuote(p string) string {
	p = strings.NewReplacer("%", "%%", "$", "$$", `\`, `\\`, `"`, `\"`).Replace(p)
	return `"` + p + `"`
}
