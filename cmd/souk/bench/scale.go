package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// ScaleOptions says how large the markets are that are measured.
type ScaleOptions struct {
	Peers  []int
	Shards []int         // joined by each peer
	News   int           // announcements in each market
	Quiet  time.Duration // how long each is left alone before
}

// Scale measures what announcements cost each peer of a market, and what belonging to
// it costs where nothing is announced: peers of the real network in this process, each
// of which checks every announcement and puts it into its book of offers. The
// reference is to check one, and nothing else.
func Scale(ctx context.Context, o Options, s ScaleOptions) (*Report, error) {
	news, err := announcements(s.News + settling)
	if err != nil {
		return nil, err
	}
	ref, err := judging(ctx, news)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, peers := range s.Peers {
		for _, shards := range s.Shards {
			row, err := market(ctx, o, s, peers, shards, news)
			if err == nil {
				err = row.hold(ref, ofCPU)
			}
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return report("scale", rows...)
}

// announcements are sealed offers, each of another capability.
func announcements(n int) ([][]byte, error) {
	s := newEmptyStage(uint64(time.Now().UnixMilli()))
	s.net = DemoNet
	key, mandate := s.part(1)
	a, err := s.cast(key, mandate)
	if err != nil {
		return nil, err
	}
	all := make([][]byte, 0, n)
	for i := -1; i < n; i++ {
		var ev agent.Event = agent.Began{Epoch: protocol.Epoch{1}}
		if i >= 0 {
			ev = agent.Opened{Stand: sell.Stand{
				Capability: fmt.Sprintf("text/words-%d@1", i), Price: wire.Units(1), Asset: usd, Technology: "builtin",
				InputType: "*/*", OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day},
				Deliver: sell.DefaultDeliver, Slots: 4,
			}}
		}
		step, err := a.core.Handle(s.now, [16]byte{byte(i), byte(i >> 8)}, ev)
		if err != nil {
			return nil, err
		}
		for _, e := range step.Effects {
			notice, ok := e.(agent.Announce)
			if !ok {
				continue
			}
			b, err := wire.Seal(key, DemoNet, notice.Notice.Raw)
			if err != nil {
				return nil, err
			}
			raw, err := b.Bytes()
			if err != nil {
				return nil, err
			}
			all = append(all, raw)
		}
	}
	if len(all) != n {
		return nil, fmt.Errorf("%d offers were announced, not %d", len(all), n)
	}
	return all, nil
}

// listener is a peer that checks what it hears and keeps it in a book of offers.
type listener struct {
	quiet
	reg   *wire.Registry
	net   p2p.Network
	heard atomic.Int64
	in    [p2p.Shards]atomic.Bool // where it has heard anything
	told  chan struct{}           // after each; never waited for

	mu     sync.Mutex
	market hire.Market
}

// OnAnnouncement reads an offer as the ear of a peer does: form, then seal.
func (l *listener) OnAnnouncement(_ context.Context, shard uint8, _ wire.Key, raw []byte) p2p.Judgement {
	at := uint64(time.Now().UnixMilli())
	b, err := wire.ReadBundle(raw)
	if err != nil {
		return p2p.Reject
	}
	said, err := l.reg.Read(b, DemoNet)
	if err != nil {
		return p2p.Reject
	}
	offer, ok := said[0].Doc.(*protocol.Offer)
	if !ok {
		return p2p.Reject
	}
	l.mu.Lock()
	l.market.Put(at, hire.Listing{Offer: offer, Proof: b.Proof(0)}, func(wire.Key) uint8 { return 0 })
	l.mu.Unlock()
	l.heard.Add(1)
	l.in[shard].Store(true)
	select {
	case l.told <- struct{}{}:
	default:
	}
	return p2p.Accept
}

// judging measures the checking of an announcement by itself.
func judging(ctx context.Context, news [][]byte) (*Reference, error) {
	l := &listener{reg: protocol.Registry()}
	cpu := cpuTime()
	took, err := repeat(ctx, 1, 1<<40, time.Now().Add(200*time.Millisecond), func(ctx context.Context, n int) error {
		if l.OnAnnouncement(ctx, 0, wire.Key{}, news[n%len(news)]) != p2p.Accept {
			return errors.New("a good announcement was refused")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	cpu = cpuTime() - cpu
	n := float64(len(took))
	return &Reference{Case: "checking one announcement and keeping it", Rate: n / cpu.Seconds(), CPU: micros(cpu) / n, Percentiles: percentiles(took)}, nil
}

const (
	links = 4  // that each peer makes to earlier ones
	batch = 16 // announcements that are on their way at once
)

// gather opens a market: each peer links to some of those before it.
func gather(ctx context.Context, peers, shards int) (all []*listener, err error) {
	chance := rand.New(rand.NewPCG(stageSeed, uint64(peers)))
	told := make(chan struct{}, 1)
	for n := range peers {
		l := &listener{reg: protocol.Registry(), told: told}
		if l.net, err = join(keyNumber(n+1), DemoNet, l); err != nil {
			return all, err
		}
		all = append(all, l)
		for shard := range shards {
			if err := l.net.Join(uint8(shard)); err != nil {
				return all, err
			}
		}
		for _, k := range chance.Perm(n)[:min(n, links)] {
			if _, err := l.net.Connect(ctx, all[k].net.Addrs()[0]); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// market measures one market.
func market(ctx context.Context, o Options, s ScaleOptions, peers, shards int, news [][]byte) (row Row, err error) {
	row = Row{Unit: "announcements/s that one core could handle for one peer", Case: fmt.Sprintf("%d peers, %d shards joined by each", peers, shards)}
	o.Scene(fmt.Sprintf("opening %d peers with %d shards", peers, shards))
	all, err := gather(ctx, peers, shards)
	defer func() {
		for _, l := range all {
			if l.net != nil {
				err = errors.Join(err, l.net.Close())
			}
		}
	}()
	if err != nil {
		return row, err
	}
	if err := settle(ctx, all, shards, news[:settling]); err != nil {
		return row, err
	}
	news = news[settling:]
	o.Scene(fmt.Sprintf("%d peers: quiet for %s", peers, s.Quiet))
	cpu := cpuTime()
	select {
	case <-time.After(s.Quiet):
	case <-ctx.Done():
		return row, context.Cause(ctx)
	}
	rest := (cpuTime() - cpu).Seconds() / s.Quiet.Seconds() // seconds of CPU in a second
	o.Scene(fmt.Sprintf("%d peers: %d announcements", peers, len(news)))
	heard := sum(all)
	m, err := begin()
	if err != nil {
		return row, err
	}
	took, missed, err := spread(ctx, all, shards, news)
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, err
	}
	u.cpu = max(u.cpu-time.Duration(rest*float64(u.wall)), 1)
	n := sum(all) - heard
	u.fill(&row, int(n))
	row.Rate, row.Percentiles = 1e6/row.CPU, percentiles(took)
	row.Counts = map[string]float64{
		"announcements": float64(len(news)), "announcement bytes": float64(len(news[0])), "not heard by somebody": float64(missed),
		"CPU µs a second for a peer at rest": rest * 1e6 / float64(peers),
	}
	return row, nil
}

// sum is what all peers have heard together.
func sum(all []*listener) (n int64) {
	for _, l := range all {
		n += l.heard.Load()
	}
	return n
}

// settling is how many announcements there are for finding out that a market is one.
const settling = 256

// settle announces one thing after another in each shard until everybody has heard
// something there: from then on the market is one.
func settle(ctx context.Context, all []*listener, shards int, news [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for shard := range shards {
		for deaf := len(all); deaf > 0; {
			if len(news) == 0 {
				return fmt.Errorf("%d of %d peers hear nothing in shard %d", deaf, len(all), shard)
			}
			if err := all[0].net.Publish(ctx, uint8(shard), news[0]); err != nil {
				return err
			}
			news = news[1:]
			select {
			case <-again.C:
			case <-ctx.Done():
				return fmt.Errorf("peers hear nothing in shard %d: %w", shard, ctx.Err())
			}
			deaf = 0
			for _, l := range all[1:] {
				if !l.in[shard].Load() {
					deaf++
				}
			}
		}
	}
	return nil
}

// spread announces all news, some at a time, from peer after peer, and returns how
// long it took until everybody had heard those of one time, and how many hearings
// never came.
func spread(ctx context.Context, all []*listener, shards int, news [][]byte) (took []time.Duration, missed int, err error) {
	for from := 0; from < len(news); from += batch {
		some := news[from:min(from+batch, len(news))]
		want, began := sum(all)+int64(len(some)*(len(all)-1)), time.Now()
		for i, raw := range some {
			by := all[(from+i)%len(all)]
			if err := by.net.Publish(ctx, uint8((from+i)%shards), raw); err != nil {
				return nil, missed, err
			}
		}
		lost := time.NewTimer(5 * time.Second)
		for sum(all) < want && err == nil {
			select {
			case <-all[0].told:
				continue
			case <-lost.C:
				missed += int(want - sum(all))
				want = 0
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
		lost.Stop()
		if err != nil {
			return nil, missed, err
		}
		took = append(took, time.Since(began))
	}
	return took, missed, nil
}
