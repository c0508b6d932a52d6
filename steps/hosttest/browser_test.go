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
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A browser opens the URL that the guide ended at, makes a notebook by the
// page's own menu, or JupyterLab's launcher, runs a cell and shows its result.
func TestBrowser(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	for mode, ui := range map[steps.Mode]steps.UI{steps.ModeSSH: steps.UILab, steps.ModeHTTP: steps.UITree} {
		t.Run(string(mode), func(t *testing.T) {
			w := newInstalledWorld(t, testhost.Spec{})
			a := answers(mode, steps.InstallerUV)
			a.UI = ui
			o := w.open(a, nil)
			ctx := browse(t, o)
			if err := chromedp.Run(ctx, chromedp.Navigate(o.URL)); err != nil {
				t.Fatal(err)
			}
			if o.Fingerprint != "" {
				if got := shownCertificate(ctx, t, o); got != o.Fingerprint {
					t.Errorf("the browser got the certificate %s, the screen shows %s", got, o.Fingerprint)
				}
			}
			begin := newFromTheTree
			if ui == steps.UILab {
				begin = newFromTheLauncher
			}
			p := tab{ctx, t}
			begin(p)
			if got := strings.TrimSpace(p.runCell("print(6*7)")); got != "42" {
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
		chromedp.ExecPath(path), chromedp.UserDataDir(browsersFolder(t)), chromedp.WindowSize(1200, 900),
		chromedp.WSURLReadTimeout(await.Wait), // it gives a browser 20 seconds to begin
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", publicKeyPin(t, o)),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses its own sandbox to root
	}
	allowed := await.Allow(t, await.Long, "starts a machine, then a browser, and both load much")
	ctx, cancel := chromedp.NewExecAllocator(allowed, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithBrowserOption(chromedp.WithDialTimeout(await.Wait)))
	t.Cleanup(cancel)
	return ctx
}

// browsersFolder is where a browser keeps its files. Its processes may write
// there for a moment after the first of them has ended, so t.TempDir, which is
// removed once and has to be gone then, is none.
func browsersFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hosttest-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := await.Ending(t)
		defer cancel()
		var err error
		if !await.Comes(ctx, func() bool { err = os.RemoveAll(dir); return err == nil }) {
			t.Error(err)
		}
	})
	return dir
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
		chain, err = network.GetCertificate(strings.TrimSuffix(o.Plain, "/"+string(o.Setup.UI()))).Do(ctx)
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

// What is pressed and seen in the pages, as XPath.
const (
	newButton   = `//jp-toolbar//*[normalize-space(text())="New"] | //*[contains(@class,"jp-DropdownMenu")]//*[normalize-space(text())="New"]`
	pythonCard  = `//*[contains(@class,"jp-LauncherCard") and @data-category="Notebook" and contains(@title,"Python 3")]`
	pythonEntry = `//*[contains(@class,"lm-Menu-itemLabel") and contains(text(),"Python 3")]`
	kernelIdle  = `//*[contains(@class,"jp-Notebook-ExecutionIndicator") and @data-status="idle"]`
	cell        = `//*[contains(@class,"jp-CodeCell")]//*[contains(@class,"cm-content")]`
	cellFocused = `//*[contains(@class,"jp-CodeCell")]//*[contains(@class,"cm-focused")]`
	cellOutput  = `//*[contains(@class,"jp-OutputArea-output")]//pre`
)

// newFromTheLauncher makes a new notebook in JupyterLab.
func newFromTheLauncher(p tab) {
	p.t.Helper()
	p.loads(pythonCard)
	p.press(pythonCard, func() bool { return p.shows(kernelIdle) })
}

// newFromTheTree makes a new notebook from the file list's menu.
func newFromTheTree(p tab) {
	p.t.Helper()
	p.loads(newButton)
	p.press(newButton, func() bool { return p.shows(pythonEntry) })
	var notebook *target.Info
	p.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter)) // kernels stand first in the menu
	p.await(func() bool { notebook = p.beside("/notebooks/"); return notebook != nil })
	// The notebook is read in the first tab: chromedp has a data race when it
	// attaches to one that is loading, as the menu's new tab is.
	p.do(
		chromedp.ActionFunc(func(ctx context.Context) error {
			return target.CloseTarget(notebook.TargetID).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		}),
		cdpage.BringToFront(), // one that is hidden takes no clicks
		chromedp.Navigate(notebook.URL),
	)
	p.loads(kernelIdle)
}

