package agent_test

import (
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
)

// ruled is a stand with a rule that both can run, and so many reworks.
func ruled(reworks uint64) func(*sell.Stand) {
	return func(s *sell.Stand) {
		s.Rule, s.Reworks = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`}, reworks
	}
}

// anew works like labour, but never gives the same result twice.
func (c *citizen) anew(ms uint64) func(agent.Work) (agent.Worked, uint64) {
	n := 0
	return func(w agent.Work) (agent.Worked, uint64) {
		n++
		return agent.Worked{Job: w.Job, Results: []payload.Artefact{artefact(w.Job.String()+string(rune('0'+n)), 7, payload.Public)}}, ms
	}
}

// picky judges the first results bad, so many of them.
func picky(bad int) func(agent.Judge) (agent.Judged, uint64) {
	return func(j agent.Judge) (agent.Judged, uint64) {
		if bad--; bad >= 0 {
			return agent.Judged{Job: j.Job, Code: protocol.CodeCheck, Detail: "too long"}, 5
		}
		return agent.Judged{Job: j.Job}, 5
	}
}

// TestMakingGood: a result that fails is done again, and the other judged anew.
func TestMakingGood(t *testing.T) {
	for _, c := range []struct {
		name    string
		reworks uint64
		bad     int
		set     func(w *town, seller, buyer *citizen)
		works   int
		want    ending
	}{
		{name: "once", reworks: 1, bad: 1, works: 2, want: ending{"settled", "", 5}},
		{name: "twice", reworks: 2, bad: 2, works: 3, want: ending{"settled", "", 5}},
		{name: "no more than agreed", reworks: 1, bad: 2, works: 2, want: ending{"settled", protocol.CodeCheck, 5}}, // word against word
		{name: "not at all", reworks: 0, bad: 1, works: 1, want: ending{"settled", protocol.CodeCheck, 5}},
		{
			name: "the second try fails", reworks: 1, bad: 1, works: 2, want: ending{"settled", protocol.CodeCheck, 5},
			set: func(_ *town, s, _ *citizen) {
				first := s.anew(10)
				s.work = func(w agent.Work) (agent.Worked, uint64) {
					if s.works[w.Job] > 1 {
						return agent.Worked{Job: w.Job, Code: protocol.CodeWorkFailed}, 10
					}
					return first(w)
				}
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work, buyer.judge = seller.anew(10), picky(c.bad)
			if c.set != nil {
				c.set(w, seller, buyer)
			}
			seller.sells(5, ruled(c.reworks))
			w.pass(second)
			buyer.orders("a")
			w.pass(6 * hour)
			v := buyer.ended("a", c.want)
			if n := seller.works[v.ID]; n != c.works {
				t.Errorf("worked %d times, want %d", n, c.works)
			}
			w.fall(3 * day)
			w.reckon()
			if n := len(seller.erased); n != 1+c.works && !(c.name == "the second try fails" && n == 2) {
				t.Errorf("%d payloads were erased", n)
			}
		})
	}
}

// TestMakingGoodOverADeath: whoever dies while it is done again, both end alike,
// and work that may not be repeated is not.
func TestMakingGoodOverADeath(t *testing.T) {
	for _, safe := range []bool{false, true} {
		w, seller, buyer := pair(t)
		seller.work, buyer.judge = seller.anew(minute), picky(1)
		seller.sells(5, ruled(1), func(s *sell.Stand) { s.RerunSafe = safe })
		w.pass(second)
		buyer.orders("a")
		w.pass(minute + 30*second) // it is being done again
		seller.die()
		w.pass(second)
		seller.start()
		w.pass(6 * hour)
		want := ending{"settled", protocol.CodeCheck, 5} // it stands by what it delivered
		if safe {
			want = ending{"settled", "", 5}
		}
		buyer.ended("a", want)
		w.fall(3 * day)
		w.reckon()
	}
}

// needing cannot go on without a map.
func needing(needs ...string) func(agent.Work) (agent.Worked, uint64) {
	return func(w agent.Work) (agent.Worked, uint64) {
		if len(w.Inputs) == 1 {
			return agent.Worked{Job: w.Job, Code: protocol.CodeWorkFailed, Needs: needs}, 10
		}
		return agent.Worked{Job: w.Job, Results: []payload.Artefact{artefact(w.Job.String(), 7, payload.Public)}}, 10
	}
}

func lacks(s *sell.Stand) { s.Needs, s.Pause = []string{"map"}, hour }

// TestNeeds: a provider that lacks something asks for it, the owner sees that and
// provides it, or does not.
func TestNeeds(t *testing.T) {
	provide := func(w *town, _, buyer *citizen) {
		w.pass(10 * minute)
		v := buyer.view("a")
		if v.Stage != "paused" || !slices.Equal(v.Needs, []string{"map"}) || v.NeedsUntil <= w.now {
			w.t.Errorf("the owner sees %s, needs %q until %d", v.Stage, v.Needs, v.NeedsUntil)
		}
		if r := buyer.tell(agent.Provided{Job: v.ID, Input: artefact("map", 9, payload.Public)}); r != nil {
			w.t.Errorf("not provided: %v", r)
		}
		if r := buyer.tell(agent.Provided{Job: v.ID, Input: artefact("map", 9, payload.Public)}); r == nil {
			w.t.Error("provided twice")
		}
	}
	for _, c := range []struct {
		name string
		set  func(w *town, seller, buyer *citizen)
		then func(w *town, seller, buyer *citizen)
		want ending
	}{
		{name: "provided", then: provide, want: ending{"settled", "", 5}},
		{name: "never provided", want: ending{"cancelled", protocol.CodeDefaulted, 0}},
		{
			name: "asks for what it may not", want: ending{"cancelled", protocol.CodeWorkFailed, 0},
			set: func(_ *town, s, _ *citizen) { s.work = needing("sugar") },
		},
		{
			name: "too delicate", want: ending{"cancelled", protocol.CodeDefaulted, 0},
			then: func(w *town, _, b *citizen) {
				w.pass(minute)
				r := b.tell(agent.Provided{Job: b.view("a").ID, Input: artefact("map", 9, payload.Sensitive)})
				if r == nil || r.Code != protocol.CodeLabel {
					w.t.Errorf("refused as %v", r)
				}
			},
		},
		{
			name: "withdrawn meanwhile", want: ending{"cancelled", protocol.CodeWithdrawn, 0},
			then: func(w *town, _, b *citizen) {
				w.pass(minute)
				b.tell(agent.Withdrew{Job: b.view("a").ID})
			},
		},
		{
			name: "the provider dies while it waits", want: ending{"settled", "", 5},
			then: func(w *town, s, b *citizen) {
				w.pass(minute)
				s.die()
				s.start()
				w.pass(minute)
				provide(w, s, b)
			},
		},
		{
			name: "cut off while it waits", want: ending{"settled", "", 5},
			then: func(w *town, s, b *citizen) {
				w.pass(minute)
				w.sever(s, b, true)
				provide(w, s, b)
				w.pass(minute)
				w.sever(s, b, false)
			},
		},
		{
			name: "cut off for too long", want: ending{"cancelled", protocol.CodeDefaulted, 0},
			then: func(w *town, s, b *citizen) {
				w.pass(minute)
				w.sever(s, b, true)
				provide(w, s, b)
				w.pass(2 * hour)
				w.sever(s, b, false)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work = needing("map")
			if c.set != nil {
				c.set(w, seller, buyer)
			}
			seller.sells(5, lacks)
			w.pass(second)
			buyer.orders("a")
			if c.then != nil {
				c.then(w, seller, buyer)
			}
			w.pass(9 * hour)
			buyer.ended("a", c.want)
			w.fall(4 * day)
			w.reckon()
		})
	}
}

// TestStormOverDisputes: pauses and reworks among loss, cuts and deaths, both
// sides always ending alike.
func TestStormOverDisputes(t *testing.T) {
	for seed := range uint64(*seeds) {
		w := newTown(t, 500+seed)
		seller, buyer := w.settle("seller"), w.settle("buyer")
		seller.work = func(k agent.Work) (agent.Worked, uint64) {
			if len(k.Inputs) == 1 {
				return agent.Worked{Job: k.Job, Code: protocol.CodeWorkFailed, Needs: []string{"map"}}, w.rng.Uint64N(minute)
			}
			return seller.anew(w.rng.Uint64N(minute))(k)
		}
		buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
			if w.rng.IntN(2) == 0 {
				return agent.Judged{Job: j.Job, Code: protocol.CodeCheck}, w.rng.Uint64N(second)
			}
			return agent.Judged{Job: j.Job}, w.rng.Uint64N(second)
		}
		seller.start()
		buyer.start()
		seller.sells(5, ruled(2), lacks, func(s *sell.Stand) { s.RerunSafe = seed%2 == 0 })
		w.pass(second)
		w.loss = 0.2
		for n := range 6 {
			buyer.orders(string(rune('a' + n)))
		}
		for range 60 {
			w.pass(w.rng.Uint64N(2 * minute))
			switch who := []*citizen{seller, buyer}[w.rng.IntN(2)]; {
			case w.rng.IntN(4) == 0 && who.agent != nil:
				who.die()
			case who.agent == nil:
				who.start()
			}
			for n := range 6 {
				if buyer.agent == nil {
					break
				}
				if v, ok := buyer.agent.ByKey(buyer.clock(), string(rune('a'+n))); ok && len(v.Needs) > 0 && w.rng.IntN(3) == 0 {
					buyer.tell(agent.Provided{Job: v.ID, Input: artefact("map"+v.Key, 9, payload.Public)})
				}
			}
		}
		for _, c := range w.folk {
			if c.agent == nil {
				c.start()
			}
		}
		w.loss = 0
		w.pass(9 * hour)
		w.fall(6 * day)
		w.reckon()
	}
}
