package protocol

import "github.com/souk-network/souk/protocol/wire"

// How the documents of each kind are written, made once of their fields' tags.
var (
	helloForm        = wire.FormOf[Hello]()
	offerForm        = wire.FormOf[Offer]()
	callForm         = wire.FormOf[Call]()
	requestForm      = wire.FormOf[Request]()
	quoteForm        = wire.FormOf[Quote]()
	counterForm      = wire.FormOf[Counter]()
	refuseForm       = wire.FormOf[Refuse]()
	acceptForm       = wire.FormOf[Accept]()
	startedForm      = wire.FormOf[Started]()
	ackForm          = wire.FormOf[Ack]()
	needForm         = wire.FormOf[Need]()
	provideForm      = wire.FormOf[Provide]()
	progressForm     = wire.FormOf[Progress]()
	deliveryForm     = wire.FormOf[Delivery]()
	verdictForm      = wire.FormOf[Verdict]()
	contestForm      = wire.FormOf[Contest]()
	awardForm        = wire.FormOf[Award]()
	entryForm        = wire.FormOf[Entry]()
	countersignForm  = wire.FormOf[Countersign]()
	claimForm        = wire.FormOf[Claim]()
	outcomeForm      = wire.FormOf[Outcome]()
	logEntryForm     = wire.FormOf[LogEntry]()
	logHeadForm      = wire.FormOf[LogHead]()
	cancelForm       = wire.FormOf[Cancel]()
	mandateForm      = wire.FormOf[Mandate]()
	equivocationForm = wire.FormOf[Equivocation]()
	consentForm      = wire.FormOf[Consent]()
)

// Form returns how the documents of this kind are written.
func (*Hello) Form() *wire.Form { return helloForm }

// Form returns how the documents of this kind are written.
func (*Offer) Form() *wire.Form { return offerForm }

// Form returns how the documents of this kind are written.
func (*Call) Form() *wire.Form { return callForm }

// Form returns how the documents of this kind are written.
func (*Request) Form() *wire.Form { return requestForm }

// Form returns how the documents of this kind are written.
func (*Quote) Form() *wire.Form { return quoteForm }

// Form returns how the documents of this kind are written.
func (*Counter) Form() *wire.Form { return counterForm }

// Form returns how the documents of this kind are written.
func (*Refuse) Form() *wire.Form { return refuseForm }

// Form returns how the documents of this kind are written.
func (*Accept) Form() *wire.Form { return acceptForm }

// Form returns how the documents of this kind are written.
func (*Started) Form() *wire.Form { return startedForm }

// Form returns how the documents of this kind are written.
func (*Ack) Form() *wire.Form { return ackForm }

// Form returns how the documents of this kind are written.
func (*Need) Form() *wire.Form { return needForm }

// Form returns how the documents of this kind are written.
func (*Provide) Form() *wire.Form { return provideForm }

// Form returns how the documents of this kind are written.
func (*Progress) Form() *wire.Form { return progressForm }

// Form returns how the documents of this kind are written.
func (*Delivery) Form() *wire.Form { return deliveryForm }

// Form returns how the documents of this kind are written.
func (*Verdict) Form() *wire.Form { return verdictForm }

// Form returns how the documents of this kind are written.
func (*Contest) Form() *wire.Form { return contestForm }

// Form returns how the documents of this kind are written.
func (*Award) Form() *wire.Form { return awardForm }

// Form returns how the documents of this kind are written.
func (*Entry) Form() *wire.Form { return entryForm }

// Form returns how the documents of this kind are written.
func (*Countersign) Form() *wire.Form { return countersignForm }

// Form returns how the documents of this kind are written.
func (*Claim) Form() *wire.Form { return claimForm }

// Form returns how the documents of this kind are written.
func (*Outcome) Form() *wire.Form { return outcomeForm }

// Form returns how the documents of this kind are written.
func (*LogEntry) Form() *wire.Form { return logEntryForm }

// Form returns how the documents of this kind are written.
func (*LogHead) Form() *wire.Form { return logHeadForm }

// Form returns how the documents of this kind are written.
func (*Cancel) Form() *wire.Form { return cancelForm }

// Form returns how the documents of this kind are written.
func (*Mandate) Form() *wire.Form { return mandateForm }

// Form returns how the documents of this kind are written.
func (*Equivocation) Form() *wire.Form { return equivocationForm }

// Form returns how the documents of this kind are written.
func (*Consent) Form() *wire.Form { return consentForm }
