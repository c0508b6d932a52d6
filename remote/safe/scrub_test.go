package safe

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestScrub(t *testing.T) {
	const secret = "s3cr3t0123"
	for _, line := range []string{
		"GET /api/kernels?token=" + secret + " (127.0.0.1)",
		"http://host:8888/tree?a=b&token=" + secret,
		"http://host:8888/tree?token='" + secret + "'",
		"Authorization: token " + secret,
		`{'Authorization': 'token ` + secret + `'}`,
		"Looking in indexes: https://user:" + secret + "@index.example/simple",
		"Looking in indexes: http://" + secret + ":****@index.example/simple",
		"Looking in indexes: http://" + secret + "@index.example/simple, https://pypi.org/simple",
		"--index-url=https://user:a/" + secret + "@index.example:8443/simple",
		"https://user:a?" + secret + "#b@index.example/simple",
		"https://user:p@" + secret + "@index.example/simple",
		"git+ssh://" + secret + "@example.com/x and http://[::1]:80/x",
		"one http://a.example/ two socks5h://u:" + secret + "@proxy:1080",
		"https://s3.example/x.whl?X-Amz-Credential=" + secret + "%2F20261130&X-Amz-Signature=ab" + secret + "&x=1",
		"https://s3.example/x.whl?AWSAccessKeyId=" + secret + "&sig=" + secret,
		"JUPYTER_TOKEN=" + secret, "export KG_AUTH_TOKEN='" + secret + "'",
		"the token: " + secret + "456789", "Token " + secret + "456789 is used",
		"aws_secret_access_key = " + secret, `{"password": "` + secret + `"}`,
	} {
		got := Scrub(line)
		if strings.Contains(got, secret) || !strings.Contains(got, "[secret]") {
			t.Errorf("%q became %q", line, got)
		}
		if Scrub(got) != got {
			t.Errorf("%q became %q at the second time", got, Scrub(got))
		}
	}
	for _, plain := range []string{
		"http://host:8888/a:b/c@d",
		"Downloading notebook (5.4MiB) from https://pypi.org/simple, tokens: 3",
		"http://localhost:8888/files/me@home.ipynb", "http://[::1]:8888/a@b", "mail me@example.com, see http://example.com",
		"c.ServerApp.password_required=True", "http://h/?token=TOKEN", `KG_AUTH_TOKEN="$(cat file)" x`, "KG_AUTH_TOKEN=… jupyter", "a token for everyone", "token: 0123", "max_tokens=5 monkey=7", "https://files.example/a.whl#sha256=abc", "",
	} {
		if got := Scrub(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}

// No secret is seen at any moment, however the bytes arrive and however long
// the line is.
func TestLinesScrub(t *testing.T) {
	const secret = "s3cr3t0123"
	line := "Looking in indexes: http://" + secret + ":" + secret + "@index.example/simple?token=" + secret + " end\n"
	for _, before := range []string{"", strings.Repeat("x ", maxLine/2-20), strings.Repeat("x", maxLine-40), strings.Repeat("?a=b", maxLine/4-10)} {
		for _, size := range []int{1, 3, 7, 38} {
			var writes []string
			for p := range slices.Chunk([]byte(before+line), size) {
				writes = append(writes, string(p))
			}
			s := render(t, writes...)
			for _, l := range append(s.lines, s.partials...) {
				if strings.Contains(l, secret[:4]) {
					t.Fatalf("in pieces of %d: %q", size, l)
				}
			}
			if all := strings.Join(s.lines, ""); !strings.HasSuffix(all, "@index.example/simple?token=[secret] end") {
				t.Fatalf("the line became %q", all)
			}
		}
	}
	var kept []string
	l := NewLinesAsIs(func(text string, _ bool) { kept = append(kept, text) })
	if _, err := io.WriteString(l, line); err != nil || kept[0]+"\n" != line {
		t.Errorf("as it is: %q, %v", kept, err)
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("GET /?token=", "user", "p@ss/word", " x", uint8(3))
	f.Add("\x1b[1m Looking in ", "", "a?b#c:d", "simple, http://x:y@z/", uint8(1))
	f.Add(strings.Repeat("x", maxLine-20), "u", "p", "&token=1", uint8(9))
	f.Fuzz(func(t *testing.T, before, user, password, after string, size uint8) {
		const secret = "0123456789abcdef0123456789abcdef"
		// Those of a real URL have neither; and a path is not told from a user.
		user = strings.Map(func(r rune) rune {
			if endsAuthority(r) || hidden(r) || r < ' ' || r > '~' {
				return -1
			}
			return r
		}, user)
		password = strings.Map(func(r rune) rune {
			if endsWord(r) || hidden(r) || r < ' ' || r > '~' {
				return -1
			}
			return r
		}, password)
		text := before + "\nhttps://" + user + ":" + secret + "x" + password + "@index.example/simple?token=" + secret + " " + after
		got := Scrub(text)
		if strings.Contains(got, secret) {
			t.Errorf("left: %q", got)
		}
		if again := Scrub(got); strings.Contains(again, secret) {
			t.Errorf("left at the second time: %q", again)
		}
		var writes []string
		for p := range slices.Chunk([]byte(text), int(size)+1+len(text)/100) {
			writes = append(writes, string(p))
		}
		s := render(t, writes...)
		for _, l := range append(s.lines, s.partials...) {
			if strings.Contains(l, secret[:12]) {
				t.Errorf("shown: %q", l)
			}
		}
	})
}
