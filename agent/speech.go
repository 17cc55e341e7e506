package agent

import (
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// speech is a bundle being composed. Each document counts as soon as it is
// written, so that the next can build on it: what was begun must end in say or
// keep.
type speech struct {
	s     *step
	to    wire.Key
	job   wire.CID
	key   string // of the order that the bundle places
	asset string // of the lane that the bundle countersigns
	docs  []wire.Said
	with  []payload.Artefact
	tells []wire.CID // jobs of which the documents tell
}

func (s *step) speech(to wire.Key, job wire.CID) *speech { return &speech{s: s, to: to, job: job} }

// about is a speech to a deal's other side, which begins with what was kept
// back for it.
func (s *step) about(d *deal) *speech {
	p := s.speech(d.peer, d.id)
	p.docs = append(p.docs, d.pending...)
	for _, said := range d.pending {
		if _, ok := said.Doc.(*protocol.Countersign); ok {
			p.asset = d.job.Terms().Asset
		}
	}
	return p
}

// write folds one document of ours and adds it to the bundle. It reports false
// where the document may not be said: then nothing has changed.
func (p *speech) write(d wire.Document) (wire.Said, bool) {
	if err := d.Check(); err != nil {
		p.s.slip(fmt.Sprintf("write %T", d), err)
		return wire.Said{}, false
	}
	said := p.s.name(d)
	return said, p.add(said)
}

// add is write for a document that passes its own Check and has its name.
func (p *speech) add(said wire.Said) bool {
	kind, ok := p.s.c.Registry.Entry(said.Doc.Header().Kind)
	if !ok || len(said.Raw) > kind.Limit { // a replay could not read it
		p.s.slip(fmt.Sprintf("write %T", said.Doc), fmt.Errorf("%w: %d bytes", wire.ErrLimit, len(said.Raw)))
		return false
	}
	jobs, err := p.s.foldDoc(p.s.at, p.to, said, p.key)
	if err != nil {
		p.s.slip(fmt.Sprintf("write %T", said.Doc), err)
		return false
	}
	p.tells = append(p.tells, jobs...)
	p.docs = append(p.docs, said)
	return true
}

// entry completes a drafted entry and writes it.
func (p *speech) entry(e *protocol.Entry) (wire.Said, bool) {
	e.Head = p.s.head(protocol.KindEntry)
	return p.write(e)
}

// countersign completes a drafted countersign and writes it.
func (p *speech) countersign(cs *protocol.Countersign, asset string) bool {
	_, ok := p.write(cs)
	if ok {
		p.asset = asset
	}
	return ok
}

// refuse adds a coded no to a document of the other side's. It tells us nothing new, and
// is recorded only to be said again.
func (p *speech) refuse(of wire.CID, code protocol.Code, detail string) {
	d := &protocol.Refuse{Head: p.s.head(protocol.KindRefuse), Of: of, Code: code, Detail: clip(detail)}
	if err := d.Check(); err != nil {
		p.s.slip("refuse", err)
		return
	}
	p.docs = append(p.docs, p.s.name(d))
}

// say records the bundle and has it sent.
func (p *speech) say() {
	if len(p.docs) == 0 {
		return
	}
	s := p.s
	saying := &Saying{To: p.to, Docs: p.docs, With: p.with, reply: s.reply}
	for _, d := range p.docs {
		s.said += len(d.Raw) + 64
	}
	s.fact(Fact{
		What: FactSaid, Peer: p.to, Job: p.job, Key: p.key, Asset: p.asset, Reply: s.reply, With: p.with,
		said: p.docs, saying: saying, folded: true,
	})
	s.touch(p.tells...)
	s.send(saying)
}

// keep records the documents as ours without sending them yet.
func (p *speech) keep() {
	if len(p.docs) > 0 {
		p.s.fact(Fact{What: FactWrote, Peer: p.to, Job: p.job, said: p.docs, folded: true})
		p.s.touch(p.tells...)
	}
}
