package runtime_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/memory"
)

// play is a worker for tests: it does what the first word of its setting "do" says.
type play struct{}

func (play) Name() string { return "play" }

func (play) Make(c worker.Config) (worker.Worker, error) {
	if c.Settings["do"] == "" {
		return nil, fmt.Errorf("%w: play what?", worker.ErrConfig)
	}
	return player(c.Settings["do"]), nil
}

type player string

func (p player) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	done := worker.Result{Type: "text/plain"}
	switch p {
	case "echo":
		_, err := io.Copy(out, t.Input)
		return done, err
	case "crash":
		return done, fmt.Errorf("%w: exit status 2", worker.ErrFailed)
	case "hang":
		<-ctx.Done()
		return done, worker.ErrTimeout
	case "flood":
		for {
			if _, err := out.Write(make([]byte, 1<<20)); err != nil {
				return done, err
			}
		}
	}
	return done, worker.ErrFailed
}

func plays(do string) gateway.OfferDraft {
	return gateway.OfferDraft{
		Capability: "text/words@1", Price: wire.Units(5), Asset: asset,
		Technology: "play", Settings: map[string]string{"do": do}, OutputType: "text/plain",
	}
}

// market is a seller, who is up with one offer, and a buyer.
func market(t *testing.T, offer gateway.OfferDraft) (seller, buyer *seat) {
	t.Helper()
	hub := newHub(t)
	seller, buyer = newSeat(t, hub, 1, play{}), newSeat(t, hub, 2)
	seller.up()
	buyer.up()
	if _, err := seller.peer.AddOffer(t.Context(), offer); err != nil {
		t.Fatal(err)
	}
	meet(t, seller.peer, buyer.peer)
	return seller, buyer
}

func (s *seat) hire(key, input string, change ...func(*gateway.Order)) {
	s.t.Helper()
	o := gateway.Order{Key: key, Capability: "text/words@1"}
	for _, f := range change {
		f(&o)
	}
	if _, err := s.peer.Hire(s.t.Context(), o, strings.NewReader(input)); err != nil {
		s.t.Fatal(err)
	}
}

// pass lets the time of the bubble pass.
func pass(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	<-ctx.Done()
}

// quiet lets a long time pass in which nobody sells: an offer is renewed every 100 s, and
// each time everybody judges it, for hours and days of a test that is about something else.
func quiet(t *testing.T, d time.Duration, seats ...*seat) {
	t.Helper()
	for _, s := range seats {
		offers, err := s.peer.Offers(t.Context())
		for _, o := range offers {
			err = errors.Join(err, s.peer.RemoveOffer(t.Context(), o.Capability))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	pass(d)
}

// codeOf returns the code of a door's refusal, which must come with a hint.
func codeOf(t *testing.T, err error) protocol.Code {
	t.Helper()
	var e *gateway.Error
	if err == nil {
		return ""
	}
	if !errors.As(err, &e) || e.Message == "" || e.Hint == "" {
		t.Errorf("an error without code, message and hint: %#v", err)
		return "?"
	}
	return e.Code
}

// TestWorkers: however a worker fails, the owner is shown the code, and nothing is owed.
func TestWorkers(t *testing.T) {
	for do, want := range map[string]protocol.Code{
		"crash": protocol.CodeWorkFailed, "hang": protocol.CodeWorkTimeout, "flood": protocol.CodeTooLarge,
	} {
		for _, size := range []int{10, 300 << 10} {
			t.Run(fmt.Sprint(do, size), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					offer := plays(do)
					offer.DeliverMS = 60_000
					seller, buyer := market(t, offer)
					defer seller.down()
					defer buyer.down()
					buyer.hire("one", strings.Repeat("x", size))
					j, _ := settled(t, buyer.peer, "one")
					if (j.Code != want || j.Stage != "cancelled") && (do != "hang" || j.Stage != "defaulted") {
						t.Errorf("%s (%s), want %s", j.Stage, j.Code, want)
					}
					quiet(t, 3*time.Hour, seller)
					if p := position(t, buyer, seller); p.IOwe != (wire.Amount{}) || p.HeldByMe != (wire.Amount{}) || p != mirrored(position(t, seller, buyer), p.Peer) {
						t.Errorf("ledgers %+v and %+v", p, position(t, seller, buyer))
					}
				})
			})
		}
	}
}

// mirrored is what the other side must have in its ledger.
func mirrored(p gateway.Pair, peer wire.Key) gateway.Pair {
	return gateway.Pair{Peer: peer, Asset: p.Asset, IOwe: p.OwedToMe, OwedToMe: p.IOwe, HeldByMe: p.HeldForMe, HeldForMe: p.HeldByMe}
}

