package steps

import "context"

// FollowMe has a link's redialling look after the security group.
func FollowMe(ctx context.Context, g *Guide, setupID string) bool {
	w, err := g.newWork(ctx, setupID, func(Event) {})
	return err == nil && w.followMe(ctx)
}

// Save writes a setup into the ledger.
func Save(g *Guide, s Setup) error { return g.ledger.save(&s) }
