package protocol

import (
	"errors"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Code says why something was refused, declined or cancelled. Codes are stable:
// they are only added. They travel between peers, appear in the JSON of every
// command and in docs/spec/codes.md.
type Code string

const (
	CodeMalformed   Code = "malformed"     // not canonical, or not of its kind's shape
	CodeTooLarge    Code = "too_large"     // over a limit
	CodeUnknownKind Code = "unknown_kind"  // of a kind this peer does not read
	CodeNetwork     Code = "wrong_network" // said on another network
	CodePayee       Code = "wrong_payee"   // a payment to someone else
	CodeSeal        Code = "bad_seal"      // not signed by its author
	CodeClock       Code = "clock"         // too far from the reader's clock
	CodeExpired     Code = "expired"       // quote, offer or mandate is over
	CodeNotOffered  Code = "not_offered"   // the capability or these terms are not offered
	CodeBusy        Code = "busy"          // no capacity now; try later
	CodeOverLimit   Code = "over_limit"    // the payer's credit with the payee is used up
	CodeAmount      Code = "amount"        // not the amount that was agreed, or none
	CodeLane        Code = "lane"          // the entry does not continue its lane
	CodeLaneBehind  Code = "lane_behind"   // the payer has forgotten entries the payee holds
	CodeFork        Code = "fork"          // two entries where there can be one
	CodeHold        Code = "hold"          // no such hold, or it has ended
	CodeLabel       Code = "label"         // the data label does not allow it
	CodeCheck       Code = "check"         // an unknown or failed acceptance check
	CodeRail        Code = "rail"          // a rail that is not spoken
	CodeMandate     Code = "mandate"       // the mandate does not allow it
	CodeBudget      Code = "budget"        // the budget does not reach: the mandate's, or that of the order
	CodeNoOffer     Code = "no_offer"      // nobody offers it on terms that suit
	CodeWorkFailed  Code = "work_failed"   // the provider's worker failed
	CodeWorkTimeout Code = "work_timeout"  // the provider's worker took too long
	CodeInterrupted Code = "interrupted"   // the provider was restarted in mid-work
	CodeWithdrawn   Code = "withdrawn"     // its author no longer wants it
	CodeEarly       Code = "early"         // before what it needs, or before its time
	CodeLate        Code = "late"          // after its deadline
	CodeArtefact    Code = "artefact"      // payload bytes missing or not those committed to
	CodeDuplicate   Code = "duplicate"     // already accepted or already ended
	CodeDefaulted   Code = "defaulted"     // the other side did not do its part in time
	CodeInput       Code = "input"         // the input is not what the offer's schema asks for
)

// CodeOf returns the code for err: that of the Fault in it, or the one that
// stands for what wire or payload found. It is "" for nil and for what is no
// fault of a document, such as a failed disk.
func CodeOf(err error) Code {
	var f *Fault
	if errors.As(err, &f) {
		return f.Code
	}
	for _, c := range [...]struct {
		err  error
		code Code
	}{
		{wire.ErrNetwork, CodeNetwork},
		{wire.ErrSeal, CodeSeal},
		{wire.ErrAuthor, CodeSeal},
		{wire.ErrUnknownKind, CodeUnknownKind},
		{wire.ErrLimit, CodeTooLarge},
		{wire.ErrAmount, CodeAmount},
		{wire.ErrOverflow, CodeAmount},
		{payload.ErrLabel, CodeLabel},
		{payload.ErrCommitment, CodeArtefact},
		{wire.ErrUnknownField, CodeMalformed},
		{wire.ErrCanonical, CodeMalformed},
		{wire.ErrShape, CodeMalformed},
		{wire.ErrKey, CodeMalformed},
		{wire.ErrCID, CodeMalformed},
	} {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return ""
}
