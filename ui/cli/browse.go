package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cli/browser"
)

// browsePatience is how long a browser has to come for its URL.
const browsePatience = time.Minute

// openBrowser opens a URL in the person's browser. The URL holds the token, and
// what a browser is started with can be read by everybody on this computer: it
// is given a loopback address that leads to the URL, once. Who ends this
// program before led is closed leaves the browser with an address that is gone.
func openBrowser(url string) (led <-chan struct{}, err error) {
	address, led, err := leadOnce(context.Background(), url, browsePatience)
	if err != nil {
		return nil, err
	}
	// What a browser prints would tear the screen.
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	if err := browser.OpenURL(address); err != nil {
		return nil, fmt.Errorf("open a browser: %w", err)
	}
	return led, nil
}

// leadOnce answers an address on loopback that redirects the first who comes
// to the URL, and then is gone; so it is when nobody comes in time. led is closed
// when it is gone.
func leadOnce(ctx context.Context, url string, patience time.Duration) (address string, led <-chan struct{}, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("lead a browser to the URL: %w", err)
	}
	path := "/" + rand.Text()
	ctx, done := context.WithTimeout(ctx, patience)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path || ctx.Err() != nil {
			http.NotFound(w, r)
			return
		}
		done()
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, url, http.StatusFound)
	})
	go func() { _ = server.Serve(l) }() // ends with Shutdown
	gone := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(gone)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(end) // it lets the answer go out first
	})
	return "http://" + l.Addr().String() + path, gone, nil
}
