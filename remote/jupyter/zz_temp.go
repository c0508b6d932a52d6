package jupyter

import ("context";"time";"github.com/jupyter-ec2/jupyter-ec2/remote")

type WatchSpec struct {
	Idle, Lifetime, Every time.Duration
	Armed bool
	Unarmed string
	Facts Facts
	Mode, Bind string
	Port int
	TLS bool
}
type GatewaySpec struct { URL, Token string; Cert []byte }
func Watch(ctx context.Context, h Host, s WatchSpec) error { return nil }
func ReadHealth(ctx context.Context, h Host) (Health, error) { return Health{}, nil }
func Extend(ctx context.Context, h Host, by time.Duration) (Health, error) { return Health{}, nil }
func RestartServer(ctx context.Context, h Host, f Facts, out remote.Output) error { return nil }
func FollowServerLog(ctx context.Context, h Host, f Facts, lines int, out remote.Output) error { return nil }
func InstallLog(ctx context.Context, h Host, f Facts, lines int) ([]string, error) { return nil, nil }
