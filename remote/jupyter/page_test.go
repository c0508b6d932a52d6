package jupyter

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// config is a page of Jupyter's, as far as it tells its scripts.
func config(json string) string {
	return `<!doctype html><html><head><title>JupyterLab</title><script id="jupyter-config-data" type="application/json">` + json + `</script></head></html>`
}

// The page that opens is JupyterLab where it is asked for and there, and the
// list of files where that is asked for, or JupyterLab is not there. Something
// else at its place is no page.
func TestOpenUI(t *testing.T) {
	const lab, tree = `{"baseUrl": "/", "appUrl": "/lab", "token": "secret"}`, `{"baseUrl": "/", "notebookPage": "tree"}`
	classic := `<body class="notebook_app" data-base-url="/" data-notebook-path="">`
	for name, c := range map[string]struct {
		ui    string
		pages map[string]string
		want  string // empty: an error
	}{
		"lab":                   {"lab", map[string]string{"/lab": config(lab), "/tree": config(tree)}, "lab"},
		"tree":                  {"tree", map[string]string{"/lab": config(lab), "/tree": config(tree)}, "tree"},
		"lab, not there":        {"lab", map[string]string{"/tree": config(tree)}, "tree"},
		"lab, turned off":       {"lab", map[string]string{"/lab": "500", "/tree": config(tree)}, "tree"},
		"notebook 6":            {"lab", map[string]string{"/tree": classic}, "tree"},
		"neither":               {"lab", nil, ""},
		"tree, not there":       {"tree", map[string]string{"/lab": config(lab)}, ""},
		"no page":               {"lab", map[string]string{"/lab": "hello", "/tree": config(tree)}, ""},
		"no JSON":               {"lab", map[string]string{"/lab": config("{"), "/tree": config(tree)}, ""},
		"another's base":        {"lab", map[string]string{"/lab": config(`{"baseUrl": "/hub/", "appUrl": "/lab"}`)}, ""},
		"another's token":       {"lab", map[string]string{"/lab": config(`{"baseUrl": "/", "appUrl": "/lab", "token": "other"}`)}, ""},
		"another application":   {"lab", map[string]string{"/lab": config(`{"baseUrl": "/", "appUrl": "/voila"}`)}, ""},
		"another page":          {"tree", map[string]string{"/tree": config(`{"baseUrl": "/", "notebookPage": "edit"}`)}, ""},
		"classic, its own base": {"tree", map[string]string{"/tree": `<body data-base-url="/x/">`}, ""},
		"nothing":               {"", nil, ""},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "token secret" || r.URL.RawQuery != "" {
				t.Errorf("%s: asked %s without the token in its header", name, r.URL)
			}
			page, there := c.pages[r.URL.Path]
			switch {
			case page == "500":
				w.WriteHeader(http.StatusInternalServerError)
			case !there:
				http.NotFound(w, r)
			}
			_, _ = w.Write([]byte(page))
		}))
		got, err := OpenUI(t.Context(), Endpoint{URL: s.URL, Token: "secret", UI: c.ui})
		s.Close()
		switch {
		case c.want != "" || c.ui == "":
			if got != c.want || err != nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		default:
			if p, told := problem.Of(err); !told || p.Title != "The server's page does not open" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
}

// A page that fails for a moment is asked for again, and a server whose proxy or
// gateway answers in its place is not said to have no JupyterLab.
func TestOpenUIFailsForAMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []int  // of /lab, the last of them from then on
		want    string // empty: an error
	}{
		"500 once":    {[]int{500, 200}, "lab"},
		"503 once":    {[]int{503, 200}, "lab"},
		"500":         {[]int{500}, "tree"},
		"503":         {[]int{503}, ""},
		"502":         {[]int{502}, ""},
		"503, gone":   {[]int{503, 404}, "tree"},
		"500 and 503": {[]int{500, 503}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0 // one request at a time
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/lab" {
					_, _ = w.Write([]byte(config(`{"baseUrl": "/", "notebookPage": "tree"}`)))
					return
				}
				w.WriteHeader(c.answers[min(asked, len(c.answers)-1)])
				asked++
				_, _ = w.Write([]byte(config(`{"baseUrl": "/", "appUrl": "/lab"}`)))
			}))
			got, err := OpenUI(t.Context(), Endpoint{URL: s.URL, Token: "secret", UI: "lab"})
			s.Close()
			if (err != nil) != (c.want == "") || err == nil && got != c.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// A server that refuses the token is said to, and not to have no page.
func TestOpenUIRefused(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer s.Close()
	_, err := OpenUI(t.Context(), Endpoint{URL: s.URL, Token: "secret", UI: "lab"})
	if p, told := problem.Of(err); !told || p.Title != "The server refuses the token" {
		t.Errorf("%v", err)
	}
}

// What a page tells is read as it was meant, whatever stands around it.
func FuzzParsePageConfig(f *testing.F) {
	f.Add("<!doctype html>", "/", "secret")
	f.Add(config(`{"baseUrl": 7}`), "/a/", "</script>")
	f.Add(`<script id="jupyter-config-data"`, "", "\x00")
	f.Fuzz(func(t *testing.T, html, base, token string) {
		parsePageConfig([]byte(html))
		want := pageConfig{BaseURL: strings.ToValidUTF8(base, "?"), Token: strings.ToValidUTF8(token, "?")}
		text, err := json.Marshal(want)
		if err != nil || strings.Contains(html, "<script") {
			return // the page's own element comes first
		}
		if got, there := parsePageConfig([]byte(html + config(string(text)) + html)); !there || got != want {
			t.Errorf("%+v, %v, want %+v", got, there, want)
		}
	})
}
