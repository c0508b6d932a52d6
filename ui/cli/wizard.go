package cli

import (
	"context"
	"errors"
)

// wizard runs the screen program.
func (p *Program) wizard(ctx context.Context, sandbox bool) error {
	return errors.New("not yet")
}
