package main

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	found, err := parse(`goos: linux
BenchmarkGuide/hand-2         	       1	 81234567890 ns/op	        70.25 install-s	         3.100 serve-s
BenchmarkSurvey               	       8	 144300000 ns/op	         1.187 ×slowest
BenchmarkBroken
--- BENCH: BenchmarkSurvey-2
PASS
`)
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[figure]float64{
		{"Guide/hand", "install-s"}: 70.25, {"Guide/hand", "ns/op"}: 81234567890, {"Survey", "×slowest"}: 1.187,
	} {
		if found[f] != want {
			t.Errorf("%v is %v", f, found[f])
		}
	}
	if len(found) != 5 {
		t.Errorf("%d figures", len(found))
	}
	if _, err := parse("BenchmarkX-2 1 many ns/op\n"); err == nil {
		t.Error("a word was taken for a figure")
	}
}

// Nothing is rounded in our favour, and what was not reached says so.
func TestLine(t *testing.T) {
	ours, peer := figure{"Ours", "ms"}, figure{"Peer", "ms"}
	for _, c := range []struct {
		ours, peer []float64
		row        row
		want       string
	}{
		{[]float64{3.301, 3.1, 3.4}, []float64{10.019, 9, 11}, row{unit: "ms", target: &target{true, 0.33}}, "| 3.31 ms<br>(3.10 to 3.40, 3 rounds) | 10.0 ms<br>(9.0 to 11.0, 3 rounds) | 0.33 | ≤ 0.33 | reached |"},
		{[]float64{3.4}, []float64{10}, row{unit: "ms", target: &target{true, 0.33}}, "| 3.40 ms<br>(one round) | 10.0 ms<br>(one round) | 0.34 | ≤ 0.33 | **not reached** |"},
		{[]float64{129.9}, []float64{100}, row{unit: "MiB/s", more: true, target: &target{true, 1.3}}, "| 129 MiB/s<br>(one round) | 100 MiB/s<br>(one round) | 1.29 | ≥ 1.3 | **not reached** |"},
		{[]float64{0.0501}, nil, row{unit: "ms", scale: 1000, target: &target{false, 50}}, "| 50.1 ms<br>(one round) |  |  | ≤ 50 ms | **not reached** |"},
		{nil, nil, row{source: "tunnel", target: &target{true, 1}}, "| not measured: it needs sshd | | | ≤ 1 | |"},
		{[]float64{0, 0}, nil, row{target: &target{}}, "| 0<br>(0 to 0, 2 rounds) |  |  | ≤ 0 | reached |"},
		{[]float64{4, 2}, nil, row{unit: "s"}, "| 3.00 s<br>(2.00 to 4.00, 2 rounds) |  |  |  |  |"},
	} {
		r := &results{values: map[figure][]float64{ours: c.ours, peer: c.peer}, why: map[string]string{"tunnel": "it needs sshd"}}
		c.row.what, c.row.ours, c.row.peer = "what", ours, peer
		if got := c.row.line(r); got != "| what "+c.want+"\n" {
			t.Errorf("got  %swant | what %s", got, c.want)
		}
	}
}

// A source that fails in a later round has figures, and says why there are no more.
func TestALaterRoundThatFailedIsTold(t *testing.T) {
	r := &results{values: map[figure][]float64{{"Ours", "ms"}: {4, 2}}, why: map[string]string{"tunnel": "it failed"}}
	got := row{source: "tunnel", what: "what", ours: figure{"Ours", "ms"}, unit: "ms"}.line(r)
	if want := "| what | 3.00 ms<br>(2.00 to 4.00, 2 rounds)<br>(no further round: it failed) |  |  |  |  |\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

func TestBetween(t *testing.T) {
	got, err := between("head\n"+from+"old\n"+to+"tail\n", "new\n")
	if err != nil || got != "head\n"+from+"\nnew\n\n"+to+"tail\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := between("head\n"+from+"old\n", "new\n"); err == nil {
		t.Error("a document without an end was written")
	}
}

// Every row's source is there, and each source has a row.
func TestRowsHaveSources(t *testing.T) {
	rows := map[string]bool{}
	for _, s := range sections() {
		for _, row := range s.rows {
			rows[row.source] = true
			if row.ours.bench == "" || row.unit == "" && row.scale != 0 || row.target != nil && row.target.ratio && row.peer.bench == "" {
				t.Errorf("%s, %s: %+v", s.title, row.what, row)
			}
		}
	}
	for _, s := range sources() {
		if !rows[s.name] {
			t.Errorf("%s is measured for nothing", s.name)
		}
		delete(rows, s.name)
		if s.rounds < 1 || s.within <= 0 || (s.command == nil) == (s.pattern == "") {
			t.Errorf("%+v", s)
		}
	}
	for name := range rows {
		t.Errorf("nothing measures %s", name)
	}
	if strings.Count(from+to, "\n") != 2 {
		t.Error("a marker is no line")
	}
}
