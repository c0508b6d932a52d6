package ec2sim

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// Whatever a state's file holds: it is read whole, so that the cloud lives on
// with it, or not at all.
func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"Regions": {"us-east-1": {"Instances": [{"ID": "i-1", "State": "running", "Type": "t2.micro", "Volumes": [{"ID": "vol-1"}]}], "Groups": [{"ID": "sg-1", "Rules": [{"Protocol": "tcp"}]}]}}}`))
	f.Add([]byte(`{"Regions": {"us-east-1": {"Instances": [null], "Tags": null}, "eu-west-1": null}}`))
	f.Add([]byte(`{"Regions": {"": {"VPCs": [{"Subnets": [null]}], "Groups": [{"Rules": [null]}], "Instances": [{"Volumes": [null]}]}}}`))
	f.Add([]byte(`null`))
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseState(text)
		if err != nil {
			return
		}
		c := &Cloud{opts: Options{Now: func() time.Time { return now }, Timing: Timing{Forget: time.Hour}}, state: s}
		var end context.CancelFunc
		c.hosts, end = context.WithCancel(context.Background())
		defer end()
		for _, r := range s.Regions {
			r.wakeUp(now)
			r.Tags["x"], r.Tokens["x"] = map[string]string{}, launchToken{}
		}
		_ = c.Instances()
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseState(written); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}
