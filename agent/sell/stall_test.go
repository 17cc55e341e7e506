package sell

import (
	"math"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

func stand(change ...func(*Stand)) Stand {
	s := Stand{
		Capability: "text/words@1", Price: wire.Units(100), Asset: "souk:credit/usd-6", Technology: "builtin",
		InputType: "*/*", OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day},
		Deliver: 10 * minute, Slots: 4,
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

// TestCheck tells what cannot be sold.
func TestCheck(t *testing.T) {
	huge, _ := wire.ParseAmount("340282366920938463463374607431768211455")
	for name, c := range map[string]struct {
		change func(*Stand)
		ok     bool
	}{
		"ordinary":                 {func(*Stand) {}, true},
		"no slot":                  {func(s *Stand) { s.Slots = 0 }, false},
		"slots beyond count":       {func(s *Stand) { s.Slots = math.MaxUint64 }, false},
		"no time":                  {func(s *Stand) { s.Deliver = 0 }, false},
		"a year":                   {func(s *Stand) { s.Deliver = protocol.MaxDuration }, false},
		"no worker":                {func(s *Stand) { s.Technology = "" }, false},
		"least above the price":    {func(s *Stand) { s.Least = wire.Units(101) }, false},
		"reworks of several parts": {func(s *Stand) { s.Tranches, s.Reworks = 2, 1 }, false},
		"needs of several windows": {func(s *Stand) { s.Meter = Meter{Unit: "call", MaxUnits: 1, Windows: 2}; s.Needs = []string{"map"} }, false},
		"a window that is judged": {func(s *Stand) {
			s.Meter = Meter{Unit: "call", MaxUnits: 2, Window: 2}
			s.Panel.Members = []protocol.Third{{}}
		}, false},
		"surge":                         {func(s *Stand) { s.Surge = MaxSurge }, true},
		"too much surge":                {func(s *Stand) { s.Surge = MaxSurge + 1 }, false},
		"the highest price":             {func(s *Stand) { s.Price = huge }, true},
		"the highest price, and beyond": {func(s *Stand) { s.Price, s.Surge = huge, 1 }, false},
	} {
		s := stand(c.change)
		if err := s.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTerms: whatever the delivery time, the terms are ones that a hirer may accept.
func TestTerms(t *testing.T) {
	me := wire.NewPrivateKey([32]byte{1})
	by := Seller{Owner: wire.NewPrivateKey([32]byte{2}).Key(), Mandate: wire.Sum([]byte("mandate")), Account: me.Key().String(), Rail: "credit"}
	for _, deliver := range []uint64{1, second, DefaultDeliver, protocol.MaxDuration / 2} {
		s := stand(func(s *Stand) { s.Deliver = deliver })
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		const now = 1_800_000_000_000
		o := protocol.Offer{
			Head: wire.Head{Kind: protocol.KindOffer, By: me.Key(), At: now, Nonce: wire.Nonce{1}},
			Seq:  now, Expires: now + OfferLife, Terms: s.Terms(by, now+OfferLife),
		}
		if err := o.Check(); err != nil {
			t.Errorf("delivered within %d ms: %v", deliver, err)
		}
		x := o.Terms.Times
		if x.Start > x.Deliver || x.Deliver != deliver || x.Review <= x.Deliver || x.Claim <= x.Review || x.Settle <= x.Award || x.Resolve <= x.Settle {
			t.Errorf("deadlines out of order: %+v", x)
		}
	}
}

func TestStall(t *testing.T) {
	var st Stall
	st.Put(stand())
	st.Put(stand(func(s *Stand) { s.Capability = "text/a@1" }))
	st.Put(stand(func(s *Stand) { s.Price = wire.Units(7) })) // in place of the first
	if all := st.All(); len(all) != 2 || all[0].Capability != "text/a@1" || all[1].Price != wire.Units(7) {
		t.Errorf("for sale: %+v", all)
	}
	if st.Remove("text/b@1") || !st.Remove("text/words@1") || st.Remove("text/words@1") {
		t.Error("what is not sold was withdrawn, or what is was not")
	}
	if s, withdrawn, ok := st.Get("text/words@1"); !ok || !withdrawn || s.Price != wire.Units(7) {
		t.Error("what was withdrawn is not honoured")
	}
	st.Put(stand())
	if _, withdrawn, ok := st.Get("text/words@1"); !ok || withdrawn || len(st.gone) != 0 {
		t.Error("what is sold again counts as withdrawn")
	}
}

// TestAt: a price rises evenly with what is taken, up to the surge, in whole units
// and never below what it is without load.
func TestAt(t *testing.T) {
	s := stand(func(s *Stand) { s.Surge, s.Least = 50, wire.Units(80) })
	for busy, want := range []uint64{100, 113, 125, 138, 150, 150, 150} {
		at := s.At(uint64(busy))
		if at.Price != wire.Units(want) || at.Least.Cmp(at.Price) > 0 || at.Least.Cmp(s.Least) < 0 {
			t.Errorf("%d busy: %s, and %s at least; want %d", busy, at.Price, at.Least, want)
		}
	}
	if flat := stand(); flat.At(4).Price != flat.Price {
		t.Error("a price without surge rises")
	}
	if free := stand(func(s *Stand) { s.Price, s.Surge = wire.Amount{}, 50 }); !free.At(4).Price.IsZero() {
		t.Error("what is free costs something under load")
	}
	// The largest that Check lets pass is still in range at full load.
	large, _ := wire.ParseAmount("80000000000000000000000000000000000")
	if s := stand(func(s *Stand) { s.Price, s.Surge = large, MaxSurge }); s.Check() != nil || s.At(4).Price.Cmp(s.At(3).Price) <= 0 {
		t.Error("a large price does not rise")
	}
}

// TestQuotas: more standing is never less, a stranger has what it has, and no
// standing passes the most.
func TestQuotas(t *testing.T) {
	q := DefaultQuotas()
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	if q.Of(0) != q.Stranger || q.Of(-1) != q.Stranger {
		t.Errorf("a stranger has %+v", q.Of(0))
	}
	before := q.Stranger
	for s := 0.0; s <= 1; s += 0.001 {
		now := q.Of(s)
		if now.Open < before.Open || now.Asks < before.Asks || now.Open > q.Known.Open || now.Asks > q.Known.Asks {
			t.Fatalf("standing %.3f: %+v after %+v", s, now, before)
		}
		before = now
	}
	if half := q.Of(halfKnown); half.Open < 500 || half.Open > 540 {
		t.Errorf("at half: %+v", half)
	}
	for name, bad := range map[string]Quotas{
		"nobody":            {},
		"standing costs":    {Stranger: Quota{2, 2}, Known: Quota{1, 2}, Crowd: 2, Unpaid: LeastUnpaid, CrowdUnpaid: LeastUnpaid, CrowdStored: MaxInput},
		"a crowd of no one": {Stranger: Quota{2, 2}, Known: Quota{2, 2}, Crowd: 1, Unpaid: LeastUnpaid, CrowdUnpaid: LeastUnpaid, CrowdStored: MaxInput},
		"not a word":        {Stranger: Quota{2, 2}, Known: Quota{2, 2}, Crowd: 2, Unpaid: LeastUnpaid - 1, CrowdUnpaid: LeastUnpaid, CrowdStored: MaxInput},
		"no input":          {Stranger: Quota{2, 2}, Known: Quota{2, 2}, Crowd: 2, Unpaid: LeastUnpaid, CrowdUnpaid: LeastUnpaid, CrowdStored: MaxInput - 1},
		"a crowd's not one": {Stranger: Quota{2, 2}, Known: Quota{2, 2}, Crowd: 2, Unpaid: LeastUnpaid + 1, CrowdUnpaid: LeastUnpaid, CrowdStored: MaxInput},
	} {
		if bad.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
