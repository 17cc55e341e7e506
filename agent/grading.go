package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// grading is what came of grading a case because of one complaint. What was made good
// since then is complained of anew, and is another thing to grade.
type grading struct {
	about  wire.CID
	share  uint64
	salt   protocol.Salt
	failed protocol.Code // why it was not graded
}

// graded returns what came of grading a case because of a complaint.
func (c *courtCase) graded(about wire.CID) (grading, bool) {
	for _, g := range c.grades {
		if g.about == about {
			return g, true
		}
	}
	return grading{}, false
}

// overrun reports whether a new case finds no room: each provider that may name us has
// a share of it, and nobody else's cases take that away.
func (s *step) overrun(e Heard, id wire.CID) bool {
	room := max(1, maxCases/max(1, len(s.clients)))
	for _, said := range e.Docs {
		doc, ok := said.Doc.(*protocol.Accept)
		if !ok || said.ID != id {
			continue
		}
		_, provider, err := job.Offered(s.open, doc)
		if err != nil {
			return true
		}
		for _, other := range s.docket {
			if c := s.cases[other]; c != nil && c.job.Provider() == provider {
				room--
			}
		}
	}
	return room <= 0 || len(s.cases) >= maxCases
}

// grade has a case graded because of a complaint, one at a time.
func (s *step) grade(id wire.CID, c *courtCase, about wire.CID) {
	if !c.busy.IsZero() {
		return
	}
	c.busy = about
	delivery, _ := c.job.Delivery()
	s.effect(Grade{
		Job: id, Judge: s.assents[c.under].judge, Hirer: c.job.Hirer(), Provider: c.job.Provider(),
		Inputs: append(slices.Clone(c.job.Accept().Inputs), c.job.InHand().Provided()...), Results: delivery.Doc.(*protocol.Delivery).Artefacts,
		Until: c.job.InHand().CommitBy() - min(lastWords, c.job.Terms().Times.Deliver/10),
	})
}

// graded takes what came of the grading. The salt is drawn here, so that the
// record has what opens the award.
func (s *step) graded(e Graded) {
	c := s.cases[e.Job]
	if c == nil || c.busy.IsZero() {
		return
	}
	about := c.busy
	c.busy = wire.CID{}
	a, b := s.nonce(), s.nonce()
	salt := protocol.Salt(slices.Concat(a[:], b[:]))
	s.fact(Fact{What: FactGraded, Job: e.Job, About: about, Units: min(e.Share, protocol.Full), Salt: salt, Code: e.Code, Detail: clip(e.Detail)})
	s.judgeCase(e.Job)
}

func (a *Agent) foldGraded(f *Fact) {
	if c := a.cases[f.Job]; c != nil {
		c.grades = append(c.grades, grading{f.About, f.Units, f.Salt, f.Code})
	}
}