// TestFailsOwnCheck: a provider whose result breaks the rule cancels rather than delivers.
func TestFailsOwnCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		offer := plays("echo")
		offer.Rule, offer.RuleParams = "size", `{"max_bytes":3}`
		seller, buyer := market(t, offer)
		defer seller.down()
		defer buyer.down()
		buyer.hire("one", "four")
		if j, _ := settled(t, buyer.peer, "one"); j.Code != protocol.CodeCheck || j.Stage != "cancelled" {
			t.Errorf("%s (%s)", j.Stage, j.Code)
		}
		buyer.hire("two", "abc")
		if j, out := settled(t, buyer.peer, "two"); !j.OK || out != "abc" {
			t.Errorf("%s (%s), %q", j.Stage, j.Code, out)
		}
	})
}

// TestLarge: inputs and results beyond what rides in a frame are fetched, public or not.
func TestLarge(t *testing.T) {
	for _, class := range []string{"public", "internal"} {
		for _, size := range []int{1, 256 << 10, 256<<10 + 1, 5 << 20} {
			synctest.Test(t, func(t *testing.T) {
				seller, buyer := market(t, plays("echo"))
				defer seller.down()
				defer buyer.down()
				in := strings.Repeat("0123456789abcdef", size/16+1)[:size]
				buyer.hire("one", in, func(o *gateway.Order) { o.Class = class })
				j, out := settled(t, buyer.peer, "one")
				if !j.OK || sha256.Sum256([]byte(out)) != sha256.Sum256([]byte(in)) {
					t.Errorf("%s input of %d bytes: %s (%s), result of %d bytes", class, size, j.Stage, j.Code, len(out))
				}
			})
		}
	}
}

// TestOrderTwice: an order said twice, at once or over a restart, is one job, and
// its result can be had again, even when the bytes are lost here.
func TestOrderTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seller, buyer := market(t, plays("echo"))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { buyer.hire("one", "hello") })
		}
		wg.Wait()
		j, out := settled(t, buyer.peer, "one")
		if !j.OK || out != "hello" {
			t.Fatalf("%s, %q", j.Stage, out)
		}
		pass(time.Second)
		buyer.restart()
		seller.restart()
		meet(t, seller.peer, buyer.peer)
		pass(5 * time.Second)
		buyer.hire("one", "hello")
		if jobs, err := buyer.peer.Jobs(t.Context(), 0); err != nil || len(jobs) != 1 {
			t.Fatalf("%d jobs, %v", len(jobs), err)
		}
		buyer.vault.lose()
		if _, out = settled(t, buyer.peer, "one"); out != "hello" {
			t.Errorf("fetched again: %q", out)
		}
		pass(25 * time.Hour) // the provider's retention is over
		buyer.vault.lose()
		_, _, err := buyer.peer.Result(t.Context(), "one")
		if code := codeOf(t, err); code != gateway.CodeNotFound {
			t.Errorf("after its retention: %v", err)
		}
		if n := seller.vault.count(); n != 0 {
			t.Errorf("%d artefacts are still in the provider's vault", n)
		}
		offers, err := seller.peer.Offers(t.Context())
		if err != nil || len(offers) != 1 {
			t.Errorf("offers after a restart: %v, %v", offers, err)
		}
		seller.down()
		buyer.down()
	})
}

