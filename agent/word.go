package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// What the documents of a job bear out of what one side says of its end: each side
// asks it before it concedes the other's Outcome, and third parties before they
// believe one that was not conceded.

// paid is what was posted for all parts together; seen, what of it the payee has
// countersigned.
func paid(j *job.Job) (sum, seen wire.Amount) {
	for n := uint64(0); n <= j.InHand().Number(); n++ {
		p, _ := j.Part(n)
		if said, there := p.Post(); there {
			amount := said.Doc.(*protocol.Entry).Amount
			sum, _ = sum.Plus(amount) // not more than the contract may come to, and that is no overflow
			if p.PostSeen() {
				seen, _ = seen.Plus(amount)
			}
		}
	}
	return sum, seen
}

// weight is the sum by which an Outcome tells how large a job was: what was
// posted, where the part in hand was, and else what it holds.
func weight(j *job.Job) wire.Amount {
	if _, posted := j.Post(); posted {
		sum, _ := paid(j)
		return sum
	}
	return j.InHand().Most()
}

// stoodBy reports whether the provider answered the hirer's complaint.
func stoodBy(j *job.Job) bool {
	_, answered := j.Answer()
	return answered
}

// sentAway reports whether the job ended undelivered because the hirer wished it.
// A provider that gives another reason, as one that was interrupted does, would
// not have delivered anyway.
func sentAway(j *job.Job) bool {
	_, wished := j.CancelBy(job.Hirer)
	end, cancelled := j.CancelBy(job.Provider)
	_, delivered := j.Delivery()
	return wished && cancelled && !delivered && end.Doc.(*protocol.Cancel).Code == protocol.CodeWithdrawn
}

// leftWaiting reports whether the job ended because what the provider asked for
// was not provided in time.
func leftWaiting(j *job.Job) bool {
	_, _, waits := j.InHand().Need()
	_, cancelled := j.CancelBy(job.Provider)
	return waits && !cancelled
}

// forfeit reports whether nothing is owed at an instant for a job that was taken.
func forfeit(j *job.Job, at uint64) bool {
	stage := j.Stage(at)
	return stage == job.Cancelled || stage == job.Defaulted && j.Fault(at) == job.Provider
}

// unpaid reports whether at an instant the hirer has let the time pass by which it
// had to pay.
func unpaid(j *job.Job, at uint64) bool {
	return j.Stage(at) == job.Defaulted && j.Fault(at) == job.Hirer
}

// bearsOutHirer reports whether the documents show at an instant what the hirer's
// Outcome tells: how it ended, of how much, and what the hirer did about it. Of
// word against word they show that there were two.
func bearsOutHirer(j *job.Job, at uint64, o *protocol.Outcome) bool {
	_, posted := j.Post()
	verdict, judged := j.Verdict()
	_, contested := j.Contest()
	_, claimed := j.Claim()
	_, delivered := j.Delivery()
	prepaid, over := j.InHand().Prepaid(), forfeit(j, at)
	conduct, ok, score := uint64(protocol.PaidNothing), false, uint64(0)
	if posted && (prepaid || o.Ended == protocol.EndedAgreed || o.Ended == protocol.EndedResolved) {
		conduct = protocol.PaidInTime
	}
	if judged {
		score = verdict.Doc.(*protocol.Verdict).Score
	}
	switch o.Ended {
	case protocol.EndedAgreed:
		ok = judged && (over && !stoodBy(j) || posted && verdict.Doc.(*protocol.Verdict).Pass)
	case protocol.EndedSilent:
		ok, score = posted, protocol.Full
		if claimed || o.Conduct != protocol.PaidInTime { // what nobody judged or claimed was paid before it had to be
			conduct = protocol.PaidLate
		} else {
			conduct = protocol.PaidInTime
		}
	case protocol.EndedContested:
		ok = (judged && !verdict.Doc.(*protocol.Verdict).Pass || contested) && (posted || over)
		if posted && !prepaid {
			conduct = protocol.PaidAgainst
		}
	case protocol.EndedResolved:
		award := j.InHand().Award()
		ok, score = award.Counts && (posted || over), award.Share
	case protocol.EndedDefault:
		ok, score = over && j.Stage(at) == job.Defaulted && !delivered, 0
	case protocol.EndedCancelled:
		ok, score = over && j.Stage(at) == job.Cancelled && !delivered, 0
		if o.Score == protocol.Full || sentAway(j) || leftWaiting(j) {
			score = protocol.Full
		}
	}
	if o.Band == 0 {
		conduct = protocol.PaidNothing
	}
	if o.Ended <= protocol.EndedResolved {
		score = j.Score(score)
	}
	return ok && o.Score == score && o.Band == uint64(weight(j).BitLen()) && o.Conduct == conduct
}

// bearsOutProvider reports whether the documents show at an instant what the
// provider's own Outcome tells: that the hirer found good, paid for, owes or
// sent away what it says. A bare word does not weigh against the hirer's.
func bearsOutProvider(j *job.Job, at uint64, o *protocol.Outcome) bool {
	_, delivered := j.Delivery()
	_, claimed := j.Claim()
	_, posted := j.Post()
	verdict, judged := j.Verdict()
	found := posted && !j.InHand().Prepaid() // in advance it says nothing of the result
	owing, ended, score := unpaid(j, at), uint64(protocol.EndedSilent), uint64(protocol.Full)
	ok := !forfeit(j, at) && (claimed || found || owing)
	switch {
	case !delivered:
		ended, ok = protocol.EndedCancelled, sentAway(j) || leftWaiting(j)
	case judged && verdict.Doc.(*protocol.Verdict).Pass:
		ended, score, ok = protocol.EndedAgreed, verdict.Doc.(*protocol.Verdict).Score, true
	case j.InHand().Award().Counts:
		ended, score, ok = protocol.EndedResolved, j.InHand().Award().Share, owing
	case stoodBy(j):
		ended, ok = protocol.EndedContested, !forfeit(j, at)
	}
	switch o.Conduct {
	case protocol.PaidInTime, protocol.PaidLate:
		ok = ok && posted
	case protocol.PaidNot:
		ok = ok && (!posted || owing) && (claimed || owing)
	case protocol.PaidAgainst:
		ok = ok && posted && stoodBy(j)
	}
	if delivered {
		score = j.Score(score)
	}
	return ok && o.Ended == ended && o.Score == score
}

// proved returns how many bits the sum has that the documents show to lie behind
// an Outcome, and whether the payee has seen anything of it paid.
func proved(j *job.Job, o *protocol.Outcome) (band uint64, receipt bool) {
	sum, seen := paid(j)
	switch owed, _ := j.Owed(); {
	case !sum.IsZero():
	case o.Conduct == protocol.PaidNot && !owed.IsZero():
		sum = owed
	default:
		sum = j.InHand().Most()
	}
	return uint64(sum.BitLen()), !seen.IsZero()
}
