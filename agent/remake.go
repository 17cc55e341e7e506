package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// makesGood reports whether a failing Verdict is being answered by another
// Delivery, and does what that now calls for: the work is begun once more, and
// what comes of it is delivered. It is begun once for each Verdict, unless the
// terms say that work may be repeated.
func (s *step) makesGood(d *deal, verdict wire.Said) bool {
	part := d.job.InHand()
	_, claimed := d.job.Claim()
	round := uint64(len(part.Earlier()))
	switch {
	case part.Reworks() == 0, claimed, s.at > part.MakeGoodBy(),
		verdict.Doc.(*protocol.Verdict).Clause == job.ClauseArtefact:
		return false
	case d.made > round && d.work.code == "":
		s.deliver(d)
		return true
	case d.made > round:
		return false
	case d.busy:
		return true
	case !d.making:
		s.fact(Fact{What: FactRemaking, Job: d.id})
	case !d.job.Terms().RerunSafe:
		return false // it was under way when the process ended
	}
	s.setToWork(d)
	return d.busy
}

// foldRemaking notes that work is begun anew.
func (a *Agent) foldRemaking(id wire.CID) ([]wire.CID, error) {
	d := a.deals[id]
	if d == nil {
		return nil, errKnown
	}
	d.making = true
	return []wire.CID{id}, nil
}

// worked notes what came of the work, the first or a further one.
func (d *deal) worked(e *ending) {
	if d.making {
		d.waste = append(d.waste, d.work.results...)
		d.made++
	}
	d.work, d.making = e, false
}
