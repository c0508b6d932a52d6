package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/moby/sys/atomicwriter"

	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// record is the file by which others find the process.
type record struct {
	Info
	Token   string // lets its bearer ask and stop the process; made again for each
	Started string // the process's start, to tell it from a later one with its number
	Since   time.Time
}

// keys are the cloud's credentials. Nothing but the sandbox takes them.
type keys struct{ AccessKeyID, SecretAccessKey string }

// paths of the two control requests; everything else is the cloud's.
const (
	statusPath = "/jupyter-ec2-sandbox/status"
	stopPath   = "/jupyter-ec2-sandbox/stop"
)

// askTimeout is how long a process may take to answer before it counts as hung.
const askTimeout = 3 * time.Second

// readRecord reads the record of a folder.
func readRecord(dir string) (record, error) {
	content, err := os.ReadFile(filepath.Join(dir, recordFile))
	if err != nil {
		return record{}, err
	}
	return parseRecord(content)
}

// parseRecord reads a record. What it names is asked with a token, and may be
// ended: it must be a process, and an address of this computer alone.
func parseRecord(content []byte) (record, error) {
	var r record
	if err := json.Unmarshal(content, &r); err != nil {
		return record{}, err
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return record{}, errors.New("its address is none")
	}
	address, err := netip.ParseAddrPort(u.Host)
	if err != nil || u.Scheme != "http" || !address.Addr().IsLoopback() || r.URL != "http://"+address.String() {
		return record{}, errors.New("its address is not one of this computer")
	}
	if r.PID < 1 || r.Token == "" {
		return record{}, errors.New("it names no process")
	}
	return r, nil
}

// readJSON reads a file of ours.
func readJSON(path string, v any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, v)
}

// writeJSON writes a file that only its owner can read, all of it or nothing.
func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return atomicwriter.WriteFile(path, append(content, '\n'), 0o600)
}

// ownKeys reads the credentials, or makes them the first time. They stay over
// restarts, as a person's credentials do.
func ownKeys(dir string) (keys, error) {
	var k keys
	path := filepath.Join(dir, keysFile)
	err := readJSON(path, &k)
	if err == nil && k.AccessKeyID != "" && k.SecretAccessKey != "" {
		return k, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return keys{}, fmt.Errorf("reading the sandbox's keys: %w", err)
	}
	// rand.Text is base32, the letters of a real access key ID, which has 20.
	k = keys{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}
	if err := writeJSON(path, k); err != nil {
		return keys{}, fmt.Errorf("keeping the sandbox's keys: %w", err)
	}
	return k, nil
}

// errNotRunning says that no process answers.
var errNotRunning = errors.New("the sandbox is not running")

// ask finds the process by its record and asks how it is. Only the process that
// wrote the record answers to its token, so an answer is proof.
func ask(ctx context.Context, dir string) (State, error) {
	r, err := readRecord(dir)
	if err != nil {
		return State{}, errors.Join(errNotRunning, err)
	}
	var instances []Instance
	if err := r.control(ctx, http.MethodGet, statusPath, &instances); err != nil {
		return State{}, errors.Join(errNotRunning, err)
	}
	return State{Running: true, Info: r.Info, Since: r.Since, Instances: instances}, nil
}

// control makes a control request; into takes the answer's JSON, nil drops it.
func (r record) control(ctx context.Context, method, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.Token)
	// A transport of its own: loopback is not for the environment's proxy.
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", r.URL, resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// alive reports whether the process of the record still runs.
func (r record) alive() bool {
	start, err := sshhost.Started(r.PID)
	return err == nil && r.Started != "" && start == r.Started
}

// held reports whether a process holds the folder's run lock. The lock is
// taken shared for the check, so that two checks at the same time do not take
// each other for the sandbox.
func held(dir string) (bool, error) {
	lock := flock.New(filepath.Join(dir, runLock), flock.SetPermissions(0o600))
	free, err := lock.TryRLock()
	if err != nil {
		return false, fmt.Errorf("checking the sandbox's lock: %w", err)
	}
	return !free, lock.Close()
}
