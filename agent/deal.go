package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// deal is one job as this agent lives through it.
type deal struct {
	id    wire.CID
	job   *job.Job
	role  job.Role
	peer  wire.Key
	order string   // the hirer's order it fulfils
	quote wire.CID // the Quote that it accepts; zero where that is an Offer, which anyone may accept, and again

	choice    Choice             // hirer: why the provider was hired
	said      []utterance        // our bundles, oldest first
	pending   []wire.Said        // ours, counted but not yet said
	unseen    []place            // entries of the job that no countersign has covered
	work      *ending            // provider: what came of the work on the part in hand
	answers   []ending           // provider: what came of the calls of the window in hand
	judgement *ending            // hirer: what came of the judging
	stray     bool               // a HOLD for it did not fit
	spurned   *job.Refusal       // hirer: why the job was not taken, as far as we are concerned, although the provider took it
	spurns    int                // how often it was heard to have taken it
	live      bool               // it may still need something of us
	answered  bool               // both sides have had their word about its end
	making    bool               // provider: it was begun anew, to make good what failed
	made      uint64             // provider: how often that ended
	waste     []payload.Artefact // provider: results that were made good

	busy         bool       // soft: a task is under way
	spent        bool       // soft: the work on the part in hand was begun and broken off; not to be done twice, it is done no more
	begun        uint64     // soft: since when, until the hirer was told so; else 0
	served       bool       // soft: the provider may fetch the inputs
	dossier      []*Saying  // where there are evaluators: all bundles about it, both sides'
	broughtAgain uint64     // soft: when it is shown to them again
	broughtPause uint64     // soft
	relayAgain   uint64     // soft: when the other side is told again what evaluators awarded
	relayPause   uint64     // soft
	theirs       []wire.CID // soft: Awards that the other side has passed on to us
	fed          int        // soft: how many further inputs the work under way has
	waits        bool       // soft: something is to be said once its lane is open and has room
	again        uint64     // soft: when what is not answered is said again
	pause        uint64     // soft: milliseconds between two tries
	tries        int        // soft: how often it was said again
}

// ending is how a task ended.
type ending struct {
	code    protocol.Code
	detail  string
	results []payload.Artefact
	units   uint64
	clause  string // of a judgement: of the Terms, where it is not the rule that failed
}

// place is a place in a lane.
type place struct {
	lane wire.CID
	seq  uint64
}

// utterance is a saying with its place among all of ours.
type utterance struct {
	n uint64
	*Saying
}

// concerns reports whether a countersign may tell something of the deal.
func (d *deal) concerns(c *protocol.Countersign) bool {
	return slices.ContainsFunc(d.unseen, func(p place) bool { return p.lane == c.Lane && p.seq <= c.Seq }) ||
		slices.Contains(c.Taken, d.id) ||
		slices.ContainsFunc(c.Declined, func(x protocol.Declined) bool { return x.Job == d.id })
}

// wrote reports whether a document is one that we have said in the deal.
func (d *deal) wrote(id wire.CID) bool {
	return slices.ContainsFunc(d.said, func(u utterance) bool {
		return slices.ContainsFunc(u.Docs, func(s wire.Said) bool { return s.ID == id })
	})
}

// enliven takes a deal among those that may need something of us.
func (a *Agent) enliven(d *deal) {
	if d.live {
		return
	}
	d.live = true
	a.live = append(a.live, d)
	p := a.acquaint(d.peer)
	p.deals = append(p.deals, d)
}

// past is a deal that is over, told in short.
type past struct {
	view    View
	closing []*Saying // what answers a hirer that did not hear us; none once it is long ago
}

// keepsake is payload of a job that is over, to be erased at an instant.
type keepsake struct {
	job     wire.CID
	peer    wire.Key
	inputs  []payload.Artefact
	results []payload.Artefact
	until   uint64 // Unix milliseconds
}

