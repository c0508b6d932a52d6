package engine

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// FollowMe has a link's redialling look after the security group.
func FollowMe(ctx context.Context, g *Guide, setupID string) bool {
	t, err := g.target(ctx, setupID, "", silent)
	return err == nil && t.followMe(ctx)
}

// Save writes a setup into the ledger.
func Save(g *Guide, s steps.Setup) error { return g.ledger.save(&s) }
