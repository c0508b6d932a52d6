package jupyter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// server looks after the server on one host, by scripts/server.sh.
type server struct {
	h     Host
	facts Facts
	say   func(string)
	told  int // lines of the log since the start that were said
}

// serverState is what a host says about its server.
type serverState struct {
	hash  string // of the spec it was started with, or empty
	port  int
	alive bool // it runs, or will be started again automatically
	ended bool // it has ended at least once since its start
	// strays is how many processes of ours run there that no record knows.
	strays int
}

// do runs one task of the script and answers what it printed.
func (s *server) do(ctx context.Context, task string, env map[string]string) (string, error) {
	return s.doWith(ctx, task, "", env)
}

// doWith is do with shell variables that are in no environment.
func (s *server) doWith(ctx context.Context, task, variables string, env map[string]string) (string, error) {
	all := map[string]string{"JE_DO": task, "JE_SYSTEMD": "0"}
	if s.facts.Systemd && s.facts.Sudo {
		all["JE_SYSTEMD"] = "1"
	}
	maps.Copy(all, env)
	out, err := ask(ctx, s.h, variables+remote.LockScript+script(serverScript), all)
	var exit *remote.ExitError
	if errors.As(err, &exit) && exit.Code == 4 {
		return out, &Error{
			Kind: problem.Server, Title: "Another start or stop is at work on the machine",
			Text: "The server is being started or stopped there, and that has not ended for a minute.",
			Next: problem.Say("Try again in a minute. If it persists, look on the machine which one it is: fuser -v ~/.jupyter-ec2/server.lock."), Err: err,
		}
	}
	return out, err
}

func (s *server) state(ctx context.Context) (serverState, error) {
	out, err := s.do(ctx, "state", nil)
	if err != nil {
		return serverState{}, fmt.Errorf("checking the server: %w", err)
	}
	return parseState(out), nil
}

func parseState(out string) serverState {
	var st serverState
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "hash":
			st.hash = value
		case "port":
			if n, err := strconv.ParseUint(value, 10, 16); err == nil {
				st.port = int(n)
			}
		case "alive":
			st.alive = value == "1"
		case "ended":
			st.ended = value == "1"
		case "stray":
			st.strays++
		}
	}
	return st
}

func (s *server) stop(ctx context.Context) error {
	if _, err := s.do(ctx, "stop", nil); err != nil {
		return fmt.Errorf("stopping the server: %w", err)
	}
	return nil
}

// preparedMark comes before what prepare says of the port.
const preparedMark = "prepared=1\n"

// prepare tells how the server is. Unless it runs by the spec of that hash, it
// is stopped, and port is where the spec's can listen: at the spec's port, or in
// ssh mode at the next one that is free.
func (s *server) prepare(ctx context.Context, spec ServeSpec, hash string) (now serverState, port int, err error) {
	tries := 1
	if spec.Mode == ModeSSH {
		tries = portTries
	}
	out, err := s.do(ctx, "prepare", map[string]string{
		"JE_HASH": hash, "JE_BIND": spec.Bind, "JE_PORT": strconv.Itoa(spec.Port), "JE_TRIES": strconv.Itoa(tries),
	})
	was, out, prepared := strings.Cut(out, preparedMark)
	var exit *remote.ExitError
	if errors.As(err, &exit) && prepared {
		return now, 0, notInstalled(err)
	}
	if err != nil {
		return now, 0, fmt.Errorf("looking for a server, and for a free port: %w", err)
	}
	now = parseState(was)
	if !prepared {
		return now, 0, nil
	}
	found := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		found[key] = safe.Clean(value)
	}
	if port := parseState(out).port; port > 0 {
		return now, port, nil
	}
	return now, 0, portError(spec, found["problem"], found["holder"])
}

