package sandbox

import (
	"context"
	"errors"
)

// Run is the sandbox's process.
func Run(context.Context, Options) error { return errors.New("not yet") }
