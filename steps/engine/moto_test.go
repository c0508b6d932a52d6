package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/contract"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// newMotoWorld is a world whose EC2 is moto, which nobody here wrote. Its
// machines are given embedded hosts; for what else moto is not AWS in, see
// aws/contract.
func newMotoWorld(t *testing.T, m *contract.Moto) *world {
	t.Helper()
	m.Reset(t)
	m.Furnish(t)
	rooms := &rooms{hosts: newHosts(t), at: map[string]ec2sim.Host{}, given: map[string][]byte{}}
	w := &world{enginetest.Before(t, func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		o.Profile, o.Endpoint = "", &aws.Endpoint{URL: m.URL, AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}
		c, err := engine.OpenAWS(ctx, o)
		return motoCloud{c, m, rooms}, err
	}), t}
	w.Ask = nobody(t)
	return w
}

// motoCloud is moto with what it lacks.
type motoCloud struct {
	engine.Cloud
	moto  *contract.Moto
	rooms *rooms
}

// MyAddress is one, since moto has no checkip.amazonaws.com.
func (motoCloud) MyAddress(context.Context) (string, error) { return "198.51.100.7", nil }

func (c motoCloud) In(region string) engine.CloudRegion {
	return motoRegion{c.Cloud.In(region), c}
}

type motoRegion struct {
	engine.CloudRegion
	cloud motoCloud
}

// Launch keeps what the machine is given for its host.
func (r motoRegion) Launch(ctx context.Context, s aws.LaunchSpec) (aws.Instance, error) {
	i, err := r.CloudRegion.Launch(ctx, s)
	if err == nil {
		r.cloud.rooms.give(i.ID, s.UserData)
	}
	return i, err
}

// Instance gives a running machine the address of its host instead of moto's,
// which leads nowhere.
func (r motoRegion) Instance(ctx context.Context, id string) (aws.Instance, error) {
	i, err := r.CloudRegion.Instance(ctx, id)
	return r.housed(ctx, i, err)
}

func (r motoRegion) Known(ctx context.Context, ids ...string) ([]aws.Instance, error) {
	list, err := r.CloudRegion.Known(ctx, ids...)
	for n := range list {
		if list[n], err = r.housed(ctx, list[n], err); err != nil {
			return nil, err
		}
	}
	return list, err
}

func (r motoRegion) Bring(ctx context.Context, id string, want aws.State, each func(aws.Instance)) (aws.Instance, error) {
	i, err := r.CloudRegion.Bring(ctx, id, want, each)
	return r.housed(ctx, i, err)
}

func (r motoRegion) WaitState(ctx context.Context, id string, want aws.State, each func(aws.Instance)) (aws.Instance, error) {
	i, err := r.CloudRegion.WaitState(ctx, id, want, each)
	return r.housed(ctx, i, err)
}

func (r motoRegion) housed(ctx context.Context, i aws.Instance, err error) (aws.Instance, error) {
	if err != nil || i.State != aws.StateRunning {
		return i, err
	}
	pairs, err := r.KeyPairs(ctx)
	if err != nil {
		return i, err
	}
	n := slices.IndexFunc(pairs, func(k aws.KeyPair) bool { return k.Name == i.KeyName })
	if n < 0 {
		return i, fmt.Errorf("%s runs with the key pair %q, which is not there", i.ID, i.KeyName)
	}
	host, err := r.cloud.rooms.of(ctx, i.ID, pairs[n].PublicKey)
	i.PublicIP, i.PublicDNS = host.PublicIP, host.PublicDNS
	i.Tags = maps.Clone(i.Tags)
	i.Tags[ec2sim.SSHPortTag] = strconv.Itoa(host.SSHPort)
	return i, err
}

// Prices are unknown: moto has no Pricing service, and the SDK would try for seconds.
func (r motoRegion) Prices(context.Context, ...string) (aws.Prices, error) {
	return aws.Prices{}, errors.New("moto has no prices")
}

// DeleteKeyPair deletes by name, which is all that moto can do.
func (r motoRegion) DeleteKeyPair(ctx context.Context, id string) error {
	pairs, err := r.KeyPairs(ctx)
	for _, k := range pairs {
		if k.ID == id {
			err = r.cloud.moto.DeleteKeyPair(ctx, k.Name)
		}
	}
	return err
}

// rooms are the hosts of moto's machines.
type rooms struct {
	hosts *hosts
	mu    sync.Mutex
	at    map[string]ec2sim.Host
	given map[string][]byte // user data, by instance ID
}

