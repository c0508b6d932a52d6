package steps

import (
	"testing"
	"time"
)

func TestURL(t *testing.T) {
	done := map[StepID]time.Time{StepOpen: time.Unix(1, 0)}
	setup := func(mode Mode, change func(*Machine)) Machine {
		m := Machine{Setup: Setup{State: StateRunning, Done: done, Answers: Answers{Mode: mode}, PublicAddr: "ec2.example.org", ServerPort: 8890}}
		if change != nil {
			change(&m)
		}
		return m
	}
	for name, c := range map[string]struct {
		m    Machine
		want string
	}{
		"http":               {setup(ModeHTTP, nil), "https://ec2.example.org:8890/"},
		"http, plain":        {setup(ModeHTTP, func(m *Machine) { m.Answers.NoTLS = true }), "http://ec2.example.org:8890/"},
		"gateway":            {setup(ModeGateway, nil), "https://ec2.example.org:8890/api/kernelspecs"},
		"the usual port":     {setup(ModeHTTP, func(m *Machine) { m.ServerPort = 0 }), "https://ec2.example.org:8888/"},
		"an IPv6 address":    {setup(ModeHTTP, func(m *Machine) { m.PublicAddr = "2001:db8::1" }), "https://[2001:db8::1]:8890/"},
		"ssh, no tunnel":     {setup(ModeSSH, nil), ""},
		"ssh":                {setup(ModeSSH, func(m *Machine) { m.TunnelPort = 8899 }), "http://localhost:8899/"},
		"no address":         {setup(ModeHTTP, func(m *Machine) { m.PublicAddr = "" }), ""},
		"stopped":            {setup(ModeHTTP, func(m *Machine) { m.State = StateStopped }), ""},
		"not finished":       {setup(ModeHTTP, func(m *Machine) { m.Done = nil }), ""},
		"not seen":           {setup(ModeHTTP, func(m *Machine) { m.Unseen = "It broke" }), ""},
		"another computer's": {setup(ModeHTTP, func(m *Machine) { m.Elsewhere = true }), ""},
	} {
		if got := c.m.URL(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