// mostErased is of how many jobs the erasure is repeated at a start: more than
// can have been decided and not yet carried out when the last run ended.
const mostErased = 1 << 13

// foldErased forgets what was erased.
func (a *Agent) foldErased(id wire.CID) {
	if k := a.keepsakes[id]; k != nil {
		a.erased = append(a.erased, k)
		a.erased = a.erased[max(0, len(a.erased)-mostErased):]
	}
	delete(a.keepsakes, id)
	for len(a.kept) > 0 && a.keepsakes[a.kept[0]] == nil {
		a.kept = a.kept[1:]
	}
}

// lastResults are what the work gave last, where it was done more than once.
func (d *deal) lastResults() []payload.Artefact {
	if d.made == 0 || d.work == nil {
		return nil
	}
	return d.work.results
}

// replies are what answers a peer that did not hear how a deal went: not the last
// alone, for a countersign in a later lane tells its job nothing of the entries before.
func (d *deal) replies() []*Saying {
	var all []*Saying
	for _, u := range d.said {
		if !u.reply.IsZero() || u.countersigns() {
			all = append(all, u.Saying)
		}
	}
	return all
}

// maxClosings is how many answers of finished deals are kept. Whoever asks later
// gets the last countersign of its lane.
const maxClosings = 4096

// foldLetGo takes a deal from among those that need something of us. Where its
// money is at rest too, only what its owner may ask for is kept.
func (a *Agent) foldLetGo(at uint64, id wire.CID) ([]wire.CID, error) {
	d := a.deals[id]
	if d == nil || !d.live {
		return nil, errKnown
	}
	d.live = false
	a.live = slices.DeleteFunc(a.live, func(x *deal) bool { return x == d })
	p := a.acquaint(d.peer)
	p.deals = slices.DeleteFunc(p.deals, func(x *deal) bool { return x == d })
	if d.role == job.Provider && d.job.Taken() && a.keepsakes[id] == nil {
		k := &keepsake{job: id, peer: d.peer, inputs: d.allInputs(), results: d.delivered(), until: at + d.job.Terms().Times.Retention}
		if _, delivered := d.job.Delivery(); !delivered { // what was made for nothing
			if d.work != nil {
				k.results = append(k.results, d.work.results...)
			}
			for _, a := range d.answers {
				k.results = append(k.results, a.results...)
			}
		}
		for _, r := range append(slices.Clone(d.waste), d.lastResults()...) { // what was made good, or came too late to make good
			if !slices.ContainsFunc(k.results, func(x payload.Artefact) bool { return x.ID == r.ID }) {
				k.results = append(k.results, r)
			}
		}
		a.keepsakes[id] = k
		a.kept = append(a.kept, id)
	}
	v := a.viewOf(at, d)
	p.dealt = p.dealt || !v.Paid.IsZero() || d.role == job.Hirer && v.OK
	if !a.atRest(d, func(h settlement.HoldState) bool { return h.EndSeen }) {
		return []wire.CID{id}, nil
	}
	over := &past{view: v}
	a.past[id] = over
	if d.role == job.Provider && len(d.said) > 0 {
		a.keepClosing(id, over, d.replies()...)
	}
	for _, side := range []job.Role{job.Hirer, job.Provider} {
		if o, ok := d.job.OutcomeBy(side); ok {
			delete(a.outcomes, o.ID)
		}
	}
	delete(a.deals, id)
	return []wire.CID{id}, nil
}

// keepClosing keeps what was answered in a job that is over, and forgets what was long ago.
func (a *Agent) keepClosing(id wire.CID, over *past, answers ...*Saying) {
	for _, answer := range answers {
		over.closing = append(over.closing, answer)
		a.closings = append(a.closings, id)
	}
	for len(a.closings) > maxClosings {
		oldest := a.past[a.closings[0]]
		oldest.closing = oldest.closing[1:]
		a.closings = a.closings[1:]
	}
}
