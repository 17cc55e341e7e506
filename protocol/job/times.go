package job

import (
	"math"

	"github.com/souk-network/souk/protocol"
)

// T0 returns the instant from which all durations of the Terms run: the
// Accept's at. All instants are Unix milliseconds.
func (j *Job) T0() uint64 { return j.accept.At }

// A deadline binds the author of the document it waits for, by the author's own
// date; the job itself leaves a stage only once protocol.Skew more has passed,
// so that honest clocks need not agree. All but FundBy shift with a HOLD that
// was funded late, and all from DeliverBy on with pauses and reworks.

// FundBy returns when the HOLD must be said, where the Terms allow it to come
// after the Accept.
func (p Part) FundBy() uint64 { return plus(p.start, p.terms.Times.Fund) }

// StartBy returns when the provider must have taken or declined.
func (p Part) StartBy() uint64 { return p.by(p.terms.Times.Start) }

// DeliverBy returns when the Delivery must be said.
func (p Part) DeliverBy() uint64 { return p.moved(p.terms.Times.Deliver) }

// ReviewBy returns when the Verdict must be said; later it is accepted by silence.
func (p Part) ReviewBy() uint64 { return p.moved(p.terms.Times.Review) }

// ClaimBy returns when what was accepted by silence must be claimed.
func (p Part) ClaimBy() uint64 { return p.moved(p.terms.Times.Claim) }

// AnswerBy returns when a Contest or Claim must be answered.
func (p Part) AnswerBy() uint64 { return p.moved(p.terms.Times.Answer) }

// HeldUntil returns until when the HOLD must last.
func (p Part) HeldUntil() uint64 { return p.by(HoldFor(p.terms)) }

// CommitBy returns when the evaluators must have committed to their awards:
// where the Terms set no time of its own for that, when they must have awarded.
func (p Part) CommitBy() uint64 {
	if p.terms.Times.Commit == 0 {
		return p.AwardBy()
	}
	return p.moved(p.terms.Times.Commit)
}

// AwardBy returns when the evaluators must have awarded.
func (p Part) AwardBy() uint64 { return p.moved(p.terms.Times.Award) }

// SettleBy returns when the receipt of what is owed should be there.
func (p Part) SettleBy() uint64 { return p.moved(p.terms.Times.Settle) }

// ResolveBy returns when it must be there.
func (p Part) ResolveBy() uint64 { return p.moved(p.terms.Times.Resolve) }

func (p Part) by(duration uint64) uint64 { return plus(plus(p.start, p.shift), duration) }

// moved is by for the deadlines that pauses and reworks move. Until it is known
// how long a pause lasts, it counts as the longest there may be; and so it does
// in a job that is cancelled, where one side may not have heard of it.
func (p Part) moved(duration uint64) uint64 {
	by := plus(p.by(duration), uint64(len(p.rounds))*p.terms.Times.Rework)
	_, waiting := p.waits()
	if waiting || len(p.terms.Needs) > 0 && p.cancelP.there() && !p.delivery.there() {
		return plus(by, p.terms.Times.PauseMax)
	}
	return plus(by, p.paused())
}

// HoldFor returns how long a HOLD under these Terms must last: until its Claim,
// however far pauses and reworks may move that.
func HoldFor(t *protocol.Terms) uint64 {
	long := plus(t.Times.Claim, t.Reworks*t.Times.Rework)
	if len(t.Needs) > 0 {
		long = plus(long, t.Times.PauseMax)
	}
	return long
}

// past reports whether at is beyond a deadline, skew allowed.
func past(at, deadline uint64) bool { return at > plus(deadline, protocol.Skew) }

// plus adds instants and durations; it stays at the largest instead of wrapping.
func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

func inOrder(t *protocol.Times) bool {
	last := uint64(0)
	for _, d := range [...]uint64{t.Start, t.Deliver, t.Review, t.Claim, t.Answer, t.Award, t.Settle, t.Resolve} {
		if d < last || d > protocol.MaxDuration {
			return false
		}
		last = d
	}
	return t.Fund <= protocol.MaxDuration
}
