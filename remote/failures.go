package remote

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
)

const (
	maxFailures = 1000 // that are kept, the first ones
	maxNamed    = 3    // that are named beside the first
)

// failures are the files that could not be copied while others could.
type failures struct {
	mu    sync.Mutex
	first []*CopyError
	count int
}

// failed notes an error that is about one file, so that the others are still
// copied. What concerns them all is returned.
func (t *transfer) failed(err error) error {
	var of *CopyError
	if !errors.As(err, &of) || reached(err) {
		return err
	}
	switch of.Reason {
	case CopyNoFile, CopyIsFolder, CopyFolderThere, CopyNotRegular, CopyNoPermission, CopyIncomplete, CopyShrank, CopyFailed:
	default:
		return err
	}
	all := &t.failures
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.count++; len(all.first) < maxFailures {
		all.first = append(all.first, of)
	}
	return nil
}

// eachOf is what is done to one of many files.
func (t *transfer) eachOf(do func(context.Context, file) error) func(context.Context, file) error {
	return func(ctx context.Context, f file) error { return t.failed(do(ctx, f)) }
}

// with is the error of the whole: err, or the first by name of those that were
// noted, with the others' names.
func (all *failures) with(err error) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if err != nil || len(all.first) == 0 {
		return err
	}
	slices.SortStableFunc(all.first, func(a, b *CopyError) int { return cmp.Compare(a.Path, b.Path) })
	told := *all.first[0]
	told.More = all.count - 1
	for _, e := range all.first[1:min(len(all.first), 1+maxNamed)] {
		told.MoreNames = append(told.MoreNames, e.Path)
	}
	return &told
}
