package protocol

import "github.com/souk-network/souk/protocol/wire"

// Kinds of documents. Numbers are never moved or used again.
const (
	KindHello        wire.Kind = 1
	KindOffer        wire.Kind = 2
	KindCall         wire.Kind = 3
	KindRequest      wire.Kind = 4
	KindQuote        wire.Kind = 5
	KindCounter      wire.Kind = 6
	KindRefuse       wire.Kind = 7
	KindAccept       wire.Kind = 8
	KindStarted      wire.Kind = 9
	KindAck          wire.Kind = 10
	KindNeed         wire.Kind = 11
	KindProvide      wire.Kind = 12
	KindProgress     wire.Kind = 13
	KindDelivery     wire.Kind = 14
	KindVerdict      wire.Kind = 15
	KindContest      wire.Kind = 16
	KindAward        wire.Kind = 17
	KindEntry        wire.Kind = 18
	KindCountersign  wire.Kind = 19
	KindClaim        wire.Kind = 20
	KindOutcome      wire.Kind = 21
	KindLogEntry     wire.Kind = 22
	KindLogHead      wire.Kind = 23
	KindCancel       wire.Kind = 24
	KindMandate      wire.Kind = 25
	KindRevocation   wire.Kind = 26
	KindSuccession   wire.Kind = 27
	KindEquivocation wire.Kind = 28
	KindConsent      wire.Kind = 29
	KindSetOff       wire.Kind = 30
	KindApproval     wire.Kind = 31
)

// Registry returns the kinds this version reads. Those without New are
// reserved: their number is taken, their fields are not yet fixed, and a reader
// refuses them.
func Registry() *wire.Registry {
	return wire.NewRegistry(
		wire.Entry{Kind: KindHello, Name: "Hello", Limit: 16 << 10, New: func() wire.Document { return new(Hello) }},
		wire.Entry{Kind: KindOffer, Name: "Offer", Limit: 32 << 10, Sealed: true, New: func() wire.Document { return new(Offer) }},
		wire.Entry{Kind: KindCall, Name: "Call", Limit: 8 << 10, Sealed: true, New: func() wire.Document { return new(Call) }},
		wire.Entry{Kind: KindRequest, Name: "Request", Limit: 16 << 10, New: func() wire.Document { return new(Request) }},
		wire.Entry{Kind: KindQuote, Name: "Quote", Limit: 32 << 10, Sealed: true, New: func() wire.Document { return new(Quote) }},
		wire.Entry{Kind: KindCounter, Name: "Counter", Limit: 32 << 10, Sealed: true, New: func() wire.Document { return new(Counter) }},
		wire.Entry{Kind: KindRefuse, Name: "Refuse", Limit: 2 << 10, Sealed: true, New: func() wire.Document { return new(Refuse) }},
		wire.Entry{Kind: KindAccept, Name: "Accept", Limit: 48 << 10, Sealed: true, New: func() wire.Document { return new(Accept) }},
		wire.Entry{Kind: KindStarted, Name: "Started", Limit: 1 << 10, Sealed: true, New: func() wire.Document { return new(Started) }},
		wire.Entry{Kind: KindAck, Name: "Ack", Limit: 4 << 10, Sealed: true, New: func() wire.Document { return new(Ack) }},
		wire.Entry{Kind: KindNeed, Name: "Need", Limit: 8 << 10, Sealed: true, New: func() wire.Document { return new(Need) }},
		wire.Entry{Kind: KindProvide, Name: "Provide", Limit: 8 << 10, Sealed: true, New: func() wire.Document { return new(Provide) }},
		wire.Entry{Kind: KindProgress, Name: "Progress", Limit: 1 << 10, Sealed: true, New: func() wire.Document { return new(Progress) }},
		wire.Entry{Kind: KindDelivery, Name: "Delivery", Limit: 16 << 10, Sealed: true, New: func() wire.Document { return new(Delivery) }},
		wire.Entry{Kind: KindVerdict, Name: "Verdict", Limit: 2 << 10, Sealed: true, New: func() wire.Document { return new(Verdict) }},
		wire.Entry{Kind: KindContest, Name: "Contest", Limit: 4 << 10, Sealed: true, New: func() wire.Document { return new(Contest) }},
		wire.Entry{Kind: KindAward, Name: "Award", Limit: 4 << 10, Sealed: true, New: func() wire.Document { return new(Award) }},
		wire.Entry{Kind: KindEntry, Name: "Entry", Limit: 4 << 10, Strict: true, Sealed: true, New: func() wire.Document { return new(Entry) }},
		wire.Entry{Kind: KindCountersign, Name: "Countersign", Limit: 16 << 10, Strict: true, Sealed: true, New: func() wire.Document { return new(Countersign) }},
		wire.Entry{Kind: KindClaim, Name: "Claim", Limit: 1 << 10, Sealed: true, New: func() wire.Document { return new(Claim) }},
		wire.Entry{Kind: KindOutcome, Name: "Outcome", Limit: 2 << 10, Sealed: true, New: func() wire.Document { return new(Outcome) }},
		wire.Entry{Kind: KindLogEntry, Name: "LogEntry", Limit: 1 << 10, Sealed: true, New: func() wire.Document { return new(LogEntry) }},
		wire.Entry{Kind: KindLogHead, Name: "LogHead", Limit: 4 << 10, Sealed: true, New: func() wire.Document { return new(LogHead) }},
		wire.Entry{Kind: KindCancel, Name: "Cancel", Limit: 1 << 10, Sealed: true, New: func() wire.Document { return new(Cancel) }},
		wire.Entry{Kind: KindMandate, Name: "Mandate", Limit: 16 << 10, Strict: true, Sealed: true, New: func() wire.Document { return new(Mandate) }},
		wire.Entry{Kind: KindRevocation, Name: "Revocation", Limit: 4 << 10, Strict: true, Sealed: true},
		wire.Entry{Kind: KindSuccession, Name: "Succession", Limit: 4 << 10, Sealed: true},
		wire.Entry{Kind: KindEquivocation, Name: "Equivocation", Limit: 64 << 10, Sealed: true, New: func() wire.Document { return new(Equivocation) }},
		wire.Entry{Kind: KindConsent, Name: "Consent", Limit: 4 << 10, Strict: true, Sealed: true, New: func() wire.Document { return new(Consent) }},
		wire.Entry{Kind: KindSetOff, Name: "SetOff", Limit: 4 << 10, Strict: true, Sealed: true},
		wire.Entry{Kind: KindApproval, Name: "Approval", Limit: 4 << 10, Strict: true, Sealed: true},
	)
}
