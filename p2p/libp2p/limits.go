package libp2p

import (
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/x/rate"

	"github.com/souk-network/souk/p2p"
)

// Limits of this adapter, beside those of package p2p. A process with 256 file
// descriptors can hold Connections: they use at most nine tenths of these.
const (
	MaxListen    = 16  // addresses to listen on
	MaxKept      = 64  // peers whose links are made again when gone
	MaxKnown     = 256 // remembered addresses
	MaxPeerAddrs = 8   // addresses of one peer handed to Options.Remember

	// Neighbours is a good number of links to seek: what one peer loses, five others
	// still pass on.
	Neighbours    = 6
	MaxNeighbours = 32

	// Connections at once, if Options do not say another number. At eight tenths of it
	// those least worth keeping are closed, down to six.
	Connections    = 160
	MinConnections = 16
	MaxConnections = 8192

	maxMemory     = 256 << 20 // bytes libp2p may hold in buffers
	memoryPerConn = 1 << 20   // more of them for each connection beyond Connections

	openTimeout    = 10 * time.Second        // for the first byte of a stream, and for each answer
	pullAgain      = 1500 * time.Millisecond // a gossipsub heartbeat and a half
	judging        = 8                       // announcements judged at once
	judgingQueue   = 512                     // announcements waiting for that
	judgingPerPeer = 64                      // of which one peer's
	judgingTimeout = 10 * time.Second
	judgedEach     = 8192             // announcements of one peer that are judged: all that it may hand over when it is met
	judgedSpan     = 80 * time.Second // in this time: some 100 a second
	remembered     = 8192             // announcements accepted that are known again
	rememberedFor  = time.Hour        // longer than an offer lives
	// What is answered at once. Beside that each peer may always have one question
	// answered: greedy ones do not take its turn.
	pulls        = 16          // pull streams, and one more for eight connections beyond Connections
	pullsPerPeer = 2           // of which one peer's
	pulledEach   = 64 << 20    // bytes of pulls that one peer is given
	pulledSpan   = time.Minute // in this time
	shows        = 16          // questions where a peer is, answered at once
	showsPerPeer = 4           // of which one peer's
	logs         = 8           // questions for a log answered at once
	logsPerPeer  = 2           // of which one peer's
	shortLog     = 256 << 10   // bytes of an answer where more are answered than may be but for first ones
	asked        = 4           // neighbours asked where a peer is
	introduced   = 8           // peers told of to one who asks for anyone
	introducedAt = 2           // addresses of each
	maxAddr      = 256         // bytes of one address in an answer
	maxRPC       = 2 * p2p.MaxAnnouncement

	// A stream takes 256 KiB of the transport's buffers, whether anything is said on it
	// or not; until its protocol is named it counts among those of all others.
	streamsPerPeer = 32          // each way
	unnamed        = 4           // of them without a protocol, for longer than
	unnamedFor     = time.Second // this and as long again at the most

	copyBuffer = 64 << 10 // bytes of an artefact between two deadlines
)

// newResources returns the keeper of limits. Beside them libp2p bounds the
// connections of one address, at 8, and how fast they come, at 16 and then one
// every 5 s: a machine of a private network may have more peers than that.
func newResources(ids protocols, conns int) (network.ResourceManager, error) {
	rates := &rate.Limiter{SubnetRateLimiter: rate.SubnetLimiter{
		IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: rate.Limit{RPS: 0.2, Burst: 16}}},
		IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: rate.Limit{RPS: 0.2, Burst: 16}}},
		GracePeriod:      time.Minute,
	}}
	var many4, many6 []rcmgr.NetworkPrefixLimit
	for _, prefix := range nearby {
		rates.NetworkPrefixLimits = append(rates.NetworkPrefixLimits, rate.PrefixLimit{Prefix: prefix})
		if many := (rcmgr.NetworkPrefixLimit{Network: prefix, ConnCount: conns}); prefix.Addr().Is4() {
			many4 = append(many4, many)
		} else {
			many6 = append(many6, many)
		}
	}
	m, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits(ids, conns)), rcmgr.WithMetricsDisabled(),
		rcmgr.WithNetworkPrefixLimit(many4, many6), rcmgr.WithConnRateLimiters(rates))
	if err != nil {
		return nil, fmt.Errorf("libp2p: resource limits: %w", err)
	}
	return m, nil
}

// limits bounds what libp2p takes of the machine for so many connections.
func limits(net protocols, conns int) rcmgr.ConcreteLimitConfig {
	streams := func(n int) rcmgr.ResourceLimits {
		v := rcmgr.LimitVal(n)
		return rcmgr.ResourceLimits{StreamsInbound: v, StreamsOutbound: v, Streams: 2 * v}
	}
	memory := maxMemory + memoryPerConn*max(0, conns-Connections)
	all, descriptors := rcmgr.LimitVal(conns), rcmgr.LimitVal(conns*9/10)
	inAll := rcmgr.LimitVal(max(4096, 25*conns))
	coming := rcmgr.LimitVal(max(32, conns/8)) // whose handshake is under way: who is known by address has crowds come at once
	return rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			// More may come than are let stay: else those who came first would stay for good.
			Conns: all, ConnsInbound: all * 9 / 10, ConnsOutbound: all * 3 / 4,
			FD: descriptors, Memory: rcmgr.LimitVal64(memory),
			Streams: inAll, StreamsInbound: inAll / 2, StreamsOutbound: inAll / 2,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: coming + 32, ConnsInbound: coming, ConnsOutbound: 48, FD: coming + 16, Memory: rcmgr.LimitVal64(memory / 2),
			Streams: inAll, StreamsInbound: inAll / 2, StreamsOutbound: inAll / 2,
		},
		PeerDefault: rcmgr.ResourceLimits{
			// Eight, because libp2p dials up to eight addresses of a peer at once.
			Conns: 8, ConnsInbound: 4, ConnsOutbound: 8, FD: 8, Memory: maxMemory / 4,
			Streams: 2 * streamsPerPeer, StreamsInbound: streamsPerPeer, StreamsOutbound: streamsPerPeer,
		},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{
			net.link:     streams(4), // one, and what may overlap while links are made again
			net.artefact: streams(p2p.MaxFetches + 2),
			net.pull:     streams(2 * pullsPerPeer),
			net.where:    streams(2 * showsPerPeer),
			net.log:      streams(2 * logsPerPeer),
		},
	}.Build(rcmgr.DefaultLimits.Scale(int64(memory), int(descriptors)))
}
