package agent

import (
	"errors"
	"slices"
	"strings"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Limits of what an evaluator keeps.
const (
	maxConsents = 1024
	maxCases    = 256
	maxShown    = 1 << 20 // bytes of bundles about one case from one side
	maxTried    = 1024    // cases that are over, and are not taken again
)

// assent is a Consent of ours, and how cases under it are graded.
type assent struct {
	consent wire.Said
	judge   sell.Stand
}

// courtCase is one disputed job that we are to judge. Its job is folded at the dates
// of its documents: whether they came in time is between the two sides.
type courtCase struct {
	accept wire.Said
	job    *job.Job
	under  wire.CID         // our Consent
	shown  map[job.Role]int // bytes from each side, so that neither drowns the other
	grades []grading
	said   []*Saying

	acks  []ack    // soft: by a side, of Awards of ours; a job that is over takes none
	busy  wire.CID // soft: the complaint about which it is being graded; zero for none
	again uint64   // soft: when what is not acked is said again
	pause uint64
	tries int
}

// consented records a Consent of ours, which the hands have sealed.
func (s *step) consented(e Consented) {
	doc, ok := e.Consent.Doc.(*protocol.Consent)
	switch {
	case !ok || doc.By != s.c.Self || doc.Role != protocol.RoleEvaluator || len(s.assents) >= maxConsents:
		s.effect(Answer{&Refusal{Code: protocol.CodeMalformed, Why: "not a consent of this peer to evaluate, or there are too many"}})
		return
	case !doc.Fee.IsZero():
		s.effect(Answer{&Refusal{Code: protocol.CodeMalformed, Why: "evaluators are not paid yet: consent for a fee of 0"}})
		return
	}
	b, err := e.Bundle.Bytes()
	if err != nil {
		s.fail("record a consent", err)
	}
	s.fact(Fact{What: FactConsented, Bundle: b, Stand: &e.Judge, said: []wire.Said{e.Consent}})
	s.effect(Answer{})
}

// foldEvaluator folds what we do as an evaluator.
func (a *Agent) foldEvaluator(at uint64, f *Fact) {
	switch f.What {
	case FactConsented:
		a.foldConsented(f)
	case FactBrought:
		a.foldBrought(at, f)
	case FactGraded:
		a.foldGraded(f)
	case FactCaseClosed:
		a.foldCaseClosed(f.Job)
	}
}

// foldConsented keeps a Consent.
func (a *Agent) foldConsented(f *Fact) {
	for _, said := range f.said {
		a.assents[said.ID] = assent{said, *f.Stand}
		if to := said.Doc.(*protocol.Consent).To; !slices.Contains(a.clients, to) {
			a.clients = append(a.clients, to)
		}
	}
}

// ack is the word of a peer that it has a document.
type ack struct {
	of wire.CID
	by wire.Key
}

// heardAcks notes who has our Awards. That ends a case whose job the Awards have ended,
// which takes no Acks any more.
func (s *step) heardAcks(e Heard) {
	for _, said := range e.Docs {
		d, ok := said.Doc.(*protocol.Ack)
		if !ok || d.By != e.From {
			continue
		}
		c := s.cases[d.Job]
		if c == nil || c.job.RoleOf(d.By) == job.Other {
			continue
		}
		for _, u := range c.said {
			a := ack{u.Docs[0].ID, d.By}
			if u.To == d.By && slices.Contains(d.Of, a.of) && !slices.Contains(c.acks, a) {
				c.acks = append(c.acks, a)
			}
		}
		if s.heardByBoth(c) {
			s.judgeCase(d.Job)
		}
	}
}

// has reports whether a side is known to have a document.
func (c *courtCase) has(of wire.CID, side wire.Key) bool {
	return c.job.AckedBy(of, c.job.RoleOf(side)) || slices.Contains(c.acks, ack{of, side})
}

// brought takes what is shown to us as an evaluator, and reports whether a
// bundle is that.
func (s *step) brought(e Heard) bool {
	id, ok := s.caseOf(e)
	if !ok {
		return false
	}
	c := s.cases[id]
	if slices.Contains(s.tried, id) {
		return true
	}
	if c == nil && s.overrun(e, id) || c != nil && c.shown[c.job.RoleOf(e.From)] >= maxShown {
		s.refuse(e.From, e.Docs[0].ID, protocol.CodeBusy, "too many cases")
		return true
	}
	b, err := e.Bundle.Bytes()
	if err != nil {
		s.fail("record a case", err)
	}
	f := Fact{What: FactBrought, Peer: e.From, Job: id, Bundle: b, said: e.Docs}
	if !s.foldBrought(s.at, &f) {
		s.heardAcks(e)
		return true // nothing new
	}
	s.record.Facts = append(s.record.Facts, f)
	s.judgeCase(id)
	return true
}

// caseOf returns the job that a bundle shows us as an evaluator.
func (s *step) caseOf(e Heard) (wire.CID, bool) {
	for _, said := range e.Docs {
		id := jobOf(said.Doc)
		switch doc := said.Doc.(type) {
		case *protocol.Accept:
			if _, ok := s.namedIn(doc); ok && !s.Has(said.ID) {
				id = said.ID
			}
		case *protocol.Countersign:
			for _, taken := range doc.Taken {
				if s.cases[taken] != nil {
					id = taken
				}
			}
		}
		switch {
		case s.Has(id):
			continue
		case slices.Contains(s.tried, id):
			return id, true // brought once more
		}
		if _, isAccept := said.Doc.(*protocol.Accept); isAccept && !id.IsZero() || s.cases[id] != nil {
			return id, true
		}
	}
	return wire.CID{}, false
}

// namedIn returns our Consent under which the Terms of an Accept name us.
func (a *Agent) namedIn(doc *protocol.Accept) (wire.CID, bool) {
	if len(a.assents) == 0 {
		return wire.CID{}, false
	}
	terms, provider, err := job.Offered(a.open, doc)
	if err != nil {
		return wire.CID{}, false
	}
	for _, m := range terms.Panel.Members {
		x, ok := a.assents[m.Consent]
		if m.Key != a.c.Self || !ok {
			continue
		}
		c := x.consent.Doc.(*protocol.Consent)
		if c.To == provider && doc.At >= c.NotBefore && doc.At <= c.Expires && m.Fee == c.Fee &&
			slices.ContainsFunc(c.Scopes, func(scope string) bool { return InScope(scope, terms.Capability) }) {
			return m.Consent, true
		}
	}
	return wire.CID{}, false
}

// InScope reports whether a scope of documents.md includes a capability.
func InScope(scope, capability string) bool {
	above, all := strings.CutSuffix(scope, "*")
	return scope == capability || all && strings.HasPrefix(capability, above)
}

// foldBrought folds what was shown of a case, and reports whether any was new.
func (a *Agent) foldBrought(at uint64, f *Fact) (news bool) {
	for _, said := range f.said {
		c := a.cases[f.Job]
		if doc, ok := said.Doc.(*protocol.Accept); ok && c == nil && said.ID == f.Job {
			under, named := a.namedIn(doc)
			terms, provider, err := job.Offered(a.open, doc)
			if err != nil || !named {
				continue
			}
			j, err := job.Open(a.c.Net, said, terms, provider)
			if err != nil {
				continue
			}
			a.cases[f.Job] = &courtCase{accept: said, job: j, under: under, shown: map[job.Role]int{}}
			a.docket = append(a.docket, f.Job)
			news = true
			continue
		}
		if c != nil && a.foldIntoCase(at, c, said) == nil {
			news = true
		}
	}
	if c := a.cases[f.Job]; c != nil && news {
		c.shown[c.job.RoleOf(f.Peer)] += len(f.Bundle)
	}
	return news
}

// foldIntoCase folds a document at its own date, or at ours where its author's
// clock is ahead. What is dated too far ahead would make all others late. Who shows
// first what was said last does not make late what was said before: then the case
// is folded anew.
func (a *Agent) foldIntoCase(at uint64, c *courtCase, said wire.Said) error {
	if said.Doc.Header().At > at+protocol.Skew {
		return &job.Refusal{Code: protocol.CodeClock, Of: said.ID, Why: "it is dated too far ahead"}
	}
	dated := min(said.Doc.Header().At, at)
	err := c.job.Apply(dated, said)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, job.ErrKnown):
		return errKnown
	}
	if again := a.refold(c, job.Heard{At: dated, Said: said}); again != nil {
		c.job = again
		return nil
	}
	return err
}

