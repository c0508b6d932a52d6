package project

import (
	"cmp"
	"context"
)

// Mark is a folder that is in a project's folder on a host.
const Mark = stage

// Differences looks at both sides, and returns what a pass would do and what it
// would leave as it is. It changes nothing.
func (p *Project) Differences(ctx context.Context) ([]Op, map[string]string, error) {
	h, t, err := p.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	unknown := map[string]string{}
	for _, side := range []Scan{h, t} {
		for path, why := range side.Unknown {
			unknown[path] = cmp.Or(unknown[path], why)
		}
	}
	ops, held := plan(p.base, h, t, p.aside)
	for path := range held {
		unknown[path] = unknownHolds
	}
	return ops, unknown, nil
}

// Known returns what both sides were when they were last alike, from the file of
// a [Config].
func Known(state string) (Tree, error) {
	k, err := loadState(state)
	return k.base, err
}
