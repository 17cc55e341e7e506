package runtime_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// stranger is a hostile member of the network: it says what it likes, frame by
// frame, and notes what it is told.
type stranger struct {
	t     *testing.T
	key   wire.PrivateKey
	net   p2p.Network
	to    wire.Key
	mu    sync.Mutex
	ups   int
	gone  int
	said  []wire.Said // documents it was told
	bare  int         // bare documents it was told
	air   []wire.Proof
	log   func(at p2p.Place) ([][]byte, error)
	asked []p2p.Place
	n     byte
}

func newStranger(t *testing.T, hub *memnet.Hub, n byte, to wire.Key) *stranger {
	t.Helper()
	s := &stranger{t: t, key: wire.NewPrivateKey([32]byte{n, 9}), to: to}
	var err error
	if s.net, err = hub.Join(s.key.Key(), s); err != nil {
		t.Fatal(err)
	}
	for shard := range uint8(p2p.Shards) {
		if err := s.net.Join(shard); err != nil {
			t.Fatal(err)
		}
	}
	s.link()
	return s
}

func (s *stranger) link() {
	if err := s.net.Dial(s.t.Context(), s.to); err != nil {
		s.t.Fatal(err)
	}
	pass(100 * time.Millisecond)
}

func (s *stranger) OnUp(wire.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ups++
}

func (s *stranger) OnDown(wire.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone++
}

func (s *stranger) OnFrame(_ wire.Key, b []byte) error {
	f, err := protocol.ReadFrame(b)
	if err != nil {
		s.t.Errorf("a peer of ours sent %v", err)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bare += len(f.Bare)
	for _, raw := range f.Bundles {
		bundle, err := wire.ReadBundle(raw)
		if err == nil {
			var docs []wire.Said
			docs, err = protocol.Registry().Read(bundle, net)
			s.said = append(s.said, docs...)
		}
		if err != nil {
			s.t.Errorf("a peer of ours sent %v", err)
		}
	}
	return nil
}

func (s *stranger) OnAnnouncement(_ context.Context, _ uint8, _ wire.Key, b []byte) p2p.Judgement {
	if bundle, err := wire.ReadBundle(b); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.air = append(s.air, bundle.Proof(0))
	}
	return p2p.Accept
}

func (s *stranger) OnFetch(wire.Key, wire.CID, uint64) (io.ReadCloser, error) {
	return nil, p2p.ErrNoArtefact
}

func (s *stranger) OnLog(_ wire.Key, at p2p.Place) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log == nil {
		return nil, p2p.ErrNoLog
	}
	s.asked = append(s.asked, at)
	return s.log(at)
}

func (s *stranger) OnPull(wire.Key, uint8) [][]byte { return nil }

