package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Run is the sandbox's process: it serves until ctx ends, a signal or Stop
// tells it to end, or it has been idle for long enough. Then it ends every
// process of its hosts. Its end is no error.
func Run(ctx context.Context, o Options) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, lock, err := o.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	s := &service{dir: dir, log: o.Log, idle: o.Idle, version: o.Version, end: stop, used: time.Now()}
	if s.log == nil {
		s.log = func(string) {}
	}
	if s.idle == 0 {
		s.idle = 30 * time.Minute
	}
	timing, err := o.timing()
	if err != nil {
		return err
	}
	if err := s.open(ctx, timing); err != nil {
		return err
	}
	return s.serve(ctx)
}

// lockRun takes the folder for this process. It tries for a moment, since
// others hold the lock while they look at it.
func lockRun(ctx context.Context, dir string) (*flock.Flock, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	lock := flock.New(filepath.Join(dir, runLock), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, startPoll); err != nil {
		return nil, &problem.Error{
			Kind:  problem.Failed,
			Title: "A sandbox is running already", Err: err,
			Text: "Another process is the sandbox of this folder: " + dir + ".",
			Next: problem.Say("Use it, or ").Do(problem.StopSandbox).Say("."),
		}
	}
	return lock, nil
}

// service is a running sandbox.
type service struct {
	dir, version string
	idle         time.Duration
	log          func(string)
	end          func() // tells serve to end

	token string
	hosts *hosts
	cloud *ec2sim.Cloud

	mu     sync.Mutex
	used   time.Time // when the last request ended
	active int       // requests being served
}

// open makes the hosts and the cloud, and ends what an earlier process left.
func (s *service) open(ctx context.Context, timing ec2sim.Timing) error {
	k, err := ownKeys(s.dir)
	if err != nil {
		return err
	}
	folder, err := hostsFolder(s.dir)
	if err != nil {
		return err
	}
	if err := errors.Join(sshhost.EndAll(ctx, folder), sweepHosts(ctx)); err != nil {
		return err
	}
	computer, err := sshhost.Prepare(ctx, folder, os.Environ())
	if err != nil {
		return err
	}
	s.token = rand.Text()
	s.hosts = newHosts(computer, s.log)
	s.cloud, err = ec2sim.New(ec2sim.Options{
		AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey,
		// The warning that MFA is off is about a real account; here it would
		// ask for something that cannot be done.
		MFA:   true,
		Hosts: s.hosts, Timing: timing, StatePath: filepath.Join(s.dir, cloudFile),
	})
	if err != nil {
		return fmt.Errorf("opening the sandbox's cloud: %w", err)
	}
	s.hosts.onDown(s.cloud.HostDown)
	kept := map[string]bool{}
	for _, i := range s.cloud.Instances() {
		kept[i.ID] = i.Exists()
	}
	return errors.Join(computer.Keep(ctx, kept), computer.KeepDisks(s.cloud.Snapshots()))
}

// serve answers until ctx ends or nobody needs it, and closes everything.
func (s *service) serve(ctx context.Context) error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("listening on loopback: %w", err), s.cloud.Close())
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	err = s.writeRecord("http://" + listener.Addr().String())
	if err == nil {
		s.log("The sandbox is at http://" + listener.Addr().String() + ". Nothing in it is on AWS.")
		err = s.wait(ctx, failed)
	}

	s.log("The sandbox ends.")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	removed := os.Remove(filepath.Join(s.dir, recordFile))
	if errors.Is(removed, os.ErrNotExist) {
		removed = nil
	}
	shutdown := server.Shutdown(ctx)
	if shutdown != nil {
		shutdown = server.Close() // a request that does not end
	}
	closed := s.cloud.Close()
	return errors.Join(err, removed, shutdown, closed, s.hosts.close(ctx), tidyHosts(s.dir))
}

// writeRecord lets others find this process.
func (s *service) writeRecord(url string) error {
	k, err := ownKeys(s.dir)
	if err != nil {
		return err
	}
	started, err := sshhost.Started(os.Getpid())
	if err != nil {
		return err
	}
	r := record{
		Info: Info{
			URL: url, AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey,
			PID: os.Getpid(), Version: s.version,
		},
		Token: s.token, Started: started, Since: time.Now().UTC().Truncate(time.Second),
	}
	if err := writeJSON(filepath.Join(s.dir, recordFile), r); err != nil {
		return fmt.Errorf("writing the sandbox's state file: %w", err)
	}
	return nil
}

// wait is done when ctx ends, the server failed, or nothing happened for the
// idle time.
func (s *service) wait(ctx context.Context, failed <-chan error) error {
	timer := time.NewTimer(s.idle)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return fmt.Errorf("serving the sandbox: %w", err)
		case <-timer.C:
			left := s.idleIn(time.Now())
			if left <= 0 {
				s.log("Nobody used the sandbox for " + s.idle.String() + ".")
				return nil
			}
			timer.Reset(left)
		}
	}
}

// idleIn is how long until it has been idle for long enough. A running
// instance is use.
func (s *service) idleIn(now time.Time) time.Duration {
	busy := false
	for _, i := range s.cloud.Instances() {
		busy = busy || i.On()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if busy || s.active > 0 {
		s.used = now
	}
	return s.used.Add(s.idle).Sub(now)
}

// ServeHTTP answers the control requests, and gives all others to the cloud.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.active++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.active--
		s.used = time.Now()
		s.mu.Unlock()
	}()
	if r.URL.Path != statusPath && r.URL.Path != stopPath {
		s.cloud.ServeHTTP(w, r)
		return
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.token)) != 1 {
		http.Error(w, "not the sandbox's token", http.StatusForbidden)
		return
	}
	switch {
	case r.URL.Path == statusPath && r.Method == http.MethodGet:
		list := []Instance{}
		for _, i := range s.cloud.Instances() {
			if i.Exists() {
				list = append(list, Instance{ID: i.ID, Name: i.Name, State: i.State})
			}
		}
		_ = json.NewEncoder(w).Encode(list) // a client that left
	case r.URL.Path == stopPath && r.Method == http.MethodPost:
		s.end()
	default:
		http.Error(w, "not allowed", http.StatusMethodNotAllowed)
	}
}
