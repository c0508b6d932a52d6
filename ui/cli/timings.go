package cli

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// timings are where the time of one run went. What they are when they are first
// asked for is what all who tell them tell.
type timings struct {
	taken func() []timing.Step
	told  bool // whether they are on the terminal already
}

func newTimings(m *timing.Meter) *timings { return &timings{taken: sync.OnceValue(m.Steps)} }

// lines are the timings as a table. Who asked a person something also says how
// long the answer took.
func (t *timings) lines() []string {
	all := t.taken()
	sum := timing.Sum(all)
	asked := sum.Waited(timing.Person) > 0
	row := func(title string, columns ...string) string {
		line := fmt.Sprintf("%-8s", title)
		for _, c := range columns {
			line += fmt.Sprintf("  %9s", c)
		}
		return line
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
	told := func(title string, s timing.Step) string {
		columns := []string{seconds(s.Wall), seconds(s.Waited(timing.AWS)), seconds(s.Waited(timing.Machine)), seconds(s.Ours())}
		if asked {
			columns = append(columns, seconds(s.Waited(timing.Person)))
		}
		return row(title, columns...)
	}
	head := []string{"in all", "AWS", "machine", "here"}
	if asked {
		head = append(head, "you")
	}
	lines := []string{row("", head...)}
	for _, s := range all {
		lines = append(lines, told(steps.PageFor(steps.StepID(s.Name)).Title, s))
	}
	return append(lines, told("Together", sum))
}

// times prints where the time went, once.
func (p *plainPrinter) times() {
	if p.timings == nil || p.timings.told {
		return
	}
	p.timings.told = true
	var lines []string
	for _, l := range p.timings.lines() {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	p.list("Time", lines)
}

// jsonTimings is the line before the last one of up --timings, kind "timings".
type jsonTimings struct {
	Time time.Time `json:"time"`
	Kind string    `json:"kind"`
	jsonTook
	Steps []jsonStepTook `json:"steps"`
}

type jsonStepTook struct {
	Step steps.StepID `json:"step"`
	jsonTook
}

// jsonTook is a time in seconds, and what of it was waited for whom. The parts
// add up to the whole.
type jsonTook struct {
	Seconds float64 `json:"seconds"`
	AWS     float64 `json:"aws"`
	Machine float64 `json:"machine"`
	Ours    float64 `json:"ours"`
	You     float64 `json:"you"`
}

func tookOf(s timing.Step) jsonTook {
	ms := func(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
	return jsonTook{ms(s.Wall), ms(s.Waited(timing.AWS)), ms(s.Waited(timing.Machine)), ms(s.Ours()), ms(s.Waited(timing.Person))}
}

// times prints where the time went, once.
func (p *jsonPrinter) times() {
	if p.timings == nil || p.timings.told {
		return
	}
	p.timings.told = true
	all := p.timings.taken()
	line := jsonTimings{Time: p.now(), Kind: "timings", jsonTook: tookOf(timing.Sum(all)), Steps: []jsonStepTook{}}
	for _, s := range all {
		line.Steps = append(line.Steps, jsonStepTook{steps.StepID(s.Name), tookOf(s)})
	}
	p.print(line)
}
