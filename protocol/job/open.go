package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Offered reads what an Accept carries: a Quote for its author or a posted
// Offer, still standing at the Accept's own date, of which open says that its
// seal is good. It returns the Terms and the provider's key. Errors are *Refusal, with Of left
// zero. Whether the Accept is fresh by the reader's clock (protocol.Skew) is
// for the caller to ask when it first hears it.
func Offered(open func(*wire.Proof) error, a *protocol.Accept) (protocol.Terms, wire.Key, error) {
	doc, err := a.Shown()
	if err == nil {
		err = open(&a.Offered)
	}
	if err != nil {
		return protocol.Terms{}, wire.Key{}, refuse(codeOf(err), wire.CID{}, "what the Accept carries: %v", err)
	}
	var terms protocol.Terms
	until := uint64(0)
	switch d := doc.(type) {
	case *protocol.Quote:
		if d.Terms.Hirer != a.By {
			err = refuse(protocol.CodeNotOffered, wire.CID{}, "the Quote is for another hirer")
		}
		terms, until = d.Terms, d.Terms.ValidUntil
	case *protocol.Offer:
		if d.Ask || !d.Terms.Hirer.IsZero() {
			err = refuse(protocol.CodeNotOffered, wire.CID{}, "the Offer is no firm price to everyone")
		}
		terms, until = d.Terms, min(d.Expires, d.Terms.ValidUntil)
	default:
		err = refuse(protocol.CodeNotOffered, wire.CID{}, "the Accept carries neither a Quote nor an Offer")
	}
	provider := doc.Header().By
	switch {
	case err != nil:
	case provider == a.By:
		err = refuse(protocol.CodeNotOffered, wire.CID{}, "nobody hires itself")
	case a.At > until:
		err = refuse(protocol.CodeExpired, wire.CID{}, "accepted %d ms after it expired", a.At-until)
	case plus(a.At, protocol.Skew) < doc.Header().At:
		err = refuse(protocol.CodeClock, wire.CID{}, "accepted before it was said")
	default:
		return terms, provider, nil
	}
	return protocol.Terms{}, wire.Key{}, err
}

// Open begins a job from its Accept, with the terms and provider that Offered
// read from it. The job's ID is accept.ID.
//
// Open refuses, with CodeNotOffered, meters of more than MaxParts windows or
// MaxWindow calls in one, contracts of several parts with reworks or needs, and
// Terms by which a third agent is paid.
func Open(net string, accept wire.Said, terms protocol.Terms, provider wire.Key) (*Job, error) {
	a, ok := accept.Doc.(*protocol.Accept)
	if !ok {
		return nil, refuse(protocol.CodeMalformed, accept.ID, "not an Accept")
	}
	j := &Job{net: net, id: accept.ID, accept: a, terms: &terms, provider: provider, clock: a.At}
	switch {
	case provider == a.By:
		return nil, refuse(protocol.CodeNotOffered, accept.ID, "nobody hires itself")
	case parts(terms.Price) > MaxParts || terms.Price.Window > MaxWindow:
		return nil, refuse(protocol.CodeNotOffered, accept.ID, "more than %d parts, or %d calls in one", MaxParts, MaxWindow)
	case terms.Price.Advance > uint64(len(terms.Price.Tranches)):
		return nil, refuse(protocol.CodeNotOffered, accept.ID, "more is in advance than there is")
	case terms.Price.Window > 1 && uint64(len(a.Inputs)) > terms.Price.Window:
		return nil, refuse(protocol.CodeTooLarge, accept.ID, "a window has %d calls", terms.Price.Window)
	case several(terms.Price) && (terms.Reworks > 0 || len(terms.Needs) > 0):
		return nil, refuse(protocol.CodeNotOffered, accept.ID, "a contract of several parts has neither reworks nor needs")
	case paysThird(&terms):
		return nil, refuse(protocol.CodeNotOffered, accept.ID, "evaluators and witnesses for a fee are not dealt in")
	case !inOrder(&terms.Times) || a.At > maxInstant:
		return nil, refuse(protocol.CodeMalformed, accept.ID, "the deadlines are out of order or out of range")
	}
	if _, err := terms.Price.Most(); err != nil {
		return nil, refuse(protocol.CodeAmount, accept.ID, "the most it may cost: %v", err)
	}
	most, err := price(terms.Price, 0, terms.Price.MaxUnits)
	if err != nil {
		return nil, refuse(protocol.CodeAmount, accept.ID, "the most its first part may cost: %v", err)
	}
	first := &part{start: a.At, most: most}
	if j.Windowed() {
		first.calls = a.Inputs
	}
	j.parts = []*part{first}
	j.follow()
	return j, nil
}

// paysThird reports whether an evaluator or the witness is to be paid.
func paysThird(t *protocol.Terms) bool {
	return !t.Witness.Fee.IsZero() ||
		slices.ContainsFunc(t.Panel.Members, func(m protocol.Third) bool { return !m.Fee.IsZero() })
}

// price returns what part n costs if so many units are metered in it.
func price(p protocol.Price, n, units uint64) (wire.Amount, error) {
	fixed := wire.Amount{}
	switch {
	case n < uint64(len(p.Tranches)):
		fixed = p.Tranches[n]
	case n == 0:
		fixed = p.Fixed
	}
	metered, err := p.Metered(min(units, p.MaxUnits))
	if err != nil {
		return wire.Amount{}, err
	}
	return fixed.Plus(metered)
}

func codeOf(err error) protocol.Code {
	if code := protocol.CodeOf(err); code != "" {
		return code
	}
	return protocol.CodeMalformed
}
