package ec2sim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

const maxBody = 1 << 20

// service is one AWS service.
type service struct {
	name      string
	namespace string // XML namespace; empty means that it speaks JSON
	wrapped   bool   // results and errors as STS and IAM wrap them, not as EC2
	noAccess  string // code for unknown credentials
	badSig    string // code for a wrong signature
	actions   map[string]handler
}

// handler serves one action.
type handler func(c *call) (any, error)

// call is one request being served. The cloud's lock is held.
type call struct {
	cloud      *Cloud
	now        time.Time
	regionName string
	region     *region
	form       url.Values // query services
	params     *params
	body       []byte // JSON services
	dryRun     bool
	changed    bool
}

// effect comes before a handler's first change, after all that it checks. It
// refuses where the request is a dry run.
func (c *call) effect() error {
	if c.dryRun {
		return refuse("DryRunOperation", "")
	}
	c.changed = true
	return nil
}

// query makes a handler of a function that takes query parameters.
func query[In, Out any](f func(*call, *In) (*Out, error)) handler {
	return func(c *call) (any, error) {
		in := new(In)
		if err := c.params.decode(in); err != nil {
			return nil, err
		}
		out, err := f(c, in)
		if err != nil {
			return nil, err
		}
		return out, c.notDry()
	}
}

// notDry refuses dry runs of actions without effect.
func (c *call) notDry() error {
	if c.dryRun {
		return refuse("DryRunOperation", "")
	}
	return nil
}

// document makes a handler of a function that takes JSON.
func document[In, Out any](f func(*call, *In) (*Out, error)) handler {
	return func(c *call) (any, error) {
		in := new(In)
		dec := json.NewDecoder(bytes.NewReader(c.body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(in); err != nil {
			return nil, refuse("SerializationException", "%v", err)
		}
		return f(c, in)
	}
}

// ServeHTTP answers one request of an AWS SDK.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/checkip" {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = fmt.Fprintln(w, host) // #nosec G705 -- plain text, and an address
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "reading the request", http.StatusRequestEntityTooLarge)
		return
	}
	target := r.Header.Get("X-Amz-Target")
	form := url.Values{}
	if target == "" {
		if form, err = url.ParseQuery(string(body)); err != nil {
			http.Error(w, "malformed form", http.StatusBadRequest)
			return
		}
	}
	action := form.Get("Action")
	if target != "" {
		_, action, _ = strings.Cut(target, ".")
	}
	auth, err := parseAuthorization(r.Header.Get("Authorization"))
	s, known := c.services[auth.service]
	if !known {
		s = c.services[guessService(target, form.Get("Version"))]
	}
	if err == nil {
		err = c.admit(s, known, auth, r, body)
	}
	if err != nil {
		s.answer(w, action, nil, err)
		return
	}
	r.Form, r.PostForm, r.Body = form, form, io.NopCloser(bytes.NewReader(body))
	c.serve(w, r, s, action, &call{cloud: c, regionName: auth.region, form: form, body: body})
}

// guessService says in whose form to answer a request that does not say whom
// it is for.
func guessService(target, version string) string {
	switch {
	case target != "":
		return "ssm"
	case version == "2016-11-15":
		return "ec2"
	}
	return "sts"
}

// admit checks whose request it is and for which region.
func (c *Cloud) admit(s service, known bool, a authorization, r *http.Request, body []byte) error {
	if !known {
		return refuse("UnknownService", "The embedded cloud has no service %q", a.service)
	}
	if c.opts.AccessKeyID != "" && a.keyID != c.opts.AccessKeyID {
		return refuse(s.noAccess, "")
	}
	if c.opts.SecretAccessKey != "" && !a.verify(r, body, c.opts.SecretAccessKey) {
		return refuse(s.badSig, "")
	}
	if !c.enabled(a.region) {
		return refuse(s.noAccess, "")
	}
	return nil
}

// serve runs the action, with the fault that it may meet.
func (c *Cloud) serve(w http.ResponseWriter, r *http.Request, s service, action string, call *call) {
	var fault *Fault
	if c.opts.Fault != nil {
		fault = c.opts.Fault(s.name+":"+action, r)
	}
	if fault == nil {
		c.act(w, s, action, call)
		return
	}
	if fault.Delay > 0 && smithytime.SleepWithContext(r.Context(), fault.Delay) != nil {
		return
	}
	switch {
	case fault.Says != "":
		s.say(w, action, fault.Says)
		return
	case len(fault.Without) > 0:
		whole := &recorder{header: w.Header(), status: http.StatusOK}
		c.act(whole, s, action, call)
		w.WriteHeader(whole.status)
		_, _ = w.Write(lacking(whole.body.Bytes(), fault.Without))
		return
	case fault.Code == "" && !fault.Reset:
		c.act(w, s, action, call)
		return
	}
	if fault.After {
		c.act(&recorder{header: http.Header{}}, s, action, call)
	}
	if fault.Reset {
		panic(http.ErrAbortHandler)
	}
	s.answer(w, action, nil, &apiError{Code: fault.Code, Message: fault.Message, Status: fault.Status})
}

