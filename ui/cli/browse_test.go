package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// visitor is the name by which the tests' program is a browser that follows no
// redirect and prints what it got.
const visitor = "visitor"

func visit() {
	res, err := stay().Get(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer func() { _ = res.Body.Close() }()
	fmt.Println(res.StatusCode, res.Header.Get("Location"))
	_, _ = io.Copy(os.Stdout, res.Body)
}

// stay is a client that follows no redirect.
func stay() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func TestTheBrowserIsLedToTheURLOnce(t *testing.T) {
	const url = "http://localhost:8888/?token=secret"
	address, led, err := leadOnce(t.Context(), url, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(address, "secret") {
		t.Errorf("the address %s has the token", address)
	}
	client := stay()
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
