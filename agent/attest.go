package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// attest says what the end of a job obliges us to say of it.
func (s *step) attest(d *deal) {
	if theirs, ours := s.testimony(d); theirs.IsZero() && ours == nil {
		return
	}
	p := s.about(d)
	p.attest(d)
	p.say()
}

// attest adds to a bundle what the end of a job obliges us to say of it.
func (p *speech) attest(d *deal) {
	theirs, ours := p.s.testimony(d)
	if ours != nil {
		said, ok := p.write(ours)
		if !ok {
			return
		}
		theirs = said.ID
	}
	if !theirs.IsZero() {
		p.write(p.s.logEntry(theirs))
	}
}

// testimony is what is still ours to say of a job: the name of the other side's
// Outcome, which our log is to name, where it tells what we saw; else our own
// Outcome, where one is ours to seal.
func (s *step) testimony(d *deal) (theirs wire.CID, ours *protocol.Outcome) {
	other := d.other()
	said, told := d.job.OutcomeBy(other)
	if told && !d.job.Logged(d.role, other) && s.agrees(d, said.Doc.(*protocol.Outcome)) {
		return said.ID, nil
	}
	if _, said := d.job.OutcomeBy(d.role); said || !d.job.Taken() || !d.job.Stage(s.at).Final() {
		return wire.CID{}, nil
	}
	if d.role == job.Provider {
		return wire.CID{}, s.retort(d, told)
	}
	return wire.CID{}, s.blame(d)
}

// other is the role of the other side.
func (d *deal) other() job.Role {
	if d.role == job.Hirer {
		return job.Provider
	}
	return job.Hirer
}

// blame is the hirer's Outcome of a taken job for which nothing is owed, or nil.
// Where something was paid, the Outcome went with the payment. Of a result that
// nobody judged or claimed there is none: neither side has anything to show.
func (s *step) blame(d *deal) *protocol.Outcome {
	hold, held := d.job.Hold()
	verdict, judged := d.job.Verdict()
	_, contested := d.job.Contest()
	stage := d.job.Stage(s.at)
	score, ended, conduct := uint64(0), uint64(protocol.EndedDefault), uint64(protocol.PaidNothing)
	if _, posted := d.job.Post(); posted { // in advance
		conduct = protocol.PaidInTime
	}
	switch {
	case !held, stage != job.Cancelled && (stage != job.Defaulted || d.job.Fault(s.at) != job.Provider):
		return nil
	case s.mayTurn(d):
		return nil
	case d.job.InHand().Award().Counts:
		score, ended = d.job.InHand().Award().Share, protocol.EndedResolved
	case judged && stoodBy(d.job): // the evaluators' split is nothing
		score, ended = verdict.Doc.(*protocol.Verdict).Score, protocol.EndedContested
	case judged: // it was conceded, or not answered
		score, ended = verdict.Doc.(*protocol.Verdict).Score, protocol.EndedAgreed
	case contested:
		ended = protocol.EndedContested
	case sentAway(d.job), leftWaiting(d.job):
		score, ended = protocol.Full, protocol.EndedCancelled // not the provider's fault
	case stage == job.Cancelled:
		ended = protocol.EndedCancelled
	}
	if ended <= protocol.EndedResolved {
		score = d.job.Score(score)
	}
	return s.outcome(d, score, ended, conduct, weight(d.job), hold.ID)
}

// mayTurn reports whether what evaluators awarded may still become another thing:
// no entry rests on it yet, and one will.
func (s *step) mayTurn(d *deal) bool {
	part := d.job.InHand()
	hold, held := s.book.HoldOf(d.id, part.Number())
	_, _, open := part.Complaint()
	return open && !d.job.Terms().Panel.IsZero() && held && hold.Outstanding() && hold.Claim.IsZero() && s.at <= part.ResolveBy()
}

// retort is the provider's Outcome, or nil: of a job that was never paid for, of one
// that was paid for without a word, lest the hirer tell others another story, or
// against an Outcome of the hirer's that tells another story than the documents.
// It says only what they show. The one of a Claim goes with it.
func (s *step) retort(d *deal, told bool) *protocol.Outcome {
	hold, held := d.job.Hold()
	verdict, judged := d.job.Verdict()
	_, delivered := d.job.Delivery()
	post, posted := d.job.Post()
	_, claimed := d.job.Claim()
	award := d.job.InHand().Award() // where it was paid, the Awards say it
	owing, silent := unpaid(d.job, s.at), !told && posted && !award.Counts && d.job.Stage(s.at) == job.Settled
	amount, entry, conduct := d.job.InHand().Most(), hold.ID, uint64(protocol.PaidNothing)
	score, ended := uint64(protocol.Full), uint64(protocol.EndedSilent)
	switch {
	case !held:
		return nil
	case !owing && !silent && (!told || d.job.Logged(job.Provider, job.Hirer) || award.Counts):
		return nil // nothing is to be said against
	case owing:
		conduct = protocol.PaidNot
	case posted:
		amount, entry, conduct = weight(d.job), post.ID, protocol.PaidInTime
		if claimed {
			conduct = protocol.PaidLate
		}
	}
	switch {
	case !delivered:
		ended = protocol.EndedCancelled
	case judged && verdict.Doc.(*protocol.Verdict).Pass:
		score, ended = verdict.Doc.(*protocol.Verdict).Score, protocol.EndedAgreed
	case award.Counts:
		score, ended = award.Share, protocol.EndedResolved
	case stoodBy(d.job):
		ended = protocol.EndedContested
		if posted {
			conduct = protocol.PaidAgainst
		}
	}
	if delivered {
		score = d.job.Score(score)
	}
	if o := s.outcome(d, score, ended, conduct, amount, entry); bearsOutProvider(d.job, s.at, o) {
		return o
	}
	return nil
}

// agrees reports whether an Outcome of the other side's says what we saw, so
// that we could not honestly deny it. To log one is to concede it.
func (s *step) agrees(d *deal, o *protocol.Outcome) bool {
	if d.role != job.Provider || o.By != d.peer || o.Closed > s.at+protocol.Skew || o.Closed+protocol.Skew < d.job.T0() {
		return false // of a provider's we pay what it claims, and say so in an Outcome of our own
	}
	return o.Ended != protocol.EndedContested && bearsOutHirer(d.job, s.at, o)
}

// failed returns the Outcome by which both sides say that nothing is owed.
func (d *deal) failed() (wire.CID, bool) {
	o, said := d.job.OutcomeBy(job.Hirer)
	ok := said && d.job.Logged(job.Hirer, job.Hirer) && d.job.Logged(job.Provider, job.Hirer) && o.Doc.(*protocol.Outcome).Score == 0
	return o.ID, ok
}
