package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// trusts reports whether the person has agreed to a project's file with this
// sum. Where it has changed since, it has to be agreed to again.
func trusts(list, path, sum string) bool {
	all, err := trustedFiles(list)
	return err == nil && sum != "" && all[path] == sum
}

// Trust agrees to the project's file as it was when the settings were read: what
// it says now may be something else.
func (p Places) Trust(s *Settings) error {
	if s.project.sum == "" {
		return errors.New("there is no project's file that can be read")
	}
	all, err := trustedFiles(p.Trusted)
	if err != nil {
		return err
	}
	all[s.project.path] = s.project.sum
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(p.Trusted, append(text, '\n')); err != nil {
		return fmt.Errorf("write down what was agreed to: %w", err)
	}
	return nil
}

// trustedFiles are the files that were agreed to, with the hashes of what they say.
func trustedFiles(list string) (map[string]string, error) {
	all := map[string]string{}
	data, err := os.ReadFile(list)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil || all == nil {
		return map[string]string{}, fmt.Errorf("read what was agreed to in %s: %w", filepath.Base(list), err)
	}
	return all, nil
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}
