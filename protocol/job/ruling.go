package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
)

// An evaluator may show the two sides different Awards, or show one side an Award
// long after its date. Between two folds that know different Awards it is the
// entry that ends the hold which decides, since it can be said only once.

// disputed returns the complaint that evaluators judge, or have judged, a belated one too.
func (p Part) disputed() (c complaint, open bool) {
	c, open = p.lodged()
	return c, open && p.delivered() && !p.prepaid() && !p.terms.Panel.IsZero()
}

// restOn fixes which Awards count: those that the entry which ends the hold cites.
// The payer may choose only what an evaluator that contradicts itself leaves to
// choose, and leave out only what was heard here too late to be shown to it in time.
func (p Part) restOn(t turn, c complaint, d *protocol.Entry) error {
	var counted []opening
	left := 0 // Awards that the payer had to count, and does not
	for _, m := range p.terms.Panel.Members {
		x, _ := p.awardBy(m.Key, c.id)
		cited := 0
		for _, o := range x.opened {
			if slices.Contains(d.Basis, o.said.ID) {
				counted = append(counted, o)
				cited++
			}
		}
		switch {
		case cited > 1:
			return t.refuse(protocol.CodeHold, "it cites two Awards of one evaluator")
		case cited == 0 && len(x.opened) == 1 && !x.twofold() && !past(x.opened[0].heard, p.AwardBy()):
			left++
		}
	}
	if left > 0 && (len(counted) > 0 || left >= int(p.terms.Panel.Needed)) {
		return t.refuse(protocol.CodeHold, "it leaves out %d Awards that were heard here in time", left)
	}
	ruling := p.combine(counted)
	p.ruling, p.belated = &ruling, p.belated && !ruling.Counts
	return nil
}
