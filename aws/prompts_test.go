package aws

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// A question that failed is not put again for each of the calls that waited for
// its answer; one that comes later puts it again.
func TestCredentialsFailForAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("wrong code")
		asked, answer := 0, make(chan struct{})
		p := newPrompts(nil).around(sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			asked++
			<-answer
			return sdk.Credentials{}, wrong
		}))
		retrieve := func() {
			if _, err := p.Retrieve(t.Context()); !errors.Is(err, wrong) {
				t.Error(err)
			}
		}
		var all sync.WaitGroup
		for range 6 {
			all.Go(retrieve)
		}
		synctest.Wait()
		close(answer)
		all.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		if retrieve(); asked != 2 {
			t.Errorf("later, asked %d times in all", asked)
		}
	})
}
