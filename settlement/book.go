package settlement

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Book is one agent's books: every lane in which it pays or is paid. It is not
// safe for use by several goroutines at once.
type Book struct {
	self    wire.Key
	net     string
	policy  Policy
	epoch   protocol.Epoch
	strands map[pair]*strand
	order   []*strand            // the same, sorted
	lanes   map[wire.CID]*strand // by the name of each remembered epoch's lane
	entries map[wire.CID]*hold   // by the HOLD entry
	jobs    map[wire.CID]*job
	spent   map[purse]wire.Amount
	outlay  map[string]wire.Amount // by asset: what is spent under all mandates together
	drawn   map[string]wire.Amount // by asset: what payers owe beyond what they have settled before
	paid    map[wire.CID]*transfer // by the name of the rail's proof
}

// purse is what is spent of one asset under one mandate.
type purse struct {
	mandate wire.CID
	asset   string
}

// NewBook returns the empty book of self on network net.
func NewBook(self wire.Key, net string, policy Policy) *Book {
	return &Book{
		self: self, net: net, policy: policy,
		strands: make(map[pair]*strand),
		lanes:   make(map[wire.CID]*strand),
		entries: make(map[wire.CID]*hold),
		jobs:    make(map[wire.CID]*job),
		spent:   make(map[purse]wire.Amount),
		outlay:  make(map[string]wire.Amount),
		drawn:   make(map[string]wire.Amount),
		paid:    make(map[wire.CID]*transfer),
	}
}

// Begin starts a new run of the process under a fresh random epoch. Every lane
// in which self pays and that has a history needs an OPEN, countersigned,
// before its next entry.
func (b *Book) Begin(epoch protocol.Epoch) { b.epoch = epoch }

// Check tells whether Apply would take s: an Entry by self or to self, a
// Countersign or a Claim of a lane of self. Errors: ErrKnown, *Refusal, *Fork.
// Nothing changes.
func (b *Book) Check(s wire.Said) error {
	switch d := s.Doc.(type) {
	case *protocol.Entry:
		_, err := b.checkEntry(d, s.ID)
		return named(err, s.ID)
	case *protocol.Countersign:
		_, err := b.checkCountersign(d, s.ID)
		return named(err, s.ID)
	case *protocol.Claim:
		_, err := b.checkClaim(d, s.ID)
		return named(err, s.ID)
	}
	return named(refuse(protocol.CodeUnknownKind, "%T does not belong into a book", s.Doc), s.ID)
}

// Apply folds s. The errors are those of Check, and leave the book as it was,
// except that a *Fork stops its lane: keep the document, so that a replay stops
// it too.
func (b *Book) Apply(s wire.Said) error {
	switch d := s.Doc.(type) {
	case *protocol.Entry:
		x, err := b.checkEntry(d, s.ID)
		if f, ok := err.(*Fork); ok {
			b.lanes[f.Lane].stopped = true
		}
		if err == nil {
			b.say(x)
		}
		return named(err, s.ID)
	case *protocol.Countersign:
		x, err := b.checkCountersign(d, s.ID)
		if err == nil {
			b.see(x, s.ID)
		}
		return named(err, s.ID)
	case *protocol.Claim:
		h, err := b.checkClaim(d, s.ID)
		if err == nil {
			b.change(b.strands[h.of], h, func() { h.claim, h.claimed = s.ID, d.Amount })
			b.draw(b.strands[h.of])
		}
		return named(err, s.ID)
	}
	return b.Check(s)
}

// CheckAll tells whether Apply would take all of said, one after the other; of
// documents that are not a book's business it says nothing, and what is known
// already does not trouble it. It serves bundles whose entries build on one
// another. Nothing changes.
func (b *Book) CheckAll(said ...wire.Said) error {
	var done []*step
	var err error
	for _, s := range said {
		switch d := s.Doc.(type) {
		case *protocol.Entry:
			var x *step
			if x, err = b.checkEntry(d, s.ID); err == nil {
				b.say(x)
				done = append(done, x)
			}
		case *protocol.Countersign, *protocol.Claim:
			err = b.Check(s)
		}
		if err != nil && err != ErrKnown {
			err = named(err, s.ID)
			break
		}
		err = nil
	}
	for _, x := range slices.Backward(done) {
		s := b.strands[pairOf(x.entry)]
		s.steps = slices.Delete(s.steps, slices.Index(s.steps, x), slices.Index(s.steps, x)+1)
		b.unsay(s, x)
		if len(s.epochs) == 0 {
			b.dropStrand(s)
		}
	}
	return err
}

func pairOf(e *protocol.Entry) pair { return pair{e.By, e.Payee, e.Asset} }

// strand returns the strand of p, made if it is new.
func (b *Book) strand(p pair) *strand {
	s := b.strands[p]
	if s == nil {
		s = &strand{pair: p, idem: make(map[string][]wire.CID)}
		b.strands[p] = s
		i, _ := b.search(p)
		b.order = slices.Insert(b.order, i, s)
	}
	return s
}

func (b *Book) dropStrand(s *strand) {
	delete(b.strands, s.pair)
	i, _ := b.search(s.pair)
	b.order = slices.Delete(b.order, i, i+1)
}

func (b *Book) search(p pair) (int, bool) {
	return slices.BinarySearchFunc(b.order, p, func(s *strand, p pair) int { return s.compare(p) })
}

// between returns the strands from payer to payee, by asset.
func (b *Book) between(payer, payee wire.Key) []*strand {
	i, _ := b.search(pair{payer, payee, ""})
	j := i
	for j < len(b.order) && b.order[j].payer == payer && b.order[j].payee == payee {
		j++
	}
	return b.order[i:j]
}
