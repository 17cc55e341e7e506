package runtime

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Peer is one running agent. It fulfils gateway.Desk.
type Peer struct {
	o     Options
	reg   *wire.Registry
	log   *slog.Logger
	net   p2p.Network
	start uint64

	appended uint64 // the number of the last record appended; the loop's own

	inbox   chan message
	news    *news
	release *release
	archive *archive
	board   *board
	calls   *calls
	tray    *tray
	grants  *grants
	tasks   *tasks
	waiters *waiters
	links   *links
	logs    *logs
	caught  *caught
	rules   *rules
	quota   *quota // of pages of our log

	retellers retellers

	snapshots *snapshots // nil where none are kept

	ctx    context.Context // ends when the peer stops
	cancel context.CancelFunc
	wg     sync.WaitGroup
	once   sync.Once
	done   chan struct{}
	mu     sync.Mutex
	err    error
	ready  bool
}

// Open replays the journal and puts the peer on the network. ctx bounds the
// opening only; the peer runs until Close, or until a fault ends it (Done).
func Open(ctx context.Context, o Options) (*Peer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &Peer{
		o: o, reg: protocol.Registry(), log: o.Log, start: now(),
		inbox: make(chan message, MaxInbox), news: newNews(), release: newRelease(), quota: newQuota(servedEach, servedAll, servedEvery),
		board: newBoard(), calls: newCalls(), tray: newTray(), grants: newGrants(), waiters: newWaiters(), links: newLinks(), caught: newCaught(),
		done: make(chan struct{}),
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.tasks, p.logs = newTasks(p), newLogs(p)
	p.board.worth, p.calls.worth = p.logs.worth, p.logs.worth
	p.rules = newRules(o.Checker, p.logs.worth)
	f, tail, err := p.recollect(ctx)
	if err != nil {
		p.cancel()
		return nil, err
	}
	ready := make(chan struct{})
	if p.net, err = o.Dial(&ear{p: p, ready: ready}); err != nil {
		p.cancel()
		return nil, fmt.Errorf("join the network: %w", err)
	}
	close(ready)
	p.wg.Go(func() { p.loop(f.Core, f.Last) })
	if p.snapshots != nil {
		p.wg.Go(func() { p.snapshots.run(f.Seq - tail) })
	}
	p.wg.Go(p.carryOut)
	p.wg.Go(p.tellNews)
	p.wg.Go(p.keepProofs)
	if err := p.join(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// join listens to the announcements and lets the core begin.
func (p *Peer) join(ctx context.Context) error {
	for shard := range uint8(p2p.Shards) {
		if err := p.net.Join(shard); err != nil {
			return fmt.Errorf("join shard %d: %w", shard, err)
		}
	}
	var epoch protocol.Epoch
	draw(epoch[:])
	if _, err := p.tell(ctx, agent.Began{Epoch: epoch}); err != nil {
		return err
	}
	p.logs.recall(ctx)
	p.mu.Lock()
	p.ready = true
	p.mu.Unlock()
	return nil
}

// readMandate opens the bundle by which the owner granted its mandate.
func readMandate(reg *wire.Registry, net string, self wire.Key, b []byte) (wire.Said, error) {
	bundle, err := wire.ReadBundle(b)
	if err != nil {
		return wire.Said{}, err
	}
	said, err := reg.Read(bundle, net)
	if err != nil {
		return wire.Said{}, err
	}
	m, ok := said[0].Doc.(*protocol.Mandate)
	if !ok || len(said) != 1 {
		return wire.Said{}, errors.New("want a bundle of one mandate")
	}
	return said[0], delegation.CheckRoot(m, bundle.By, self)
}

// Close stops the peer: nothing new is begun, what was appended becomes
// durable, tasks end, and the network is left. It does not close the journal
// and vault, which the caller opened.
func (p *Peer) Close() error {
	p.fail(nil)
	p.once.Do(func() {
		if p.net != nil {
			p.setErr(p.net.Close())
		}
		p.tasks.wait()
		p.wg.Wait()
		p.waiters.all()
	})
	return p.Err()
}

// Done is closed when the peer stops, by Close or by a fault.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Err returns the fault that stopped the peer, or nil.
func (p *Peer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Peer) setErr(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && !errors.Is(err, p2p.ErrClosed) {
		p.err = err
	}
}

// fail stops the peer, for a fault or, with nil, because it is closed.
func (p *Peer) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	p.err = err
	p.ready = false
	close(p.done)
	p.cancel()
	p.release.stop()
}

// draw fills b with random bytes.
func draw(b []byte) {
	_, _ = rand.Read(b) // never fails (crypto/rand)
}

// wait returns after d, or false when the peer stops first.
func (p *Peer) wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Connect dials an address that ends in /p2p/<peer ID> and keeps that link.
func (p *Peer) Connect(ctx context.Context, addr string) error {
	_, err := p.net.Connect(ctx, addr)
	return err
}
