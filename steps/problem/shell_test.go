package problem

import (
	"path/filepath"
	"testing"
)

// What a person of Windows pastes into PowerShell, 5 or 7.
func TestPowerShell(t *testing.T) {
	s := ShellOf("windows")
	for word, want := range map[string]string{
		"t2.micro":                      "t2.micro",
		`C:\Users\jane\k.pem`:           `C:\Users\jane\k.pem`,
		`C:\Users\Jane Doe\k.pem`:       `'C:\Users\Jane Doe\k.pem'`,
		"O'Brien":                       "'O''Brien'",
		"O’Brien":                       "'O’’Brien'", // a typographic quote ends a string too
		"$(calc)":                       "'$(calc)'",
		"`x":                            "'`x'",
		"a,b":                           "'a,b'", // a list
		"@me":                           "'@me'",
		"~":                             "'~'",
		"":                              "''",
		"ünïcode":                       "'ünïcode'",
		"--gateway-url=https://h:8888/": "--gateway-url=https://h:8888/",
	} {
		if got := s.Quote(word); got != want {
			t.Errorf("%q is typed as %s, want %s", word, got, want)
		}
	}
	for name, c := range map[string][2]string{
		"a bare value would be run": {s.Value("abc"), "'abc'"},
		"unset":                     {s.Unset("A", "B"), "Remove-Item Env:A, Env:B"},
		"one variable, two cases":   {s.Unset("HTTPS_PROXY", "https_proxy"), "Remove-Item Env:HTTPS_PROXY"},
		"for one command": {
			s.With("jupyter lab", [2]string{"T", s.Content(`C:\my files\t`)}, [2]string{"C", s.PathValue(`C:\c.pem`)}),
			`$env:T = Get-Content -LiteralPath 'C:\my files\t'; $env:C = 'C:\c.pem'; jupyter lab`,
		},
		"a key": {
			s.InOneLine(s.OnlyYours(`C:\my keys\k.pem`)),
			`icacls 'C:\my keys\k.pem' /reset; icacls 'C:\my keys\k.pem' /inheritance:r /grant:r "$(whoami):R"`,
		},
		"a folder": {
			s.NotTheirs(`D:\state`),
			`icacls D:\state /reset; icacls D:\state /inheritance:r /grant:r "$(whoami):(OI)(CI)F" (and takeown /R /F D:\state first where it belongs to somebody else)`,
		},
		"curl": {s.Curl(), "curl.exe"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got\n%s\nwant\n%s", name, c[0], c[1])
		}
	}
}

func TestPOSIXShell(t *testing.T) {
	if Here() != POSIX {
		t.Skip("the paths of this system are others")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	for name, c := range map[string][2]string{
		"unset":           {POSIX.Unset("A", "B"), "unset A B"},
		"for one command": {POSIX.With("jupyter lab", [2]string{"T", POSIX.Content("/a b")}, [2]string{"C", POSIX.PathValue("/c")}), `T="$(cat '/a b')" C=/c jupyter lab`},
		"a key":           {POSIX.InOneLine(POSIX.OnlyYours(filepath.Join(home, "k e.pem"))), "chmod 400 ~/'k e.pem'"},
		"a folder":        {POSIX.NotTheirs("/s"), `chmod go-w /s (and sudo chown -R "$USER" where it belongs to somebody else)`},
		"curl":            {POSIX.Curl(), "curl"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %s, want %s", name, c[0], c[1])
		}
	}
	for _, system := range []string{"linux", "darwin", "freebsd"} {
		if got := ShellOf(system); got != POSIX {
			t.Errorf("%s: %s", system, got)
		}
	}
}
