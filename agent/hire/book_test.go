package hire

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// webbed is a fair whose hirer judges by a web of trust of its own, as a peer does.
type webbed struct {
	*fair
	book *reputation.Book
	jobs uint64
}

const noon = 1_700_000_000_000

func newWebbed(t *testing.T, f *fair) *webbed {
	t.Helper()
	b, err := reputation.New(keyOf(1000), reputation.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return &webbed{fair: f, book: b}
}

func (w *webbed) Knows(k wire.Key) bool { return w.book.Knows(k) }

func (w *webbed) Estimate(k wire.Key, capability string) reputation.Estimate {
	return w.book.Estimate(noon, k, capability)
}

// testify learns the Outcome of a try, as both have logged it.
func (w *webbed) testify(t *testing.T, i int, ok bool) {
	t.Helper()
	w.jobs++
	id := func(what byte) wire.CID { return wire.Sum(binary.BigEndian.AppendUint64([]byte{what}, w.jobs)) }
	o := &protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: keyOf(1000), At: noon}, Job: id(1), Hirer: keyOf(1000), Provider: keyOf(i),
		HirerOwner: keyOf(2000), ProviderOwner: keyOf(3000 + i), Capability: "text/words@1", Asset: "souk:credit/usd-6",
		Band: 3, Entry: id(2), Opened: noon, Closed: noon,
		Score: protocol.Full, Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime,
	}
	if !ok {
		o.Band, o.Score, o.Ended, o.Conduct = 0, 0, protocol.EndedCancelled, protocol.PaidNothing
	}
	e := reputation.Evidence{Said: wire.Said{ID: id(3), Doc: o}, How: reputation.Agreed, Band: o.Band, Paid: true}
	if err := w.book.Learn(noon, e); err != nil {
		t.Fatal(err)
	}
	for !w.book.Step(noon, 10_000) {
	}
}

// spend plays so many choices and returns what one success cost, and how many of
// the last half went to sellers that fail more often than not.
func (w *webbed) spend(t *testing.T, choices int, choose func([]Candidate, Wish, *rand.Rand) int, seed uint64) (each float64, bad int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 5))
	wish := Wish{Capability: "text/words@1", Deliver: 60_000}
	spent, done := 0.0, 0.0
	for n := range choices {
		all := w.offers(n)
		i := choose(all, wish, rng)
		ok := rng.Float64() < w.sellers[i].good(n)
		if ok {
			done++
			spent += float64(w.sellers[i].price)
		} else {
			spent += wish.stake(&w.stalls[i], going(all))
		}
		if n >= choices/2 && w.sellers[i].good(n) < 0.5 {
			bad++
		}
		w.testify(t, i, ok)
	}
	return spent / max(1, done), bad
}

// TestRegretOfAWeb: with the estimates of a real web of trust, which weighs small
// jobs little and failures threefold, the choices still leave the bad, and cost less
// for a success than by price or by lot.
func TestRegretOfAWeb(t *testing.T) {
	const choices, seeds = 120, 4
	sellers := []seller{{3, always(0.2)}, {2, always(0.3)}, {5, always(0.95)}, {6, always(0.9)}, {9, always(0.97)}, {5, from(30, 0.98)}}
	var mine, cheap, lot float64
	bad := 0
	for seed := range uint64(seeds) {
		w := newWebbed(t, &fair{sellers: sellers})
		each, gone := w.spend(t, choices, func(all []Candidate, wish Wish, rng *rand.Rand) int {
			var notes Notes
			for {
				prospects, _, done := wish.Appraise(1, all, w, &notes)
				if done {
					var chance [16]byte
					binary.BigEndian.PutUint64(chance[:], rng.Uint64())
					p, _ := Arrange(prospects, wish, chance)
					return indexOf(p.Hire.Provider)
				}
			}
		}, seed)
		mine, bad = mine+each/seeds, bad+gone
		each, _ = newWebbed(t, &fair{sellers: sellers}).spend(t, choices, func(all []Candidate, wish Wish, rng *rand.Rand) int {
			return cheapest(nil, wish, all, 0, rng)
		}, seed)
		cheap += each / seeds
		each, _ = newWebbed(t, &fair{sellers: sellers}).spend(t, choices, func(all []Candidate, wish Wish, rng *rand.Rand) int {
			return anyone(nil, wish, all, 0, rng)
		}, seed)
		lot += each / seeds
	}
	t.Logf("one success costs %.2f; by price %.2f, by lot %.2f; %d of %d late choices went to the bad", mine, cheap, lot, bad, seeds*choices/2)
	if mine > 0.9*cheap || mine > 0.9*lot {
		t.Errorf("one success costs %.2f; by price %.2f, by lot %.2f", mine, cheap, lot)
	}
	if bad > seeds*choices/2/8 { // one choice in Ajar is by lot
		t.Errorf("%d of %d late choices went to the bad", bad, seeds*choices/2)
	}
}
