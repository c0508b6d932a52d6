package aws

import "context"

func (r *Regional) GroupRules(ctx context.Context, id string) ([]Rule, error) { return nil, nil }
func (r *Regional) Reboot(ctx context.Context, id string) error { return nil }
func (r *Regional) SetType(ctx context.Context, id, t string) error { return nil }
func (r *Regional) StopsOnShutdown(ctx context.Context, id string) (bool, error) { return true, nil }
func (r *Regional) SetStopsOnShutdown(ctx context.Context, id string) error { return nil }
func (r *Regional) Quota(ctx context.Context, kind Type) (Quota, error) { return Quota{}, nil }
func (r *Regional) Ours(ctx context.Context) ([]Instance, error) { return nil, nil }
func (r *Regional) Owned(ctx context.Context) ([]Owned, error) { return nil, nil }
func (r *Regional) DeleteVolume(ctx context.Context, id string) error { return nil }