func portError(spec ServeSpec, why, holder string) error {
	switch why {
	case "address":
		return &Error{
			Kind: problem.Server, Title: "The server cannot listen there",
			Text: spec.Bind + " is not an address of the machine. Its public address is not either: EC2 translates it.",
			Next: problem.Say("Leave the address out, so that the machine's private address is used."),
		}
	case "permission":
		return &Error{
			Kind: problem.Server, Title: "The server is not allowed to listen there",
			Text: fmt.Sprintf("Port %d is reserved for programs of root.", spec.Port),
			Next: problem.Say("Choose a port from 1024 up, such as 8888."),
		}
	case "":
		by := "another program"
		if holder != "" {
			by += " (" + holder + ")"
		}
		return &Error{
			Kind: problem.Server, Title: fmt.Sprintf("Port %d of the machine is taken", spec.Port),
			Text: fmt.Sprintf("On %s, port %d is held by %s.", spec.Bind, spec.Port, by),
			Next: problem.Say(fmt.Sprintf("Stop that program (on the machine: sudo ss -ltnp 'sport = :%d' names it), then try again. SSH mode uses the next free port automatically.", spec.Port)),
		}
	}
	return &Error{
		Kind: problem.Server, Title: "The server cannot listen there",
		Text: fmt.Sprintf("Listening on %s, port %d, fails: %s.", spec.Bind, spec.Port, why),
		Next: problem.Say("Check the machine's network settings, then try again."),
	}
}

func notInstalled(cause error) error {
	return &Error{
		Kind: problem.Server, Title: "Jupyter is not installed",
		Text: "There is no working ~/.jupyter-ec2/venv on the machine.",
		Next: problem.Say("Run the install again: it repairs what is missing."), Err: cause,
	}
}

// withRaw keeps what a script printed with its error.
func withRaw(err error, said string) error {
	var exit *remote.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	said = safe.Scrub(safe.Clean(head(strings.TrimSpace(said), 500)))
	return &Error{
		Kind: problem.Server, Title: "The server could not be started",
		Text: "The machine refused to start it. It said: " + said,
		Next: problem.Say("Try again; if it persists, log in and run: systemctl status jupyter-ec2."),
		Raw:  said, Err: err,
	}
}

// tell says the log's new lines.
func (s *server) tell(ctx context.Context) {
	if tail, err := s.logSinceStart(ctx); err == nil {
		s.show(tail)
	}
}

func (s *server) show(tail []string) {
	for ; s.told < len(tail); s.told++ {
		s.say(tail[s.told])
	}
}

func (s *server) logSinceStart(ctx context.Context) ([]string, error) {
	return s.log(ctx, map[string]string{"JE_LINES": "1000", "JE_SINCE_START": "1"})
}

func (s *server) log(ctx context.Context, env map[string]string) ([]string, error) {
	out, err := s.do(ctx, "log", env)
	if err != nil {
		return nil, fmt.Errorf("reading the server's log: %w", err)
	}
	return cleanLines(strings.Split(strings.TrimRight(out, "\n"), "\n")), nil
}

// settings are the configuration files beside ours that the server reads; none
// where that cannot be told.
func (s *server) settings(ctx context.Context) []string {
	out, err := s.do(ctx, "settings", nil)
	if err != nil {
		return nil
	}
	var files []string
	for line := range strings.Lines(out) {
		if file, ok := strings.CutPrefix(strings.TrimSpace(line), "settings="); ok && len(files) < 5 {
			files = append(files, safe.Clean(head(file, 200)))
		}
	}
	return files
}

// StopServer stops the server and keeps it from starting again; none is no
// error.
func StopServer(ctx context.Context, h Host, f Facts) error {
	s := &server{h: h, facts: f}
	return s.stop(ctx)
}

// ServerLog returns the last lines of the server's log, safe for a terminal
// and without tokens. A server that never ran has an empty log.
func ServerLog(ctx context.Context, h Host, f Facts, lines int) ([]string, error) {
	s := &server{h: h, facts: f}
	log, err := s.log(ctx, map[string]string{"JE_LINES": strconv.Itoa(max(1, lines))})
	if err == nil && len(log) == 1 && log[0] == "" {
		return nil, nil
	}
	return log, err
}
