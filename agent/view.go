package agent

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// View is one order or job as its owner may see it.
type View struct {
	Key             string   // of the order, on the hirer's side
	ID              wire.CID // zero while there is no contract
	Role            job.Role
	Peer            wire.Key
	Capability      string
	Stage           string
	Final           bool
	OK              bool // delivered, passed, paid and receipted
	Code            protocol.Code
	Detail          string
	Asset           string
	Price           wire.Amount // most it may cost
	Paid            wire.Amount
	Score           uint64
	Opened          uint64 // Unix milliseconds
	Closed          uint64
	Next            string
	NextAt          uint64
	Held            wire.Amount // set aside for it
	HeldUntil       uint64      // when that comes free at the latest, if nobody claims it
	Away            uint64      // soft: of a job of ours under way, since when its provider is out of reach; 0: it is there
	Sought          string      // soft: whether another is sought to take it over: "", Sought or SoughtBudget
	Choice          Choice      // on the hirer's side
	Came            Came        // what it tells of its provider's work
	Plan            string      // of the order
	Instead         wire.CID    // the job that this one takes over
	TakenOver       wire.CID    // the job that took this one over
	Inputs          []payload.Artefact
	Results         []payload.Artefact
	Parent          wire.CID     // the job that this one is a part of, as its hirer says; zero for none
	Under           string       // the stage of Parent, where that is a job of ours
	Parts           []View       // of a job that we provide: what others were hired for to do it
	Instalments     []Instalment // of a contract of several parts: those that have begun
	MostInstalments uint64       // that it may have
	Needs           []string     // what the provider waits for
	NeedsUntil      uint64       // Unix milliseconds
}

// Stages of an order that has not become a job.
const (
	StageSeeking = "seeking" // no contract yet
	StageGivenUp = "given up"
)

// What is done for an order of which one contract gives little hope.
const (
	Sought       = "sought" // another provider is looked for
	SoughtBudget = "budget" // there would be one, once what is held for the others is free
)

// OrderOf returns the order with a key, as it was taken.
func (a *Agent) OrderOf(key string) (Order, bool) {
	o := a.orders[key]
	if o == nil {
		return Order{}, false
	}
	return o.Order, true
}

// ByKey returns what has become of an order.
func (a *Agent) ByKey(at uint64, key string) (View, bool) {
	o := a.orders[key]
	if o == nil {
		return View{}, false
	}
	if len(o.jobs) > 0 {
		return a.tell(at, o), true
	}
	v := View{
		Key: key, Role: job.Hirer, Peer: o.Peer, Capability: o.Capability, Stage: StageSeeking,
		Asset: o.Asset, Opened: o.at, Code: o.code, Detail: o.detail, Inputs: []payload.Artefact{o.Input}, Plan: o.Plan,
		Parent: o.Parent, Under: a.stageOf(at, o.Parent),
	}
	if o.code != "" {
		v.Stage, v.Final = StageGivenUp, true
	}
	return v, true
}

// ByID returns how a job stands.
func (a *Agent) ByID(at uint64, id wire.CID) (View, bool) {
	v, ok := a.byID(at, id)
	if !ok {
		return View{}, false
	}
	return a.linked(at, v), true
}

// byID tells a job by itself.
func (a *Agent) byID(at uint64, id wire.CID) (View, bool) {
	if p := a.past[id]; p != nil {
		return p.view, true
	}
	if d := a.deals[id]; d != nil {
		return a.viewOf(at, d), true
	}
	return View{}, false
}

// linked tells how a job hangs together with others, as they stand.
func (a *Agent) linked(at uint64, v View) View {
	a.links(&v)
	if v.Role == job.Hirer {
		v.Under = a.stageOf(at, v.Parent)
		if _, linked := a.peers[v.Peer]; !linked && !v.Final {
			v.Away = max(a.party(v.Peer).left, a.began, v.Opened)
		}
	} else {
		v.Parts = a.partsOf(at, v.ID)
	}
	return v
}

// viewOf tells a job by itself.
func (a *Agent) viewOf(at uint64, d *deal) View {
	j := d.job
	stage := j.Stage(at)
	v := View{
		Key: d.order, ID: d.id, Role: d.role, Peer: d.peer, Capability: j.Terms().Capability,
		Stage: stage.String(), Final: stage.Final(), OK: stage == job.Settled, Asset: j.Terms().Asset,
		Price: j.Most(), Opened: j.T0(), Choice: d.choice, Inputs: d.allInputs(), Results: d.delivered(),
		Parent: j.Accept().Parent,
	}
	if verdict, ok := j.Verdict(); ok {
		v.Score = verdict.Doc.(*protocol.Verdict).Score
		v.OK = v.OK && verdict.Doc.(*protocol.Verdict).Pass
	}
	v.Came = came(j, at, v.OK)
	v.Paid, _ = paid(j)
	v.Instalments, v.MostInstalments = d.instalments(at), j.Parts()
	if v.Final {
		if r := j.Record(); len(r) > 0 {
			v.Closed = r[len(r)-1].At
		}
	} else if when, to, ok := j.Next(at); ok {
		v.Next, v.NextAt = to.String(), when
	}
	if need, until, open := j.InHand().Need(); open && !v.Final {
		v.Needs, v.NeedsUntil = need.Needs, until
	}
	v.Held, v.HeldUntil = a.heldFor(d)
	v.Code, v.Detail = whyNot(d, v)
	return v
}

