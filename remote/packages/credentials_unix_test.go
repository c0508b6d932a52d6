//go:build unix

package packages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What stands in the environment is in no log, no argument and no file.
func TestNoCredentialIsTold(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t/0123"
	l, p := onLocal(t, map[string]string{"requirements.txt": "-i https://${CORP_PASSWORD}@c.example/simple\nidna\n"})
	n, err := Find(filepath.Join(l.home, p.Dir), Options{Send: []string{"UV_INDEX_CORP_PASSWORD", "CORP_PASSWORD"}, Environ: []string{
		"UV_INDEX_URL=https://me:s3cr3t%2F0123@i.example/simple", "UV_INDEX_CORP_PASSWORD=" + secret + "corp", "CORP_PASSWORD=" + secret + "file",
	}})
	if err != nil {
		t.Fatal(err)
	}
	// This uv prints its environment, as what builds a package may.
	l.write(t, "tells", "", 0o600)
	var told []string
	if _, err := p.Bring(t.Context(), n, func(text string, _ bool) { told = append(told, text) }); err != nil {
		t.Fatalf("%v\n%s", err, l.logs)
	}
	log := l.logs[0]
	if !strings.Contains(log, "UV_INDEX_CORP_PASSWORD=[secret]") || !strings.Contains(log, "CORP_PASSWORD=[secret]") {
		t.Errorf("the environment did not arrive:\n%s", log)
	}
	for _, text := range []string{log, strings.Join(told, "\n"), p.job(n).Script, l.read(t, "asked")} {
		for _, s := range []string{"s3cr3t", "bWU6czNjcjN0LzAxMjM="} {
			if strings.Contains(text, s) {
				t.Errorf("%q is in:\n%s", s, text)
			}
		}
	}
	err = filepath.WalkDir(l.home, func(name string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		if strings.Contains(string(b), "s3cr3t") {
			t.Errorf("it is in the file %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
