package ec2sim

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/moby/sys/atomicwriter"
)

// state is all that the cloud remembers; it is kept as JSON.
type state struct {
	Regions  map[string]*region
	Index    int // the last HostSpec.Index given
	Launches int // counts launches, for private addresses
}

// region is one region's resources, oldest first.
type region struct {
	Instances []*instance
	Keys      []*keyPair
	Groups    []*group
	Volumes   []*volume // that no instance has
	Images    []*ownImage
	Snapshots []*snapshot
	VPCs      []*vpc
	Gateways  []string                     // that no VPC has
	Tags      map[string]map[string]string // by resource ID
	Tokens    map[string]launchToken       // by RunInstances' ClientToken
}

// launchToken is what a ClientToken was used for.
type launchToken struct {
	Hash      string // of the other parameters
	Instances []string
}

func loadState(path string) (*state, error) {
	empty := &state{Regions: map[string]*region{}, Index: 1}
	if path == "" {
		return empty, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the embedded cloud's state: %w", err)
	}
	s, err := parseState(text)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded cloud's state in %s: %w", path, err)
	}
	return s, nil
}

// parseState reads what save writes. A state with holes is none.
func parseState(text []byte) (*state, error) {
	s := &state{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	if s.Regions == nil {
		s.Regions = map[string]*region{}
	}
	for name, r := range s.Regions {
		if r == nil || !r.whole() {
			return nil, fmt.Errorf("the region %q has an empty entry", name)
		}
		if r.Tags == nil {
			r.Tags = map[string]map[string]string{}
		}
		if r.Tokens == nil {
			r.Tokens = map[string]launchToken{}
		}
	}
	return s, nil
}

// whole reports whether nothing in a region is null.
func (r *region) whole() bool {
	ok := !slices.Contains(r.Instances, nil) && !slices.Contains(r.Keys, nil) && !slices.Contains(r.Groups, nil) &&
		!slices.Contains(r.Volumes, nil) && !slices.Contains(r.VPCs, nil) && !slices.Contains(r.Images, nil) && !slices.Contains(r.Snapshots, nil)
	for i := 0; ok && i < len(r.Instances); i++ {
		ok = !slices.Contains(r.Instances[i].Volumes, nil)
	}
	for i := 0; ok && i < len(r.Groups); i++ {
		ok = !slices.Contains(r.Groups[i].Rules, nil)
	}
	for i := 0; ok && i < len(r.VPCs); i++ {
		ok = !slices.Contains(r.VPCs[i].Subnets, nil)
	}
	return ok
}

// save replaces the file atomically, readable by nobody else.
func (s *state) save(path string) error {
	if path == "" {
		return nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding the embedded cloud's state: %w", err)
	}
	if err := atomicwriter.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("saving the embedded cloud's state: %w", err)
	}
	return nil
}

// regionState is the region's state, with a default VPC where it is new.
func (c *Cloud) regionState(name string) *region {
	r := c.state.Regions[name]
	if r == nil {
		r = &region{Tags: map[string]map[string]string{}, Tokens: map[string]launchToken{}}
		if !c.opts.NoDefaultVPC {
			r.addDefaultVPC(name)
		}
		c.state.Regions[name] = r
	}
	return r
}

// wakeUp puts the instances into the state in which a closed cloud leaves
// them: nothing runs.
func (r *region) wakeUp(now time.Time) {
	r.wakeImages()
	for _, i := range r.Instances {
		switch i.State {
		case statePending, stateRunning:
			i.userInitiated(now) // who ended the cloud
			i.become(stateStopped, now)
		case stateStopping:
			i.become(stateStopped, now)
		case stateShuttingDown:
			i.become(stateTerminated, now)
			r.release(i)
		}
	}
}

// newID makes an ID as EC2 does: 17 hexadecimal digits after the prefix.
func newID(prefix string) string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + "-0" + hex.EncodeToString(b[:])[:16]
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortBy[T any](items []T, cmp func(a, b T) int) { slices.SortStableFunc(items, cmp) }

// find is the first item that is it, or nil.
func find[T any](items []*T, is func(*T) bool) *T {
	if n := slices.IndexFunc(items, is); n >= 0 {
		return items[n]
	}
	return nil
}
