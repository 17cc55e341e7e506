package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store"
)

var _ gateway.Desk = (*Peer)(nil)

// Milliseconds.
const (
	keepInputs = 86400_000 // a provider keeps inputs and results for a day after the job
	anyTime    = 86400_000 // a hirer who names no deadline waits a day at most
)

// Status returns how the peer is. Live and ready are kept apart.
func (p *Peer) Status(ctx context.Context) (gateway.Status, error) {
	p.mu.Lock()
	s := gateway.Status{
		Schema: "souk.status/v1", Peer: p.o.Agent.Key(), DID: p.o.Agent.Key().DID(), Net: p.o.Net,
		Version: p.o.Version, Live: true, Ready: p.ready, Started: p.start,
		Addrs: p.net.Addrs(), Peers: linked(p.net), Budgets: []gateway.Budget{},
	}
	p.mu.Unlock()
	if !s.Ready {
		s.Why = "starting or stopping"
	}
	_, s.Records = p.archive.last()
	return ask(ctx, p, func(a *agent.Agent, at uint64) gateway.Status {
		m := a.Mandate()
		s.Owner = m.By
		for _, b := range m.Budgets {
			s.Budgets = append(s.Budgets, gateway.Budget{
				Asset: b.Asset, PerJob: b.PerJob, Total: b.Total, Spent: a.Spent(b.Asset),
			})
		}
		stands, _ := a.Stands(at)
		s.Offers, s.Known, s.Jobs = len(stands), len(a.Listings(at, "")), a.Open()
		return s
	})
}

func invalid(format string, args ...any) error {
	return &gateway.Error{Code: gateway.CodeInvalid, Message: fmt.Sprintf(format, args...), Hint: "see `souk help`"}
}

func notFound(what, id string) error {
	return &gateway.Error{
		Code: gateway.CodeNotFound, Message: fmt.Sprintf("no such %s: %.80q", what, id), Hint: "`souk jobs` and `souk offer list` tell what there is",
	}
}

// AddOffer checks that the worker can be made and the rule is known before
// anything is announced.
func (p *Peer) AddOffer(ctx context.Context, d gateway.OfferDraft) (gateway.Offer, error) {
	stand, err := standOf(d)
	if err != nil {
		return gateway.Offer{}, err
	}
	if _, err := p.worker(stand); err != nil {
		return gateway.Offer{}, invalid("%v", err)
	}
	if stand.Panel, err = p.panelOf(d); err != nil {
		return gateway.Offer{}, err
	}
	if !stand.Rule.IsZero() {
		if err := p.o.Checker.Valid(worker.Rule{Name: stand.Rule.Rule, Params: stand.Rule.Params}); err != nil {
			return gateway.Offer{}, invalid("acceptance check: %v", err)
		}
	}
	if schema := schemaOf(stand.Schema); !schema.IsZero() {
		if err := p.o.Checker.Valid(worker.Rule{Name: schema.Rule, Params: schema.Params}); err != nil {
			return gateway.Offer{}, invalid("schema of the input: %v", err)
		}
	}
	refusal, err := p.tell(ctx, agent.Opened{Stand: stand})
	if err != nil {
		return gateway.Offer{}, err
	}
	if refusal != nil {
		return gateway.Offer{}, asError(refusal)
	}
	return p.offerOf(ctx, stand.Capability)
}

