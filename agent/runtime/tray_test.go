package runtime

import (
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// datumOf is an artefact of so many bytes, told apart by n.
func datumOf(n, size int) protocol.Datum {
	return protocol.Datum{
		Opening: payload.Opening{Alg: payload.Algorithm, Salt: [32]byte{byte(n), byte(n >> 8), byte(n >> 16)}, Size: uint64(size)},
		Bytes:   make([]byte, size),
	}
}

// TestTray: what one peer sends along pushes out only its own, and many peers
// together fill no more than there is room for, be it with nothing.
func TestTray(t *testing.T) {
	honest, other := wire.Key{1}, wire.Key{2}
	tray := newTray()
	kept := datumOf(0, 100)
	tray.put(honest, kept)
	for n := range 20_000 {
		tray.put(other, datumOf(n, n%3*1000))
	}
	if tray.of[other].bytes > MaxTrayOf || len(tray.of[other].order) > MaxTrayOf/datumCost {
		t.Errorf("%d bytes, %d artefacts of one peer", tray.of[other].bytes, len(tray.of[other].order))
	}
	for p := range 100 {
		for n := range 40 {
			tray.put(wire.Key{3, byte(p)}, datumOf(n, payload.MaxInline))
		}
	}
	if tray.bytes > MaxTray {
		t.Errorf("%d bytes in all", tray.bytes)
	}
	if _, ok := tray.take(honest, kept.Opening.ID()); !ok {
		t.Error("what an honest peer sent was pushed out")
	}
	if _, ok := tray.take(honest, kept.Opening.ID()); ok {
		t.Error("it can be taken twice")
	}
	for p := range 100 {
		tray.forget(wire.Key{3, byte(p)})
	}
	tray.forget(other)
	tray.forget(honest)
	if tray.bytes != 0 || len(tray.of) != 0 {
		t.Errorf("%d bytes of %d peers are left", tray.bytes, len(tray.of))
	}
}

// TestRelease: parcels leave in their order, each once it is durable, and who
// pushes too many waits.
func TestRelease(t *testing.T) {
	r := newRelease()
	first, second := &parcel{}, &parcel{ready: true}
	r.push(first)
	r.push(second)
	for range MaxOutbox - 2 {
		r.push(&parcel{ready: true})
	}
	pushed := make(chan struct{})
	go func() {
		r.push(&parcel{ready: true})
		close(pushed)
	}()
	r.let(first)
	if r.next() != first || r.next() != second {
		t.Error("out of order")
	}
	<-pushed
	r.stop()
	for range 2 * MaxOutbox { // nobody waits for a peer that has stopped
		r.push(&parcel{})
	}
	if r.next() != nil {
		t.Error("something leaves a peer that has stopped")
	}
}
