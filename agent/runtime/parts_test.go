package runtime_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/broker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// slowly answers with its input in capitals after a while, unless it is stopped.
type slowly struct {
	after time.Duration
	mu    *sync.Mutex
	done  *[]string // what came of each task
}

func (slowly) Name() string                                { return "slowly" }
func (s slowly) Make(worker.Config) (worker.Worker, error) { return s, nil }

func (s slowly) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	end := "done"
	select {
	case <-ctx.Done():
		end = "stopped"
	case <-time.After(s.after):
	}
	s.mu.Lock()
	*s.done = append(*s.done, end)
	s.mu.Unlock()
	if ctx.Err() != nil {
		return worker.Result{}, worker.ErrTimeout
	}
	b, err := io.ReadAll(t.Input)
	if err == nil {
		_, err = out.Write([]byte(strings.ToUpper(string(b))))
	}
	return worker.Result{Type: "text/plain"}, err
}

// row is a buyer, a broker and a hand; the hand takes its time.
type row struct {
	buyer, broker, hand *seat
	slow                slowly
}

func newRow(t *testing.T, after time.Duration, brokerSettings map[string]string, change ...func(*gateway.OfferDraft)) *row {
	t.Helper()
	hub := newHub(t)
	r := &row{slow: slowly{after, new(sync.Mutex), new([]string)}}
	r.buyer, r.broker, r.hand = newSeat(t, hub, 1), newSeat(t, hub, 2, broker.Maker{}), newSeat(t, hub, 3, r.slow)
	for _, s := range []*seat{r.buyer, r.broker, r.hand} {
		s.up()
	}
	for _, c := range []string{"text/upper@1", "text/again@1"} {
		if _, err := r.hand.peer.AddOffer(t.Context(), gateway.OfferDraft{
			Capability: c, Price: wire.Units(5), Asset: asset, Technology: "slowly", OutputType: "text/plain",
		}); err != nil {
			t.Fatal(err)
		}
	}
	meet(t, r.hand.peer, r.broker.peer)
	meet(t, r.broker.peer, r.buyer.peer)
	draft := gateway.OfferDraft{
		Capability: "text/brief@1", Price: wire.Units(30), Asset: asset, Technology: "broker", Settings: brokerSettings,
		PassOn: true, RerunSafe: true, DeliverMS: 30 * 60_000,
	}
	for _, f := range change {
		f(&draft)
	}
	if _, err := r.broker.peer.AddOffer(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	pass(time.Second)
	return r
}

func (r *row) down() {
	for _, s := range []*seat{r.buyer, r.broker, r.hand} {
		s.down()
	}
}

func both() map[string]string {
	return map[string]string{"hire": "text/upper@1,text/again@1", "budget": "5"}
}

func (r *row) hire(t *testing.T, change ...func(*gateway.Order)) {
	t.Helper()
	may := true
	o := gateway.Order{Key: "brief", Capability: "text/brief@1", Class: "internal", PassOn: &may, InputType: "text/plain"}
	for _, f := range change {
		f(&o)
	}
	if _, err := r.buyer.peer.Hire(t.Context(), o, strings.NewReader("a brief")); err != nil {
		t.Fatal(err)
	}
}

// parts returns the broker's side of the buyer's job.
func (r *row) parts(t *testing.T) gateway.Job {
	t.Helper()
	j, err := r.buyer.current().Job(t.Context(), "brief")
	if err == nil {
		j, err = r.broker.current().Job(t.Context(), j.ID.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestBrokerHiresPartAfterPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRow(t, 10*time.Second, both())
		defer r.down()
		r.hire(t)
		// Not public: had the parts been given more freely than it was given, they were refused.
		if j, out := settled(t, r.buyer.peer, "brief"); !j.OK || out != "A BRIEF" || j.Paid != wire.Units(30) || j.Result.Type != "text/plain" {
			t.Fatalf("%+v, %q", j, out)
		}
		pass(time.Minute)
		j := r.parts(t)
		if len(j.Parts) != 2 || !j.Parts[0].OK || !j.Parts[1].OK || j.Parts[0].Capability != "text/upper@1" || j.Parts[1].Paid != wire.Units(5) {
			t.Errorf("parts %+v", j.Parts)
		}
		for _, x := range j.Parts {
			seen, err := r.hand.peer.Job(t.Context(), x.ID.String())
			if err != nil || seen.Parent != j.ID || seen.ParentStage != "" || len(seen.Parts) != 0 {
				t.Errorf("the hand sees %+v, %v", seen, err)
			}
			own, err := r.broker.peer.Job(t.Context(), x.Key)
			if err != nil || own.Parent != j.ID || own.ParentStage != "settled" {
				t.Errorf("the broker sees %+v, %v", own, err)
			}
		}
		// A day later nothing of the payload is left with either of those who worked.
		quiet(t, 26*time.Hour, r.broker, r.hand)
		if n, m := r.broker.vault.count(), r.hand.vault.count(); n != 0 || m != 0 {
			t.Errorf("%d artefacts are left with the broker and %d with the hand", n, m)
		}
	})
}

// Two jobs at once have parts of the same places, and neither gets the other's.
func TestBrokerWithTwoJobsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRow(t, 10*time.Second, both())
		defer r.down()
		inputs := map[string]string{"one": "a brief", "two": "another"}
		for key, input := range inputs {
			if _, err := r.buyer.peer.Hire(t.Context(), gateway.Order{Key: key, Capability: "text/brief@1"}, strings.NewReader(input)); err != nil {
				t.Fatal(err)
			}
		}
		for key, input := range inputs {
			if j, out := settled(t, r.buyer.peer, key); !j.OK || out != strings.ToUpper(input) {
				t.Errorf("%s: %s (%s), %q", key, j.Stage, j.Code, out)
			}
		}
		pass(time.Minute)
		if owed := position(t, r.hand, r.broker).OwedToMe; owed != wire.Units(20) {
			t.Errorf("the hand is owed %s", owed)
		}
	})
}

