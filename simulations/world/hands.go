package world

import (
	"encoding/binary"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/cast"
)

// carry does what the core wants done, its record being durable.
func (p *Peer) carry(e agent.Effect) {
	w := p.w
	if w.o.Watch != nil {
		w.stop(w.o.Watch.Carried(p.key, p.Clock(), e))
	}
	switch e := e.(type) {
	case agent.Answer:
		p.answer = e.Err
	case agent.Say:
		p.say(e.Saying)
	case agent.Tell:
		p.utter(e)
	case agent.Reach:
		if o := w.index[e.Peer]; o != nil {
			w.put(turn{at: w.now + w.o.Links.Latency, what: meets, peer: p.id, run: p.run, other: o.id})
		}
	case agent.Announce:
		w.announce(p, e.Notice)
	case agent.Wake:
		p.wakeAt(e.At)
	case agent.Work:
		p.work(e)
	case agent.Judge:
		p.judge(e)
	case agent.Grade:
		p.grade(e)
	case agent.Stop:
		delete(p.tasks, e.Job)
	case agent.Pull:
		p.pull(e.Author)
	}
}

// begin starts a task that ends in ev, unless it is stopped.
func (p *Peer) begin(job wire.CID, ev agent.Event, ms uint64) {
	if p.tasks == nil {
		p.tasks = map[wire.CID]uint64{}
	}
	p.task++
	p.tasks[job] = p.task
	p.w.put(turn{at: p.w.now + ms, what: hears, peer: p.id, run: p.run, with: ev, mark: p.task})
}

func (p *Peer) moment() cast.Moment {
	return cast.Moment{At: p.Clock(), Worked: p.worked, Chance: p.w.life}
}

// work does a job. A result is bytes that nobody needs to have: its name alone
// tells the world whether it is good.
func (p *Peer) work(e agent.Work) {
	w := p.w
	l := p.part.Work(p.moment(), e)
	p.worked++
	done := agent.Worked{Job: e.Job, Code: l.Code}
	if l.Code == "" {
		calls := 1
		if e.Parts == 0 {
			calls = max(1, len(e.Inputs))
		}
		for i := range calls {
			a := artefact(e.Job, p.worked, uint64(i), typeOf(e.Stand.OutputType), e.Retention)
			if !l.Good {
				w.bad[a.ID] = true
			}
			done.Results = append(done.Results, a)
		}
	}
	p.w.tell(p, w.nameOf(e.From), "works", string(l.Code))
	if e.Stand.Meter.Unit != "" && l.Code == "" {
		done.Units = 1 + w.life.Uint64N(max(1, e.Stand.Meter.MaxUnits))
	}
	p.begin(e.Job, done, l.After+w.transfer(e.Inputs))
	if p.parts != nil && e.Stand.Capability != p.parts.Capability {
		p.partOf(e, l.After)
	}
	if p.part.Flees(p.moment()) {
		w.After(l.After+60_000, p.Flee)
	}
}

// partOf has a part of a job done by somebody else while it is worked on: it is
// ordered once, however often the work is begun.
func (p *Peer) partOf(e agent.Work, within uint64) {
	o, run := *p.parts, p.run
	o.Key, o.Parent = "part of "+e.Job.String(), e.Job
	o.Input = Input(o.Key, 100, payload.Public, o.Input.Label.Retention)
	o.Input.Label.PassOn = true
	p.w.After(between(p.w.life, 0, within), func() {
		if p.run == run && p.core != nil {
			p.w.tally.Parts++
			p.Order(o)
		}
	})
}

func typeOf(output string) string {
	if output == "" || output == "*/*" {
		return "text/plain"
	}
	return output
}

// artefact names bytes of a job.
func artefact(job wire.CID, n, i uint64, media string, retention uint64) payload.Artefact {
	b := binary.BigEndian.AppendUint64(job[:len(job):len(job)], n)
	return payload.Artefact{
		ID: wire.Sum(binary.BigEndian.AppendUint64(b, i)), Size: 7, Type: media,
		Label: payload.Label{Class: payload.Public, Retention: max(1, retention)},
	}
}

