package agent

import (
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// Testimony is what one page of somebody's log shows.
type Testimony struct {
	Entries  []wire.Said         // the author's LogEntry, and the other side's where that is shown
	Evidence reputation.Evidence // zero where nothing attests the Outcome
	Due      uint64              // Unix milliseconds from which on it counts: until then it may be answered
}

// exhibit is a page while it is read: documents truly said.
type exhibit struct {
	net           string
	o             *protocol.Outcome
	outcome       wire.Said
	entry, answer wire.Said // the author's LogEntry; the other side's of the same Outcome
	shown         []wire.Said
}

// Testify reads a page of author's log on network net, each document of which
// was truly said by its own author. It returns an error where the page is none
// of that log; what is shown but attests nothing gives Entries alone.
//
// What counts at all is of a contract that both have signed, which the page
// shows. Where both have logged an Outcome, it counts as far as receipts go.
// Where one has, the job is told anew from the page, in the order shown and at the
// dates of its documents: what was said too late or out of place counts for third
// parties no more than for the two.
func Testify(net string, author wire.Key, shown []wire.Said) (Testimony, error) {
	x, err := openExhibit(net, author, shown)
	if err != nil {
		return Testimony{}, err
	}
	t := Testimony{Entries: []wire.Said{x.entry}}
	conceded := x.answer.Doc != nil
	if conceded {
		t.Entries = append(t.Entries, x.answer)
	}
	j := x.contract()
	switch {
	case j == nil:
	case conceded:
		t.Evidence = x.conceded(j)
	case x.o.By == author: // whoever sealed it has it in its log first
		t.Evidence = x.unanswered(j)
		if t.Evidence.How < reputation.Contested {
			t.Due = x.o.At + min(j.Terms().Times.Outcome, longestAnswer) + protocol.Skew
		}
	}
	return t, nil
}

func openExhibit(net string, author wire.Key, shown []wire.Said) (*exhibit, error) {
	x := &exhibit{net: net, shown: shown}
	for _, s := range shown {
		if e, ok := s.Doc.(*protocol.LogEntry); ok && e.By == author {
			x.entry = s
		}
	}
	if x.entry.Doc == nil {
		return nil, fmt.Errorf("it shows no entry of the log of %s", author)
	}
	for _, s := range shown {
		if s.ID == x.entry.Doc.(*protocol.LogEntry).Outcome {
			x.o, _ = s.Doc.(*protocol.Outcome)
			x.outcome = s
		}
	}
	var other wire.Key
	switch {
	case x.o == nil:
		return nil, fmt.Errorf("it does not show the outcome that the entry names")
	case author == x.o.Hirer:
		other = x.o.Provider
	case author == x.o.Provider:
		other = x.o.Hirer
	default:
		return nil, fmt.Errorf("the outcome is of a job of others")
	}
	for _, s := range shown {
		if e, ok := s.Doc.(*protocol.LogEntry); ok && e.By == other && e.Outcome == x.outcome.ID {
			x.answer = s
		}
	}
	return x, nil
}

// contract returns the job as it begins, where the page shows the contract that
// the Outcome tells of; else nil.
func (x *exhibit) contract() *job.Job {
	for _, s := range x.shown {
		a, ok := s.Doc.(*protocol.Accept)
		if !ok || s.ID != x.o.Job || a.By != x.o.Hirer {
			continue
		}
		terms, provider, err := job.Offered(func(p *wire.Proof) error { return p.Open(x.net) }, a)
		if err != nil || provider != x.o.Provider {
			return nil
		}
		if j, err := job.Open(x.net, s, terms, provider); err == nil && j.Tells(x.outcome) == nil {
			return j
		}
	}
	return nil
}

// conceded is what an Outcome is worth that both sides have logged: no more than
// the receipts shown, and nothing without any.
func (x *exhibit) conceded(j *job.Job) reputation.Evidence {
	var seen []wire.Said
	named := wire.Amount{}
	bound := false
	for _, s := range x.shown {
		e, ok := s.Doc.(*protocol.Entry)
		if !ok || !x.receipted(s, e) {
			continue
		}
		if s.ID == x.o.Entry && e.At <= x.o.At+protocol.Skew && (posts(e) || e.Act == protocol.ActHold) {
			named, bound = e.Amount, true
		}
		if posts(e) && e.Part < j.Parts() && !hasPart(seen, e.Part) {
			seen = append(seen, s)
		}
	}
	if !bound {
		return reputation.Evidence{}
	}
	var sum wire.Amount
	for _, s := range seen {
		more, err := sum.Plus(s.Doc.(*protocol.Entry).Amount)
		if err != nil {
			break
		}
		sum = more
	}
	most := sum
	if named.Cmp(most) > 0 {
		most = named
	}
	if most.Cmp(j.Most()) > 0 {
		most = j.Most()
	}
	return reputation.Evidence{
		Said: x.outcome, How: reputation.Agreed, Band: min(x.o.Band, uint64(most.BitLen())), Paid: !sum.IsZero(),
	}
}

// posts reports whether an entry owes what was held.
func posts(e *protocol.Entry) bool { return e.Act == protocol.ActPost || e.Act == protocol.ActAward }

// hasPart reports whether an entry of the part is among those.
func hasPart(entries []wire.Said, part uint64) bool {
	for _, s := range entries {
		if s.Doc.(*protocol.Entry).Part == part {
			return true
		}
	}
	return false
}

// receipted reports whether an entry is of the hirer's for the job, and the page
// shows that the provider has seen it.
func (x *exhibit) receipted(s wire.Said, e *protocol.Entry) bool {
	if e.By != x.o.Hirer || e.Payee != x.o.Provider || e.Job != x.o.Job || e.Asset != x.o.Asset {
		return false
	}
	for _, c := range x.shown {
		if d, ok := c.Doc.(*protocol.Countersign); ok && d.By == e.Payee && job.Covers(x.net, d, s) {
			return true
		}
	}
	return false
}

// unanswered is what an Outcome is worth that only one side has logged: the job as
// the page tells it must bear it out, at the date of the Outcome and after all that
// came later. Where the other side has told another story, and the provider's is
// borne out, word stands against word.
func (x *exhibit) unanswered(j *job.Job) reputation.Evidence {
	x.fold(j, func(at uint64) bool { return at <= x.o.At+protocol.Skew })
	if !x.borneOut(j, x.outcome) {
		return reputation.Evidence{}
	}
	x.fold(j, func(at uint64) bool { return at > x.o.At+protocol.Skew })
	if !x.borneOut(j, x.outcome) {
		return reputation.Evidence{}
	}
	e := reputation.Evidence{Said: x.outcome, How: reputation.Claimed}
	byHirer := x.o.By == x.o.Hirer
	if byHirer {
		e.How = reputation.Shown
	}
	for _, s := range x.shown {
		o, ok := s.Doc.(*protocol.Outcome)
		if !ok || o.By == x.o.By || j.Tells(s) != nil || !contradict(o, x.o) || byHirer && !x.borneOut(j, s) {
			continue
		}
		e.How = reputation.Contested
		if !byHirer {
			e.Said = s
		}
	}
	e.Band, e.Paid = proved(j, e.Said.Doc.(*protocol.Outcome))
	return e
}

// contradict reports whether two Outcomes tell two stories of the provider's work.
func contradict(a, b *protocol.Outcome) bool { return a.Ended != b.Ended || a.Score != b.Score }

// fold tells a job what the page shows of some dates. What has no place in it
// shows nothing.
func (x *exhibit) fold(j *job.Job, dated func(at uint64) bool) {
	for _, s := range x.shown {
		if at := s.Doc.Header().At; dated(at) {
			_ = j.Apply(at, s)
		}
	}
}

// borneOut reports whether an Outcome has its place in the job, and the documents
// show what it tells.
func (x *exhibit) borneOut(j *job.Job, said wire.Said) bool {
	o := said.Doc.(*protocol.Outcome)
	if h, ok := j.OutcomeBy(job.Hirer); ok && h.ID == said.ID {
		return bearsOutHirer(j, x.o.At, o)
	}
	p, ok := j.OutcomeBy(job.Provider)
	return ok && p.ID == said.ID && bearsOutProvider(j, x.o.At, o)
}
