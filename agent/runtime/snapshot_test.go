package runtime_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/memory"
)

// watched notes from which record on a journal was replayed.
type watched struct {
	store.Journal
	from  []uint64
	other bool // what it has read first is another record
}

func (w *watched) Read(seq uint64) ([]byte, error) {
	b, err := w.Journal.Read(seq)
	if w.other && len(w.from) == 0 {
		return flipped(b, 0), err
	}
	return b, err
}

func (w *watched) Replay(first uint64, f func(uint64, []byte) error) (store.Head, error) {
	w.from = append(w.from, first)
	return w.Journal.Replay(first, f)
}

// spoilt is a vault whose drafts cannot be kept.
type spoilt struct{ store.Vault }

type noKeep struct{ store.Draft }

func (noKeep) Keep(wire.CID) error { return errors.New("the power is cut") }

func (s spoilt) Create() (store.Draft, error) {
	d, err := s.Vault.Create()
	return noKeep{d}, err
}

// told is all that a peer tells of itself.
func told(t *testing.T, p *runtime.Peer) string {
	t.Helper()
	var b strings.Builder
	jobs, err := p.Jobs(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		whole, err := p.Job(t.Context(), j.Key)
		if err != nil {
			whole, err = p.Job(t.Context(), j.ID.String())
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	ledger, err := p.Ledger(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%+v\n", ledger)
	receipt, err := p.Receipt(t.Context(), "last")
	if err != nil {
		t.Fatal(err)
	}
	b.Write(receipt)
	return b.String()
}

// TestSnapshot lets a peer that makes snapshots start again and again: it reads no
// more of its journal than it must, and knows what one knows that reads it all.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
		var journal *watched
		other := false
		b.wrap = func(j store.Journal) store.Journal { journal = &watched{Journal: j, other: other}; return journal }
		build, every, broken := "this build", uint64(7), false
		b.options = func(o *runtime.Options) {
			o.Snapshots, o.Build, o.SnapshotEvery = b.snapshots, build, every
			if broken {
				o.Snapshots = spoilt{b.snapshots}
			}
		}
		seller, buyer := a.up(), b.up()
		defer func() { a.down() }()
		defer func() { b.down() }()
		if _, err := seller.AddOffer(t.Context(), words(5)); err != nil {
			t.Fatal(err)
		}
		meet(t, seller, buyer)
		n := 0
		deal := func(jobs int) {
			for range jobs {
				n++
				key := fmt.Sprint("job ", n)
				if _, err := b.peer.Hire(t.Context(), gateway.Order{Key: key, Capability: "text/words@1"}, strings.NewReader("one two three")); err != nil {
					t.Fatal(err)
				}
				if j, _ := settled(t, b.peer, key); !j.OK {
					t.Fatalf("%s: %+v", key, j)
				}
			}
			synctest.Wait()
		}
		// again starts the buyer anew and returns from which record on it has read first.
		again := func() uint64 {
			synctest.Wait()
			before := told(t, b.peer)
			b.restart()
			if after := told(t, b.peer); after != before {
				t.Fatalf("after a start it tells\n%s\nand not\n%s", after, before)
			}
			meet(t, seller, b.peer)
			synctest.Wait()
			return journal.from[0]
		}
		deal(6)
		from := again()
		if from < 7 {
			t.Fatalf("read from record %d on", from)
		}
		deal(3)
		if next := again(); next <= from {
			t.Fatalf("read from record %d on, and before from %d on", next, from)
		}
		deal(1)
		whole := b.snapshots.Bytes(t)
		for what, spoil := range map[string]func(){
			"a flipped bit": func() { b.snapshots.Put(t, flipped(whole, len(whole)/2)) },
			"cut short":     func() { b.snapshots.Put(t, whole[:len(whole)-1]) },
			"nothing":       func() { b.snapshots.Put(t, nil) },
			"another build": func() { build = "another build" },
			"a power cut":   func() { build, broken = "a third build", true },
			"other records": func() { other = true },
		} {
			spoil()
			if from := again(); from != 1 {
				t.Errorf("%s: read from record %d on", what, from)
			}
			build, broken, other = "this build", false, false
			b.snapshots.Put(t, whole)
			deal(1)
		}
		again() // of this build once more, whatever the one before has kept
		deal(2)
		if from := again(); from == 1 {
			t.Error("a good one is not read any more")
		}
	})
}

func flipped(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 4
	return b
}

// shelfOfOne is a vault of snapshots that a test may look into.
type shelfOfOne struct{ *memory.Vault }

var snapshotName = wire.Sum([]byte("souk snapshot 1"))

func (s shelfOfOne) Bytes(t *testing.T) []byte {
	t.Helper()
	a, err := s.Open(snapshotName)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s shelfOfOne) Put(t *testing.T, b []byte) {
	t.Helper()
	d, err := s.Create()
	if err == nil {
		_, err = d.Write(b)
	}
	if err == nil {
		err = d.Keep(snapshotName)
	}
	if err != nil {
		t.Fatal(err)
	}
}
