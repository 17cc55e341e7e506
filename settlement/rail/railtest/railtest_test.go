package railtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement/rail"
)

// town is a make-believe chain that takes a few blocks to be sure, has a fee and
// a least amount, and may be broken in one way.
type town struct {
	broken   string
	intents  byte
	heard    []*payment
	balances map[string]wire.Amount
}

type payment struct {
	intent rail.Intent
	raw    string
	age    int
}

const (
	asset    = "souk:shells/white"
	finality = 3 // blocks
	least    = 2
)

func newTown(broken string) *town {
	return &town{broken: broken, balances: make(map[string]wire.Amount)}
}

func (w *town) Open() rail.Rail {
	if w.broken == "forgets what it was told" {
		w.heard = nil
	}
	return &cart{town: w, known: make(map[string]bool)}
}

func (w *town) Intent() rail.Intent {
	w.intents++
	return rail.Intent{ID: wire.Sum([]byte{w.intents}), From: "shell:ann", To: "shell:bob", Asset: asset, Amount: wire.Units(5)}
}

func (w *town) Advance() {
	for _, p := range w.heard {
		if p.age++; p.age == finality {
			to, amount := p.intent.To, p.intent.Amount
			switch w.broken {
			case "pays another":
				to = "shell:cid"
			case "pays short":
				amount = wire.Units(4)
			}
			w.balances[to], _ = w.balances[to].Plus(amount)
		}
	}
}

func (w *town) Arrived(account, _ string) wire.Amount { return w.balances[account] }

// cart is one run of the rail.
type cart struct {
	*town
	known map[string]bool // in memory only
	nonce byte
}

func (*cart) Name() string { return "shells" }

func (c *cart) CheckAccount(account string) error {
	if c.broken == "takes any account" || (strings.HasPrefix(account, "shell:") && len(account) == 9) {
		return nil
	}
	return rail.ErrAccount
}

func (c *cart) Cost(_ context.Context, i rail.Intent) (rail.Cost, error) {
	for _, a := range []string{i.From, i.To} {
		if err := c.CheckAccount(a); err != nil {
			return rail.Cost{}, err
		}
	}
	if i.Asset != asset {
		return rail.Cost{}, rail.ErrAsset
	}
	if i.Amount.Cmp(wire.Units(least)) < 0 || i.Amount.Cmp(wire.Units(1000)) > 0 {
		return rail.Cost{}, rail.ErrAmount
	}
	return rail.Cost{Least: wire.Units(least), Fee: wire.Units(1), Finality: finality * 1000}, nil
}

func (c *cart) Prepare(ctx context.Context, i rail.Intent) (rail.Order, error) {
	if _, err := c.Cost(ctx, i); err != nil {
		return rail.Order{}, err
	}
	c.nonce++
	o := rail.Order{Intent: i, Raw: []byte(fmt.Sprintf("pay %s %d", i.ID, c.nonce))}
	if c.broken == "sends when preparing" {
		return o, c.Submit(ctx, o)
	}
	return o, nil
}

func (c *cart) Submit(ctx context.Context, o rail.Order) error {
	if c.broken == "stops half-way" && ctx.Err() != nil {
		return fmt.Errorf("lost the order")
	}
	for _, p := range c.heard {
		known := p.raw == string(o.Raw)
		if c.broken == "knows only this run" {
			known = c.known[string(o.Raw)]
		}
		if known && c.broken != "pays each time" {
			return nil
		}
	}
	c.known[string(o.Raw)] = true
	c.heard = append(c.heard, &payment{intent: o.Intent, raw: string(o.Raw)})
	return nil
}

func (c *cart) Ask(_ context.Context, o rail.Order) (rail.State, error) {
	for _, p := range c.heard {
		if p.raw != string(o.Raw) {
			continue
		}
		if p.age < finality && c.broken != "is sure too soon" {
			return rail.State{Stage: rail.Pending}, nil
		}
		return rail.State{Stage: rail.Final, Transfer: p.transfer(c.broken)}, nil
	}
	return rail.State{}, nil
}

func (p *payment) transfer(broken string) rail.Transfer {
	t := rail.Transfer{Intent: p.intent.ID, From: p.intent.From, To: p.intent.To, Asset: asset, Amount: p.intent.Amount, Fee: wire.Units(1)}
	sum := sha256.Sum256([]byte(p.raw))
	t.Proof = sum[:]
	switch broken {
	case "shows another payee":
		t.To = "shell:cid"
	case "shows a short payment":
		t.Amount = wire.Units(4)
	case "shows a huge proof":
		t.Proof = bytes.Repeat(t.Proof, 100)
	}
	return t
}

func (c *cart) Verify(_ context.Context, proof []byte) (rail.Transfer, error) {
	for _, p := range c.heard {
		t := p.transfer(c.broken)
		if p.age >= finality && (bytes.Equal(t.Proof, proof) || c.broken == "believes any proof") {
			return t, nil
		}
		if c.broken == "believes an order" && string(proof) == p.raw {
			return t, nil
		}
	}
	return rail.Transfer{}, rail.ErrUnproven
}

func TestSlowRail(t *testing.T) {
	Run(t, func(*testing.T) World { return newTown("") })
}

// Each way of being broken is found by the case that looks for it.
func TestSuiteBites(t *testing.T) {
	for broken, by := range map[string]string{
		"takes any account":        "NameAndAccounts",
		"sends when preparing":     "PrepareMovesNothing",
		"pays each time":           "SubmittedTwice",
		"knows only this run":      "SubmittedTwice",
		"is sure too soon":         "NothingCountsBeforeItIsFinal",
		"believes an order":        "NothingCountsBeforeItIsFinal",
		"believes any proof":       "DamagedProof",
		"pays another":             "Ordinary",
		"pays short":               "Ordinary",
		"shows another payee":      "Ordinary",
		"shows a short payment":    "Ordinary",
		"shows a huge proof":       "Ordinary",
		"forgets what it was told": "CrashBetweenCalls",
		"stops half-way":           "EndedContext",
	} {
		t.Run(broken, func(t *testing.T) {
			for _, c := range Cases() {
				err := c.Run(t.Context(), newTown(broken))
				if c.Name == by && err == nil {
					t.Errorf("%s finds nothing wrong", c.Name)
				}
			}
		})
	}
}
