package agent

import (
	"bytes"
	"slices"

	"github.com/souk-network/souk/protocol/wire"
)

// maxSeals is how many proofs are remembered as opened.
const maxSeals = 1024

// seals remember proofs whose seal was found good, the newest of them, by the
// document they show: so that a posted offer is not opened again for each job
// that is contracted on it. Soft: it changes what a step costs, never its answer.
type seals struct {
	of    map[wire.CID]wire.Proof
	order []wire.CID // a ring, once there are maxSeals
	next  int
}

// has reports whether this very proof was opened.
func (o *seals) has(id wire.CID, p *wire.Proof) bool {
	q, ok := o.of[id]
	return ok && p.V == q.V && p.By == q.By && p.Index == q.Index && p.Net == q.Net && p.Sig == q.Sig &&
		bytes.Equal(p.Doc, q.Doc) && slices.Equal(p.Docs, q.Docs)
}

func (o *seals) put(id wire.CID, p wire.Proof) {
	if o.of == nil {
		o.of = map[wire.CID]wire.Proof{}
	}
	switch _, known := o.of[id]; {
	case known:
	case len(o.order) < maxSeals:
		o.order = append(o.order, id)
	default:
		delete(o.of, o.order[o.next])
		o.order[o.next] = id
		o.next = (o.next + 1) % maxSeals
	}
	o.of[id] = p
}

// open is wire.Proof.Open on the agent's network.
func (a *Agent) open(p *wire.Proof) error {
	id := wire.Sum(p.Doc)
	if a.seals.has(id, p) {
		return nil
	}
	if err := p.Open(a.c.Net); err != nil {
		return err
	}
	a.seals.put(id, *p)
	return nil
}
