package remote

import (
	"slices"
	"testing"
)

// What SSH_AUTH_SOCK names on Windows comes first, and what Windows itself has
// where that may be for other programs only.
func TestAgentPlaces(t *testing.T) {
	own := agentPlace{`\\.\pipe\openssh-ssh-agent`, true}
	for named, want := range map[string][]agentPlace{
		"":                           {own},
		`\\.\pipe\openssh-ssh-agent`: {own},
		`//./PIPE/openssh-ssh-agent`: {own},
		`\\.\pipe\mine`:              {{`\\.\pipe\mine`, true}},
		"/tmp/ssh-abc/agent.12":      {{"/tmp/ssh-abc/agent.12", false}, own},
		`C:\Users\jane\agent.sock`:   {{`C:\Users\jane\agent.sock`, false}, own},
	} {
		if got := agentPlaces(named); !slices.Equal(got, want) {
			t.Errorf("%q: %+v, want %+v", named, got, want)
		}
	}
}
