package aws

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// How often AWS is asked how something is. The SDK's own waiters ask every 15
// seconds, which is most of what a machine takes to start. EC2 gives each action of an account
// in a region a bucket of tokens, one a request: for DescribeInstances 100, and
// 20 more a second, where the request has a filter; 50, and 10 more a second,
// where it has none:
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
//
// So the looks of this process at one region, all waits together, take at most
// a quarter of what comes in: the rest is for the survey, for other programs
// and for other people of the account. Other processes have a pace of their
// own; where they are too many together, EC2 says so, and each slows down.
const (
	awsLeast = 250 * time.Millisecond // between two looks of one wait
	awsMost  = 2 * time.Second
	awsApart = 200 * time.Millisecond // between two looks of all waits

	// Of an endpoint on this computer, nobody else asks.
	endpointLeast = 25 * time.Millisecond
	endpointMost  = 100 * time.Millisecond
	endpointApart = time.Millisecond

	// maxSlow is the longest pause of one wait that EC2 throttles.
	maxSlow = 15 * time.Second
)

// pace keeps the looks of all waits at one region apart.
type pace struct {
	apart time.Duration

	mu   sync.Mutex
	next time.Time
}

// turn waits until the next look may be.
func (p *pace) turn(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.apart)
	p.mu.Unlock()
	if at.Equal(now) {
		return nil
	}
	return smithytime.SleepWithContext(ctx, at.Sub(now))
}

// patience is the pauses of one wait between its looks.
type patience struct {
	least, most time.Duration
	began       time.Time
	slow        time.Duration // since EC2 throttles
}

// pause is a twentieth of the time waited so far: what comes soon is seen soon,
// and what takes long is seen late by a small part of it. While EC2 throttles,
// it is twice as long each time, and not in step with others.
func (p *patience) pause() time.Duration {
	if p.slow > 0 {
		return p.slow/2 + rand.N(p.slow) // #nosec G404 -- no secret
	}
	return min(max(time.Since(p.began)/20, p.least), p.most)
}

// throttled makes the pauses longer, or short again.
func (p *patience) throttled(yes bool) {
	if !yes {
		p.slow = 0
		return
	}
	p.slow = min(max(2*p.slow, p.most), maxSlow)
}

// throttle reports whether a code is AWS's refusal of too many requests.
func throttle(code string) bool {
	switch code {
	case "RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException", "EC2ThrottledException", "RequestThrottled":
		return true
	}
	return false
}
