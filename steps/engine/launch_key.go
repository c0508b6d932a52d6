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
func (w *work) names() error {
	r, a := &w.s.Resources, w.s.Answers
	unique := "jupyter-ec2-" + a.Name + "-" + w.s.ID
	if r.GroupName == "" {
		r.GroupName = unique
	}
	if r.KeyPairName == "" {
		r.KeyPairName = cmp.Or(a.Key.PairName, unique)
		r.KeyPairOurs = a.Key.PairName == ""
	}
	if r.KeyPath == "" && a.Key.Source != steps.KeyAgent {
		r.KeyPath = a.Key.Path
		if r.KeyPath == "" {
			r.KeyPath = w.g.ledger.file("keys", a.Name+"-"+w.s.ID+".pem")
		}
		path, err := expand(r.KeyPath)
		if err != nil {
			return err
		}
		r.KeyPath = path
		r.KeyFileOurs = a.Key.Source == steps.KeyImport || a.Key.Source == steps.KeyCreate
		if r.KeyFileOurs {
			if _, err := os.Lstat(path); err == nil {
				return keyFileThere(path)
			}
		}
	}
	return w.save()
}

func keyFileThere(path string) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "The key file already exists",
		Text: fmt.Sprintf("A new key would be written to %s, but there is a file of that name, and key files are never overwritten.", path),
		Next: problem.Act(problem.Action{Verb: problem.ChooseKey, What: "that file as the key"}).Say(", or give another path."), Err: fs.ErrExist,
	}
}

// settleKey makes sure that there is a private key here and its public half in EC2.
func (w *work) settleKey(ctx context.Context) error {
	if err := w.names(); err != nil {
		return err
	}
	r := &w.s.Resources
	if !r.KeyPairOurs || r.KeyPairID != "" && w.s.Launched() {
		w.doing("Key pair %s exists", r.KeyPairName)
		return nil
	}
	there, err := w.keyThere(ctx)
	if err != nil {
		return err
	}
	if there {
		w.doing("Key pair %s exists", r.KeyPairName)
		return w.save()
	}
	w.byHand(steps.StepKey)
	switch w.s.Answers.Key.Source {
	case steps.KeyImport:
		err = w.importNewKey(ctx)
	case steps.KeyCreate:
		err = w.createKey(ctx)
	default:
		err = w.importOwnKey(ctx)
	}
	if err != nil {
		return err
	}
	return w.save()
}

// keyThere reports whether EC2 has the setup's own key pair and this computer
// its private half. What is there of one of them alone is of no use while no
// machine was launched with it: it is removed, to be made again.
func (w *work) keyThere(ctx context.Context) (bool, error) {
	r := &w.s.Resources
	r.KeyPairID = ""
	file, err := w.ownKeyFile()
	if err != nil {
		return false, err
	}
	pairs, err := w.region.KeyPairs(ctx)
	if err != nil {
		return false, err
	}
	for _, p := range pairs {
		if p.Name != r.KeyPairName || p.Tags[TagSetup] != w.s.ID {
			continue
		}
		if !r.KeyFileOurs || file.Path != "" && (p.PublicKey == "" || p.PublicKey == file.PublicKey) {
			r.KeyPairID = p.ID
			return true, nil
		}
		w.doing("Key pair %s was made, but its private half was not saved: making it again", p.Name)
		if err := w.deleteKeyPair(ctx, p.ID); err != nil {
			return false, err
		}
	}
	return false, nil
}

// ownKeyFile is the key file that the setup wrote, or the zero one where there is
// none. A file that holds no key is what a cut-off try left, and goes.
func (w *work) ownKeyFile() (remote.KeyFile, error) {
	r := w.s.Resources
	if !r.KeyFileOurs {
		return remote.KeyFile{}, nil
	}
	file := remote.InspectKey(r.KeyPath)
	var why *remote.KeyError
	switch {
	case file.Err == nil:
		return file, nil
	case !errors.As(file.Err, &why) || why.Problem != remote.KeyMissing && why.Problem != remote.KeyGarbage:
		return remote.KeyFile{}, file.Err
	}
	if err := os.Remove(r.KeyPath); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return remote.KeyFile{}, fmt.Errorf("removing a broken key file: %w", err)
	}
	return remote.KeyFile{}, nil
}

func (w *work) deleteKeyPair(ctx context.Context, id string) error {
	waiting, cancel := context.WithTimeout(ctx, w.g.cfg.Patience)
	defer cancel()
	return w.region.DeleteKeyPair(waiting, id)
}

func (w *work) importNewKey(ctx context.Context) error {
	r := &w.s.Resources
	if _, err := os.Lstat(r.KeyPath); errors.Is(err, fs.ErrNotExist) {
		pair, err := remote.Generate("jupyter-ec2 " + w.s.Answers.Name)
		if err != nil {
			return err
		}
		if err := remote.WriteKeyFile(r.KeyPath, pair.Private); err != nil {
			return err
		}
		w.doing("Wrote the private key to %s, readable only by you", r.KeyPath)
	}
	return w.importOwnKey(ctx)
}

// importOwnKey imports the public half of the key at hand.
func (w *work) importOwnKey(ctx context.Context) error {
	k, err := w.g.signer(ctx, w.s)
	if err != nil {
		return err
	}
	r := &w.s.Resources
	pair, err := w.region.ImportKeyPair(ctx, r.KeyPairName, remote.PublicKey(k), w.tags())
	if err != nil {
		return err
	}
	r.KeyPairID = pair.ID
	w.doing("Imported its public half as key pair %s (%s)", pair.Name, pair.ID)
	return nil
}

// createTries is how often EC2 is asked for a key pair whose answers lack the
// private half.
const createTries = 3

// createKey has EC2 make the pair. EC2 shows the private half once only: a pair
// whose private half did not come is of no use and is made again.
func (w *work) createKey(ctx context.Context) error {
	r := &w.s.Resources
	for try := 1; ; try++ {
		pair, pem, err := w.region.CreateKeyPair(ctx, r.KeyPairName, w.tags())
		if aws.Incomplete(err) && try < createTries {
			if _, err := w.keyThere(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := remote.WriteKeyFile(r.KeyPath, pem); err != nil {
			return err
		}
		r.KeyPairID = pair.ID
		w.doing("EC2 made key pair %s (%s); saved %s, readable only by you", pair.Name, pair.ID, r.KeyPath)
		return nil
	}
}