// act runs the action on the state and answers.
func (c *Cloud) act(w http.ResponseWriter, s service, action string, call *call) {
	h, ok := s.actions[action]
	if !ok {
		s.answer(w, action, nil, s.unknownAction(action))
		return
	}
	if s.namespace != "" {
		tree, err := parseParams(call.form)
		if err != nil {
			s.answer(w, action, nil, err)
			return
		}
		if dry := tree.sub["DryRun"]; dry != nil {
			call.dryRun = dry.value == "true"
			delete(tree.sub, "DryRun")
		}
		call.params = tree
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		s.answer(w, action, nil, refuse("Unavailable", "The embedded cloud was closed"))
		return
	}
	call.now = c.opts.Now()
	call.region = c.regionState(call.regionName)
	c.advance(call.region, call.now)
	out, err := h(call)
	if call.changed && err == nil {
		err = c.state.save(c.opts.StatePath)
	}
	s.answer(w, action, out, err)
}

// say answers with these elements.
func (s service) say(w http.ResponseWriter, action, elements string) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	// #nosec G705 -- XML for an SDK; elements are escaped where they are made
	_, _ = fmt.Fprintf(w, `%s<%[2]sResponse xmlns="%[3]s"><requestId>%[4]s</requestId>%[5]s</%[2]sResponse>`,
		xml.Header, action, s.namespace, newUUID(), elements)
}

// lacking is an answer without the elements of these names.
func lacking(answer []byte, names []string) []byte {
	for _, name := range names {
		answer = regexp.MustCompile(`(?s)<`+name+`>.*?</`+name+`>`).ReplaceAll(answer, nil)
	}
	return answer
}

func (s service) unknownAction(action string) error {
	if s.namespace == "" {
		return refuse("UnknownOperationException", "The operation %s is not known", action)
	}
	return refuse("InvalidAction", "The action %s is not valid for this web service.", action)
}

// answer writes a result or an error in the service's form.
func (s service) answer(w http.ResponseWriter, action string, out any, err error) {
	id := newUUID()
	w.Header().Set("X-Amzn-Requestid", id)
	status := http.StatusOK
	var body []byte
	switch {
	case err != nil:
		e := asAPIError(err)
		status, body = e.Status, s.errorBody(w.Header(), e, id)
	case s.namespace == "":
		body, err = json.Marshal(out)
	default:
		body, err = s.xmlBody(action, out, id)
	}
	if err != nil && body == nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if s.namespace == "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	} else {
		w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// errorBody is EC2's <Response><Errors><Error>, the others' <ErrorResponse>,
// or JSON's __type.
func (s service) errorBody(h http.Header, e *apiError, id string) []byte {
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(e.Message)) // a Buffer does not fail
	switch {
	case s.namespace == "":
		h.Set("X-Amzn-ErrorType", e.Code)
		body, _ := json.Marshal(map[string]string{"__type": e.Code, "message": e.Message})
		return body
	case s.wrapped:
		return fmt.Appendf(nil, `%s<ErrorResponse xmlns="%s"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
			xml.Header, s.namespace, e.Code, text.Bytes(), id)
	default:
		return fmt.Appendf(nil, `%s<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>`,
			xml.Header, e.Code, text.Bytes(), id)
	}
}

// xmlBody is the result of a query service.
func (s service) xmlBody(action string, out any, id string) ([]byte, error) {
	name := action + "Response"
	if s.wrapped {
		name = action + "Result"
	}
	var inner bytes.Buffer
	if err := xml.NewEncoder(&inner).EncodeElement(out, xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
		return nil, fmt.Errorf("encoding the answer of %s: %w", action, err)
	}
	if s.wrapped {
		return fmt.Appendf(nil, `%s<%sResponse xmlns="%s">%s<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`,
			xml.Header, action, s.namespace, inner.Bytes(), id, action), nil
	}
	// EC2 has no wrapper: the request's ID is the first of the result's own
	// elements.
	fields := bytes.TrimPrefix(inner.Bytes(), []byte("<"+name+">"))
	return fmt.Appendf(nil, `%s<%s xmlns="%s"><requestId>%s</requestId>%s`, xml.Header, name, s.namespace, id, fields), nil
}
