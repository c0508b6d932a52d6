package engine_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// call makes a call of EC2's own, for what the guide never does.
func (w *world) call(region string, form map[string]string) string {
	w.t.Helper()
	values := url.Values{"Version": {"2016-11-15"}}
	for k, v := range form {
		values.Set(k, v)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://ec2.test/", strings.NewReader(values.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIATEST/20261127/"+region+"/ec2/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := w.Cloud.HTTPClient().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %d %s (%v)", form["Action"], resp.StatusCode, answer, err)
	}
	return string(answer)
}

// in speaks to a region beside the guide.
func (w *world) in(region string) engine.CloudRegion {
	w.t.Helper()
	a, err := w.Open(w.t.Context(), aws.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.In(region)
}

func tagsOf(setup string) map[string]string {
	return map[string]string{engine.TagSetup: setup, engine.TagName: "of " + setup}
}

// launchIn is an instance of another computer's.
func (w *world) launchIn(region, setup string) aws.Instance {
	w.t.Helper()
	r := w.in(region)
	image, err := r.Image(w.t.Context(), "24.04", "amd64")
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := r.Launch(w.t.Context(), aws.LaunchSpec{ClientToken: setup, Image: image, Type: "t2.micro", DiskGB: 8, Tags: tagsOf(setup)})
	if err != nil {
		w.t.Fatal(err)
	}
	if i, err = r.WaitState(w.t.Context(), i.ID, aws.StateRunning, nil); err != nil {
		w.t.Fatal(err)
	}
	return i
}

// leftVolume is a disk that outlived its instance.
func (w *world) leftVolume(region, setup string) string {
	w.t.Helper()
	image, err := w.in(region).Image(w.t.Context(), "24.04", "amd64")
	if err != nil {
		w.t.Fatal(err)
	}
	answer := w.call(region, map[string]string{
		"Action": "RunInstances", "ImageId": image.ID, "InstanceType": "t2.micro", "MinCount": "1", "MaxCount": "1",
		"BlockDeviceMapping.1.DeviceName": "/dev/sda1", "BlockDeviceMapping.1.Ebs.DeleteOnTermination": "false",
		"TagSpecification.1.ResourceType": "volume", "TagSpecification.1.Tag.1.Key": engine.TagSetup, "TagSpecification.1.Tag.1.Value": setup,
	})
	id := regexp.MustCompile(`<instanceId>(i-[0-9a-f]+)`).FindStringSubmatch(answer)[1]
	if err := w.in(region).Terminate(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.in(region).WaitState(w.t.Context(), id, aws.StateTerminated, nil); err != nil {
		w.t.Fatal(err)
	}
	owned, err := w.in(region).Owned(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range owned {
		if o.Kind == "volume" && o.UsedBy == "" {
			return o.ID
		}
	}
	w.t.Fatalf("no volume is left: %+v", owned)
	return ""
}

func (w *world) leftGroup(region, setup string) string {
	w.t.Helper()
	n, err := w.in(region).Network(w.t.Context(), aws.NetworkSpec{})
	if err != nil {
		w.t.Fatal(err)
	}
	id, err := w.in(region).EnsureGroup(w.t.Context(), aws.GroupSpec{
		Name: "left-" + setup, Description: "left", VPC: n.VPC, CIDR: "192.0.2.1/32", Ports: []int{22}, Tags: tagsOf(setup),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) leftKeyPair(region, setup string) string {
	w.t.Helper()
	pair, err := remote.Generate("left")
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := w.in(region).ImportKeyPair(w.t.Context(), "left-"+setup, pair.Public, tagsOf(setup))
	if err != nil {
		w.t.Fatal(err)
	}
	return k.ID
}

// swept sweeps, and answers the leftovers by their ID, and the regions that failed.
func (w *world) swept() (map[string]steps.Leftover, []string) {
	w.t.Helper()
	found, failed, calls, of := map[string]steps.Leftover{}, []string{}, 0, 0
	err := w.Guide().Sweep(w.t.Context(), "", func(s steps.Swept) {
		calls++
		of = s.Of
		if s.Done != calls {
			w.t.Errorf("answer %d says it is number %d", calls, s.Done)
		}
		if s.Err != nil {
			failed = append(failed, s.At.Region)
		}
		for _, l := range s.Leftovers {
			if _, twice := found[l.ID]; twice || l.At != s.At {
				w.t.Errorf("listed twice, or elsewhere: %+v", l)
			}
			found[l.ID] = l
		}
	})
	if err != nil || calls != of || of < 17 {
		w.t.Fatalf("%d answers of %d: %v", calls, of, err)
	}
	return found, failed
}

// noHosts are instances without hosts behind them.
func noHosts(o *ec2sim.Options, _ *hosts) { o.Hosts = nil }

func TestSweepListsWhatNobodyOwns(t *testing.T) {
	w := newWorld(t, noHosts)
	w.Patience = time.Second
	_ = w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch) // no SSH port ever answers
	mine := w.Only()
	theirs := w.launchIn("eu-west-1", "other1")
	stopped := w.launchIn("eu-west-1", "other2")
	if _, err := w.in("eu-west-1").Bring(t.Context(), stopped.ID, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.in("eu-west-1").WaitState(t.Context(), stopped.ID, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	group, pair := w.leftGroup("ap-south-1", "other3"), w.leftKeyPair("ap-south-1", "other3")
	volume := w.leftVolume("us-east-1", "other4")
	found, failed := w.swept()
	if len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	want := []string{theirs.ID, stopped.ID, group, pair, volume}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Fatalf("found %+v, want %v and nothing of %s", found, want, mine.ID)
	}
	l := found[theirs.ID]
	if l.Kind != "instance" || !l.Running || l.SetupID != "other1" || l.Setup != "of other1" || !l.CostKnown || l.MonthCost < 8 || !strings.Contains(l.Detail, "t2.micro") {
		t.Errorf("%+v", l)
	}
	if s := found[stopped.ID]; s.Running || !s.CostKnown || s.MonthCost <= 0 || s.MonthCost > 2 {
		t.Errorf("a stopped one costs its disk: %+v", s)
	}
	if v := found[volume]; v.Kind != "volume" || v.Detail != "8 GB" || !v.CostKnown || v.MonthCost <= 0 || v.MonthCost > 2 {
		t.Errorf("%+v", v)
	}
	if g := found[group]; g.Kind != "security group" || g.Name != "left-other3" || !g.CostKnown || g.MonthCost != 0 {
		t.Errorf("%+v", g)
	}
	if k := found[pair]; k.Kind != "key pair" || k.Name != "left-other3" {
		t.Errorf("%+v", k)
	}
}

// A region that fails says so; the others are listed. No price is no failure.
func TestSweepGoesOnWithoutARegion(t *testing.T) {
	w := newWorld(t, noHosts)
	id := w.launchIn("eu-west-1", "other").ID
	w.rewrite(func(r *http.Request, answer []byte) []byte { return answer })
	w.SetFault(func(action string) *ec2sim.Fault {
		if strings.HasPrefix(action, "pricing:") {
			return &ec2sim.Fault{Code: "AccessDeniedException"}
		}
		return nil
	})
	w.failIn("us-west-2")
	found, failed := w.swept()
	if !slices.Equal(failed, []string{"us-west-2"}) {
		t.Errorf("failed: %v", failed)
	}
	if l := found[id]; len(found) != 1 || l.CostKnown || l.MonthCost != 0 {
		t.Errorf("%+v", found)
	}
}

// failIn has a region's EC2 refuse everything.
func (w *world) failIn(region string) { w.Through(refusing{w.Cloud.HTTPClient(), region}) }

type refusing struct {
	next   aws.HTTPDoer
	region string
}

func (c refusing) Do(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.Header.Get("Authorization"), "/"+c.region+"/ec2/") {
		return c.next.Do(r)
	}
	const body = `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors><RequestID>1</RequestID></Response>`
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// What was agreed to goes, and nothing else: not what lost its tag since, not
// what a setup has taken up, and not what nobody named.
func TestClearRemovesWhatWasAgreedTo(t *testing.T) {
	w := newWorld(t, noHosts)
	i := w.launchIn("eu-west-1", "other1")
	group, pair := w.leftGroup("eu-west-1", "other1"), w.leftKeyPair("eu-west-1", "other1")
	other := w.leftGroup("eu-west-1", "other2")
	untagged := w.leftKeyPair("ap-south-1", "other3")
	found, _ := w.swept()
	if len(found) != 5 {
		t.Fatalf("%+v", found)
	}
	w.call("ap-south-1", map[string]string{"Action": "DeleteTags", "ResourceId.1": untagged, "Tag.1.Key": engine.TagSetup})
	var what []steps.Leftover
	for _, id := range []string{pair, group, i.ID, untagged} { // the order is Clear's own
		what = append(what, found[id])
	}
	var mu sync.Mutex
	var told []string
	err := w.Guide().Clear(t.Context(), what, func(e steps.Event) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, fmt.Sprintf("%s %s", e.Kind, e.Text))
	})
	if err != nil {
		t.Fatal(err)
	}
	left, _ := w.swept()
	if got := slices.Collect(maps.Keys(left)); !slices.Equal(got, []string{other}) {
		t.Errorf("left: %v, want %s alone", got, other)
	}
	pairs, err := w.in("ap-south-1").KeyPairs(t.Context())
	if err != nil || len(pairs) != 1 {
		t.Errorf("what has no tag of ours was removed: %v, %v", pairs, err)
	}
	all := strings.Join(told, "\n")
	for _, want := range []string{i.ID + " is terminated", "security group left-other1 is removed", "key pair left-other1 is removed", "nothing was removed"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not told:\n%s", want, all)
		}
	}
}

// A failure is told and the others continue.
func TestClearGoesOnAfterAFailure(t *testing.T) {
	w := newWorld(t, noHosts)
	group, pair, elsewhere := w.leftGroup("eu-west-1", "other"), w.leftKeyPair("eu-west-1", "other"), w.leftGroup("ap-south-1", "other")
	found, _ := w.swept()
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:DeleteKeyPair" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	failures := 0
	err := w.Guide().Clear(t.Context(), slices.Collect(maps.Values(found)), func(e steps.Event) {
		if e.Kind == steps.Failed && e.Err != nil {
			failures++
		}
	})
	if p := steps.Explain(err); p.Kind != problem.Refused || failures != 1 {
		t.Errorf("%d failures, %+v", failures, p)
	}
	left, _ := w.swept()
	if _, there := left[pair]; len(left) != 1 || !there {
		t.Errorf("left %+v; %s and %s had to go", left, group, elsewhere)
	}
}

// A setup that came into the ledger after the sweep keeps what is its own.
func TestClearKeepsWhatASetupHasTakenUp(t *testing.T) {
	w := newWorld(t, noHosts)
	s, err := w.Guide().Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	group := w.leftGroup("us-east-1", s.ID)
	if found, _ := w.swept(); len(found) != 0 {
		t.Fatalf("a living setup's: %+v", found)
	}
	l := steps.Leftover{At: steps.Place{Region: "us-east-1"}, Kind: "security group", ID: group, SetupID: "old"}
	err = w.Guide().Clear(t.Context(), []steps.Leftover{l}, func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "It belongs to a setup of this computer" || !strings.Contains(p.Next.String(), "[remove "+s.Answers.Name+" ") {
		t.Errorf("%+v", p)
	}
	if ids, err := w.Region().GroupsByTag(t.Context(), map[string]string{engine.TagSetup: s.ID}); err != nil || len(ids) != 1 {
		t.Errorf("%v %v", ids, err)
	}
}

// A tag may say anything: it names no file outside of the ledger.
// Who agreed to the removal of a stopped machine did not agree to that of one
// which somebody has started since.
func TestClearKeepsWhatWasStartedSince(t *testing.T) {
	w := newWorld(t, noHosts)
	i := w.launchIn("us-east-1", "theirs")
	r := w.in("us-east-1")
	if _, err := r.Bring(t.Context(), i.ID, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.WaitState(t.Context(), i.ID, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	found, _ := w.swept()
	if l := found[i.ID]; l.Running || l.ID == "" {
		t.Fatalf("found %+v", l)
	}
	if _, err := r.Bring(t.Context(), i.ID, aws.StateRunning, nil); err != nil {
		t.Fatal(err)
	}
	err := w.Guide().Clear(t.Context(), []steps.Leftover{found[i.ID]}, func(steps.Event) {})
	if title(err) != "It has been started since" {
		t.Errorf("got %v", err)
	}
	if n := len(w.called("ec2:TerminateInstances")); n > 0 {
		t.Error("it was terminated")
	}
}

func TestSweepOfAHostileTag(t *testing.T) {
	w := newWorld(t, noHosts)
	id := w.leftKeyPair("us-east-1", "../x\x1b[31m")
	found, _ := w.swept()
	if l, ok := found[id]; !ok || strings.ContainsRune(l.SetupID+l.Name+l.Setup, '\x1b') {
		t.Fatalf("%+v", found)
	}
	if err := w.Guide().Clear(t.Context(), []steps.Leftover{found[id]}, func(steps.Event) {}); err != nil {
		t.Error(err)
	}
}
