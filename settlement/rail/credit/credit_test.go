package credit

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement/rail"
	"github.com/souk-network/souk/settlement/rail/railtest"
)

const usd = "souk:credit/usd-6"

// pair is two peers that owe each other 1000, with the record both keep.
type pair struct {
	a, b    wire.Key
	intents byte
	agreed  map[string]bool // proposed; true once both have signed
	order   []string
	netted  wire.Amount
	broken  error
}

func newPair() *pair {
	return &pair{
		a: wire.NewPrivateKey([32]byte{1}).Key(), b: wire.NewPrivateKey([32]byte{2}).Key(), agreed: make(map[string]bool),
	}
}

func (p *pair) Room(context.Context, wire.Key, wire.Key, string) (wire.Amount, error) {
	room, err := wire.Units(1000).Minus(p.netted)
	return room, errors.Join(err, p.broken)
}

func (p *pair) Propose(ctx context.Context, _ Netting, raw []byte) error {
	if _, there := p.agreed[string(raw)]; !there {
		p.agreed[string(raw)] = false
		p.order = append(p.order, string(raw))
	}
	return errors.Join(ctx.Err(), p.broken)
}

func (p *pair) Signed(_ context.Context, raw []byte) (proposed, both bool, err error) {
	both, proposed = p.agreed[string(raw)]
	return proposed, both, p.broken
}

func (p *pair) Open() rail.Rail { return Rail{Net: "test", Record: p} }

func (p *pair) Intent() rail.Intent {
	p.intents++
	return rail.Intent{ID: wire.Sum([]byte{p.intents}), From: p.a.String(), To: p.b.String(), Asset: usd, Amount: wire.Units(7)}
}

// Advance lets the other side sign what was proposed.
func (p *pair) Advance() {
	for _, raw := range p.order {
		n, err := Rail{Net: "test"}.read([]byte(raw))
		if err != nil {
			panic(err)
		}
		if !p.agreed[raw] {
			p.agreed[raw] = true
			p.netted, _ = p.netted.Plus(n.Amount)
		}
	}
}

func (p *pair) Arrived(string, string) wire.Amount { return p.netted }

func TestRail(t *testing.T) {
	railtest.Run(t, func(*testing.T) railtest.World { return newPair() })
}

func TestRefusals(t *testing.T) {
	p := newPair()
	r, i := p.Open(), p.Intent()
	if r.Name() != Name {
		t.Fatal(r.Name())
	}
	for what, c := range map[string]struct {
		change func()
		want   error
	}{
		"with oneself":       {func() { i.To = i.From }, rail.ErrAccount},
		"a did:key":          {func() { i.To = p.b.DID() }, rail.ErrAccount},
		"beyond the debt":    {func() { i.Amount = wire.Units(1001) }, rail.ErrAmount},
		"malformed asset":    {func() { i.Asset = "souk:credit/" }, rail.ErrAsset},
		"another's asset":    {func() { i.Asset = "eip155:1/slip44:60" }, rail.ErrAsset},
		"a record that ails": {func() { p.broken = errors.New("disk") }, p.broken},
	} {
		i, p.broken = p.Intent(), nil
		c.change()
		if c.want == nil {
			c.want = p.broken
		}
		if _, err := r.Prepare(t.Context(), i); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
}

// A netting of one network is none on another.
func TestOtherNetwork(t *testing.T) {
	p := newPair()
	o, err := p.Open().Prepare(t.Context(), p.Intent())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := Rail{Net: "elsewhere", Record: p}
	_, ask := elsewhere.Ask(t.Context(), o)
	_, verify := elsewhere.Verify(t.Context(), o.Raw)
	for _, err := range []error{elsewhere.Submit(t.Context(), o), ask, verify} {
		if !errors.Is(err, rail.ErrUnproven) {
			t.Error(err)
		}
	}
}

// Whatever ails the record is passed on, never taken for an answer.
func TestBrokenRecord(t *testing.T) {
	p := newPair()
	r := p.Open()
	o, err := r.Prepare(t.Context(), p.Intent())
	if err != nil {
		t.Fatal(err)
	}
	p.broken = fmt.Errorf("disk")
	if _, err := rail.Pursue(t.Context(), r, o); !errors.Is(err, p.broken) {
		t.Error(err)
	}
	if err := r.Submit(t.Context(), o); !errors.Is(err, p.broken) {
		t.Error(err)
	}
	if _, err := r.Verify(t.Context(), o.Raw); !errors.Is(err, p.broken) || errors.Is(err, rail.ErrUnproven) {
		t.Error(err)
	}
}
