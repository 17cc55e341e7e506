package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Part is one part of a job's contract, to be read together with its Job. It
// has a HOLD, a Delivery, a judgement, a payment and a clock of its own.
type Part struct {
	*Job
	*part
}

// part is what was said about one part, and what follows from it for good.
type part struct {
	n     uint64      // its number, from 0
	most  wire.Amount // what its HOLD sets aside
	start uint64      // the instant from which its durations run
	shift uint64      // milliseconds by which late funding, or an advance, moved its deadlines
	base  uint64      // the meter's reading where it begins
	end   place       // final place reached before a document was folded after it; zero until then

	hold, post, void             paper[protocol.Entry]
	holdSeen, postSeen, voidSeen bool
	bound, unheld                bool // of a later part: the provider countersigned its HOLD in time and took it; it refused it
	released                     bool // voidSeen, by a Countersign that does not dispute the hold by ResolveBy
	paid                         bool // postSeen, by a Countersign dated no later than ResolveBy
	started                      bool
	progress                     paper[protocol.Progress]
	steps                        int // Progress documents so far
	delivery                     paper[protocol.Delivery]
	verdict                      paper[protocol.Verdict]
	contest, answer              paper[protocol.Contest] // the hirer's; the provider's
	claim                        paper[protocol.Claim]
	cancelH, cancelP             paper[protocol.Cancel] // the hirer's wish; the provider's word
	calls                        []payload.Artefact     // of a window: the inputs provided
	outputs                      []wire.CID             // … and what each gave, as far as told
	undelivered, uncut           bool                   // the hirer refused the Delivery, the provider's Cancel as late
	belated                      bool                   // the complaint came too late for what was claimed: belated.go
	pauses                       []pause
	rounds                       []round // Deliveries made good, oldest first
	reworked                     uint64  // how often that was tried
	awards                       []award
	ruling                       *Award // what the entry that ended the hold of a disputed part rests on
}

// Part returns part n, where it has begun.
func (j *Job) Part(n uint64) (Part, bool) {
	if n >= uint64(len(j.parts)) {
		return Part{}, false
	}
	return Part{j, j.parts[n]}, true
}

// last returns the part in hand, or what may follow it.
func (j *Job) last() Part { return Part{j, j.parts[len(j.parts)-1]} }

// own returns a part that may be changed without any copy of the job seeing it.
func (j *Job) own(n uint64) Part {
	bit := uint64(1) << (n % 64)
	if j.owned[n/64]&bit == 0 {
		mine := *j.parts[n]
		j.parts = slices.Clone(j.parts)
		j.parts[n] = &mine
		j.owned[n/64] |= bit
	}
	return Part{j, j.parts[n]}
}

// Number returns which part of the contract it is, from 0.
func (p Part) Number() uint64 { return p.n }

// Most returns what its HOLD sets aside: its price and all units that may be
// metered in it.
func (p Part) Most() wire.Amount { return p.most }

// Hold returns the HOLD.
func (p Part) Hold() (wire.Said, bool) { return p.hold.look() }

// HoldSeen reports whether the HOLD is countersigned.
func (p Part) HoldSeen() bool { return p.holdSeen }

// delivered reports whether there is a Delivery that counts.
func (p Part) delivered() bool { return p.Taken() && p.delivery.there() && !p.undelivered }

// Started reports whether the provider said that work began.
func (p Part) Started() bool { return p.started }

// Progress returns the last one said, or nil.
func (p Part) Progress() *protocol.Progress { return p.progress.doc }

// Delivery returns the Delivery, one refused as late too.
func (p Part) Delivery() (wire.Said, bool) { return p.delivery.look() }

// Verdict returns the hirer's judgement.
func (p Part) Verdict() (wire.Said, bool) { return p.verdict.look() }

// Contest returns the hirer's last Contest; a failing Verdict contests without one.
func (p Part) Contest() (wire.Said, bool) { return p.contest.look() }

// Answer returns the Contest by which the provider answered.
func (p Part) Answer() (wire.Said, bool) { return p.answer.look() }

// Claim returns the provider's Claim.
func (p Part) Claim() (wire.Said, bool) { return p.claim.look() }

// Post returns the entry, POST or AWARD, by which the hirer pays.
func (p Part) Post() (wire.Said, bool) { return p.post.look() }

// PostSeen reports whether it is countersigned.
func (p Part) PostSeen() bool { return p.postSeen }

// Void returns the VOID of the HOLD.
func (p Part) Void() (wire.Said, bool) { return p.void.look() }

// VoidSeen reports whether it is countersigned.
func (p Part) VoidSeen() bool { return p.voidSeen }

// CancelBy returns the Cancel said by that side.
func (p Part) CancelBy(role Role) (wire.Said, bool) {
	switch role {
	case Hirer:
		return p.cancelH.look()
	case Provider:
		return p.cancelP.look()
	}
	return wire.Said{}, false
}
