package hosttest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// connection is how this computer reaches the cloud: from an address that may change.
type connection struct {
	aws.HTTPDoer
	w *world
}

func (n connection) Do(r *http.Request) (*http.Response, error) {
	n.w.mu.Lock()
	address, denied := n.w.address, n.w.denied
	n.w.mu.Unlock()
	answer := httptest.NewRecorder()
	if denied != "" && asks(r, denied) {
		answer.WriteHeader(http.StatusForbidden)
		_, err := answer.WriteString("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors></Response>")
		return answer.Result(), err
	}
	if address == "" || r.URL.Path != "/checkip" {
		return n.HTTPDoer.Do(r)
	}
	_, err := answer.WriteString(address + "\n")
	return answer.Result(), err
}

// asks reports whether a request is that call of EC2's.
func asks(r *http.Request, action string) bool {
	if r.Body == nil {
		return false
	}
	form, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(form))
	return err == nil && strings.Contains(string(form), "Action="+action+"&")
}

// setDenied takes the permission for a call away.
func (w *world) setDenied(action string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.denied = action
}

func (w *world) setAddress(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.address = address
}

// terminatesOnShutdown sets what no call of this program's would.
func (w *world) terminatesOnShutdown(id string) {
	w.t.Helper()
	form := url.Values{
		"Action": {"ModifyInstanceAttribute"}, "Version": {"2016-11-15"}, "InstanceId": {id},
		"InstanceInitiatedShutdownBehavior.Value": {"terminate"},
	}
	r := httptest.NewRequest(http.MethodPost, "http://ec2.test/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIATEST/"+time.Now().UTC().Format("20060102")+"/us-east-1/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
	answer := httptest.NewRecorder()
	w.cloud.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		w.t.Fatalf("%d: %s", answer.Code, answer.Body)
	}
}
