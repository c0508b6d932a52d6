package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// secret stands in every value of the broken files below.
const secret = "Zq7sEcReT"

// onAWS is a person's home with AWS's files, and an AWS that refuses all.
type onAWS struct {
	t   *testing.T
	dir string
	env []string
}

func newOnAWS(t *testing.T, config, credentials string, env ...string) *onAWS {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".aws", "config"), config)
	write(t, filepath.Join(dir, ".aws", "credentials"), credentials)
	clean := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(kv), "=")
		return strings.HasPrefix(name, "AWS_") || strings.HasSuffix(name, "_PROXY")
	})
	return &onAWS{t: t, dir: dir, env: append(append(clean,
		"HOME="+dir, "USERPROFILE="+dir, "LOCALAPPDATA="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir,
		"AWS_EC2_METADATA_DISABLED=true", "NO_COLOR=1", "GORACE=atexit_sleep_ms=0"), env...)}
}

func (o *onAWS) command(args ...string) (cmd *exec.Cmd, out *bytes.Buffer) {
	ctx, cancel := context.WithTimeout(o.t.Context(), await.Wait)
	o.t.Cleanup(cancel)
	cmd, out = exec.CommandContext(ctx, name, args...), &bytes.Buffer{}
	cmd.Env, cmd.Stdout, cmd.Stderr = o.env, out, out
	return cmd, out
}

// run runs the program and returns all that it printed, and its exit code.
func (o *onAWS) run(args ...string) (string, int) {
	o.t.Helper()
	cmd, out := o.command(args...)
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		o.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// written is all that the program left in files.
func (o *onAWS) written() string {
	o.t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".aws" {
			return errors.Join(err, fs.SkipDir)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		all.WriteString(path + "\n")
		all.Write(b)
		return err
	})
	if err != nil && !errors.Is(err, fs.SkipDir) {
		o.t.Fatal(err)
	}
	return all.String()
}

// refusing is an AWS that knows no key.
func refusing(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Whatever stands in broken files, no command prints it or writes it down. The
// table of all that can be broken is that of package aws.
func TestNoCommandShowsAValue(t *testing.T) {
	url := refusing(t)
	keys := "aws_access_key_id = AKIA" + secret + "\naws_secret_access_key = " + secret + "\n"
	for name, files := range map[string][2]string{
		"backtick":        {"", "[default]\naws_access_key_id = AKIA" + secret + "\naws_secret_access_key = `" + secret + "\n"},
		"no equals sign":  {"", "[default]\naws_secret_access_key " + secret + "\n"},
		"three quotes":    {"", "[default]\naws_secret_access_key = '''" + secret + "\n"},
		"head not closed": {"", "[default\n" + keys},
		"keys in it":      {"", "[default " + secret + "=" + secret + "]\n" + keys},
		"NUL":             {"", "[default]\x00\n" + strings.ReplaceAll(keys, "\n", "\x00\n")},
		"good":            {"", "[default]\n" + keys},
		"region":          {"[default]\nregion = " + secret + "\n", "[default]\n" + keys},
		"settings":        {"[default]\nretry_mode = " + secret + "\nca_bundle = " + secret + "\n", "[default]\n" + keys},
		"role":            {"[default]\nrole_arn = " + secret + "\nsource_profile = " + secret + "\n", ""},
		"program":         {"[default]\ncredential_process = " + secret + " " + secret + "\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOnAWS(t, files[0], files[1], "AWS_ENDPOINT_URL="+url)
			for _, args := range [][]string{{"up", "--yes", "--json"}, {"up", "--yes"}, {"ls", "--json"}, {"ls"}, {"doctor"}, {"doctor", "--json"}} {
				out, code := o.run(args...)
				if strings.Contains(strings.ToLower(out), strings.ToLower(secret)) {
					t.Errorf("%v shows a value:\n%s", args, out)
				}
				if args[0] == "up" && code != exitRefused {
					t.Errorf("%v: exit code %d\n%s", args, code, out)
				}
			}
			if left := o.written(); strings.Contains(strings.ToLower(left), strings.ToLower(secret)) {
				t.Errorf("a value is written down:\n%s", left)
			}
		})
	}
}

// A line that cannot be used is named, by commands that only look, too.
func TestLsNamesTheBrokenLine(t *testing.T) {
	o := newOnAWS(t, "[default]\nregion = Frankfurt\n", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n")
	out, _ := o.run("ls")
	has(t, "ls", out, "region (line 2 of ~/.aws/config)")
}

// A variable that names a profile is named where there is no such profile.
func TestTheProfilesVariableIsNamed(t *testing.T) {
	for value, says := range map[string][]string{
		"nope":      {"AWS_PROFILE (environment variable) names a profile that the AWS config files do not have", "unset AWS_PROFILE"},
		"default\r": {"AWS_PROFILE (environment variable)", "carriage return", "unset AWS_PROFILE", "!aws configure --profile"},
	} {
		o := newOnAWS(t, "", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n", "AWS_PROFILE="+value)
		for _, command := range []string{"up --yes", "ls", "doctor"} {
			out, _ := o.run(strings.Fields(command)...)
			has(t, command, out, says...)
		}
	}
}

// A proxy that is left over is named, and its password is not.
func TestTheProxyIsNamed(t *testing.T) {
	for _, proxy := range []string{"http://u:" + secret + "@" + await.Nobody, "http://u:" + secret + "@[::1", "://u:" + secret + "@h"} {
		o := newOnAWS(t, "", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n", "HTTPS_PROXY="+proxy)
		out, code := o.run("up", "--yes")
		if code != exitUnreachable || !strings.Contains(out, "HTTPS_PROXY (environment variable)") || strings.Contains(out, secret) {
			t.Errorf("exit code %d:\n%s", code, out)
		}
	}
}

// firstSaid passes on the first text that is written.
type firstSaid struct {
	all  bytes.Buffer // not embedded: its ReadFrom would go round Write
	seen chan string
}

func (s *firstSaid) Write(b []byte) (int, error) {
	select {
	case s.seen <- string(b):
	default:
	}
	return s.all.Write(b)
}

// What a credential_process asks stands on the error stream while it waits;
// Ctrl-C, and a terminal that is closed, end the program and what it started.
func TestCredentialProcessAndCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs sh, and SIGINT")
	}
	// A program inherits that hangups are ignored, as under nohup, and not that
	// they are caught.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			o := newOnAWS(t, "", "")
			script := filepath.Join(o.dir, "creds")
			if err := os.WriteFile(script, []byte("#!/bin/sh\necho Touch your key >&2\nsleep 1000 &\nwait\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(o.dir, ".aws", "config"), "[default]\ncredential_process = "+script+"\n")
			cmd, _ := o.command("up", "--yes", "--json")
			said := &firstSaid{seen: make(chan string, 1)}
			cmd.Stderr = said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-said.seen:
				if got != "credential_process: Touch your key\n" {
					t.Errorf("said %q", got)
				}
			case <-time.After(await.Wait):
				t.Error("nothing was said")
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
				t.Errorf("%v\n%s", err, said.all.String())
			}
			if out, err := exec.Command("ps", "-A", "-o", "args=").Output(); err == nil && strings.Contains(string(out), script) {
				t.Errorf("it still runs:\n%s", out)
			}
		})
	}
}
