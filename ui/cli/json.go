package cli

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// jsonLines prints one JSON object a line, from wherever it comes.
type jsonLines struct {
	mu  sync.Mutex
	enc *json.Encoder
}

func newJSONLines(w io.Writer) *jsonLines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &jsonLines{enc: enc}
}

// jsonPrinter prints what the guide does as JSON.
type jsonPrinter struct {
	*jsonLines
	now     func() time.Time
	sandbox bool
	timings *timings // nil where they are not to be told
}

// jsonEvent is what a step said. Kind is an event kind of package steps;
// "failed" is left to the last line.
type jsonEvent struct {
	Time  time.Time       `json:"time"`
	Setup string          `json:"setup"`
	Step  steps.StepID    `json:"step"`
	Kind  steps.EventKind `json:"kind"`
	Text  string          `json:"text"`
}

// jsonReview is the line before anything is created, kind "review".
type jsonReview struct {
	Time      time.Time     `json:"time"`
	Kind      string        `json:"kind"`
	Sandbox   bool          `json:"sandbox"`
	Answers   steps.Answers `json:"answers"`
	Creates   []string      `json:"creates"`
	Commands  []string      `json:"commands"`
	ImageID   string        `json:"image_id,omitempty"`
	MyAddress string        `json:"my_address,omitempty"`
	Denied    []string      `json:"denied,omitempty"`
	Warnings  []string      `json:"warnings,omitempty"`
	jsonCost
}

// jsonCost is in US dollars; all are absent when the price is unknown.
type jsonCost struct {
	CostHour  *float64  `json:"cost_hour,omitempty"`
	CostMonth *float64  `json:"cost_month,omitempty"`
	PriceAt   time.Time `json:"price_at,omitzero"` // when AWS was asked for it
}

// jsonReady is the last line of a success, kind "ready".
type jsonReady struct {
	Time        time.Time  `json:"time"`
	Kind        string     `json:"kind"`
	Sandbox     bool       `json:"sandbox"`
	Setup       string     `json:"setup"`
	Name        string     `json:"name"`
	Mode        steps.Mode `json:"mode"`
	URL         string     `json:"url"`
	PlainURL    string     `json:"plain_url,omitempty"` // without the token
	UI          steps.UI   `json:"ui,omitempty"`        // the page it leads to: "lab" or "tree"
	UINote      string     `json:"ui_note,omitempty"`   // why it is another than was asked for
	Proof       string     `json:"proof,omitempty"`
	InstanceID  string     `json:"instance_id,omitempty"`
	Address     string     `json:"address,omitempty"`
	LocalPort   int        `json:"local_port,omitempty"` // of the tunnel
	PortNote    string     `json:"port_note,omitempty"`
	Fingerprint string     `json:"fingerprint,omitempty"` // SHA-256 of the server's certificate
	Certificate string     `json:"certificate,omitempty"` // its file (PEM), for curl --cacert
	Kernelspecs []string   `json:"kernelspecs,omitempty"`
	GatewayLine string     `json:"gateway_line,omitempty"`
	VSCode      string     `json:"vscode,omitempty"`
	Manual      []string   `json:"manual,omitempty"`
	jsonCost
}

// jsonDone is the last line of a success that is no URL, kind "done".
type jsonDone struct {
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Sandbox bool      `json:"sandbox"`
	Setup   string    `json:"setup,omitempty"`
	Name    string    `json:"name,omitempty"`
	Text    string    `json:"text,omitempty"`
}

// jsonFailed is the last line of a failure, kind "failed".
type jsonFailed struct {
	Time    time.Time    `json:"time"`
	Kind    string       `json:"kind"`
	Step    steps.StepID `json:"step,omitempty"`
	Problem problem.Kind `json:"problem"`
	Title   string       `json:"title"`
	Text    string       `json:"text"`
	Next    string       `json:"next"`
	Raw     string       `json:"raw,omitempty"`
	Exit    int          `json:"exit"`
}

func costOf(c steps.Cost, sandbox bool) jsonCost {
	if sandbox {
		c.Hour, c.Month, c.At = 0, 0, time.Time{}
	} else if !c.Known {
		return jsonCost{}
	}
	return jsonCost{&c.Hour, &c.Month, c.At}
}

// print writes a line. That it could not be written, the output remembers.
func (p *jsonLines) print(v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.enc.Encode(v)
}

func (p *jsonPrinter) end() { p.times() }

func (p *jsonPrinter) review(r steps.Review) {
	var denied []string
	for _, perm := range r.Permissions {
		if perm.Known && !perm.Allowed {
			denied = append(denied, perm.Action)
		}
	}
	p.print(jsonReview{
		Time: p.now(), Kind: "review", Sandbox: p.sandbox, Answers: r.Answers, Creates: r.Creates, Commands: r.Commands,
		ImageID: r.ImageID, MyAddress: r.MyAddress, Denied: denied, Warnings: r.Warnings, jsonCost: costOf(r.Cost, p.sandbox),
	})
}

func (p *jsonPrinter) event(e steps.Event) {
	if e.Partial || e.Kind == steps.Failed {
		return
	}
	p.print(jsonEvent{e.Time, e.Setup, e.Step, e.Kind, e.Text})
}

func (p *jsonPrinter) ready(o *steps.Opened) {
	p.times()
	s := o.Setup
	p.print(jsonReady{
		Time: p.now(), Kind: "ready", Sandbox: p.sandbox, Setup: s.ID, Name: s.Answers.Name, Mode: s.Answers.Mode,
		URL: o.URL, PlainURL: o.Plain, UI: s.UI(), UINote: o.UINote, Proof: o.Proof,
		InstanceID: s.Resources.InstanceID, Address: s.PublicAddr, LocalPort: s.LocalPort, PortNote: o.PortNote,
		Fingerprint: o.Fingerprint, Certificate: o.Certificate, Kernelspecs: o.Kernelspecs, GatewayLine: o.GatewayLine,
		VSCode: o.VSCode, Manual: o.Manual, jsonCost: costOf(o.Cost, p.sandbox),
	})
}
