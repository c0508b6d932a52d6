package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// typesKept is how long a region's instance types are taken from a file: who
// completes a word presses Tab several times.
const typesKept = 10 * time.Minute

// keptTypes is that file.
type keptTypes struct {
	At    time.Time            `json:"at"`
	Types []steps.InstanceType `json:"types"`
}

// instanceTypes returns the region's instance types; without a region, those of
// the account's home region.
func (c completing) instanceTypes(ctx context.Context, region string) ([]steps.InstanceType, error) {
	path := c.typesFile(region)
	if kept, ok := c.readTypes(path); ok {
		return kept, nil
	}
	if region == "" {
		account, err := c.engine.SignIn(ctx, c.profile)
		if err != nil {
			return nil, err
		}
		region = account.Home
	}
	types, err := c.engine.Types(ctx, steps.Place{Profile: c.profile, Region: region})
	if err == nil {
		c.keepTypes(path, types)
	}
	return types, err
}

// typesFile is where the types are kept, "" where they are not. Its name tells
// nothing of the account: it depends on the profile, the region, and those
// variables that may make another account or region of them.
func (c completing) typesFile(region string) string {
	if c.Kept == "" || c.engine.Sandboxed() {
		return ""
	}
	what := []string{c.profile, region}
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		what = append(what, c.Getenv(v))
	}
	sum := sha256.Sum256([]byte(strings.Join(what, "\x00")))
	return filepath.Join(c.Kept, hex.EncodeToString(sum[:8])+".json")
}

func (c completing) readTypes(path string) ([]steps.InstanceType, bool) {
	if path == "" {
		return nil, false
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	var kept keptTypes
	if json.Unmarshal(b, &kept) != nil {
		return nil, false
	}
	age := c.Now().Sub(kept.At)
	return kept.Types, age >= 0 && age < typesKept
}

// keepTypes writes the file, and removes those that are too old to be read.
// Where that fails, AWS is asked again.
func (c completing) keepTypes(path string, types []steps.InstanceType) {
	b, err := json.Marshal(keptTypes{c.Now(), types})
	if path == "" || err != nil || private.MkdirAll(c.Kept) != nil {
		return
	}
	others, _ := filepath.Glob(filepath.Join(c.Kept, "*.json")) // the pattern is right
	for _, other := range others {
		if _, fresh := c.readTypes(other); !fresh {
			_ = os.Remove(other)
		}
	}
	_ = private.WriteFile(path, b, 0o600)
}
