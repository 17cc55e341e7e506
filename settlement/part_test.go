package settlement

import (
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// A job of three parts: the POST of one and the HOLD of the next come in one
// bundle, the payee takes each hold, and never is more held than one part. One that
// it does not take is ended by its Cancel.
func TestPartByPart(t *testing.T) {
	d := newDeal(t)
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	last := d.hold(jobID(1), 3)
	d.sign(jobID(1))
	for part := uint64(1); part < 3; part++ {
		d.both(d.a.DraftPost(last.ID, wire.Units(3)))
		last = d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{
			Job: jobID(1), Part: part, Amount: wire.Units(3), Deadline: now + 1000, Mandate: jobID(200),
		}))
		d.sign(jobID(1))
		for _, b := range []*Book{d.a, d.b} {
			h, _ := b.HoldOf(jobID(1), part)
			if !h.Taken || !h.Outstanding() || h.ID != last.ID {
				t.Errorf("part %d: %+v", part, h)
			}
		}
		p := d.b.Position(d.payer.Key(), usd)
		if p.HeldForMe != wire.Units(3) || p.OwedToMe != wire.Units(3*part) {
			t.Errorf("after part %d: %+v", part, p)
		}
	}
	if _, err := d.a.DraftHold(d.payee.Key(), usd, Hold{Job: jobID(1), Part: 2, Deadline: now + 1, Mandate: jobID(200)}); code(err) != protocol.CodeDuplicate {
		t.Errorf("a part is held for twice: %v", err)
	}
	d.both(d.a.DraftPost(last.ID, wire.Units(2)))
	untaken := d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{
		Job: jobID(1), Part: 3, Amount: wire.Units(3), Deadline: now + 1000, Mandate: jobID(200),
	}))
	d.sign()
	if h, _ := d.a.Hold(untaken.ID); h.Taken || !h.Countersigned {
		t.Errorf("a later part that the payee does not take: %+v", h)
	}
	for _, b := range []*Book{d.a, d.b} {
		b.Permit(jobID(1), jobID(7)) // the payee's Cancel of that part
	}
	d.both(d.a.DraftVoid(now, untaken.ID, jobID(7)))
}
