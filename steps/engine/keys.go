package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Keys lists the ways to a key pair, the default first: a new key, one made by
// EC2, then the keys on this computer and in ssh-agent. A local key is matched
// with EC2's key pairs by its public half, never by its name.
func (g *Guide) Keys(ctx context.Context, at steps.Place) ([]steps.KeyOption, error) {
	pairs, err := g.keyPairs(ctx, at)
	if err != nil {
		return nil, err
	}
	options := []steps.KeyOption{
		{
			Answer: steps.KeyAnswer{Source: steps.KeyMadeHere}, Title: "New ed25519 key, made on this computer",
			Detail: "EC2 gets its public half; the private half never travels. Saved with " + problem.Here().Protects() + ".",
		},
		{
			Answer: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, Title: "New key pair made by EC2",
			Detail: "As in the guide: EC2 makes it and sends the .pem, which is saved with " + problem.Here().Protects() + ".",
		},
	}
	held, err := remote.AgentKeys(ctx)
	for _, f := range remote.LocalKeys(g.sshDir()) {
		options = append(options, fileOption(f, pairs, held))
	}
	if err != nil {
		// A broken agent must not hide the other ways.
		return append(options, steps.KeyOption{
			Answer: steps.KeyAnswer{Source: steps.KeyAgent}, Title: "Keys of ssh-agent", Problem: "The agent does not answer: " + err.Error(),
		}), nil
	}
	for _, k := range held {
		o := steps.KeyOption{
			Answer: steps.KeyAnswer{Source: steps.KeyAgent, Fingerprint: k.Fingerprint, PairName: match(pairs, k.Line)},
			Title:  strings.TrimSpace("ssh-agent: " + k.Comment),
			Detail: k.Type + " " + k.Fingerprint,
		}
		if o.Problem = usableType(k.Type); o.Problem == "" {
			o = withPair(o)
		}
		options = append(options, o)
	}
	return options, nil
}

// InspectKey looks at a key file a person named.
func (g *Guide) InspectKey(ctx context.Context, at steps.Place, path string) (steps.KeyOption, error) {
	path, err := expand(path)
	if err != nil {
		return steps.KeyOption{}, err
	}
	f := remote.InspectKey(path)
	if f.Err != nil {
		return steps.KeyOption{}, f.Err
	}
	pairs, err := g.keyPairs(ctx, at)
	if err != nil {
		return steps.KeyOption{}, err
	}
	held, _ := remote.AgentKeys(ctx) // an agent that does not answer opens no file
	return fileOption(f, pairs, held), nil
}

// ProtectKey is the guide's chmod 400, and writes a garbled file right.
func (g *Guide) ProtectKey(path string) error { return remote.Protect(path) }

func (g *Guide) keyPairs(ctx context.Context, at steps.Place) ([]aws.KeyPair, error) {
	r, err := g.region(ctx, at)
	if err != nil {
		return nil, err
	}
	return r.KeyPairs(ctx)
}

func (g *Guide) sshDir() string {
	if g.cfg.SSHDir != "" {
		return g.cfg.SSHDir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".ssh")
}

// fileOption describes a key file. One whose key ssh-agent holds opens without
// its passphrase.
func fileOption(f remote.KeyFile, pairs []aws.KeyPair, held []remote.AgentKey) steps.KeyOption {
	inAgent := slices.ContainsFunc(held, func(k remote.AgentKey) bool { return k.Fingerprint == f.Fingerprint })
	o := steps.KeyOption{
		Answer: steps.KeyAnswer{Source: steps.KeyFile, Path: f.Path, PairName: match(pairs, f.PublicKey)},
		Title:  safe.Clean(filepath.Base(f.Path)), Detail: strings.TrimSpace(f.Kind + " " + f.Fingerprint),
		TooOpen: f.TooOpen, Garbled: f.Garbled, Encrypted: f.Encrypted && !inAgent,
	}
	if f.Err != nil {
		o.Problem = steps.Explain(f.Err).Text
		return o
	}
	if o.Problem = usableType(f.Kind); o.Problem != "" {
		return o
	}
	if f.TooOpen {
		o.Problem = "Other users of this computer can read it."
	}
	return withPair(o)
}

// garbledKey says why ssh refuses a key that this program takes.
func garbledKey(path string) string {
	return "ssh -i cannot read " + path + " as it was saved (UTF-16, a byte order mark or Windows line ends); the key in it is good."
}

// usableType says why EC2 would not take a key of this type, or nothing. EC2
// takes RSA and ed25519 ("Create a key pair for your Amazon EC2 instance").
func usableType(kind string) string {
	for _, ok := range []string{"", "rsa", "ssh-rsa", "ed25519", "ssh-ed25519"} {
		if strings.EqualFold(kind, ok) {
			return ""
		}
	}
	return "EC2 takes RSA and ed25519 keys only; this one is " + kind + "."
}

// withPair says first what is done with the key: the fingerprint after it is long.
func withPair(o steps.KeyOption) steps.KeyOption {
	what := "not in EC2 yet, will be imported"
	if o.Answer.PairName != "" {
		what = "EC2 key pair " + o.Answer.PairName
	}
	o.Detail = what + " · " + o.Detail
	return o
}

// match finds the key pair whose public half is this one.
func match(pairs []aws.KeyPair, public string) string {
	if public == "" {
		return ""
	}
	for _, p := range pairs {
		if p.PublicKey == public && safe.Clean(p.Name) == p.Name { // a name that can be shown
			return p.Name
		}
	}
	return ""
}

// expand makes a path as a person types it absolute.
func expand(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~"); ok && rest != "" && os.IsPathSeparator(rest[0]) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("finding your home folder: %w", err)
		}
		path = filepath.Join(home, rest)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	return abs, nil
}

// signer unlocks the setup's key. A passphrase is asked for once a program run.
func (g *Guide) signer(ctx context.Context, s *steps.Setup) (remote.Signer, error) {
	g.mu.Lock()
	known := g.signers[s.ID]
	g.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var (
		k   remote.Signer
		err error
	)
	if s.Answers.Key.Source == steps.KeyAgent {
		k, err = remote.AgentSigner(ctx, s.Answers.Key.Fingerprint)
	} else {
		path := s.Resources.KeyPath
		k, err = remote.SignerFor(ctx, path, func(again bool) ([]byte, error) { return g.cfg.Ask.Passphrase(ctx, path, again) })
	}
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	g.signers[s.ID] = k
	g.mu.Unlock()
	return k, nil
}
