package job

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// What is asked of a job without naming a part is asked of the one in hand.

// Most returns the most that all parts of the contract may come to.
func (j *Job) Most() wire.Amount {
	most, err := j.terms.Price.Most()
	if err != nil { // Open has shown that it is no overflow
		panic(err)
	}
	return most
}

// Hold returns the HOLD.
func (j *Job) Hold() (wire.Said, bool) { return j.InHand().Hold() }

// HoldSeen reports whether the HOLD is countersigned.
func (j *Job) HoldSeen() bool { return j.InHand().HoldSeen() }

// Started reports whether the provider said that work began.
func (j *Job) Started() bool { return j.InHand().Started() }

// Progress returns the last one said, or nil.
func (j *Job) Progress() *protocol.Progress { return j.InHand().Progress() }

// Delivery returns the Delivery, one refused as late too.
func (j *Job) Delivery() (wire.Said, bool) { return j.InHand().Delivery() }

// Verdict returns the hirer's judgement.
func (j *Job) Verdict() (wire.Said, bool) { return j.InHand().Verdict() }

// Contest returns the hirer's last Contest.
func (j *Job) Contest() (wire.Said, bool) { return j.InHand().Contest() }

// Answer returns the Contest by which the provider answered.
func (j *Job) Answer() (wire.Said, bool) { return j.InHand().Answer() }

// Claim returns the provider's Claim.
func (j *Job) Claim() (wire.Said, bool) { return j.InHand().Claim() }

// Post returns the entry by which the hirer pays.
func (j *Job) Post() (wire.Said, bool) { return j.InHand().Post() }

// PostSeen reports whether it is countersigned.
func (j *Job) PostSeen() bool { return j.InHand().PostSeen() }

// Void returns the VOID of the HOLD.
func (j *Job) Void() (wire.Said, bool) { return j.InHand().Void() }

// VoidSeen reports whether it is countersigned.
func (j *Job) VoidSeen() bool { return j.InHand().VoidSeen() }

// CancelBy returns the Cancel said by that side.
func (j *Job) CancelBy(role Role) (wire.Said, bool) { return j.InHand().CancelBy(role) }

// Owed returns the least that a POST must say and the most it may say.
func (j *Job) Owed() (least, most wire.Amount) { return j.InHand().Owed() }

// Voidable reports whether nothing held can be owed any more.
func (j *Job) Voidable(at uint64) bool { return j.InHand().Voidable(at) }

// FundBy returns when the HOLD must be said, where it may come after the Accept.
func (j *Job) FundBy() uint64 { return j.InHand().FundBy() }

// StartBy returns when the provider must have taken or declined.
func (j *Job) StartBy() uint64 { return j.InHand().StartBy() }

// DeliverBy returns when the Delivery must be said.
func (j *Job) DeliverBy() uint64 { return j.InHand().DeliverBy() }

// ReviewBy returns when the Verdict must be said.
func (j *Job) ReviewBy() uint64 { return j.InHand().ReviewBy() }

// ClaimBy returns when what was accepted by silence must be claimed.
func (j *Job) ClaimBy() uint64 { return j.InHand().ClaimBy() }

// AnswerBy returns when a Contest or Claim must be answered.
func (j *Job) AnswerBy() uint64 { return j.InHand().AnswerBy() }

// AwardBy returns when the evaluators must have awarded.
func (j *Job) AwardBy() uint64 { return j.InHand().AwardBy() }

// SettleBy returns when the receipt of what is owed should be there.
func (j *Job) SettleBy() uint64 { return j.InHand().SettleBy() }

// ResolveBy returns when it must be there.
func (j *Job) ResolveBy() uint64 { return j.InHand().ResolveBy() }
