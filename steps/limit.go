package steps

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limit is how long a machine may go on in a certain way before it is
// stopped. Zero means the default. As text it is a Go duration or "never".
type Limit time.Duration

// Never is no limit.
const Never Limit = -1

// The limits of a machine that was given none.
const (
	DefaultIdleStop = Limit(60 * time.Minute)
	DefaultLifetime = Limit(12 * time.Hour)
	// MinLimit is the least a person may ask for: a machine needs some minutes
	// to get to its URL.
	MinLimit = Limit(5 * time.Minute)
)

// ExtendBy is by how much a stop is put off where nobody says, counted from now.
const ExtendBy = Limit(time.Hour)

// StopsSoon is from when on a coming stop is worth a warning.
const StopsSoon = 10 * time.Minute

// Or returns the limit, or def where none was given.
func (l Limit) Or(def Limit) Limit {
	if l == 0 {
		return def
	}
	return l
}

// Duration is the limit as a time span; 0 when there is none.
func (l Limit) Duration() time.Duration { return max(time.Duration(l), 0) }

// String is "90m", "12h", "1h30m", or "never"; "" for the default.
func (l Limit) String() string {
	switch {
	case l == 0:
		return ""
	case l < 0:
		return "never"
	}
	s := time.Duration(l).String() // "1h0m0s", "30m0s"
	if whole, ok := strings.CutSuffix(s, "m0s"); ok {
		s = whole + "m"
	}
	if whole, ok := strings.CutSuffix(s, "h0m"); ok {
		s = whole + "h"
	}
	return s
}

// Words says it as a person does: "60 minutes", "12 hours", "never".
func (l Limit) Words() string {
	d := time.Duration(l)
	switch {
	case l == 0:
		return "the default"
	case l < 0:
		return "never"
	case d%time.Hour == 0 && d > time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d%time.Minute == 0 && d > time.Minute:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return l.String()
}

// ParseLimit reads what String writes. A bare number counts minutes.
func ParseLimit(s string) (Limit, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	switch text {
	case "":
		return 0, nil
	case "never", "no", "off":
		return Never, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		d, err = time.ParseDuration(text + "m")
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration: write 45m, 2h30m or never", s)
	}
	return Limit(d), nil
}

// StopRule is when a machine stops automatically, defaults filled in.
type StopRule struct{ Idle, Lifetime Limit }

// StopRule returns the rule that the answers ask for.
func (a Answers) StopRule() StopRule {
	return StopRule{Idle: a.IdleStop.Or(DefaultIdleStop), Lifetime: a.Lifetime.Or(DefaultLifetime)}
}

// Never reports whether the machine runs until somebody stops it.
func (r StopRule) Never() bool { return r.Idle == Never && r.Lifetime == Never }

// Parts says the rule's two limits, each also where there is none: "after 60
// minutes idle", "or 12 hours after start".
func (r StopRule) Parts() (idle, life string) {
	idle, life = "after "+r.Idle.Words()+" idle", r.Lifetime.Words()+" after start"
	switch {
	case r.Lifetime == Never:
		life = "with no time limit"
	case r.Idle != Never:
		life = "or " + life
	}
	if r.Idle == Never {
		idle = "not when idle"
	}
	return idle, life
}

// Words says when the machine stops: "after 60 minutes idle, or 12 hours after start".
func (r StopRule) Words() string {
	idle, life := r.Parts()
	switch {
	case r.Never():
		return "never, until you stop it"
	case r.Idle == Never:
		return life
	case r.Lifetime == Never:
		return idle
	}
	return idle + ", " + life
}

// MarshalText is for JSON.
func (l Limit) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is for JSON.
func (l *Limit) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLimit(string(b))
	return err
}

// WorkRule says which programs count as activity on a machine.
type WorkRule struct {
	// Percent of a core is what the programs together must use, over a minute;
	// 0 means DefaultWorkPercent.
	Percent int `json:"percent,omitempty"`
	// Ignore are shell patterns of programs that do not count.
	Ignore []string `json:"ignore,omitempty"`
}

// DefaultWorkPercent is the use of a core from which programs count as work.
const DefaultWorkPercent = 10

const (
	mostWorkPercent   = 100_000 // no instance has a thousand cores
	mostIgnored       = 50
	longestIgnoreRule = 200
)

func (r WorkRule) valid() error {
	if r.Percent < 0 || r.Percent > mostWorkPercent {
		return fmt.Errorf("%d percent of a core cannot be used: choose 1 to %d", r.Percent, mostWorkPercent)
	}
	if len(r.Ignore) > mostIgnored {
		return fmt.Errorf("%d patterns are too many: choose %d or fewer", len(r.Ignore), mostIgnored)
	}
	for _, i := range r.Ignore {
		if strings.TrimSpace(i) == "" || len(i) > longestIgnoreRule || strings.ContainsFunc(i, unicode.IsControl) || !utf8.ValidString(i) {
			return fmt.Errorf("the pattern %q cannot be used: write a program's name, such as htop or 'python monitor*'", i)
		}
	}
	return nil
}

func (l Limit) valid(what string) error {
	if l > 0 && l < MinLimit {
		return fmt.Errorf("%s of %s is too short: use %s or more, or never", what, l, MinLimit)
	}
	return nil
}
