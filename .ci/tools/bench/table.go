package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// section is a table of the document.
type section struct {
	title string
	// text stands above the table; peer heads the column of what ours is
	// compared with, empty where there is nothing to compare with.
	text, peer string
	rows       []row
}

// row is one line: a figure of ours, the same of a peer's, and what was aimed at.
type row struct {
	source     string
	what       string
	ours, peer figure // peer's is empty where there is none
	unit       string // as it is shown
	scale      float64
	more       bool // more is better
	target     *target
}

// target is what was aimed at: a bound of ours divided by the peer's, or of ours.
type target struct {
	ratio bool
	at    float64
}

// tables are all sections that have a row of these sources.
func tables(r *results, chosen []*source) string {
	var out strings.Builder
	for _, s := range sections() {
		rows := slices.DeleteFunc(slices.Clone(s.rows), func(row row) bool {
			return !slices.ContainsFunc(chosen, func(c *source) bool { return c.name == row.source })
		})
		if len(rows) == 0 {
			continue
		}
		peer := s.peer
		if peer == "" {
			peer = "-"
		}
		fmt.Fprintf(&out, "## %s\n\n%s\n\n| | jupyter-ec2 | %s | ours / theirs | target | |\n|---|---|---|---|---|---|\n", s.title, s.text, peer)
		for _, row := range rows {
			out.WriteString(row.line(r))
		}
		out.WriteString("\n")
	}
	return out.String()
}

// line is a row as text. Ours is rounded up where less is better and down where
// more is, the peer's the other way.
func (row row) line(r *results) string {
	ours, ok := r.spread(row.ours)
	if !ok {
		why := r.why[row.source]
		if why == "" {
			why = "it was not among what was measured"
		}
		return fmt.Sprintf("| %s | not measured: %s | | | %s | |\n", row.what, why, row.aim())
	}
	cell := row.cell(ours, !row.more)
	if why := r.why[row.source]; why != "" { // in a later round
		cell += "<br>(no further round: " + why + ")"
	}
	peer, compared := r.spread(row.peer)
	theirs, ratio := "", ""
	if compared {
		theirs = row.cell(peer, row.more)
		if r := ours.median / peer.median; row.more {
			ratio = fmt.Sprintf("%.2f", math.Floor(r*100)/100)
		} else {
			ratio = fmt.Sprintf("%.2f", math.Ceil(r*100)/100)
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", row.what, cell, theirs, ratio, row.aim(), row.outcome(ours, peer, compared))
}

// cell is a figure with its spread.
func (row row) cell(s spread, up bool) string {
	scale := row.scale
	if scale == 0 {
		scale = 1
	}
	median := s.median * scale
	digits := 0
	switch v := math.Abs(median); {
	case v == 0 || v >= 100:
	case v >= 10:
		digits = 1
	case v >= 1:
		digits = 2
	default:
		digits = 3
	}
	round, power := math.Floor, math.Pow10(digits)
	if up {
		round = math.Ceil
	}
	text := strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, round(median*power-sign(up)*1e-9)/power+0, row.unit))
	if s.rounds == 1 {
		return text + "<br>(one round)"
	}
	return text + fmt.Sprintf("<br>(%.*f to %.*f, %d rounds)", digits, s.least*scale, digits, s.most*scale, s.rounds)
}

// sign keeps what is round already from being rounded further.
func sign(up bool) float64 {
	if up {
		return 1
	}
	return -1
}

// aim says what was aimed at.
func (row row) aim() string {
	if row.target == nil {
		return ""
	}
	bound := "≤"
	if row.more {
		bound = "≥"
	}
	if row.target.ratio {
		return fmt.Sprintf("%s %.3g", bound, row.target.at)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %g %s", bound, row.target.at, row.unit))
}

// outcome tells whether that was reached.
func (row row) outcome(ours, peer spread, compared bool) string {
	if row.target == nil {
		return ""
	}
	got := ours.median
	if row.scale != 0 {
		got *= row.scale
	}
	if row.target.ratio {
		if !compared {
			return "**not compared**"
		}
		got = ours.median / peer.median
	}
	if row.more && got >= row.target.at || !row.more && got <= row.target.at {
		return "reached"
	}
	return "**not reached**"
}

// The measured part of the document stands between these lines.
const (
	from = "<!-- measured: written by make bench -->\n"
	to   = "<!-- end of what is measured -->\n"
)

// write puts the measured part into the document.
func write(path, measured string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := between(string(old), measured)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // a document
}

func between(document, measured string) (string, error) {
	head, rest, ok := strings.Cut(document, from)
	_, tail, ended := strings.Cut(rest, to)
	if !ok || !ended {
		return "", errors.New("the lines between which the measured part stands are missing")
	}
	return head + from + "\n" + strings.TrimRight(measured, "\n") + "\n\n" + to + tail, nil
}
