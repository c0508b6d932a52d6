package engine

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// FollowMe has a link's redialling look after the security group.
func FollowMe(ctx context.Context, g *Guide, setupID string) bool {
	w, err := g.newWork(ctx, setupID, func(steps.Event) {})
	return err == nil && w.followMe(ctx)
}

// Save writes a setup into the ledger.
func Save(g *Guide, s steps.Setup) error { return g.ledger.save(&s) }
