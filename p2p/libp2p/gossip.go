package libp2p

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// gossip spreads announcements: one gossipsub topic for each shard.
type gossip struct {
	n        *Network
	names    [p2p.Shards]string
	topics   [p2p.Shards]*pubsub.Topic
	shardOf  map[string]uint8
	free     chan struct{} // one for each announcement judged at once
	waiting  *turns        // announcements of each peer that wait to be judged
	judged   *pace         // announcements of each peer that were
	blame    *blame
	accepted *memory // announcements accepted or made here

	mu     sync.Mutex
	joined [p2p.Shards]bool
}

func newGossip(n *Network) (*gossip, error) {
	g := &gossip{
		n: n, shardOf: make(map[string]uint8), blame: newBlame(), accepted: newMemory(),
		free: make(chan struct{}, judging), waiting: newTurns(judgingPerPeer, judgingQueue), judged: newPace(judgedEach, judgedSpan),
	}
	for i := range g.names {
		g.names[i] = "/souk/" + n.opts.Net + "/offers/" + strconv.Itoa(i)
		g.shardOf[g.names[i]] = uint8(i)
	}
	most := judgingQueue + n.opts.conns()
	ps, err := pubsub.NewGossipSub(n.ctx, n.host,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(messageID),
		pubsub.WithMaxMessageSize(maxRPC),
		pubsub.WithMaxControlMessageSize(maxRPC/2),
		pubsub.WithFloodPublish(true),
		pubsub.WithPeerExchange(false),
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(
			pubsub.NewAllowlistSubscriptionFilter(g.names[:]...), 4*p2p.Shards)),
		pubsub.WithPeerScore(scoring(g), thresholds()),
		pubsub.WithValidateQueueSize(most),
		pubsub.WithValidateThrottle(most),
		pubsub.WithDefaultValidator(g.validate,
			pubsub.WithValidatorConcurrency(most), pubsub.WithValidatorTimeout(judgingTimeout)),
	)
	if err != nil {
		return nil, fmt.Errorf("libp2p: gossip: %w", err)
	}
	for i, name := range g.names {
		if g.topics[i], err = ps.Join(name); err != nil {
			return nil, fmt.Errorf("libp2p: gossip: topic %s: %w", name, err)
		}
	}
	return g, nil
}

// messageID names an announcement by its topic and bytes, whoever says it.
func messageID(m *pb.Message) string {
	id := idOf(m.GetTopic(), m.GetData())
	return string(id[:])
}

// idOf hashes the topic too: an announcement may belong to several shards, and
// gossipsub remembers what it has seen for all topics together.
func idOf(topic string, message []byte) (id [32]byte) {
	h := sha256.New()
	h.Write([]byte(topic))
	h.Write([]byte{0})
	h.Write(message)
	return [32]byte(h.Sum(nil))
}

// Publish announces message to all who joined the shard and are in reach; those
// who come later pull it.
func (n *Network) Publish(ctx context.Context, shard uint8, message []byte) error {
	if shard >= p2p.Shards {
		return fmt.Errorf("publish: no shard %d", shard)
	}
	if len(message) == 0 || len(message) > p2p.MaxAnnouncement {
		return fmt.Errorf("publish %d bytes: %w", len(message), p2p.ErrSize)
	}
	if n.ctx.Err() != nil {
		return p2p.ErrClosed
	}
	if err := n.gossip.say(ctx, shard, append([]byte(nil), message...)); err != nil {
		if n.ctx.Err() != nil {
			err = errors.Join(p2p.ErrClosed, err)
		}
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// say publishes message; nobody shall be asked about it here again.
func (g *gossip) say(ctx context.Context, shard uint8, message []byte) error {
	g.accepted.add(idOf(g.names[shard], message))
	return g.topics[shard].Publish(ctx, message)
}

// Join starts to receive the announcements of a shard, and asks two neighbours
// for those said before.
func (n *Network) Join(shard uint8) error {
	if shard >= p2p.Shards {
		return fmt.Errorf("join: no shard %d", shard)
	}
	g := n.gossip
	g.mu.Lock()
	defer g.mu.Unlock()
	if n.ctx.Err() != nil {
		return p2p.ErrClosed
	}
	if g.joined[shard] {
		return nil
	}
	// A relay is a subscription without a queue: what arrives has gone to the
	// handler in validate already.
	if _, err := g.topics[shard].Relay(); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	g.joined[shard] = true
	n.pullFromTwo(shard)
	return nil
}

// shards returns the shards this peer joined.
func (g *gossip) shards() (all []uint8) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for shard, in := range g.joined {
		if in {
			all = append(all, uint8(shard))
		}
	}
	return all
}

// validate is gossipsub's question about each announcement that arrives, and
// about our own.
func (g *gossip) validate(ctx context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
	if from == g.n.host.ID() {
		return pubsub.ValidationAccept
	}
	key, err := keyOf(from)
	shard, known := g.shardOf[m.GetTopic()]
	if err != nil || !known {
		return pubsub.ValidationIgnore
	}
	if len(m.GetData()) == 0 || len(m.GetData()) > p2p.MaxAnnouncement {
		return pubsub.ValidationReject
	}
	id := idOf(m.GetTopic(), m.GetData())
	if g.accepted.has(id) {
		return pubsub.ValidationIgnore // it has been passed on before
	}
	switch g.judge(ctx, shard, key, m.GetData()) {
	case p2p.Accept:
		g.accepted.add(id)
		return pubsub.ValidationAccept
	case p2p.Reject:
		return pubsub.ValidationReject
	}
	return pubsub.ValidationIgnore
}

// judge asks the handler, a bounded number at once; what waits too long, has too much
// before it, or comes of one who has said too much of late, is ignored.
func (g *gossip) judge(ctx context.Context, shard uint8, from wire.Key, message []byte) p2p.Judgement {
	done, ok := g.waiting.take(from)
	if !ok {
		return p2p.Ignore
	}
	defer done()
	if !g.judged.may(from) {
		return p2p.Ignore
	}
	g.judged.charge(from, 1)
	select {
	case g.free <- struct{}{}:
	case <-ctx.Done():
		return p2p.Ignore
	}
	defer func() { <-g.free }()
	return g.n.handler.OnAnnouncement(ctx, shard, from, message)
}

// judgePulled judges what came in a pull, which gossipsub has not seen. What is
// good is passed on, for others may depend on this peer to hear of it: they
// drop it unheard if they know it. What is faulty is blamed on its sender.
func (g *gossip) judgePulled(shard uint8, from wire.Key, message []byte) p2p.Judgement {
	ctx, cancel := context.WithTimeout(g.n.ctx, judgingTimeout)
	defer cancel()
	if g.accepted.has(idOf(g.names[shard], message)) {
		return p2p.Accept
	}
	j := g.judge(ctx, shard, from, message)
	switch j {
	case p2p.Accept:
		_ = g.say(ctx, shard, message) // it fails only when the network closes
	case p2p.Reject:
		g.blame.lay(from)
	}
	return j
}
