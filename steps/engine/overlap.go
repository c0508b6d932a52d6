package engine

import (
	"slices"
	"sync"
	"time"
)

const (
	// overlapKept is how many lines are remembered, to find where a log that
	// is read again goes on; twice as many of its past are asked for.
	overlapKept = 500
	// overlapWait is how long lines are held back at most while it is not
	// known whether they are new.
	overlapWait = 2 * time.Second
)

// overlap hands on a log that is read in several goes, each beginning with
// lines of the past, and leaves out what was handed on already. A go's past
// holds all that is remembered, as long as the log did not go on by more than
// overlapKept lines meanwhile.
type overlap struct {
	out func(text string, partial bool)

	mu    sync.Mutex
	kept  []string // the last lines handed on
	past  bool     // this go has not come to its news yet
	fresh []string // of this go, held back meanwhile
	timer *time.Timer
}

// remember takes the log's past, of which only the last lines are handed on.
func (o *overlap) remember(past []string, lines int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = slices.Clone(past)
	for _, text := range past[max(0, len(past)-lines):] {
		o.out(text, false)
	}
}

// begin is called before each go, end after it.
func (o *overlap) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fresh, o.past = nil, len(o.kept) > 0
}

func (o *overlap) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.release()
}

func (o *overlap) add(text string, partial bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case partial && !o.past:
		o.out(text, true)
	case partial:
	case !o.past:
		o.hand(text)
	default:
		o.fresh = append(o.fresh, text)
		if o.timer == nil {
			o.timer = time.AfterFunc(overlapWait, func() {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.release()
			})
		}
		if lastIndex(o.fresh, o.kept) >= 0 {
			o.release()
		}
	}
}

// release hands on what of this go is new: what stands behind the longest run
// of lines that ends what was handed on before.
func (o *overlap) release() {
	if o.timer != nil {
		o.timer.Stop()
		o.timer = nil
	}
	if !o.past {
		return
	}
	o.past = false
	news := o.fresh
	for n := min(len(o.fresh), len(o.kept)); n > 0; n-- {
		if i := lastIndex(o.fresh, o.kept[len(o.kept)-n:]); i >= 0 {
			news = o.fresh[i+n:]
			break
		}
	}
	o.fresh = nil
	for _, text := range news {
		o.hand(text)
	}
}

func (o *overlap) hand(text string) {
	o.kept = append(o.kept, text)
	o.kept = o.kept[max(0, len(o.kept)-overlapKept):]
	o.out(text, false)
}

// lastIndex is where part stands in lines for the last time, or -1.
func lastIndex(lines, part []string) int {
	for i := len(lines) - len(part); i >= 0; i-- {
		if slices.Equal(lines[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}
