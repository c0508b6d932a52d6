package steps

import (
	"strings"
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
		"http":               {setup(ModeHTTP, nil), "https://ec2.example.org:8890/lab"},
		"http, plain":        {setup(ModeHTTP, func(m *Machine) { m.Answers.NoTLS = true }), "http://ec2.example.org:8890/lab"},
		"gateway":            {setup(ModeGateway, nil), "https://ec2.example.org:8890/api/kernelspecs"},
		"the usual port":     {setup(ModeHTTP, func(m *Machine) { m.ServerPort = 0 }), "https://ec2.example.org:8888/lab"},
		"an IPv6 address":    {setup(ModeHTTP, func(m *Machine) { m.PublicAddr = "2001:db8::1" }), "https://[2001:db8::1]:8890/lab"},
		"ssh, no tunnel":     {setup(ModeSSH, nil), ""},
		"ssh":                {setup(ModeSSH, func(m *Machine) { m.TunnelPort = 8899 }), "http://localhost:8899/lab"},
		"tree":               {setup(ModeHTTP, func(m *Machine) { m.Answers.UI = UITree }), "https://ec2.example.org:8890/tree"},
		"lab, not there":     {setup(ModeHTTP, func(m *Machine) { m.NoLab = true }), "https://ec2.example.org:8890/tree"},
		"gateway, with both": {setup(ModeGateway, func(m *Machine) { m.NoLab, m.Answers.UI = true, UITree }), "https://ec2.example.org:8890/api/kernelspecs"},
		"a page of nobody's": {setup(ModeHTTP, func(m *Machine) { m.Answers.UI = "../x" }), "https://ec2.example.org:8890/lab"},
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

// The URL follows another page, and nothing else of it changes.
func TestTheURLFollowsItsPage(t *testing.T) {
	o := &Opened{URL: "http://localhost:8889/lab?token=t", Plain: "http://localhost:8889/lab", Setup: Setup{LocalPort: 8889, Answers: Answers{Mode: ModeSSH}}}
	for _, c := range []struct {
		ui   UI
		want string
	}{{UITree, "/tree"}, {UITree, "/tree"}, {UILab, "/lab"}} {
		o.LeadTo(c.ui)
		if o.Plain != "http://localhost:8889"+c.want || o.URL != o.Plain+"?token=t" || o.Setup.UI() != c.ui || o.UINote != "" {
			t.Errorf("%s: %+v", c.ui, o)
		}
		if by := strings.Join(o.Manual, "\n"); !strings.Contains(by, "localhost:8889"+c.want+"?token=TOKEN") {
			t.Errorf("%s, by hand: %s", c.ui, by)
		}
	}
	o = &Opened{URL: "http://localhost:8889/tree?token=t", Plain: "http://localhost:8889/tree", Setup: Setup{NoLab: true, Answers: Answers{Mode: ModeSSH, UI: UITree}}}
	o.LeadTo(UILab)
	if o.Plain != "http://localhost:8889/tree" || o.URL != o.Plain+"?token=t" || !strings.Contains(o.UINote, "no JupyterLab") {
		t.Errorf("without JupyterLab: %+v", o)
	}
}