// Input returns a name for the input of an order.
func Input(key string, size uint64, class payload.Class, retention uint64) payload.Artefact {
	return payload.Artefact{
		ID: wire.Sum([]byte("input " + key)), Size: size, Type: "text/plain", Label: payload.Label{Class: class, Retention: retention},
	}
}

func (p *Peer) judge(e agent.Judge) {
	good := true
	for _, a := range e.Results {
		good = good && !p.w.bad[a.ID]
	}
	o := p.part.Judge(p.moment(), e, good)
	p.w.tell(p, p.w.nameOf(e.From), "judges", string(o.Code))
	done := agent.Judged{Job: e.Job, Code: o.Code}
	if o.Code != "" && e.Rule.IsZero() && !e.Expect.IsZero() {
		done.Clause = "expect" // it fails a rule of the hirer's own
	}
	p.begin(e.Job, done, o.After+p.w.transfer(e.Results))
}

// grade judges a case as an evaluator.
func (p *Peer) grade(e agent.Grade) {
	good := p.w.Good(e.Results)
	share, after := p.part.Grade(p.moment(), good)
	p.w.tell(p, "", "grades", fmt.Sprintf("%d of %d, the work being good: %v", share, protocol.Full, good))
	p.w.tally.Graded++
	p.begin(e.Job, agent.Graded{Job: e.Job, Share: share}, after+p.w.transfer(e.Results))
}

// transfer is how many milliseconds it takes to get payloads.
func (w *World) transfer(all []payload.Artefact) uint64 {
	if w.o.Links.Bandwidth == 0 {
		return 0
	}
	var bytes uint64
	for _, a := range all {
		bytes += a.Size
	}
	return bytes * 1000 / w.o.Links.Bandwidth
}

// Flee throws its name away: it is never heard of again.
func (p *Peer) Flee() {
	if p.gone {
		return
	}
	p.w.tally.Fled++
	if p.w.fled != nil {
		p.w.fled(p)
	}
	p.Retire()
}

// Retire ends its process for good.
func (p *Peer) Retire() {
	p.w.tell(p, "", "leaves", "")
	p.gone = true
	p.core, p.tasks, p.unshown = nil, nil, nil
	p.w.leave(p)
}

// OnFled has do told of everybody who is about to throw its name away.
func (w *World) OnFled(do func(*Peer)) { w.fled = do }

// say puts a bundle on the link to a peer, as the part wants it.
func (p *Peer) say(s *agent.Saying) {
	w := p.w
	p.seal(s)
	o := w.index[s.To]
	if o == nil {
		return
	}
	for i, docs := range p.part.Say(p.moment(), s.To, s.Docs) {
		bundle := s.Bundle
		if i > 0 || len(docs) != len(s.Docs) || len(docs) > 0 && docs[0].ID != s.Docs[0].ID {
			raw := make([][]byte, len(docs))
			for k, d := range docs {
				raw[k] = d.Raw
			}
			bundle = p.sealed(raw, docs)
		}
		f := &frame{bundle: bundle, docs: docs, size: 120}
		for _, d := range docs {
			f.size += uint64(len(d.Raw))
		}
		if !w.o.Light {
			b, err := bundle.Bytes()
			if err != nil {
				w.violated("C10", p.name, err.Error())
				return
			}
			f.raw = b
		}
		for _, a := range s.With {
			f.size += a.Size
		}
		if w.o.Tell != nil {
			w.tell(p, o.name, "says", words(docs))
		}
		w.send(p, o, f)
	}
}

// utter carries a bare document: a Hello or a Request.
func (p *Peer) utter(e agent.Tell) {
	if o := p.w.index[e.To]; o != nil {
		if p.w.o.Tell != nil {
			p.w.tell(p, o.name, "says", words([]wire.Said{e.Doc}))
		}
		p.w.send(p, o, &frame{bare: e.Doc, size: uint64(len(e.Doc.Raw))})
	}
}
