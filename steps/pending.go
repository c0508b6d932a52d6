package steps

import (
	"context"
	"errors"
)

var errPending = errors.New("pending")

func (g *Guide) Survey(ctx context.Context, profile string, each func(Surveyed)) error {
	return errPending
}

func (g *Guide) Adopt(ctx context.Context, m Machine) (Setup, error) { return Setup{}, errPending }

func (g *Guide) Stop(ctx context.Context, setupID string, emit func(Event)) error { return errPending }

func (g *Guide) Reboot(ctx context.Context, setupID string, emit func(Event)) error {
	return errPending
}

func (g *Guide) Resize(ctx context.Context, setupID, instanceType string, emit func(Event)) error {
	return errPending
}

func (g *Guide) SetMode(ctx context.Context, setupID string, mode Mode, noTLS bool) (Setup, error) {
	return Setup{}, errPending
}

func (g *Guide) SetLimits(ctx context.Context, setupID string, idle, lifetime Limit) (Setup, error) {
	return Setup{}, errPending
}

func (g *Guide) UseGateway(ctx context.Context, setupID, gatewayID string) (Setup, error) {
	return Setup{}, errPending
}

func (g *Guide) RestartServer(ctx context.Context, setupID string, emit func(Event)) error {
	return errPending
}

func (g *Guide) Connect(ctx context.Context, setupID string) (Link, error) { return nil, errPending }

func (g *Guide) Reopen(ctx context.Context, setupID string) (*Opened, error) { return nil, errPending }
