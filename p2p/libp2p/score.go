package libp2p

import (
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/souk-network/souk/protocol/wire"
)

// What a gossip peer is worth to this one (gossipsub v1.1 specification, peer
// scoring; P1 to P7 are its counters). The scale is chosen so that
//
//   - a peer earns at most 20: 4 by staying, 16 by being first with good
//     announcements, so that no past buys more than one or two faults;
//   - one faulty announcement costs 20, two cost 80, three 180: after the second
//     nothing is published to its sender, after the third nothing of it is read,
//     for about half an hour;
//   - a promise to deliver that is broken, or a graft against the rules, costs
//     little the first six times and then quickly all;
//   - eight peers of one public address are borne, more sink together;
//   - silence costs nothing by itself (P3 off): most shards are quiet and most
//     peers sit at the edge, where all they hear they hear from us. It earns
//     nothing either, so in a full mesh the silent are the first to be pruned.
const (
	gossipBelow  = -10  // no gossip to a peer that is worth less
	publishBelow = -50  // nothing published to it
	ignoreBelow  = -150 // nothing read from it

	faultCost  = -20.0
	faultLasts = 30 * time.Minute
	scoreTick  = time.Second
)

// decay returns the factor for each scoreTick that leaves a hundredth after d.
func decay(d time.Duration) float64 {
	return math.Pow(0.01, float64(scoreTick)/float64(d))
}

func thresholds() *pubsub.PeerScoreThresholds {
	return &pubsub.PeerScoreThresholds{
		GossipThreshold: gossipBelow, PublishThreshold: publishBelow, GraylistThreshold: ignoreBelow,
		AcceptPXThreshold: 1000, OpportunisticGraftThreshold: 1,
	}
}

func scoring(g *gossip) *pubsub.PeerScoreParams {
	p := &pubsub.PeerScoreParams{
		Topics:        make(map[string]*pubsub.TopicScoreParams, len(g.names)),
		TopicScoreCap: 20,
		AppSpecificScore: func(id peer.ID) float64 {
			key, err := keyOf(id)
			if err != nil {
				return 0
			}
			return g.blame.cost(key)
		},
		AppSpecificWeight:           1,
		IPColocationFactorWeight:    -10,
		IPColocationFactorThreshold: 8,
		IPColocationFactorWhitelist: asIPNets(nearby),
		BehaviourPenaltyWeight:      -5,
		BehaviourPenaltyThreshold:   6,
		BehaviourPenaltyDecay:       decay(10 * time.Minute),
		DecayInterval:               scoreTick,
		DecayToZero:                 0.01,
		RetainScore:                 faultLasts,
	}
	for _, name := range g.names {
		p.Topics[name] = &pubsub.TopicScoreParams{
			TopicWeight:      1,
			TimeInMeshWeight: 0.01, TimeInMeshQuantum: 10 * time.Second, TimeInMeshCap: 400,
			FirstMessageDeliveriesWeight: 0.4, FirstMessageDeliveriesCap: 40,
			FirstMessageDeliveriesDecay:    decay(time.Hour),
			InvalidMessageDeliveriesWeight: faultCost,
			InvalidMessageDeliveriesDecay:  decay(faultLasts),
		}
	}
	return p
}

// nearby holds the networks where many peers of one address are no sign of one
// hand: this machine and private networks (RFC 1918, RFC 4193, RFC 4291).
var nearby = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"),
}

// asIPNets returns prefixes in the form gossipsub takes.
func asIPNets(prefixes []netip.Prefix) (all []*net.IPNet) {
	for _, p := range prefixes {
		all = append(all, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
	}
	return all
}

// blame remembers who handed us faulty announcements in a pull, which gossipsub
// does not see. The cost is that of P4: the square of the count, decaying.
type blame struct {
	mu     sync.Mutex
	faults map[wire.Key]fault
}

type fault struct {
	count float64
	at    time.Time
}

// maxBlamed bounds the peers remembered.
const maxBlamed = 1024

func newBlame() *blame { return &blame{faults: make(map[wire.Key]fault)} }

// lay counts one fault of key.
func (b *blame) lay(key wire.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if _, old := b.faults[key]; !old && len(b.faults) >= maxBlamed {
		for k, f := range b.faults {
			if now.Sub(f.at) > faultLasts {
				delete(b.faults, k)
			}
		}
		if len(b.faults) >= maxBlamed {
			return
		}
	}
	b.faults[key] = fault{count: b.faults[key].left(now) + 1, at: now}
}

// cost returns what key's faults cost it now, at most 0.
func (b *blame) cost(key wire.Key) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.faults[key].left(time.Now())
	return faultCost * left * left
}

// left is what remains of the count at now.
func (f fault) left(now time.Time) float64 {
	if f.count == 0 {
		return 0
	}
	return f.count * math.Pow(0.01, float64(now.Sub(f.at))/float64(faultLasts))
}
