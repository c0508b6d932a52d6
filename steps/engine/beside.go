package engine

import "context"

// soon is what comes of work that is done beside a run's steps.
type soon[T any] struct {
	cancel context.CancelFunc

	done  chan struct{} // closed when the next two are there
	value T
	err   error
}

// beside begins work that a step needs the result of later. It changes nothing of
// the run and its setup: that is for whoever waits for it. It ends with the run.
func beside[T any](ctx context.Context, r *run, do func(context.Context) (T, error)) *soon[T] {
	ctx, cancel := context.WithCancel(ctx)
	s := &soon[T]{cancel: cancel, done: make(chan struct{})}
	r.stops = append(r.stops, cancel)
	r.besides.Go(func() {
		defer close(s.done)
		s.value, s.err = do(ctx)
	})
	return s
}

// wait waits for the result.
func (s *soon[T]) wait(ctx context.Context) (value T, err error) {
	select {
	case <-s.done:
		return s.value, s.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

// stop ends work that there may be.
func (s *soon[T]) stop() {
	if s != nil {
		s.cancel()
		<-s.done
	}
}

// ready reports whether the result is there.
func (s *soon[T]) ready() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
