package agent

import (
	"errors"
	"fmt"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// errKnown: the document was folded before; nothing changed.
var errKnown = errors.New("known already")

// Fold takes one recorded step into the state, as at start. It returns the jobs
// that the record tells of. Nothing is decided.
func (a *Agent) Fold(r *Record) ([]wire.CID, error) {
	var touched []wire.CID
	for i := range r.Facts {
		jobs, err := a.fold(r.At, &r.Facts[i])
		if err != nil {
			return touched, fmt.Errorf("fold fact %d (%d): %w", i, r.Facts[i].What, err)
		}
		touched = append(touched, jobs...)
	}
	a.objections = nil
	return touched, nil
}

// fold is the only place where what an agent knows changes.
func (a *Agent) fold(at uint64, f *Fact) ([]wire.CID, error) {
	switch f.What {
	case FactBegan:
		a.epoch = f.Epoch
		a.book.Begin(f.Epoch)
		a.log.epoch, a.log.seq = f.Epoch, 0
	case FactHeard:
		return a.foldHeard(at, f)
	case FactSaid, FactWrote:
		return a.foldOwn(at, f)
	case FactOrdered:
		a.orders[f.Order.Key] = &order{Order: *f.Order, at: at, since: at}
		a.keys = append(a.keys, f.Order.Key)
		if parent := f.Order.Parent; !parent.IsZero() {
			a.parts[parent] = append(a.parts[parent], f.Order.Key)
		}
	case FactGaveUp:
		if o := a.orders[f.Key]; o != nil {
			o.code, o.detail = f.Code, f.Detail
		}
	case FactOpened:
		a.stall.Put(*f.Stand)
	case FactClosed:
		a.stall.Remove(f.Key)
	case FactWorked, FactJudged:
		return a.foldTask(f)
	case FactChose:
		if d := a.deals[f.Job]; d != nil {
			d.choice = *f.Choice
		}
	case FactLetGo:
		return a.foldLetGo(at, f.Job)
	case FactRemaking:
		return a.foldRemaking(f.Job)
	case FactConsented, FactBrought, FactGraded, FactCaseClosed:
		a.foldEvaluator(at, f)
	case FactErased:
		a.foldErased(f.Job)
		return []wire.CID{f.Job}, nil
	default:
		return nil, fmt.Errorf("unknown fact %d", f.What)
	}
	return nil, nil
}

// foldHeard folds the documents of a heard bundle that were found to fit.
func (a *Agent) foldHeard(at uint64, f *Fact) ([]wire.CID, error) {
	var touched []wire.CID
	for i, said := range f.said {
		if f.Took&(1<<i) == 0 {
			continue
		}
		var jobs []wire.CID
		var err error
		if f.heard != nil && f.heard.By == a.c.Self {
			jobs, err = a.foldAdopted(at, f.Peer, said)
		} else {
			jobs, err = a.foldDoc(at, f.Peer, said, "")
		}
		var fork *settlement.Fork
		if err != nil && !errors.Is(err, errKnown) && !errors.As(err, &fork) {
			return touched, err
		}
		touched = append(touched, jobs...)
	}
	a.fileHeard(at, f, touched)
	return touched, nil
}

// foldOwn folds documents of ours, and keeps the bundle for as long as it may
// have to be said again.
func (a *Agent) foldOwn(at uint64, f *Fact) ([]wire.CID, error) {
	var touched []wire.CID
	for _, said := range f.said {
		if f.folded {
			break
		}
		jobs, err := a.foldDoc(at, f.Peer, said, f.Key)
		if err != nil && !errors.Is(err, errKnown) {
			return touched, err
		}
		touched = append(touched, jobs...)
	}
	d := a.deals[f.Job]
	if c := a.cases[f.Job]; c != nil && d == nil && f.What == FactSaid {
		c.said = append(c.said, f.saying)
	}
	if f.What == FactWrote {
		if d != nil {
			d.pending = append(d.pending, f.said...)
		}
		return touched, nil
	}
	if past := a.past[f.Job]; past != nil && past.view.Role == job.Provider {
		a.keepClosing(f.Job, past, f.saying)
	}
	a.uttered++
	p := a.acquaint(f.Peer)
	p.bear(at, a.c.Quotas.Unpaid, f.said)
	for _, said := range f.said {
		switch doc := said.Doc.(type) {
		case *protocol.Countersign:
			now, _ := a.book.LaneFrom(f.Peer, f.Asset)
			p.answered(f.Asset, doc, now.ID, f.saying)
		case *protocol.Entry:
			if d == nil { // an OPEN, or what ends a stray hold
				p.openings = append(p.openings, f.saying)
			}
		}
	}
	if d != nil {
		d.pending = slices.DeleteFunc(d.pending, func(p wire.Said) bool {
			return slices.ContainsFunc(f.said, func(q wire.Said) bool { return p.ID == q.ID })
		})
		d.said = append(d.said, utterance{n: a.uttered, Saying: f.saying})
		d.file(f.saying)
		touched = append(touched, f.Job)
	}
	return touched, nil
}

func (a *Agent) foldTask(f *Fact) ([]wire.CID, error) {
	d := a.deals[f.Job]
	if d == nil {
		return nil, fmt.Errorf("task of unknown job %s", f.Job)
	}
	switch {
	case f.What == FactWorked && d.job.Windowed() && f.Code == "":
		d.answers = append(d.answers, ending{results: f.Results, units: f.Units})
	case f.What == FactWorked:
		d.worked(&ending{code: f.Code, detail: f.Detail, results: f.Results, units: f.Units})
	default:
		d.judgement = &ending{code: f.Code, detail: f.Detail, clause: f.Key}
	}
	return []wire.CID{f.Job}, nil
}

// foldDoc folds one document of ours to peer, or of peer to us, and returns the
// jobs it tells of. It returns errKnown, a *job.Refusal or a
// *settlement.Refusal where the document is not taken; then nothing has changed.
// A *settlement.Fork has stopped its lane.
func (a *Agent) foldDoc(at uint64, peer wire.Key, said wire.Said, key string) ([]wire.CID, error) {
	switch doc := said.Doc.(type) {
	case *protocol.Accept:
		return a.foldAccept(said, doc, key)
	case *protocol.Entry:
		return a.foldEntry(at, said, doc)
	case *protocol.Countersign:
		return a.foldCountersign(at, peer, said, doc)
	case *protocol.LogEntry:
		return a.foldLogEntry(at, said, doc)
	case *protocol.Refuse:
		return a.foldRefuse(at, peer, said, doc)
	}
	id := jobOf(said.Doc)
	if c := a.cases[id]; c != nil && a.deals[id] == nil {
		return nil, a.foldIntoCase(at, c, said)
	}
	if a.past[id] != nil {
		return nil, errKnown // known, or of no use any more
	}
	d := a.deals[id]
	if c, ok := said.Doc.(*protocol.Claim); ok && d == nil {
		if _, stray := a.strayOf(id, c.Part); stray {
			return nil, known(a.book.Apply(said))
		}
	}
	if d == nil {
		return nil, &job.Refusal{Code: protocol.CodeNotOffered, Of: said.ID, Why: "it is about no job of ours"}
	}
	return a.foldAbout(at, d, said)
}

// jobOf returns the job that a document names, or zero.
func jobOf(doc wire.Document) wire.CID {
	switch d := doc.(type) {
	case *protocol.Entry:
		return d.Job
	case *protocol.Started:
		return d.Job
	case *protocol.Ack:
		return d.Job
	case *protocol.Progress:
		return d.Job
	case *protocol.Need:
		return d.Job
	case *protocol.Award:
		return d.Job
	case *protocol.Delivery:
		return d.Job
	case *protocol.Verdict:
		return d.Job
	case *protocol.Contest:
		return d.Job
	case *protocol.Provide:
		return d.Job
	case *protocol.Claim:
		return d.Job
	case *protocol.Cancel:
		return d.Job
	case *protocol.Outcome:
		return d.Job
	}
	return wire.CID{}
}

func (a *Agent) foldAccept(said wire.Said, doc *protocol.Accept, key string) ([]wire.CID, error) {
	if a.Has(said.ID) {
		return nil, errKnown
	}
	terms, provider, err := job.Offered(a.open, doc)
	if err != nil {
		return nil, err
	}
	d := &deal{id: said.ID, order: key}
	switch a.c.Self {
	case provider:
		d.role, d.peer = job.Provider, doc.By
	case doc.By:
		d.role, d.peer = job.Hirer, provider
	default:
		return nil, &job.Refusal{Code: protocol.CodeNotOffered, Of: said.ID, Why: "the terms are another provider's"}
	}
	if d.job, err = job.Open(a.c.Net, said, terms, provider); err != nil {
		return nil, err
	}
	if !terms.Hirer.IsZero() {
		d.quote = wire.Sum(doc.Offered.Doc)
	}
	a.deals[said.ID] = d
	a.history = append(a.history, said.ID)
	a.enliven(d)
	if o := a.orders[key]; o != nil {
		o.job, o.jobs = said.ID, append(o.jobs, said.ID)
	}
	return []wire.CID{said.ID}, nil
}

func (a *Agent) foldEntry(at uint64, said wire.Said, doc *protocol.Entry) ([]wire.CID, error) {
	d := a.deals[doc.Job]
	if d != nil && doc.By == a.c.Self {
		// What our own job forbids must not be in the book.
		if err := d.job.Check(at, said); err != nil {
			return nil, known(err)
		}
	}
	if err := a.book.Apply(said); err != nil {
		return nil, known(err)
	}
	if doc.Act == protocol.ActHold && doc.By == a.c.Self {
		a.layOut(at, doc)
	}
	if p := a.past[doc.Job]; p != nil && p.view.Role == job.Provider && p.view.Peer == doc.By && doc.Act == protocol.ActHold && doc.Part > 0 {
		a.objections = append(a.objections, &job.Refusal{Code: protocol.CodeLate, Of: said.ID, Why: "the job is over"})
	}
	if d == nil || d.peer != doc.By && d.peer != doc.Payee {
		return nil, nil
	}
	// The lane goes on whatever the job thinks of the entry: a hold that does
	// not fit is declined, not ignored.
	err := d.job.Apply(at, said)
	var refused *job.Refusal
	switch {
	case doc.Act == protocol.ActPost && err == nil && !doc.Amount.IsZero():
		a.party(d.peer).dealt = true
	case doc.Act != protocol.ActHold:
	case err == nil && doc.Part > 0:
		d.turn()
	case errors.As(err, &refused) && doc.Part > 0 && (refused.Code == protocol.CodeLate || refused.Code == protocol.CodeWithdrawn):
		a.objections = append(a.objections, refused) // it came too late, and the other side must hear that
	case err != nil:
		d.stray = true
	}
	d.unseen = append(d.unseen, place{protocol.LaneID(a.c.Net, doc.By, doc.Payee, doc.Asset, doc.Epoch), doc.Seq})
	a.enliven(d) // money may come for a deal that was let go
	return []wire.CID{d.id}, nil
}

// foldCountersign tells the book and the jobs. What the book has known for long,
// through a later countersign, may still be news for a job.
func (a *Agent) foldCountersign(at uint64, peer wire.Key, said wire.Said, doc *protocol.Countersign) ([]wire.CID, error) {
	err := known(a.book.Apply(said))
	if err != nil && !errors.Is(err, errKnown) {
		return nil, err
	}
	p := a.party(peer)
	var touched []wire.CID
	for _, d := range p.deals {
		if !d.concerns(doc) {
			continue
		}
		var refused *job.Refusal
		if e := d.job.Apply(at, said); e == nil {
			touched = append(touched, d.id)
			a.clear(d)
			if slices.Contains(doc.Taken, d.id) && d.role == job.Provider {
				a.sold.add(at, d)
			}
		} else if errors.As(e, &refused) && doc.By == peer {
			a.objections = append(a.objections, refused)
			if slices.Contains(doc.Taken, d.id) {
				d.spurned = refused
				d.spurns++
			}
		}
		d.unseen = slices.DeleteFunc(d.unseen, func(p place) bool { return p.lane == doc.Lane && p.seq <= doc.Seq })
	}
	if len(p.openings) > 0 && doc.By == peer {
		unseen := a.book.Unseen(peer)
		p.refused = ""
		p.openings = slices.DeleteFunc(p.openings, func(o *Saying) bool { return !slices.Contains(unseen, o.Docs[0].ID) })
	}
	if len(touched) > 0 {
		return touched, nil
	}
	return nil, err
}

// clear tells the book which holds of a deal the job calls paid for: what the peer disputes,
// or has claimed beyond that, is not owed.
func (a *Agent) clear(d *deal) {
	for n := uint64(0); ; n++ {
		p, there := d.job.Part(n)
		if !there {
			return
		}
		if p.Even() {
			hold, _ := p.Hold()
			a.book.Clear(hold.ID)
		}
	}
}

// foldRefuse tells a Refuse to the jobs in which the document refused counts.
func (a *Agent) foldRefuse(at uint64, peer wire.Key, said wire.Said, doc *protocol.Refuse) ([]wire.CID, error) {
	var touched []wire.CID
	for _, d := range a.party(peer).deals {
		if !d.wrote(doc.Of) || d.job.Apply(at, said) != nil {
			continue
		}
		touched = append(touched, d.id)
		if _, most := d.job.Owed(); most.IsZero() && d.role == job.Provider {
			a.book.Waive(d.id)
		}
	}
	if len(touched) == 0 {
		return nil, errKnown
	}
	return touched, nil
}

func (a *Agent) foldLogEntry(at uint64, said wire.Said, doc *protocol.LogEntry) ([]wire.CID, error) {
	d := a.deals[a.outcomes[doc.Outcome]]
	if d == nil {
		return nil, &job.Refusal{Code: protocol.CodeNotOffered, Of: said.ID, Why: "it names no outcome known here"}
	}
	if err := d.job.Apply(at, said); err != nil {
		return nil, known(err)
	}
	if doc.By == a.c.Self {
		a.log.seq, a.log.head = doc.Seq, said.ID
	} else {
		a.heardLog(said)
	}
	if o, failed := d.failed(); failed {
		a.book.Permit(d.id, o)
	}
	a.learn(at, d)
	return []wire.CID{d.id}, nil
}

// foldAbout folds a document that names its job.
func (a *Agent) foldAbout(at uint64, d *deal, said wire.Said) ([]wire.CID, error) {
	if _, ok := said.Doc.(*protocol.Claim); ok {
		if err := a.book.Check(said); err != nil {
			return nil, known(err)
		}
	}
	if err := d.job.Apply(at, said); err != nil {
		return nil, known(err)
	}
	switch doc := said.Doc.(type) {
	case *protocol.Claim:
		if err := a.book.Apply(said); err != nil {
			return nil, known(err)
		}
		a.enliven(d)
	case *protocol.Cancel:
		if doc.By == d.job.Provider() {
			a.book.Permit(d.id, said.ID)
		}
	case *protocol.Contest:
		a.clear(d)
	case *protocol.Delivery:
		d.judgement = nil // one that makes good another is judged anew
	case *protocol.Award:
		if !doc.Opens.IsZero() {
			a.book.Permit(d.id, said.ID)
		}
		a.enliven(d) // it may be owed again
	case *protocol.Outcome:
		a.outcomes[said.ID] = d.id
		a.learn(at, d)
	}
	return []wire.CID{d.id}, nil
}

func known(err error) error {
	if errors.Is(err, job.ErrKnown) || errors.Is(err, settlement.ErrKnown) {
		return errKnown
	}
	return err
}
