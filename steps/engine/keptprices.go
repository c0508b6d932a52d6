package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

const (
	// keptVersion is the form of the files with kept prices.
	keptVersion = 1
	// keptFor is how long a kept price is better than none.
	keptFor = 30 * 24 * time.Hour
	// keptBytes and keptTypes bound what a file may hold; a region has under a
	// thousand types.
	keptBytes = 1 << 20
	keptTypes = 5000
	// dearest is more than any price is.
	dearest = 100_000
)

// keptPrices are a region's prices as this computer keeps them: one file a
// region, for all accounts, because they are the prices that everybody pays.
type keptPrices struct {
	Version int                  `json:"version"`
	Region  string               `json:"region"`
	Disk    keptPrice            `json:"gp3,omitzero"`
	Types   map[string]keptPrice `json:"types,omitempty"`
	// All is when the region's whole list was had; zero where it was not.
	All time.Time `json:"all,omitzero"`
}

// keptPrice is a price in US dollars, and when AWS was asked for it.
type keptPrice struct {
	USD float64   `json:"usd"`
	At  time.Time `json:"at"`
}

// readPrices reads a region's kept prices. A file that is not as this program
// writes it counts for nothing, and is replaced when prices come from AWS.
func readPrices(path, region string, now time.Time) (keptPrices, error) {
	none := keptPrices{Version: keptVersion, Region: region, Types: map[string]keptPrice{}}
	info, err := os.Lstat(path)
	if err != nil {
		return none, err
	}
	if !info.Mode().IsRegular() {
		return none, errors.New("it is not a file")
	}
	if why := exposed(path, info); why != "" {
		return none, errors.New(why)
	}
	f, err := os.Open(path)
	if err != nil {
		return none, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, keptBytes+1))
	if err != nil {
		return none, err
	}
	k, err := parsePrices(b, region, now)
	if err != nil {
		return none, err
	}
	return k, nil
}

// parsePrices reads such a file. What is too old to be used, or from a time to
// come, is left out.
func parsePrices(b []byte, region string, now time.Time) (keptPrices, error) {
	if len(b) > keptBytes {
		return keptPrices{}, errors.New("it is too long")
	}
	var k keptPrices
	if err := json.Unmarshal(b, &k); err != nil {
		return keptPrices{}, err
	}
	switch {
	case k.Version != keptVersion:
		return keptPrices{}, fmt.Errorf("its form is %d", k.Version)
	case k.Region != region:
		return keptPrices{}, errors.New("it is another region's")
	case len(k.Types) > keptTypes:
		return keptPrices{}, errors.New("it has too many types")
	}
	usable := func(at time.Time) bool { return now.Sub(at) < keptFor && !at.After(now) }
	for name, p := range k.Types {
		if !typeName(name) || !p.valid() {
			return keptPrices{}, fmt.Errorf("%q has no price", name)
		}
		if !usable(p.At) {
			delete(k.Types, name)
		}
	}
	if k.Disk != (keptPrice{}) && !k.Disk.valid() {
		return keptPrices{}, errors.New("the disk has no price")
	}
	if !usable(k.Disk.At) {
		k.Disk = keptPrice{}
	}
	if !usable(k.All) {
		k.All = time.Time{}
	}
	if k.Types == nil {
		k.Types = map[string]keptPrice{}
	}
	return k, nil
}

func (p keptPrice) valid() bool {
	return p.USD > 0 && p.USD < dearest && !math.IsNaN(p.USD) && !p.At.IsZero()
}

// typeName reports whether a word can be an instance type's name.
func typeName(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// of are the prices of these types, or of all where none is named; ok is false
// where one of them is not known. They are as old as the oldest.
func (k keptPrices) of(types []string) (p steps.Prices, ok bool) {
	p = steps.Prices{Hour: map[string]float64{}, GP3: k.Disk.USD, IPv4: aws.IPv4Hour, Fetched: k.Disk.At}
	add := func(name string, one keptPrice) {
		p.Hour[name] = one.USD
		if one.At.Before(p.Fetched) {
			p.Fetched = one.At
		}
	}
	ok = k.Disk.USD > 0
	for _, name := range types {
		one, known := k.Types[name]
		if ok = ok && known; known {
			add(name, one)
		}
	}
	if len(types) > 0 {
		return p, ok
	}
	for name, one := range k.Types {
		if !one.At.Before(k.All) { // what was priced before and is not in the list is offered no more
			add(name, one)
		}
	}
	return p, ok && !k.All.IsZero()
}

// with are the kept prices and those that AWS has just told; all says that it
// told those of all types.
func (k keptPrices) with(p steps.Prices, all bool) keptPrices {
	k.Types = maps.Clone(k.Types)
	for name, usd := range p.Hour {
		if one := (keptPrice{usd, p.Fetched}); typeName(name) && one.valid() {
			k.Types[name] = one
		}
	}
	if disk := (keptPrice{p.GP3, p.Fetched}); disk.valid() {
		k.Disk = disk
	}
	if all {
		k.All = p.Fetched
	}
	return k
}
