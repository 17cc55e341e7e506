package invariant

import (
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Names of what must hold. C1 to C12 are those of docs/spec/money.md, J1 to J7
// those of docs/spec/job.md.
const (
	Conserved  = "C1 conserved"           // both books of a pair agree on what both have
	Gapless    = "C2 gapless"             // places and totals of a lane follow from those before
	EndsOnce   = "C3 ends once"           // a hold ends once, and moves no more than it held
	OneCharge  = "C4 charged once"        // no part of a job is charged or held for twice
	OneBody    = "C5 one body"            // there are never two signed bodies for one place of a lane
	NoFraming  = "C6 no framing"          // no proof of a fork against an honest agent
	Bounded    = "C7 bounded loss"        // newcomers together owe no more than their pool
	Reunited   = "C8 reunited"            // after any crash both sides come to one head by themselves
	InBudget   = "C9 in budget"           // nothing exceeds its mandate
	OneForm    = "C10 one form"           // bytes and meaning are inverse
	HoldsEnd   = "C11 holds end"          // every hold is final by its deadline
	NoCredit   = "C12 no credit"          // no credit on a rail without a final transfer
	Exits      = "J1 exits"               // every state that is not final has a timer
	NotSilence = "J3 silence pays nobody" // who had the work delivered pays for it, though it says nothing
	Replay     = "J4 replay"              // the same record replays to the same state
	Durable    = "durable"                // what was acknowledged is there after a crash, or its damage is named
	Labelled   = "J5 labelled"            // no payload leaves before the contract, or against its label
	Clauses    = "J6 clauses"             // a verdict cites clauses of the terms alone
	OneEnd     = "J7 one end"             // both sides end a job alike
	Awarded    = "awarded"                // what evaluators decide is paid, and only by those named
	WorkOnce   = "work once"              // work is done once, unless it may be repeated
	OrderOnce  = "order once"             // an order is one contract
	SavedFirst = "saved first"            // what is said stands in a durable record
	Logged     = "evidence"               // a log of outcomes has no gap, and its outcomes are those of the job
	Rests      = "comes to rest"          // when nothing fails any more, talk ends
	Sound      = "sound"                  // no step fails, and none wants to say what its own rules forbid
)

// Violation is one promise that was found broken.
type Violation struct {
	Law  string
	Who  string // the honest agent whose promise it was, or ""
	Why  string
	Step uint64 // events before it
	At   uint64 // Unix milliseconds of the world
}

// Error tells what was broken, by whom and when.
func (v *Violation) Error() string {
	who := v.Who
	if who != "" {
		who = " by " + who
	}
	return fmt.Sprintf("%s: broken%s at step %d: %s", v.Law, who, v.Step, v.Why)
}

func broken(law string, m *member, format string, args ...any) error {
	return &Violation{Law: law, Who: m.Name, Why: fmt.Sprintf(format, args...)}
}

// Member is one agent that is watched.
type Member struct {
	Key     wire.Key
	Name    string
	Honest  bool
	Asset   string
	Mandate wire.CID
	PerJob  wire.Amount // of Asset, for one job
	Total   wire.Amount // of Asset, in all
	Pool    wire.Amount // of Asset, for all newcomers together
}

// member is a Member with what was seen of it.
type member struct {
	Member
	core    *agent.Agent // nil while it is down
	pending [][]agent.Statement
	records int               // durable
	said    map[wire.CID]bool // of its own documents, those that are durable
	orders  map[string]bool
	works   map[labour]int
	known   string // what it knew when it crashed, if nothing was lost
	knownAt uint64
	// It was put back to an older copy. What others and it know of one another may
	// differ from then on.
	restored bool

	outlay   wire.Amount           // posted and held under the mandate
	accepted int                   // its Accepts
	taken    map[wire.CID]*holding // it works or worked for, not yet paid or void as far as it has countersigned
	owed     map[wire.Key]wire.Amount
	verdicts map[place]wire.CID
	heard    map[wire.CID]bool              // jobs of which a verdict or cancel was heard
	claims   map[wire.CID]bool              // jobs it has claimed for
	delivers map[wire.CID]bool              // jobs it has delivered
	takes    map[wire.CID][]wire.CID        // by its Countersign: the jobs it takes
	outcomes map[wire.CID]*protocol.Outcome // by job
	log      *protocol.LogEntry
	logHead  wire.CID
}

// place is one part of a job.
type place struct {
	job  wire.CID
	part uint64
}

// labour is what is worked on at once: a part of a job, or one call of several.
type labour struct {
	place
	call wire.CID // its input, where a part has several calls
}

// Watch keeps the accounts by which agents are judged. It is not safe for
// concurrent use.
type Watch struct {
	net     string
	reg     *wire.Registry
	members map[wire.Key]*member
	all     []*member
	lanes   ledger
	jobs    map[wire.CID]*agreed
	inputs  map[wire.CID][]*agreed       // of all of them
	hirers  map[[2]wire.Key]bool         // who hired whom: provider and hirer
	awards  map[wire.CID]*protocol.Award // that honest agents have said or heard
	checks  uint64
}

// agreed is what both sides of a job have signed.
type agreed struct {
	accept   *protocol.Accept
	terms    protocol.Terms
	provider wire.Key
}

// New returns a watch over nobody.
func New(net string) *Watch {
	return &Watch{
		net: net, reg: protocol.Registry(), members: map[wire.Key]*member{}, lanes: newLedger(), jobs: map[wire.CID]*agreed{}, inputs: map[wire.CID][]*agreed{}, hirers: map[[2]wire.Key]bool{}, awards: map[wire.CID]*protocol.Award{},
	}
}

// Checks returns how many checks were made.
func (w *Watch) Checks() uint64 { return w.checks }

// Join adds somebody to be watched.
func (w *Watch) Join(m Member) {
	x := newMember(m)
	w.members[m.Key] = x
	w.all = append(w.all, x)
}

func newMember(m Member) *member {
	return &member{
		Member: m, said: map[wire.CID]bool{}, orders: map[string]bool{}, works: map[labour]int{}, taken: map[wire.CID]*holding{},
		owed: map[wire.Key]wire.Amount{}, verdicts: map[place]wire.CID{}, heard: map[wire.CID]bool{}, takes: map[wire.CID][]wire.CID{},
		delivers: map[wire.CID]bool{}, claims: map[wire.CID]bool{}, outcomes: map[wire.CID]*protocol.Outcome{},
	}
}

// honest returns the member of a key, if it is to be judged.
func (w *Watch) honest(k wire.Key) *member {
	w.checks++
	if m := w.members[k]; m != nil && m.Honest {
		return m
	}
	return nil
}

// Recorded is told of a record that was handed to the disk as number n of it.
func (w *Watch) Recorded(by wire.Key, n int, r *agent.Record) error {
	m := w.honest(by)
	if m == nil {
		m = w.members[by]
		m.pending = append(m.pending, nil)
		return nil
	}
	if n != m.records+len(m.pending)+1 {
		return broken(Replay, m, "record %d follows record %d", n, m.records+len(m.pending))
	}
	var own []agent.Statement
	for _, s := range r.Statements() {
		if s.Doc.Header().By == by {
			own = append(own, s)
		}
	}
	for _, s := range own {
		if err := w.form(m, s.Said); err != nil {
			return err
		}
		if e, ok := s.Doc.(*protocol.Entry); ok {
			w.lanes.seen[s.ID] = e
		}
	}
	m.pending = append(m.pending, own)
	return nil
}

// form checks that a document means what its bytes say.
func (w *Watch) form(m *member, s wire.Said) error {
	d, err := w.reg.Decode(s.Raw)
	if err != nil {
		return broken(OneForm, m, "what it says cannot be read: %v", err)
	}
	if wire.Sum(s.Raw) != s.ID || (wire.Canonical{}).Name(d).ID != s.ID {
		return broken(OneForm, m, "%T %s is another document when it is read", d, s.ID)
	}
	return nil
}

// Durable is told that the first n records of an agent are durable: now, and no
// sooner, what they say counts.
func (w *Watch) Durable(by wire.Key, n int) error {
	m := w.members[by]
	for m.records < n && len(m.pending) > 0 {
		own := m.pending[0]
		m.pending = m.pending[1:]
		m.records++
		for _, s := range own {
			if m.said[s.ID] {
				continue
			}
			m.said[s.ID] = true
			if err := w.counts(m, s.Said); err != nil {
				return err
			}
		}
	}
	return nil
}

// Crashed is told that an agent's process ended at its instant at, that kept of
// its records are there, and whether these are all.
func (w *Watch) Crashed(by wire.Key, core *agent.Agent, at uint64, kept int, whole bool) error {
	m := w.members[by]
	if err := w.Durable(by, kept); err != nil {
		return err
	}
	m.pending, m.core, m.known = nil, nil, ""
	if m.Honest && whole {
		m.known, m.knownAt = Known(core, at), at
	}
	return nil
}

// Restarted is told of an agent as it was replayed from so many records, before it
// decides anything.
func (w *Watch) Restarted(by wire.Key, core *agent.Agent, kept int) error {
	m := w.honest(by)
	if m == nil {
		return nil
	}
	m.core = core
	if kept != m.records {
		return broken(Durable, m, "%d records were acknowledged, and after a restart it has %d", m.records, kept)
	}
	if m.known == "" {
		return nil
	}
	now := Known(core, m.knownAt)
	if now != m.known {
		return broken(Replay, m, "after a restart it knows %s", Differ(now, m.known))
	}
	return nil
}
