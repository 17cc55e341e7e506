// Package credit is mutual credit, the rail every peer has: no money leaves.
// Receipts are kept, up to what each side lets the other owe, and a transfer is
// a netting: both sides agree, in writing, to strike the same sum off what they
// owe each other.
//
// It promises that a netting counts only once both have signed it, that it is
// never more than what either owes, and that an account is a peer's own key and
// nothing else. Whether the other side is good for what it owes is reputation,
// not this rail's to say. It must never talk to a peer or keep a book itself:
// the pair's Record does.
package credit

import (
	"context"
	"fmt"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement/rail"
)

// Name is the rail's name in Terms.
const Name = "credit"

// Prefix is what the assets of this rail begin with.
const Prefix = "souk:credit/"

// Netting is what both sides sign: From strikes Amount off what it owes To, and
// To strikes the same off what it owes From. Its bytes are the canonical map
// {"id","to","net","from","asset","amount"}.
type Netting struct {
	ID     wire.CID    `cbor:"id"` // of the Intent
	Net    string      `cbor:"net"`
	From   wire.Key    `cbor:"from"`
	To     wire.Key    `cbor:"to"`
	Asset  string      `cbor:"asset"`
	Amount wire.Amount `cbor:"amount"`
}

// Record is what the two sides of a pair have proposed to each other and signed.
// It is durable, and kept by whoever keeps the books.
type Record interface {
	// Room returns what could be netted: the lesser of what from owes to and
	// to owes from.
	Room(ctx context.Context, from, to wire.Key, asset string) (wire.Amount, error)
	// Propose signs netting n, whose bytes are raw, and shows it to the other
	// side. Proposed twice, it is one netting.
	Propose(ctx context.Context, n Netting, raw []byte) error
	// Signed tells whether raw was proposed, and whether both sides have signed it.
	Signed(ctx context.Context, raw []byte) (proposed, both bool, err error)
}

// Rail is the credit rail of one network.
type Rail struct {
	Net    string // the network's name
	Record Record
}

var _ rail.Rail = Rail{}

// Name returns "credit".
func (Rail) Name() string { return Name }

// CheckAccount takes the text of a peer's key, as wire.Key writes it.
func (Rail) CheckAccount(account string) error {
	_, err := key(account)
	return err
}

func key(account string) (wire.Key, error) {
	k, err := wire.ParseKey(account)
	if err == nil && k.String() != account {
		err = fmt.Errorf("%w: want a peer ID", wire.ErrKey)
	}
	if err != nil {
		return k, fmt.Errorf("%w: %w", rail.ErrAccount, err)
	}
	return k, nil
}

// Cost is nothing, but how long the other side takes to sign nobody knows.
func (r Rail) Cost(ctx context.Context, i rail.Intent) (rail.Cost, error) {
	_, err := r.netting(ctx, i)
	return rail.Cost{Least: wire.Units(1)}, err
}

// Prepare writes the netting down. ErrAmount is also returned for more than
// either side owes.
func (r Rail) Prepare(ctx context.Context, i rail.Intent) (rail.Order, error) {
	n, err := r.netting(ctx, i)
	if err != nil {
		return rail.Order{}, err
	}
	raw, err := wire.Encode(n)
	if err != nil {
		return rail.Order{}, fmt.Errorf("credit: %w", err)
	}
	return rail.Order{Intent: i, Raw: raw}, nil
}

func (r Rail) netting(ctx context.Context, i rail.Intent) (Netting, error) {
	n := Netting{ID: i.ID, Net: r.Net, Asset: i.Asset, Amount: i.Amount}
	var err error
	if n.From, err = key(i.From); err != nil {
		return n, err
	}
	if n.To, err = key(i.To); err != nil {
		return n, err
	}
	switch {
	case n.From == n.To:
		return n, fmt.Errorf("%w: both sides are one", rail.ErrAccount)
	case !strings.HasPrefix(i.Asset, Prefix) || protocol.CheckAsset(i.Asset) != nil:
		return n, fmt.Errorf("%w: %.128q is no credit", rail.ErrAsset, i.Asset)
	case i.Amount.IsZero():
		return n, fmt.Errorf("%w: nothing to net", rail.ErrAmount)
	}
	room, err := r.Record.Room(ctx, n.From, n.To, n.Asset)
	if err != nil {
		return n, fmt.Errorf("credit: %w", err)
	}
	if i.Amount.Cmp(room) > 0 {
		return n, fmt.Errorf("%w: %s, only %s is owed both ways", rail.ErrAmount, i.Amount, room)
	}
	return n, nil
}

// read reads a netting of this network.
func (r Rail) read(raw []byte) (Netting, error) {
	var n Netting
	if err := wire.Unmarshal(raw, &n, protocol.MaxProof, true); err != nil {
		return n, fmt.Errorf("%w: %w", rail.ErrUnproven, err)
	}
	if n.Net != r.Net {
		return n, fmt.Errorf("%w: it is of network %.64q", rail.ErrUnproven, n.Net)
	}
	return n, nil
}

// Submit proposes the netting to the other side.
func (r Rail) Submit(ctx context.Context, o rail.Order) error {
	n, err := r.read(o.Raw)
	if err != nil {
		return err
	}
	if err := r.Record.Propose(ctx, n, o.Raw); err != nil {
		return fmt.Errorf("credit: propose: %w", err)
	}
	return nil
}

// Ask tells whether the other side has signed too.
func (r Rail) Ask(ctx context.Context, o rail.Order) (rail.State, error) {
	n, err := r.read(o.Raw)
	if err != nil {
		return rail.State{}, err
	}
	proposed, both, err := r.Record.Signed(ctx, o.Raw)
	switch {
	case err != nil:
		return rail.State{}, fmt.Errorf("credit: %w", err)
	case both:
		return rail.State{Stage: rail.Final, Transfer: n.transfer(o.Raw)}, nil
	case proposed:
		return rail.State{Stage: rail.Pending}, nil
	}
	return rail.State{Stage: rail.Unknown}, nil
}

// Verify takes a netting that both sides have signed.
func (r Rail) Verify(ctx context.Context, proof []byte) (rail.Transfer, error) {
	n, err := r.read(proof)
	if err != nil {
		return rail.Transfer{}, err
	}
	_, both, err := r.Record.Signed(ctx, proof)
	if err != nil {
		return rail.Transfer{}, fmt.Errorf("credit: %w", err)
	}
	if !both {
		return rail.Transfer{}, fmt.Errorf("%w: not signed by both sides", rail.ErrUnproven)
	}
	return n.transfer(proof), nil
}

func (n Netting) transfer(raw []byte) rail.Transfer {
	return rail.Transfer{
		Intent: n.ID, From: n.From.String(), To: n.To.String(), Asset: n.Asset, Amount: n.Amount, Proof: raw,
	}
}
