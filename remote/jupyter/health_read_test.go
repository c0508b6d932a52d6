package jupyter

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

const aStatus = "\n" + statusMark + `alive=1
now=1795785217
{"server": {"up": true, "note": "", "kernels": [{"id": "3f2a", "name": "python3", "state": "busy", "last": 1795785210.5, "connections": 2, "path": "a\u001b[31mb.ipynb"}], "terminals": 1}, "busy": "a cell runs in kernel 3f2a", "work": [{"pid": 77, "command": "python\u001b[1m train.py", "cpu": 1.98}], "work_least": 0.1, "ignore": ["htop\n"], "logins": 1, "transfers": 2, "cpu": 0.25, "cores": 2, "gpus": [{"name": "Tesla T4", "use": -1, "memory": 15360, "memory_used": 12}], "memory": 900, "memory_used": 400, "swap": 1024, "swap_used": 1, "disk": 8000, "disk_free": 2000, "at": 1795785216.5, "every": 5, "idle_since": 0, "born": 1795781616, "held": 1795788816, "stop_at": 1795788816, "stop_why": "lifetime", "idle_limit": 3600, "life_limit": 43200, "unarmed": "", "stopping": false, "stop_failed": ""}`

func TestParseHealth(t *testing.T) {
	h, err := parseHealth("Welcome!\n" + aStatus)
	if err != nil {
		t.Fatal(err)
	}
	k := h.Kernels[0]
	if !h.Watching || h.CPU != 0.25 || h.MemoryUsedMB != 400 || h.GPUs[0] != (GPU{Name: "Tesla T4", Use: -1, MemoryMB: 15360, MemoryUsedMB: 12}) ||
		k.Path != "ab.ipynb" || k.Connections != 2 || k.LastActive.Nanosecond() != 5e8 || !h.Idle.IsZero() ||
		!h.StopAt.Equal(time.Unix(1795788816, 0)) || h.StopWhy != "lifetime" || h.IdleLimit != time.Hour || h.Terminals != 1 {
		t.Errorf("%+v", h)
	}
	if len(h.Work) != 1 || h.Work[0] != (Program{PID: 77, Command: "python train.py", CPU: 1.98}) || h.WorkLeast != 0.1 || !slices.Equal(h.Ignore, []string{"htop"}) {
		t.Errorf("%+v, %v, %q", h.Work, h.WorkLeast, h.Ignore)
	}
	for name, change := range map[string][2]string{
		"not alive":   {"alive=1", "alive=0"},
		"hangs":       {"now=1795785217", "now=1795785300"},
		"no clock":    {"now=1795785217", "now="},
		"never began": {`"at": 1795785216.5`, `"at": 0`},
	} {
		if h, err := parseHealth(strings.Replace(aStatus, change[0], change[1], 1)); err != nil || h.Watching || h.MemoryMB != 900 {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
	if h, err := parseHealth("\n" + statusMark + "alive=0\nnow=1795785217\n"); err != nil || h.Watching {
		t.Errorf("never watched: %+v, %v", h, err)
	}
	for _, bad := range []string{"", "alive=1", "\n" + statusMark + "alive=1\nnow=1\n{", "\n" + statusMark + "alive=1\nnow=1\n[]"} {
		if _, err := parseHealth(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// Whatever a host says: no control characters, no numbers beyond bounds.
func FuzzParseHealth(f *testing.F) {
	f.Add(aStatus)
	f.Add("\n" + statusMark + "alive=1\nnow=1\n{\"cpu\": 1e300, \"born\": -1e300, \"memory\": 1e30, \"idle_limit\": 1e30}")
	f.Add("\n" + statusMark + "alive=0\nnow=x\n{\"server\": {\"kernels\": [{\"id\": \"\\u202e\", \"last\": 1e18}]}}")
	f.Fuzz(func(t *testing.T, out string) {
		h, err := parseHealth(out)
		if err != nil {
			return
		}
		texts := []string{h.ServerNote, h.Busy, h.StopWhy, h.Unarmed, h.StopFailed}
		times := []time.Time{h.At, h.Idle, h.StopAt, h.Held, h.Born}
		counts := []int{h.Cores, h.MemoryMB, h.MemoryUsedMB, h.SwapMB, h.SwapUsedMB, h.DiskMB, h.DiskFreeMB, h.Terminals, h.Logins, h.Transfers}
		shares := []float64{h.CPU}
		for _, g := range h.GPUs {
			texts, counts, shares = append(texts, g.Name), append(counts, g.MemoryMB, g.MemoryUsedMB), append(shares, g.Use)
		}
		texts = append(texts, h.Ignore...)
		for _, p := range h.Work {
			texts, counts = append(texts, p.Command), append(counts, p.PID, int(p.CPU))
		}
		for _, k := range h.Kernels {
			texts, times, counts = append(texts, k.ID, k.Name, k.State, k.Path), append(times, k.LastActive), append(counts, k.Connections)
		}
		for _, s := range texts {
			if len([]rune(s)) > mostText || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("text %q", s)
			}
		}
		for _, at := range times {
			if !at.IsZero() && (at.Year() < 1970 || at.Year() > 3000) {
				t.Errorf("time %v", at)
			}
		}
		for _, n := range counts {
			if n < 0 || n > mostNumber {
				t.Errorf("number %d", n)
			}
		}
		for _, s := range shares {
			if math.IsNaN(s) || s != -1 && (s < 0 || s > 1) {
				t.Errorf("share %v", s)
			}
		}
		if h.IdleLimit < 0 || h.LifeLimit < 0 {
			t.Errorf("limits %v, %v", h.IdleLimit, h.LifeLimit)
		}
	})
}
