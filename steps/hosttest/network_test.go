package hosttest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// setDenied takes the permission for a call of EC2's away; "" gives it back.
func (w *world) setDenied(action string) {
	w.SetFault(func(called string) *ec2sim.Fault {
		if called != "ec2:"+action {
			return nil
		}
		return &ec2sim.Fault{Code: "UnauthorizedOperation"}
	})
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
	w.Cloud.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		w.t.Fatalf("%d: %s", answer.Code, answer.Body)
	}
}
