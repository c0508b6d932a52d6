package ui

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// fullModel is a model with a list of n machines, without a program around it.
func fullModel(tb testing.TB, n int) (*model, *stepstest.Engine) {
	tb.Helper()
	e := stepstest.New()
	stepstest.ManyMachines(e, n)
	m := newModel(context.Background(), Options{Engine: e, Env: []string{"NO_COLOR=1"}, Now: stepstest.Now}, func(tea.Msg) {})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	m.Init()
	m.Update(setupsListed{id: m.Tasks.Current(taskSetups), list: e.Has.Setups})
	m.Update(surveyed{id: m.Tasks.Current(taskSurvey), answers: e.Has.Survey})
	return m, e
}

// What one key costs, with the drawing after it.
func BenchmarkMoveThrough200Machines(b *testing.B) {
	m, _ := fullModel(b, 200)
	keys := []tea.KeyPressMsg{{Code: tea.KeyDown}, {Code: tea.KeyUp}}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Update(keys[i%2])
		_ = m.View()
		i++
	}
}

func BenchmarkView200Machines(b *testing.B) {
	m, _ := fullModel(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.View()
	}
}

// What a batch of all 17 regions' answers costs.
func BenchmarkSurveyOf200Machines(b *testing.B) {
	m, e := fullModel(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		m.Update(surveyed{id: m.Tasks.Current(taskSurvey), answers: e.Has.Survey})
	}
}

// Drawing the list costs what is on the screen, however long the list is.
func TestDrawingCostsTheWindowOnly(t *testing.T) {
	allocs := func(n int) float64 {
		m, _ := fullModel(t, n)
		_ = m.View()
		return testing.AllocsPerRun(20, func() { _ = m.View() })
	}
	few, many := allocs(100), allocs(2000)
	if many > few*1.2 {
		t.Errorf("a frame makes %.0f allocations with 2000 machines, %.0f with 100", many, few)
	}
}

// A batch of many regions fills the rows once.
func TestTheSurveyIsMergedInBatches(t *testing.T) {
	m, e := fullModel(t, 200)
	if got := m.fleet.table.Len(); got != 200 || m.fleet.survey.done != 0 {
		t.Fatalf("%d rows", got)
	}
	answers := make([]steps.Surveyed, len(e.Has.Survey))
	for i, s := range e.Has.Survey {
		s.Done, s.Of = i+1, len(e.Has.Survey)
		answers[i] = s
	}
	m.Update(surveyed{id: m.Tasks.Current(taskSurvey), answers: answers})
	if v := m.fleet.survey; v.done != 17 || v.of != 17 {
		t.Errorf("%d of %d regions", v.done, v.of)
	}
}
