package runtime

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// concerns reports whether a document in a job's records is about that job.
func concerns(s agent.Statement, job wire.CID) bool {
	about := s.Job()
	_, entry := s.Doc.(*protocol.Entry) // an OPEN is about none
	return about == job || about.IsZero() && !entry
}

// gist says in one line what a document says.
func gist(d wire.Document) string {
	switch d := d.(type) {
	case *protocol.Accept:
		return fmt.Sprintf("contract for %d input(s)", len(d.Inputs))
	case *protocol.Entry:
		return fmt.Sprintf("%s %s %s, entry %d", d.Act, d.Amount, d.Asset, d.Seq)
	case *protocol.Countersign:
		return countersigned(d)
	case *protocol.Delivery:
		var size uint64
		for _, a := range d.Artefacts {
			size += a.Size
		}
		return fmt.Sprintf("%d artefact(s), %d bytes", len(d.Artefacts), size)
	case *protocol.Need:
		return "needs " + strings.Join(d.Needs, "; ")
	case *protocol.Provide:
		return fmt.Sprintf("%d more input(s)", len(d.Inputs))
	case *protocol.Award:
		if d.Opens.IsZero() {
			return "an award, not yet opened"
		}
		return fmt.Sprintf("awards %d of %d to the provider", d.Share, protocol.Full)
	case *protocol.Contest:
		return fmt.Sprintf("contested by clause %q", d.Clause)
	case *protocol.Verdict:
		if d.Pass {
			return fmt.Sprintf("passes, score %d of %d", d.Score, protocol.Full)
		}
		return fmt.Sprintf("fails by clause %q", d.Clause)
	case *protocol.Cancel:
		return string(d.Code)
	case *protocol.Refuse:
		return string(d.Code)
	case *protocol.Claim:
		return "claims " + d.Amount.String()
	case *protocol.Outcome:
		return fmt.Sprintf("score %d of %d", d.Score, protocol.Full)
	case *protocol.LogEntry:
		return fmt.Sprintf("entry %d of its author's log", d.Seq)
	}
	return ""
}

func countersigned(d *protocol.Countersign) string {
	says := fmt.Sprintf("seen up to entry %d", d.Seq)
	if len(d.Taken) > 0 {
		says += ", job taken"
	}
	if len(d.Declined) > 0 {
		says += ", job declined: " + string(d.Declined[0].Code)
	}
	return says
}

// Verify walks a journal that no running peer has open, or that of one that
// does: its hash chain, and that each record can be read. What it finds wrong is
// in the answer, not in the error.
func Verify(ctx context.Context, j store.Journal) (gateway.Verification, error) {
	v := gateway.Verification{Schema: "souk.verify/v1", OK: true}
	reg := protocol.Registry()
	head, err := j.Replay(1, func(seq uint64, b []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := agent.ReadRecord(reg, b); err != nil {
			return &store.Damage{Seq: seq, Why: err.Error()}
		}
		return nil
	})
	v.Records, v.Head = head.Seq, hex.EncodeToString(head.Chain[:])
	var damage *store.Damage
	if errors.As(err, &damage) {
		v.OK, v.Bad, v.Why = false, damage.Seq, damage.Why
		return v, nil
	}
	return v, err
}
