package settlement

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// sight is what a countersign would change.
type sight struct {
	of       *strand
	step     int // index into of.steps; -1 where it reaches no further
	taken    []*hold
	declined []answer
	word     word       // what it says of ends, but which it disputes
	disputed []wire.CID // holds
	earlier  []*hold    // of whose ends it says something before what was heard
}

// about returns what x says of the end of a hold.
func (x *sight) about(h *hold) word {
	w := x.word
	w.disputes = slices.Contains(x.disputed, h.id)
	return w
}

// answer is a hold with the payee's reason for declining its job.
type answer struct {
	hold *hold
	code protocol.Code
}

// checkCountersign returns what c would change. It may reach less far than an
// earlier one and still bring jobs taken or declined. One that changes nothing
// is known.
func (b *Book) checkCountersign(c *protocol.Countersign, id wire.CID) (*sight, error) {
	s := b.lanes[c.Lane]
	switch {
	case s == nil:
		return nil, refuse(protocol.CodeLane, "no such lane")
	case c.By != s.payee:
		return nil, refuse(protocol.CodePayee, "only the payee countersigns")
	}
	x := &sight{of: s, step: slices.IndexFunc(s.steps, func(x *step) bool { return x.id == c.Entry })}
	height, err := s.covers(c, x.step)
	if err != nil {
		return nil, err
	}
	if err := b.answers(x, c, height); err != nil {
		return nil, err
	}
	x.word, x.disputed = word{height: height, at: c.At, id: id}, c.Disputed
	if x.step < 0 && !id.IsZero() { // else it is later than all that was heard, as is a draft
		x.earlier = s.sooner(x.word)
	}
	if x.step < 0 && len(x.taken)+len(x.declined)+len(x.earlier) == 0 {
		return nil, ErrKnown
	}
	if s.payee == b.self {
		return x, b.checkRisk(x)
	}
	return x, nil
}

// covers returns the height of the entry that c is about.
func (s *strand) covers(c *protocol.Countersign, i int) (uint64, error) {
	var m *marks
	for _, e := range s.epochs {
		if e.lane == c.Lane {
			m = e
		}
	}
	have, ok := m.at(c.Seq)
	switch {
	case c.Seq == 0:
		return 0, refuse(protocol.CodeMalformed, "entries count from 1")
	case !ok:
		return 0, refuse(protocol.CodeLaneBehind, "it has seen entry %d, which is not here", c.Seq)
	case !have.IsZero() && have != c.Entry:
		return 0, refuse(protocol.CodeFork, "it has seen another entry %d", c.Seq)
	case i >= 0 && c.Totals != s.steps[i].totals:
		return 0, refuse(protocol.CodeAmount, "totals are not those of entry %d", c.Seq)
	case i < 0 && !within(c.Totals, s.base.totals):
		return 0, refuse(protocol.CodeAmount, "totals are above those of a later entry")
	}
	return m.height + c.Seq - 1, nil
}

// within reports whether no sum of t is above that of u.
func within(t, u protocol.Totals) bool {
	return t.Posted.Cmp(u.Posted) <= 0 && t.Held.Cmp(u.Held) <= 0 && t.Released.Cmp(u.Released) <= 0 &&
		t.Credited.Cmp(u.Credited) <= 0 && t.Settled.Cmp(u.Settled) <= 0
}

// answers gathers what c says about jobs. An answer is about the holds that c
// covers, and it is final. Jobs that are forgotten here are passed over where c
// says nothing new about the lane.
func (b *Book) answers(x *sight, c *protocol.Countersign, height uint64) error {
	if len(c.Taken)+len(c.Declined)+len(c.Disputed) > 3*protocol.MaxSaidJobs {
		return refuse(protocol.CodeTooLarge, "too many jobs")
	}
	for _, id := range c.Taken {
		if slices.ContainsFunc(c.Declined, func(d protocol.Declined) bool { return d.Job == id }) {
			return refuse(protocol.CodeMalformed, "a job both taken and declined")
		}
		holds, err := b.covered(x, id, height)
		if err != nil {
			return err
		}
		for _, h := range holds {
			if h.declined != "" {
				return refuse(protocol.CodeDuplicate, "the job was declined, and that is final")
			}
			if !h.taken && !slices.Contains(x.taken, h) {
				x.taken = append(x.taken, h)
			}
		}
	}
	for _, d := range c.Declined {
		holds, err := b.covered(x, d.Job, height)
		if err != nil {
			return err
		}
		for _, h := range holds {
			if h.taken {
				return refuse(protocol.CodeDuplicate, "the job was taken, and that is final")
			}
			if h.declined == "" {
				x.declined = append(x.declined, answer{h, d.Code})
			}
		}
	}
	return nil
}

// sooner returns the holds whose ends w covers, and that are known only by later words.
func (s *strand) sooner(w word) (holds []*hold) {
	for _, h := range s.words {
		if h.disputable() && h.end.height <= w.height && w.before(h.end.word) && !h.end.word.id.IsZero() {
			holds = append(holds, h)
		}
	}
	return holds
}

// covered returns the holds of a job that are outstanding at height.
func (b *Book) covered(x *sight, id wire.CID, height uint64) ([]*hold, error) {
	j := b.jobs[id]
	if j == nil && x.step < 0 {
		return nil, nil
	}
	if j == nil || j.of != x.of.pair {
		return nil, refuse(protocol.CodeHold, "an answer about a job that has no hold in this lane")
	}
	var holds []*hold
	later := true
	for _, h := range j.holds {
		later = later && h.at.height > height
		if h.at.height <= height && (h.end == nil || h.end.height > height) {
			holds = append(holds, h)
		}
	}
	if later {
		return nil, refuse(protocol.CodeHold, "an answer about a job whose hold comes later")
	}
	return holds, nil
}

// see folds a countersign that checkCountersign has passed.
func (b *Book) see(x *sight, id wire.CID) {
	for _, h := range x.earlier {
		b.hark(h, x)
	}
	if x.step >= 0 {
		b.reach(x.of, x.step, x)
	}
	for _, h := range x.taken {
		h.taken = true
		if x.of.payee == b.self {
			x.of.risk = plus(x.of.risk, h.stake())
		}
	}
	for _, a := range x.declined {
		a.hold.declined, a.hold.declinedAs = a.code, id
	}
	b.draw(x.of)
}
