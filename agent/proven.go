package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Proven is what evidence has been found to prove.
type Proven struct {
	Net       string
	Job       *job.Job // told anew from what is shown, in its order and at the dates of its documents
	At        uint64   // Unix milliseconds: the last of these dates
	Shown     []Exhibit
	Receipted []wire.Said // entries of which a receipt is there
	Paid      wire.Amount // what of them was owed in the end, over all parts
	Mandate   wire.Said   // the hirer's; Doc is nil where it is not shown
}

// Exhibit is one document that evidence shows.
type Exhibit struct {
	wire.Said
	Counts bool // it has its place in the job; otherwise it was said too late, out of turn or to no effect
}

// Verify checks everything in x: each seal, that each document is about the job and
// by one who has a part in it, that both sides signed the contract, each receipt, and
// that the mandate is the one that the contract names. It needs nothing but x. The
// errors wrap ErrEvidence, name the part that is bad, and keep those of wire.
func (x *Evidence) Verify(reg *wire.Registry) (*Proven, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	v := &Proven{}
	for i, b := range x.Shown {
		name := fmt.Sprintf("document %d of %d", i+1, len(x.Shown))
		said, net, err := openProof(reg, b, v.Net)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrEvidence, name, err)
		}
		if slices.ContainsFunc(v.Shown, func(e Exhibit) bool { return e.ID == said.ID }) {
			return nil, fmt.Errorf("%w: %s: it is shown twice", ErrEvidence, name)
		}
		v.Net = net
		v.Shown = append(v.Shown, Exhibit{Said: said})
	}
	for _, step := range []func(*wire.Registry, *Evidence) error{
		v.contract, v.belongs, v.tell, v.receipted, v.granted,
	} {
		if err := step(reg, x); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
		}
	}
	return v, nil
}

// openProof reads and opens a proof, on the network that it names where none is given.
func openProof(reg *wire.Registry, b []byte, net string) (wire.Said, string, error) {
	p, err := wire.ReadProof(b)
	if err != nil {
		return wire.Said{}, net, err
	}
	if net == "" {
		net = p.Net
	}
	said, err := reg.ReadProof(p, net)
	return said, net, err
}

// contract opens the job by the contract that both have signed.
func (v *Proven) contract(_ *wire.Registry, x *Evidence) error {
	for _, s := range v.Shown {
		a, ok := s.Doc.(*protocol.Accept)
		if !ok || s.ID != x.Job {
			continue
		}
		terms, provider, err := job.Offered(func(p *wire.Proof) error { return p.Open(v.Net) }, a)
		if err != nil {
			return fmt.Errorf("the contract: %w", err)
		}
		if v.Job, err = job.Open(v.Net, s.Said, terms, provider); err != nil {
			return fmt.Errorf("the contract: %w", err)
		}
		return nil
	}
	return fmt.Errorf("the contract: no Accept of job %s is shown", x.Job)
}

// belongs refuses what is not about the job, or by nobody who has a part in it.
func (v *Proven) belongs(_ *wire.Registry, x *Evidence) error {
	all := make([]Statement, len(v.Shown))
	for i, s := range v.Shown {
		all[i].Said = s.Said
	}
	about := relevant(v.Net, x.Job, all)
	for i, s := range all {
		name := fmt.Sprintf("document %d of %d (%s)", i+1, len(all), KindName(s.Doc))
		if !about(s) {
			return fmt.Errorf("%s: it is not about the job", name)
		}
		if v.Job.RoleOf(s.Doc.Header().By) == job.Other {
			return fmt.Errorf("%s: its author %s has no part in the job", name, s.Doc.Header().By)
		}
	}
	return nil
}

// tell folds what is shown into the job, at the dates it bears.
func (v *Proven) tell(_ *wire.Registry, x *Evidence) error {
	for i := range v.Shown {
		s := &v.Shown[i]
		at := s.Doc.Header().At
		s.Counts = s.ID == x.Job || v.Job.Apply(at, s.Said) == nil
		v.At = max(v.At, at)
	}
	return nil
}

// receipted checks each receipt, and adds up what was owed by them.
func (v *Proven) receipted(reg *wire.Registry, x *Evidence) error {
	for i, b := range x.Receipts {
		name := fmt.Sprintf("receipt %d of %d", i+1, len(x.Receipts))
		r, err := settlement.ReceiptOf(b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		e, _, err := r.Verify(reg, v.Net)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		id := wire.Sum(r.Entry.Doc)
		at := slices.IndexFunc(v.Shown, func(s Exhibit) bool { return s.ID == id })
		switch {
		case at < 0:
			return fmt.Errorf("%s: its entry is not shown", name)
		case e.By != v.Job.Hirer() || e.Payee != v.Job.Provider() || e.Asset != v.Job.Terms().Asset:
			return fmt.Errorf("%s: it is not from the hirer to the provider in the asset of the contract", name)
		case slices.ContainsFunc(v.Receipted, func(s wire.Said) bool { return s.ID == id }):
			return fmt.Errorf("%s: its entry has one already", name)
		}
		v.Receipted = append(v.Receipted, v.Shown[at].Said)
		if posts(e) || e.Act == protocol.ActMeter {
			if v.Paid, err = v.Paid.Plus(e.Amount); err != nil {
				return fmt.Errorf("%s: the sum would pass 2^128-1", name)
			}
		}
	}
	return nil
}

// granted checks that the mandate is the one by which the hirer's owner answers for
// the contract.
func (v *Proven) granted(reg *wire.Registry, x *Evidence) error {
	if len(x.Mandate) == 0 {
		return nil
	}
	said, _, err := openProof(reg, x.Mandate, v.Net)
	if err != nil {
		return fmt.Errorf("the mandate: %w", err)
	}
	m, ok := said.Doc.(*protocol.Mandate)
	if !ok {
		return fmt.Errorf("the mandate: a %s stands in its place", KindName(said.Doc))
	}
	if err := delegation.CheckRoot(m, v.Job.Accept().Owner, v.Job.Hirer()); err != nil {
		return fmt.Errorf("the mandate: %w", err)
	}
	if !slices.Contains(v.Job.Accept().Mandates, said.ID) {
		return fmt.Errorf("the mandate: the contract does not name it")
	}
	v.Mandate = said
	return nil
}

// KindName returns the name of a document's kind, such as "Delivery".
func KindName(d wire.Document) string { return strings.TrimPrefix(fmt.Sprintf("%T", d), "*protocol.") }
