package hosttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
)

// distVariable names the folder with what `make dist` made, which these tests
// install as a stranger would, on a machine that has never seen the program.
const distVariable = "JUPYTER_EC2_DIST"

// strangersDisk is the disk of a Debian with what its people install packages
// with.
var strangersDisk = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), await.Long)
	defer cancel()
	h, err := lab.New(ctx, testhost.Spec{Plain: true})
	if err != nil {
		return "", err
	}
	if err := h.Start(ctx); err != nil {
		return "", err
	}
	const packages = `export DEBIAN_FRONTEND=noninteractive
apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv pipx man-db rpm bash-completion </dev/null`
	if out, err := h.Run(ctx, packages); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return h.Image(ctx)
})

// stranger is somebody on a machine, and an index that has the wheels.
type stranger struct {
	t     *testing.T
	h     *testhost.Host
	index string // its address, as the machine reaches it
	dist  string
	ctx   context.Context
}

func newStranger(t *testing.T, spec testhost.Spec) *stranger {
	dist := os.Getenv(distVariable)
	if dist == "" {
		t.Skip("installs what make dist made: make test-dist")
	}
	testhost.Need(t)
	t.Parallel()
	await.Turn(t)
	await.Shared(t, "the disk that machines begin with", func() (any, error) { return nil, lab.Ready(t.Context(), testhost.Spec{}) })
	spec.Image = await.Shared(t, "a disk with pip and pipx", strangersDisk)
	ctx := await.Allow(t, 2*await.Long, "installs the program in several ways, and Jupyter with it")
	s := &stranger{t: t, h: lab.Start(t, spec), dist: dist, ctx: ctx}
	s.serve()
	s.user(`python3 -m venv tools && tools/bin/pip install -q jupyter-core uv`)
	return s
}

