package aws

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

const (
	ed25519Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	rsaKey     = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"
	blockBegin = "-----BEGIN SSH HOST KEY KEYS-----\n"
	blockEnd   = "-----END SSH HOST KEY KEYS-----\n"
)

func TestHostKeys(t *testing.T) {
	block := blockBegin + rsaKey + " root@ip-1\n" + ed25519Key + " root@ip-1\n" + blockEnd
	both := []string{rsaKey, ed25519Key}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing printed", "", nil},
		{"still booting", "Linux version 6.8\nec2: ##########\n", nil},
		{"printed", "boot\n" + block + "login: ", both},
		{"CRLF", strings.ReplaceAll("boot\n"+block+"login: ", "\n", "\r\n"), both},
		{"after a console's own words", strings.ReplaceAll(block, "ssh-", "[   21.5] cloud-init[999]: ssh-"), both},
		{"half printed", "boot\n" + blockBegin + rsaKey + "\n", nil},
		{"end only", rsaKey + "\n" + blockEnd, nil},
		{"printed twice, the last counts", blockBegin + rsaKey + "\n" + blockEnd + blockBegin + ed25519Key + "\n" + blockEnd, []string{ed25519Key}},
		{"no key", blockBegin + "ssh-ed25519 not-base64!\nssh-rsa AAAA\n" + blockEnd, nil},
		{"a key that calls itself another", blockBegin + "ssh-rsa " + strings.Fields(ed25519Key)[1] + "\n" + blockEnd, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := hostKeys(c.text); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestConsoleHostKeysOnXenAndNitro(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte(blockBegin + ed25519Key + " c\r\n" + blockEnd))
	printed := ok("GetConsoleOutput", "<instanceId>i-1</instanceId><output>"+text+"</output>")
	for _, c := range []struct {
		name  string
		turns []reply
		want  []string
		fails bool
	}{
		{"nitro", []reply{printed}, []string{ed25519Key}, false},
		{"xen", []reply{ec2Error("UnsupportedOperation", "latest"), printed}, []string{ed25519Key}, false},
		{"nothing yet", []reply{ok("GetConsoleOutput", "<instanceId>i-1</instanceId>")}, nil, false},
		{"no base64", []reply{ok("GetConsoleOutput", "<output>%%%</output>")}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := regional(t, answers{"GetConsoleOutput": inTurn(c.turns...)})
			got, err := r.ConsoleHostKeys(context.Background(), "i-1")
			if !slices.Equal(got, c.want) || (err != nil) != c.fails {
				t.Errorf("%q, %v", got, err)
			}
			if c.fails {
				explained(t, err)
			}
			if w.sent("GetConsoleOutput", 0).Get("Latest") != "true" || w.sent("GetConsoleOutput", len(c.turns)-1).Get("Latest") == "true" && len(c.turns) > 1 {
				t.Error("the latest output is asked for first, and only then")
			}
		})
	}
}

func FuzzHostKeys(f *testing.F) {
	f.Add(blockBegin + rsaKey + "\r\n" + ed25519Key + " c\n" + blockEnd)
	f.Add(blockEnd + blockBegin)
	f.Add(blockBegin + "a AAAAAWEA\n" + blockEnd)
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range hostKeys(text) {
			name, blob, found := strings.Cut(k, " ")
			if !found || !isAlgorithm(name) || strings.ContainsAny(blob, " \r\n\x1b") || !strings.Contains(text, blob) {
				t.Errorf("%q", k)
			}
		}
	})
}
