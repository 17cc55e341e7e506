package job

import (
	"math/big"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Score returns what the whole job is worth, of 10,000, where its part in hand is
// worth score. Of several parts that were paid for it is their mean, each counting
// as much as its price, rounded down; those before the one in hand count as the
// hirer judged them, and in full where it went on without a word. A part in hand
// that was not paid for stands alone, as the sum does that an Outcome tells of it.
func (j *Job) Score(score uint64) uint64 {
	hand := j.InHand()
	if hand.n == 0 || !hand.post.there() {
		return score
	}
	var got, all big.Int
	for n := uint64(0); n <= hand.n; n++ {
		p, worth := Part{j, j.parts[n]}, uint64(protocol.Full)
		switch {
		case n == hand.n:
			worth = score
		case p.verdict.there():
			worth = p.verdict.doc.Score
		}
		cost := count(p.cost())
		all.Add(&all, cost)
		got.Add(&got, new(big.Int).Mul(cost, new(big.Int).SetUint64(worth)))
	}
	if all.Sign() == 0 {
		return score
	}
	return got.Quo(&got, &all).Uint64()
}

// cost is the part's price for what was delivered, or all of it that may come to be
// owed while nothing is.
func (p Part) cost() wire.Amount {
	if !p.delivery.there() {
		return p.most
	}
	cost, err := price(p.terms.Price, p.n, p.Units())
	if err != nil { // Open has shown that more units are no overflow
		panic(err)
	}
	return cost
}

func count(a wire.Amount) *big.Int {
	hi, lo := a.Words()
	n := new(big.Int).SetUint64(hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(lo))
}
