package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// ProcessLimitEnv gives a credential_process more, or less, than its minute.
const ProcessLimitEnv = "JUPYTER_EC2_CREDENTIAL_TIMEOUT"

func processLimit() (time.Duration, error) {
	v := os.Getenv(ProcessLimitEnv)
	if v == "" {
		return time.Minute, nil
	}
	limit, err := time.ParseDuration(v)
	if err != nil || limit <= 0 {
		at := place{env: ProcessLimitEnv}
		return 0, &settingError{at: at, text: at.of("") + " is not a duration such as 90s or 5m."}
	}
	return limit, nil
}

// process gets credentials from a profile's credential_process. The SDK's own
// would hand the program the keyboard and the screen, which belong to the
// guide, wait for children that outlive it, and quote what it printed. This one
// tells what the program writes to stderr ("Touch your key"), and ends it with
// all that it started.
type process struct {
	command string
	at      place
	limit   time.Duration
	tell    func(string)
	clean   func(string) string
	prompts *prompts
}

// processError is a credential_process that gave no credentials. Nothing of
// the program's output is in it.
type processError struct {
	at   place
	text string
}

func (e *processError) Error() string { return e.text }

// maxProcessOutput bounds what a program may print; credentials are under 10 KB.
const maxProcessOutput = 1 << 20

// Retrieve implements the SDK's CredentialsProvider. The context that it is
// given comes from the SDK's cache, and does not end with the call.
func (p *process) Retrieve(context.Context) (sdk.Credentials, error) {
	p.prompts.running.Lock()
	defer p.prompts.running.Unlock()
	ctx, cancel := context.WithTimeoutCause(p.prompts.caller(), p.limit, errProcessLimit)
	defer cancel()
	cmd := shellCommand(ctx, p.command)
	out := &bounded{}
	cmd.Stdout, cmd.Stderr = out, lines(p.say)
	cmd.WaitDelay = 2 * time.Second // for children that hold the output open
	endTogether(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errProcessLimit) {
			return sdk.Credentials{}, p.failed("gave no credentials within %v", p.limit)
		}
		return sdk.Credentials{}, ctx.Err()
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) { // which is a child that stays, after a good end
		return sdk.Credentials{}, p.ended(err)
	}
	return p.read(out.all.Bytes())
}

var errProcessLimit = errors.New("the limit of the credential_process")

func (p *process) failed(format string, args ...any) error {
	return &processError{p.at, p.at.of(keyProcess) + " " + fmt.Sprintf(format, args...) + "."}
}

func (p *process) ended(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return p.failed("could not be started or its output not be read")
	}
	switch exit.ExitCode() {
	case 126, 127, 9009: // of sh, and of cmd.exe
		return p.failed("names a program that cannot be found or run (exit status %d)", exit.ExitCode())
	case -1:
		return p.failed("was ended from outside")
	}
	return p.failed("failed with exit status %d", exit.ExitCode())
}

func (p *process) read(out []byte) (sdk.Credentials, error) {
	var got struct {
		Version         int
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      *time.Time
		AccountID       string `json:"AccountId"`
	}
	if runtime.GOOS == "windows" {
		out = bytes.ReplaceAll(out, []byte(`\"`), []byte(`"`)) // cmd.exe's echo adds backslashes
	}
	switch err := json.Unmarshal(out, &got); {
	case err != nil:
		return sdk.Credentials{}, p.failed("printed something else than the JSON that AWS's tools expect")
	case got.Version != 1:
		return sdk.Credentials{}, p.failed("printed JSON without \"Version\": 1")
	case got.AccessKeyID == "", got.SecretAccessKey == "":
		return sdk.Credentials{}, p.failed("printed JSON without AccessKeyId or SecretAccessKey")
	}
	c := sdk.Credentials{
		Source: "ProcessProvider", AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey,
		SessionToken: got.SessionToken, AccountID: got.AccountID,
	}
	if got.Expiration != nil {
		c.CanExpire, c.Expires = true, *got.Expiration
	}
	return c, nil
}

// escapes are the control sequences of a terminal: colours, titles.
var escapes = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?`)

// say passes on a line of the program's stderr, without what stands in the
// config file.
func (p *process) say(line string) {
	if text := oneLine(p.clean(escapes.ReplaceAllString(line, ""))); p.tell != nil && text != "" {
		p.tell(keyProcess + ": " + text)
	}
}

// lines is a writer that tells what is written, a line each. A prompt ends in no
// line end, so that nothing is waited for.
type lines func(string)

func (l lines) Write(b []byte) (int, error) {
	for _, line := range strings.FieldsFunc(string(b), func(r rune) bool { return r == '\n' || r == '\r' }) {
		l(line)
	}
	return len(b), nil
}

// bounded takes so much and no more. The buffer is not embedded: its ReadFrom
// would go round Write.
type bounded struct{ all bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.all.Len()+len(p) > maxProcessOutput {
		return 0, io.ErrShortWrite
	}
	return b.all.Write(p)
}
