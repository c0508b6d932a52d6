//go:build unix

package jupyter

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// fetch runs the fetcher on the host against an index, for a uv.
func fetch(t *testing.T, h *localHost, index string) (said string, exit int) {
	t.Helper()
	h.env = []string{"UV_DEFAULT_INDEX=" + index, "no_proxy=127.0.0.1"}
	var out bytes.Buffer
	err := h.Run(t.Context(), remote.Command{
		Script: "exec 2>&1\npython3 - uv bin/uv <<'JUPYTER_EC2_FETCH'\n" + script(fetchScript) + "JUPYTER_EC2_FETCH\n", Stdout: &out,
	})
	var e *remote.ExitError
	if errors.As(err, &e) {
		exit = e.Code
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), exit
}

func uvWheel(t *testing.T, version string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("uv-" + version + ".data/scripts/uv")
	if err == nil {
		_, err = fmt.Fprintf(f, "#!/bin/sh\necho uv %s\n", version)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// anIndex serves wheels of uv as index pages of either kind; files are what
// fits, what does not, and what is newer only by name.
func anIndex(t *testing.T, json bool, sum func([]byte) string, guard func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	mux := http.NewServeMux()
	var rows []string
	for _, f := range []struct{ version, tag, extra string }{
		{"0.9.9", "py3-none-any", ""},
		{"0.13.8", "py3-none-any", ""},
		{"0.14.0", "py3-none-win_amd64", ""},
		{"0.15.0", "py3-none-any", "yanked"},
		{"0.16.0rc1", "py3-none-any", ""},
		{"0.17.0", "py3-none-any", "python"},
	} {
		name := "uv-" + f.version + "-" + f.tag + ".whl"
		wheel := uvWheel(t, f.version)
		mux.HandleFunc("/files/"+name, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(wheel) })
		row := fmt.Sprintf(`{"filename": %q, "url": "../../files/%s", "hashes": {"sha256": %q}, "yanked": %v%s}`, name, name, sum(wheel),
			f.extra == "yanked", map[bool]string{true: `, "requires-python": ">=4.2"`}[f.extra == "python"])
		if !json {
			row = fmt.Sprintf(`<a href="../../files/%s#sha256=%s"%s>%s</a><br>`, name, sum(wheel),
				map[string]string{"yanked": ` data-yanked=""`, "python": ` data-requires-python="&gt;=4.2"`}[f.extra], name)
		}
		rows = append(rows, row)
	}
	mux.HandleFunc("/simple/uv/", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case guard != nil && !guard(w, r):
		case json:
			w.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
			_, _ = fmt.Fprintf(w, `{"files": [%s]}`, strings.Join(rows, ",\n"))
		default:
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><body>%s</body></html>", strings.Join(rows, "\n"))
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/simple"
}

func rightSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestFetch(t *testing.T) {
	for name, json := range map[string]bool{"JSON": true, "HTML": false} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, "127.0.0.36")
			said, exit := fetch(t, h, anIndex(t, json, rightSum, nil))
			if exit != 0 || !strings.Contains(said, "SHA-256 matches the index") {
				t.Fatalf("exit %d: %s", exit, said)
			}
			if got, err := output(t.Context(), h, "bin/uv"); err != nil || got != "uv 0.13.8\n" {
				t.Errorf("the program says %q, %v", got, err)
			}
		})
	}
}

func TestFetchRefusesDamage(t *testing.T) {
	h := newHost(t, "127.0.0.36")
	wrong := func([]byte) string { return strings.Repeat("0", 64) }
	if said, exit := fetch(t, h, anIndex(t, true, wrong, nil)); exit != exitChecksum {
		t.Errorf("exit %d: %s", exit, said)
	}
	if _, err := os.Stat(filepath.Join(h.home, "bin/uv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the damaged program is there: %v", err)
	}
}

func TestFetchIndexAnswers(t *testing.T) {
	const password = "pa55word"
	guard := func(w http.ResponseWriter, r *http.Request) bool {
		user, pass, _ := r.BasicAuth()
		if user != "me" || pass != password {
			http.Error(w, "no", http.StatusForbidden)
			return false
		}
		return true
	}
	h := newHost(t, "127.0.0.36")
	index := anIndex(t, true, rightSum, guard)
	if said, exit := fetch(t, h, index); exit != exitRefused || !strings.Contains(said, "403") {
		t.Errorf("without password: exit %d: %s", exit, said)
	}
	said, exit := fetch(t, h, strings.Replace(index, "http://", "http://me:"+password+"@", 1))
	if exit != 0 || strings.Contains(said, password) {
		t.Errorf("with password: exit %d: %s", exit, said)
	}
	page := anIndex(t, true, rightSum, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]"))
		return false
	})
	if said, exit := fetch(t, h, page); exit != exitRefused || strings.Contains(said, "Traceback") {
		t.Errorf("no index: exit %d: %s", exit, said)
	}
}
