package hosttest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A browser opens the URL that the guide ended at, makes a notebook by the
// page's own menu, runs a cell and shows its result.
func TestBrowser(t *testing.T) {
	for _, mode := range []steps.Mode{steps.ModeSSH, steps.ModeHTTP} {
		t.Run(string(mode), func(t *testing.T) {
			w := newInstalledWorld(t, testhost.Spec{})
			o := w.open(answers(mode, steps.InstallerUV), nil)
			ctx := browse(t, o)
			if err := chromedp.Run(ctx, chromedp.Navigate(o.URL)); err != nil {
				t.Fatal(err)
			}
			if o.Fingerprint != "" {
				if got := shownCertificate(ctx, t, o); got != o.Fingerprint {
					t.Errorf("the browser got the certificate %s, the screen shows %s", got, o.Fingerprint)
				}
			}
			if got := strings.TrimSpace(runCell(ctx, t, "print(6*7)")); got != "42" {
				t.Errorf("print(6*7) shows %q", got)
			}
		})
	}
}

// A gateway has no pages; a browser shows the kernelspecs as it answers them.
func TestBrowserOnAGateway(t *testing.T) {
	w := newInstalledWorld(t, testhost.Spec{})
	o := w.open(answers(steps.ModeGateway, steps.InstallerUV), nil)
	var page string
	if err := chromedp.Run(browse(t, o), chromedp.Navigate(o.URL), chromedp.Text("body", &page, chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page, `"display_name": "Python 3 (ipykernel)"`) {
		t.Errorf("the page shows %q", page)
	}
}

// browse starts a headless Chromium that trusts this one certificate, as a
// person does who compared its fingerprint.
func browse(t *testing.T, o *steps.Opened) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("no browser: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1200, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", publicKeyPin(t, o)),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses its own sandbox to root
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// publicKeyPin is the SHA-256 of the server's public key, as Chromium wants it.
func publicKeyPin(t *testing.T, o *steps.Opened) string {
	t.Helper()
	if o.Certificate == "" {
		return ""
	}
	b, err := os.ReadFile(o.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// shownCertificate is the fingerprint of the certificate the browser was given.
func shownCertificate(ctx context.Context, t *testing.T, o *steps.Opened) string {
	t.Helper()
	var chain []string
	err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		chain, err = network.GetCertificate(strings.TrimSuffix(o.Plain, "/")).Do(ctx)
		return err
	}))
	if err != nil || len(chain) == 0 {
		t.Fatalf("the browser has no certificate: %v", err)
	}
	der, err := base64.StdEncoding.DecodeString(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// runCell makes a new notebook from the file list's menu and runs a cell in it.
func runCell(ctx context.Context, t *testing.T, code string) (output string) {
	t.Helper()
	if err := chromedp.Run(ctx,
		chromedp.Click(`//jp-toolbar//*[normalize-space(text())="New"] | //*[contains(@class,"jp-DropdownMenu")]//*[normalize-space(text())="New"]`, chromedp.BySearch, chromedp.NodeVisible),
		chromedp.WaitVisible(`//*[contains(@class,"lm-Menu-itemLabel") and contains(text(),"Python 3")]`, chromedp.BySearch),
		// Kernels stand first in the menu.
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter),
	); err != nil {
		t.Fatalf("making a notebook: %v", err)
	}
	// The notebook is read in the first tab: chromedp has a data race when it
	// attaches to one that is loading, as the menu's new tab is.
	tab := newTab(ctx, t, "/notebooks/")
	if err := chromedp.Run(ctx,
		chromedp.ActionFunc(func(ctx context.Context) error {
			return target.CloseTarget(tab.TargetID).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		}),
		chromedp.Navigate(tab.URL),
		chromedp.WaitVisible(`.jp-Notebook-ExecutionIndicator[data-status="idle"]`, chromedp.ByQuery),
		chromedp.Click(`.jp-CodeCell .cm-content`, chromedp.ByQuery, chromedp.NodeVisible),
		chromedp.SendKeys(`.jp-CodeCell .cm-content`, code, chromedp.ByQuery),
		chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)), // Ctrl-Enter runs the cell
		chromedp.Text(`.jp-OutputArea-output pre`, &output, chromedp.ByQuery, chromedp.NodeVisible),
	); err != nil {
		t.Fatalf("running a cell: %v", err)
	}
	return output
}

// newTab waits for the tab that shows such an address.
func newTab(ctx context.Context, t *testing.T, address string) *target.Info {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		tabs, err := chromedp.Targets(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range tabs {
			if strings.Contains(tab.URL, address) {
				return tab
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			for _, tab := range tabs {
				t.Logf("a tab: %s %s", tab.Type, tab.URL)
			}
			t.Fatalf("no tab shows %s: %v", address, ctx.Err())
		}
	}
}
