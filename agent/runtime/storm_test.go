package runtime_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/protocol/wire"
)

var seeds = flag.Int("seeds", 2, "seeds of each storm")

// TestStorm: whole peers deal with one another in both directions while three
// frames of ten are lost, links are cut and healed, and peers are killed. When it
// is calm again every job is final, in one stage on both sides, charged at most
// once, and the books agree.
func TestStorm(t *testing.T) {
	for seed := range uint64(*seeds) {
		for _, kill := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, kill %v", seed, kill), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { storm(t, seed, kill) })
			})
		}
	}
}

func storm(t *testing.T, seed uint64, kill bool) {
	rng := rand.New(rand.NewPCG(seed, 3))
	calm := false
	o := memnet.Options{Seed: seed, Latency: 20 * time.Millisecond, Jitter: 100 * time.Millisecond}
	chance := rand.New(rand.NewPCG(seed, 4))
	lose := make(chan struct{}, 1) // one draw at a time
	lose <- struct{}{}
	o.Drop = func(wire.Key, wire.Key, []byte) bool {
		<-lose
		defer func() { lose <- struct{}{} }()
		return !calm && !kill && chance.Float64() < 0.3
	}
	hub, err := memnet.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var seats []*seat
	for n := range byte(3) {
		s := newSeat(t, hub, n+1, play{})
		s.up()
		offer := plays("echo")
		offer.Price, offer.RerunSafe, offer.Ask = wire.Units(uint64(n)+3), n != 0, n == 1
		if _, err := s.peer.AddOffer(t.Context(), offer); err != nil {
			t.Fatal(err)
		}
		seats = append(seats, s)
	}
	link := func() {
		for i, a := range seats {
			for _, b := range seats[i+1:] {
				hub.Heal(a.agent.Key(), b.agent.Key())
				meet(t, a.peer, b.peer)
			}
		}
	}
	link()
	pass(time.Second)
	const jobs = 30
	for i := range jobs {
		buyer, seller := seats[i%3], seats[(i+1+rng.IntN(2))%3]
		o := gateway.Order{Key: fmt.Sprint("job ", i), Capability: "text/words@1", Peer: seller.agent.Key()}
		if i%3 == 0 {
			o.Class = "internal"
		}
		input := strings.Repeat("x", 1+rng.IntN(1000))
		if i%5 == 0 {
			input = strings.Repeat("x", 400<<10)
		}
		if _, err := buyer.peer.Hire(t.Context(), o, strings.NewReader(input)); err != nil {
			t.Fatal(err)
		}
		pass(time.Duration(rng.IntN(3000)) * time.Millisecond)
		a, b := seats[rng.IntN(3)], seats[rng.IntN(3)]
		switch {
		case a != b && i%4 == 1:
			hub.Cut(a.agent.Key(), b.agent.Key())
		case a != b && i%4 == 3:
			hub.Heal(a.agent.Key(), b.agent.Key())
		case kill && i%2 == 0:
			a.restart()
		}
	}
	<-lose
	calm = true
	lose <- struct{}{}
	link()
	pass(time.Hour)
	quiet(t, 35*time.Hour, seats...)
	settled := reckon(t, seats)
	t.Logf("%d of %d settled", settled, jobs)
	for _, s := range seats {
		s.down()
	}
}

// reckon compares all peers when a storm is over.
func reckon(t *testing.T, seats []*seat) (settled int) {
	t.Helper()
	bySeat := map[wire.Key]map[wire.CID]gateway.Job{}
	for _, s := range seats {
		if err := s.peer.Err(); err != nil {
			t.Errorf("a peer stopped: %v", err)
		}
		jobs, err := s.peer.Jobs(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		byID := map[wire.CID]gateway.Job{}
		for _, j := range jobs {
			byID[j.ID] = j
			if !j.Final {
				t.Errorf("job %s is %s", j.Key, j.Stage)
			}
		}
		bySeat[s.agent.Key()] = byID
	}
	for _, s := range seats {
		for _, o := range seats {
			if s == o {
				continue
			}
			var paid wire.Amount
			for id, j := range bySeat[s.agent.Key()] {
				if j.Role != "hirer" || j.Peer != o.agent.Key() || id.IsZero() {
					continue
				}
				paid, _ = paid.Plus(j.Paid)
				if k, ok := bySeat[o.agent.Key()][id]; ok && (k.Stage != j.Stage || k.Paid != j.Paid) {
					t.Errorf("job %s is %s, paid %s; its provider says %s, %s", j.Key, j.Stage, j.Paid, k.Stage, k.Paid)
				}
				if j.Stage == "settled" {
					settled++
				}
			}
			p := position(t, s, o)
			if p.IOwe != paid || p.HeldByMe != (wire.Amount{}) {
				t.Errorf("%s is owed and %s held, the jobs cost %s", p.IOwe, p.HeldByMe, paid)
			}
			if q := position(t, o, s); q.OwedToMe != p.IOwe || q.HeldForMe != p.HeldByMe {
				t.Errorf("books differ: %+v and %+v", p, q)
			}
		}
		v, err := runtime.Verify(t.Context(), s.journal)
		if err != nil || !v.OK {
			t.Errorf("the journal: %+v, %v", v, err)
		}
	}
	return settled
}
