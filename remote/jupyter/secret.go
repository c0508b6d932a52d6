package jupyter

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// NewToken makes a server's token: 32 random bytes as 64 hexadecimal digits.
func NewToken() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return hex.EncodeToString(b), nil
}
