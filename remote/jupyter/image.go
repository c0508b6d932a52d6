package jupyter

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

var (
	//go:embed scripts/image.sh
	imageShell string
	//go:embed scripts/image_finds.py
	imageFinds string
	//go:embed scripts/image_names.py
	imageNames string
	//go:embed scripts/image.py
	imageScript string
	//go:embed scripts/image_boot.py
	imageBoot string
)

// Own is something of the user's on a host, which would be in an image of it.
type Own struct {
	Path   string // absolute; as it is, not safe for a terminal
	Kind   string // "credentials", "history" or "files"
	Bytes  int64
	Folder bool
}

// Private reports whether it is in no image unless its owner says so.
func (o Own) Private() bool { return o.Kind != "files" }

// Named is what somebody wants to leave out of an image, as it is on the host.
type Named struct {
	Own
	Said    string // as it was written
	There   bool
	Allowed bool // it is no part of what the host is reached and worked by
}

// Contents is what an image of a host would hold of its users' own.
type Contents struct {
	Own   []Own
	Named []Named
	// Unsearched are folders that were not searched for secrets to their end.
	Unsearched []string
	Free       int64 // bytes of the disk
	// CanLeaveOut reports whether the host has what leaving something out takes.
	CanLeaveOut bool
}

// contentsSaid is the answer to the task "list".
type contentsSaid struct {
	Entries []Own
	Named   []struct {
		Own
		Said           string
		There, Allowed bool
	}
	Unsearched  []string
	Free        int64
	CanLeaveOut bool `json:"can_leave_out"`
}

// ImageContents lists what of the users' own an image of the host would hold,
// and answers what is at the paths that somebody named, which begin in the home
// folder unless they are absolute. Nothing is changed.
func ImageContents(ctx context.Context, h Host, f Facts, named ...string) (Contents, error) {
	var said contentsSaid
	if err := imageDo(ctx, h, f, imageAsk{Task: "list", Named: named}, &said); err != nil {
		return Contents{}, fmt.Errorf("listing what an image would hold: %w", err)
	}
	c := Contents{Free: said.Free, CanLeaveOut: said.CanLeaveOut}
	for _, e := range said.Entries {
		if path.IsAbs(e.Path) && e.Bytes >= 0 {
			c.Own = append(c.Own, e)
		}
	}
	for _, n := range said.Named {
		if path.IsAbs(n.Path) && n.Bytes >= 0 {
			c.Named = append(c.Named, Named(n))
		}
	}
	for _, p := range said.Unsearched {
		if path.IsAbs(p) {
			c.Unsearched = append(c.Unsearched, p)
		}
	}
	return c, nil
}

// ImageKey makes the key for what is left out of one image.
func ImageKey() string { return rand.Text() + rand.Text() }

// CleanSpec says how a host is made ready for an image.
type CleanSpec struct {
	InstanceID string
	// LeaveOut are paths of Own that are to be in no image and stay on the
	// machine: until RestoreAfterImage they are encrypted with the key.
	LeaveOut []string
	Key      string // from ImageKey; it is nowhere on the host's disk
}

// CleanForImage makes a host ready for an image: its server is stopped and what
// is secret is off its disk, overwritten. It returns the ID of the host's boot,
// which is empty where there is none. Until RestoreAfterImage the host has no
// server and no token.
func CleanForImage(ctx context.Context, h Host, f Facts, s CleanSpec) (boot string, err error) {
	if boot, err = BootID(ctx, h); err != nil {
		return "", err
	}
	if err := StopServer(ctx, h, f); err != nil {
		return "", err
	}
	if !f.Systemd || !f.Sudo {
		if _, err := watchDo(ctx, h, "stop", nil); err != nil {
			return "", fmt.Errorf("stopping the watcher: %w", err)
		}
	}
	ask := imageAsk{Task: "clean", Instance: s.InstanceID, LeaveOut: s.LeaveOut, Key: s.Key, Systemd: f.Systemd && f.Sudo, Patience: imagePatience}
	if err := imageDo(ctx, h, f, ask, nil); err != nil {
		return "", fmt.Errorf("cleaning the machine for the image: %w", err)
	}
	return boot, nil
}

