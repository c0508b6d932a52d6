package cli

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// machine is one machine as the commands show it.
type machine struct {
	steps.Machine
	// health is what the machine said of itself; nil where it was not asked
	// or did not answer, and then unwell may say why.
	health *steps.Health
	unwell error
	// waits marks one whose region has not been heard yet: it is as last seen.
	waits bool
}

// jsonMachine is a line of kind "machine", of ls and status.
type jsonMachine struct {
	Kind       string     `json:"kind"`
	Name       string     `json:"name"`
	ID         string     `json:"id"`
	Sandbox    bool       `json:"sandbox"`
	Elsewhere  bool       `json:"elsewhere"` // not in this computer's ledger
	Account    string     `json:"account,omitempty"`
	Profile    string     `json:"profile,omitempty"`
	Region     string     `json:"region"`
	Type       string     `json:"type"`
	Mode       steps.Mode `json:"mode"`
	State      string     `json:"state"`
	InstanceID string     `json:"instance_id,omitempty"`
	Address    string     `json:"address,omitempty"`
	URL        string     `json:"url,omitempty"`        // without the token
	Tunnel     *bool      `json:"tunnel,omitempty"`     // in ssh mode: whether one is open on this computer, in any process
	LocalPort  int        `json:"local_port,omitempty"` // in ssh mode: the machine's own, where its tunnels begin
	Created    time.Time  `json:"created,omitzero"`     // absent where a bad record does not tell
	jsonCost
	jsonMoney
	Health *jsonHealth `json:"health,omitempty"`
	// ImageBegun is the name of an image that was begun, and has not come to its end.
	ImageBegun string `json:"image_begun,omitempty"`
	// Project is the folder here that is kept alike with one of the machine, and Sync
	// how they are.
	Project string `json:"project,omitempty"`
	Sync    string `json:"sync,omitempty"`
	// BadRecord says why the setup's record cannot be used, and what to do.
	BadRecord string `json:"bad_record,omitempty"`
	Unwell    string `json:"unwell,omitempty"` // why the machine did not say how it is
}

// jsonMoney is in US dollars; all are absent when the price is unknown.
type jsonMoney struct {
	CostNow      *float64 `json:"cost_now,omitempty"` // an hour, in the state it is in
	CostSoFar    *float64 `json:"cost_so_far,omitempty"`
	CostTomorrow *float64 `json:"cost_tomorrow,omitempty"` // more, until 9 o'clock tomorrow
	CostAtLeast  bool     `json:"cost_at_least,omitempty"` // so far may be more
}

// jsonHealth is what the machine's watcher says. Times are the machine's clock.
type jsonHealth struct {
	At           time.Time    `json:"at,omitzero"`
	Watching     bool         `json:"watching"`
	Cores        int          `json:"cores"`
	CPU          float64      `json:"cpu"` // 0 to 1; -1 when unknown
	MemoryMB     int          `json:"memory_mb"`
	MemoryUsedMB int          `json:"memory_used_mb"`
	SwapMB       int          `json:"swap_mb"`
	SwapUsedMB   int          `json:"swap_used_mb"`
	DiskMB       int          `json:"disk_mb"`
	DiskFreeMB   int          `json:"disk_free_mb"`
	GPUs         []jsonGPU    `json:"gpus,omitempty"`
	ServerUp     bool         `json:"server_up"`
	ServerNote   string       `json:"server_note,omitempty"`
	Kernels      []jsonKernel `json:"kernels"`
	Terminals    int          `json:"terminals"`
	Logins       int          `json:"logins"`
	Transfers    int          `json:"transfers"`
	Idle         time.Time    `json:"idle_since,omitzero"`
	Busy         string       `json:"busy,omitempty"`
	Work         []jsonWork   `json:"work,omitempty"`       // what of the user's uses the CPU, the busiest first
	WorkLeast    float64      `json:"work_least,omitempty"` // of a core: from here on it counts
	Ignored      []string     `json:"ignored,omitempty"`    // patterns of programs that do not count
	StopAt       time.Time    `json:"stop_at,omitzero"`
	StopWhy      string       `json:"stop_why,omitempty"`
	Held         time.Time    `json:"held_until,omitzero"`
	Unarmed      string       `json:"unarmed,omitempty"` // why it will not stop although there is a limit
}

type jsonWork struct {
	PID     int     `json:"pid"`
	Command string  `json:"command"`
	CPU     float64 `json:"cpu"` // 1 is one core
}

type jsonGPU struct {
	Name         string  `json:"name"`
	Use          float64 `json:"use"` // 0 to 1; -1 when unknown
	MemoryMB     int     `json:"memory_mb"`
	MemoryUsedMB int     `json:"memory_used_mb"`
}

type jsonKernel struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	State       string    `json:"state"`
	LastActive  time.Time `json:"last_active,omitzero"`
	Connections int       `json:"connections"`
	Path        string    `json:"path,omitempty"`
}

