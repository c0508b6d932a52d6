package jupyter

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

var (
	//go:embed scripts/watch.sh
	watchScript string
	//go:embed scripts/watch.py
	watcherScript string
	//go:embed scripts/watch_host.py
	watcherHost string
	//go:embed scripts/watch_work.py
	watcherWork string
	//go:embed scripts/watch_server.py
	watcherServer string
)

// watcher is the watcher's files, each by its name without ".py".
func watcher() map[string]string {
	return map[string]string{"watch": watcherScript, "watch_host": watcherHost, "watch_work": watcherWork, "watch_server": watcherServer}
}

// defaultEvery is how often the watcher looks.
const defaultEvery = 5 * time.Second

// WatchSpec is what the watcher of a host is to do.
type WatchSpec struct {
	// Idle is how long nothing may go on, Lifetime how long the machine may
	// run since the watcher first started in this boot. 0 means for ever.
	Idle, Lifetime time.Duration
	Every          time.Duration // between two looks; 0 means 5 seconds
	// Armed lets it stop the machine. Unarmed says why it may not, for a person.
	Armed   bool
	Unarmed string
	Facts   Facts
	// WorkLeast is how much of a core the programs of the user must use, over
	// a minute, to count as work; 0 means a tenth. Those that match a pattern
	// of Ignore do not count: shell patterns, for a program's name, for the
	// name with the script's, or for the whole command line.
	WorkLeast float64
	Ignore    []string
	// The server, as in ServeSpec: where it is asked for its kernels. The
	// port it took is read on the host.
	Mode string
	Bind string
	Port int
	TLS  bool

	// Window is the minute over which the use of the CPU is taken; 0 means one.
	Window time.Duration

	poweroff  []string      // instead of the command that stops the machine
	retry     time.Duration // between two tries to stop it; 0 means a minute
	sshServer int           // the process that is the embedded host's SSH server
}

// watchConfig is config.json, as scripts/watch.py reads it. Times are seconds.
type watchConfig struct {
	Every     float64  `json:"every"`
	Idle      float64  `json:"idle"`
	Lifetime  float64  `json:"lifetime"`
	Armed     bool     `json:"armed"`
	Unarmed   string   `json:"unarmed,omitempty"`
	Mode      string   `json:"mode"`
	Bind      string   `json:"bind"`
	Port      int      `json:"port"`
	TLS       bool     `json:"tls"`
	Work      float64  `json:"work,omitempty"`
	Window    float64  `json:"window,omitempty"`
	Ignore    []string `json:"ignore,omitempty"`
	PowerOff  []string `json:"poweroff,omitempty"`
	Retry     float64  `json:"retry,omitempty"`
	SSHServer int      `json:"ssh_server,omitempty"`
}

// config is the text of config.json.
func (s WatchSpec) config() (string, error) {
	c := watchConfig{
		Every: s.Every.Seconds(), Idle: s.Idle.Seconds(), Lifetime: s.Lifetime.Seconds(),
		Armed: s.Armed, Unarmed: s.Unarmed, Mode: s.Mode, Bind: s.Bind, Port: s.Port, TLS: s.TLS,
		Work: s.WorkLeast, Window: s.Window.Seconds(), Ignore: s.Ignore,
		PowerOff: s.poweroff, Retry: s.retry.Seconds(), SSHServer: s.sshServer,
	}
	switch {
	case s.Facts.Home == "" || s.Facts.User == "":
		return "", errors.New("the host's facts are missing: Probe returns them")
	case s.Idle < 0 || s.Lifetime < 0 || s.Every < 0 || s.Window < 0 || s.WorkLeast < 0:
		return "", errors.New("a duration is negative")
	}
	if s.Every == 0 {
		c.Every = defaultEvery.Seconds()
	}
	if c.Port == 0 {
		c.Port = defaultPort
	}
	if c.Bind == "" && s.Mode != ModeSSH {
		c.Bind = s.Facts.PrivateIP()
	}
	if ip, err := netip.ParseAddr(c.Bind); err != nil || ip.IsUnspecified() {
		c.Bind = s.Facts.Loopback
	}
	b, err := json.Marshal(c)
	return string(b), err
}

// unit is the systemd unit. The watcher outlives memory running out, and what
// it must know after a restart lasts as long as the boot.
func (s WatchSpec) unit() string {
	in := func(name string) string { return unitQuote(path.Join(s.Facts.Home, ".jupyter-ec2", name)) }
	return strings.Join([]string{
		"[Unit]",
		"Description=Watches the machine and stops it when it is idle, set up by jupyter-ec2",
		"StartLimitIntervalSec=0",
		"",
		"[Service]",
		"User=" + s.Facts.User,
		"ExecStart=" + in("venv/bin/python") + " -I " + in("watch/watch.py"),
		"Restart=always",
		"RestartSec=2",
		"RuntimeDirectory=jupyter-ec2-watch",
		"RuntimeDirectoryMode=0700",
		"RuntimeDirectoryPreserve=yes",
		"OOMScoreAdjust=-900",
		"",
		"[Install]",
		"WantedBy=multi-user.target",
	}, "\n")
}

// Watch makes the host watch itself, and answers when the watcher has begun to
// do as the spec says. One that does so already is left alone; one that runs
// takes a new spec without losing its idle clock or its lifetime.
func Watch(ctx context.Context, h Host, spec WatchSpec) error {
	config, err := spec.config()
	if err != nil {
		return fmt.Errorf("watching the host: %w", err)
	}
	sum := sha256.Sum256([]byte(config))
	env := map[string]string{
		"JE_SYSTEMD": flagOf(spec.Facts), "JE_CONFIG": config, "JE_ID": hex.EncodeToString(sum[:]), "JE_UNIT": spec.unit(),
	}
	for name, text := range watcher() {
		env["JE_"+name] = strings.TrimRight(script(text), "\n")
	}
	said, err := watchDo(ctx, h, "ensure", env)
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit) && exit.Code == 31:
		return notInstalled(err)
	case errors.As(err, &exit):
		said = safe.Scrub(safe.Clean(head(strings.TrimSpace(said), 500)))
		return &Error{
			Kind: problem.Server, Title: "The machine's watcher is not running",
			Text: "Its watcher could not be started, so it will not stop automatically. It said: " + said,
			Next: problem.Say("Try again; if it persists, log in and run: systemctl status jupyter-ec2-watch."),
			Raw:  said, Err: err,
		}
	case err != nil:
		return fmt.Errorf("watching the host: %w", err)
	}
	return nil
}

// flagOf is JE_SYSTEMD for a host.
func flagOf(f Facts) string {
	if f.Systemd && f.Sudo {
		return "1"
	}
	return "0"
}

// watchDo runs one task of scripts/watch.sh and answers what it printed. The
// watcher does not take it for a person's work.
func watchDo(ctx context.Context, h Host, task string, env map[string]string) (string, error) {
	all := map[string]string{"JE_DO": task, "JE_SYSTEMD": "0"}
	maps.Copy(all, env)
	return ask(ctx, h, remote.LockScript+script(watchScript), all)
}
