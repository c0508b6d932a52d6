package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// A setup's project has files of its own in the folder "projects": what both
// sides were when they were last alike, how they are now, and four that mean
// something by being there or locked. Whoever holds the lock of the first keeps
// the folders alike, and nobody else does; who waits for it holds that of the
// second; while the third is there, the person wants nothing to be done; and all
// that keep the folders alike when they may share the lock of the fourth.
const (
	syncLock   = ".lock"
	syncWanted = ".wanted"
	syncPause  = ".paused"
	syncKept   = ".kept"
	syncNotes  = ".json"
)

// projectFile is one of the files of a setup's project.
func (l ledger) projectFile(id, ending string) string { return l.file("projects", id+ending) }

// dropProject removes what is known of a setup's project.
func (l ledger) dropProject(id string) {
	for _, ending := range []string{".*", "-*"} {
		left, _ := filepath.Glob(l.projectFile(id, ending)) // the pattern is a good one
		for _, path := range left {
			_ = os.Remove(path) // Windows removes no file that is held; an empty one is left
		}
	}
}

// lockProject takes the lock of a setup's project. A program that only keeps the
// folders alike lets go of it when it sees that another one waits, and takes it
// again afterwards; waits is called where that takes a while.
func (l ledger) lockProject(ctx context.Context, id string, patience time.Duration, waits func()) (unlock func(), err error) {
	f, ok, err := l.tryProject(id)
	if err != nil {
		return nil, err
	}
	if ok {
		return func() { _ = f.Unlock() }, nil
	}
	wanted := flock.New(l.projectFile(id, syncWanted))
	defer func() { _ = wanted.Unlock() }()
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := wanted.TryLockContext(waiting, syncLook/4); err == nil {
		slow := time.AfterFunc(2*time.Second, waits)
		defer slow.Stop()
		if ok, err := f.TryLockContext(waiting, syncLook/4); err == nil && ok {
			return func() { _ = f.Unlock() }, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &problem.Error{
		Kind: problem.Failed, Title: "Another program is syncing this project",
		Text: "Another program is syncing the project's two folders, and did not finish in time.",
		Next: problem.Say("Let it finish, or end it, and ").Do(problem.Retry).Say("."), Err: errProjectTaken,
	}
}

// errProjectTaken is a project's lock that another program has for too long.
var errProjectTaken = errors.New("another program has the project")

// tryProject takes the lock where nobody has it.
func (l ledger) tryProject(id string) (f *flock.Flock, ok bool, err error) {
	if err := l.safe(); err != nil {
		return nil, false, err
	}
	path := l.projectFile(id, syncLock)
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return nil, false, ledgerFault(err)
	}
	f = flock.New(path)
	if ok, err = f.TryLock(); err != nil {
		return nil, false, ledgerFault(err)
	}
	return f, ok, nil
}

// syncLook is how often a program that keeps a project looks whether another one
// waits, or the person wants a pause.
const syncLook = 200 * time.Millisecond

// paused reports whether the person wants nothing to be done with a project.
func (l ledger) paused(id string) bool {
	_, err := os.Lstat(l.projectFile(id, syncPause))
	return err == nil
}

// yields reports whether whoever keeps a project is to let go of it.
func (l ledger) yields(id string) bool {
	return l.paused(id) || isLocked(l.projectFile(id, syncWanted))
}

// addSync writes into the setups how their projects are.
func (l ledger) addSync(all []steps.Setup) {
	for i := range all {
		if all[i].Project != nil {
			all[i].Sync = l.syncState(all[i].ID)
		}
	}
}

// syncState is how a project is, as it was noted last.
func (l ledger) syncState(id string) *steps.SyncState {
	s := &steps.SyncState{}
	b, err := os.ReadFile(l.projectFile(id, syncNotes))
	if err == nil && json.Unmarshal(b, s) != nil {
		s = &steps.SyncState{} // it is written again with the next pass
	}
	s.Watched, s.Kept = isLocked(l.projectFile(id, syncLock)), l.kept(id)
	if !s.Watched && l.paused(id) {
		s.Phase = steps.SyncPaused
	}
	return s
}

// notes write down how a project is, for all programs to read. Their holder has
// the project's lock.
type notes struct {
	path string
	now  func() time.Time
	tell func(steps.SyncState) // nil for nobody

	mu      sync.Mutex
	state   steps.SyncState
	written time.Time
	begun   time.Time // the files that are copied now
	from    int64     // how many bytes had been copied then
}

func (g *Guide) newNotes(id string, tell func(steps.SyncState)) *notes {
	n := &notes{path: g.ledger.projectFile(id, syncNotes), now: g.cfg.Now, tell: tell, state: *g.ledger.syncState(id)}
	n.state.Watched, n.state.Trouble, n.state.Next = true, "", problem.Next{}
	return n
}

// notesEvery is how often progress is written down at most.
const notesEvery = 500 * time.Millisecond

// change notes something else. What is only progress is not written each time.
func (n *notes) change(progress bool, to func(*steps.SyncState)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	to(&n.state)
	now := n.now()
	n.state.At = now
	if progress && now.Sub(n.written) < notesEvery {
		return
	}
	n.written = now
	if b, err := json.Marshal(n.state); err == nil {
		// Who cannot be told sees an older state; the folders are alike all the same.
		_ = writePrivate(n.path, b)
	}
	if n.tell != nil {
		n.tell(n.state)
	}
}

func (n *notes) phase(p steps.SyncPhase) {
	n.change(false, func(s *steps.SyncState) {
		s.Phase, s.Files, s.OfAll, s.Bytes, s.Of, s.Left = p, 0, 0, 0, 0, 0
	})
}

// troubled notes what keeps a project from being kept alike.
func (n *notes) troubled(err error) {
	e := steps.Explain(err)
	n.change(false, func(s *steps.SyncState) {
		s.Phase, s.Trouble, s.Next = steps.SyncStopped, e.Title, e.Next
	})
}

// copied notes how far the files are.
func (n *notes) copied(files, ofAll int, bytes, of int64) {
	if ofAll == 0 {
		return
	}
	n.change(true, func(s *steps.SyncState) {
		now := n.now()
		if s.Phase != steps.SyncBrings || s.OfAll != ofAll || bytes < s.Bytes {
			n.begun, n.from, n.written = now, bytes, time.Time{}
		}
		s.Phase, s.Files, s.OfAll, s.Bytes, s.Of, s.Left = steps.SyncBrings, files, ofAll, bytes, of, 0
		if took, done := now.Sub(n.begun), bytes-n.from; took > time.Second && done > 0 {
			s.Left = time.Duration(float64(took) / float64(done) * float64(of-bytes))
		}
	})
}

// checks notes that both sides are checked, unless that is done again and again.
func (n *notes) checks() {
	n.mu.Lock()
	again := n.state.Phase == steps.SyncRests || n.state.Trouble != ""
	n.mu.Unlock()
	if !again {
		n.phase(steps.SyncChecks)
	}
}

// restEvery is how often it is written down that nothing has changed.
const restEvery = 10 * time.Second

// rest notes what a pass came to. A conflict lasts until the person has removed or
// renamed the version that was kept. alike says that both sides were made alike.
func (n *notes) rest(done steps.Synced, alike bool, isThere func(path string) bool) {
	n.mu.Lock()
	s := n.state
	n.mu.Unlock()
	now := n.now()
	if !alike {
		now = s.Alike
	}
	conflicts := newest(slices.DeleteFunc(slices.Clone(s.Conflicts), func(path string) bool { return !isThere(path) }), done.Conflicts)
	if s.Phase == steps.SyncRests && done.Done == 0 && slices.Equal(s.Conflicts, conflicts) && slices.Equal(s.Failed, done.Failed) && slices.Equal(s.Unknown, done.Unknown) && now.Sub(s.Alike) < restEvery {
		return
	}
	n.change(false, func(s *steps.SyncState) {
		*s = steps.SyncState{Phase: steps.SyncRests, Watched: true, Alike: now, Conflicts: conflicts, Failed: done.Failed, Unknown: done.Unknown}
	})
}

// noteLast notes that all was brought back from the machine, which is stopped now.
// The project is taken.
func (g *Guide) noteLast(s *steps.Setup) {
	g.newNotes(s.ID, nil).change(false, func(state *steps.SyncState) { state.Last = s.LaunchedAt })
}

// notesMost is how many names of a kind are kept.
const notesMost = 1000

// newest are names with others after them, each once, the last of them where they
// are too many.
func newest(before, more []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, name := range append(append([]string(nil), before...), more...) {
		if !seen[name] {
			all = append(all, name)
		}
		seen[name] = true
	}
	return all[max(0, len(all)-notesMost):]
}

// setPause has nothing be done with a project, or again.
func (l ledger) setPause(id string, paused bool) error {
	path := l.projectFile(id, syncPause)
	if paused {
		return writePrivate(path, nil)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return ledgerFault(err)
	}
	return nil
}

// baseFile holds what a project's folders were when they were last alike. It is
// of these very folders and that machine: of others nothing is known, so that
// nothing of them is deleted.
func (l ledger) baseFile(s *steps.Setup) string {
	of := strings.Join([]string{s.Project.Dir, s.Project.Folder, s.Resources.InstanceID}, "\x00")
	return l.projectFile(s.ID, "-"+shortSum(of)+syncNotes)
}
