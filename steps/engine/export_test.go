package engine

import (
	"context"
	"errors"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// FollowMe has a link's redialling look after the security group.
func FollowMe(ctx context.Context, g *Guide, setupID string) bool {
	t, err := g.target(ctx, setupID, "", silent)
	return err == nil && t.followMe(ctx)
}

// Save writes a setup into the ledger.
func Save(g *Guide, s steps.Setup) error { return g.ledger.save(&s) }

// ChangeHostKey logs in to a setup's machine and has it make another host key,
// as the install does beside its work.
func ChangeHostKey(ctx context.Context, g *Guide, setupID string, emit func(steps.Event)) error {
	r, err := g.newRun(ctx, setupID, steps.StepInstall, emit)
	if err != nil {
		return err
	}
	defer r.hangUp()
	if _, err := r.connect(ctx); err != nil {
		return err
	}
	return r.changeHostKey(ctx)(ctx)
}

// ReplaceHostKey logs in to a setup's machine and has it make another host key, as
// is done once the one that is pinned is in an image.
func ReplaceHostKey(ctx context.Context, g *Guide, setupID, pinned string, emit func(steps.Event)) error {
	r, err := g.newRun(ctx, setupID, steps.StepImage, emit)
	if err != nil {
		return err
	}
	defer r.hangUp()
	if _, err := r.connect(ctx); err != nil {
		return err
	}
	return errors.Join(r.replaceHostKey(ctx, &steps.Saving{HostKey: pinned}), r.save())
}

// BringProject logs in to a setup's machine and makes its project's folders alike, as
// is done before the server starts.
func BringProject(ctx context.Context, g *Guide, setupID string, emit func(steps.Event)) error {
	r, err := g.newRun(ctx, setupID, steps.StepServe, emit)
	if err != nil {
		return err
	}
	defer r.hangUp()
	r.pursue()
	if err := r.agreeOnProject(ctx); err != nil {
		return err
	}
	if _, err := r.connect(ctx); err != nil {
		return err
	}
	return r.bringProject(ctx)
}

// BringPackages logs in to a setup's machine and brings its project's packages, as
// is done before the server starts.
func BringPackages(ctx context.Context, g *Guide, setupID string, emit func(steps.Event)) error {
	r, err := g.newRun(ctx, setupID, steps.StepServe, emit)
	if err != nil {
		return err
	}
	defer r.hangUp()
	if _, err := r.connect(ctx); err != nil {
		return err
	}
	return r.bringPackages(ctx)
}

// TakeInstall logs in to a setup's machine and takes a job for the install there.
func TakeInstall(ctx context.Context, g *Guide, setupID string, job remote.Job, emit func(steps.Event)) (jupyter.Versions, error) {
	r, err := g.newRun(ctx, setupID, steps.StepInstall, emit)
	if err != nil {
		return jupyter.Versions{}, err
	}
	defer r.hangUp()
	if _, err := r.connect(ctx); err != nil {
		return jupyter.Versions{}, err
	}
	return r.takeInstall(ctx, job)
}

// Redialler is a tunnel's way to make its connection again, for as long as that is open.
func Redialler(ctx context.Context, g *Guide, setupID string) (func(context.Context) error, error) {
	t, err := g.target(ctx, setupID, "", silent)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		c, err := t.redial(ctx)
		if err != nil {
			return err
		}
		return c.Close()
	}, nil
}
