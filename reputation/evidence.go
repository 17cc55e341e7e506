package reputation

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Attested is how an Outcome is known to be true. Of one Outcome it only ever
// rises.
type Attested uint8

// In rising order.
const (
	Claimed   Attested = iota + 1 // sealed by the provider with its proofs; the hirer is silent. Says nothing of the provider
	Shown                         // sealed by the hirer with its proofs; the provider is silent. Says nothing of the hirer
	Contested                     // one side's word, and the other's against it: half weight
	Agreed                        // in the logs of both. Who has logged it has conceded it, whatever it says later
	Resolved                      // by the evaluators of the contract: replaces what was said before
)

// String returns the word for people.
func (a Attested) String() string {
	if a < Claimed || a > Resolved {
		return "unattested"
	}
	return [...]string{"claimed", "shown", "contested", "agreed", "resolved"}[a-1]
}

// Evidence is one Outcome with how it is attested. That its seals, logs and
// proofs are good was established by whoever made it.
type Evidence struct {
	Said wire.Said // the Outcome
	How  Attested

	// What receipts show of it: how many bits the sum has that was posted, or where
	// nothing was, that was held; and whether the payee has countersigned that
	// something was posted. An Outcome counts for no more than its receipts, and what
	// nobody paid for is no praise: who says so of a job has nothing to lose by it.
	Band uint64
	Paid bool

	// Whether mandates were seen by which the owners named in the Outcome answer
	// for hirer and provider. An owner only claimed is counted as no owner, so
	// that nobody votes, or uses up the vote, in another's name. That one owner is on
	// both sides may be claimed by one side alone, so as not to be blamed: by a claim
	// praise is lost, and nothing else.
	HirerOwned, ProviderOwned bool
}

// ErrKnown is returned for what is in the Book already and changes nothing.
var ErrKnown = errors.New("already in the book")

// Refusal is why something is no evidence.
type Refusal struct {
	Code protocol.Code // stable; may be told to the peer
	Of   wire.CID      // the document
	Why  string        // for people
}

// Error tells what was refused and why.
func (r *Refusal) Error() string { return fmt.Sprintf("refused (%s): %s", r.Code, r.Why) }

// Fork is two log entries of one author where there can be one. From then on
// the author weighs nothing, for ever. With both seals it makes an Equivocation.
type Fork struct {
	Author        wire.Key
	Epoch         protocol.Epoch
	Seq           uint64
	First, Second wire.CID // the entry in the Book; the one that came after it
	Known         bool     // the author was known to have equivocated: this proves nothing new
}

// Error names the author and the place.
func (f *Fork) Error() string {
	return fmt.Sprintf("fork: the log of %s has two entries %d in epoch %s", f.Author, f.Seq, f.Epoch)
}

// admit reports what is wrong with e taken alone.
func admit(at uint64, e Evidence) (*protocol.Outcome, error) {
	no := func(code protocol.Code, format string, args ...any) (*protocol.Outcome, error) {
		return nil, &Refusal{code, e.Said.ID, fmt.Sprintf(format, args...)}
	}
	o, ok := e.Said.Doc.(*protocol.Outcome)
	if !ok {
		return no(protocol.CodeUnknownKind, "%T is no outcome", e.Said.Doc)
	}
	if err := o.Check(); err != nil {
		return no(protocol.CodeOf(err), "%v", err)
	}
	switch {
	case e.Said.ID.IsZero():
		return no(protocol.CodeMalformed, "it has no name")
	case e.How < Claimed || e.How > Resolved:
		return no(protocol.CodeMalformed, "not attested in any known way")
	case e.How == Claimed && o.By != o.Provider, e.How == Shown && o.By != o.Hirer:
		return no(protocol.CodeMalformed, "%s by the wrong side", e.How)
	case e.How == Resolved && o.Ended != protocol.EndedResolved:
		return no(protocol.CodeMalformed, "resolved, and names nobody who did so")
	case o.Ended > protocol.EndedCancelled:
		return no(protocol.CodeNotOffered, "ended in a way that this version cannot weigh")
	case max(o.Closed, o.Opened, o.At) > at+protocol.Skew:
		return no(protocol.CodeClock, "from the future")
	}
	return o, nil
}

// kind sets pots apart whose evidence must not thin one another out: each is
// summed and weighed by itself, so that more praise never weakens praise, nor
// more blame blame.
type kind uint8

const (
	grave     kind = 1 << iota // not delivered: forgotten more slowly
	doubted                    // contested, or accepted by silence: half weight
	unvalue                    // in an asset of unknown worth: a fixed small weight for all together
	onesided                   // only claimed: says something of the hirer alone
	unsettled                  // not attested by both that it was paid for
	cut                        // cancelled after it was taken: no good can come of it
	kin                        // one owner is claimed for both sides: no good either, but blame counts
	unpaid                     // no receipt shows that anything was paid: no good, but where the viewer hired
)

// kindOf places an outcome. tainted says that its award came from an evaluator
// who belongs to a party.
func kindOf(o *protocol.Outcome, e *Evidence, known, tainted bool) kind {
	var k kind
	how := e.How
	if o.Ended == protocol.EndedDefault {
		k |= grave
	}
	if how == Contested || o.Ended == protocol.EndedContested || o.Ended == protocol.EndedSilent || tainted {
		k |= doubted
	}
	if o.Ended == protocol.EndedCancelled {
		k |= cut
	}
	if o.HirerOwner == o.ProviderOwner || o.HirerOwner == o.Provider || o.ProviderOwner == o.Hirer {
		k |= kin
	}
	if !known {
		k |= unvalue
	}
	if how == Claimed {
		k |= onesided
	}
	if !e.Paid {
		k |= unpaid
	}
	if how < Contested || !settled(k, o.Conduct, o.Ended) {
		k |= unsettled
	}
	return k
}

// settled reports whether an Outcome of a kind that both sides have had their word
// about tells of a job that was done and paid for.
func settled(k kind, conduct, ended uint64) bool {
	paid := conduct == protocol.PaidInTime || conduct == protocol.PaidLate
	return paid && k&(unpaid|kin) == 0 && ended != protocol.EndedDefault && ended != protocol.EndedCancelled
}
