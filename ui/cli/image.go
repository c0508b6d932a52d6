package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

func (p *Program) imageCommand(sandbox *bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Keep a machine as an image, and launch others from it",
		Long: `An image is a copy of a machine's disk in your account. A machine that is launched from it ("up --image NAME") has what is installed on the disk: the install finds it in a second or two.

An image stays, and costs money, until "image rm": also when its machine is removed. It is of one region.

` + exitHelp,
		Example: `jupyter-ec2 image save jupyter --name lab
jupyter-ec2 image ls
jupyter-ec2 image rm lab`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return usage("image", "say what to do with images: save, ls or rm")
		},
	}
	cmd.AddCommand(p.imageSaveCommand(sandbox), p.imageLsCommand(sandbox), p.imageRmCommand(sandbox))
	return cmd
}

func (p *Program) imageLsCommand(sandbox *bool) *cobra.Command {
	o := &lsOptions{}
	cmd, r := commandSpec{
		use: "ls", aliases: []string{"list"}, short: "List your images, with what they cost",
		long: `Lists the images that this program made, in all regions of your accounts. What one costs a month is the most it can be: only what was written on the disk is kept.

With --json, a line of kind "image" each, "unseen" for a region that did not answer, and "done" at the end.`,
		example: `jupyter-ec2 image ls
jupyter-ec2 image ls --json --region eu-west-1`,
		run: func(ctx context.Context, r *request) error { return r.imageLs(ctx, o) },
	}.command(p, sandbox)
	r.quiet = true
	p.accountFlags(cmd, sandbox, &o.profile, &o.region)
	return cmd
}

// jsonImage is a line of kind "image".
type jsonImage struct {
	Kind      string    `json:"kind"`
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Sandbox   bool      `json:"sandbox"`
	Profile   string    `json:"profile,omitempty"`
	Region    string    `json:"region"`
	State     string    `json:"state"`
	Setup     string    `json:"setup,omitempty"`
	SetupName string    `json:"setup_name,omitempty"`
	Release   string    `json:"release,omitempty"`
	Arch      string    `json:"arch"`
	DiskGB    int       `json:"disk_gb"`
	Created   time.Time `json:"created,omitzero"`
	Snapshots []string  `json:"snapshots"`
	CostMonth *float64  `json:"cost_month,omitempty"` // at most; absent when unknown
}

// ownImage is an image with the world that it is in.
type ownImage struct {
	steps.Image
	world
}

