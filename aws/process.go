package aws

import (
	"context"
	"os/exec"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
)

// quietProcess gives a credential_process neither the keyboard nor the screen,
// which belong to the guide: the SDK would hand it both. What it writes to
// stderr goes to warn. A process behind an assumed role stays the SDK's.
func quietProcess(cfg *sdk.Config, warn func(string)) {
	cache, ok := cfg.Credentials.(*sdk.CredentialsCache)
	if !ok || !cache.IsCredentialsProvider(&processcreds.Provider{}) {
		return
	}
	for _, source := range cfg.ConfigSources {
		shared, ok := source.(config.SharedConfig)
		if !ok || shared.CredentialProcess == "" {
			continue
		}
		build := func(ctx context.Context) (*exec.Cmd, error) {
			cmd, err := processcreds.DefaultNewCommandBuilder{Args: []string{shared.CredentialProcess}}.NewCommand(ctx)
			if err == nil {
				cmd.Stdin, cmd.Stderr = nil, warnings{warn}
			}
			return cmd, err
		}
		provider := processcreds.NewProviderCommand(processcreds.NewCommandBuilderFunc(build))
		cfg.Credentials = sdk.NewCredentialsCache(provider)
		return
	}
}

// warnings is a writer whose lines are warnings.
type warnings struct{ warn func(string) }

func (w warnings) Write(p []byte) (int, error) {
	if text := oneLine(string(p)); w.warn != nil && text != "" {
		w.warn("credential_process: " + text)
	}
	return len(p), nil
}
