package jupyter

import (
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

//go:embed scripts/gateway.sh
var gatewayScript string

// GatewaySpec is a Kernel Gateway that a notebook server runs its kernels on.
type GatewaySpec struct {
	URL   string // "https://10.0.0.5:8888", as the notebook's host reaches it
	Token string
	// Cert is the gateway's own certificate, PEM, when no authority signed it.
	// The host's system authorities are believed beside it.
	Cert []byte
}

// check tells what cannot be used.
func (g GatewaySpec) check(mode string) error {
	u, err := url.Parse(g.URL)
	switch {
	case mode == ModeGateway:
		return fmt.Errorf("a gateway runs its kernels itself")
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the gateway's URL %q cannot be used", safe.Scrub(g.URL))
	case g.Token == "" || strings.ContainsAny(g.Token, " \t\r\n"):
		return fmt.Errorf("the gateway's token is empty or has spaces")
	}
	if len(g.Cert) > 0 {
		block, _ := pem.Decode(g.Cert)
		if block == nil {
			return fmt.Errorf("the gateway's certificate is not in PEM form")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("the gateway's certificate: %w", err)
		}
	}
	return nil
}

// files are what the notebook's server needs of it.
func (g GatewaySpec) files() []hostFile {
	files := []hostFile{{"gateway-token", 0o600, g.Token}}
	if len(g.Cert) > 0 {
		files = append(files, hostFile{"gateway.pem", 0o600, string(g.Cert)})
	}
	return files
}
