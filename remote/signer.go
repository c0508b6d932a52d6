package remote

import (
	"strings"

	"golang.org/x/crypto/ssh"
)

// PublicKey is a signer's public half in authorized_keys form, without comment.
func PublicKey(s Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}
