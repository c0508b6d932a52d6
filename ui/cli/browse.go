package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
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
	if noDisplay(runtime.GOOS, os.Getenv) {
		return nil, errNoDisplay
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			cancel() // nobody comes any more
		}
	}()
	address, led, err := leadOnce(ctx, url, browsePatience)
	if err != nil {
		return nil, err
	}
	if err := startBrowser(ctx, runtime.GOOS, address); err != nil {
		return nil, &browserError{err}
	}
	return led, nil
}

// errNoDisplay spares the person a browser for terminals, which would be
// started unseen and take the address away.
var errNoDisplay = errors.New("this session has no display for a browser")

// noDisplay reports whether a browser that is started here could show itself to
// nobody, as in a session over SSH.
func noDisplay(system string, getenv func(string) string) bool {
	switch system {
	case "windows", "darwin":
		// They have a screen: somebody else's, or that of a computer in another room.
		return getenv("SSH_CONNECTION") != ""
	case "android":
		return false
	}
	for _, told := range []string{"DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"} {
		if getenv(told) != "" {
			return false
		}
	}
	return true
}

// browserError says in words why no browser was started.
type browserError struct{ err error }

func (e *browserError) Unwrap() error { return e.err }

func (e *browserError) Error() string {
	exit, ended := errors.AsType[*exec.ExitError](e.err)
	switch {
	case errors.Is(e.err, exec.ErrNotFound):
		return "there is no browser on this computer, and no xdg-open to find one"
	case ended && exit.ExitCode() == 3: // xdg-open's own code
		return "xdg-open found no browser on this computer"
	case ended:
		return "the program that starts browsers failed (" + exit.Error() + ")"
	}
	return "a browser could not be started: " + e.err.Error()
}

// startBrowser has the system open an address. macOS cannot tell whose
// connection one is, and shows everybody what programs are started with: there
// the address is in a script that is typed to osascript, and in no list.
func startBrowser(ctx context.Context, system, address string) error {
	if system == "darwin" {
		return macBrowser(ctx, address).Run()
	}
	// What a browser prints would tear the screen.
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	return browser.OpenURL(address)
}

func macBrowser(ctx context.Context, address string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "osascript")
	cmd.Stdin = strings.NewReader("open location \"" + address + "\"\n") // ours: letters, digits, : and /
	return cmd
}

// leadOnce returns an address on loopback that redirects the first of this
// user's processes that comes to the URL, and then is gone; so it is when nobody
// comes in time. led is closed when it is gone.
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
		if !sameUser(r) {
			// The address stays: the person's own browser is still to come.
			http.Error(w, "This address is for a browser of the user who runs "+name+". Open the URL that it prints.", http.StatusForbidden)
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

// sameUser reports whether a request on loopback comes from a process of this
// user, or of root, who can read everything anyway. Where the system does not
// tell, it takes everybody for that.
func sameUser(r *http.Request) bool {
	here, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	local, err := netip.ParseAddrPort(fmt.Sprint(here))
	if err != nil {
		return false
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return fromUser(local, remote, os.Geteuid())
}
