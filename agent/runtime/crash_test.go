package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

var errPower = errors.New("power cut")

// fuse cuts the power at one record of a journal: before it is durable, or
// after, so that its effects are never carried out.
type fuse struct {
	store.Journal
	at     uint64
	before bool
	next   uint64
}

func (f *fuse) Append(record []byte, durable func(error)) uint64 {
	f.next++
	if f.at == 0 || f.next < f.at {
		return f.Journal.Append(record, durable)
	}
	if f.before || f.next > f.at {
		go durable(errPower)
		return f.next
	}
	return f.Journal.Append(record, func(error) { durable(errPower) })
}

// counted is a worker that counts how often it works, and takes its time.
type counted struct {
	done *atomic.Int64
	time time.Duration
}

func (counted) Name() string { return "counted" }

func (c counted) Make(worker.Config) (worker.Worker, error) { return c, nil }

func (c counted) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	c.done.Add(1)
	timer := time.NewTimer(c.time)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return worker.Result{}, ctx.Err()
	}
	n, err := io.Copy(out, t.Input)
	return worker.Result{Type: "text/plain", Units: uint64(n)}, err
}

// TestPowerCut cuts the power of either side at each record of a job, before
// and after the record is durable, and starts it again. Whatever happens, the
// job ends in one final state on both sides, is charged at most once, and the
// work is done at most once unless the offer allows more.
func TestPowerCut(t *testing.T) {
	for _, rerun := range []bool{false, true} {
		for _, ask := range []bool{false, true} {
			for _, buyer := range []bool{false, true} {
				for _, before := range []bool{false, true} {
					cut(t, rerun, ask, buyer, before)
				}
			}
		}
	}
}

func cut(t *testing.T, rerun, ask, buyer, before bool) {
	name := fmt.Sprintf("rerun=%v/ask=%v/buyer=%v/before=%v", rerun, ask, buyer, before)
	t.Run(name, func(t *testing.T) {
		for at := uint64(2); ; at++ {
			blown, what := false, ""
			synctest.Test(t, func(t *testing.T) {
				pass := func(d time.Duration) { time.Sleep(d) } // the bubble's time
				blown, what = powerCut(t, pass, at, rerun, ask, buyer, before)
			})
			if t.Failed() {
				t.Fatalf("cut at record %d: %s", at, what)
			}
			if !blown {
				if at < 5 {
					t.Errorf("the story had only %d records to cut at", at)
				}
				return
			}
			t.Logf("cut at record %d: %s", at, what)
		}
	})
}

func powerCut(t *testing.T, pass func(time.Duration), at uint64, rerun, ask, buyer, before bool) (blown bool, what string) {
	hub := newHub(t)
	var done atomic.Int64
	a := newSeat(t, hub, 1, counted{&done, 3 * time.Second})
	b := newSeat(t, hub, 2)
	victim := a
	if buyer {
		victim = b
	}
	f := &fuse{at: at, before: before}
	victim.wrap = func(j store.Journal) store.Journal { f.Journal = j; return f }
	a.up()
	b.up()
	offer := words(5)
	offer.Technology, offer.Settings, offer.Ask, offer.RerunSafe = "counted", nil, ask, rerun
	_, offerErr := a.peer.AddOffer(t.Context(), offer)
	if offerErr == nil {
		meet(t, a.peer, b.peer)
		_, _ = b.peer.Hire(t.Context(), gateway.Order{Key: "one", Capability: "text/words@1"}, strings.NewReader("one two"))
	}
	// Either the power is cut, or the job comes to its end.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		waitFinal(t.Context(), pass, b)
	}()
	select {
	case <-victim.peer.Done():
	case <-ended:
	}
	if err := victim.peer.Err(); err != nil { // both may have happened
		if !errors.Is(err, errPower) {
			t.Fatal(err)
		}
		blown = true
		victim.wrap = nil
		victim.restart()
	}
	if blown && offerErr == nil {
		if other := map[bool]*seat{true: a, false: b}[buyer]; other != nil {
			meet(t, other.peer, victim.peer)
		}
	}
	<-ended
	pass(5 * time.Minute) // let what follows the end be said; the hold may fall later
	what = verifyEnd(t, a, b, done.Load(), rerun)
	a.down()
	b.down()
	return blown, what
}

// waitFinal waits until the buyer's job has ended, over a restart of the buyer.
func waitFinal(ctx context.Context, pass func(time.Duration), b *seat) {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		p := b.current()
		j, err := p.Job(ctx, "one")
		if err == nil && j.Final {
			return
		}
		if err == nil {
			_, err = p.Await(ctx, "one", j.Stage)
		}
		var e *gateway.Error
		if errors.As(err, &e) && e.Code == gateway.CodeNotFound {
			return // the order was not durable
		}
		if err != nil {
			pass(time.Second)
		}
	}
}

// verifyEnd compares both sides' books and stages.
func verifyEnd(t *testing.T, a, b *seat, worked int64, rerun bool) string {
	t.Helper()
	ctx := t.Context()
	bought, err := b.current().Jobs(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	sold, err := a.current().Jobs(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if worked > 1 && !rerun {
		t.Errorf("the work was done %d times", worked)
	}
	if len(bought) == 0 {
		return "no order"
	}
	buy := bought[0]
	what := fmt.Sprintf("buyer %s (%s), worked %d", buy.Stage, buy.Code, worked)
	if !buy.Final {
		t.Errorf("the buyer's job is %s", buy.Stage)
	}
	if took := buy.Closed - min(buy.Closed, buy.Opened); took > 60_000 {
		t.Errorf("both were there, and the job took %d ms: a deadline ended it, not what was said", took)
	}
	if len(sold) == 1 {
		what += ", seller " + sold[0].Stage
		if !sold[0].Final || sold[0].Stage != buy.Stage {
			t.Errorf("the seller's job is %s, the buyer's %s", sold[0].Stage, buy.Stage)
		}
	}
	owed, owe := position(t, a, b), position(t, b, a)
	if owed.OwedToMe != owe.IOwe || owed.HeldForMe != owe.HeldByMe {
		t.Errorf("books differ: %+v and %+v", owed, owe)
	}
	want := wire.Amount{}
	if buy.Stage == "settled" {
		want = wire.Units(5)
	}
	if owe.IOwe != want {
		t.Errorf("%s, and the buyer owes %s", buy.Stage, owe.IOwe)
	}
	if buy.Stage != "settled" && rerun {
		t.Errorf("work that may be repeated ended %s", buy.Stage)
	}
	return what
}

func position(t *testing.T, of, with *seat) gateway.Pair {
	t.Helper()
	l, err := of.current().Ledger(t.Context(), with.agent.Key().String())
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Pairs) == 0 {
		return gateway.Pair{}
	}
	return l.Pairs[0]
}
