package job

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// What is asked of a job without naming a part is asked of the one that began last.

// Stage returns where the job stands at an instant of this side's clock. An
// instant before the latest one folded counts as that one.
func (j *Job) Stage(at uint64) Stage { return j.last().Stage(at) }

// Fault returns which side did not do its part, in a job that stands at
// Defaulted; Other elsewhere.
func (j *Job) Fault(at uint64) Role { return j.last().Fault(at) }

// Next returns the instant at which time alone moves the job on, and where to.
// ok is false only for a final stage.
func (j *Job) Next(at uint64) (when uint64, to Stage, ok bool) { return j.last().Next(at) }

// Most returns what the HOLD sets aside.
func (j *Job) Most() wire.Amount { return j.last().Most() }

// Hold returns the HOLD.
func (j *Job) Hold() (wire.Said, bool) { return j.last().Hold() }

// HoldSeen reports whether the HOLD is countersigned.
func (j *Job) HoldSeen() bool { return j.last().HoldSeen() }

// Started reports whether the provider said that work began.
func (j *Job) Started() bool { return j.last().Started() }

// Progress returns the last one said, or nil.
func (j *Job) Progress() *protocol.Progress { return j.last().Progress() }

// Delivery returns the Delivery, one refused as late too.
func (j *Job) Delivery() (wire.Said, bool) { return j.last().Delivery() }

// Verdict returns the hirer's judgement.
func (j *Job) Verdict() (wire.Said, bool) { return j.last().Verdict() }

// Contest returns the hirer's last Contest.
func (j *Job) Contest() (wire.Said, bool) { return j.last().Contest() }

// Answer returns the Contest by which the provider answered.
func (j *Job) Answer() (wire.Said, bool) { return j.last().Answer() }

// Claim returns the provider's Claim.
func (j *Job) Claim() (wire.Said, bool) { return j.last().Claim() }

// Post returns the entry by which the hirer pays.
func (j *Job) Post() (wire.Said, bool) { return j.last().Post() }

// PostSeen reports whether it is countersigned.
func (j *Job) PostSeen() bool { return j.last().PostSeen() }

// Void returns the VOID of the HOLD.
func (j *Job) Void() (wire.Said, bool) { return j.last().Void() }

// VoidSeen reports whether it is countersigned.
func (j *Job) VoidSeen() bool { return j.last().VoidSeen() }

// CancelBy returns the Cancel said by that side.
func (j *Job) CancelBy(role Role) (wire.Said, bool) { return j.last().CancelBy(role) }

// Owed returns the least that a POST must say and the most it may say.
func (j *Job) Owed() (least, most wire.Amount) { return j.last().Owed() }

// Voidable reports whether nothing held can be owed any more.
func (j *Job) Voidable(at uint64) bool { return j.last().Voidable(at) }

// FundBy returns when the HOLD must be said, where it may come after the Accept.
func (j *Job) FundBy() uint64 { return j.last().FundBy() }

// StartBy returns when the provider must have taken or declined.
func (j *Job) StartBy() uint64 { return j.last().StartBy() }

// DeliverBy returns when the Delivery must be said.
func (j *Job) DeliverBy() uint64 { return j.last().DeliverBy() }

// ReviewBy returns when the Verdict must be said.
func (j *Job) ReviewBy() uint64 { return j.last().ReviewBy() }

// ClaimBy returns when what was accepted by silence must be claimed.
func (j *Job) ClaimBy() uint64 { return j.last().ClaimBy() }

// AnswerBy returns when a Contest or Claim must be answered.
func (j *Job) AnswerBy() uint64 { return j.last().AnswerBy() }

// AwardBy returns when the evaluators must have awarded.
func (j *Job) AwardBy() uint64 { return j.last().AwardBy() }

// SettleBy returns when the receipt of what is owed should be there.
func (j *Job) SettleBy() uint64 { return j.last().SettleBy() }

// ResolveBy returns when it must be there.
func (j *Job) ResolveBy() uint64 { return j.last().ResolveBy() }
