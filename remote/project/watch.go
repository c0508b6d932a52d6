package project

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// watchScript comes after lookScript.
//
//go:embed scripts/watch.py
var watchScript string

const (
	// gather is for how long changes that come together are waited for.
	gather = 100 * time.Millisecond
	// lookAgain is how often both sides are checked where one of them cannot be
	// watched.
	lookAgain = 2 * time.Second
	// lookAnyway is how often both sides are checked, at least, whatever is told:
	// of what others write to a network disk, or Windows to a folder of WSL, the
	// system tells nothing.
	lookAnyway = 30 * time.Second
	// restMost bounds the pause after a pass, which is as long as the pass took: a
	// file that is written to all the time is not copied all the time.
	restMost = 10 * time.Second
)

// watch knows when something may have changed on a side.
type watch struct {
	changed chan struct{} // holds a token when something has
	running sync.WaitGroup
	anyway  time.Duration // lookAnyway, but for tests

	here  *fsnotify.Watcher // nil where this side cannot be watched
	rules []byte            // those that the host's part was told
	there context.CancelFunc

	mu      sync.Mutex
	deaf    map[Side]bool   // the sides that nobody tells of
	folders map[string]bool // those that are watched here
	stale   bool            // what is watched here has other names than it is told by
}

// Wait waits until something may have changed on one of the sides since the last
// pass began, which took that long; what nobody tells of may have at any time. What it is, the next pass finds out.
func (p *Project) Wait(ctx context.Context, took time.Duration) error {
	if p.watch == nil {
		p.watch = newWatch()
	}
	w := p.watch
	w.follow(p)
	if err := remote.Pause(ctx, min(took, restMost)); err != nil {
		return err
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	anyway := time.NewTimer(max(w.anyway, 20*took))
	defer anyway.Stop()
	for {
		select {
		case <-w.changed:
			err := remote.Pause(ctx, gather)
			select {
			case <-w.changed: // what came meanwhile is the next pass's
			default:
			}
			return err
		case <-again.C:
			if w.isDeaf() {
				return nil
			}
		case <-anyway.C:
			return nil
		case <-p.there.ctx.Done():
			return context.Cause(p.there.ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func newWatch() *watch {
	w := &watch{changed: make(chan struct{}, 1), anyway: lookAnyway, deaf: map[Side]bool{}}
	w.watchHere()
	return w
}

// watchHere begins to watch this side, of which no folder is watched yet.
func (w *watch) watchHere() {
	here, err := fsnotify.NewWatcher()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.folders, w.stale, w.deaf[Here] = map[string]bool{}, false, err != nil
	if w.here = here; err == nil {
		w.running.Go(func() { w.listen(here) })
	}
}

// leaveHere ends it.
func (w *watch) leaveHere() {
	if w.here != nil {
		_ = w.here.Close() // it was only read
		w.here = nil
	}
}

// close ends it.
func (w *watch) close() {
	w.leaveHere()
	if w.there != nil {
		w.there()
	}
	w.running.Wait()
}

func (w *watch) isDeaf() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deaf[Here] || w.deaf[There]
}

func (w *watch) deafen(side Side) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf[side] = true
}

// tell says that something may have changed.
func (w *watch) tell() {
	select {
	case w.changed <- struct{}{}:
	default: // it is said already
	}
}

// listen hands on what the system tells of this side.
func (w *watch) listen(here *fsnotify.Watcher) {
	for {
		select {
		case e, ok := <-here.Events:
			if !ok {
				return
			}
			w.forget(e)
			if !isOwn(filepath.Base(e.Name)) {
				w.tell()
			}
		case _, ok := <-here.Errors: // too much to tell one by one
			if !ok {
				return
			}
			w.tell()
		}
	}
}

// forget notes what is not watched any more. The system watches a folder that has
// another name now, and those in it, under the names that they had, and would not
// watch them under those that they have.
func (w *watch) forget(e fsnotify.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.folders[e.Name] && e.Has(fsnotify.Remove|fsnotify.Rename) {
		delete(w.folders, e.Name)
		w.stale = w.stale || e.Has(fsnotify.Rename)
	}
}

// follow has both sides watched as the last pass found them.
func (w *watch) follow(p *Project) {
	if w.isStale() {
		w.leaveHere()
		w.watchHere()
	}
	if w.here != nil && !w.followHere(p.here) {
		w.leaveHere()
		w.deafen(Here)
	}
	rules, err := json.Marshal(p.here.rules)
	if err != nil || bytes.Equal(rules, w.rules) {
		return
	}
	if w.there != nil {
		w.there()
	}
	w.rules = rules
	ctx, cancel := context.WithCancel(p.there.ctx)
	w.there = cancel
	w.running.Go(func() {
		if w.listenThere(ctx, p.cfg.Host, p.there.dir, rules); ctx.Err() == nil {
			w.deafen(There)
		}
	})
}

func (w *watch) isStale() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stale
}

// followHere watches the folders that are not watched yet, and reports whether all
// could be. What happened in a new one before it was watched nobody has told.
func (w *watch) followHere(h *here) bool {
	for _, dir := range w.unwatched(h) {
		w.tell()
		// One that is gone again is told of by the folder that it was in.
		if err := w.here.Add(dir); err != nil && exists(dir) {
			return false
		} else if err != nil {
			w.forget(fsnotify.Event{Name: dir, Op: fsnotify.Remove})
		}
	}
	return true
}

// unwatched notes the folders that are not watched yet as watched, and returns them,
// each after the one that it is in: so a folder that gets another name meanwhile is
// told of.
func (w *watch) unwatched(h *here) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	note := func(dir string) {
		if !w.folders[dir] {
			w.folders[dir] = true
			found = append(found, dir)
		}
	}
	note(h.dir)
	for p, item := range h.tree {
		if item.Kind == Folder {
			note(filepath.Join(h.dir, filepath.FromSlash(p)))
		}
	}
	slices.Sort(found)
	return found
}

// listenThere hands on what the host's part of the watch tells, until it ends.
func (w *watch) listenThere(ctx context.Context, h Host, dir string, rules []byte) {
	script := lookScript + watchScript
	asked, in := io.Pipe()
	first, err := json.Marshal(struct {
		Root  string          `json:"root"`
		Rules json.RawMessage `json:"rules"`
	}{dir, rules})
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer stop()
	_ = h.Run(ctx, remote.Command{ // how it ended does not matter: it is deaf then
		Script: runFar, Label: remote.WatchLabel, Env: map[string]string{"JE_SIZE": strconv.Itoa(len(script))},
		Stdin: io.MultiReader(strings.NewReader(script), bytes.NewReader(append(first, '\n')), asked), Stdout: saying(w.tell),
	})
	_ = in.Close()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// saying is told that a host says something, and does not care what.
type saying func()

func (s saying) Write(b []byte) (int, error) {
	s()
	return len(b), nil
}
