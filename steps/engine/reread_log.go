package engine

import (
	"slices"
	"sync"
	"time"
)

const (
	// rereadKept is how many lines are remembered, to find where a log that
	// is read again continues; twice as many of its past are asked for.
	rereadKept = 500
	// rereadWait is how long lines are held back at most while it is not
	// known whether they are new.
	rereadWait = 2 * time.Second
)

// rereadLog hands on a log that is read several times, each time from
// some lines of its past on, and leaves out what was handed on already. The past
// of a reading holds all that is remembered, as long as the log has not grown by
// more than rereadKept lines meanwhile.
type rereadLog struct {
	out func(text string, partial bool)

	mu    sync.Mutex
	kept  []string // the last lines handed on
	past  bool     // this reading has not come to its news yet
	fresh []string // of this reading, held back meanwhile
	timer *time.Timer
}

// remember takes the log's past, of which only the last lines are handed on.
func (r *rereadLog) remember(past []string, lines int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = slices.Clone(past)
	for _, text := range past[max(0, len(past)-lines):] {
		r.out(text, false)
	}
}

// begin is called before each reading, end after it.
func (r *rereadLog) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh, r.past = nil, len(r.kept) > 0
}

func (r *rereadLog) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
}

func (r *rereadLog) add(text string, partial bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case partial && !r.past:
		r.out(text, true)
	case partial:
	case !r.past:
		r.hand(text)
	default:
		r.fresh = append(r.fresh, text)
		if r.timer == nil {
			r.timer = time.AfterFunc(rereadWait, func() {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.release()
			})
		}
		if lastIndex(r.fresh, r.kept) >= 0 {
			r.release()
		}
	}
}

// release hands on what of this reading is new: what stands behind the longest run
// of lines that ends what was handed on before.
func (r *rereadLog) release() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if !r.past {
		return
	}
	r.past = false
	news := r.fresh
	for n := min(len(r.fresh), len(r.kept)); n > 0; n-- {
		if i := lastIndex(r.fresh, r.kept[len(r.kept)-n:]); i >= 0 {
			news = r.fresh[i+n:]
			break
		}
	}
	r.fresh = nil
	for _, text := range news {
		r.hand(text)
	}
}

func (r *rereadLog) hand(text string) {
	r.kept = append(r.kept, text)
	r.kept = r.kept[max(0, len(r.kept)-rereadKept):]
	r.out(text, false)
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
