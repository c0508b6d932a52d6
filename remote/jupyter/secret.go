package jupyter

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// NewToken makes a server's token: 24 random bytes as 48 hexadecimal digits,
// as long as Jupyter's own. A URL with it fits on a line of 80 columns.
func NewToken() (string, error) {
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return hex.EncodeToString(b), nil
}
