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

	busy         bool      // soft: a task is under way
	begun        uint64    // soft: since when, until the hirer was told so; else 0
	served       bool      // soft: the provider may fetch the inputs
	dossier      []*Saying // where there are evaluators: all bundles about it, both sides'
	broughtAgain uint64    // soft: when it is shown to them again
	broughtPause uint64    // soft
	fed          int       // soft: how many further inputs the work under way has
	waits        bool      // soft: something is to be said once its lane is open and has room
	again        uint64    // soft: when what is not answered is said again
	pause        uint64    // soft: milliseconds between two tries
	tries        int       // soft: how often it was said again
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

// party is all that lies between us and one peer.
type party struct {
	deals    []*deal   // live, oldest first
	openings []*Saying // OPENs said and not yet seen
	answers  []answer  // our last countersign of each lane from it
	dealt    bool      // something was paid between us, or it has done for nothing what we wanted
	burden   uint64    // bytes that stay in the journal because of it, until then

	left    uint64        // soft: when the last link to the peer went
	pause   uint64        // soft: milliseconds between two tries to have an OPEN seen
	refused protocol.Code // soft: why the peer does not take our OPEN
}

// answer is the last countersign of the lane of an asset, as it was said.
type answer struct {
	asset  string
	lane   wire.CID
	seq    uint64
	saying *Saying
}

// answered keeps a countersign that was said; now is the lane in force. One that
// was kept back may be of the lane before, or older than what was said since: it
// must not take the place of what the peer may still ask for.
func (p *party) answered(asset string, cs *protocol.Countersign, now wire.CID, saying *Saying) {
	fresh := answer{asset, cs.Lane, cs.Seq, saying}
	for i, a := range p.answers {
		if a.asset != asset {
			continue
		}
		if stale := a.lane == now && (cs.Lane != now || cs.Seq < a.seq); !stale {
			p.answers[i] = fresh
		}
		return
	}
	p.answers = append(p.answers, fresh)
}

// lastAnswer returns the last countersign of the lane of an asset, or nil.
func (p *party) lastAnswer(asset string) *Saying {
	for _, a := range p.answers {
		if a.asset == asset {
			return a.saying
		}
	}
	return nil
}

// party returns what lies between us and a peer, to be looked at only.
func (a *Agent) party(peer wire.Key) *party {
	if p := a.parties[peer]; p != nil {
		return p
	}
	return &party{}
}

// Dealt reports whether there is a history with a peer: a job was paid, by it or by
// us, or it has done for nothing what we wanted. Names are free, and so is asking,
// opening a lane and making contracts that come to nothing: who has done no more is
// a stranger.
func (a *Agent) Dealt(peer wire.Key) bool { return a.party(peer).dealt }

// acquaint returns what lies between us and a peer we have to do with.
func (a *Agent) acquaint(peer wire.Key) *party {
	p := a.parties[peer]
	if p == nil {
		p = &party{}
		a.parties[peer] = p
	}
	return p
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
	closing *Saying // what we said last; nil once it is long ago
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

// lastWord is what answers a hirer that did not hear how a deal ended: our last
// countersign in it, or else what we said last.
func (d *deal) lastWord() *Saying {
	for _, u := range slices.Backward(d.said) {
		if slices.ContainsFunc(u.Docs, func(x wire.Said) bool { return x.Doc.Header().Kind == protocol.KindCountersign }) {
			return u.Saying
		}
	}
	return d.said[len(d.said)-1].Saying
}

// maxClosings is how many finished deals keep their last words for a peer that
// did not hear them. Whoever asks later gets the last countersign of its lane.
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
	if d.role == job.Provider && len(d.said) > 0 {
		over.closing = d.lastWord()
		a.closings = append(a.closings, id)
	}
	if len(a.closings) > maxClosings {
		a.past[a.closings[0]].closing = nil
		a.closings = a.closings[1:]
	}
	for _, side := range []job.Role{job.Hirer, job.Provider} {
		if o, ok := d.job.OutcomeBy(side); ok {
			delete(a.outcomes, o.ID)
		}
	}
	a.past[id] = over
	delete(a.deals, id)
	return []wire.CID{id}, nil
}