// heldFor returns what is set aside for a job, and when the last of it comes free if
// nobody claims it.
func (a *Agent) heldFor(d *deal) (sum wire.Amount, until uint64) {
	for _, hold := range a.book.HoldsOf(d.id) {
		if hold.Outstanding() {
			sum, _ = sum.Plus(hold.Amount) // what was set aside was allowed together
			until = max(until, hold.Deadline+protocol.Skew+1)
		}
	}
	return sum, until
}

// whyNot tells why a job is not, or did not end, as it should.
func whyNot(d *deal, v View) (protocol.Code, string) {
	if v.OK {
		return "", ""
	}
	part := d.job.InHand()
	switch missing := part.Missing(); {
	case !missing.IsZero():
		return protocol.CodeDefaulted, fmt.Sprintf("its hirer's complaint was heard too late to be answered; of what was claimed, %s are not paid", missing)
	case part.Unsettled():
		return protocol.CodeDefaulted, "the provider has its share of what was disputed, and says that it heard of the complaint too late to answer it"
	}
	if a, liars := part.Award(), part.Twofold(); a.Counts || len(liars) > 0 {
		detail := fmt.Sprintf("its evaluators awarded %d of %d to the provider", a.Share, protocol.Full)
		if !a.Counts {
			detail = "too few of its evaluators awarded"
		}
		for _, k := range liars {
			detail += fmt.Sprintf("; evaluator %s contradicted itself", k)
		}
		if d.judgement != nil && d.judgement.detail != "" {
			detail = d.judgement.detail + "; " + detail
		}
		return protocol.CodeCheck, detail
	}
	if d.judgement != nil && d.judgement.code != "" {
		return d.judgement.code, d.judgement.detail
	}
	if d.work != nil && d.work.code != "" {
		return d.work.code, d.work.detail
	}
	if code, declined := d.job.Declined(); declined {
		return code, "the provider declined"
	}
	for _, role := range []job.Role{job.Provider, job.Hirer} {
		if c, ok := d.job.CancelBy(role); ok {
			return c.Doc.(*protocol.Cancel).Code, "cancelled by the " + role.String()
		}
	}
	if _, _, open := d.job.InHand().Need(); open && v.Final {
		return protocol.CodeDefaulted, "what its provider needed was not provided in time"
	}
	if v.Final && v.Stage != job.Settled.String() {
		switch _, delivered := d.job.Delivery(); {
		case !delivered && d.job.Taken():
			return protocol.CodeDefaulted, "nothing was delivered in time"
		case !delivered:
			return protocol.CodeDefaulted, "nobody took it in time"
		}
		return protocol.CodeDefaulted, "it ended " + v.Stage
	}
	return "", ""
}

// Jobs returns the newest jobs and the orders without a contract, newest first,
// at most limit of them.
func (a *Agent) Jobs(at uint64, limit int) []View {
	var all []View
	for i := len(a.history) - 1; i >= 0 && len(all) < limit; i-- {
		v, _ := a.ByID(at, a.history[i])
		all = append(all, v)
	}
	since := uint64(0) // no order older than this can be among them
	if len(all) == limit && limit > 0 {
		since = all[len(all)-1].Opened
	}
	for i := len(a.keys) - 1; i >= 0; i-- {
		o := a.orders[a.keys[i]]
		if o.at < since || len(all) >= 2*limit {
			break
		}
		if v, _ := a.ByKey(at, o.Key); v.ID.IsZero() {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(x, y View) int { return cmp.Compare(y.Opened, x.Opened) })
	return all[:min(len(all), limit)]
}

// Has reports whether id is a job of this agent.
func (a *Agent) Has(id wire.CID) bool { return a.deals[id] != nil || a.past[id] != nil }

// Positions returns what is owed, by peer and asset.
func (a *Agent) Positions() []settlement.Position { return a.book.Positions() }

// Lanes returns every lane in force.
func (a *Agent) Lanes() []settlement.Lane { return a.book.Lanes() }

// Spent returns what is posted or set aside of asset under the owner's mandate.
// Where that renews another, all that was ever spent counts: of the mandates
// before it no more than their names are known here, and a budget is rather kept
// too well. An owner who wants to begin anew grants one that renews none.
func (a *Agent) Spent(asset string) wire.Amount {
	if a.mandate.Renews.IsZero() {
		return a.book.Spent(a.c.Mandate.ID, asset)
	}
	return a.book.SpentInAll(asset)
}

// Mandate returns the owner's mandate.
func (a *Agent) Mandate() *protocol.Mandate { return a.mandate }

// Stands returns what is sold, and how many jobs are under way for each.
func (a *Agent) Stands(at uint64) ([]sell.Stand, []uint64) {
	s := &step{Agent: a, at: at}
	stands := slices.Clone(a.stall.All())
	busy := make([]uint64, len(stands))
	for i, stand := range stands {
		busy[i] = s.working(stand.Capability, nil)
	}
	return stands, busy
}

// Listings returns the live offers of others for a capability, or all for "".
func (a *Agent) Listings(at uint64, capability string) []hire.Listing {
	return a.market.Live(at, capability)
}

// Open returns how many jobs may still need something of this agent.
func (a *Agent) Open() int { return len(a.live) }

// Epoch returns the name of this run.
func (a *Agent) Epoch() protocol.Epoch { return a.epoch }
