package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// PageOf returns the bytes of the Page that shows one entry of our log to others:
// of all that was said of the job, in the order it was folded, what they need to
// believe the Outcome that the entry names, and no more. Where both sides have
// logged it, that is the contract and the receipts; else all of which the job can
// be told anew. What does not fit into a page is shown bare, and counts for nothing.
func PageOf(entry, outcome, id wire.CID, all []Statement) ([]byte, error) {
	said := func(s Statement) bool { return s.Bundle != nil }
	bare := func(s Statement) bool { return s.ID == entry || s.ID == outcome }
	conceded := func(s Statement) bool {
		e, ok := s.Doc.(*protocol.LogEntry)
		return ok && e.Outcome == outcome && s.ID != entry
	}
	want := func(s Statement) bool { return bare(s) || bearsOut(s, id) }
	if slices.ContainsFunc(all, func(s Statement) bool { return said(s) && conceded(s) }) {
		receipts := receiptsOf(outcome, id, all)
		want = func(s Statement) bool {
			return bare(s) || conceded(s) || s.ID == id || slices.Contains(receipts, s.ID)
		}
	}
	for _, picks := range []func(Statement) bool{want, bare} {
		page := &protocol.Page{}
		for _, s := range all {
			if said(s) && picks(s) {
				page.Shown = append(page.Shown, s.Bundle.Proof(s.Index))
			}
		}
		b, err := page.Bytes()
		if err == nil || protocol.CodeOf(err) != protocol.CodeTooLarge {
			return b, err
		}
	}
	return nil, wire.ErrLimit
}

// bearsOut reports whether a document may be needed to tell a job anew.
func bearsOut(s Statement, id wire.CID) bool {
	switch d := s.Doc.(type) {
	case *protocol.Started, *protocol.Progress, *protocol.LogEntry:
		return false
	case *protocol.Entry:
		return d.Job == id
	case *protocol.Countersign, *protocol.Refuse:
		return true // of what was said of the job
	}
	return s.Job() == id
}

// maxReceipts is how many entries of a job one page shows: beyond it there are too
// few countersigns left to cover them.
const maxReceipts = protocol.MaxShown/2 - 4

// receiptsOf returns the entries by which a job was paid, or the HOLD where its
// Outcome names that, and the countersigns that cover them.
func receiptsOf(outcome, id wire.CID, all []Statement) (ids []wire.CID) {
	var named wire.CID
	for _, s := range all {
		if o, ok := s.Doc.(*protocol.Outcome); ok && s.ID == outcome {
			named = o.Entry
		}
	}
	var signs []Statement
	for _, s := range slices.Backward(all) { // the last ones cover those before
		if _, ok := s.Doc.(*protocol.Countersign); ok && s.Bundle != nil {
			signs = append(signs, s)
		}
	}
	entries := 0
	for _, s := range slices.Backward(all) {
		e, ok := s.Doc.(*protocol.Entry)
		if !ok || e.Job != id || !posts(e) && s.ID != named || entries == maxReceipts {
			continue
		}
		covers := func(c Statement) bool {
			d := c.Doc.(*protocol.Countersign)
			return d.By == e.Payee && job.Covers(c.Bundle.Net, d, s.Said)
		}
		if i := slices.IndexFunc(signs, covers); i >= 0 {
			entries++
			ids = append(ids, s.ID, signs[i].ID)
		}
	}
	return ids
}
