package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// party is all that lies between us and one peer.
type party struct {
	deals    []*deal   // live, oldest first
	openings []*Saying // OPENs, and what ends stray holds, said and not yet seen
	answers  []answer  // our last countersign of each lane from it, oldest lane first
	dealt    bool      // something was paid between us, or it has done for nothing what we wanted
	burden   uint64    // bytes that stay in the journal because of it, until then,
	borne    uint64    // the last of them since this instant

	unread  bool          // soft: its log may have entries that were not heard
	left    uint64        // soft: when the last link to the peer went
	pause   uint64        // soft: milliseconds between two tries to have an OPEN seen
	refused protocol.Code // soft: why the peer does not take our OPEN
	waited  uint64        // soft: since when we have waited for the peer to show what we have forgotten
	retold  uint64        // soft: when the peer was last shown what it has forgotten
}

// answer is the last countersign of a lane, as it was said.
type answer struct {
	asset  string
	lane   wire.CID
	seq    uint64
	saying *Saying
}

// answered keeps a countersign that was said; now is the lane in force. One that
// was kept back may be older than what was said since, or of a lane before.
func (p *party) answered(asset string, cs *protocol.Countersign, now wire.CID, saying *Saying) {
	fresh := answer{asset, cs.Lane, cs.Seq, saying}
	if i := slices.IndexFunc(p.answers, func(a answer) bool { return a.lane == cs.Lane }); i >= 0 {
		if cs.Seq >= p.answers[i].seq {
			p.answers[i] = fresh
		}
		return
	}
	if cs.Lane == now {
		p.answers = append(p.answers, fresh)
	} else {
		p.answers = slices.Insert(p.answers, 0, fresh)
	}
	lanes := 0
	for i, a := range slices.Backward(p.answers) {
		if a.asset != asset {
			continue
		}
		if lanes++; lanes > settlement.RememberedEpochs {
			p.answers = slices.Delete(p.answers, i, i+1)
			return
		}
	}
}

// lastAnswer returns the last countersign of an entry's lane, or where there is none of
// the lane in force, which closed it; or nil. Of the jobs whose entries are in a lane
// that was closed, a countersign in a later one tells nothing.
func (p *party) lastAnswer(asset string, lane wire.CID) (last *Saying) {
	for _, a := range p.answers {
		if a.lane == lane {
			return a.saying
		}
		if a.asset == asset {
			last = a.saying
		}
	}
	return last
}

// party returns what lies between us and a peer, to be looked at only.
func (a *Agent) party(peer wire.Key) *party {
	if p := a.parties[peer]; p != nil {
		return p
	}
	return &party{}
}

// Dealt reports whether there is a history with a peer: a job was paid, by it or by
// us, or it has done for nothing what we wanted. Names are free, and so is asking,
// opening a lane and making contracts that come to nothing: who has done no more is
// a stranger.
func (a *Agent) Dealt(peer wire.Key) bool { return a.party(peer).dealt }

// acquaint returns what lies between us and a peer we have to do with.
func (a *Agent) acquaint(peer wire.Key) *party {
	p := a.parties[peer]
	if p == nil {
		p = &party{}
		a.parties[peer] = p
	}
	return p
}
