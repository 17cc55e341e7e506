package protocol_test

import (
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// TestSizes: what two peers keep for ever of one job is small, and so is the
// proof that one of them lied. The lane is in its second million of entries and
// has moved some 10,000 USD.
func TestSizes(t *testing.T) {
	busy := protocol.Totals{
		Posted: wire.Units(10_000_000_000), Held: wire.Units(12_000_000_000), Released: wire.Units(11_999_000_000),
		Credited: wire.Units(1_000_000), Settled: wire.Units(9_000_000_000),
	}
	held, posted := hold(), post()
	held.Totals, posted.Totals, held.Seq, posted.Seq = busy, busy, 1_000_001, 1_000_002
	taken := seen(held)
	taken.Taken = []wire.CID{held.Job}

	const receipt, equivocation = 900, 1536
	for _, c := range []struct {
		name        string
		entry       *protocol.Entry
		countersign *protocol.Countersign
	}{{"HOLD and its Countersign with the job taken", held, taken}, {"POST and its Countersign", posted, seen(posted)}} {
		n := len(seal(t, hirer, network, encode(t, c.entry))) + len(seal(t, provider, network, encode(t, c.countersign)))
		t.Logf("%s: %d bytes in two bundles", c.name, n)
		if n > receipt {
			t.Errorf("%s: %d bytes, at most %d", c.name, n, receipt)
		}
	}

	other := *posted
	other.Amount = wire.Units(24_999)
	closing := func(e *protocol.Entry) wire.Proof {
		logged := logEntry()
		b, err := wire.Seal(hirer, network, encode(t, verdict()), encode(t, e), encode(t, outcome()), encode(t, logged), encode(t, ownHead()))
		if err != nil {
			t.Fatal(err)
		}
		return b.Proof(1)
	}
	d := contradiction(closing(posted), closing(&other))
	if err := d.Check(); err != nil || d.Open(network) != nil {
		t.Fatalf("the two POSTs are no equivocation: %v", err)
	}
	n := len(encode(t, d))
	t.Logf("Equivocation of two POSTs out of bundles of five documents: %d bytes", n)
	if n > equivocation {
		t.Errorf("Equivocation: %d bytes, at most %d", n, equivocation)
	}
}

// seen is the payee's countersign of e alone.
func seen(e *protocol.Entry) *protocol.Countersign {
	return &protocol.Countersign{
		Head: headOf(protocol.KindCountersign, provider, e.At+1), Lane: e.Lane(network), Seq: e.Seq, Entry: idOf(e), Totals: e.Totals,
	}
}
