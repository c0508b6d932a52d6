package sandbox

import (
	"encoding/json"
	"net/url"
	"testing"
)

// A record is believed only when it names a process and an address of this
// computer: its token goes there, and that process may be ended.
func TestParseRecord(t *testing.T) {
	good := `{"URL": "http://127.0.0.1:40123", "PID": 77, "Token": "t", "Started": "1", "Since": "2026-11-27T12:00:00Z"}`
	if r, err := parseRecord([]byte(good)); err != nil || r.PID != 77 || r.Token != "t" {
		t.Errorf("%+v, %v", r, err)
	}
	for name, bad := range map[string]string{
		"elsewhere":    `{"URL": "http://203.0.113.7:80", "PID": 77, "Token": "t"}`,
		"a name":       `{"URL": "http://localhost:80", "PID": 77, "Token": "t"}`,
		"a user":       `{"URL": "http://127.0.0.1:80@203.0.113.7:80", "PID": 77, "Token": "t"}`,
		"a path":       `{"URL": "http://127.0.0.1:80/x?", "PID": 77, "Token": "t"}`,
		"every one":    `{"URL": "http://127.0.0.1:80", "PID": -1, "Token": "t"}`,
		"none":         `{"URL": "http://127.0.0.1:80", "Token": "t"}`,
		"no token":     `{"URL": "http://127.0.0.1:80", "PID": 77}`,
		"half of one":  `{"URL": "http://127.0.0.1:8`,
		"another kind": `[]`,
		"nothing":      `null`,
	} {
		if r, err := parseRecord([]byte(bad)); err == nil || r != (record{}) {
			t.Errorf("%s: %+v was taken", name, r)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`{"URL": "http://127.0.0.1:40123", "PID": 77, "Token": "t", "Started": "1", "Since": "2026-11-27T12:00:00Z"}`))
	f.Add([]byte(`{"URL": "http://[::1]:1", "pid": 1, "Token": "\u0000"}`))
	f.Add([]byte(`{"URL": "http://127.0.0.1:1%", "PID": 1e3}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := parseRecord(content)
		if err != nil {
			if r != (record{}) {
				t.Errorf("%+v beside %v", r, err)
			}
			return
		}
		u, err := url.Parse(r.URL)
		if err != nil || r.PID < 1 || u.User != nil || u.Path != "" || u.RawQuery != "" {
			t.Errorf("%+v, %v", r, err)
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseRecord(written); err != nil || !again.Since.Equal(r.Since) || again.Info != r.Info || again.Token != r.Token {
			t.Errorf("%+v is read again as %+v, %v", r, again, err)
		}
	})
}
