package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// The parts of CycloneDX 1.6 that are used.
type (
	bom struct {
		Format     string      `json:"bomFormat"`
		Spec       string      `json:"specVersion"`
		Serial     string      `json:"serialNumber"`
		Version    int         `json:"version"`
		Metadata   bomMetadata `json:"metadata"`
		Components []component `json:"components"`
	}
	bomMetadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type       string         `json:"type"`
		Ref        string         `json:"bom-ref"`
		Name       string         `json:"name"`
		Version    string         `json:"version"`
		Hashes     []bomHash      `json:"hashes,omitempty"`
		Licences   []bomLicence   `json:"licenses"`
		URL        string         `json:"purl"`
		Properties []bomNameValue `json:"properties,omitempty"`
	}
	bomHash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	bomLicence struct {
		Expression string `json:"expression"`
	}
	bomNameValue struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// writeSBOM writes what is in the binary, as the binary itself tells it.
func writeSBOM(out string, p *product, _ []file) error {
	sum := sha256.Sum256(p.binary)
	itself := purl(p.info.Main.Path, p.version.golang)
	b := bom{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		// The same binary has the same number.
		Serial: serial(sum),
		Metadata: bomMetadata{
			Timestamp: p.when.Format(time.RFC3339),
			Component: component{
				Type: "application", Ref: itself, Name: program, Version: p.version.file(), URL: itself,
				Hashes:   []bomHash{{"SHA-256", fmt.Sprintf("%x", sum)}},
				Licences: []bomLicence{{"MIT"}},
			},
		},
	}
	for _, w := range p.works {
		c := component{
			Type: "library", Ref: purl(w.module, w.version), Name: w.module, Version: w.version, URL: purl(w.module, w.version),
			Licences: []bomLicence{{strings.Join(w.kinds, " AND ")}},
		}
		if w.sum != "" {
			c.Properties = []bomNameValue{{"go.sum", w.sum}}
		}
		b.Components = append(b.Components, c)
	}
	content, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s_%s_%s_%s.cdx.json", program, p.version.file(), p.target.system, p.target.arch)
	return writeFile(filepath.Join(out, name), append(content, '\n'))
}

// serial is a UUID of a kind that its maker defines (version 8), out of a sum.
func serial(sum [sha256.Size]byte) string {
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// purl is a module's package URL.
func purl(module, version string) string {
	parts := strings.Split(strings.ToLower(module), "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	u := "pkg:golang/" + strings.Join(parts, "/")
	if version != "" {
		u += "@" + url.QueryEscape(version)
	}
	return u
}