// serve runs a package index (PEP 503) on this computer's side of the
// machine's network.
func (s *stranger) serve() {
	s.t.Helper()
	// The machine has the second address of four, this computer the first.
	l, err := net.Listen("tcp", netip.AddrPortFrom(s.h.Private().Prev(), 0).String())
	if err != nil {
		s.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/files/", http.StripPrefix("/files/", http.FileServer(http.Dir(s.dist))))
	mux.HandleFunc("/simple/jupyter-ec2/", func(w http.ResponseWriter, r *http.Request) {
		if form := "application/vnd.pypi.simple.v1+json"; r.Header.Get("Accept") == form { // the program itself asks
			w.Header().Set("Content-Type", form)
			_, _ = fmt.Fprintf(w, `{"files": [{"filename": %q, "yanked": false}]}`, s.files("*.whl")[0])
			return
		}
		w.Header().Set("Content-Type", "text/html")
		for _, name := range s.files("*.whl") {
			_, _ = fmt.Fprintf(w, "<a href=\"/files/%s\">%[1]s</a><br>\n", name)
		}
	})
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	s.t.Cleanup(func() { _ = server.Close() })
	s.index = "http://" + l.Addr().String()
}

// files are the names of what was made.
func (s *stranger) files(pattern string) []string {
	s.t.Helper()
	all, err := filepath.Glob(filepath.Join(s.dist, pattern))
	if err != nil || len(all) == 0 {
		s.t.Fatalf("%s is not in %s: %v", pattern, s.dist, err)
	}
	for i := range all {
		all[i] = filepath.Base(all[i])
	}
	return all
}

// root runs a script as root, which must succeed.
func (s *stranger) root(script string) string {
	s.t.Helper()
	out, err := s.h.Run(s.ctx, "set -e\n"+script)
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return out
}

// user runs a script as the user in their home folder, which must succeed.
func (s *stranger) user(script string) string {
	s.t.Helper()
	// uv has authorities of its own, and the index may be behind another one.
	return s.root("su - ubuntu -c 'exec sh -e' <<'SCRIPT'\n" +
		"set -a; . /etc/environment; set +a; export UV_SYSTEM_CERTS=1 PATH=$HOME/.local/bin:$PATH INDEX=" + s.index + "/simple/ HOST=" + s.h.Private().Prev().String() + "\n" + script + "\nSCRIPT\n")
}

// home is what is in the user's home folder, but for the caches of others.
func (s *stranger) home() []string {
	s.t.Helper()
	return strings.Fields(s.user(`find . \( -path ./.cache -o -name __pycache__ \) -prune -o \( -type f -o -type l \) -print | sort`))
}

// leaves holds the home folder to what it was before, and the program's state.
func (s *stranger) leaves(before []string) {
	s.t.Helper()
	for _, name := range s.home() {
		if !slices.Contains(before, name) && !strings.HasPrefix(name, "./.local/state/jupyter-ec2/") {
			s.t.Errorf("uninstalled, it leaves %s", name)
		}
	}
}

// sandbox brings up a notebook with that command, to the URL that was proven,
// and removes all of it. In http mode the URL answers afterwards too.
func (s *stranger) sandbox(command, how string) {
	s.t.Helper()
	out := s.user(command + ` up --sandbox --yes --json ` + how + ` 2>&1`)
	var last struct {
		Kind  string `json:"kind"`
		URL   string `json:"url"`
		Proof string `json:"proof"`
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.URL == "" || last.Proof == "" {
		s.t.Fatalf("%v: no URL with a proof at the end of\n%s", err, out)
	}
	s.t.Logf("%s up --sandbox %s: %s", command, how, last.Proof)
	if how == "--mode http" {
		s.user(`curl -fsSk -o /dev/null '` + last.URL + `'`)
	}
	s.user(command + ` sandbox stop --purge --yes`)
}

// Where there is a systemd, and pip: Jupyter's own environment is what the
// program comes into, and it answers to Jupyter's own name for it. No index but
// this computer's is asked, here and below: of two, the one with the highest
// version wins, and anybody can put one on PyPI.
func TestStrangerWithPip(t *testing.T) {
	s := newStranger(t, testhost.Spec{})
	before := s.home()
	s.user(`tools/bin/pip install -q --pre --index-url $INDEX --trusted-host $HOST jupyter-ec2`)
	if help := s.user(`PATH=$HOME/tools/bin:$PATH; jupyter ec2 --help`); !strings.Contains(help, "from an AWS account to a Jupyter Notebook") {
		t.Errorf("jupyter ec2 --help says\n%s", help)
	}
	// A wheel that has a page for man brings it where man looks.
	if page := s.user(`PATH=$HOME/tools/bin:$PATH man -P cat jupyter-ec2`); !strings.Contains(page, "--sandbox") {
		t.Errorf("man says\n%s", page)
	}
	s.sandbox(`PATH=$HOME/tools/bin:$PATH jupyter ec2`, "--mode http")
	s.user(`tools/bin/pip uninstall -q -y jupyter-ec2`)
	s.leaves(before)
}

// Where there is none: pipx, uv, and the package of Debian.
func TestStrangerWithoutSystemd(t *testing.T) {
	s := newStranger(t, testhost.Spec{Plain: true})
	before := s.home()
	said := s.user(`pipx install --pip-args="--pre --index-url $INDEX --trusted-host $HOST" jupyter-ec2 >/dev/null 2>&1; jupyter-ec2 --version; pipx uninstall jupyter-ec2 >/dev/null`)
	for what, script := range map[string]string{
		"uv tool install": `uv tool install -q --prerelease allow --no-index --find-links $INDEX/jupyter-ec2/ jupyter-ec2; jupyter-ec2 --version; uv tool uninstall -q jupyter-ec2`,
		"uvx":             `uvx -q --prerelease allow --no-index --find-links $INDEX/jupyter-ec2/ jupyter-ec2 --version`,
	} {
		if got := s.user("PATH=$HOME/tools/bin:$PATH\n" + script); got != said || !strings.HasPrefix(got, "jupyter-ec2 version ") {
			t.Errorf("%s says %q, and pipx %q", what, got, said)
		}
	}
	s.user(`rm -rf ~/.local/pipx ~/.local/share/pipx ~/.local/share/uv ~/.local/state/pipx`) // theirs
	s.leaves(before)
	s.debian(said)
	s.redHat(said)
}

// debian installs and removes the package of Debian.
func (s *stranger) debian(version string) {
	s.t.Helper()
	deb := s.only("_amd64.deb", "_arm64.deb")
	s.root(`cd /tmp && curl -fsSO ` + s.index + `/files/` + deb + ` && dpkg -i ` + deb)
	if got := s.user(`jupyter-ec2 --version`); got != version {
		s.t.Errorf("the package says %q, and the wheel %q", got, version)
	}
	if page := s.user(`man -P cat jupyter-ec2`); !strings.Contains(page, "--sandbox") || !strings.Contains(page, ".local/state/jupyter-ec2") {
		s.t.Errorf("man says\n%s", page)
	}
	if got := s.user(`bash -c '. /usr/share/bash-completion/bash_completion; _comp_load jupyter-ec2 2>/dev/null || __load_completion jupyter-ec2; complete -p jupyter-ec2'`); !strings.Contains(got, "__start_jupyter-ec2") {
		s.t.Errorf("bash completes it with %q", got)
	}
	// With no C library near it, and nothing else either, it runs: musl is no other world to it.
	if got := s.root(`mkdir /tmp/bare && cp /usr/bin/jupyter-ec2 /tmp/bare && chroot /tmp/bare /jupyter-ec2 --version`); got != version {
		s.t.Errorf("alone in a root it says %q", got)
	}
	if got := s.user(`jupyter-ec2 version --check --index $INDEX`); !strings.Contains(got, "No release is on 10.") && !strings.Contains(got, "It is the newest release.") {
		s.t.Errorf("version --check says %q", got)
	}
	before := s.home()
	s.sandbox(`jupyter-ec2`, "--no-tunnel")
	files := strings.Fields(s.root(`dpkg -L jupyter-ec2 | while read -r f; do [ -d "$f" ] || echo "$f"; done`))
	if len(files) < 7 {
		s.t.Errorf("it installed %q", files)
	}
	if said := s.root(`dpkg -r jupyter-ec2 2>&1`); !strings.Contains(said, "~/.local/state") {
		s.t.Errorf("dpkg -r says\n%s", said)
	}
	if left := s.root(`for f in ` + strings.Join(files, " ") + `; do [ ! -e "$f" ] || echo "$f"; done; ls -d /usr/share/doc/jupyter-ec2 2>/dev/null || :`); left != "" {
		s.t.Errorf("removed, it leaves\n%s", left)
	}
	s.leaves(before)
}

// redHat installs the other package into a root of its own: what it needs of
// Red Hat is nothing.
func (s *stranger) redHat(version string) {
	s.t.Helper()
	name := s.only(".x86_64.rpm", ".aarch64.rpm")
	s.root(`cd /tmp && curl -fsSO '` + s.index + `/files/` + name + `' && mkdir -p red/usr && rpm --root /tmp/red -i --nodeps --noscripts ` + name)
	if got := s.user(`/tmp/red/usr/bin/jupyter-ec2 --version`); got != version {
		s.t.Errorf("the rpm says %q", got)
	}
	s.root(`rpm --root /tmp/red -V --nodeps jupyter-ec2`)
}

// only is the name of the one package for this computer's processor.
func (s *stranger) only(amd64, arm64 string) string {
	s.t.Helper()
	ending := map[string]string{"x86_64": amd64, "aarch64": arm64}[strings.TrimSpace(s.root("uname -m"))]
	all := s.files("*" + path.Clean(ending))
	if ending == "" || len(all) != 1 {
		s.t.Fatalf("packages %q for %q", all, ending)
	}
	return all[0]
}