// standOf fills in the defaults of a draft.
func standOf(d gateway.OfferDraft) (sell.Stand, error) {
	const most = 8 << 10 // bytes of one setting
	s := sell.Stand{
		Capability: d.Capability, Title: d.Title, Price: d.Price, Asset: d.Asset, Ask: d.Ask,
		Technology: d.Technology, InputType: d.InputType, OutputType: d.OutputType, Schema: d.InputSchema,
		Rule:      protocol.Check{Rule: d.Rule, Params: d.RuleParams},
		Data:      payload.Handling{Most: payload.Internal, Retention: keepInputs, PassOn: d.PassOn},
		RerunSafe: d.RerunSafe, Deliver: d.DeliverMS, Slots: uint64(max(d.Slots, 0)), Least: d.Least, Surge: d.Surge,
		Tranches: d.Tranches, Advance: d.Advance,
		Reworks: uint64(max(d.Reworks, 0)), Needs: d.Needs, Pause: d.PauseMS,
	}
	if d.Unit != "" || !d.PerUnit.IsZero() || d.MaxUnits+d.Window+d.Windows > 0 {
		s.Meter = sell.Meter{Unit: d.Unit, PerUnit: d.PerUnit, MaxUnits: d.MaxUnits, Window: max(d.Window, 1), Windows: d.Windows}
	}
	names := make([]string, 0, len(d.Settings))
	for name, value := range d.Settings {
		if len(name)+len(value) > most || strings.ToValidUTF8(name+value, "") != name+value {
			return s, invalid("setting %.40q: at most %d bytes of UTF-8", name, most)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.Settings = append(s.Settings, sell.Setting{Name: name, Value: d.Settings[name]})
	}
	if s.InputType == "" {
		s.InputType = "*/*"
	}
	if s.OutputType == "" {
		s.OutputType = "application/octet-stream"
	}
	if s.Deliver == 0 {
		s.Deliver = sell.DefaultDeliver
	}
	if s.Slots == 0 {
		s.Slots = sell.DefaultSlots
	}
	if s.Pause == 0 && len(s.Needs) > 0 {
		s.Pause = sell.DefaultPause
	}
	return s, nil
}

// Offers returns what this peer sells.
func (p *Peer) Offers(ctx context.Context) ([]gateway.Offer, error) {
	return ask(ctx, p, func(a *agent.Agent, at uint64) []gateway.Offer {
		offers := []gateway.Offer{}
		stands, busy := a.Stands(at)
		for i, s := range stands {
			offers = append(offers, draftOf(s, busy[i], p.board.expiry(p.o.Agent.Key(), s.Capability)))
		}
		return offers
	})
}

func draftOf(s sell.Stand, busy, expires uint64) gateway.Offer {
	o := gateway.Offer{Busy: int(busy), Now: s.At(busy).Price, Expires: expires, OfferDraft: gateway.OfferDraft{
		Capability: s.Capability, Title: s.Title, Price: s.Price, Asset: s.Asset, Ask: s.Ask,
		Technology: s.Technology, Settings: map[string]string{}, InputType: s.InputType, OutputType: s.OutputType, InputSchema: s.Schema,
		Rule: s.Rule.Rule, RuleParams: s.Rule.Params, RerunSafe: s.RerunSafe, PassOn: s.Data.PassOn, DeliverMS: s.Deliver, Slots: int(s.Slots), Least: s.Least, Surge: s.Surge,
		Tranches: s.Tranches, Advance: s.Advance, Unit: s.Meter.Unit, PerUnit: s.Meter.PerUnit,
		MaxUnits: s.Meter.MaxUnits, Window: s.Meter.Window, Windows: s.Meter.Windows,
		Reworks: int(s.Reworks), Needs: s.Needs, PauseMS: s.Pause,
	}}
	for _, x := range s.Settings {
		o.Settings[x.Name] = x.Value
	}
	return o
}

func (p *Peer) offerOf(ctx context.Context, capability string) (gateway.Offer, error) {
	all, err := p.Offers(ctx)
	for _, o := range all {
		if o.Capability == capability {
			return o, nil
		}
	}
	return gateway.Offer{}, errors.Join(err, notFound("offer", capability))
}

// RemoveOffer withdraws a capability.
func (p *Peer) RemoveOffer(ctx context.Context, capability string) error {
	refusal, err := p.tell(ctx, agent.Closed{Capability: capability})
	switch {
	case err != nil:
		return err
	case refusal != nil:
		return notFound("offer", capability)
	}
	return nil
}

// Ledger returns what is owed.
func (p *Peer) Ledger(ctx context.Context, peer string) (gateway.Ledger, error) {
	l := gateway.Ledger{Schema: "souk.ledger/v1", Pairs: []gateway.Pair{}}
	var only wire.Key
	if peer != "" {
		k, err := wire.ParseKey(peer)
		if err != nil {
			return l, invalid("%v", err)
		}
		only = k
	}
	positions, err := ask(ctx, p, func(a *agent.Agent, _ uint64) []settlement.Position { return a.Positions() })
	for _, x := range positions {
		if only.IsZero() || only == x.Peer {
			l.Pairs = append(l.Pairs, gateway.Pair{
				Peer: x.Peer, Asset: x.Asset, IOwe: x.IOwe, OwedToMe: x.OwedToMe,
				HeldByMe: x.HeldByMe, HeldForMe: x.HeldForMe,
			})
		}
	}
	return l, err
}

// Journal copies the journal as far as it is durable now, while the peer goes on.
func (p *Peer) Journal(ctx context.Context) (io.ReadCloser, error) {
	r, w := io.Pipe()
	idle := context.AfterFunc(ctx, func() { r.CloseWithError(ctx.Err()) })
	stays := context.AfterFunc(p.ctx, func() { r.CloseWithError(p.ctx.Err()) }) // or Close would wait for who reads
	p.wg.Go(func() {
		defer idle()
		defer stays()
		_, err := store.Copy(w, p.o.Journal)
		w.CloseWithError(err)
	})
	return r, nil
}

// Verify walks the whole journal: its chain, and that each record can be read.
func (p *Peer) Verify(ctx context.Context) (gateway.Verification, error) {
	return Verify(ctx, p.o.Journal)
}

// hints tell what to do about a refusal of the core.
var hints = map[protocol.Code]string{
	protocol.CodeBudget:    "`souk status` shows what the mandate allows and what is spent",
	protocol.CodeMandate:   "the owner's mandate does not allow it; `souk status` shows it",
	protocol.CodeExpired:   "the owner's mandate is over; `souk status` shows it",
	protocol.CodeLabel:     "choose another data class, or have the owner's mandate allow this one",
	protocol.CodeDuplicate: "`souk jobs` shows what has ended",
	protocol.CodeLate:      "`souk job show` tells where it stands and what comes next",
}

// asError turns a core's refusal into a door's.
func asError(r *agent.Refusal) error {
	hint := hints[r.Code]
	if hint == "" {
		hint = "see `souk help`"
	}
	return &gateway.Error{Code: r.Code, Message: r.Why, Hint: hint}
}

// bounded is an input that a door hands over, and as much of what is over its limit as shows it.
func bounded(r io.Reader) io.Reader { return io.LimitReader(r, MaxInput+1) }
