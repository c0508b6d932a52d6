package guide

import (
	"errors"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// What a task says that nobody waits for any more changes no page.
func TestStaleResultsAreDropped(t *testing.T) {
	g := New(&page.Context{Tasks: &page.Tasks{}, Theme: theme.New(true, false)}, steps.Answers{})
	account, machine, key, review := NewAccount(g), NewMachineType(g), NewKeyPair(g), NewReview(g)
	failed := errors.New("it failed")
	for _, msg := range []tea.Msg{
		profilesRead{id: 1, err: failed},
		signedIn{id: 1, err: failed},
		typesFetched{id: 1, err: failed},
		pricesFetched{id: 1, err: failed},
		keysFound{id: 1, err: failed},
		keyInspected{id: 1, err: failed},
		keyProtected{id: 1, err: failed},
		reviewed{id: 1, err: failed},
	} {
		for _, p := range []page.Page{account, machine, key, review} {
			if cmd := p.Update(msg); cmd != nil {
				t.Errorf("%T of a task that does not run leads to something", msg)
			}
		}
	}
	if account.failure.Is() || machine.failure.Is() || machine.noPrice != "" || key.failure.Is() || key.wrong != "" || review.failure.Is() {
		t.Error("a result of a task that does not run is shown")
	}
}
