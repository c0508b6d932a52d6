//go:build linux

package hosttest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// staged is the guide, made for goldens. What differs from run to run has a
// stand-in before it is drawn, so that lines break alike every time. Work
// stands still where the step at is about to say that it is finished, until it
// is cut off.
type staged struct {
	*engine.Guide
	p  *person
	at steps.StepID
}

func (s staged) Work(ctx context.Context, id string, emit func(steps.Event)) (*steps.Opened, error) {
	s.p.working.Add(1)
	defer s.p.working.Done()
	o, err := s.Guide.Work(ctx, id, func(e steps.Event) {
		if e.Step == s.at && e.Kind == steps.Finished {
			<-ctx.Done()
		}
		switch {
		case e.Kind == steps.Retrying:
			return // how often depends on how fast the machine boots
		case e.Step == steps.StepServe && e.Kind == steps.Output && e.Text != "The server answers.":
			return // Jupyter's own log, which another version words otherwise
		}
		pending := e.Step == steps.StepLaunch && strings.HasSuffix(e.Text, " is pending")
		e.Text = s.p.steady(e.Text)
		emit(e)
		if pending && s.p.toldPending != nil {
			s.p.toldPending()
		}
	})
	if o != nil {
		o.Setup, o.Proof = s.setup(o.Setup), s.p.steady(o.Proof)
		for i := range o.Manual {
			o.Manual[i] = s.p.steady(o.Manual[i])
		}
	}
	return o, err
}

func (s staged) Setups(ctx context.Context) ([]steps.Setup, error) {
	all, err := s.Guide.Setups(ctx)
	for i := range all {
		all[i] = s.setup(all[i])
	}
	return all, err
}

// setup keeps the ID: the guide knows it by that.
func (s staged) setup(of steps.Setup) steps.Setup {
	r := &of.Resources
	for _, text := range []*string{&of.PublicAddr, &of.PrivateIP, &of.KnownHosts, &r.KeyPairName, &r.KeyPairID, &r.KeyPath, &r.GroupName, &r.GroupID, &r.ImageID, &r.InstanceID} {
		*text = s.p.steady(*text)
	}
	if !of.LaunchedAt.IsZero() {
		of.LaunchedAt = noon()
	}
	if of.LocalPort != 0 {
		of.LocalPort = 54321
	}
	return of
}

// volatile is what differs from run to run, and what stands for it.
var volatile = []struct {
	is     *regexp.Regexp
	stands string
}{
	{regexp.MustCompile(`\b10\.7[78]\.\d+\.\d+`), "203.0.113.20"},
	{regexp.MustCompile(`\b(i|sg|key|ami|subnet|vpc)-[0-9a-f]{17}\b`), "$1-0123456789abcdef0"},
	{regexp.MustCompile(`\bjupyter-[a-z2-7]{10}\b`), "jupyter-abcdefghij"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:" + strings.Repeat("x", 43)},
	{regexp.MustCompile(`[\d.]+ [MG]iB`), "2.0 GiB"},
	{regexp.MustCompile(`\b(Python|pip|notebook|gateway) \d+(\.\d+)+`), "$1 1.2.3"},
	{regexp.MustCompile(`-server-\d{8}\b`), "-server-20260304"},
	{regexp.MustCompile(`in \d+\.\d s`), "in 0.5 s"},
}

// steady is a text with what differs from run to run replaced.
func (p *person) steady(text string) string {
	text = strings.ReplaceAll(text, p.Dir, "/home/me/.local/state/jupyter-ec2/aws")
	for _, v := range volatile {
		text = v.is.ReplaceAllString(text, v.stands)
	}
	return strings.ReplaceAll(text, fmt.Sprint(p.port), "54321")
}

var (
	spinner = regexp.MustCompile(`(?m)^((?:.*│)? *)[·•●] `)
	secret  = regexp.MustCompile(`token=[0-9a-f]{44}`)
)

// still is a screen without what moves and without the token. The URL that is
// drawn is the real one: it is opened from the screen.
func (p *person) still(shown string) string {
	shown = spinner.ReplaceAllString(shown, "$1● ")
	shown = secret.ReplaceAllString(shown, "token="+strings.Repeat("x", 44))
	return strings.ReplaceAll(shown, fmt.Sprint(p.port), "54321")
}
