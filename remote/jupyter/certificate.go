package jupyter

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// CertificateFor answers the fingerprint of a certificate (PEM) when it is
// good for host at that time and for a week more, and nothing otherwise.
func CertificateFor(certPEM []byte, host string, now time.Time) (fingerprint string) {
	block, _ := pem.Decode(certPEM)
	if block == nil {
		return ""
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil || c.VerifyHostname(host) != nil || now.Before(c.NotBefore) || now.AddDate(0, 0, 7).After(c.NotAfter) {
		return ""
	}
	return fingerprintOf(c.Raw)
}

// fingerprintOf is the SHA-256 of a certificate (DER) as browsers show it.
func fingerprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
