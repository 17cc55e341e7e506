package runtime

import (
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// square is where all announcements of a network are heard and kept: the Offers
// and the Calls.
type square struct {
	reg   *wire.Registry
	net   string
	board *board
	calls *calls
}

func (p *Peer) square() square { return square{p.reg, p.o.Net, p.board, p.calls} }

// judge judges an Offer or a Call before it is passed on, and keeps what is good
// and new: the cheap tests first, the signature last. Only what its author
// provably did wrong is rejected; what a later version may announce is not.
func (s square) judge(shard uint8, raw []byte) (wire.Said, wire.Proof, p2p.Judgement) {
	bundle, err := wire.ReadBundle(raw)
	if err != nil {
		return wire.Said{}, wire.Proof{}, p2p.Reject
	}
	d, err := s.reg.Decode(bundle.Docs[0])
	if err != nil || len(bundle.Docs) != 1 {
		return wire.Said{}, wire.Proof{}, p2p.Ignore
	}
	said, at := wire.Said{ID: wire.Sum(bundle.Docs[0]), Raw: bundle.Docs[0], Doc: d}, now()
	var capability string
	var fresh, put func() bool
	switch d := d.(type) {
	case *protocol.Offer:
		capability = d.Terms.Capability
		fresh = func() bool { return s.board.fresh(at, d, said.ID) }
		put = func() bool { return s.board.put(at, d, said.ID, raw) }
	case *protocol.Call:
		capability = d.Capability
		fresh = func() bool { return s.calls.fresh(at, d, said.ID) }
		put = func() bool { return s.calls.put(at, d, said.ID, raw) }
	default:
		return said, wire.Proof{}, p2p.Ignore
	}
	switch {
	case bundle.Net != s.net || d.Header().By != bundle.By || protocol.ShardOf(capability) != shard:
		return said, wire.Proof{}, p2p.Reject
	case !fresh():
		return said, wire.Proof{}, p2p.Ignore
	case bundle.Open(s.net) != nil:
		return said, wire.Proof{}, p2p.Reject
	case !put():
		return said, wire.Proof{}, p2p.Ignore
	}
	return said, bundle.Proof(0), p2p.Accept
}

// live returns what is live of a shard, the Calls first: they are few and soon over.
func (s square) live(at uint64, shard uint8) [][]byte {
	all := append(s.calls.live(at, shard), s.board.live(at, shard)...)
	return all[:min(len(all), p2p.MaxPull)]
}
