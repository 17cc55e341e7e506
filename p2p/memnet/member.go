package memnet

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// member is one peer of a Hub.
type member struct {
	hub     *Hub
	key     wire.Key
	addr    string // without the /p2p part
	handler p2p.Handler

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	// Guarded by hub.mu.
	closed   bool
	links    map[wire.Key]*link
	lastPipe map[wire.Key]*pipe // to this member, by who speaks

	mu      sync.Mutex
	joined  [p2p.Shards]bool
	seen    map[[32]byte]bool // announcements made or accepted here
	history [][32]byte        // of seen, oldest first
	fetches map[wire.Key]int  // transfers being served
}

var _ p2p.Network = (*member)(nil)

// maxSeen bounds what a member remembers of announcements.
const maxSeen = 4096

func newMember(h *Hub, key wire.Key, addr string, handler p2p.Handler) *member {
	m := &member{
		hub: h, key: key, addr: addr, handler: handler,
		links: make(map[wire.Key]*link), lastPipe: make(map[wire.Key]*pipe),
		seen: make(map[[32]byte]bool), fetches: make(map[wire.Key]int),
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

func (m *member) Self() wire.Key { return m.key }

func (m *member) Addrs() []string { return []string{m.addr + "/p2p/" + m.key.String()} }

func (m *member) Connect(ctx context.Context, addr string) (wire.Key, error) {
	key, err := m.hub.find(addr)
	if err != nil {
		return key, err
	}
	return key, m.Dial(ctx, key)
}

func (m *member) Dial(ctx context.Context, key wire.Key) error {
	l, err := m.hub.link(m, key)
	if err != nil {
		return err
	}
	p := l.into(m)
	select {
	case <-p.up:
		return nil
	case <-p.done:
		return fmt.Errorf("connect to %v: %w", key, p2p.ErrUnreachable)
	case <-ctx.Done():
		return fmt.Errorf("connect to %v: %w", key, ctx.Err())
	}
}

func (m *member) Send(_ context.Context, to wire.Key, frame []byte) error {
	if len(frame) == 0 || len(frame) > p2p.MaxFrame {
		return fmt.Errorf("send %d bytes: %w", len(frame), p2p.ErrSize)
	}
	l, err := m.hub.link(m, to)
	if err != nil {
		return err
	}
	if err := l.outOf(m).push(item{what: frameItem, body: frame}); err != nil {
		return fmt.Errorf("send to %v: %w", to, err)
	}
	return nil
}

func (m *member) Fetch(ctx context.Context, from wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error) {
	l, err := m.hub.link(m, from)
	if err != nil {
		return nil, err
	}
	p := l.into(m)
	if !p.until(time.Now().Add(2 * m.hub.opts.Latency)) {
		return nil, fmt.Errorf("fetch from %v: %w", from, p2p.ErrUnreachable)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("fetch from %v: %w", from, err)
	}
	return p.from.serve(p, id, offset)
}

// serve opens an artefact for the receiver of p.
func (m *member) serve(p *pipe, id wire.CID, offset uint64) (io.ReadCloser, error) {
	peer := p.to.key
	m.mu.Lock()
	busy := m.fetches[peer] >= p2p.MaxFetches
	if !busy {
		m.fetches[peer]++
	}
	m.mu.Unlock()
	if busy {
		return nil, fmt.Errorf("fetch from %v: %w", m.key, p2p.ErrBusy)
	}
	body, err := m.handler.OnFetch(peer, id, offset)
	if err != nil {
		m.fetched(peer)
		return nil, fmt.Errorf("fetch from %v: %w", m.key, p2p.ErrNoArtefact)
	}
	return &transfer{body: body, pipe: p, end: sync.OnceFunc(func() { m.fetched(peer) })}, nil
}

func (m *member) Log(ctx context.Context, from wire.Key, at p2p.Place, take func(page []byte) bool) error {
	l, err := m.hub.link(m, from)
	if err != nil {
		return err
	}
	p := l.into(m)
	if !p.until(time.Now().Add(2 * m.hub.opts.Latency)) {
		return fmt.Errorf("log from %v: %w", from, p2p.ErrUnreachable)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("log from %v: %w", from, err)
	}
	pages, err := p.from.handler.OnLog(m.key, at)
	if err != nil {
		return fmt.Errorf("log from %v: %w", from, err)
	}
	left := p2p.MaxLogBytes
	for _, page := range pages[:min(len(pages), p2p.MaxPages)] {
		if len(page) == 0 || len(page) > p2p.MaxPage || len(page) > left {
			return nil // what comes after would leave a gap
		}
		left -= len(page)
		if !take(slices.Clone(page)) {
			return nil
		}
	}
	return nil
}

func (m *member) fetched(peer wire.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fetches[peer]--; m.fetches[peer] == 0 {
		delete(m.fetches, peer)
	}
}

// transfer is an artefact on its way; it fails when the link ends.
type transfer struct {
	body io.ReadCloser
	pipe *pipe
	end  func()
}

func (t *transfer) Read(b []byte) (int, error) {
	select {
	case <-t.pipe.ending:
		return 0, fmt.Errorf("fetch from %v: the link ended: %w", t.pipe.from.key, p2p.ErrUnreachable)
	default:
		return t.body.Read(b)
	}
}

func (t *transfer) Close() error {
	t.end()
	return t.body.Close()
}

func (m *member) Publish(_ context.Context, shard uint8, message []byte) error {
	if shard >= p2p.Shards {
		return fmt.Errorf("publish: no shard %d", shard)
	}
	if len(message) == 0 || len(message) > p2p.MaxAnnouncement {
		return fmt.Errorf("publish %d bytes: %w", len(message), p2p.ErrSize)
	}
	if m.ctx.Err() != nil {
		return p2p.ErrClosed
	}
	m.remember(idOf(shard, message))
	m.pass(shard, message, m.key)
	return nil
}

// remember notes an announcement made or accepted here, so that the handler is
// not asked about it again.
func (m *member) remember(id [32]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen[id] {
		return
	}
	if len(m.history) == maxSeen {
		delete(m.seen, m.history[0])
		m.history = m.history[1:]
	}
	m.seen[id] = true
	m.history = append(m.history, id)
}

func (m *member) knows(id [32]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[id]
}

// idOf names an announcement by its shard and bytes.
func idOf(shard uint8, message []byte) [32]byte {
	return sha256.Sum256(append([]byte{shard}, message...))
}

// pass says message to every neighbour but one who listens. A full queue loses it.
func (m *member) pass(shard uint8, message []byte, except wire.Key) {
	for _, l := range m.linksInOrder() {
		if p := l.outOf(m); p.to.key != except && p.to.listens(shard) {
			_ = p.push(item{what: announcementItem, shard: shard, body: message})
		}
	}
}

// judge asks the handler about an announcement, said or pulled, and passes it on
// if it is good and new.
func (m *member) judge(from wire.Key, shard uint8, message []byte) p2p.Judgement {
	id := idOf(shard, message)
	if !m.listens(shard) || m.knows(id) {
		return p2p.Ignore
	}
	j := m.handler.OnAnnouncement(m.ctx, shard, from, message)
	if j == p2p.Accept {
		m.remember(id)
		m.pass(shard, message, from)
	}
	return j
}

func (m *member) listens(shard uint8) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.joined[shard]
}

// shards returns the shards m joined.
func (m *member) shards() (all []uint8) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for shard, in := range m.joined {
		if in {
			all = append(all, uint8(shard))
		}
	}
	return all
}

