package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// ear is what the network calls. It reads and checks what peers send, each in
// the goroutine of its link, so that the loop sees only what is well formed and
// truly said.
type ear struct {
	p     *Peer
	ready <-chan struct{} // closed when the peer has its network
}

var errHello = errors.New("the first frame must hold one Hello of this network and a version we speak")

func (e *ear) OnUp(peer wire.Key) {
	e.p.links.up(peer)
	e.p.post(agent.Met{Peer: peer})
}

func (e *ear) OnDown(peer wire.Key) {
	e.p.links.down(peer)
	e.p.tray.forget(peer)
	e.p.post(agent.Lost{Peer: peer})
}

// OnFrame takes a frame. What is wrong with a frame as such closes the link;
// what is wrong with a bundle in it is refused with a code.
func (e *ear) OnFrame(from wire.Key, b []byte) error {
	<-e.ready
	f, err := protocol.ReadFrame(b)
	if err != nil {
		return err
	}
	if !e.p.links.greeted(from) {
		return e.hello(from, f)
	}
	for _, d := range f.Data {
		e.p.tray.put(from, d)
	}
	for _, raw := range f.Bare {
		if err := e.bare(from, raw); err != nil {
			return err
		}
	}
	for _, raw := range f.Bundles {
		if err := e.bundle(from, raw); err != nil {
			return err
		}
	}
	return nil
}

func (e *ear) hello(from wire.Key, f *protocol.Frame) error {
	h, err := readHello(e.p.reg, e.p.o.Net, from, f)
	if err != nil {
		return err
	}
	if e.p.links.greet(from) {
		e.p.post(agent.Greeted{Peer: from, Hello: h})
	}
	return nil
}

// readHello reads the first frame of a link.
func readHello(reg *wire.Registry, net string, from wire.Key, f *protocol.Frame) (*protocol.Hello, error) {
	if len(f.Bare) != 1 || len(f.Bundles)+len(f.Data) > 0 {
		return nil, errHello
	}
	d, err := reg.Decode(f.Bare[0])
	if err != nil {
		return nil, err
	}
	h, ok := d.(*protocol.Hello)
	if !ok || h.By != from || h.Net != net || h.Least > protocol.Version || h.Most < protocol.Version {
		return nil, errHello
	}
	return h, nil
}

func (e *ear) bare(from wire.Key, raw []byte) error {
	d, err := e.p.reg.Decode(raw)
	if err != nil {
		return e.garbled(from, raw, err)
	}
	if d.Header().By != from {
		return e.garbled(from, raw, wire.ErrAuthor)
	}
	if _, ok := d.(*protocol.Request); ok {
		e.p.post(agent.Asked{Peer: from, Request: wire.Said{ID: wire.Sum(raw), Raw: raw, Doc: d}})
	}
	return nil
}

func (e *ear) bundle(from wire.Key, raw []byte) error {
	b, err := wire.ReadBundle(raw)
	if err != nil {
		return e.garbled(from, raw, err)
	}
	said, err := e.p.reg.Read(b, e.p.o.Net)
	if err != nil {
		return e.garbled(from, raw, err)
	}
	for _, d := range said {
		q, ok := d.Doc.(*protocol.Quote)
		if !ok {
			continue
		}
		if code := e.p.rules.runs(from, q.Terms.Rule); code != "" {
			e.p.post(agent.Garbled{From: from, Of: d.ID, Code: code})
			return nil
		}
	}
	e.p.post(agent.Heard{From: from, Bundle: b, Docs: said})
	return nil
}

// garbled has a bundle refused by code. A peer that goes on like that loses its
// link, unless all that is wrong is that it speaks of what we do not know yet.
func (e *ear) garbled(from wire.Key, raw []byte, err error) error {
	e.p.log.Debug("refused a bundle", "from", from, "error", err)
	if !errors.Is(err, wire.ErrUnknownKind) && e.p.links.fault(from) {
		return fmt.Errorf("too many unreadable bundles, the last: %w", err)
	}
	e.p.post(agent.Garbled{From: from, Of: wire.Sum(raw), Code: protocol.CodeOf(err)})
	return nil
}

// OnAnnouncement judges an announcement before it is passed on, and tells the
// core of one that is new.
func (e *ear) OnAnnouncement(_ context.Context, shard uint8, _ wire.Key, b []byte) p2p.Judgement {
	select {
	case <-e.ready:
	default:
		return p2p.Ignore
	}
	if !e.p.news.take() {
		return p2p.Ignore // not even put on the board: it may be heard when there is room
	}
	said, proof, j := e.p.square().judge(shard, b)
	var event agent.Event
	if j == p2p.Accept {
		event = e.newsOf(said, proof)
	}
	if event == nil {
		e.p.news.leave()
		return j
	}
	e.p.news.put(event)
	return p2p.Accept
}

// newsOf is what the core is told of an announcement; nil for what it need not know.
func (e *ear) newsOf(said wire.Said, proof wire.Proof) agent.Event {
	o, ok := said.Doc.(*protocol.Offer)
	switch {
	case said.Doc.Header().By == e.p.o.Agent.Key():
		return nil
	case !ok:
		return agent.Called{Call: said}
	case e.p.rules.reads(o) != "":
		return nil // others may know its rule or schema; what is not read now comes again
	}
	return agent.Listed{Listing: hire.Listing{Offer: o, Proof: proof}}
}

func (e *ear) OnFetch(peer wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error) {
	name, granted := e.p.grants.name(peer, id)
	if !granted {
		return nil, p2p.ErrNoArtefact
	}
	a, err := e.p.o.Vault.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", p2p.ErrNoArtefact, err)
	}
	if offset > uint64(a.Size()) {
		return nil, errors.Join(p2p.ErrNoArtefact, a.Close())
	}
	if _, err := a.Seek(int64(offset), io.SeekStart); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (e *ear) OnPull(_ wire.Key, shard uint8) [][]byte { return e.p.square().live(now(), shard) }
