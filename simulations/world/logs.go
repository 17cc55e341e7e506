package world

import (
	"cmp"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/invariant"
)

// logbook is what a peer can show of its own log of outcomes, and how far it has
// read those of others.
type logbook struct {
	entries []entry
	about   map[wire.CID][]wire.Said // by job
	jobs    map[wire.CID]wire.CID    // of outcomes
	read    map[wire.Key]int         // entries told to the core, of the author's log
}

// page is what one entry of a log shows: it is the same for all who read it.
type page struct {
	shown []wire.Said
	told  agent.Testimony
}

// entry is one place of a log.
type entry struct {
	said wire.Said
	job  wire.CID
}

// index notes what a durable record says about jobs.
func (p *Peer) index(r *agent.Record) {
	if !p.w.o.Logs {
		return
	}
	b := &p.log
	if b.about == nil {
		b.about, b.jobs, b.read = map[wire.CID][]wire.Said{}, map[wire.CID]wire.CID{}, map[wire.Key]int{}
	}
	for _, s := range r.Statements() {
		about := s.Job()
		switch d := s.Doc.(type) {
		case *protocol.Countersign:
			for _, job := range d.Taken {
				b.note(job, s.Said)
			}
		case *protocol.Outcome:
			b.jobs[s.ID] = d.Job
		case *protocol.LogEntry:
			about = b.jobs[d.Outcome]
			if d.By == p.key && !slices.ContainsFunc(b.entries, func(e entry) bool { return e.said.ID == s.ID }) {
				b.entries = append(b.entries, entry{s.Said, about})
			}
		}
		if !about.IsZero() {
			b.note(about, s.Said)
		}
	}
}

func (b *logbook) note(job wire.CID, s wire.Said) {
	if !slices.ContainsFunc(b.about[job], func(x wire.Said) bool { return x.ID == s.ID }) {
		b.about[job] = append(b.about[job], s)
	}
}

// most is how many pages are told at once.
const most = 64

// pull reads on in an author's log, if it can be reached, and tells what it shows.
// The reader goes on until there is no more.
func (p *Peer) pull(author wire.Key) {
	w, o := p.w, p.w.index[author]
	if !w.o.Logs || o == nil || o.core == nil || w.apart(p, o) {
		return
	}
	run, trip := p.run, 2*(w.o.Links.Latency+between(w.ways, 0, w.o.Links.Jitter))
	w.put(turn{at: w.now + trip, what: acts, peer: p.id, with: func() {
		if p.run != run || p.core == nil || o.core == nil {
			return
		}
		if p.log.read == nil {
			p.log.read = map[wire.Key]int{}
		}
		from := min(p.log.read[author], len(o.log.entries))
		upto := min(from+most, len(o.log.entries))
		told := agent.Told{Author: author, Owner: o.conf.Mandate.Doc.Header().By}
		for _, e := range o.log.entries[from:upto] {
			t, err := o.testify(e)
			if err != nil {
				return // the log of who has lost a part of its past may not show all
			}
			told.Pages = append(told.Pages, t)
		}
		p.log.read[author] = upto
		p.Handle(told)
		if upto < len(o.log.entries) {
			p.pull(author)
		}
	}})
}

// testify reads what shows an entry of p's log, as every reader does.
func (p *Peer) testify(e entry) (agent.Testimony, error) {
	shown := p.log.shows(e)
	same := func(a, b wire.Said) bool { return a.ID == b.ID }
	last, known := p.pages[e.said.ID]
	known = known && slices.EqualFunc(last.shown, shown, same)
	if known && !p.w.o.Doubt {
		return last.told, nil
	}
	t, err := agent.Testify(p.w.o.Net, p.key, shown)
	if err != nil {
		return t, err
	}
	a, b := t.Evidence, last.told.Evidence
	if known && (t.Due != last.told.Due || a.Said.ID != b.Said.ID || a.How != b.How || a.Band != b.Band || a.Paid != b.Paid || !slices.EqualFunc(t.Entries, last.told.Entries, same)) {
		p.w.violated(invariant.Sound, p.name, "a page of its log is read in two ways")
	}
	if p.pages == nil {
		p.pages = map[wire.CID]page{}
	}
	p.pages[e.said.ID] = page{slices.Clone(shown), t}
	return t, nil
}

// shows picks what shows an entry: the entry, and all that was said of its job.
func (b *logbook) shows(e entry) []wire.Said {
	shown := []wire.Said{e.said}
	for _, s := range b.about[e.job] {
		if s.ID != e.said.ID {
			shown = append(shown, s)
		}
	}
	return shown
}

// sorted returns the keys of m in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
