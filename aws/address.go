package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// MyAddress is the public IPv4 address of this computer, as AWS sees it
// ("203.0.113.7"). No proxy is used: SSH would not go through it either.
func (a *Account) MyAddress(ctx context.Context) (string, error) {
	url, client := "https://checkip.amazonaws.com", directIPv4()
	if a.endpoint != nil {
		url, client = strings.TrimSuffix(a.endpoint.URL, "/")+"/checkip", a.endpoint.http()
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	defer timing.Wait(ctx, timing.AWS)()
	began := time.Now()
	addr, err := askAddress(ctx, client, url)
	a.log.LogAttrs(
		ctx, level(err), "aws call", slog.String("service", "checkip"), slog.Int("attempt", 1),
		slog.Duration("took", time.Since(began)), slog.String("outcome", outcome(err)),
	)
	if err != nil {
		err = a.failAs(ctx, codeNoAddress, "learn this computer's public address from "+url, "", err)
		var e *Error
		if errors.As(err, &e) {
			e.from = origins{} // no setting of AWS's tools changes this request
		}
		return "", err
	}
	return addr, nil
}

func askAddress(ctx context.Context, client HTTPDoer, url string) (addr string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 256))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answered %s", resp.Status)
	}
	return parseAddress(string(body))
}

// parseAddress takes one IPv4 address on one line and nothing else: it becomes
// the only one the firewall lets in.
func parseAddress(text string) (string, error) {
	ip, err := netip.ParseAddr(strings.TrimSpace(text))
	if err != nil || !ip.Unmap().Is4() {
		return "", fmt.Errorf("it answered %q, which is not an IPv4 address", text)
	}
	return ip.Unmap().String(), nil
}

func directIPv4() HTTPDoer {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.DisableKeepAlives = true
	t.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp4", addr)
	}
	return &http.Client{Transport: t}
}
