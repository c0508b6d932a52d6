package ec2sim

import (
	"bytes"
	"crypto/ed25519"
	"crypto/md5" //nolint:gosec // EC2's own fingerprint of imported RSA keys
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // EC2's own fingerprint of created RSA keys
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
)

// publicKey is a public key as EC2 holds it.
type publicKey struct {
	kind        string // "rsa" or "ed25519"
	line        string // "ssh-ed25519 AAAA…", without comment
	fingerprint string // as of an imported key
}

// parsePublicKey reads one line in authorized_keys form, as ImportKeyPair
// takes it: RSA of 1024, 2048 or 4096 bits and more are RSA, or ed25519.
func parsePublicKey(text []byte) (publicKey, error) {
	wrong := refuse("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return publicKey{}, wrong
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return publicKey{}, wrong
	}
	algorithm, rest, ok := cutString(blob)
	if !ok || string(algorithm) != words[0] {
		return publicKey{}, wrong
	}
	key := publicKey{line: words[0] + " " + words[1]}
	switch words[0] {
	case "ssh-ed25519":
		point, rest, ok := cutString(rest)
		if !ok || len(point) != ed25519.PublicKeySize || len(rest) != 0 {
			return publicKey{}, wrong
		}
		key.kind, key.fingerprint = "ed25519", ed25519Fingerprint(blob)
		return key, nil
	case "ssh-rsa":
		e, rest, ok := cutString(rest)
		n, rest, ok2 := cutString(rest)
		if !ok || !ok2 || len(rest) != 0 || len(e) == 0 || len(e) > 4 || len(n) < 128 || len(n) > 2049 {
			return publicKey{}, wrong
		}
		der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{
			N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64()),
		})
		if err != nil {
			return publicKey{}, wrong
		}
		sum := md5.Sum(der) //nolint:gosec // as above
		key.kind, key.fingerprint = "rsa", colons(sum[:])
		return key, nil
	}
	return publicKey{}, wrong
}

// createKey makes a key pair as CreateKeyPair does, the private key as PEM:
// PKCS #1 for RSA, OpenSSH's own form for ed25519.
func createKey(kind string) (publicKey, []byte, error) {
	if kind == "ed25519" {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return publicKey{}, nil, fmt.Errorf("generating a key: %w", err)
		}
		blob := appendStrings(nil, []byte("ssh-ed25519"), public)
		line := "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
		return publicKey{kind, line, ed25519Fingerprint(blob)}, openSSHKey(blob, public, private), nil
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return publicKey{}, nil, fmt.Errorf("generating a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return publicKey{}, nil, fmt.Errorf("encoding a key: %w", err)
	}
	sum := sha1.Sum(der) //nolint:gosec // as above
	// Both numbers are SSH mpints, which have a leading zero byte where the
	// first bit is set: always for a modulus, never for 65537.
	blob := appendStrings(nil, []byte("ssh-rsa"), big.NewInt(int64(private.E)).Bytes(), append([]byte{0}, private.N.Bytes()...))
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	return publicKey{"rsa", "ssh-rsa " + base64.StdEncoding.EncodeToString(blob), colons(sum[:])}, text, nil
}

// openSSHKey is an unencrypted private key in OpenSSH's form
// (github.com/openssh/openssh-portable/blob/master/PROTOCOL.key).
func openSSHKey(blob, public, private []byte) []byte {
	check := make([]byte, 4)
	_, _ = rand.Read(check) // never fails
	secret := append(bytes.Clone(check), check...)
	secret = appendStrings(secret, []byte("ssh-ed25519"), public, private, nil)
	for n := byte(1); len(secret)%8 != 0; n++ {
		secret = append(secret, n)
	}
	text := appendStrings([]byte("openssh-key-v1\x00"), []byte("none"), []byte("none"), nil)
	text = binary.BigEndian.AppendUint32(text, 1)
	text = appendStrings(text, blob, secret)
	return pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: text})
}

// exampleHostKey is a host key in authorized_keys form for an instance
// without a host. Nobody has its private key.
func exampleHostKey(instanceID string) string {
	point := sha256.Sum256([]byte(instanceID))
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(appendStrings(nil, []byte("ssh-ed25519"), point[:])) + " root@" + instanceID
}

// appendStrings appends SSH strings: their length in 4 bytes, and they.
func appendStrings(b []byte, strs ...[]byte) []byte {
	for _, s := range strs {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s))) //nolint:gosec // keys are short
		b = append(b, s...)
	}
	return b
}

func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if b = b[4:]; uint64(len(b)) < n {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func ed25519Fingerprint(blob []byte) string {
	sum := sha256.Sum256(blob)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// colons is "0a:1b:2c".
func colons(b []byte) string {
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(parts, ":")
}
