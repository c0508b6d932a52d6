package jupyter

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// slowToEnd is a server that proves well; what becomes of its kernel's end is
// the test's.
type slowToEnd struct {
	end   func(w http.ResponseWriter, r *http.Request)
	left  func(w http.ResponseWriter) // its list of kernels then
	asked atomic.Bool                 // to end it
}

func (s *slowToEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/api/kernelspecs":
		_, _ = fmt.Fprint(w, `{"default":"python3","kernelspecs":{"python3":{"spec":{"display_name":"Python 3","language":"python"}}}}`)
	case r.Method == http.MethodPost:
		_, _ = fmt.Fprint(w, `{"id":"abc"}`)
	case strings.HasSuffix(r.URL.Path, "/channels"):
		answerCells(w, r)
	case r.Method == http.MethodDelete:
		s.asked.Store(true)
		s.end(w, r)
	case s.asked.Load():
		s.left(w)
	default:
		list(`{"id":"abc","execution_state":"idle"}`)(w)
	}
}

func list(kernels string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _, _ = fmt.Fprint(w, "["+kernels+"]") }
}

// answerCells is a kernel for the proof's two cells.
func answerCells(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		var m message
		if wsjson.Read(r.Context(), conn, &m) != nil {
			return // the proof is over
		}
		printed := "42\n"
		if strings.Contains(string(m.Content), "version") {
			printed = "3.12.3 (main)\n"
		}
		for _, say := range []message{
			{Header: messageHeader{Type: "stream"}, Content: marshalled(map[string]string{"name": "stdout", "text": printed})},
			{Header: messageHeader{Type: "status"}, Content: marshalled(map[string]string{"execution_state": "idle"})},
		} {
			say.ParentHeader = m.Header
			if wsjson.Write(r.Context(), conn, say) != nil {
				return
			}
		}
	}
}

func marshalled(v any) json.RawMessage {
	text, _ := json.Marshal(v) // of maps of strings
	return text
}

// A cell has run: a kernel that is slow to end, or does not end, is told and no
// failure of the proof. A server that is lost meanwhile is one.
func TestProofOfAKernelThatIsSlowToEnd(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	end := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	left := list(`{"id":"abc","execution_state":"idle"}`)
	const short = time.Second // where no answer comes
	for name, c := range map[string]struct {
		server *slowToEnd
		remove time.Duration
		says   string
		title  string // empty: it is proved
	}{
		"it ends":                      {&slowToEnd{end: status(204)}, removeWithin, "", ""},
		"it is gone":                   {&slowToEnd{end: status(404)}, removeWithin, "", ""},
		"it takes long":                {&slowToEnd{end: hang, left: left}, short, "takes long to end", ""},
		"the answer is lost":           {&slowToEnd{end: hang, left: list("")}, short, "", ""},
		"the server cannot end it":     {&slowToEnd{end: status(500), left: left}, removeWithin, "could not end", ""},
		"the server hangs, and ends":   {&slowToEnd{end: hang, left: end}, short, "", "The server cannot be reached"},
		"another server has the port":  {&slowToEnd{end: status(403)}, removeWithin, "", "The server refuses the token"},
		"the server ends without word": {&slowToEnd{end: func(w http.ResponseWriter, _ *http.Request) { end(w) }}, removeWithin, "", "The server cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(c.server)
			defer s.Close()
			var said []string
			proof, err := prove(t.Context(), Endpoint{URL: s.URL, Token: "x"}, proveWithin, c.remove, func(text string) { said = append(said, text) })
			if p, _ := problem.Of(err); p.Title != c.title || err == nil && proof.PythonVersion != "3.12.3" {
				t.Errorf("%+v, %v", proof, err)
			}
			last := said[len(said)-1]
			if proved := strings.HasPrefix(last, "It answered 42"); proved != (c.says == "") || !strings.Contains(last, c.says) {
				t.Errorf("it said %q", said)
			}
		})
	}
}
