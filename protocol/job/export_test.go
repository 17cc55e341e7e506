package job

import (
	"encoding/binary"
	"slices"

	"github.com/souk-network/souk/protocol/wire"
)

// Fork returns a job that goes its own way from here on: what one of the two
// folds, the other never sees.
func (j *Job) Fork() *Job {
	next := *j
	next.record, next.acks, next.refused = slices.Clip(j.record), slices.Clip(j.acks), slices.Clip(j.refused)
	return &next
}

// AppendKey appends all that can make a difference to what j does from now on,
// a document being what token says of it. Two things are left out: the clock,
// since whoever explores never lets it run back, and the order of the record.
func (j *Job) AppendKey(b []byte, token func(wire.CID) uint16) []byte {
	put := func(id wire.CID) { b = binary.BigEndian.AppendUint16(b, token(id)) }
	flags := func(all ...bool) {
		for _, is := range all {
			if is {
				b = append(b, 1)
			} else {
				b = append(b, 0)
			}
		}
	}
	for _, s := range []wire.Said{j.take.said, j.decline.said, j.outcomeH.said, j.outcomeP.said} {
		put(s.ID)
	}
	flags(j.logged[0][0], j.logged[0][1], j.logged[1][0], j.logged[1][1], j.untaken, j.withdrawn)
	b = append(append(b, j.declineCode...), 0, byte(len(j.parts)))
	for _, p := range j.parts {
		for _, s := range []wire.Said{
			p.hold.said, p.post.said, p.void.said, p.progress.said, p.delivery.said, p.verdict.said,
			p.contest.said, p.answer.said, p.claim.said, p.cancelH.said, p.cancelP.said,
		} {
			put(s.ID)
		}
		for _, c := range p.calls {
			put(c.ID)
		}
		for _, id := range append(slices.Clip(p.outputs), wire.CID{}) {
			put(id)
		}
		flags(p.bound, p.unheld, p.holdSeen, p.postSeen, p.voidSeen, p.released, p.paid, p.started, p.undelivered, p.uncut, p.belated)
		b = append(b, byte(p.end.stage), byte(p.end.fault), byte(p.steps))
		for _, x := range p.pauses {
			put(x.need.said.ID)
			put(x.provide.said.ID)
			flags(x.missed)
			b = binary.BigEndian.AppendUint64(b, x.from)
		}
		for _, r := range p.rounds {
			put(r.delivery.said.ID)
			put(r.verdict.said.ID)
		}
		var awards []uint32 // in whatever order they came
		for _, x := range p.awards {
			for _, c := range x.commits {
				awards = append(awards, uint32(token(c.said.ID)))
			}
			for _, o := range x.opened {
				late := uint32(0) // it makes a difference to what must be counted
				if past(o.heard, (Part{j, p}).AwardBy()) {
					late = 1
				}
				awards = append(awards, uint32(token(o.said.ID))<<1|late|1<<31)
			}
		}
		slices.Sort(awards)
		for _, x := range awards {
			b = binary.BigEndian.AppendUint32(b, x)
		}
		b = append(b, byte(len(p.pauses)), byte(len(p.rounds)), byte(p.reworked), byte(len(awards)))
		b = binary.BigEndian.AppendUint64(b, p.start)
		b = binary.BigEndian.AppendUint64(b, p.shift)
		b = binary.BigEndian.AppendUint64(b, p.base)
	}
	var sets [3][]uint32
	for _, a := range j.acks {
		sets[0] = append(sets[0], uint32(token(a.of))<<8|uint32(a.by))
	}
	for _, id := range j.refused {
		sets[1] = append(sets[1], uint32(token(id)))
	}
	for _, h := range j.record {
		sets[2] = append(sets[2], uint32(token(h.Said.ID)))
	}
	for _, set := range sets {
		slices.Sort(set)
		b = append(b, byte(len(set)))
		for _, n := range set {
			b = binary.BigEndian.AppendUint32(b, n)
		}
	}
	return b
}
