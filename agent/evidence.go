package agent

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Bounds of evidence.
const (
	MaxEvidence         = 4 << 20 // bytes
	MaxEvidenceShown    = 1024    // documents
	MaxEvidenceReceipts = 256
)

// ErrEvidence is returned (wrapped) for what is no evidence of a job, or proves nothing.
var ErrEvidence = errors.New("no evidence")

// evidenceName stands in the marker lines of evidence as text.
const evidenceName = "EVIDENCE"

// Evidence is what one side can show of one job: each document with its author's
// seal, in the order in which that side said or heard them, and a receipt of each
// entry by which money was set aside or owed. It proves itself to anyone, offline.
// Its bytes are a canonical map without unknown fields:
//
//	{"job":CID,"shown":[bytes of a Proof…],"mandate"?:bytes of a Proof,"receipts"?:[bytes of a receipt…]}
//
// What it does not show it does not deny: who exports it may leave something out.
type Evidence struct {
	Job      wire.CID `cbor:"job"`
	Shown    [][]byte `cbor:"shown"`              // proofs
	Mandate  []byte   `cbor:"mandate,omitempty"`  // optional: the proof of the hirer's mandate
	Receipts [][]byte `cbor:"receipts,omitempty"` // optional: of entries of the job
}

// EvidenceOf puts together what all, in the order in which it was folded, shows of a
// job, with the receipts of its entries and, where it is at hand, the hirer's mandate.
func EvidenceOf(net string, id wire.CID, all []Statement, receipts []*settlement.Receipt, mandate *wire.Proof) (*Evidence, error) {
	x := &Evidence{Job: id}
	keep := relevant(net, id, all)
	for _, s := range all {
		if s.Bundle == nil || !keep(s) {
			continue
		}
		p := s.Bundle.Proof(s.Index)
		b, err := p.Bytes()
		if err != nil {
			return nil, fmt.Errorf("evidence: document %s: %w", s.ID, err)
		}
		x.Shown = append(x.Shown, b)
	}
	for _, r := range receipts {
		b, err := r.Bytes()
		if err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
		x.Receipts = append(x.Receipts, b)
	}
	if mandate != nil {
		b, err := mandate.Bytes()
		if err != nil {
			return nil, fmt.Errorf("evidence: mandate: %w", err)
		}
		x.Mandate = b
	}
	return x, x.check()
}

// relevant tells which documents are about a job: those that name it, what countersigns
// its entries, and what refuses or logs one of those.
func relevant(net string, id wire.CID, all []Statement) func(Statement) bool {
	lanes := map[wire.CID]wire.Key{} // looked up only: the payee of each lane in which an entry is
	about := map[wire.CID]bool{}     // looked up only
	for _, s := range all {
		if s.Job() != id {
			continue
		}
		about[s.ID] = true
		if e, ok := s.Doc.(*protocol.Entry); ok {
			lanes[e.Lane(net)] = e.Payee
		}
	}
	return func(s Statement) bool {
		switch d := s.Doc.(type) {
		case *protocol.Countersign:
			payee, ok := lanes[d.Lane]
			return ok && payee == d.By
		case *protocol.LogEntry:
			return about[d.Outcome]
		case *protocol.Refuse:
			return about[d.Of]
		}
		return s.Job() == id
	}
}

func (x *Evidence) check() error {
	switch {
	case len(x.Shown) == 0:
		return fmt.Errorf("%w: nothing is shown", ErrEvidence)
	case len(x.Shown) > MaxEvidenceShown, len(x.Receipts) > MaxEvidenceReceipts:
		return fmt.Errorf("%w: %w: %d documents and %d receipts, at most %d and %d",
			ErrEvidence, wire.ErrLimit, len(x.Shown), len(x.Receipts), MaxEvidenceShown, MaxEvidenceReceipts)
	}
	return nil
}

// Armor returns x as text (wire.Armor), or wire.ErrLimit (wrapped) where it is over MaxEvidence.
func (x *Evidence) Armor() ([]byte, error) {
	raw, err := wire.Encode(x)
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	if len(raw) > MaxEvidence {
		return nil, fmt.Errorf("evidence: %w: %d bytes, at most %d", wire.ErrLimit, len(raw), MaxEvidence)
	}
	return wire.Armor(evidenceName, raw), nil
}

// ReadEvidence reads what Armor wrote, and nothing else. It proves nothing before Verify.
func ReadEvidence(text []byte) (*Evidence, error) {
	raw, err := wire.Unarmor(evidenceName, text, MaxEvidence)
	if err != nil {
		return nil, fmt.Errorf("%w: the file itself: %w", ErrEvidence, err)
	}
	x := new(Evidence)
	if err := wire.Unmarshal(raw, x, MaxEvidence, true); err != nil {
		return nil, fmt.Errorf("%w: the file itself: %w", ErrEvidence, err)
	}
	return x, x.check()
}