// runCell runs a cell in the notebook that is open.
func (p tab) runCell(code string) (output string) {
	p.t.Helper()
	p.press(cell, func() bool { return p.shows(cellFocused) })
	p.do(chromedp.KeyEvent(code))
	p.again(func() bool { return p.shows(cellOutput) }, func() {
		// Ctrl-Enter runs the cell. JupyterLab calls a kernel idle that it has not
		// got yet, and then does nothing; a person presses it again, and so does this.
		p.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	})
	p.do(chromedp.Evaluate(find(cellOutput)+".textContent", &output))
	return output
}

// tab is what a person looks at and clicks into. It asks the page
// itself, again and again: the elements change while it loads.
type tab struct {
	ctx context.Context
	t   *testing.T
}

// find is JavaScript for the first element that an XPath leads to.
func find(xpath string) string {
	return "document.evaluate(" + strconv.Quote(xpath) + ", document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue"
}

func (p tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// middle is where an element is, or nil while it is not to be seen.
func (p tab) middle(xpath string) (at []float64) {
	p.t.Helper()
	p.do(chromedp.Evaluate(`(e => {
		const r = e?.getBoundingClientRect()
		return r?.width ? [r.x + r.width / 2, r.y + r.height / 2] : null
	})(`+find(xpath)+`)`, &at))
	return at
}

func (p tab) shows(xpath string) bool { return p.middle(xpath) != nil }

// loads waits until a page shows an element. A page of Jupyter's stays blank for
// good when one of its scripts did not come; a person loads it again, and so
// does this, but tells what the browser says of it.
func (p tab) loads(xpath string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if await.Comes(ctx, func() bool { return p.shows(xpath) }) {
		return
	}
	p.t.Logf("the page stays blank, and is loaded again; %s", p.troubles())
	p.do(chromedp.Reload())
	p.await(func() bool { return p.shows(xpath) })
}

// troubles are the scripts and styles of the page that did not come, and what
// the page consists of.
func (p tab) troubles() (said string) {
	p.t.Helper()
	p.do(chromedp.Evaluate(`JSON.stringify({
		state: document.readyState, elements: document.querySelectorAll("*").length,
		failed: performance.getEntriesByType("resource").filter(r => r.responseStatus >= 400 || !r.responseEnd || !r.responseStatus).map(r => r.name + " " + r.responseStatus)
	})`, &said))
	return safe.Scrub(said)
}

// press clicks on an element that stays where it is, until done: a click can
// be lost on a page that is still being put together.
func (p tab) press(xpath string, done func() bool) {
	p.t.Helper()
	for p.ctx.Err() == nil {
		var at, before []float64
		came := false
		p.await(func() bool { // it may be gone, since the click before was not lost but slow
			at, before = p.middle(xpath), at
			came = done()
			return came || at != nil && slices.Equal(at, before)
		})
		if came {
			return
		}
		p.do(chromedp.MouseClickXY(at[0], at[1]))
		if p.soon(done) {
			return
		}
	}
	p.t.Fatalf("nothing came of clicking on %s", xpath)
}

// again does something until done.
func (p tab) again(done func() bool, do func()) {
	p.t.Helper()
	for p.ctx.Err() == nil {
		if do(); p.soon(done) {
			return
		}
	}
	p.t.Fatal("nothing came of doing it")
}

// soon reports whether something comes before what was done for it is done again.
func (p tab) soon(done func() bool) bool {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	return await.Comes(ctx, done)
}

func (p tab) await(done func() bool) {
	p.t.Helper()
	if !await.Comes(p.ctx, done) {
		var text string
		p.do(chromedp.Evaluate("document.body.innerText", &text))
		p.t.Fatalf("it did not come; the page shows:\n%s", text)
	}
}

// beside is the tab of the same browser that shows such an address, or nil.
func (p tab) beside(address string) *target.Info {
	p.t.Helper()
	tabs, err := chromedp.Targets(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, tab := range tabs {
		if strings.Contains(tab.URL, address) {
			return tab
		}
	}
	return nil
}
