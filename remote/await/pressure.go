package await

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// pressureFile tells how long programs have waited for a core, where Linux
// measures it (docs.kernel.org/accounting/psi.html).
const pressureFile = "/proc/pressure/cpu"

const (
	// measured is the time over which the pressure is taken: long enough for a
	// test that was let in a moment ago to be seen at work.
	measured = 3 * time.Second
	// spare is the part of that time in which a program may have waited for a
	// core while there is still room for another heavy test.
	spare = 0.25
)

// memoryFile tells how much memory there is for more programs, on Linux.
const memoryFile = "/proc/meminfo"

// enough is the memory in KiB that must be there before one more heavy test
// begins: a booted machine's disk is in memory, with what it installs.
const enough = 4 << 20

// roomy reports whether there is memory for one more heavy test. Where nothing
// tells, there may be none.
func roomy(file string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		var free int
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &free); err == nil {
			return free >= enough
		}
	}
	return false
}

// pressure tells whether a computer's cores have time to spare.
type pressure struct {
	file   string
	now    func() time.Time
	since  time.Time     // the beginning of what is being measured
	waited time.Duration // what had been waited until then
}

func newPressure(file string) *pressure { return &pressure{file: file, now: time.Now} }

// low reports, once in each span that is measured, whether programs waited for
// a core in only a small part of it. Where nothing tells, they may have.
func (p *pressure) low() bool {
	now := p.now()
	if !p.since.IsZero() && now.Sub(p.since) < measured {
		return false
	}
	text, err := os.ReadFile(p.file)
	if err != nil {
		return false
	}
	waited, ok := parsePressure(string(text))
	if !ok {
		return false
	}
	span, part := now.Sub(p.since), waited-p.waited
	first := p.since.IsZero()
	p.since, p.waited = now, waited
	return !first && part < time.Duration(spare*float64(span))
}

// parsePressure reads how long at least one program waited, since the start.
func parsePressure(text string) (waited time.Duration, ok bool) {
	for line := range strings.Lines(text) {
		var micros int64
		var ten, sixty, threeHundred float64
		_, err := fmt.Sscanf(line, "some avg10=%f avg60=%f avg300=%f total=%d", &ten, &sixty, &threeHundred, &micros)
		if err == nil {
			return time.Duration(micros) * time.Microsecond, true
		}
	}
	return 0, false
}
