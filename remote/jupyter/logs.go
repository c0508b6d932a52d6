package jupyter

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

//go:embed scripts/installlog.sh
var installLogScript string

// FollowServerLog hands on the last lines of the server's log and what is
// added, safe for a terminal and without tokens, until ctx or the connection
// ends; it answers which. The watcher does not count it as a login.
func FollowServerLog(ctx context.Context, h Host, f Facts, lines int, out safe.Output) error {
	env := map[string]string{"JE_DO": "follow", "JE_SYSTEMD": flagOf(f)}
	if err := followLog(ctx, h, serverScript, env, lines, out); err != nil {
		return fmt.Errorf("following the server's log: %w", err)
	}
	return nil
}

// InstallLog returns the last lines of the last install's log, safe for a
// terminal and without tokens. Without an install it is empty.
func InstallLog(ctx context.Context, h Host, _ Facts, lines int) ([]string, error) {
	var all []string
	err := followLog(ctx, h, installLogScript, nil, lines, func(line string, partial bool) {
		if !partial {
			all = append(all, line)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the install's log: %w", err)
	}
	return all, nil
}

// followLog runs a script that prints [remote.LogMark] and then a log.
func followLog(ctx context.Context, h Host, text string, env map[string]string, lines int, out safe.Output) error {
	all := map[string]string{"JE_LINES": strconv.Itoa(max(1, lines))}
	maps.Copy(all, env)
	clean := safe.NewLines(out)
	err := h.Run(ctx, remote.Command{Script: script(text), Env: all, Stdout: remote.AfterMark(clean), Label: remote.WatchLabel})
	return errors.Join(err, clean.Close())
}

// RestartServer stops the server and starts it as it was installed: the same
// port, token and files. It first hands on the last 20 lines of its log, which
// may tell why that is needed. Whether it answers then, Ready tells.
func RestartServer(ctx context.Context, h Host, f Facts, out safe.Output) error {
	tail, err := ServerLog(ctx, h, f, 20)
	if err != nil {
		return err
	}
	for _, line := range tail {
		if out != nil {
			out(line, false)
		}
	}
	s := &server{h: h, facts: f}
	said, err := s.do(ctx, "restart", nil)
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit) && exit.Code == 3:
		return &Error{
			Kind: problem.Server, Title: "There is no server to restart",
			Text: "The machine has no server of this program's.",
			Next: problem.Say("Run the setup again: it installs and starts what is missing."), Err: err,
		}
	case err != nil:
		return fmt.Errorf("restarting the server: %w", withRaw(err, strings.TrimSpace(said)))
	}
	return nil
}
