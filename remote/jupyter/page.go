package jupyter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The pages of a server.
const (
	uiLab  = "lab"  // JupyterLab
	uiTree = "tree" // the notebook's list of files
)

// pageAgain is how long a page that failed is left alone before it is asked for
// a second time.
const pageAgain = 500 * time.Millisecond

// OpenUI asks for the endpoint's page as a browser does, and returns which one
// opens: a server without JupyterLab opens its list of files instead. Its errors
// are *Error, or ctx's when it was cancelled.
func OpenUI(ctx context.Context, ep Endpoint) (string, error) {
	c, err := ep.client()
	if err != nil {
		return "", err
	}
	defer c.close()
	return c.openUI(ctx, ep)
}

func (c *client) openUI(ctx context.Context, ep Endpoint) (string, error) {
	if ep.UI == "" {
		return "", nil
	}
	err := c.page(ctx, ep.UI)
	if statusOf(err) >= http.StatusInternalServerError { // it may be for a moment
		if err := remote.Pause(ctx, pageAgain); err != nil {
			return "", explainReach(ep, err)
		}
		err = c.page(ctx, ep.UI)
	}
	// Where JupyterLab is turned off, notebook 7 still takes its address, and fails
	// with a 500. Another 5xx, as a proxy's, tells nothing about it.
	if code := statusOf(err); ep.UI == uiLab && (code == http.StatusNotFound || code == http.StatusInternalServerError) {
		return uiTree, explainPage(ep, c.page(ctx, uiTree))
	}
	return ep.UI, explainPage(ep, err)
}

// errPage is an answer that is no page of Jupyter's.
var errPage = errors.New("it is not the page that was asked for")

// page is an error unless the server has that page, and the page leads its
// scripts to this server.
func (c *client) page(ctx context.Context, ui string) error {
	html, err := c.do(ctx, http.MethodGet, "/"+ui, nil)
	if err != nil {
		return err
	}
	config, there := parsePageConfig(html)
	switch {
	// The list of files of a notebook before version 7.
	case !there && ui == uiTree && bytes.Contains(html, []byte(`data-base-url="/"`)):
		return nil
	case !there, config.BaseURL != "/", config.Token != "" && config.Token != c.token,
		ui == uiLab && config.AppURL != "/lab", ui == uiTree && config.NotebookPage != "tree":
		return errPage
	}
	return nil
}

// pageConfig is what a page tells its scripts.
type pageConfig struct {
	BaseURL      string `json:"baseUrl"`
	AppURL       string `json:"appUrl"`
	NotebookPage string `json:"notebookPage"`
	Token        string `json:"token"`
}

// parsePageConfig reads it; there is false where the page has none that can be
// read.
func parsePageConfig(html []byte) (config pageConfig, there bool) {
	_, rest, found := bytes.Cut(html, []byte(`<script id="jupyter-config-data" type="application/json">`))
	text, _, ended := bytes.Cut(rest, []byte("</script>"))
	return config, found && ended && json.Unmarshal(text, &config) == nil
}

func explainPage(ep Endpoint, err error) error {
	if !errors.Is(err, errPage) && statusOf(err) != http.StatusNotFound {
		return explainReach(ep, err)
	}
	return &Error{
		Kind: problem.Server, Title: "The server's page does not open",
		Text: "The server answers, but it does not show the page that its URL leads to: part of the notebook is missing, or settings of yours change where it is.",
		Next: problem.Say("Run the install again: it repairs what is missing. Or check the files in ~/.jupyter on the machine."), Err: err,
	}
}
