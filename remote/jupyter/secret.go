package jupyter

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// NewToken makes a server's token: 22 random bytes as 44 hexadecimal digits. It
// is as long as fits with the rest of a tunnel's URL, whatever its port and its
// page, between the margins of 80 columns.
func NewToken() (string, error) {
	b := make([]byte, 22)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// ValidToken reports whether a text can be a server's token: letters, digits,
// "-" and "_" alone, so that it is safe in a URL and for a terminal, and long
// enough to be no guess.
func ValidToken(s string) bool {
	if len(s) < 16 || len(s) > 256 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// tokenMark comes before the token: what a login shell prints of its own is no
// part of it.
const tokenMark = "jupyter-ec2: the token follows" // #nosec G101 -- no token

// ReadToken returns the token of the host's server, or "" when there is none
// that can be one.
func ReadToken(ctx context.Context, h Host) (string, error) {
	out, err := output(ctx, h, `printf '%s\n' '`+tokenMark+`'; cat "$HOME/`+serverDir+`/token" 2>/dev/null; :`)
	if err != nil {
		return "", fmt.Errorf("asking the host for its server's token: %w", err)
	}
	_, token, _ := strings.Cut(out, tokenMark)
	if token = strings.TrimSpace(token); !ValidToken(token) {
		return "", nil
	}
	return token, nil
}
