package cli

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheBrowserIsLedToTheURLOnce(t *testing.T) {
	const url = "http://localhost:8888/?token=secret"
	address, led, err := leadOnce(t.Context(), url, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(address, "secret") {
		t.Errorf("the address %s has the token", address)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(address string) (int, string) {
		res, err := client.Get(address)
		if err != nil {
			return 0, "" // gone altogether
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode, res.Header.Get("Location")
	}
	if code, to := get(address[:len(address)-1]); code != http.StatusNotFound || to != "" {
		t.Errorf("another path answered %d %s", code, to)
	}
	if code, to := get(address); code != http.StatusFound || to != url {
		t.Errorf("the first got %d %s", code, to)
	}
	<-led
	if code, to := get(address); code == http.StatusFound || to != "" {
		t.Errorf("the second got %d %s", code, to)
	}
}