// codes returns the codes of the Refuses that came since the last call.
func (s *stranger) codes() []string {
	pass(200 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	var codes []string
	for _, d := range s.said {
		if r, ok := d.Doc.(*protocol.Refuse); ok {
			codes = append(codes, string(r.Code))
		}
	}
	s.said = nil
	return codes
}

// lost reports how often the link was closed since the last call, and links again.
func (s *stranger) lost() int {
	pass(200 * time.Millisecond)
	s.mu.Lock()
	n := s.gone
	s.gone = 0
	s.mu.Unlock()
	return n
}

func (s *stranger) frame(f *protocol.Frame) {
	b, err := f.Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	s.raw(b)
}

func (s *stranger) raw(b []byte) { _ = s.net.Send(s.t.Context(), s.to, b) }

func (s *stranger) head(k wire.Kind) wire.Head {
	s.n++
	return wire.Head{Kind: k, By: s.key.Key(), At: uint64(time.Now().UnixMilli()), Nonce: wire.Nonce{s.n}}
}

func (s *stranger) hello(change ...func(*protocol.Hello)) {
	h := &protocol.Hello{Head: s.head(protocol.KindHello), Net: net, Least: 1, Most: 1, Epoch: protocol.Epoch{1}}
	for _, f := range change {
		f(h)
	}
	s.frame(&protocol.Frame{Bare: [][]byte{wire.Canonical{}.Name(h).Raw}})
}

func (s *stranger) sealed(network string, key wire.PrivateKey, docs ...wire.Document) []byte {
	var raw [][]byte
	for _, d := range docs {
		raw = append(raw, wire.Canonical{}.Name(d).Raw)
	}
	b, err := wire.Seal(key, network, raw...)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := b.Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *stranger) says(docs ...wire.Document) {
	s.frame(&protocol.Frame{Bundles: [][]byte{s.sealed(net, s.key, docs...)}})
}

func (s *stranger) request() *protocol.Request {
	return &protocol.Request{
		Head: s.head(protocol.KindRequest), To: s.to, Capability: "text/words@1", InputType: "text/plain",
		Label: payload.Label{Class: payload.Public}, Deliver: 3_600_000, Reply: uint64(time.Now().UnixMilli()) + 3000,
		Assets: []string{asset}, Rails: []string{"credit"}, Owner: s.key.Key(), Mandate: wire.Sum(nil),
	}
}

// TestStranger: what a hostile peer does to a link costs it the link, and nobody else anything.
func TestStranger(t *testing.T) {
	garbage := func(s *stranger, n int) {
		for i := range n {
			s.frame(&protocol.Frame{Bundles: [][]byte{[]byte(fmt.Sprint("garbage ", i))}})
		}
	}
	for _, c := range []struct {
		name  string
		do    func(s *stranger)
		codes string
		lost  int
	}{
		{"says nothing", func(*stranger) {}, "", 0},
		{"no hello", func(s *stranger) { s.frame(&protocol.Frame{Bare: [][]byte{wire.Canonical{}.Name(s.request()).Raw}}) }, "", 1},
		{"hello of another network", func(s *stranger) { s.hello(func(h *protocol.Hello) { h.Net = "other" }) }, "", 1},
		{"hello of another", func(s *stranger) { s.hello(func(h *protocol.Hello) { h.By = s.to }) }, "", 1},
		{"hello of a version to come", func(s *stranger) { s.hello(func(h *protocol.Hello) { h.Least, h.Most = 7, 9 }) }, "", 1},
		{"hello twice", func(s *stranger) { s.hello(); s.hello() }, "", 0},
		{"no frame", func(s *stranger) { s.hello(); s.raw([]byte("no frame")) }, "", 1},
		{"garbage once", func(s *stranger) { s.hello(); garbage(s, 1) }, "malformed", 0},
		{"garbage again and again", func(s *stranger) { s.hello(); garbage(s, 40) }, "", 1},
		{"another network", func(s *stranger) {
			s.hello()
			s.frame(&protocol.Frame{Bundles: [][]byte{s.sealed("other", s.key, &protocol.Refuse{Head: s.head(protocol.KindRefuse), Of: wire.Sum(nil), Code: "late"})}})
		}, "wrong_network", 0},
		{"a broken seal", func(s *stranger) {
			s.hello()
			b := s.sealed(net, s.key, &protocol.Refuse{Head: s.head(protocol.KindRefuse), Of: wire.Sum(nil), Code: "late"})
			bundle, err := wire.ReadBundle(b)
			if err != nil {
				s.t.Fatal(err)
			}
			forged := &wire.Bundle{V: bundle.V, Net: bundle.Net, Sig: bundle.Sig, Docs: bundle.Docs}
			forged.Sig[3] ^= 1
			b, _ = forged.Bytes()
			s.frame(&protocol.Frame{Bundles: [][]byte{b}})
		}, "bad_seal", 0},
		{"in another's name", func(s *stranger) {
			s.hello()
			other := wire.NewPrivateKey([32]byte{77})
			h := s.head(protocol.KindCancel)
			h.By = other.Key()
			s.frame(&protocol.Frame{Bundles: [][]byte{s.sealed(net, other, &protocol.Cancel{Head: h, Job: wire.Sum(nil), Code: "late"})}})
		}, "bad_seal", 0},
		{"of no sealed kind", func(s *stranger) { s.hello(); s.says(s.request()) }, "malformed", 0},
		{"about no job", func(s *stranger) {
			s.hello()
			s.says(&protocol.Cancel{Head: s.head(protocol.KindCancel), Job: wire.Sum(nil), Code: "late"})
		}, "not_offered", 0},
		{"a refuse of nothing", func(s *stranger) {
			s.hello()
			s.says(&protocol.Refuse{Head: s.head(protocol.KindRefuse), Of: wire.Sum(nil), Code: "late"})
		}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seller, buyer := market(t, plays("echo"))
				s := newStranger(t, seller.hub, 8, seller.agent.Key())
				c.do(s)
				if got := s.lost(); got != c.lost {
					t.Errorf("the link was lost %d times, want %d", got, c.lost)
				}
				if got := strings.Join(s.codes(), " "); got != c.codes {
					t.Errorf("refused as %q, want %q", got, c.codes)
				}
				buyer.hire("one", "honest")
				if j, out := settled(t, buyer.peer, "one"); !j.OK || out != "honest" {
					t.Errorf("the honest job: %s (%s)", j.Stage, j.Code)
				}
				seller.down()
				buyer.down()
				if err := s.net.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestFlood: ten thousand Requests, bundles and artefacts from one peer leave an
// honest job its way, and nothing behind.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seller, buyer := market(t, plays("echo"))
		s := newStranger(t, seller.hub, 8, seller.agent.Key())
		s.hello()
		pass(time.Second)
		before, err := seller.peer.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 10_000 {
				switch i % 4 {
				case 0:
					s.says(&protocol.Cancel{Head: s.head(protocol.KindCancel), Job: wire.Sum([]byte{byte(i)}), Code: "late"})
				case 1:
					var data []protocol.Datum
					for k := range 16 {
						data = append(data, protocol.Datum{Opening: payload.Opening{
							Alg: payload.Algorithm, Salt: [32]byte{byte(i), byte(i >> 8), byte(k)},
						}})
					}
					s.frame(&protocol.Frame{Data: data})
				default:
					s.frame(&protocol.Frame{Bare: [][]byte{wire.Canonical{}.Name(s.request()).Raw}})
				}
				if i%100 == 0 {
					pass(10 * time.Millisecond)
				}
			}
		}()
		buyer.hire("one", "honest")
		j, out := settled(t, buyer.peer, "one")
		if took := j.Closed - j.Opened; !j.OK || out != "honest" || took > 5000 {
			t.Errorf("the honest job: %s (%s) after %d ms", j.Stage, j.Code, took)
		}
		<-done
		pass(time.Minute)
		after, err := seller.peer.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := after.Records - before.Records; n > 10 {
			t.Errorf("%d records were written for a stranger's talk", n)
		}
		if s.lost() > 0 {
			t.Error("the stranger lost its link: then this was no flood")
		}
		seller.down()
		buyer.down()
		if err := s.net.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestThief: naming the commitment of somebody else's input gets nobody a look at
// it, though the provider has its bytes.
func TestThief(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		offer := plays("echo")
		offer.DeliverMS = 60_000
		seller, buyer := market(t, offer)
		s := newStranger(t, seller.hub, 8, seller.agent.Key())
		s.hello()
		buyer.hire("one", "a secret", func(o *gateway.Order) { o.Class = "internal" })
		j, _ := settled(t, buyer.peer, "one")
		pass(3 * time.Minute) // until the offer is announced again
		s.mu.Lock()
		offered := s.air[len(s.air)-1]
		s.mu.Unlock()
		book := settlement.NewBook(s.key.Key(), net, settlement.Policy{})
		book.Begin(protocol.Epoch{3})
		a := &protocol.Accept{
			Head: s.head(protocol.KindAccept), Offered: offered,
			Inputs: []payload.Artefact{{ID: j.Inputs[0].ID, Size: j.Inputs[0].Size, Type: "text/plain", Label: payload.Label{Class: payload.Internal, Retention: 86400_000}}},
			Owner:  s.key.Key(), Mandates: []wire.CID{wire.Sum(nil)}, Account: "x",
		}
		open, err := book.DraftOpen(s.to, asset)
		if err != nil {
			t.Fatal(err)
		}
		open.Head = s.head(protocol.KindEntry)
		if err := book.Apply(wire.Canonical{}.Name(open)); err != nil {
			t.Fatal(err)
		}
		job := wire.Canonical{}.Name(a).ID
		hold, err := book.DraftHold(s.to, asset, settlement.Hold{
			Job: job, Amount: wire.Units(5), Mandate: wire.Sum(nil), Deadline: a.At + 100*3_600_000,
		})
		if err != nil {
			t.Fatal(err)
		}
		hold.Head = s.head(protocol.KindEntry)
		s.says(open, a, hold)
		pass(5 * time.Minute)
		s.mu.Lock()
		ended := slices.ContainsFunc(s.said, func(d wire.Said) bool {
			c, ok := d.Doc.(*protocol.Cancel)
			return ok && c.Code == protocol.CodeArtefact
		})
		delivered := slices.ContainsFunc(s.said, func(d wire.Said) bool { return d.Doc.Header().Kind == protocol.KindDelivery })
		s.mu.Unlock()
		if delivered || !ended {
			for _, d := range s.said {
				t.Logf("%+v", d.Doc)
			}
			k, err := seller.peer.Job(t.Context(), job.String())
			t.Errorf("delivered %v, cancelled for its missing input %v; %s (%s), %v", delivered, ended, k.Stage, k.Code, err)
		}
		seller.down()
		buyer.down()
		if err := s.net.Close(); err != nil {
			t.Error(err)
		}
	})
}
