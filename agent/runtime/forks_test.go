package runtime_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// TestForkIsProved: who signs two entries for one place of its lane leaves a proof here
// that a third machine can check, once, also after a start; a changed byte is no proof.
func TestForkIsProved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seller, buyer := market(t, plays("echo"))
		s := newStranger(t, seller.hub, 8, seller.agent.Key())
		s.hello()
		book := settlement.NewBook(s.key.Key(), net, settlement.Policy{})
		book.Begin(protocol.Epoch{3})
		open, err := book.DraftOpen(s.to, asset)
		if err != nil {
			t.Fatal(err)
		}
		open.Head = s.head(protocol.KindEntry)
		s.says(open)
		pass(time.Second)
		if n := len(forks(t, seller)); n != 0 {
			t.Fatalf("%d forks are proved before there is one", n)
		}
		for range 3 {
			other := *open
			other.Nonce = wire.Nonce{99}
			s.says(&other)
			pass(time.Second)
		}
		buyer.hire("one", "honest work goes on")
		if j, _ := settled(t, buyer.peer, "one"); !j.OK {
			t.Errorf("%+v", j)
		}
		found := forks(t, seller)
		if len(found) != 1 || found[0].Author != s.key.Key() {
			t.Fatalf("%+v", found)
		}
		proves := func(text []byte) error {
			b, err := settlement.UnarmorEquivocation(text)
			if err != nil {
				return err
			}
			d, on, err := settlement.ReadEquivocation(protocol.Registry(), b)
			if err == nil && (d.Author() != s.key.Key() || on != net) {
				t.Errorf("it proves something of %s on %s", d.Author(), on)
			}
			return err
		}
		text := []byte(found[0].Proof)
		if err := proves(text); err != nil {
			t.Fatal(err)
		}
		for i := range text {
			changed := bytes.Clone(text)
			changed[i] ^= 1
			if proves(changed) == nil {
				t.Fatalf("byte %d changed: it proves the same", i)
			}
		}
		seller.restart()
		if again := forks(t, seller); len(again) != 1 || again[0].Proof != found[0].Proof {
			t.Errorf("after a start: %+v", again)
		}
		seller.down()
		buyer.down()
		if err := s.net.Close(); err != nil {
			t.Error(err)
		}
	})
}

func forks(t *testing.T, s *seat) []gateway.Fork {
	t.Helper()
	all, err := s.current().Forks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}
