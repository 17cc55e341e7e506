package settlement

import (
	"cmp"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// pair is who owes whom in what.
type pair struct {
	payer, payee wire.Key
	asset        string
}

func (p pair) compare(q pair) int {
	return cmp.Or(
		slices.Compare(p.payer[:], q.payer[:]),
		slices.Compare(p.payee[:], q.payee[:]),
		strings.Compare(p.asset, q.asset),
	)
}

// place is where a lane stands after one entry. The zero place is before the
// first entry there ever was.
type place struct {
	epoch  protocol.Epoch
	lane   wire.CID
	seq    uint64
	id     wire.CID
	totals protocol.Totals
	height uint64 // entries from the first ever, over all epochs
	waits  bool   // an OPEN that continues older entries: nothing follows before its countersign
	closed bool   // a CLOSE
}

// step is an entry that has been said and not yet countersigned.
type step struct {
	place
	parent wire.CID // the entry before it, in the same epoch or, for an OPEN, in an older one
	entry  *protocol.Entry
	before uint64      // of a METER: the reading before it
	voided *end        // of a POST or AWARD: the VOID before it, if it pays a claim that crossed one
	risk   wire.Amount // the strand's before it
}

// strand is all that lies between one payer and one payee in one asset: the
// place of the last countersigned entry, and the entries said after it. Those
// form a tree, not a list: a payer that came back from an old copy may have
// said an OPEN from one place and then learn that it had gone further. A
// countersign picks the branch that counts; the payee itself has only one.
type strand struct {
	pair
	base    place
	steps   []*step // parents before children
	epochs  []*marks
	seenAs  wire.CID              // the countersign that moved base last
	holds   int                   // not ended for good
	due     wire.Amount           // claimed of holds that were voided
	idem    map[string][]wire.CID // holds by idempotency key
	words   []*hold               // whose end the payee has countersigned, and could dispute
	done    []wire.CID            // finished holds that are still remembered, oldest first
	risk    wire.Amount           // where I am the payee: what was taken on credit and is not settled
	drawn   wire.Amount           // what of it counts in Book.drawn
	used    protocol.Epoch        // the last one that self began and said an OPEN in, even if that OPEN is void
	stopped bool
}

// marks are the names of the entries of one epoch, to know them again.
type marks struct {
	epoch  protocol.Epoch
	lane   wire.CID
	height uint64 // of entry 1
	first  uint64 // sequence number of ids[0]
	ids    []wire.CID
}

// at returns the name of entry seq; the zero CID where it is older than what is
// remembered; false where there is none yet.
func (m *marks) at(seq uint64) (wire.CID, bool) {
	switch {
	case seq < m.first:
		return wire.CID{}, true
	case seq-m.first < uint64(len(m.ids)):
		return m.ids[seq-m.first], true
	}
	return wire.CID{}, false
}

func (s *strand) marks(epoch protocol.Epoch) *marks {
	for _, m := range slices.Backward(s.epochs) {
		if m.epoch == epoch {
			return m
		}
	}
	return nil
}

// tip is the place after the last entry said.
func (s *strand) tip() place {
	if n := len(s.steps); n > 0 {
		return s.steps[n-1].place
	}
	return s.base
}

// end returns where epoch can go on, if it can.
func (s *strand) end(epoch protocol.Epoch) (place, bool) {
	for _, x := range slices.Backward(s.steps) {
		if x.epoch == epoch {
			return x.place, true
		}
	}
	return s.base, s.base.height > 0 && s.base.epoch == epoch
}

// find returns the place after entry id if entries may still follow it.
func (s *strand) find(id wire.CID) (place, bool) {
	for _, x := range slices.Backward(s.steps) {
		if x.id == id {
			return x.place, true
		}
	}
	return s.base, s.base.id == id
}

// note remembers an entry's name. Those that still wait are never forgotten:
// there are at most MaxAhead of them.
func (s *strand) note(p place) {
	m := s.marks(p.epoch)
	if m == nil {
		m = &marks{epoch: p.epoch, lane: p.lane, height: p.height, first: 1}
		s.epochs = append(s.epochs, m)
	}
	m.ids = append(m.ids, p.id)
	if len(m.ids) >= 2*Remembered {
		m.ids = slices.Clone(m.ids[len(m.ids)-Remembered:])
		m.first = p.seq + 1 - Remembered
	}
}

// unnote takes the last name of an epoch back.
func (s *strand) unnote(p place) {
	m := s.marks(p.epoch)
	m.ids = m.ids[:len(m.ids)-1]
	if len(m.ids) == 0 {
		s.epochs = slices.DeleteFunc(s.epochs, func(x *marks) bool { return x == m })
	}
}

// forgetEpochs drops the oldest closed epochs and returns their lanes.
func (s *strand) forgetEpochs() (lanes []wire.CID) {
	for len(s.epochs) > RememberedEpochs && s.epochs[0].epoch != s.base.epoch {
		if slices.ContainsFunc(s.steps, func(x *step) bool { return x.epoch == s.epochs[0].epoch }) {
			break
		}
		lanes = append(lanes, s.epochs[0].lane)
		s.epochs = slices.Delete(s.epochs, 0, 1)
	}
	return lanes
}
