package remote

import (
	"context"
	"errors"
	"log/slog"
)

func level(err error) slog.Level {
	if err == nil {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// outcome is "ok", or one word for why not: an error's text may quote the host.
func outcome(err error) string {
	var host *Error
	var job *JobError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &host):
		return string(host.Reason)
	case errors.As(err, &job) && job.Lost:
		return "lost"
	case errors.As(err, &job):
		return "not-started"
	}
	return "failed"
}
