package steps

import "context"

// FollowMe has a link's redialling look after the security group.
func FollowMe(ctx context.Context, g *Guide, setupID string) bool {
	w, err := g.newWork(ctx, setupID, func(Event) {})
	return err == nil && w.followMe(ctx)
}
