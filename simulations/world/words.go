package world

import (
	"fmt"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

func join(all []string) string { return strings.Join(all, ", ") }

// short is the end of a name, for people: its beginning is the same for all.
func short(id wire.CID) string {
	s := id.String()
	return s[max(0, len(s)-6):]
}

// word tells a document in short.
func word(s wire.Said) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", s.Doc), "*protocol.")
	switch d := s.Doc.(type) {
	case *protocol.Accept:
		return "Accept (job " + short(s.ID) + ")"
	case *protocol.Entry:
		text := fmt.Sprintf("%s %d", d.Act, d.Seq)
		if !d.Amount.IsZero() {
			text += " of " + d.Amount.String()
		}
		if !d.Job.IsZero() {
			text += " for job " + short(d.Job)
		}
		return text
	case *protocol.Countersign:
		text := fmt.Sprintf("Countersign up to %d", d.Seq)
		for _, j := range d.Taken {
			text += ", taking job " + short(j)
		}
		for _, j := range d.Declined {
			text += fmt.Sprintf(", declining job %s (%s)", short(j.Job), j.Code)
		}
		return text
	case *protocol.Verdict:
		if !d.Pass {
			return fmt.Sprintf("Verdict on job %s: fails clause %s", short(d.Job), d.Clause)
		}
		return "Verdict on job " + short(d.Job) + ": passes"
	case *protocol.Refuse:
		return fmt.Sprintf("Refuse %s (%s: %s)", short(d.Of), d.Code, d.Detail)
	case *protocol.Cancel:
		return fmt.Sprintf("Cancel job %s (%s)", short(d.Job), d.Code)
	case *protocol.Outcome:
		return fmt.Sprintf("Outcome of job %s: ended %d, score %d", short(d.Job), d.Ended, d.Score)
	case *protocol.Delivery:
		return "Delivery for job " + short(d.Job)
	case *protocol.Claim:
		return "Claim for job " + short(d.Job)
	case *protocol.Offer:
		return fmt.Sprintf("Offer %d of %s for %s", d.Seq, d.Terms.Capability, d.Terms.Price.Fixed)
	}
	return name
}
