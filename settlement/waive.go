package settlement

import "github.com/souk-network/souk/protocol/wire"

// Waive takes back what self has claimed for a job of which both sides now say
// that nothing is owed, as where the payer has refused as late what the claim
// rests on. A VOID that was countersigned meanwhile then ends the hold.
func (b *Book) Waive(job wire.CID) {
	j := b.jobs[job]
	if j == nil || j.of.payee != b.self {
		return
	}
	s := b.strands[j.of]
	for _, h := range j.holds {
		if h.claim.IsZero() || h.finished || h.end != nil && !h.voided() {
			continue
		}
		b.change(s, h, func() { h.claim, h.claimed = wire.CID{}, wire.Amount{} })
		if h.voided() && h.end.height <= s.base.height && !h.disputed() {
			b.finish(s, h)
		}
	}
	b.draw(s)
}

// Clear records that both sides take what self or its peer posted for a hold for all that
// is owed, as where they call their job settled: no claim is left of it, and no dispute
// counts. It does so of a POST that is countersigned, and of nothing else.
func (b *Book) Clear(hold wire.CID) {
	h := b.entries[hold]
	if h == nil || !h.finished || h.voided() || !h.disputable() {
		return
	}
	s := b.strands[h.of]
	b.change(s, h, func() { h.cleared = true })
	b.draw(s)
}
