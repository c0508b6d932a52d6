package cli

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type imageSaveOptions struct {
	name              string
	leaveOut, include []string
	noReboot, dryRun  bool
}

func (p *Program) imageSaveCommand(sandbox *bool) *cobra.Command {
	o := &imageSaveOptions{}
	cmd, r := commandSpec{
		use: "save NAME", short: "Make an image of a running machine", least: 1, most: 1, want: oneName,
		long: `Makes an image of a machine's disk. First it shows what of yours the image will hold, and asks. The machine restarts for it, so that no file in the image is half written: what runs there ends. With --no-reboot it keeps running, but its server is down until the image is finished, and a file that is being written may be incomplete in the image.

The server's token and certificate, logs and what ran are in no image, and are made again on the machine: its URL has a new token. What the system's logs there hold so far (rotated journal, syslog, auth.log) is erased for good. Credentials and histories that are found in home folders (.aws, .ssh keys, .netrc, .env, .git-credentials, .git/config with a password in an address, .bashrc with a key in it, .bash_history, …) are left out too, and stay on the machine; --include has one in the image. They are searched for in all folders, by their names. --leave-out leaves out more. A secret that you wrote elsewhere, such as in a notebook, is in the image. What is outside of home folders is in the image as it is.

Whoever can use the image can read all of it: share it with that in mind.

With --json, a line of kind "content" for each thing of yours, events, and a last line of kind "image", or with --dry-run of kind "done".`,
		example: `# See what would be in it
jupyter-ec2 image save jupyter --dry-run
jupyter-ec2 image save jupyter --name lab
jupyter-ec2 image save jupyter --name lab --leave-out data --leave-out notes.ipynb --yes`,
		run: func(ctx context.Context, r *request) error { return r.imageSave(ctx, o) },
	}.command(p, sandbox)
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "name the image (the machine's name and the day)")
	f.StringArrayVar(&o.leaveOut, "leave-out", nil, "leave out this file or folder of a home folder; it stays on the machine")
	f.StringArrayVar(&o.include, "include", nil, "have this in the image although it looks like a credential or a history")
	takes(f, "PATH", "leave-out", "include")
	f.BoolVar(&o.noReboot, "no-reboot", false, "do not restart the machine")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would be in the image, and make none")
	f.BoolVarP(&r.yes, "yes", "y", false, "do not ask: make it as it is shown")
	return cmd
}

// jsonContent is a line of kind "content": something of the user's own.
type jsonContent struct {
	Kind    string `json:"kind"`
	Path    string `json:"path"`
	What    string `json:"what"` // "credentials", "history" or "files"
	Bytes   int64  `json:"bytes"`
	InImage bool   `json:"in_image"`
}

func (r *request) imageSave(ctx context.Context, o *imageSaveOptions) error {
	if !o.dryRun {
		if err := r.mustAsk("add --yes to make the image as --dry-run shows it"); err != nil {
			return err
		}
	}
	t, err := r.reach(ctx, r.args[0])
	if err != nil {
		return err
	}
	wish := steps.ImageWish{Name: cmp.Or(o.name, imageName(t.setup.Answers.Name, r.Now())), NoReboot: o.noReboot}
	if !steps.ValidImageName(wish.Name) {
		return usage(r.command, "the image cannot be named %q: use 1 to %d lower-case letters, digits and hyphens, a letter first, and not \"ami-\" at its beginning", wish.Name, steps.MaxName)
	}
	if s := t.setup.Saving; s != nil {
		return t.finishImage(ctx, o, s)
	}
	if !o.dryRun {
		making, err := t.nameForImage(ctx, wish.Name)
		if err != nil {
			return err
		}
		if making { // it was agreed to
			return t.saveImage(ctx, wish)
		}
	}
	contents, err := t.engine.ImageContents(ctx, t.setup.ID, o.leaveOut...)
	if err != nil {
		return err
	}
	in, out, err := r.sorted(contents, o)
	if err != nil {
		return err
	}
	if wish.LeaveOut = pathsOf(out); !o.dryRun || !r.asJSON {
		t.showImage(contents, wish, in, out)
	}
	t.objects(in, out)
	if o.dryRun {
		t.object(jsonDone{Time: r.Now(), Kind: "done", Sandbox: t.setup.Sandbox, Setup: t.setup.ID, Name: t.setup.Answers.Name, Text: "No image was made"})
		return nil
	}
	if err := room(contents, out); err != nil {
		return err
	}
	ok, err := r.asker().confirm(ctx, "Make the image "+wish.Name+"?")
	if err == nil && !ok {
		err = declined("No image was made", "The machine is as it was. To leave out more: --leave-out PATH.")
	}
	if err != nil {
		return err
	}
	return t.saveImage(ctx, wish)
}