// TestRefusals: what the desk refuses has a stable code and a hint.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seller, buyer := market(t, plays("echo"))
		ctx := t.Context()
		hire := func(change func(*gateway.Order)) error {
			o := gateway.Order{Key: "k", Capability: "text/words@1"}
			change(&o)
			_, err := buyer.peer.Hire(ctx, o, strings.NewReader("x"))
			return err
		}
		add := func(change func(*gateway.OfferDraft)) error {
			o := plays("echo")
			change(&o)
			_, err := seller.peer.AddOffer(ctx, o)
			return err
		}
		_, notFound := buyer.peer.Job(ctx, "none")
		_, noResult := buyer.peer.Cancel(ctx, "none")
		_, noReceipt := buyer.peer.Receipt(ctx, "last")
		_, badPeer := buyer.peer.Ledger(ctx, "x")
		for i, c := range []struct {
			err  error
			want protocol.Code
		}{
			{hire(func(o *gateway.Order) { o.Key = "" }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Key = strings.Repeat("k", 65) }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Capability = "Words" }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Asset = "souk:credit/eur-6" }), protocol.CodeBudget},
			{hire(func(o *gateway.Order) { o.Budget = new(wire.Units(1 << 40)) }), protocol.CodeBudget},
			{hire(func(o *gateway.Order) { o.Class = "sensitive" }), protocol.CodeLabel},
			{hire(func(o *gateway.Order) { o.Class = "odd" }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.InputType = "no type" }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.DeadlineMS = 1 << 60 }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Sizes = []uint64{2} }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Sizes = []uint64{1, 1} }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Sizes = []uint64{0} }), gateway.CodeInvalid}, // a byte is left over
			{hire(func(o *gateway.Order) { o.Sizes = make([]uint64, 257) }), gateway.CodeInvalid},
			{hire(func(o *gateway.Order) { o.Sizes = []uint64{1, 1 << 39, 1 << 39} }), protocol.CodeTooLarge},
			{add(func(o *gateway.OfferDraft) { o.Technology = "none" }), gateway.CodeInvalid},
			{add(func(o *gateway.OfferDraft) { o.Settings = nil }), gateway.CodeInvalid},
			{add(func(o *gateway.OfferDraft) { o.Rule = "none" }), gateway.CodeInvalid},
			{add(func(o *gateway.OfferDraft) { o.Capability = "Bad" }), protocol.CodeMalformed},
			{add(func(o *gateway.OfferDraft) { o.Title = strings.Repeat("t", 300) }), protocol.CodeTooLarge},
			{add(func(o *gateway.OfferDraft) {
				for i := range 100 {
					o.Settings[fmt.Sprint(i)] = "x"
				}
			}), protocol.CodeMalformed},
			{seller.peer.RemoveOffer(ctx, "no/such@1"), gateway.CodeNotFound},
			{notFound, gateway.CodeNotFound},
			{noResult, gateway.CodeNotFound},
			{noReceipt, gateway.CodeNotFound},
			{badPeer, gateway.CodeInvalid},
		} {
			if got := codeOf(t, c.err); got != c.want {
				t.Errorf("case %d: code %q (%v), want %q", i, got, c.err, c.want)
			}
		}
		seller.down()
		buyer.down()
		_, err := buyer.peer.Jobs(ctx, 0)
		if code := codeOf(t, err); code != gateway.CodeUnavailable {
			t.Errorf("a peer that is down says %q", code)
		}
	})
}

// TestReceipts: the receipt of a job, an entry and the last payment proves itself;
// where one countersign covers several entries, by the entries in between.
func TestReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seller, buyer := market(t, plays("echo"))
		defer seller.down()
		defer buyer.down()
		reg := protocol.Registry()
		verify := func(p interface {
			Receipt(context.Context, string) ([]byte, error)
		}, id string,
		) *settlement.Receipt {
			t.Helper()
			text, err := p.Receipt(t.Context(), id)
			if err != nil {
				t.Errorf("receipt of %s: %v", id, err)
				return &settlement.Receipt{}
			}
			r, err := settlement.ReadReceipt(text)
			if err == nil {
				_, _, err = r.Verify(reg, net)
			}
			if err != nil {
				t.Errorf("receipt of %s: %v", id, err)
			}
			return r
		}
		for i := range 3 {
			buyer.hire(fmt.Sprint(i), "x")
		}
		chained := 0
		for i := range 3 {
			j, _ := settled(t, buyer.peer, fmt.Sprint(i))
			j, err := buyer.peer.Job(t.Context(), j.Key)
			if err != nil {
				t.Fatal(err)
			}
			verify(buyer.peer, j.Key)
			verify(buyer.peer, j.ID.String())
			verify(seller.peer, j.ID.String())
			for _, d := range j.Documents {
				if strings.HasPrefix(d.Says, "HOLD") || strings.HasPrefix(d.Says, "POST") {
					for _, p := range []*seat{buyer, seller} {
						chained += len(verify(p.peer, d.ID.String()).Chain)
					}
				}
			}
		}
		verify(buyer.peer, "last")
		verify(seller.peer, "last")
		t.Logf("%d entries in between", chained)
	})
}

// forgetful is a vault whose disk can be lost.
type forgetful struct {
	store.Vault
	mu    sync.Mutex
	fresh func() store.Vault
	names map[wire.CID]bool
}

func newForgetful() *forgetful {
	fresh := func() store.Vault { return memory.NewVault() }
	return &forgetful{Vault: fresh(), fresh: fresh, names: map[wire.CID]bool{}}
}

func (v *forgetful) lose() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Vault, v.names = v.fresh(), map[wire.CID]bool{}
}

func (v *forgetful) now() store.Vault {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.Vault
}

func (v *forgetful) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.names)
}

func (v *forgetful) Open(name wire.CID) (store.Artefact, error) { return v.now().Open(name) }
func (v *forgetful) Holds(name wire.CID) bool                   { return v.now().Holds(name) }

func (v *forgetful) Erase(name wire.CID) error {
	v.mu.Lock()
	delete(v.names, name)
	v.mu.Unlock()
	return v.now().Erase(name)
}

func (v *forgetful) Create() (store.Draft, error) {
	d, err := v.now().Create()
	return &noted{d, v}, err
}

type noted struct {
	store.Draft
	in *forgetful
}

func (n *noted) Keep(name wire.CID) error {
	n.in.mu.Lock()
	n.in.names[name] = true
	n.in.mu.Unlock()
	return n.Draft.Keep(name)
}
