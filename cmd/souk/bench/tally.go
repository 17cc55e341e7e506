package bench

import (
	"context"
	"sync/atomic"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// tally counts what a peer does, at the contracts it does it through.
type tally struct {
	signed      atomic.Int64 // signatures made
	checked     atomic.Int64 // signatures in what was heard; counted only while looking
	records     atomic.Int64 // of the journal
	recordBytes atomic.Int64
	kept        atomic.Int64 // artefacts made durable in the vault
	frames      atomic.Int64 // sent
	frameBytes  atomic.Int64
	looking     atomic.Bool // frames are opened and looked into, which costs time
	commits     func() uint64
}

// around puts the tally between a peer and what it is made of.
func (t *tally) around(o *runtime.Options) {
	t.commits = func() uint64 { return 0 }
	if c, ok := o.Journal.(interface{ Commits() uint64 }); ok {
		t.commits = c.Commits
	}
	o.Agent = countedSigner{o.Agent, t}
	o.Journal = countedJournal{o.Journal, t}
	o.Vault = countedVault{o.Vault, t}
	dial := o.Dial
	o.Dial = func(h p2p.Handler) (p2p.Network, error) {
		n, err := dial(&countedEar{h, t, protocol.Registry()})
		if err != nil {
			return nil, err
		}
		return countedNetwork{n, t}, nil
	}
}

// counts is what a tally stands at.
type counts struct {
	signed, checked, records, recordBytes, kept, frames, frameBytes, commits int64
}

func (t *tally) counts() counts {
	return counts{
		t.signed.Load(), t.checked.Load(), t.records.Load(), t.recordBytes.Load(), t.kept.Load(),
		t.frames.Load(), t.frameBytes.Load(), int64(t.commits()),
	}
}

// since returns what was added after an earlier look.
func (c counts) since(e counts) counts {
	return counts{
		c.signed - e.signed, c.checked - e.checked, c.records - e.records, c.recordBytes - e.recordBytes, c.kept - e.kept,
		c.frames - e.frames, c.frameBytes - e.frameBytes, c.commits - e.commits,
	}
}

func (c counts) plus(e counts) counts {
	return counts{
		c.signed + e.signed, c.checked + e.checked, c.records + e.records, c.recordBytes + e.recordBytes, c.kept + e.kept,
		c.frames + e.frames, c.frameBytes + e.frameBytes, c.commits + e.commits,
	}
}

// each is what was done for one of n, by name.
func (c counts) each(n int) map[string]float64 {
	of := func(x int64) float64 { return float64(x) / float64(n) }
	return map[string]float64{
		"signatures": of(c.signed), "frames": of(c.frames), "frame bytes": of(c.frameBytes), "records": of(c.records),
		"record bytes": of(c.recordBytes), "journal syncs": of(c.commits), "artefacts kept": of(c.kept),
	}
}

type countedSigner struct {
	wire.Signer
	t *tally
}

func (s countedSigner) Sign(message []byte) (wire.Signature, error) {
	s.t.signed.Add(1)
	return s.Signer.Sign(message)
}

type countedJournal struct {
	store.Journal
	t *tally
}

func (j countedJournal) Append(record []byte, durable func(error)) uint64 {
	j.t.records.Add(1)
	j.t.recordBytes.Add(int64(len(record)))
	return j.Journal.Append(record, durable)
}

type countedVault struct {
	store.Vault
	t *tally
}

func (v countedVault) Create() (store.Draft, error) {
	d, err := v.Vault.Create()
	if err != nil {
		return nil, err
	}
	return countedDraft{d, v.t}, nil
}

type countedDraft struct {
	store.Draft
	t *tally
}

func (d countedDraft) Keep(name wire.CID) error {
	d.t.kept.Add(1)
	return d.Draft.Keep(name)
}

type countedNetwork struct {
	p2p.Network
	t *tally
}

func (n countedNetwork) Send(ctx context.Context, to wire.Key, frame []byte) error {
	n.t.frames.Add(1)
	n.t.frameBytes.Add(int64(len(frame)))
	return n.Network.Send(ctx, to, frame)
}

type countedEar struct {
	p2p.Handler
	t   *tally
	reg *wire.Registry
}

// OnFrame counts the seals that are to be checked: that of each bundle, and that of
// the Quote or Offer which an Accept carries.
func (e *countedEar) OnFrame(from wire.Key, frame []byte) error {
	if e.t.looking.Load() {
		e.look(frame)
	}
	return e.Handler.OnFrame(from, frame)
}

func (e *countedEar) look(frame []byte) {
	f, err := protocol.ReadFrame(frame)
	if err != nil {
		return // the peer itself will say what is wrong with it
	}
	for _, raw := range f.Bundles {
		e.t.checked.Add(1)
		b, err := wire.ReadBundle(raw)
		if err != nil {
			return
		}
		docs, err := e.reg.Documents(b)
		if err != nil {
			return
		}
		for _, d := range docs {
			if _, carries := d.Doc.(*protocol.Accept); carries {
				e.t.checked.Add(1)
			}
		}
	}
}
