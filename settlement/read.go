package settlement

import (
	"cmp"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Lane is the lane in force between a payer and a payee in one asset, after the
// last entry said.
type Lane struct {
	ID           wire.CID
	Payer, Payee wire.Key
	Asset        string
	Epoch        protocol.Epoch
	Seq          uint64
	Head         wire.CID // entry Seq
	Totals       protocol.Totals
	Seen         uint64          // last countersigned entry, of SeenEpoch; 0 for none
	SeenEpoch    protocol.Epoch  // Epoch, or an older one while an OPEN waits
	SeenHead     wire.CID        // entry Seen
	SeenTotals   protocol.Totals // after it
	SeenAs       wire.CID        // the Countersign that said so
	Holds        int             // that have not ended for good
	Stopped      bool            // by a fork
}

func (s *strand) lane() Lane {
	p := s.tip()
	return Lane{
		ID: p.lane, Payer: s.payer, Payee: s.payee, Asset: s.asset,
		Epoch: p.epoch, Seq: p.seq, Head: p.id, Totals: p.totals,
		Seen: s.base.seq, SeenEpoch: s.base.epoch, SeenHead: s.base.id, SeenTotals: s.base.totals, SeenAs: s.seenAs,
		Holds: s.holds, Stopped: s.stopped,
	}
}

// LaneTo returns the lane in which self pays payee.
func (b *Book) LaneTo(payee wire.Key, asset string) (Lane, bool) {
	return b.lane(pair{b.self, payee, asset})
}

// LaneFrom returns the lane in which payer pays self.
func (b *Book) LaneFrom(payer wire.Key, asset string) (Lane, bool) {
	return b.lane(pair{payer, b.self, asset})
}

// Lane returns the lane in force between the two whom lane id is between, whether
// id names it or an epoch before it; false where id is not remembered.
func (b *Book) Lane(id wire.CID) (Lane, bool) {
	s := b.lanes[id]
	if s == nil {
		return Lane{}, false
	}
	return s.lane(), true
}

func (b *Book) lane(p pair) (Lane, bool) {
	s := b.strands[p]
	if s == nil {
		return Lane{}, false
	}
	return s.lane(), true
}

// Lanes returns all lanes in force, by payer, payee and asset.
func (b *Book) Lanes() []Lane {
	lanes := make([]Lane, len(b.order))
	for i, s := range b.order {
		lanes[i] = s.lane()
	}
	return lanes
}

// Knows reports whether entry seq of an epoch, named head, of the lane from payer to
// payee is in the book, or is so old that its name is forgotten. Of an epoch that is no
// longer remembered nothing is known.
func (b *Book) Knows(payer, payee wire.Key, asset string, epoch protocol.Epoch, seq uint64, head wire.CID) bool {
	s := b.strands[pair{payer, payee, asset}]
	if s == nil {
		return false
	}
	m := s.marks(epoch)
	if m == nil {
		return false
	}
	have, ok := m.at(seq)
	return ok && (have == head || have.IsZero())
}

// Readiness says what may be said next to a payee.
type Readiness int

const (
	Fresh    Readiness = iota // no history: an OPEN, and what follows it in the same bundle
	MustOpen                  // an OPEN first, and its countersign
	Opening                   // the OPEN was said; nothing until its countersign
	Open                      // any entry
	Stopped                   // nothing: the lane has forked
)

var readinessNames = [...]string{"fresh", "must open", "opening", "open", "stopped"}

// String returns the readiness in words.
func (r Readiness) String() string { return readinessNames[r] }

// Ready says what self may say next in its lane to payee.
func (b *Book) Ready(payee wire.Key, asset string) Readiness {
	s := b.strands[pair{b.self, payee, asset}]
	if s == nil {
		return Fresh
	}
	p := s.tip()
	switch {
	case s.stopped:
		return Stopped
	case p.epoch != b.epoch || p.closed:
		return MustOpen
	case p.waits:
		return Opening
	}
	return Open
}

// Unseen returns the entries that self has said to payee and that are not
// countersigned, by asset, each after the one it continues. They are to be said
// again, byte for byte, in this order.
func (b *Book) Unseen(payee wire.Key) []wire.CID {
	var ids []wire.CID
	for _, s := range b.between(b.self, payee) {
		for _, x := range s.steps {
			ids = append(ids, x.id)
		}
	}
	return ids
}

// HoldState is all that is known of a hold.
type HoldState struct {
	ID           wire.CID // the HOLD entry
	Lane         wire.CID // in which it was said; later epochs may end it
	Payer, Payee wire.Key
	Asset        string
	Seq          uint64
	Job          wire.CID
	Part         uint64
	Amount       wire.Amount // set aside by the HOLD
	Metered      wire.Amount // of it, owed already by METERs that draw on it
	Deadline     uint64      // Unix milliseconds by which it must be claimed
	Mandate      wire.CID
	Idem         []byte

	Countersigned bool
	Taken         bool
	Declined      protocol.Code // why; empty if not declined
	DeclinedAs    wire.CID      // the Countersign that said so: the basis of a VOID
	Disputed      bool
	Claim         wire.CID    // zero if not claimed
	Claimed       wire.Amount // of Claim

	Act     protocol.Act // ActPost, ActAward or ActVoid; 0 while it is outstanding
	End     wire.CID     // the entry that ended it
	Posted  wire.Amount  // what that entry owes
	Rest    wire.Amount  // what is claimed beyond what that entry owes
	EndSeen bool         // that entry is countersigned, and no claim can change it: the end is final
}

// Due reports whether the hold is claimed and not posted yet. That may be so
// although it was voided: a VOID that lets it lapse may cross a claim made in
// time, and then the claim counts.
func (h HoldState) Due() bool {
	return !h.Claim.IsZero() && (h.Act == 0 || h.Act == protocol.ActVoid && !h.Rest.IsZero())
}

// Outstanding reports whether the hold has not ended.
func (h HoldState) Outstanding() bool { return h.Act == 0 }

func (h *hold) state() HoldState {
	st := HoldState{
		ID: h.id, Lane: h.at.lane, Payer: h.of.payer, Payee: h.of.payee, Asset: h.of.asset, Seq: h.at.seq,
		Job: h.job, Part: h.part, Amount: h.amount, Metered: h.metered, Deadline: h.deadline, Mandate: h.mandate, Idem: h.idem,
		Countersigned: h.seen, Taken: h.taken, Declined: h.declined, DeclinedAs: h.declinedAs, Disputed: h.disputed(),
		Claim: h.claim, Claimed: h.claimed,
	}
	if h.end != nil {
		st.Act, st.End, st.Posted, st.EndSeen = h.end.entry.Act, h.end.id, h.end.entry.Amount, h.finished
		st.Rest = h.due()
	}
	return st
}

// HoldOf returns the hold for one part of a job (0 where there is one part).
// Whoever relies on it compares Payer with the job's hirer.
func (b *Book) HoldOf(job wire.CID, part uint64) (HoldState, bool) {
	h, ok := b.part(job, part)
	if !ok {
		return HoldState{}, false
	}
	return h.state(), true
}

// HoldsOf returns the last hold for each part of a job, in the order in which those were
// made.
func (b *Book) HoldsOf(job wire.CID) []HoldState {
	j := b.jobs[job]
	if j == nil {
		return nil
	}
	last := make(map[uint64]*hold, len(j.holds))
	for _, h := range j.holds {
		last[h.part] = h
	}
	all := make([]HoldState, 0, len(last))
	for _, h := range j.holds {
		if last[h.part] == h {
			all = append(all, h.state())
		}
	}
	return all
}

// Hold returns the hold that entry id made.
func (b *Book) Hold(id wire.CID) (HoldState, bool) {
	h := b.entries[id]
	if h == nil {
		return HoldState{}, false
	}
	return h.state(), true
}

// Position is what stands between self and a peer in one asset. The two
// directions are told apart and never netted here.
type Position struct {
	Peer      wire.Key
	Asset     string
	IOwe      wire.Amount // posted, and neither credited nor settled
	OwedToMe  wire.Amount
	HeldByMe  wire.Amount // my outstanding holds for the peer, and claims on those that I let lapse too early or posted less of
	HeldForMe wire.Amount
}

// Position returns what stands between self and peer in asset; nothing where
// they never dealt in it.
func (b *Book) Position(peer wire.Key, asset string) Position {
	p := Position{Peer: peer, Asset: asset}
	if s := b.strands[pair{b.self, peer, asset}]; s != nil {
		p.IOwe, p.HeldByMe = s.balance()
	}
	if s := b.strands[pair{peer, b.self, asset}]; s != nil {
		p.OwedToMe, p.HeldForMe = s.balance()
	}
	return p
}

// balance returns what is owed and what is set aside. The fold has seen to it
// that neither falls below zero.
func (s *strand) balance() (owed, held wire.Amount) {
	t := s.tip().totals
	return less(less(t.Posted, t.Credited), t.Settled), plus(less(t.Held, t.Released), s.due)
}

// Spent returns what self has posted and still holds of asset under a mandate.
func (b *Book) Spent(mandate wire.CID, asset string) wire.Amount {
	return b.spent[purse{mandate, asset}]
}

// SpentInAll returns what self has posted and still holds of asset under all
// mandates together: at least what counts under one that renews others.
func (b *Book) SpentInAll(asset string) wire.Amount { return b.outlay[asset] }

// Positions returns every position, by peer and asset.
func (b *Book) Positions() []Position {
	var all []Position
	for _, s := range b.order {
		peer := s.payee
		if peer == b.self {
			peer = s.payer
		}
		all = append(all, b.Position(peer, s.asset))
	}
	slices.SortFunc(all, func(p, q Position) int {
		return cmp.Or(slices.Compare(p.Peer[:], q.Peer[:]), strings.Compare(p.Asset, q.Asset))
	})
	return slices.CompactFunc(all, func(p, q Position) bool { return p.Peer == q.Peer && p.Asset == q.Asset })
}
