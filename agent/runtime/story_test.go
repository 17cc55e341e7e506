package runtime_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/agent/worker/check"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/memory"
)

const (
	net   = "test"
	asset = "souk:credit/usd-6"
)

// seat is one peer's place in a test market: what stays when its process ends.
type seat struct {
	t       *testing.T
	hub     *memnet.Hub
	agent   wire.PrivateKey
	mandate []byte
	journal *memory.Journal
	vault   *forgetful
	shelf   *memory.Shelf
	checker worker.Checker
	workers []worker.Maker
	peer    *runtime.Peer
	wrap    func(store.Journal) store.Journal // what stands between the peer and its journal
	options func(*runtime.Options)            // what else it is told; nil for nothing

	snapshots shelfOfOne
	mu        sync.Mutex
}

func newSeat(t *testing.T, hub *memnet.Hub, n byte, workers ...worker.Maker) *seat {
	t.Helper()
	owner, agent := wire.NewPrivateKey([32]byte{n, 1}), wire.NewPrivateKey([32]byte{n, 2})
	m := delegation.Root(owner.Key(), agent.Key(), uint64(time.Now().UnixMilli()), wire.Nonce{n}, delegation.Grant{})
	b, err := wire.Seal(owner, net, wire.Canonical{}.Name(m).Raw)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if workers == nil {
		workers = []worker.Maker{builtin.Maker{}}
	}
	return &seat{
		t: t, hub: hub, agent: agent, mandate: raw, workers: workers,
		snapshots: shelfOfOne{memory.NewVault()}, journal: memory.NewJournal(), vault: newForgetful(), shelf: memory.NewShelf(), checker: check.Checker{},
	}
}

func (s *seat) up() *runtime.Peer {
	s.t.Helper()
	var journal store.Journal = s.journal
	if s.wrap != nil {
		journal = s.wrap(journal)
	}
	o := runtime.Options{
		Net: net, Agent: s.agent, Mandate: s.mandate, Journal: journal, Vault: s.vault, Shelf: s.shelf,
		Workers: s.workers, Checker: s.checker,
		Dial:   func(h p2p.Handler) (p2p.Network, error) { return s.hub.Join(s.agent.Key(), h) },
		Log:    logTo(s.t, s.agent.Key()),
		Policy: settlement.Policy{Newcomers: []settlement.Pool{{Asset: asset, Limit: wire.Units(1_000_000)}}},
	}
	if s.options != nil {
		s.options(&o)
	}
	p, err := runtime.Open(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer = p
	return p
}

// current returns the peer as of its last start.
func (s *seat) current() *runtime.Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peer
}

// restart starts the peer again after it died, with what was durable.
func (s *seat) restart() {
	s.t.Helper()
	durable := s.journal.Crash()
	_ = s.peer.Close() // it tells of the power cut
	s.journal = durable
	s.up()
}

// down ends the process in an orderly way.
func (s *seat) down() {
	s.t.Helper()
	if err := s.peer.Close(); err != nil {
		s.t.Errorf("close: %v", err)
	}
	if err := s.journal.Close(); err != nil {
		s.t.Errorf("close journal: %v", err)
	}
}

func newHub(t *testing.T) *memnet.Hub {
	t.Helper()
	hub, err := memnet.New(memnet.Options{Seed: 1, Latency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return hub
}

func words(price uint64) gateway.OfferDraft {
	return gateway.OfferDraft{
		Capability: "text/words@1", Price: wire.Units(price), Asset: asset,
		Technology: "builtin", Settings: map[string]string{"name": "words"},
	}
}

// settled waits for a job to become final, and returns it with its result.
func settled(t *testing.T, p *runtime.Peer, key string) (gateway.Job, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
	defer cancel()
	j, err := p.Job(ctx, key)
	for err == nil && !j.Final {
		if ctx.Err() != nil {
			t.Fatalf("job %s is still %s", key, j.Stage)
		}
		j, err = p.Await(ctx, key, j.Stage)
	}
	if err != nil {
		t.Fatal(err)
	}
	if j.Result == nil {
		return j, ""
	}
	r, _, err := p.Result(ctx, key)
	if err != nil {
		return j, ""
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return j, string(b)
}

func TestHire(t *testing.T) {
	for _, ask := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			hub := newHub(t)
			a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
			seller, buyer := a.up(), b.up()
			defer a.down()
			defer b.down()
			offer := words(5)
			offer.Ask = ask
			if _, err := seller.AddOffer(t.Context(), offer); err != nil {
				t.Fatal(err)
			}
			meet(t, seller, buyer)
			if _, err := buyer.Hire(t.Context(), gateway.Order{Key: "one", Capability: "text/words@1"}, strings.NewReader("one two three")); err != nil {
				t.Fatal(err)
			}
			j, out := settled(t, buyer, "one")
			if !j.OK || strings.TrimSpace(out) != "3" {
				t.Fatalf("job %+v, result %q", j, out)
			}
			synctest.Wait()
			full, err := buyer.Job(t.Context(), "one")
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range full.Documents {
				t.Logf("%-12s %s", d.Kind, d.Says)
			}
			l, _ := buyer.Ledger(t.Context(), "")
			m, _ := seller.Ledger(t.Context(), "")
			if len(l.Pairs) != 1 || len(m.Pairs) != 1 || l.Pairs[0].IOwe != wire.Units(5) || m.Pairs[0].OwedToMe != wire.Units(5) {
				t.Fatalf("ledgers %+v and %+v", l, m)
			}
			for _, p := range []*runtime.Peer{buyer, seller} {
				r, err := p.Receipt(t.Context(), "last")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := settlement.ReadReceipt(r); err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(r, []byte("-----BEGIN SOUK RECEIPT-----")) {
					t.Fatalf("%s", r)
				}
			}
		})
	}
}

// meet connects two peers and waits until the second knows an offer.
func meet(t *testing.T, a, b *runtime.Peer) {
	t.Helper()
	status, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Connect(t.Context(), status.Addrs[0]); err != nil {
		t.Fatal(err)
	}
}

// logTo sends a peer's log to its test, which fails where the peer was about to
// say what its own rules forbid.
func logTo(t *testing.T, key wire.Key) *slog.Logger {
	h := slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})
	return slog.New(strict{h, t}).With("peer", key.String()[48:])
}

type strict struct {
	slog.Handler
	t *testing.T
}

func (s strict) WithAttrs(a []slog.Attr) slog.Handler { return strict{s.Handler.WithAttrs(a), s.t} }

func (s strict) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "not said") {
		s.t.Error("a slip: see the log")
	}
	return s.Handler.Handle(ctx, r)
}
