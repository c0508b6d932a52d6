package remote

import (
	"context"
	"errors"
)

var errSkeleton = errors.New("not built yet")

// Job is work on a host that goes on when the connection drops.
type Job struct {
	ID     string            // lower-case letters, digits and hyphens: names the job on its host
	Script string            // for a POSIX sh; both its outputs are the log
	Env    map[string]string // reaches the script only, never a process list
	// Systemd runs it as a transient unit where there is systemd and sudo
	// asks for no password, so that it outlives the login session whatever
	// logind is told to do. Elsewhere it is started by setsid or nohup.
	Systemd bool
	// Again runs it anew when the last run has finished; otherwise the last
	// run of the same script answers. A run that goes on is always joined.
	Again bool
	// Retrying is told, in words, why the connection is made again; may be nil.
	Retrying func(err error)
}

// Job starts the job, or joins it where it runs, and follows it over this
// connection alone. out gets each line of its log once, from the beginning.
// The exit status is 128 + N for signal N; err is about following it, not
// about what the job did.
func (c *Client) Job(ctx context.Context, j Job, out Output) (exit int, err error) {
	return 0, errSkeleton
}

// FollowJob is Client.Job with connections of its own: one that is lost is
// made again, with backoff, until ctx ends, and out goes on where it was.
// Errors of dial that waiting does not mend end it.
func FollowJob(ctx context.Context, dial Redialer, j Job, out Output) (exit int, err error) {
	return 0, errSkeleton
}
