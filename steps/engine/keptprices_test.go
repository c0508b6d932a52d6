package engine

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// FuzzParsePrices: whatever a file of kept prices holds, what is taken from it
// is a price that is not older than a month, and can be written and read again.
func FuzzParsePrices(f *testing.F) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	whole, err := json.Marshal(keptPrices{Version: keptVersion, Region: "eu-west-1", Types: map[string]keptPrice{}}.with(
		steps.Prices{Hour: map[string]float64{"t3.micro": 0.0114, "free": 0}, GP3: 0.088, Fetched: now.Add(-time.Hour)}, true))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"version":1,"region":"eu-west-1","types":{"t3.micro":{"usd":-1,"at":"2026-11-30T11:00:00Z"}}}`))
	f.Add([]byte(`{"version":1,"region":"eu-west-1","types":{"t3.micro":{"usd":1,"at":"2027-11-30T11:00:00Z"}},"gp3":{"usd":1e308,"at":"2026-11-30T11:00:00Z"}}`))
	f.Add([]byte(`{"version":1,"region":"eu-west-1","types":{"../x":{"usd":1,"at":"2026-11-30T11:00:00Z"}},"all":"0001-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parsePrices(b, "eu-west-1", now)
		if err != nil {
			return
		}
		p, _ := k.of(nil)
		for name := range k.Types {
			one, ok := k.of([]string{name})
			if usd := one.Hour[name]; !(usd > 0) || math.IsInf(usd, 0) || !typeName(name) {
				t.Errorf("%q costs %v", name, usd)
			}
			if ok && (now.Sub(one.Fetched) > keptFor || one.Fetched.After(now) || !(one.GP3 > 0)) {
				t.Errorf("%+v", one)
			}
		}
		again, err := json.Marshal(k.with(p, false))
		if err != nil {
			t.Fatal(err)
		}
		if len(again) <= keptBytes {
			if _, err := parsePrices(again, "eu-west-1", now); err != nil {
				t.Errorf("%s: %v", again, err)
			}
		}
	})
}
