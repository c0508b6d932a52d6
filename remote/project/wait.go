package project

import (
	"context"
	"time"
)

// lookAgain is how long both sides are left alone between two looks.
const lookAgain = time.Second

// Wait waits until something may have changed on one of the sides.
func (p *Project) Wait(ctx context.Context) error {
	t := time.NewTimer(lookAgain)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
