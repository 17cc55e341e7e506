package agent

import (
	"slices"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// sealed is about how many bytes of the journal a bundle takes beside its documents.
const sealed = 200

// bulk is about how many bytes of the journal a bundle of documents takes.
func bulk(docs []wire.Said) (n uint64) {
	for _, d := range docs {
		n += uint64(len(d.Raw))
	}
	return n + sealed
}

// bear counts what stays in the journal because of a peer, until something was paid
// between us. A lane opened and a contract made cost their author nothing, and we keep
// both for good.
func (p *party) bear(at, most uint64, docs []wire.Said) {
	if p.dealt {
		p.burden = 0
		return
	}
	p.burden, p.borne = p.fade(at, most)+bulk(docs), max(p.borne, at)
}

// fadesIn is in how many milliseconds as much is forgiven as one stranger may leave:
// who has only ever failed it, or been failed, may try again.
const fadesIn = 86_400_000

// fade forgives what time has passed over.
func (p *party) fade(at, most uint64) uint64 {
	passed := min(at-min(p.borne, at), fadesIn)
	return p.burden - min(p.burden, most/fadesIn*passed+most%fadesIn*passed/fadesIn)
}

// crowd counts in each hour what strangers have us write down. Soft.
type crowd struct {
	hour  uint64 // since 1970, the one that is counted
	bytes uint64
}

// affords reports whether what a peer begins may be written down. Of those with whom
// something was paid, or whom our trust reaches, it always may. A stranger leaves only
// so much here in a day before it has paid for anything, and all of them together only
// so much in an hour; but who has a job under way is heard whatever others do. What is
// beyond that is not answered: it is said again, and then perhaps heard. Whatever goes
// on with what was begun is heard in any case: there is an end to it.
func (s *step) affords(e Heard) bool {
	p := s.party(e.From)
	if !begins(e.Docs) || !s.strange(e.From, p) {
		return true
	}
	size := bulk(e.Docs)
	if p.fade(s.at, s.c.Quotas.Unpaid)+size > s.c.Quotas.Unpaid {
		s.refuse(e.From, e.Docs[0].ID, protocol.CodeOverLimit, "nothing was paid yet for all that was said before")
		return false
	}
	if hour := s.at / 3_600_000; hour != s.crowd.hour {
		s.crowd = crowd{hour: hour}
	}
	return s.crowd.bytes+size <= s.c.Quotas.CrowdUnpaid || s.underWay(p)
}

// begins reports whether documents begin something: all but what ends a hold, and what is
// about a job.
func begins(docs []wire.Said) bool {
	return slices.ContainsFunc(docs, func(said wire.Said) bool {
		switch d := said.Doc.(type) {
		case *protocol.Accept:
			return true
		case *protocol.Entry:
			return d.Act != protocol.ActPost && d.Act != protocol.ActVoid && d.Act != protocol.ActAward
		}
		return false
	})
}

// jots counts what is written down because of a stranger that has no job under way.
func (s *step) jots(peer wire.Key, docs []wire.Said) {
	if p := s.party(peer); s.strange(peer, p) && !s.underWay(p) {
		s.crowd.bytes += bulk(docs)
	}
}

// strange reports whether nothing was paid between us and a peer, and our trust does
// not reach it.
func (s *step) strange(peer wire.Key, p *party) bool {
	return !p.dealt && s.guest(peer).standing == 0
}

// underWay reports whether a job of a peer is.
func (s *step) underWay(p *party) bool {
	for _, d := range p.deals {
		if d.role == job.Hirer || d.job.Taken() && !d.job.Stage(s.at).Final() {
			return true
		}
	}
	return false
}

// cluttered reports whether the inputs of a stranger's job find no room beside what is
// kept of other strangers already, until its retention is over.
func (s *step) cluttered(d *deal) bool {
	if !s.strange(d.peer, s.party(d.peer)) {
		return false
	}
	size := bytesOf(d.job.Accept().Inputs)
	for _, other := range s.live {
		if other != d && other.role == job.Provider && other.job.Taken() && !s.Dealt(other.peer) {
			size += bytesOf(other.allInputs())
		}
	}
	for _, id := range s.kept {
		if k := s.keepsakes[id]; k != nil && !s.Dealt(k.peer) {
			size += bytesOf(k.inputs) + bytesOf(k.results)
		}
	}
	return size > s.c.Quotas.CrowdStored
}

// bytesOf sums up artefacts. No sum of what has been agreed on overflows: each is at
// most sell.MaxInput, or refused before.
func bytesOf(artefacts []payload.Artefact) (n uint64) {
	for _, a := range artefacts {
		n += min(a.Size, sell.MaxInput)
	}
	return n
}
