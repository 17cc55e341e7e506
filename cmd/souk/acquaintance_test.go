package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store/memory"
)

// TestAcquaintance remembers peers over a restart, those met last first, and
// forgets what is more than can be tried.
func TestAcquaintance(t *testing.T) {
	shelf := memory.NewShelf()
	var keys []wire.Key
	for i := range libp2p.MaxKnown + 10 {
		key := p2ptest.Key(fmt.Sprint("peer ", i)).Key()
		keys = append(keys, key)
		b, err := json.Marshal(met{int64(i), []string{"/ip4/192.168.2.1/tcp/1/p2p/" + key.String()}})
		if err != nil {
			t.Fatal(err)
		}
		if err := shelf.Put(shelfPeers+key.String(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := shelf.Put(shelfPeers+"odd", []byte("[")); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	a := remember(shelf, log)
	known := a.addrs()
	if len(known) != libp2p.MaxKnown || known[0] != "/ip4/192.168.2.1/tcp/1/p2p/"+keys[len(keys)-1].String() {
		t.Errorf("%d known, first %q", len(known), known[:1])
	}
	addr := "/ip4/192.168.2.2/tcp/2/p2p/" + keys[0].String()
	a.put(keys[0], []string{addr}) // the oldest, forgotten by now, is met again
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	a = remember(shelf, log)
	if again := a.addrs(); len(again) != libp2p.MaxKnown || again[0] != addr || slices.Contains(again, known[len(known)-1]) {
		t.Errorf("%d known again, first %q", len(again), again[:1])
	}
	// Whoever makes keys by the thousand does not fill the disk.
	for i := range 2 * maxMet {
		a.put(p2ptest.Key(fmt.Sprint("made up ", i)).Key(), []string{addr})
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	count := 0
	if err := shelf.List(shelfPeers, func(string, []byte) bool { count++; return true }); err != nil || count > maxMet+libp2p.MaxKnown {
		t.Errorf("%d peers on the shelf, %v", count, err)
	}
}

// TestCrowdMetLast: whoever has a crowd come last, from one network, does not make a peer
// forget whom it met before.
func TestCrowdMetLast(t *testing.T) {
	shelf := memory.NewShelf()
	put := func(n int, addr string) string {
		key := p2ptest.Key(fmt.Sprint("peer ", n)).Key()
		addr += "/p2p/" + key.String()
		b, err := json.Marshal(met{int64(n), []string{addr}})
		if err != nil {
			t.Fatal(err)
		}
		if err := shelf.Put(shelfPeers+key.String(), b); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	var friends []string
	for n := range 20 {
		friends = append(friends, put(n, fmt.Sprintf("/ip4/%d.7.0.1/tcp/1", 20+n)))
	}
	for n := range 2 * libp2p.MaxKnown {
		put(1000+n, fmt.Sprintf("/ip4/9.9.%d.%d/tcp/1", n/256, n%256))
	}
	a := remember(shelf, slog.New(slog.DiscardHandler))
	known := a.addrs()
	for _, f := range friends {
		if !slices.Contains(known, f) {
			t.Errorf("%s is forgotten", f)
		}
	}
	if len(known) != len(friends)+libp2p.MaxKnown/groups {
		t.Errorf("%d are known, want %d and %d of the crowd", len(known), len(friends), libp2p.MaxKnown/groups)
	}
	for n := range 2 * maxMet { // nor keeps it from remembering whom it meets
		a.put(p2ptest.Key(fmt.Sprint("crowd ", n)).Key(), []string{fmt.Sprintf("/ip4/9.9.%d.%d/tcp/1", n/256, n%256)})
	}
	late := p2ptest.Key("late").Key()
	a.put(late, []string{"/ip4/99.7.0.1/tcp/1/p2p/" + late.String()})
	if !a.kept[late] {
		t.Error("whom it meets after a crowd is not remembered")
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
}