// Work that is done again after a crash finds the parts that it ordered before.
func TestBrokerRestartsInTheMiddleOfAPart(t *testing.T) {
	for _, at := range []time.Duration{5 * time.Second, 15 * time.Second} { // in the first part, in the second
		synctest.Test(t, func(t *testing.T) {
			r := newRow(t, 10*time.Second, both())
			defer r.down()
			r.hire(t)
			pass(at)
			r.broker.restart()
			meet(t, r.hand.peer, r.broker.peer)
			meet(t, r.broker.peer, r.buyer.peer)
			if j, out := settled(t, r.buyer.peer, "brief"); !j.OK || out != "A BRIEF" {
				t.Fatalf("%s: %+v, %q", at, j, out)
			}
			pass(time.Minute)
			if j := r.parts(t); len(j.Parts) != 2 || !j.Parts[0].OK || !j.Parts[1].OK {
				t.Errorf("%s: parts %+v", at, j.Parts)
			}
			if got := fmt.Sprint(*r.slow.done); got != "[done done]" {
				t.Errorf("%s: the hand worked %s", at, got)
			}
			if owed := position(t, r.hand, r.broker).OwedToMe; owed != wire.Units(10) {
				t.Errorf("%s: the hand is owed %s", at, owed)
			}
		})
	}
}

// Cut off, by its hirer or its deadline, the work leaves no part running.
func TestPartsEndWithTheWork(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, r *row){
		"withdrawn": func(t *testing.T, r *row) {
			if _, err := r.buyer.peer.Cancel(t.Context(), "brief"); err != nil {
				t.Fatal(err)
			}
		},
		"the broker restarts and may not do it again": func(t *testing.T, r *row) {
			r.broker.restart()
			meet(t, r.hand.peer, r.broker.peer)
			meet(t, r.broker.peer, r.buyer.peer)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRow(t, 9*time.Minute, both(), func(d *gateway.OfferDraft) { d.RerunSafe = false })
				defer r.down()
				r.hire(t)
				pass(time.Minute)
				end(t, r)
				if j, _ := settled(t, r.buyer.peer, "brief"); j.OK || j.Stage != "cancelled" {
					t.Errorf("the job is %s", j.Stage)
				}
				pass(time.Minute)
				j := r.parts(t)
				if len(j.Parts) != 1 || j.Parts[0].Stage != "cancelled" || j.Parts[0].Code != protocol.CodeWithdrawn || !j.Parts[0].Paid.IsZero() {
					t.Errorf("parts %+v", j.Parts)
				}
				if got := fmt.Sprint(*r.slow.done); got != "[stopped]" {
					t.Errorf("the hand's work: %s", got)
				}
			})
		})
	}
}

// A part that nobody delivers is over before the work it belongs to is.
func TestPartThatFailsFailsTheWork(t *testing.T) {
	for name, set := range map[string]map[string]string{
		"too dear":    {"hire": "text/upper@1", "budget": "4"},
		"not offered": {"hire": "text/upper@1,text/nobody@1"},
		"too slow":    {"hire": "text/upper@1"},
		// A part costs 5 and the whole 30: after six of them nothing is left for the seventh.
		"for nothing": {"hire": strings.Repeat("text/upper@1,text/again@1,", 3) + "text/upper@1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				after := 10 * time.Second
				if name == "too slow" {
					after = time.Hour // it promised ten minutes
				}
				r := newRow(t, after, set)
				defer r.down()
				r.hire(t)
				if j, _ := settled(t, r.buyer.peer, "brief"); j.OK || j.Code != protocol.CodeWorkFailed || !j.Paid.IsZero() {
					t.Errorf("%+v", j)
				}
				quiet(t, 2*24*time.Hour, r.broker, r.hand)
				if j := r.parts(t); !strings.Contains(j.Detail, "part") || !strings.Contains(j.Detail, "text/") {
					t.Errorf("the broker's owner is told %q", j.Detail)
				}
			})
		})
	}
}

// An order for a part that cannot be says what it is about, and keeps nothing.
func TestDeskRefusesAPartOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRow(t, time.Second, both())
		defer r.down()
		r.hire(t)
		settled(t, r.buyer.peer, "brief")
		pass(time.Minute)
		over := r.parts(t)
		had := r.broker.vault.count()
		for parent, want := range map[wire.CID]protocol.Code{
			over.ID:                   protocol.CodeLate,
			over.Parts[0].ID:          gateway.CodeNotFound,
			wire.Sum([]byte("other")): gateway.CodeNotFound,
		} {
			_, err := r.broker.peer.Hire(t.Context(), gateway.Order{
				Key: "x", Capability: "text/upper@1", Parent: parent,
			}, strings.NewReader("x"))
			if e := gateway.AsError(err); e.Code != want || e.Hint == "" {
				t.Errorf("%s: %+v, want %s", parent, e, want)
			}
		}
		if n := r.broker.vault.count(); n != had {
			t.Errorf("%d artefacts were kept", n-had)
		}
	})
}
