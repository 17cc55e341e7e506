package agent

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// step is one call of Handle: the agent, the moment, and what has come of it so far.
type step struct {
	*Agent
	at      uint64
	chance  [16]byte
	drawn   uint64
	reply   wire.CID // the first document of the bundle that is being answered
	record  Record
	effects []Effect
	touched []wire.CID
	fault   error
}

func (s *step) effect(e Effect) { s.effects = append(s.effects, e) }

// nonce draws the next nonce from the step's chance.
func (s *step) nonce() wire.Nonce {
	var b [24]byte
	copy(b[:], s.chance[:])
	binary.BigEndian.PutUint64(b[16:], s.drawn)
	s.drawn++
	h := sha256.Sum256(b[:])
	return wire.Nonce(h[:16])
}

func (s *step) head(k wire.Kind) wire.Head {
	return wire.Head{Kind: k, By: s.c.Self, At: s.at, Nonce: s.nonce()}
}

func (s *step) name(d wire.Document) wire.Said { return s.c.Namer.Name(d) }

// fact folds f and records it.
func (s *step) fact(f Fact) {
	touched, err := s.fold(s.at, &f)
	if err != nil {
		s.fail("fold", err)
	}
	s.record.Facts = append(s.record.Facts, f)
	s.touch(touched...)
}

// fail notes a fault of this program, the first of the step.
func (s *step) fail(doing string, err error) {
	if s.fault == nil {
		s.fault = fmt.Errorf("agent: %s: %w", doing, err)
	}
}

func (s *step) touch(jobs ...wire.CID) {
	for _, id := range jobs {
		if n := len(s.touched); n == 0 || s.touched[n-1] != id {
			s.touched = append(s.touched, id)
		}
		d := s.deals[id]
		if d == nil {
			continue
		}
		s.effect(Changed{Key: d.order, Job: id})
	}
}

// speech is a bundle being composed. Each document counts as soon as it is
// written, so that the next can build on it.
type speech struct {
	s    *step
	to   wire.Key
	job  wire.CID
	key  string // of the order that the bundle places
	docs []wire.Said
	with []payload.Artefact
}

func (s *step) speech(to wire.Key, job wire.CID) *speech { return &speech{s: s, to: to, job: job} }

// write folds one document of ours and adds it to the bundle.
func (p *speech) write(d wire.Document) wire.Said {
	if err := d.Check(); err != nil {
		p.s.fail(fmt.Sprintf("write %T", d), err)
	}
	said := p.s.name(d)
	if _, err := p.s.foldDoc(p.s.at, p.s.c.Self, said, p.key); err != nil {
		p.s.fail(fmt.Sprintf("write %T", d), err)
	}
	p.docs = append(p.docs, said)
	return said
}

// say records the bundle and has it sent.
func (p *speech) say() {
	if len(p.docs) == 0 {
		return
	}
	saying := &Saying{To: p.to, Docs: p.docs, With: p.with, reply: p.s.reply}
	p.s.fact(Fact{
		What: FactSaid, Peer: p.to, Job: p.job, Key: p.key, Reply: p.s.reply, With: p.with,
		said: p.docs, saying: saying,
	})
	p.s.send(saying)
}

// keep records the documents as ours without sending them yet.
func (p *speech) keep() {
	p.s.fact(Fact{What: FactWrote, Peer: p.to, Job: p.job, said: p.docs})
}

// send sends a saying now if the peer is there, and otherwise asks for a link:
// what is not answered is said again once the peer has greeted us.
func (s *step) send(saying *Saying) {
	if s.peers[saying.To] {
		s.effect(Say{saying})
	} else {
		s.effect(Reach{saying.To})
	}
}

// remark says something soft: it is sent once or not at all, and never recorded.
func (s *step) remark(to wire.Key, docs ...wire.Document) {
	if !s.peers[to] {
		return
	}
	saying := &Saying{To: to}
	for _, d := range docs {
		saying.Docs = append(saying.Docs, s.name(d))
	}
	s.effect(Say{saying})
}

// refuse answers a document with a coded no. Nothing is ever said against a Refuse.
func (s *step) refuse(to wire.Key, of wire.CID, code protocol.Code, detail string) {
	s.remark(to, &protocol.Refuse{Head: s.head(protocol.KindRefuse), Of: of, Code: code, Detail: clip(detail)})
}

// clip makes text from elsewhere fit a Detail.
func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), protocol.MaxDetail)], "")
}
