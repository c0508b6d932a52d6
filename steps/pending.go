package steps

import (
	"context"
	"errors"
)

var errPending = errors.New("pending")

func (g *Guide) Doctor(ctx context.Context, profile, setupID string, each func(Check)) error {
	return errPending
}
func (g *Guide) FixCheck(ctx context.Context, setupID, checkID string, emit func(Event)) error {
	return errPending
}
func (g *Guide) Sweep(ctx context.Context, profile string, each func(Swept)) error { return errPending }
func (g *Guide) Clear(ctx context.Context, what []Leftover, emit func(Event)) error {
	return errPending
}

func (g *Guide) Notebook(ctx context.Context, gatewayID string, emit func(Event)) (LocalNotebook, error) {
	return nil, errPending
}
