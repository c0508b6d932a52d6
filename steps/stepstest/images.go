package stepstest

import (
	"context"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Images hands on Has.Images, a region at a time.
func (e *Engine) Images(ctx context.Context, profile string, each func(steps.ImagesFound)) error {
	err := e.act(ctx, "images", "", profile)
	found := slices.Clone(read(e, &e.Has.ImageAnswers))
	for _, i := range read(e, &e.Has.Images) {
		at := slices.IndexFunc(found, func(f steps.ImagesFound) bool { return f.At == i.At })
		if at < 0 {
			at, found = len(found), append(found, steps.ImagesFound{At: i.At})
		}
		found[at].Images = append(found[at].Images, i)
	}
	for n, f := range found {
		f.Done, f.Of = n+1, len(found)
		each(f)
	}
	return err
}

// ImagesIn lists those of a region.
func (e *Engine) ImagesIn(_ context.Context, at steps.Place) ([]steps.Image, error) {
	var here []steps.Image
	for _, i := range read(e, &e.Has.Images) {
		if i.At.Region == at.Region {
			here = append(here, i)
		}
	}
	return here, e.failing("images in", at.Region)
}

// ImageContents answers Has.Contents, with what of Has.Contents.Named is named.
func (e *Engine) ImageContents(ctx context.Context, id string, named ...string) (steps.ImageContents, error) {
	c := read(e, &e.Has.Contents)
	there := c.Named
	c.Named = nil
	for _, said := range named {
		n := steps.ImageNamed{Said: said}
		if i := slices.IndexFunc(there, func(n steps.ImageNamed) bool { return n.Said == said }); i >= 0 {
			n = there[i]
		}
		c.Named = append(c.Named, n)
	}
	return c, e.act(ctx, "contents", id)
}

// SaveImage is written down with what is left out.
func (e *Engine) SaveImage(ctx context.Context, id string, w steps.ImageWish, emit func(steps.Event)) (steps.Image, error) {
	words := append([]string{w.Name}, w.LeaveOut...)
	if w.NoReboot {
		words = append(words, "no-reboot")
	}
	err := e.tell(ctx, emit, "image", id, strings.Join(words, " "))
	return steps.Image{ID: "ami-0123456789abcdef0", Name: w.Name, State: "available", DiskGB: 8}, err
}

// RemoveImage forgets one of Has.Images.
func (e *Engine) RemoveImage(ctx context.Context, i steps.Image, emit func(steps.Event)) error {
	err := e.tell(ctx, emit, "image remove", i.ID)
	if err == nil {
		e.Change(func() {
			e.Has.Images = slices.DeleteFunc(slices.Clone(e.Has.Images), func(o steps.Image) bool { return o.ID == i.ID })
		})
	}
	return err
}