func (m machine) json(now time.Time) jsonMachine {
	a := m.Answers
	j := jsonMachine{
		Kind: "machine", Name: safe.Clean(a.Name), ID: safe.Clean(m.ID), Sandbox: m.Sandbox, Elsewhere: m.Elsewhere, Account: m.Account,
		Profile: a.Profile, Region: a.Region, Type: a.Type, Mode: a.Mode, State: m.state(),
		InstanceID: m.Resources.InstanceID, Address: m.PublicAddr, URL: m.URL(), Created: m.Created,
		jsonCost: costOf(m.Cost, m.Sandbox), jsonMoney: moneyOf(m.Setup, now),
	}
	if m.ThroughTunnel() {
		open := m.TunnelPort != 0
		j.Tunnel, j.LocalPort = &open, m.LocalPort
	}
	if m.health != nil {
		j.Health = healthOf(*m.health)
	}
	if m.Project != nil {
		j.Project, j.Sync = m.Project.Dir, wording.Sync(m.Setup.Sync, now)
	}
	if m.Saving != nil {
		j.ImageBegun = safe.Clean(m.Saving.Name)
	}
	if m.Bad != nil {
		j.BadRecord = m.Bad.Text + " " + nextWords(m.Bad.Next)
		j.jsonCost, j.jsonMoney = jsonCost{}, jsonMoney{} // whatever the record says of its type
	}
	if m.unwell != nil {
		j.Unwell = steps.Explain(m.unwell).Title
	}
	return j
}

func moneyOf(s steps.Setup, now time.Time) jsonMoney {
	m := s.Money(now)
	if s.Sandbox {
		m = steps.Money{Known: true}
	}
	if !m.Known {
		return jsonMoney{}
	}
	return jsonMoney{&m.Hour, &m.SoFar, &m.Tomorrow, m.AtLeast}
}

func healthOf(h steps.Health) *jsonHealth {
	j := &jsonHealth{
		At: h.At, Watching: h.Watching, Cores: h.Cores, CPU: h.CPU, MemoryMB: h.MemoryMB, MemoryUsedMB: h.MemoryUsedMB,
		SwapMB: h.SwapMB, SwapUsedMB: h.SwapUsedMB, DiskMB: h.DiskMB, DiskFreeMB: h.DiskFreeMB,
		ServerUp: h.ServerUp, ServerNote: h.ServerNote, Kernels: []jsonKernel{}, Terminals: h.Terminals, Logins: h.Logins, Transfers: h.Transfers,
		Idle: h.Idle, Busy: h.Busy, WorkLeast: h.WorkLeast, Ignored: h.Ignore, StopAt: h.StopAt, StopWhy: h.StopWhy, Held: h.Held, Unarmed: h.Unarmed,
	}
	for _, p := range h.Work {
		j.Work = append(j.Work, jsonWork{p.PID, p.Command, p.CPU})
	}
	for _, g := range h.GPUs {
		j.GPUs = append(j.GPUs, jsonGPU{g.Name, g.Use, g.MemoryMB, g.MemoryUsedMB})
	}
	for _, k := range h.Kernels {
		j.Kernels = append(j.Kernels, jsonKernel{k.ID, k.Name, k.State, k.LastActive, k.Connections, k.Path})
	}
	return j
}

// urlCell is a machine's URL in a table, or why there is none.
func (m machine) urlCell() cell {
	c := cell{text: dash(wording.URLCell(m.URL(), m.Machine))}
	if m.URL() != "" {
		c.tone = web
	}
	return c
}

// projectCell is how the machine's project is, in a table.
func (m machine) projectCell(now time.Time) cell {
	c := cell{text: dash(wording.Sync(m.Setup.Sync, now))}
	if m.Setup.Sync != nil {
		c.tone = syncTone(*m.Setup.Sync)
	}
	return c
}

// state is where the machine stands, in the word that scripts read.
func (m machine) state() string { return wording.State(m.Standing(), m.State) }

// standing is where the machine stands, as the screen says it too.
func (m machine) standing() string { return wording.StateNext(m.Machine) }

// tone is what the machine's state means.
func (m machine) tone() tone {
	standing := m.Standing()
	switch {
	case m.waits:
		return faint
	case standing == steps.StandingUnseen || standing == steps.StandingImage || standing == steps.StandingUnfinished || m.health != nil && !m.health.ServerUp:
		return warning
	case standing == steps.StandingBad || m.State.Gone():
		return bad
	case standing == steps.StandingRemoving:
		return warning
	case m.State.Up():
		return good
	case m.State == steps.StateStopped || m.State == steps.StateNone:
		return faint
	default:
		return warning // on its way to another
	}
}

// stateMark tells by its shape what a state's colour tells.
func stateMark(t tone) string {
	if t == good {
		return theme.SignActive
	}
	return t.mark()
}

// stopsTone is a warning where the machine stops soon, or cannot.
func (m machine) stopsTone() tone {
	left, ok := m.left()
	if ok && left < steps.StopsSoon || m.health != nil && m.health.Unarmed != "" {
		return warning
	}
	return ordinary
}

// idle says for how long nothing has gone on, by the machine's own clock.
func (m machine) idle() string {
	if m.health == nil {
		return "-"
	}
	return dash(wording.IdleCell(*m.health, m.health.At))
}

// left is how long the machine keeps running; ok is false when that is not known or
// it does not stop on its own.
func (m machine) left() (left time.Duration, ok bool) {
	if m.health == nil {
		return 0, false
	}
	return m.health.StopsIn(m.health.At)
}

// stops says when the machine will stop on its own.
func (m machine) stops() string {
	if m.health == nil {
		return "-"
	}
	return dash(wording.StopsInCell(*m.health, m.health.At))
}

// warn tells of a machine that stops soon, with what puts it off.
func (p *Program) warn(m machine) {
	if left, ok := m.left(); ok && left < steps.StopsSoon {
		p.note("%s stops in %s: %s\n", m.Answers.Name, wording.Span(left), asCommand("extend", m.Setup))
	}
}

// moneyCells are what a machine costs an hour, and what it has cost.
func (m machine) moneyCells(now time.Time) (hour, soFar string) {
	if m.Sandbox {
		return wording.Nothing, wording.Nothing
	}
	money := m.Money(now)
	return wording.RateCell(money), wording.SoFarCell(money)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