// refold tells a case anew with a document in its place by date, and returns nil
// if it has none there either, or something that we said had none then.
func (a *Agent) refold(c *courtCase, late job.Heard) *job.Job {
	record := c.job.Record()
	i := slices.IndexFunc(record, func(h job.Heard) bool { return h.At > late.At })
	terms, provider, err := job.Offered(a.open, c.accept.Doc.(*protocol.Accept))
	if i < 0 || err != nil {
		return nil
	}
	again, err := job.Open(a.c.Net, c.accept, terms, provider)
	if err != nil {
		return nil
	}
	for _, h := range slices.Insert(slices.Clone(record), i, late) {
		ours := h.Said.ID == late.Said.ID || h.Said.Doc.Header().By == a.c.Self
		if again.Apply(min(h.At, h.Said.Doc.Header().At), h.Said) != nil && ours {
			return nil
		}
	}
	return again
}

// judgeCase does what a case now calls for: have it graded, commit, open, say again.
func (s *step) judgeCase(id wire.CID) {
	c := s.cases[id]
	if c == nil {
		return
	}
	part := c.job.InHand()
	about, _, open := part.Complaint()
	grade, graded := c.graded(about)
	if s.at > c.job.ResolveBy() || open && grade.failed != "" || s.heardByBoth(c) {
		s.closeCase(id)
		return
	}
	committed, all := part.Committed(s.c.Self)
	_, answered := c.job.Answer()
	disputed := open && (answered || s.at > c.job.AnswerBy())
	switch {
	case !disputed:
	case !graded:
		s.grade(id, c, about)
	case !committed && s.at <= part.CommitBy():
		s.award(id, c, &protocol.Award{
			Job: id, Part: part.Number(), About: about,
			Commit: protocol.AwardCommitment(s.c.Self, id, part.Number(), about, grade.share, grade.salt),
		})
	case committed && !part.Opened(s.c.Self) && (all || s.at > part.CommitBy()) && s.at <= part.AwardBy():
		s.award(id, c, &protocol.Award{
			Job: id, Part: part.Number(), About: about, Opens: s.commitment(c, about), Share: grade.share, Salt: grade.salt,
		})
	}
	s.followCase(id)
}

