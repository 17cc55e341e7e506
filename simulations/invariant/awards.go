package invariant

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// awarded checks that an AWARD pays what those have awarded whom both sides named: the
// lower median of what the evaluators that it cites have opened, as many as the terms
// ask for, each of them once.
func (w *Watch) awarded(m *member, e *protocol.Entry, h *holding) error {
	j := w.jobs[e.Job]
	if j == nil {
		return broken(Awarded, m, "it pays an award for a job that was never agreed")
	}
	var by []wire.Key
	var shares []uint64
	for _, id := range e.Basis {
		a := w.awards[id]
		named := a != nil && slices.ContainsFunc(j.terms.Panel.Members, func(t protocol.Third) bool { return t.Key == a.By })
		if !named || a.Opens.IsZero() || a.Job != e.Job || a.Part != e.Part || slices.Contains(by, a.By) {
			return broken(Awarded, m, "its AWARD for job %s cites %s, which is no opened award of an evaluator named", e.Job, id)
		}
		by, shares = append(by, a.By), append(shares, a.Share)
	}
	if len(shares) == 0 || len(shares) < int(j.terms.Panel.Needed) {
		return broken(Awarded, m, "its AWARD for job %s rests on %d evaluators of %d that are needed", e.Job, len(shares), j.terms.Panel.Needed)
	}
	slices.Sort(shares)
	want, err := h.e.Amount.Share(shares[(len(shares)-1)/2])
	if err != nil || want != e.Amount {
		return broken(Awarded, m, "its AWARD for job %s pays %s of %s, and the evaluators awarded %v of 10000", e.Job, e.Amount, h.e.Amount, shares)
	}
	return nil
}
