package runtime

import (
	"fmt"
	"sync"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// archive knows in which journal records to look for a job's documents and for
// an entry. It is rebuilt at each start.
type archive struct {
	mu      sync.Mutex
	jobs    map[wire.CID][]uint64
	entries map[wire.CID]uint64
	newest  wire.CID // the last POST or HOLD that was said or heard
	records uint64
}

func newArchive() *archive {
	return &archive{jobs: map[wire.CID][]uint64{}, entries: map[wire.CID]uint64{}}
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
		e, ok := said.Doc.(*protocol.Entry)
		if !ok {
			continue
		}
		if _, known := a.entries[said.ID]; !known {
			a.entries[said.ID] = seq
		}
		if e.Act == protocol.ActPost {
			a.newest = said.ID
		}
	}
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
