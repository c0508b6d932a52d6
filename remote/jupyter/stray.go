package jupyter

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Stray is a server of ours on a host that no record there knows.
type Stray struct{ PID, Port int }

// StrayServers lists the servers of ours that run on the host beside the one
// that is known there. Serve and StopServer end them.
func StrayServers(ctx context.Context, h Host, f Facts) ([]Stray, error) {
	s := &server{h: h, facts: f}
	out, err := s.do(ctx, "strays", nil)
	if err != nil {
		return nil, fmt.Errorf("looking for servers that no record knows: %w", err)
	}
	return parseStrays(out), nil
}

// parseStrays leaves out supervisors whose servers are listed, or start again
// in a moment.
func parseStrays(out string) []Stray {
	var servers, others []Stray
	for line := range strings.Lines(out) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "stray=")
		number, port, _ := strings.Cut(value, " ")
		pid, err := strconv.ParseUint(number, 10, 31)
		if !ok || err != nil {
			continue
		}
		if p, err := strconv.ParseUint(port, 10, 16); err == nil && p > 0 {
			servers = append(servers, Stray{int(pid), int(p)})
		} else {
			others = append(others, Stray{PID: int(pid)})
		}
	}
	if len(servers) > 0 {
		return servers
	}
	return others
}
