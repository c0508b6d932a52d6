package aws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// maxAnswer bounds an endpoint's answer; EC2's longest, a page of 100 instance
// types, is under 1 MB.
const maxAnswer = 32 << 20

func (e *Endpoint) http() HTTPDoer {
	if e.HTTP != nil {
		return e.HTTP
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil // the endpoint is on this computer
	return &buffered{client: &http.Client{Transport: t}}
}

// buffered reads each answer to its end before it hands it over. The SDK
// otherwise sporadically reads a closed connection where the server is very
// near: https://github.com/aws/aws-sdk-go-v2/issues/1825
type buffered struct{ client *http.Client }

// Do implements HTTPDoer.
func (b *buffered) Do(req *http.Request) (*http.Response, error) {
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", req.URL.Host, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// retryer is the SDK's standard retryer that says when it tries again: a
// retried call lasts seconds, which nobody should take for a hang.
func retryer(warn func(string)) func() sdk.Retryer {
	return func() sdk.Retryer {
		r := retry.NewStandard()
		if warn == nil {
			return r
		}
		return &telling{Standard: r, warn: warn}
	}
}

type telling struct {
	*retry.Standard
	warn func(string)
}

// RetryDelay is called once before each further attempt.
func (t *telling) RetryDelay(attempt int, err error) (time.Duration, error) {
	delay, delayErr := t.Standard.RetryDelay(attempt, err)
	if delayErr == nil {
		said := "AWS did not answer"
		if why := codeOf(err); why != "" && notAWS(err) == "" {
			said = "AWS said " + why
		}
		t.warn(fmt.Sprintf("%s (attempt %d of %d); trying again in %.1f s", said, attempt, t.MaxAttempts(), delay.Seconds()))
	}
	return delay, delayErr
}
