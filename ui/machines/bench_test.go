package machines

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// fullPage is a page with a list of n machines, without a program around it.
func fullPage(tb testing.TB, n int) (*owner, *stepstest.Engine) {
	tb.Helper()
	e := stepstest.New()
	stepstest.ManyMachines(e, n)
	m := &owner{Context: &page.Context{
		Engine: e, Tasks: &page.Tasks{}, Program: context.Background(), Theme: theme.New(true, false), Width: 200, Height: 60,
		Now: stepstest.Now, Send: func(tea.Msg) {},
	}}
	m.Owner = m
	m.list = New(m.Context, m)
	m.list.Enter()
	m.list.Update(setupsListed{id: m.Tasks.Current(taskSetups), list: e.Has.Setups})
	m.list.Update(surveyed{id: m.Tasks.Current(taskSurvey), answers: e.Has.Survey})
	return m, e
}

// What one key costs, with the drawing after it.
func BenchmarkMoveThrough200Machines(b *testing.B) {
	m, _ := fullPage(b, 200)
	keys := []tea.KeyPressMsg{{Code: tea.KeyDown}, {Code: tea.KeyUp}}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Press(keys[i%2])
		_ = m.list.View(198, 57)
		i++
	}
}

func BenchmarkView200Machines(b *testing.B) {
	m, _ := fullPage(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.list.View(198, 57)
	}
}

// What a batch of all 17 regions' answers costs.
func BenchmarkSurveyOf200Machines(b *testing.B) {
	m, e := fullPage(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		m.list.Update(surveyed{id: m.Tasks.Current(taskSurvey), answers: e.Has.Survey})
	}
}

// Drawing the list costs what is on the screen, however long the list is.
func TestDrawingCostsTheWindowOnly(t *testing.T) {
	allocs := func(n int) float64 {
		m, _ := fullPage(t, n)
		_ = m.list.View(198, 57)
		return testing.AllocsPerRun(20, func() { _ = m.list.View(198, 57) })
	}
	few, many := allocs(100), allocs(2000)
	if many > few*1.2 {
		t.Errorf("a frame makes %.0f allocations with 2000 machines, %.0f with 100", many, few)
	}
}

// A batch of many regions fills the rows once.
func TestTheSurveyIsMergedInBatches(t *testing.T) {
	m, e := fullPage(t, 200)
	if got := m.list.table.Len(); got != 200 || m.list.survey.done != 0 {
		t.Fatalf("%d rows", got)
	}
	answers := make([]steps.Surveyed, len(e.Has.Survey))
	for i, s := range e.Has.Survey {
		s.Done, s.Of = i+1, len(e.Has.Survey)
		answers[i] = s
	}
	m.list.Update(surveyed{id: m.Tasks.Current(taskSurvey), answers: answers})
	if v := m.list.survey; v.done != 17 || v.of != 17 {
		t.Errorf("%d of %d regions", v.done, v.of)
	}
}
