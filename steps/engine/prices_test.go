package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

const askPrices = "pricing:GetProducts"

// Prices that were had once are there at once the next time, with their age, on
// the review, the types' page and the list; AWS is asked for those that are not
// from today, and nobody waits for it.
func TestPricesAreKept(t *testing.T) {
	w := newWorld(t, noHosts)
	at := steps.Place{Region: "us-east-1"}
	review := func(later time.Duration) steps.Review {
		t.Helper()
		r, err := ahead(w, later).Review(t.Context(), enginetest.Answers())
		if err != nil || !r.Cost.Known {
			t.Fatalf("%+v, %v", r.Cost, err)
		}
		w.Idle()
		return r
	}
	first := review(0)
	w.Forget()
	if again := review(time.Hour); again.Cost != first.Cost || len(w.Calls()[askPrices]) != 0 {
		t.Errorf("an hour later it costs %+v, and AWS is asked %d times", again.Cost, len(w.Calls()[askPrices]))
	}
	old := review(50 * time.Hour)
	if !old.Cost.At.Equal(first.Cost.At) || len(w.Calls()[askPrices]) == 0 {
		t.Errorf("two days later the price is of %s, and AWS is asked %d times", old.Cost.At, len(w.Calls()[askPrices]))
	}
	w.Forget()
	if fresh := review(51 * time.Hour); !fresh.Cost.At.After(first.Cost.At) || len(w.Calls()[askPrices]) != 0 {
		t.Errorf("after that the price is of %s, and AWS is asked %d times", fresh.Cost.At, len(w.Calls()[askPrices]))
	}
	// One type is not all types.
	for range 2 {
		all, err := ahead(w, 51*time.Hour).Prices(t.Context(), at)
		if err != nil || len(all.Hour) < 3 || all.GP3 == 0 {
			t.Fatalf("%+v, %v", all, err)
		}
	}
	if n := len(w.Calls()[askPrices]); n == 0 || n > 2 {
		t.Errorf("for all types, asked for twice, AWS is asked %d times", n)
	}
}

// What is asked for in the background is nobody's waiting time.
func TestOldPricesAreAskedForOutOfTheMeter(t *testing.T) {
	w := newWorld(t, noHosts)
	at := steps.Place{Region: "us-east-1"}
	if _, err := w.Guide().Prices(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	clock := await.NewClock(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
	w.Forget()
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == askPrices {
			clock.Pass(time.Minute)
		}
		return nil
	})
	m := timing.New(clock.Now)
	ctx := timing.With(t.Context(), m)
	timing.Begin(ctx, "review")
	if _, err := ahead(w, 50*time.Hour).Prices(ctx, at); err != nil {
		t.Fatal(err)
	}
	w.Idle()
	if len(w.Calls()[askPrices]) == 0 {
		t.Fatal("AWS was not asked")
	}
	if sum := timing.Sum(m.Steps()); sum.Wall == 0 || sum.Waited(timing.AWS) != 0 {
		t.Errorf("%s of %s are AWS's", sum.Waited(timing.AWS), sum.Wall)
	}
}

// ahead is a program on that computer with a clock that is ahead.
func ahead(w *world, by time.Duration) *engine.Guide {
	return w.GuideAt(func() time.Time { return time.Now().Add(by) })
}

// A price that AWS does not tell any more is used for a month, and then unknown.
func TestKeptPricesWithoutAWS(t *testing.T) {
	w := newWorld(t, noHosts)
	if _, err := w.Guide().Review(t.Context(), enginetest.Answers()); err != nil {
		t.Fatal(err)
	}
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == askPrices {
			return &ec2sim.Fault{Code: "AccessDeniedException"}
		}
		return nil
	})
	for _, c := range []struct {
		later time.Duration
		known bool
	}{{29 * 24 * time.Hour, true}, {31 * 24 * time.Hour, false}} {
		r, err := ahead(w, c.later).Review(t.Context(), enginetest.Answers())
		if err != nil || r.Cost.Known != c.known {
			t.Errorf("%s later: %+v, %v", c.later, r.Cost, err)
		}
		w.Idle()
	}
}

// What is not a file of kept prices counts for nothing, and is replaced.
func TestBrokenKeptPricesAreReplaced(t *testing.T) {
	for name, breaks := range map[string]func(path string) error{
		"cut off":        func(path string) error { return os.Truncate(path, 40) },
		"empty":          func(path string) error { return os.Truncate(path, 0) },
		"another region": func(path string) error { return rewrite(path, "us-east-1", "eu-west-1") },
		"another form":   func(path string) error { return rewrite(path, `"version":1`, `"version":9`) },
		"for nothing":    func(path string) error { return rewrite(path, `"usd":0.0`, `"usd":-0.0`) },
		"too long":       func(path string) error { return rewrite(path, "\n", strings.Repeat(" ", 2<<20)) },
		"others write":   func(path string) error { return os.Chmod(path, 0o666) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, noHosts)
			path := filepath.Join(w.Dir, "prices", "us-east-1.json")
			first, err := w.Guide().Review(t.Context(), enginetest.Answers())
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("%v, %v", info, err)
			}
			if err := breaks(path); err != nil {
				t.Fatal(err)
			}
			w.Forget()
			for n := range 2 {
				r, err := w.Guide().Review(t.Context(), enginetest.Answers())
				if err != nil || r.Cost.Hour != first.Cost.Hour {
					t.Errorf("%+v, %v", r.Cost, err)
				}
				if asked := len(w.Calls()[askPrices]); asked != 2 { // the disk, the type
					t.Errorf("look %d: AWS is asked %d times", n, asked)
				}
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
		})
	}
}

func rewrite(path, from, to string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.ReplaceAll(string(b), from, to)), 0o600)
}

// The list takes a machine's price from what is kept, with its first answer; a
// setup whose price is old gets the new one.
func TestTheListHasKeptPrices(t *testing.T) {
	w, _, s := launchedSetup(t)
	account, err := w.Open(t.Context(), aws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	launched(t, account.In("us-east-1"), "theirs", "theirs")
	prices, err := w.Guide().Prices(t.Context(), steps.Place{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	want := steps.CostOf(prices, s.Answers.Type, s.Answers.DiskGB) // the setup may have been launched before it had a price
	machines, answers := surveyed(t, w.Guide())
	for _, a := range answers {
		for _, m := range a.Machines {
			if !m.Cost.Known {
				t.Errorf("%s comes without a price first", m.ID)
			}
		}
	}
	if m := machines["theirs"]; m.Cost.At.IsZero() {
		t.Errorf("%+v", m.Cost)
	}
	now := func() time.Time { return time.Now().Add(72 * time.Hour) }
	machines, _ = surveyed(t, w.GuideAt(now))
	if age := machines[s.ID].Money(now()).PriceAge; age < 71*time.Hour {
		t.Errorf("the price is said to be %s old", age)
	}
	w.Idle() // the new ones are there
	machines, _ = surveyed(t, w.GuideAt(now))
	if age := machines[s.ID].Money(now()).PriceAge; age > time.Hour {
		t.Errorf("the new price is said to be %s old", age)
	}
	if kept := w.Only().Cost; now().Sub(kept.At) > time.Hour || !kept.Known || kept.Hour != want.Hour {
		t.Errorf("the ledger has %+v", kept)
	}
}
