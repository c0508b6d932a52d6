package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// promise is one thing that a call of package aws must do in every cloud.
type promise struct {
	call string // a method of *aws.Account or *aws.Regional
	must string
	// kept answers in what the cloud falls short of it, or nil.
	kept func(ctx context.Context, c *cloud) error
}

func (p promise) String() string { return p.call + " must " + p.must }

func promises() []promise {
	return slices.Concat(
		accountPromises(), refusalPromises(), placePromises(), keyPromises(), groupPromises(), launchPromises(), instancePromises(),
		fleetPromises(), changePromises(), rulePromises(), ownImagePromises(), ownNetworkPromises(), ownLaunchPromises())
}

// difference is a promise that one of the clouds is known not to keep.
type difference struct {
	cloud  string // "ec2sim" or "moto"
	breaks string // the promise's String
	seen   string // part of each thing that it does instead
	why    string
	doc    string // AWS's documentation that it goes against
}

// covers reports whether all that was found is the known difference.
func (d difference) covers(found error) bool {
	for line := range strings.Lines(found.Error()) {
		if !strings.Contains(line, d.seen) {
			return false
		}
	}
	return true
}

// And what package aws asked while it kept its promises, it must be allowed.
func TestEC2Sim(t *testing.T) {
	made, kept := &calls{}, 0
	for _, p := range promises() {
		t.Run(p.call+"/"+p.must, func(t *testing.T) {
			kept++
			synctest.Test(t, func(t *testing.T) {
				judge(t, "ec2sim", p, p.kept(t.Context(), embedded(t, made)))
			})
		})
	}
	made.allowed(t, kept == len(promises()))
}

func TestMoto(t *testing.T) {
	if testing.Short() {
		t.Skip("asks moto everything")
	}
	m := StartMoto(t)
	for _, p := range promises() {
		t.Run(p.call+"/"+p.must, func(t *testing.T) {
			judge(t, "moto", p, p.kept(t.Context(), emulated(t, m)))
		})
	}
}

// judge holds what was found against what is known.
func judge(t *testing.T, in string, p promise, found error) {
	t.Helper()
	all := differences()
	known := slices.IndexFunc(all, func(d difference) bool { return d.cloud == in && d.breaks == p.String() })
	switch {
	case known < 0 && found != nil:
		t.Errorf("%s: %v", p, found)
	case known >= 0 && found == nil:
		t.Errorf("%s keeps the promise now that %s: take the difference off the list", in, p)
	case known >= 0 && !all[known].covers(found):
		t.Errorf("%s: %v\nknown is only this difference: %s", p, found, all[known].seen)
	case known >= 0:
		t.Logf("known: %v (%s)", found, all[known].why)
	}
}

// Every exported call has a promise, and nothing else has.
func TestEveryCallIsPromisedSomething(t *testing.T) {
	calls := map[string]bool{}
	for _, of := range []reflect.Type{reflect.TypeFor[*aws.Account](), reflect.TypeFor[*aws.Regional]()} {
		for n := range of.NumMethod() {
			calls[of.Method(n).Name] = false
		}
	}
	delete(calls, "CredentialsFailed") // it asks nobody
	seen := map[string]bool{}
	for _, p := range promises() {
		if _, ok := calls[p.call]; !ok {
			t.Errorf("%s: there is no such call", p)
		}
		if seen[p.String()] {
			t.Errorf("%s: promised twice", p)
		}
		calls[p.call], seen[p.String()] = true, true
	}
	for call, promised := range calls {
		if !promised {
			t.Errorf("nothing is promised of %s", call)
		}
	}
}

// A difference is one of a promise, and says why and against what.
func TestDifferencesAreWhole(t *testing.T) {
	var known, once []string
	for _, p := range promises() {
		known = append(known, p.String())
	}
	for _, d := range differences() {
		if !slices.Contains(known, d.breaks) {
			t.Errorf("%s: nothing is promised like that: %s", d.cloud, d.breaks)
		}
		if d.seen == "" || d.why == "" || !strings.HasPrefix(d.doc, "https://") || d.cloud != "ec2sim" && d.cloud != "moto" {
			t.Errorf("not whole: %+v", d)
		}
		if name := d.cloud + d.breaks; slices.Contains(once, name) {
			t.Errorf("listed twice: %s", d.breaks)
		} else {
			once = append(once, name)
		}
	}
}

// refused says in what err is not AWS's refusal with one of the codes.
func refused(err error, codes ...string) error {
	var e *aws.Error
	switch {
	case err == nil:
		return fmt.Errorf("it is done, want %s", strings.Join(codes, " or "))
	case !errors.As(err, &e):
		return fmt.Errorf("got no *aws.Error: %w", err)
	case !slices.Contains(codes, e.Code):
		return fmt.Errorf("refused with %w, want %s", err, strings.Join(codes, " or "))
	}
	return nil
}

// explained is refused, and says as well in what the error is not explained
// under that title.
func explained(err error, kind, title string, codes ...string) error {
	if err := refused(err, codes...); err != nil {
		return err
	}
	var e *aws.Error
	errors.As(err, &e)
	p := e.Problem()
	return errors.Join(same("kind", string(p.Kind), kind), same("title", p.Title, title), that(p.Text != "" && !p.Next.Empty(), "nothing to do next"))
}

// same says that two values differ.
func same[T any](what string, got, want T) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s: got %+v, want %+v", what, got, want)
}

// that says what does not hold.
func that(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}