// RestoreAfterImage puts back what CleanForImage left out, and what it set up
// goes. A cleaning with that key which still runs, as its connection was lost,
// ends first, and none with it begins any more. When it returns without an
// error, nothing on the host needs the key. It may be called again, and on a
// host that was never cleaned.
func RestoreAfterImage(ctx context.Context, h Host, f Facts, key string) error {
	var said struct{ Whole bool }
	err := imageDo(ctx, h, f, imageAsk{Task: "restore", Key: key, Patience: imagePatience}, &said)
	if err == nil && !said.Whole {
		err = errors.New("the machine did not say that all of it is back")
	}
	if err != nil {
		return fmt.Errorf("putting back what was left out of the image: %w", err)
	}
	return nil
}

// FreshFromImage removes from a host that was made from an image what is the
// first machine's, where its boot did not: the keys of those whom that one let
// in too, but for login, a line of authorized_keys that logs in to this one.
// The host's own is left alone.
func FreshFromImage(ctx context.Context, h Host, f Facts, instanceID, login string) error {
	if err := imageDo(ctx, h, f, imageAsk{Task: "fresh", Instance: instanceID, Login: login, Patience: imagePatience}, nil); err != nil {
		return fmt.Errorf("removing what is the image's first machine's: %w", err)
	}
	return nil
}

// imageAsk is what image.py is asked. It goes through the program's input, so
// that the key is in no list of processes.
type imageAsk struct {
	Task     string   `json:"task"`
	Instance string   `json:"instance"`
	Login    string   `json:"login"`
	LeaveOut []string `json:"leave_out"`
	Named    []string `json:"named"`
	// Bounds are how many names a search looks at, and for how many seconds; or
	// the program's own.
	Bounds  []int  `json:"bounds"`
	Key     string `json:"key"`
	Systemd bool   `json:"systemd"`
	// Patience is how many seconds it waits for another one's work.
	Patience int `json:"patience"`
}

// imagePatience is longer than what is between two looks of a cleaning at
// whether its image was given up, such as systemd's stopping the watcher.
const imagePatience = 120

// imageProgram is image.py, whole: what it needs is in front of it.
func imageProgram() string {
	return script(imageFinds) + "\n" + script(imageNames) + "\n" + script(imageScript)
}

// imageDo runs one task of image.py and reads its answer.
func imageDo(ctx context.Context, h Host, f Facts, ask imageAsk, said any) error {
	in, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	env := map[string]string{
		"JE_SUDO": "0", "JE_image": strings.TrimRight(imageProgram(), "\n"), "JE_image_boot": strings.TrimRight(script(imageBoot), "\n"),
	}
	if f.Sudo {
		env["JE_SUDO"] = "1"
	}
	out := &cappedBuffer{max: 16 << 20}
	err = h.Run(ctx, remote.Command{
		Script: script(imageShell), Env: env, Label: remote.WatchLabel, Stdin: bytes.NewReader(in), Stdout: out,
	})
	if err != nil {
		return err
	}
	return parseImageAnswer(out.String(), said)
}

// parseImageAnswer reads what image.py printed.
func parseImageAnswer(out string, said any) error {
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(out))
	if err != nil {
		return fmt.Errorf("the machine's answer cannot be read: %w", err)
	}
	var failed struct{ Error string }
	if err := json.Unmarshal(text, &failed); err != nil {
		return fmt.Errorf("the machine's answer cannot be read: %w", err)
	}
	if failed.Error != "" {
		why := safe.Scrub(safe.Clean(head(failed.Error, 300)))
		return &Error{
			Kind: problem.Server, Title: "The machine could not be made ready for an image",
			Text: "It said: " + why + ".",
			Next: problem.Say("Correct that on the machine, then ").Do(problem.Retry).Say("."), Err: errors.New(why),
		}
	}
	if said == nil {
		return nil
	}
	if err := json.Unmarshal(text, said); err != nil {
		return fmt.Errorf("the machine's answer cannot be read: %w", err)
	}
	return nil
}