func (m *member) Join(shard uint8) error {
	if shard >= p2p.Shards {
		return fmt.Errorf("join: no shard %d", shard)
	}
	if m.ctx.Err() != nil {
		return p2p.ErrClosed
	}
	m.mu.Lock()
	already := m.joined[shard]
	m.joined[shard] = true
	m.mu.Unlock()
	if already {
		return nil
	}
	// Two neighbours are asked for what was said before, listeners of the shard first.
	var asked []*pipe
	for _, l := range m.linksInOrder() {
		asked = append(asked, l.into(m))
	}
	slices.SortStableFunc(asked, func(a, b *pipe) int {
		switch la, lb := a.from.listens(shard), b.from.listens(shard); {
		case la && !lb:
			return -1
		case lb && !la:
			return 1
		}
		return 0
	})
	for _, p := range asked[:min(len(asked), 2)] {
		if err := p.push(item{what: pullItem, shard: shard}); errors.Is(err, p2p.ErrBusy) {
			return fmt.Errorf("join: pull from %v: %w", p.from.key, err)
		}
	}
	return nil
}

func (m *member) Peers() []p2p.Link {
	links := make([]p2p.Link, 0, 8)
	for _, l := range m.linksInOrder() {
		p := l.into(m)
		select {
		case <-p.up:
			links = append(links, p2p.Link{Peer: p.from.key, Addr: p.from.addr, Transport: "memory"})
		default:
		}
	}
	return links
}

// linksInOrder returns m's links in the order of the other's key.
func (m *member) linksInOrder() []*link {
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	all := make([]*link, 0, len(m.links))
	for _, l := range m.links {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *link) int {
		ka, kb := a.into(m).from.key, b.into(m).from.key
		return slices.Compare(ka[:], kb[:])
	})
	return all
}

func (m *member) Close() error {
	m.cancel()
	m.hub.leave(m)
	m.work.Wait()
	return nil
}

// into returns the pipe of l that speaks to m.
func (l *link) into(m *member) *pipe {
	if l.pipes[0].to == m {
		return l.pipes[0]
	}
	return l.pipes[1]
}

// outOf returns the pipe of l that m speaks into.
func (l *link) outOf(m *member) *pipe {
	if l.pipes[0].from == m {
		return l.pipes[0]
	}
	return l.pipes[1]
}
