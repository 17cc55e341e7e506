package libp2p

import (
	"time"

	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"

	"github.com/souk-network/souk/p2p"
)

// Limits of this adapter, beside those of package p2p. A process with 256 file
// descriptors can hold them: connections use at most maxDescriptors of these.
const (
	MaxListen    = 16  // addresses to listen on
	MaxKept      = 64  // peers whose links are made again when gone
	MaxKnown     = 256 // remembered addresses
	MaxPeerAddrs = 8   // addresses of one peer handed to Options.Remember

	// Neighbours is a good number of links to seek: what one peer loses, five others
	// still pass on.
	Neighbours    = 6
	MaxNeighbours = 32

	lowWater       = 96  // connections left after the worthless ones were closed
	highWater      = 128 // connections at which that begins
	maxConns       = 160
	maxDescriptors = 144
	maxMemory      = 256 << 20 // bytes libp2p may hold in buffers

	openTimeout    = 10 * time.Second        // for the first byte of a stream, and for each answer
	pullAgain      = 1500 * time.Millisecond // a gossipsub heartbeat and a half
	judging        = 8                       // announcements judged at once
	judgingQueue   = 512                     // announcements waiting for that
	judgingPerPeer = 64                      // of which one peer's
	judgingTimeout = 10 * time.Second
	remembered     = 8192      // announcements accepted that are known again
	rememberedFor  = time.Hour // longer than an offer lives
	pulls          = 16        // pull streams served at once
	pullsPerPeer   = 2         // of which one peer's
	shows          = 16        // questions where a peer is, answered at once
	showsPerPeer   = 4         // of which one peer's
	asked          = 4         // neighbours asked where a peer is
	introduced     = 8         // peers told of to one who asks for anyone
	introducedAt   = 2         // addresses of each
	maxAddr        = 256       // bytes of one address in an answer
	maxRPC         = 2 * p2p.MaxAnnouncement
	copyBuffer     = 64 << 10 // bytes of an artefact between two deadlines
)

// limits bounds what libp2p takes of the machine.
func limits(net protocols) rcmgr.ConcreteLimitConfig {
	streams := func(n int) rcmgr.ResourceLimits {
		v := rcmgr.LimitVal(n)
		return rcmgr.ResourceLimits{StreamsInbound: v, StreamsOutbound: v, Streams: 2 * v}
	}
	return rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: maxConns, ConnsInbound: maxConns * 3 / 4, ConnsOutbound: maxConns * 3 / 4,
			FD: maxDescriptors, Memory: maxMemory,
			Streams: 4096, StreamsInbound: 2048, StreamsOutbound: 2048,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: 64, ConnsInbound: 32, ConnsOutbound: 48, FD: 48, Memory: maxMemory / 8,
			Streams: 256, StreamsInbound: 128, StreamsOutbound: 128,
		},
		PeerDefault: rcmgr.ResourceLimits{
			// Eight, because libp2p dials up to eight addresses of a peer at once.
			Conns: 8, ConnsInbound: 4, ConnsOutbound: 8, FD: 8, Memory: maxMemory / 4,
			Streams: 128, StreamsInbound: 64, StreamsOutbound: 64,
		},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{
			net.link:     streams(4), // one, and what may overlap while links are made again
			net.artefact: streams(p2p.MaxFetches + 2),
			net.pull:     streams(2 * pullsPerPeer),
			net.where:    streams(2 * showsPerPeer),
		},
	}.Build(rcmgr.DefaultLimits.Scale(maxMemory, maxDescriptors))
}
