package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// names fills in the names of what is about to be created: the intent.
func (r *run) names() error {
	res, a := &r.s.Resources, r.s.Answers
	unique := "jupyter-ec2-" + a.Name + "-" + r.s.ID
	if res.GroupName == "" {
		res.GroupName = unique
	}
	if res.KeyPairName == "" {
		res.KeyPairName = cmp.Or(a.Key.PairName, unique)
		res.KeyPairOurs = a.Key.PairName == ""
	}
	if res.KeyPath == "" && a.Key.Source != steps.KeyAgent {
		res.KeyPath = a.Key.Path
		if res.KeyPath == "" {
			res.KeyPath = r.g.ledger.file("keys", a.Name+"-"+r.s.ID+".pem")
		}
		path, err := expand(res.KeyPath)
		if err != nil {
			return err
		}
		res.KeyPath = path
		res.KeyFileOurs = a.Key.Source == steps.KeyMadeHere || a.Key.Source == steps.KeyMadeByEC2
		if res.KeyFileOurs {
			if _, err := os.Lstat(path); err == nil {
				return keyFileThere(path)
			}
		}
	}
	return r.save()
}

func keyFileThere(path string) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "The key file already exists",
		Text: fmt.Sprintf("A new key would be written to %s, but there is a file of that name, and key files are never overwritten.", path),
		Next: problem.Act(problem.ChooseKey.Of("that file as the key")).Say(", or give another path."), Err: fs.ErrExist,
	}
}

// ensureKey makes sure that there is a private key here and its public half in
// EC2, under the names that were written down.
func (r *run) ensureKey(ctx context.Context) error {
	res := &r.s.Resources
	if !res.KeyPairOurs || res.KeyPairID != "" && r.s.Launched() {
		r.doing("Key pair %s exists", res.KeyPairName)
		return nil
	}
	there, err := r.keyThere(ctx)
	if err != nil {
		return err
	}
	if there {
		r.doing("Key pair %s exists", res.KeyPairName)
		return r.save()
	}
	r.byHand(steps.StepKey)
	switch r.s.Answers.Key.Source {
	case steps.KeyMadeHere:
		err = r.importNewKey(ctx)
	case steps.KeyMadeByEC2:
		err = r.createKey(ctx)
	default:
		err = r.importOwnKey(ctx)
	}
	if err != nil {
		return err
	}
	return r.save()
}

// keyThere reports whether EC2 has the setup's own key pair and this computer
// its private half. What is there of one of them alone is of no use while no
// machine was launched with it: it is removed, to be made again.
func (r *run) keyThere(ctx context.Context) (bool, error) {
	res := &r.s.Resources
	res.KeyPairID = ""
	file, err := r.ownKeyFile()
	if err != nil {
		return false, err
	}
	pairs, err := r.region.KeyPairs(ctx)
	if err != nil {
		return false, err
	}
	for _, p := range pairs {
		if p.Name != res.KeyPairName || p.Tags[TagSetup] != r.s.ID {
			continue
		}
		if !res.KeyFileOurs || file.Path != "" && (p.PublicKey == "" || p.PublicKey == file.PublicKey) {
			res.KeyPairID = p.ID
			return true, nil
		}
		r.doing("Key pair %s was made, but its private half was not saved: making it again", p.Name)
		if err := r.deleteKeyPair(ctx, p.ID); err != nil {
			return false, err
		}
	}
	return false, nil
}

// ownKeyFile is the key file that the setup wrote, or the zero one where there is
// none. A file that holds no key is what a cut-off try left, and goes.
func (r *run) ownKeyFile() (remote.KeyFile, error) {
	res := r.s.Resources
	if !res.KeyFileOurs {
		return remote.KeyFile{}, nil
	}
	file := remote.InspectKey(res.KeyPath)
	var why *remote.KeyError
	switch {
	case file.Err == nil:
		return file, nil
	case !errors.As(file.Err, &why) || why.Reason != remote.KeyMissing && why.Reason != remote.KeyGarbage:
		return remote.KeyFile{}, file.Err
	}
	if err := os.Remove(res.KeyPath); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return remote.KeyFile{}, fmt.Errorf("removing a broken key file: %w", err)
	}
	return remote.KeyFile{}, nil
}

func (r *run) deleteKeyPair(ctx context.Context, id string) error {
	waiting, cancel := context.WithTimeout(ctx, r.g.cfg.Patience)
	defer cancel()
	return r.region.DeleteKeyPair(waiting, id)
}

func (r *run) importNewKey(ctx context.Context) error {
	res := &r.s.Resources
	if _, err := os.Lstat(res.KeyPath); errors.Is(err, fs.ErrNotExist) {
		pair, err := remote.Generate("jupyter-ec2 " + r.s.Answers.Name)
		if err != nil {
			return err
		}
		if err := remote.WriteKeyFile(res.KeyPath, pair.Private); err != nil {
			return err
		}
		r.doing("Wrote the private key to %s, readable only by you", res.KeyPath)
	}
	return r.importOwnKey(ctx)
}

// importOwnKey imports the public half of the key at hand.
func (r *run) importOwnKey(ctx context.Context) error {
	k, err := r.g.signer(ctx, r.s)
	if err != nil {
		return err
	}
	res := &r.s.Resources
	pair, err := r.region.ImportKeyPair(ctx, res.KeyPairName, remote.PublicKey(k), r.tags())
	if err != nil {
		return err
	}
	res.KeyPairID = pair.ID
	r.doing("Imported its public half as key pair %s (%s)", pair.Name, pair.ID)
	return nil
}

// createTries is how often EC2 is asked for a key pair whose answers lack the
// private half.
const createTries = 3

// createKey has EC2 make the pair. EC2 shows the private half once only: a pair
// whose private half did not come is of no use and is made again.
func (r *run) createKey(ctx context.Context) error {
	res := &r.s.Resources
	for try := 1; ; try++ {
		pair, pem, err := r.region.CreateKeyPair(ctx, res.KeyPairName, r.tags())
		if aws.Incomplete(err) && try < createTries {
			if _, err := r.keyThere(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := remote.WriteKeyFile(res.KeyPath, pem); err != nil {
			return err
		}
		res.KeyPairID = pair.ID
		r.doing("EC2 made key pair %s (%s); saved %s, readable only by you", pair.Name, pair.ID, res.KeyPath)
		return nil
	}
}
