package jupyter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// kernel is a websocket to a running kernel. It speaks Jupyter's messages in
// their default JSON form, see
// https://jupyter-client.readthedocs.io/en/stable/messaging.html and
// https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html
type kernel struct {
	conn    *websocket.Conn
	session string
}

// message is a Jupyter message as it goes over the websocket.
type message struct {
	Header       messageHeader   `json:"header"`
	ParentHeader messageHeader   `json:"parent_header"`
	Metadata     struct{}        `json:"metadata"`
	Content      json.RawMessage `json:"content"`
	Channel      string          `json:"channel"`
}

type messageHeader struct {
	ID       string `json:"msg_id,omitempty"`
	Type     string `json:"msg_type,omitempty"`
	Session  string `json:"session,omitempty"`
	Username string `json:"username,omitempty"`
	Date     string `json:"date,omitempty"`
	Version  string `json:"version,omitempty"`
}

// kernelDied is a kernel that ended on its own.
type kernelDied struct{ state string }

func (e *kernelDied) Error() string { return "the kernel is " + e.state }

// dead reports whether a kernel in that state has ended at least once.
func dead(state string) bool {
	return state == "gone" || state == "dead" || state == "restarting" || state == "autorestarting"
}

// kernelHangs is a kernel that runs, and never answered.
type kernelHangs struct{ state string }

func (e *kernelHangs) Error() string { return "the kernel is " + e.state + " and does not answer" }

func (c *client) openKernel(ctx context.Context, id string) (*kernel, error) {
	session := rand.Text()
	u := c.base.JoinPath("/api/kernels", id, "channels")
	u.RawQuery = url.Values{"session_id": {session}}.Encode()
	//nolint:bodyclose // the library closes it
	conn, resp, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{
		HTTPClient: c.http, HTTPHeader: c.header(),
	})
	if err != nil {
		if resp != nil {
			err = &statusError{status: resp.StatusCode, path: "the kernel's websocket", said: safe.Clean(err.Error())}
		}
		return nil, fmt.Errorf("opening the kernel's websocket: %w", err)
	}
	conn.SetReadLimit(1 << 20)
	return &kernel{conn: conn, session: session}, nil
}

func (k *kernel) close() { _ = k.conn.CloseNow() }

// run runs cells, which are sent together, and answers what each printed,
// without the last line end.
func (k *kernel) run(ctx context.Context, cells ...string) (printed []string, err error) {
	var requests []message
	for _, code := range cells {
		request, err := k.request(code)
		if err != nil {
			return nil, err
		}
		if err := wsjson.Write(ctx, k.conn, request); err != nil {
			return nil, fmt.Errorf("sending a cell: %w", err)
		}
		requests = append(requests, request)
	}
	for _, request := range requests {
		var cell cellOutput
		for !cell.done {
			kind, data, err := k.conn.Read(ctx)
			if err != nil {
				return nil, fmt.Errorf("waiting for the cell's output: %w", err)
			}
			if kind != websocket.MessageText {
				continue // a message with buffers: not ours
			}
			if err := cell.take(data, request.Header.ID); err != nil {
				return nil, err
			}
		}
		printed = append(printed, strings.TrimRight(cell.printed.String(), "\n"))
	}
	return printed, nil
}

func (k *kernel) request(code string) (message, error) {
	content, err := json.Marshal(map[string]any{
		"code": code, "silent": false, "store_history": false,
		"user_expressions": map[string]string{}, "allow_stdin": false, "stop_on_error": true,
	})
	return message{
		Header: messageHeader{
			ID: rand.Text(), Type: "execute_request", Session: k.session,
			Username: "jupyter-ec2", Version: "5.3", Date: time.Now().UTC().Format(time.RFC3339Nano),
		},
		Content: content, Channel: "shell",
	}, err
}

// cellOutput gathers what a cell does.
type cellOutput struct {
	printed strings.Builder
	done    bool
}

// take reads one message from the kernel; those of other requests count only
// when they say that the kernel died.
func (o *cellOutput) take(data []byte, request string) error {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("reading a kernel's message: %w", err)
	}
	var content struct {
		State  string `json:"execution_state"`
		Name   string `json:"name"`
		Text   string `json:"text"`
		EName  string `json:"ename"`
		EValue string `json:"evalue"`
	}
	mine := m.ParentHeader.ID == request
	switch {
	case m.Header.Type != "status" && m.Header.Type != "stream" && m.Header.Type != "error":
		return nil
	case json.Unmarshal(m.Content, &content) != nil:
		return errors.New("reading a kernel's message: its content is not an object")
	case m.Header.Type == "status" && dead(content.State):
		return &kernelDied{state: content.State}
	case !mine:
	case m.Header.Type == "error":
		return fmt.Errorf("the cell failed: %s: %s", safe.Clean(content.EName), safe.Clean(head(content.EValue, 200)))
	case m.Header.Type == "stream" && content.Name == "stdout":
		o.printed.WriteString(content.Text)
	case m.Header.Type == "status" && content.State == "idle":
		o.done = true
	}
	return nil
}
