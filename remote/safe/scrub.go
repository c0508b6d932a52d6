package safe

import (
	"regexp"
	"strings"
	"sync"
)

const (
	hiddenSecret = "[secret]" // stands for what Scrub takes out
	unfinished   = "…"        // stands for what may turn out to be a secret
)

// secretName is the end of a name whose value is a secret: of a query's
// parameter, a variable, a setting.
const secretName = `(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|access[_-]?key(?:[_-]?id)?|_xsrf|signature|credential)`

// secretPatterns, never changed, are where secrets stand in what programs print,
// apart from URLs' users. They are compiled when there may be one.
var secretPatterns = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		// ?token=…, JUPYTER_TOKEN=…, X-Amz-Signature=…
		regexp.MustCompile(`(?i)((?:^|[^\w.%-])[\w.%-]*` + secretName + `=["']?)([^&\s"'<>)]+)`),
		// Short names, in a query alone.
		regexp.MustCompile(`(?i)([?&](?:key|sig|code|auth|authorization)=)([^&\s"'<>)]+)`),
		// As configuration files and JSON have them.
		regexp.MustCompile(`(?i)(\baws_(?:secret_access_key|session_token)\s*[=:]\s*)([^\s"']+)`),
		regexp.MustCompile(`(?i)(["'][\w.-]*` + secretName + `["']\s*:\s*["'])([^"']+)`),
		// As people and logs write it: token: …, token …
		regexp.MustCompile(`(?i)(\btoken[:\s]\s*)([0-9a-z]{16,})`),
		// Headers.
		regexp.MustCompile(`(?i)(\bauthorization['"]?\s*[:=]\s*['"]?(?:token|bearer|basic)\s+)([^\s"',}]+)`),
	}
})

// Scrub takes secrets out of a text that is passed on: user and password of
// every URL, the values of query parameters, variables and settings whose
// names say that they are secret, and tokens in headers.
//
// What a host prints is scrubbed by [Lines], and so are the texts of errors
// and events on their way to a person.
func Scrub(text string) string { return scrub(text, false) }

// scrub with open is for a text whose end is still to come: what may turn out
// to be a URL's password is left out.
func scrub(text string, open bool) string {
	if !strings.ContainsAny(text, ":=") && !strings.Contains(strings.ToLower(text), "token") {
		return text
	}
	text = scrubUsers(text, open)
	if !mayNameSecret(text) { // most lines do not, and looking closely takes longer
		return text
	}
	for _, p := range secretPatterns() {
		text = p.ReplaceAllStringFunc(text, func(found string) string {
			m := p.FindStringSubmatch(found)
			if m == nil || placeholder(m[2]) {
				return found
			}
			return m[1] + hiddenSecret
		})
	}
	return text
}

func mayNameSecret(text string) bool {
	text = strings.ToLower(text)
	for _, part := range []string{"token", "secret", "pass", "pwd", "key", "_xsrf", "sig", "credential", "code=", "auth"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// placeholder reports whether a value only stands for a secret, as in commands
// that a person is shown.
func placeholder(value string) bool {
	return value == "TOKEN" || value == unfinished || strings.HasPrefix(value, "$(")
}

// scrubUsers takes user and password out of each URL.
func scrubUsers(text string, open bool) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("://")
		n, more := userLength(rest)
		switch {
		case open && more:
			b.WriteString(unfinished)
			return b.String()
		case n > 0:
			b.WriteString(hiddenSecret)
		}
		text = rest[n:]
	}
}

// userLength is how much of what follows a URL's "://" is its user and
// password, whose end is the last @ before the path. People also put passwords
// there that hold a / or a ?; those begin as no port does. more says that what
// follows may still make a user of it.
func userLength(rest string) (n int, more bool) {
	word, more := rest, true
	if i := strings.IndexFunc(word, endsWord); i >= 0 {
		word, more = word[:i], false
	}
	host := word
	if i := strings.IndexFunc(word, endsAuthority); i >= 0 {
		host = word[:i]
		_, port, colon := strings.Cut(host, ":")
		odd := colon && !strings.HasPrefix(host, "[") && strings.Trim(port, "0123456789") != ""
		if odd && !strings.Contains(host, "@") {
			host = word
		} else {
			more = false
		}
	}
	return max(strings.LastIndexByte(host, '@'), 0), more
}

func endsWord(r rune) bool { return r <= ' ' || strings.ContainsRune("\"<>`", r) }

func endsAuthority(r rune) bool { return endsWord(r) || strings.ContainsRune("/?#", r) }