// finishImage has an image that was begun come to its end, as it was agreed to
// then: what was put aside for it would be missing in a review.
func (t *taken) finishImage(ctx context.Context, o *imageSaveOptions, s *steps.Saving) error {
	if o.dryRun || o.name != "" && o.name != s.Name {
		on := problem.Action{Verb: problem.Continue, Name: t.setup.Answers.Name, Sandbox: t.setup.Sandbox}
		return &problemError{[]problem.Problem{{
			Kind: problem.Answers, Title: "Another image of the machine was begun and not finished", Text: t.setup.ImageBegun() + ".",
			Next: problem.Say(fmt.Sprintf("To finish it: %s --name %s. Without it: ", t.asCommand("image save"), s.Name)).Act(on).Say(", which puts the machine back."),
		}}}
	}
	ok, err := t.asker().confirm(ctx, "Finish the image "+s.Name+", which was begun?")
	if err == nil && !ok {
		err = declined("The image was not finished", "The server is down until it is, or until "+t.asCommand("up --name")+" puts the machine back.")
	}
	if err != nil {
		return err
	}
	return t.saveImage(ctx, steps.ImageWish{Name: s.Name, NoReboot: s.NoReboot, LeaveOut: s.LeaveOut})
}

// nameForImage is why an image of the machine cannot have this name, before
// anything is shown or asked; making is whether EC2 is making that very one.
func (t *taken) nameForImage(ctx context.Context, want string) (making bool, err error) {
	there, err := t.engine.ImagesIn(ctx, steps.Place{Profile: t.setup.Answers.Profile, Region: t.setup.Answers.Region})
	if err != nil {
		return false, err
	}
	for _, i := range there {
		if i.Making() && i.SetupID == t.setup.ID && i.Name == want {
			return true, nil
		}
	}
	return false, steps.NameForImage(want, there)
}

// imageName is what an image is called unless told otherwise: the machine's
// name, as much of it as there is room for, and the day.
func imageName(machine string, now time.Time) string {
	day := now.Format("20060102")
	return strings.TrimRight(machine[:min(len(machine), steps.MaxName-len(day)-1)], "-") + "-" + day
}

func (t *taken) saveImage(ctx context.Context, wish steps.ImageWish) error {
	var made steps.Image
	err := t.work(func(emit func(steps.Event)) (err error) {
		made, err = t.engine.SaveImage(ctx, t.setup.ID, wish, emit)
		return err
	})
	if err != nil {
		return err
	}
	t.line("%s is %s. Launch from it: %s up --name NAME --image %s%s", made.Name, made.ID, name, made.Name, inSandbox(t.setup))
	t.line("%s has a new token. Its URL: %s", t.setup.Answers.Name, t.asCommand("open"))
	t.object(imageOf(ownImage{made, world{sandbox: t.setup.Sandbox}}))
	return nil
}

// sorted tells what of the user's own will be in the image from what is left
// out: by what it looks like, and by the flags.
func (r *request) sorted(c steps.ImageContents, o *imageSaveOptions) (in, out []steps.ImageEntry, err error) {
	include := absolute(o.include, c.Home)
	for n, path := range include {
		if !slices.ContainsFunc(c.Own, func(e steps.ImageEntry) bool { return e.Path == path }) {
			return nil, nil, usage(r.command, "there is nothing at %s that would be left out", o.include[n])
		}
	}
	for _, n := range c.Named {
		if !n.There {
			return nil, nil, usage(r.command, "there is nothing at %s to leave out", n.Said)
		}
		if !n.Allowed {
			return nil, nil, usage(r.command, "%s cannot be left out: only what is in a home folder can be, and is no part of what the machine is reached and worked by (.ssh with its authorized_keys, .jupyter-ec2)", n.Said)
		}
		out = append(out, asListed(c, n.ImageEntry))
	}
	for _, e := range c.Own {
		switch {
		case leftOut(out, e.Path):
		case e.Private() && !slices.Contains(include, e.Path):
			out = append(out, e)
		default:
			in = append(in, e)
		}
	}
	out = outermost(out)
	for n := range in {
		in[n].Bytes = max(0, in[n].Bytes-bytesBelow(out, in[n].Path))
	}
	return in, out, nil
}

// asListed is what somebody named, with what is known of it otherwise.
func asListed(c steps.ImageContents, e steps.ImageEntry) steps.ImageEntry {
	if i := slices.IndexFunc(c.Own, func(o steps.ImageEntry) bool { return o.Path == e.Path }); i >= 0 {
		return c.Own[i]
	}
	return e
}

// leftOut reports whether a path is one of what is left out, or in it.
func leftOut(out []steps.ImageEntry, path string) bool {
	return slices.ContainsFunc(out, func(e steps.ImageEntry) bool { return path == e.Path || strings.HasPrefix(path, e.Path+"/") })
}

// outermost are those that are in no other one, the credentials first.
func outermost(all []steps.ImageEntry) []steps.ImageEntry {
	slices.SortStableFunc(all, func(a, b steps.ImageEntry) int { return strings.Compare(a.Path, b.Path) })
	var kept []steps.ImageEntry
	for _, e := range all {
		if !leftOut(kept, e.Path) {
			kept = append(kept, e)
		}
	}
	slices.SortStableFunc(kept, func(a, b steps.ImageEntry) int { return cmp.Compare(rank(a), rank(b)) })
	return kept
}

