package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// figure is a benchmark's name, without "Benchmark", and a unit of it.
type figure struct{ bench, unit string }

// results are the figures of all rounds.
type results struct {
	values map[figure][]float64
	why    map[string]string // by source: why it has none, or no more
}

func (r *results) failed(name, why string) {
	if r.why[name] == "" {
		r.why[name] = why
	}
}

// parse reads what go test -bench prints. Its form is described at
// https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md
func parse(text string) (map[figure]float64, error) {
	found := map[figure]float64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") || len(words)%2 != 0 {
			continue
		}
		if _, err := strconv.Atoi(words[1]); err != nil {
			continue
		}
		name := strings.TrimPrefix(words[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of cores
			if _, err := strconv.Atoi(name[i+1:]); err == nil {
				name = name[:i]
			}
		}
		for i := 2; i < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q is no figure in: %s", words[i], strings.TrimSpace(line))
			}
			found[figure{name, words[i+1]}] = v
		}
	}
	return found, nil
}

// spread is a figure over all rounds.
type spread struct {
	median, least, most float64
	rounds              int
}

func (r *results) spread(f figure) (s spread, ok bool) {
	all := slices.Sorted(slices.Values(r.values[f]))
	n := len(all)
	if n == 0 {
		return spread{}, false
	}
	return spread{(all[(n-1)/2] + all[n/2]) / 2, all[0], all[n-1], n}, true
}