func (r *rooms) give(id string, userData []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.given[id] = userData
}

func (r *rooms) of(ctx context.Context, id, publicKey string) (ec2sim.Host, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if host, ok := r.at[id]; ok {
		return host, nil
	}
	host, err := r.hosts.Launch(ctx, ec2sim.HostSpec{InstanceID: id, Index: 2, AuthorizedKeys: []string{publicKey}, UserData: r.given[id]})
	if err == nil {
		r.at[id] = host
	}
	return host, err
}

// The guide against an EC2 that nobody here wrote: its questions, its review,
// its work up to the login, gone through again from where it stands, and its
// removal.
func TestTheGuideOnMoto(t *testing.T) {
	if testing.Short() {
		t.Skip("asks moto")
	}
	m := contract.StartMoto(t)
	t.Run("questions", func(t *testing.T) { newMotoWorld(t, m).asksEverything(enginetest.Answers()) })
	for _, source := range []steps.KeySource{steps.KeyMadeHere, steps.KeyMadeByEC2} {
		t.Run(string(source), func(t *testing.T) {
			w, a := newMotoWorld(t, m), enginetest.Answers()
			a.Key.Source = source
			if err := w.until(t.Context(), w.Guide(), a, steps.StepConnect); err != nil {
				t.Fatal(err)
			}
			s := w.isAsAnswered(a)
			w.goesOn(a, s)
			if err := w.Guide().Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
				t.Fatal(err)
			}
			w.nothingLeft(s)
		})
	}
}

// asksEverything goes through the question pages and the review.
func (w *world) asksEverything(a steps.Answers) {
	w.t.Helper()
	ctx, g, at := w.t.Context(), w.Guide(), steps.Place{Region: a.Region}
	account, err := g.SignIn(ctx, "")
	if err != nil || account.Identity.Account == "" || len(account.Regions) < 17 || account.Home != a.Region {
		w.t.Errorf("account %+v: %v", account, err)
	}
	if types, err := g.Types(ctx, at); err != nil || steps.DefaultTypeFor(types) == "" {
		w.t.Errorf("%d types: %v", len(types), err)
	}
	if keys, err := g.Keys(ctx, at); err != nil || len(keys) < 2 {
		w.t.Errorf("keys %+v: %v", keys, err)
	}
	v, err := g.Review(ctx, a)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(v.Problems) != 0 || v.ImageID == "" || v.MyAddress == "" || len(v.Permissions) < 3 || v.Cost.Known {
		w.t.Errorf("review %+v", v)
	}
	for _, p := range v.Permissions {
		if !p.Known || !p.Allowed {
			w.t.Errorf("permission %+v", p)
		}
	}
}

// isAsAnswered looks at what came of the answers, beside the guide.
func (w *world) isAsAnswered(a steps.Answers) steps.Setup {
	w.t.Helper()
	setups, err := w.Guide().Setups(w.t.Context())
	if err != nil || len(setups) != 1 {
		w.t.Fatalf("%d setups: %v", len(setups), err)
	}
	s := setups[0]
	found, err := w.Region().Find(w.t.Context(), map[string]string{engine.TagSetup: s.ID})
	if err != nil || len(found) != 1 {
		w.t.Fatalf("%d machines: %v", len(found), err)
	}
	i := found[0]
	if i.ID != s.Resources.InstanceID || i.Type != a.Type || i.State != aws.StateRunning || i.KeyName != s.Resources.KeyPairName ||
		!slices.Equal(i.GroupIDs, []string{s.Resources.GroupID}) || !strings.HasPrefix(i.ClientToken, "jupyter-ec2-"+s.ID) {
		w.t.Errorf("machine %+v of setup %+v", i, s)
	}
	return s
}

// goesOn runs the guide again after a stop elsewhere, in another mode: the
// same machine is started.
func (w *world) goesOn(a steps.Answers, s steps.Setup) {
	w.t.Helper()
	ctx, id := w.t.Context(), s.Resources.InstanceID
	if _, err := w.Region().Bring(ctx, id, aws.StateStopped, nil); err != nil {
		w.t.Fatal(err)
	}
	a.Mode = steps.ModeHTTP
	if err := w.until(ctx, w.Guide(), a, steps.StepConnect); err != nil {
		w.t.Fatal(err)
	}
	if again := w.isAsAnswered(a); again.Resources.InstanceID != id || again.Resources.Launches != 1 {
		w.t.Errorf("another machine: %+v after %s", again.Resources, id)
	}
}