// rank has credentials come before histories, and both before other files.
func rank(e steps.ImageEntry) int {
	return slices.Index([]string{"credentials", "history", "files"}, e.Kind)
}

// bytesBelow is how much of a folder is left out.
func bytesBelow(out []steps.ImageEntry, folder string) (n int64) {
	for _, e := range out {
		if strings.HasPrefix(e.Path, folder+"/") {
			n += e.Bytes
		}
	}
	return n
}

// absolute are paths on the machine: a relative one begins in its home folder.
func absolute(paths []string, home string) []string {
	var all []string
	for _, p := range paths {
		p = strings.TrimPrefix(p, "~/")
		if !path.IsAbs(p) {
			p = path.Join(home, p)
		}
		all = append(all, path.Clean(p))
	}
	return all
}

func pathsOf(entries []steps.ImageEntry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Path)
	}
	return all
}

// objects prints for a script what will be in the image and what not.
func (t *taken) objects(in, out []steps.ImageEntry) {
	for _, e := range in {
		t.object(jsonContent{"content", safe.Clean(e.Path), e.Kind, e.Bytes, true})
	}
	for _, e := range out {
		t.object(jsonContent{"content", safe.Clean(e.Path), e.Kind, e.Bytes, false})
	}
}

// showImage tells what the image will hold, and what making it means.
func (t *taken) showImage(c steps.ImageContents, w steps.ImageWish, in, out []steps.ImageEntry) {
	print := &plainPrinter{w: t.Err, paper: t.paper(), sandbox: t.setup.Sandbox}
	if t.asJSON {
		return
	}
	print.list("In the image, of yours", orNothing(entryLines(in, c.Home), "nothing"))
	print.list("Left out; it stays on the machine", entryLines(out, c.Home))
	print.list("Costs", []string{imageCosts(c, t.setup.Sandbox)})
	mind := []string{"Whoever can use the image can read it. Secrets in your notebooks and files are not looked for."}
	if len(c.Unsearched) > 0 {
		mind = append(mind, "Not searched for secrets to the end, as there is too much in it or it cannot be read: "+strings.Join(shownPaths(c.Unsearched, c.Home), ", ")+".")
	}
	if w.NoReboot {
		mind = append(mind, "The machine keeps running, without its server until the image is finished. Files that are being written may be incomplete in the image.")
	} else {
		mind = append(mind, "The machine restarts: kernels and programs that run there end.")
	}
	print.list("Mind", append(mind, "What the system's logs on the machine hold so far is erased for good, there too.", "The server gets a new token, so that its URL changes."))
}

func imageCosts(c steps.ImageContents, sandbox bool) string {
	switch {
	case sandbox:
		return "nothing: it is in the sandbox"
	case !c.CostKnown:
		return fmt.Sprintf("price unknown; it keeps at most %d GB until it is removed", c.DiskGB)
	}
	return fmt.Sprintf("at most %s a month until it is removed (%d GB; only what was written on the disk counts)", wording.Monthly(c.MonthCost), c.DiskGB)
}

func entryLines(entries []steps.ImageEntry, home string) []string {
	var lines []string
	for _, e := range entries {
		at := shownPath(e.Path, home)
		if e.Folder {
			at += "/"
		}
		line := at + "  " + wording.Bytes(e.Bytes)
		if e.Private() {
			line += ", " + e.Kind
		}
		lines = append(lines, line)
	}
	return lines
}

// shownPath is a path of the machine's for a person, safe for a terminal.
func shownPath(at, home string) string {
	if rest, ok := strings.CutPrefix(at+"/", home+"/"); ok {
		at = strings.TrimSuffix("~/"+rest, "/")
	}
	return safe.Clean(at)
}

func shownPaths(all []string, home string) (shown []string) {
	for _, at := range all {
		shown = append(shown, shownPath(at, home))
	}
	return shown
}

func orNothing(lines []string, nothing string) []string {
	if len(lines) == 0 {
		return []string{nothing}
	}
	return lines
}

// room is an error where what is left out cannot be put aside on the machine.
func room(c steps.ImageContents, out []steps.ImageEntry) error {
	need := int64(0)
	for _, e := range out {
		need += e.Bytes
	}
	p := problem.Problem{Kind: problem.Answers, Title: "Nothing can be left out"}
	switch {
	case len(out) == 0:
		return nil
	case !c.CanLeaveOut:
		p.Text = "What is left out is encrypted on the machine meanwhile, and openssl is not installed there."
		p.Next = problem.Say("Install it on the machine (sudo apt-get install openssl), or remove from the machine what is to be in no image.")
	case need > c.Free:
		p.Title = "There is not enough room on the machine's disk"
		p.Text = fmt.Sprintf("What is left out takes %s, and %s are free: it is put aside on the machine meanwhile.", wording.Bytes(need), wording.Bytes(c.Free))
		p.Next = problem.Say("Leave out less, or make room on the machine.")
	default:
		return nil
	}
	return &problemError{[]problem.Problem{p}}
}
