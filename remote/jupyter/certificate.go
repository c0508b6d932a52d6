package jupyter

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// SelfSigned makes a certificate of its own for a server reached under these
// names and IP addresses, valid from a day before now (clocks differ).
// fingerprint is the SHA-256 of the certificate, as browsers show it:
// "AB:CD:…"; ParsePin turns it into Endpoint.PinSHA256.
//
// A client that is given the certificate as its only authority accepts it:
// OpenSSL asks for CA:TRUE with keyCertSign in a certificate that vouches for
// itself, and Python 3.13's strict mode for both key identifiers.
func SelfSigned(hosts []string, validFor time.Duration, now time.Time) (certPEM, keyPEM []byte, fingerprint string, err error) {
	if len(hosts) == 0 {
		return nil, nil, "", errors.New("making a certificate: it is for no host")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, "", fmt.Errorf("making the certificate's key: %w", err)
	}
	template, err := certificateFor(hosts, validFor, now, &key.PublicKey)
	if err != nil {
		return nil, nil, "", err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, "", fmt.Errorf("making the certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, "", fmt.Errorf("writing the certificate's key: %w", err)
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	return certPEM, keyPEM, fingerprintOf(der), nil
}

func certificateFor(hosts []string, validFor time.Duration, now time.Time, public *ecdsa.PublicKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("writing the public key: %w", err)
	}
	id := sha256.Sum256(spki)
	c := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "jupyter-ec2 server"},
		NotBefore:             now.AddDate(0, 0, -1),
		NotAfter:              now.Add(validFor),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		SubjectKeyId:          id[:20],
		AuthorityKeyId:        id[:20],
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	return c, nil
}

// CertificateFor returns the fingerprint of a certificate (PEM) when it is
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

// ParsePin reads a fingerprint of the form "AB:CD:…".
func ParsePin(fingerprint string) ([]byte, error) {
	pin, err := hex.DecodeString(strings.ReplaceAll(fingerprint, ":", ""))
	if err != nil || len(pin) != sha256.Size {
		return nil, fmt.Errorf("%q is not the SHA-256 fingerprint of a certificate", fingerprint)
	}
	return pin, nil
}
