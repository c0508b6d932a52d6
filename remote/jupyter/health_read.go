package jupyter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter/health"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// What a host says of itself.
type (
	// Health is how a host is.
	Health = health.Health
	// KernelInfo is one of its kernels.
	KernelInfo = health.KernelInfo
	// Program is one that keeps it from being idle.
	Program = health.Program
	// GPU is one of its GPUs.
	GPU = health.GPU
)

// ReadHealth asks a host how it is, by one command that the watcher does not
// count. A host that never had a watcher answers the zero Health.
func ReadHealth(ctx context.Context, host Host) (Health, error) {
	out, err := watchDo(ctx, host, "status", nil)
	if err != nil {
		return Health{}, fmt.Errorf("asking the host how it is: %w", err)
	}
	h, err := parseHealth(out)
	if err != nil {
		return Health{}, fmt.Errorf("asking the host how it is: %w", err)
	}
	return h, nil
}

// Extend puts the host's stop off: it keeps running for that long from now at
// least, idle or not, and whatever its lifetime. An earlier Extend that
// reaches further stays. The idle clock runs on meanwhile: a machine that is
// idle for longer than its limit when the time is over stops then. It answers
// once the watcher has taken it.
func Extend(ctx context.Context, h Host, by time.Duration) (Health, error) {
	if by <= 0 {
		return Health{}, fmt.Errorf("postponing the stop by %v: it must be more than zero", by)
	}
	seconds := int64((by + time.Second - 1) / time.Second)
	out, err := watchDo(ctx, h, "extend", map[string]string{
		"JE_ID": rand.Text(), "JE_SECONDS": strconv.FormatInt(seconds, 10),
	})
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit) && exit.Code == 32:
		return Health{}, &Error{
			Kind: problem.Server, Title: "The stop could not be postponed",
			Text: "Nothing on the machine watches when to stop it, or it does not answer.",
			Next: problem.Say("Run the setup again: it starts the watcher if it is not running."), Err: err,
		}
	case err != nil:
		return Health{}, fmt.Errorf("postponing the stop: %w", err)
	}
	return parseHealth(out)
}

// watchStatus is status.json, as scripts/watch.py writes it. Times are seconds
// since 1970, time spans seconds; 0 stands for none.
type watchStatus struct {
	At         float64 `json:"at"`
	Every      float64 `json:"every"`
	Cores      float64 `json:"cores"`
	CPU        float64 `json:"cpu"`
	Memory     float64 `json:"memory"`
	MemoryUsed float64 `json:"memory_used"`
	Swap       float64 `json:"swap"`
	SwapUsed   float64 `json:"swap_used"`
	Disk       float64 `json:"disk"`
	DiskFree   float64 `json:"disk_free"`
	GPUs       []struct {
		Name       string  `json:"name"`
		Use        float64 `json:"use"`
		Memory     float64 `json:"memory"`
		MemoryUsed float64 `json:"memory_used"`
	} `json:"gpus"`
	Server struct {
		Up      bool   `json:"up"`
		Dead    bool   `json:"dead"`
		Note    string `json:"note"`
		Kernels []struct {
			ID          string  `json:"id"`
			Name        string  `json:"name"`
			State       string  `json:"state"`
			Last        float64 `json:"last"`
			Connections float64 `json:"connections"`
			Path        string  `json:"path"`
		} `json:"kernels"`
		Terminals float64 `json:"terminals"`
	} `json:"server"`
	Logins    float64 `json:"logins"`
	Transfers float64 `json:"transfers"`
	IdleSince float64 `json:"idle_since"`
	Busy      string  `json:"busy"`
	Work      []struct {
		PID     float64 `json:"pid"`
		Command string  `json:"command"`
		CPU     float64 `json:"cpu"`
	} `json:"work"`
	WorkLeast  float64  `json:"work_least"`
	Ignore     []string `json:"ignore"`
	StopAt     float64  `json:"stop_at"`
	StopWhy    string   `json:"stop_why"`
	Held       float64  `json:"held"`
	Unarmed    string   `json:"unarmed"`
	IdleLimit  float64  `json:"idle_limit"`
	LifeLimit  float64  `json:"life_limit"`
	Born       float64  `json:"born"`
	Stopping   bool     `json:"stopping"`
	StopFailed string   `json:"stop_failed"`
}