// images asks all worlds for the user's own images.
func (r *request) images(ctx context.Context, o *lsOptions) ([]ownImage, *hearing, error) {
	worlds, err := r.inhabited(ctx, o.profile)
	if err != nil {
		return nil, nil, err
	}
	var all []ownImage
	h := r.hearing(worlds, o.region)
	for _, w := range worlds {
		var mu sync.Mutex
		err := w.engine.Images(ctx, w.profile, func(f steps.ImagesFound) {
			mu.Lock()
			defer mu.Unlock()
			here := h.took(f.At, w.sandbox, f.Heard(), f.Err)
			for _, i := range f.Images {
				if here {
					all = append(all, ownImage{i, w})
				}
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if err := r.tell(h); err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(all, func(a, b ownImage) int { return b.Created.Compare(a.Created) })
	return all, h, nil
}

func (r *request) imageLs(ctx context.Context, o *lsOptions) error {
	all, h, err := r.images(ctx, o)
	if err != nil {
		return err
	}
	for _, i := range all {
		r.object(imageOf(i))
	}
	if !r.asJSON && len(all) > 0 {
		if err := r.imageTable(all); err != nil {
			return err
		}
	}
	switch {
	case len(all) > 0:
	case h.asleep:
		r.remind("%s\n", sandboxAsleep)
	case len(h.silent) > 0:
		r.remind("No images where there was an answer.\n")
	default:
		r.remind("No images yet. Make one with: %s image save NAME%s\n", name, inSandbox(steps.Setup{Sandbox: onlySandbox(r.worlds)}))
	}
	if rest := h.rest(); rest != "" {
		r.remind("%s\n", rest)
	}
	r.object(jsonDone{Time: r.Now(), Kind: "done", Sandbox: onlySandbox(r.worlds), Text: fmt.Sprintf("%d listed", len(all))})
	return nil
}

func (r *request) imageTable(all []ownImage) error {
	columns := []column{
		{title: "NAME"},
		{title: "STATE", give: 1},
		{title: "ID", give: 4},
		{title: "MADE", label: "made", give: 5},
		{title: "OF", label: "of", give: 6},
		{title: "WITH", give: 7},
		{title: "REGION", label: "in", give: 3},
		{title: "COST/MONTH", label: "a month at most:", give: 2},
	}
	var rows [][]cell
	for _, i := range all {
		region := i.At.Region
		if i.sandbox {
			region += " (sandbox)"
		}
		state, how := i.State, good
		switch {
		case i.Making():
			how = warning
		case !i.Ready():
			how = bad
		}
		rows = append(rows, []cell{
			{text: safe.Clean(i.Name)},
			{text: state, tone: how, mark: stateMark(how)},
			{text: i.ID},
			{text: wording.Day(i.Created, r.Now())},
			{text: dash(safe.Clean(i.Setup))},
			{text: imageDetail(i.Image)},
			{text: region},
			{text: imageCost(i)},
		})
	}
	if err := r.paper().table(columns, rows); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// imageDetail is what is on an image, in a few words.
func imageDetail(i steps.Image) string { return wording.ImageDetail(i) }

func imageCost(i ownImage) string {
	text := wording.Month(i.MonthCost, i.CostKnown, i.sandbox)
	if i.CostKnown && !i.sandbox {
		text = "≤ " + text
	}
	return text
}

func imageOf(i ownImage) jsonImage {
	j := jsonImage{
		Kind: "image", ID: i.ID, Name: safe.Clean(i.Name), Sandbox: i.sandbox, Profile: i.At.Profile, Region: i.At.Region, State: i.State,
		Setup: i.SetupID, SetupName: safe.Clean(i.Setup), Release: i.Release, Arch: i.Arch, DiskGB: i.DiskGB, Created: i.Created, Snapshots: i.Snapshots,
	}
	if i.sandbox {
		j.CostMonth = new(float64)
	} else if i.CostKnown {
		j.CostMonth = &i.MonthCost
	}
	return j
}

func (p *Program) imageRmCommand(sandbox *bool) *cobra.Command {
	o := &lsOptions{}
	cmd, r := commandSpec{
		use: "rm IMAGE", aliases: []string{"remove"}, short: "Remove an image and what it keeps", least: 1, most: 1,
		want: "name one image, or give its ID: " + name + " image ls lists them",
		long: `Removes an image and its snapshots. Machines that were launched from it stay as they are; another cannot be launched from it.

With --json, events of the removal, and a last line of kind "done".`,
		example: `jupyter-ec2 image rm lab
jupyter-ec2 image rm ami-0123456789abcdef0 --yes`,
		complete: func(context.Context, *request, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveNoFileComp // only the clouds know, and all regions are slow to say
		},
		run: func(ctx context.Context, r *request) error { return r.imageRm(ctx, o) },
	}.command(p, sandbox)
	p.accountFlags(cmd, sandbox, &o.profile, &o.region)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "do not ask")
	return cmd
}

func (r *request) imageRm(ctx context.Context, o *lsOptions) error {
	if err := r.mustAsk("add --yes to remove without being asked"); err != nil {
		return err
	}
	all, h, err := r.images(ctx, o)
	if err != nil {
		return err
	}
	i, err := r.oneImage(all, h)
	if err != nil {
		return err
	}
	if !r.yes {
		r.note("This cannot be undone. It removes:\n  the image %s (%s) in %s, made %s: %s\n", safe.Clean(i.Name), i.ID, i.At.Region, wording.Day(i.Created, r.Now()), imageDetail(i.Image))
	}
	ok, err := r.asker().confirm(ctx, "Remove "+safe.Clean(i.Name)+"?")
	if err == nil && !ok {
		err = declined("Nothing was removed", "The image is as it was.")
	}
	if err != nil {
		return err
	}
	t := &taken{request: r, engine: i.engine, setup: steps.Setup{ID: i.SetupID, Sandbox: i.sandbox, Answers: steps.Answers{Name: i.Name}}}
	if err := t.work(func(emit func(steps.Event)) error { return i.engine.RemoveImage(ctx, i.Image, emit) }); err != nil {
		return err
	}
	r.done(t.setup, "")
	return nil
}

// oneImage finds the image that the person means.
func (r *request) oneImage(all []ownImage, h *hearing) (ownImage, error) {
	want := r.args[0]
	var found []ownImage
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
		if i.ID == want || i.Name == want {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if len(h.silent) > 0 {
			return ownImage{}, &usageError{text: fmt.Sprintf("there is no image %q of yours where there was an answer", want), next: cmp.Or(h.rest(), "AWS was not asked.")}
		}
		return ownImage{}, &usageError{text: fmt.Sprintf("there is no image %q of yours", want), next: meant(wording.Nearest(want, names), "See "+imageList(r.worlds)+" for the list.")}
	}
	e := &usageError{text: fmt.Sprintf("%q is the name of %d images", want, len(found)), next: "Give the ID, as " + imageList(r.worlds) + " lists it."}
	return ownImage{}, errors.Join(e)
}