// commitment returns our committing Award about a complaint.
func (s *step) commitment(c *courtCase, about wire.CID) wire.CID {
	for _, h := range c.job.Record() {
		if a, ok := h.Said.Doc.(*protocol.Award); ok && a.By == s.c.Self && a.Opens.IsZero() && a.About == about {
			return h.Said.ID
		}
	}
	return wire.CID{}
}

// award says an Award to both sides, and to the other evaluators.
func (s *step) award(id wire.CID, c *courtCase, doc *protocol.Award) {
	doc.Head = s.head(protocol.KindAward)
	if err := doc.Check(); err != nil {
		s.slip("award", err)
		return
	}
	said := s.name(doc)
	if err := c.job.Check(s.at, said); err != nil {
		return
	}
	for _, to := range c.audience(s.c.Self) {
		saying := &Saying{To: to, Docs: []wire.Said{said}}
		s.said += len(said.Raw) + 64
		s.fact(Fact{What: FactSaid, Peer: to, Job: id, said: saying.Docs, saying: saying})
		s.send(saying)
	}
	c.again, c.pause, c.tries = 0, 0, 0
	s.judgeCase(id)
}

// audience is who hears an evaluator's Awards: both sides first.
func (c *courtCase) audience(self wire.Key) []wire.Key {
	all := []wire.Key{c.job.Hirer(), c.job.Provider()}
	for _, m := range c.job.Terms().Panel.Members {
		if m.Key != self {
			all = append(all, m.Key)
		}
	}
	return all
}

// heardByBoth reports whether both sides are known to have heard what opens our Award.
func (s *step) heardByBoth(c *courtCase) bool {
	part := c.job.InHand()
	if !part.Opened(s.c.Self) {
		return false
	}
	last := c.said[len(c.said)-1].Docs[0].ID
	return c.has(last, c.job.Hirer()) && c.has(last, c.job.Provider())
}

// followCase says again what is not acked, and decides when to look again.
func (s *step) followCase(id wire.CID) {
	c := s.cases[id]
	if c == nil {
		return
	}
	next := uint64(0)
	for _, at := range []uint64{c.job.AnswerBy(), c.job.InHand().CommitBy(), c.job.ResolveBy()} {
		if at >= s.at {
			next = sooner(next, at+1)
		}
	}
	if len(c.said) > 0 {
		if c.again != 0 && s.at >= c.again {
			c.tries++
			for _, u := range c.said {
				if !s.heardAward(c, u) {
					s.sendAgain(u)
				}
			}
		}
		if c.again == 0 || s.at >= c.again {
			c.pause = slower(c.pause)
			c.again = s.at + c.pause
		}
		next = sooner(next, c.again)
	}
	s.agenda.set(matter{what: dueCase, job: id}, max(next, s.at+1))
}

// heardAward reports whether a saying need not be said again: its side has acked
// it, or it was said often enough to one who does not ack.
func (s *step) heardAward(c *courtCase, u *Saying) bool {
	if c.job.RoleOf(u.To) == job.Other {
		return c.tries > enoughTries
	}
	return c.has(u.Docs[0].ID, u.To)
}

// sayCasesAgain takes up with a peer what it has not acked.
func (s *step) sayCasesAgain(peer wire.Key) {
	for _, id := range s.docket {
		c := s.cases[id]
		if c == nil {
			continue
		}
		for _, u := range c.said {
			if u.To == peer && !s.heardAward(c, u) {
				s.effect(Say{u})
			}
		}
	}
}

// closeCase lets go of a case, and of the bytes it was about.
func (s *step) closeCase(id wire.CID) {
	c := s.cases[id]
	s.agenda.clear(matter{what: dueCase, job: id})
	s.fact(Fact{What: FactCaseClosed, Job: id})
	var results []payload.Artefact
	if delivery, ok := c.job.Delivery(); ok {
		results = delivery.Doc.(*protocol.Delivery).Artefacts
	}
	for _, from := range []wire.Key{c.job.Hirer(), c.job.Provider()} {
		s.effect(Erase{From: from, Inputs: slices.Concat(c.job.Accept().Inputs, c.job.InHand().Provided(), results)})
	}
}

func (a *Agent) foldCaseClosed(id wire.CID) {
	delete(a.cases, id)
	a.tried = append(a.tried, id)
	if len(a.tried) > maxTried {
		a.tried = a.tried[1:]
	}
	a.docket = slices.DeleteFunc(a.docket, func(x wire.CID) bool { return x == id })
}

// Cases returns how many disputed jobs this agent has to judge.
func (a *Agent) Cases() int { return len(a.cases) }
