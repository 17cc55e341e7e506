package runtime

import (
	"fmt"
	"slices"
	"sync"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// archive knows in which journal records to look for a job's documents and for
// an entry. It is rebuilt at each start.
type archive struct {
	mu       sync.Mutex
	jobs     map[wire.CID][]uint64
	entries  map[wire.CID]uint64
	newest   wire.CID // the last POST or HOLD that was said or heard
	self     wire.Key
	outcomes map[wire.CID]wire.CID // jobs, by their Outcomes
	own      []logPlace            // our log of outcomes, in its order
	records  uint64
}

// logPlace is one entry of our own log.
type logPlace struct {
	epoch            protocol.Epoch
	seq              uint64
	id, outcome, job wire.CID
}

func newArchive(self wire.Key) *archive {
	return &archive{self: self, jobs: map[wire.CID][]uint64{}, entries: map[wire.CID]uint64{}, outcomes: map[wire.CID]wire.CID{}}
}

// note takes in a record under its number.
func (a *archive) note(seq uint64, r *agent.Record, touched []wire.CID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records = seq
	for _, id := range touched {
		if s := a.jobs[id]; len(s) == 0 || s[len(s)-1] != seq {
			a.jobs[id] = append(s, seq)
		}
	}
	for _, said := range r.Documents() {
		_, known := a.entries[said.ID]
		switch d := said.Doc.(type) {
		case *protocol.Outcome:
			a.outcomes[said.ID] = d.Job
			continue
		case *protocol.LogEntry:
			if d.By == a.self && !known {
				a.own = append(a.own, logPlace{d.Epoch, d.Seq, said.ID, d.Outcome, a.outcomes[d.Outcome]})
			}
		case *protocol.Entry:
			if d.Act == protocol.ActPost {
				a.newest = said.ID
			}
		default:
			continue
		}
		if !known {
			a.entries[said.ID] = seq
		}
	}
}

// log returns at most most places of our log from one on; the zero epoch stands
// for its beginning. ok is false where there is no such place, nor an entry
// right before it.
func (a *archive) log(epoch protocol.Epoch, seq uint64, most int) (places []logPlace, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from := 0
	if !epoch.IsZero() {
		from = slices.IndexFunc(a.own, func(p logPlace) bool { return p.epoch == epoch && (p.seq == seq || p.seq+1 == seq) })
		if from < 0 {
			return nil, false
		}
		if a.own[from].seq != seq {
			from++
		}
	}
	return slices.Clone(a.own[from:min(len(a.own), from+most)]), true
}

func (a *archive) of(job wire.CID) []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]uint64(nil), a.jobs[job]...)
}

func (a *archive) entry(id wire.CID) (uint64, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	seq, ok := a.entries[id]
	return seq, ok
}

func (a *archive) last() (wire.CID, uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.newest, a.records
}

// readRecord reads and decodes one journal record.
func (p *Peer) readRecord(seq uint64) (*agent.Record, error) {
	b, err := p.o.Journal.Read(seq)
	if err != nil {
		return nil, fmt.Errorf("journal record %d: %w", seq, err)
	}
	r, err := agent.ReadRecord(p.reg, b)
	if err != nil {
		return nil, fmt.Errorf("journal record %d: %w", seq, err)
	}
	return r, nil
}

// statements returns the documents of a job as the journal has them, each once,
// oldest first, with the bundle that proves it where it has been said.
func (p *Peer) statements(job wire.CID) ([]agent.Statement, error) {
	var all []agent.Statement
	at := map[wire.CID]int{}
	for _, seq := range p.archive.of(job) {
		r, err := p.readRecord(seq)
		if err != nil {
			return nil, err
		}
		for _, s := range r.Statements() {
			i, known := at[s.ID]
			switch {
			case !known:
				at[s.ID] = len(all)
				all = append(all, s)
			case all[i].Bundle == nil:
				all[i] = s
			}
		}
	}
	return all, nil
}

var errNoReceipt = &gateway.Error{
	Code: gateway.CodeNotFound, Message: "there is no receipt for it: nothing was paid and countersigned",
	Hint: "`souk jobs` lists the jobs, `souk ledger` what is owed",
}