const (
	statusMark = "jupyter-ec2: the status follows\n"
	mostListed = 1000    // kernels and GPUs that are believed
	mostNumber = 1 << 30 // of anything
	mostText   = 300     // characters of a text
	patience   = 30      // seconds a look may take, beside three times its pace
)

// parseHealth reads what scripts/watch.sh prints; the host may say anything.
func parseHealth(out string) (Health, error) {
	_, out, ok := strings.Cut(out, statusMark)
	if !ok {
		return Health{}, errors.New("its answer has no status")
	}
	alive, rest, _ := strings.Cut(out, "\n")
	clock, status, _ := strings.Cut(rest, "\n")
	if strings.TrimSpace(status) == "" {
		return Health{}, nil
	}
	var s watchStatus
	if err := json.Unmarshal([]byte(status), &s); err != nil {
		return Health{}, fmt.Errorf("reading its status: %w", err)
	}
	h := s.health()
	now, err := strconv.ParseInt(strings.TrimPrefix(clock, "now="), 10, 64)
	// A watcher that hangs is none.
	fresh := err == nil && float64(now)-s.At < patience+3*number(s.Every)
	h.Watching = alive == "alive=1" && fresh && !h.At.IsZero()
	return h, nil
}

func (s watchStatus) health() Health {
	h := Health{
		At: moment(s.At), Cores: count(s.Cores), CPU: share(s.CPU),
		MemoryMB: count(s.Memory), MemoryUsedMB: count(s.MemoryUsed), SwapMB: count(s.Swap), SwapUsedMB: count(s.SwapUsed),
		DiskMB: count(s.Disk), DiskFreeMB: count(s.DiskFree),
		ServerUp: s.Server.Up, ServerDead: s.Server.Dead && !s.Server.Up, ServerNote: text(s.Server.Note), Terminals: count(s.Server.Terminals),
		Logins: count(s.Logins), Transfers: count(s.Transfers),
		Idle: moment(s.IdleSince), Busy: text(s.Busy), WorkLeast: number(s.WorkLeast),
		StopAt: moment(s.StopAt), Held: moment(s.Held), Unarmed: text(s.Unarmed),
		Stopping: s.Stopping, StopFailed: text(s.StopFailed),
		IdleLimit: span(s.IdleLimit), LifeLimit: span(s.LifeLimit), Born: moment(s.Born),
	}
	if s.StopWhy == "idle" || s.StopWhy == "lifetime" {
		h.StopWhy = s.StopWhy
	}
	for _, g := range s.GPUs[:min(len(s.GPUs), mostListed)] {
		h.GPUs = append(h.GPUs, GPU{Name: text(g.Name), Use: share(g.Use), MemoryMB: count(g.Memory), MemoryUsedMB: count(g.MemoryUsed)})
	}
	for _, p := range s.Work[:min(len(s.Work), mostListed)] {
		h.Work = append(h.Work, Program{PID: count(p.PID), Command: text(p.Command), CPU: number(p.CPU)})
	}
	for _, i := range s.Ignore[:min(len(s.Ignore), mostListed)] {
		h.Ignore = append(h.Ignore, text(i))
	}
	for _, k := range s.Server.Kernels[:min(len(s.Server.Kernels), mostListed)] {
		h.Kernels = append(h.Kernels, KernelInfo{
			ID: text(k.ID), Name: text(k.Name), State: text(k.State), LastActive: moment(k.Last),
			Connections: count(k.Connections), Path: text(k.Path),
		})
	}
	return h
}

// text is one line of bounded length that is safe for a terminal and holds no
// token.
func text(s string) string {
	s = safe.Scrub(safe.Clean(strings.ToValidUTF8(head(s, 4*mostText), "")))
	if r := []rune(s); len(r) > mostText {
		s = string(r[:mostText-1]) + "…"
	}
	return s
}

// number is a number from 0 to mostNumber.
func number(f float64) float64 { return min(max(f, 0), mostNumber) }

func count(f float64) int { return int(number(f)) }

// share is a share of 1, or -1 when it is unknown.
func share(f float64) float64 {
	if f < 0 {
		return -1
	}
	return min(f, 1)
}

// moment is a time of the host's clock; 0 is none, and so is one that no
// clock shows.
func moment(seconds float64) time.Time {
	const year3000 = 32503680000
	if seconds <= 0 || seconds > year3000 {
		return time.Time{}
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}

func span(seconds float64) time.Duration {
	const most = 100 * 365 * 24 * 3600
	return time.Duration(min(max(seconds, 0), most) * float64(time.Second))
}
