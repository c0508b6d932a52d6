package sshhost

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/crypto/ssh"
)

// exampleKey is a host key for documents, the same each time.
func exampleKey(t testing.TB) (private, public string) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), publicLine(signer)
}

// indented is a text as the literal block of a YAML mapping inside another.
func indented(text string) string {
	return "|\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
}

// document is one as the program sends it.
func document(t testing.TB) string {
	private, public := exampleKey(t)
	return "#cloud-config\nssh_deletekeys: true\nssh_genkeytypes: [ed25519]\nssh_keys:\n  ed25519_private: " + indented(private) +
		"  ed25519_public: " + public + "\nbootcmd:\n- - sh\n  - -c\n  - |\n    echo 'it''s'\n    exit 0\n"
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadUserData(t *testing.T) {
	private, public := exampleKey(t)
	other := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSnvVWyDO5lQIAxoDe6gI4dGoYLqCgYNWQIBaMdUhro"
	const script = "'sh' '-c' 'echo '\\''it'\\'''\\''s'\\''\nexit 0\n'\n"
	for name, c := range map[string]struct {
		data   []byte
		key    bool
		script string
		notes  []string // parts of them, in order
	}{
		"nothing":             {},
		"the program's own":   {data: []byte(document(t)), key: true, script: script},
		"compressed":          {data: zipped(t, document(t)), key: true, script: script},
		"only the first line": {data: []byte("#cloud-config\n")},
		"a null":              {data: []byte("#cloud-config\n~\n")},
		"JSON is YAML": {
			data: []byte("#cloud-config\n" + `{"bootcmd": ["echo $HOME", ["echo", "$HOME"]]}`), script: "echo $HOME\n'echo' '$HOME'\n",
		},
		"what is unknown": {
			data:  []byte("#cloud-config\npackages: [git]\nbootcmd: [a]\n\"run\\ncmd\": []\nssh_keys: {rsa_private: x, ed25519_private: " + indented(private) + "}\n"),
			notes: []string{"failed loading the YAML"}, // a literal block within braces
		},
		"names that are unknown": {
			data: []byte("#cloud-config\npackages: [git]\nbootcmd: [a]\n\"run\\ncmd\": []\nssh_keys:\n  rsa_private: x\n  ed25519_private: " + indented(private)),
			key:  true, script: "a\n", notes: []string{`"packages" of user data is unknown`, `"run\ncmd" of user data is unknown`, `"rsa_private" of ssh_keys is unknown`},
		},
		"the last of two counts": {data: []byte("#cloud-config\nbootcmd: [a]\nbootcmd: [b]\n"), script: "b\n"},
		"bad YAML":               {data: []byte("#cloud-config\nbootcmd: [a\npackages: ]x\n"), notes: []string{"failed loading the YAML"}},
		"control characters":     {data: []byte("#cloud-config\nbootcmd: *\x1b\n"), notes: []string{"failed loading the YAML"}},
		"two documents":          {data: []byte("#cloud-config\nbootcmd: [a]\n---\nbootcmd: [b]\n"), notes: []string{"more than one document"}},
		"a list":                 {data: []byte("#cloud-config\n- a\n"), notes: []string{"no mapping"}},
		"a shell script":         {data: []byte("#!/bin/sh\necho\n"), notes: []string{"no #cloud-config document"}},
		"an archive":             {data: []byte("#cloud-config-archive\n- {type: x}\n"), notes: []string{"no #cloud-config document"}},
		"half a gzip":            {data: zipped(t, document(t))[:40], notes: []string{"cannot be unpacked"}},
		"too much of it":         {data: zipped(t, "#cloud-config\n"+strings.Repeat("#", maxUserData)), notes: []string{"longer than"}},
		"bootcmd is a text":      {data: []byte("#cloud-config\nbootcmd: reboot\n"), notes: []string{`"bootcmd" of user data is no list`}},
		"bootcmd has a number":   {data: []byte("#cloud-config\nbootcmd: [a, 7]\n"), notes: []string{"neither a text nor a list of texts"}},
		"bootcmd has a mapping":  {data: []byte("#cloud-config\nbootcmd: [a, [b, {c: d}]]\n"), notes: []string{"neither a text nor a list of texts"}},
		"aliases without end": {
			data:  []byte("#cloud-config\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\nbootcmd: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"),
			notes: []string{`"a"`, `"b"`, `"c"`, `"d"`, `"e"`, `"f"`, `"bootcmd"`},
		},
		"no keys":     {data: []byte("#cloud-config\nssh_keys: [a]\n"), notes: []string{`"ssh_keys" of user data is no mapping`}},
		"no such key": {data: []byte("#cloud-config\nssh_keys: {ed25519_private: secret}\n"), notes: []string{`"ed25519_private" of ssh_keys cannot be used`}},
		"another's public half": {
			data: []byte("#cloud-config\nssh_keys:\n  ed25519_public: " + other + "\n  ed25519_private: " + indented(private)),
			key:  true, notes: []string{"is not the public half"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := readUserData(c.data)
			if (u.key != nil) != c.key || u.script != c.script {
				t.Errorf("key %v, script %q, want %v, %q", u.key != nil, u.script, c.key, c.script)
			}
			if c.key {
				if signer, err := ssh.ParsePrivateKey(u.key); err != nil || publicLine(signer) != public {
					t.Errorf("the key is another one: %v", err)
				}
			}
			ok := len(u.notes) == len(c.notes)
			for i := 0; ok && i < len(c.notes); i++ {
				ok = strings.Contains(u.notes[i], c.notes[i])
			}
			if !ok || strings.Contains(strings.Join(u.notes, ""), "secret}") {
				t.Errorf("it says %q, want %q", u.notes, c.notes)
			}
		})
	}
}

// Whatever a document is, the host boots: with a key that is one, and words that
// can be printed.
func FuzzUserData(f *testing.F) {
	f.Add([]byte(document(f)))
	f.Add(zipped(f, document(f)))
	f.Add([]byte("#cloud-config\nbootcmd: [a, [b, 'c']]\npackages: &x [git, *x]\n"))
	f.Add([]byte("#!/bin/sh\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		u := readUserData(data)
		if u.key != nil {
			if k, err := ssh.ParsePrivateKey(u.key); err != nil || k.PublicKey().Type() != ssh.KeyAlgoED25519 {
				t.Errorf("a key that is none: %v", err)
			}
		}
		for _, line := range u.notes {
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("it cannot be printed: %q", line)
			}
		}
		again := readUserData(zipped(t, string(data)))
		packed := bytes.HasPrefix(data, []byte{0x1f, 0x8b}) || len(data) > maxUserData
		if !packed && (u.script != again.script || !bytes.Equal(u.key, again.key) || !slices.Equal(u.notes, again.notes)) {
			t.Errorf("compressed it is read otherwise: %+v, %+v", u, again)
		}
	})
}
