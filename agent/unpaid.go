package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
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
func (p *party) bear(docs []wire.Said) {
	if p.dealt {
		p.burden = 0
		return
	}
	p.burden += bulk(docs)
}

// crowd counts in each hour what strangers have us write down. Soft.
type crowd struct {
	hour  uint64 // since 1970, the one that is counted
	bytes uint64
}

// affords reports whether what a peer says may be written down. Of those with whom
// something was paid, or whom our trust reaches, it always may. A stranger leaves only
// so much here before it has paid for anything, and all of them together only so much
// in an hour; but who has a job under way is heard whatever others do. What is beyond
// that is not answered: it is said again, and then perhaps heard.
func (s *step) affords(e Heard) bool {
	p := s.party(e.From)
	if !s.strange(e.From, p) {
		return true
	}
	size := bulk(e.Docs)
	if p.burden+size > s.c.Quotas.Unpaid {
		s.refuse(e.From, e.Docs[0].ID, protocol.CodeOverLimit, "nothing was paid yet for all that was said before")
		return false
	}
	if hour := s.at / 3_600_000; hour != s.crowd.hour {
		s.crowd = crowd{hour: hour}
	}
	return s.crowd.bytes+size <= s.c.Quotas.CrowdUnpaid || s.underWay(p)
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
