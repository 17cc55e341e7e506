package runtime

import (
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// key is the n-th of keys that somebody made up.
func key(n int) wire.Key { return wire.Key{1, byte(n), byte(n >> 8), byte(n >> 16)} }

// wait gives an author a place in which it waits to be read.
func (p *places) wait(k wire.Key, dealt bool, standing float64) {
	if a, _ := p.take(k, dealt, standing); a != nil {
		a.state = waiting
	}
}

// TestSlowStrangers: however many strangers are slow to show their logs, those with
// whom we have dealt are not kept waiting, and of strangers those of some standing
// are read first.
func TestSlowStrangers(t *testing.T) {
	p := newPlaces()
	start := func() (n int) {
		for a := p.next(); a != nil; a = p.next() {
			a.state = underWay
			n++
		}
		return n
	}
	for i := range 2 * readers {
		p.wait(key(i), false, 0)
	}
	if n := start(); n != strange {
		t.Errorf("%d strangers at once, want %d", n, strange)
	}
	p.wait(key(900), false, 0.1)
	for i := range readers {
		p.wait(key(1000+i), true, 0)
	}
	if n := start(); n != readers-strange {
		t.Errorf("%d of those we know, want %d", n, readers-strange)
	}
	a := p.of[key(0)]
	a.state = idle
	p.leave(a)
	if next := p.next(); next == nil || !next.dealt {
		t.Errorf("next is %+v: one of those we know waits", next)
	}
	for _, a := range p.of {
		if a.state == waiting && a.dealt {
			a.state = idle
		}
	}
	a = p.of[key(1)]
	a.state = idle
	p.leave(a)
	if next := p.next(); next == nil || next.key != key(900) {
		t.Errorf("next is %+v: a stranger of some standing waits", next)
	}
}

// TestPlacesOfStrangers: a crowd that nobody knows, whose logs are as long as may be,
// takes its places from nobody but such as itself: neither from those we have dealt
// with nor from those of some standing, and who comes later finds a place all the same.
func TestPlacesOfStrangers(t *testing.T) {
	p := newPlaces()
	fill := func(k wire.Key, dealt bool, standing float64, size int) bool {
		a, gone := p.take(k, dealt, standing)
		if a == nil {
			return false
		}
		for {
			more, ok := p.keep(a, size)
			if gone = append(gone, more...); !ok {
				break
			}
		}
		for _, k := range gone {
			if p.of[k] != nil {
				t.Fatalf("%v is forgotten and has a place", k)
			}
		}
		if p.all.pages > MaxLogPages || p.all.bytes > MaxLogBytes || p.foreign.pages > MaxLogPages/2 ||
			p.foreign.bytes > MaxLogBytes/2 || len(p.of) > MaxLogAuthors || p.strangers > MaxLogAuthors/2 {
			t.Fatalf("over the bounds: %+v, %+v, %d authors, %d strangers", p.all, p.foreign, len(p.of), p.strangers)
		}
		return a.kept.pages > 0
	}
	for _, size := range []int{900, 128 << 10} {
		p = newPlaces()
		friend, praised := key(1<<20), key(1<<21)
		fill(friend, true, 0, size)
		fill(praised, false, 0.2, size)
		had := [2]stock{p.of[friend].kept, p.of[praised].kept}
		for i := range 3 * MaxLogAuthors {
			if !fill(key(i), false, 0, size) {
				t.Fatalf("stranger %d finds no place: those before it hold them for good", i)
			}
		}
		if p.of[friend] == nil || p.of[praised] == nil || p.of[friend].kept != had[0] || p.of[praised].kept != had[1] {
			t.Errorf("a friend keeps %+v, one of some standing %+v", p.of[friend], p.of[praised])
		}
		if !fill(key(1<<22), false, 0.1, size) {
			t.Error("another of some standing finds no place")
		}
		sum, strangers := stock{}, 0
		for _, a := range p.of {
			sum.add(a.kept.pages, a.kept.bytes)
			if !a.dealt {
				strangers++
			}
		}
		if sum != p.all || strangers != p.strangers {
			t.Errorf("counted %+v and %d strangers, there are %+v and %d", p.all, p.strangers, sum, strangers)
		}
		t.Logf("pages of %d bytes: %d authors, %d pages, %d bytes", size, len(p.of), p.all.pages, p.all.bytes)
	}
}

// TestPlacesOfFriends: those with whom we have dealt give up their places to nobody
// but others of them, the one that was not asked for the longest first.
func TestPlacesOfFriends(t *testing.T) {
	p := newPlaces()
	for i := range MaxLogAuthors {
		p.take(key(i), true, 0)
	}
	p.take(key(0), true, 0) // asked once more
	if a, gone := p.take(key(5000), false, 1); a != nil || len(gone) > 0 {
		t.Error("a stranger finds a place among friends")
	}
	a, gone := p.take(key(5001), true, 0)
	if a == nil || len(gone) != 1 || gone[0] != key(1) {
		t.Errorf("a new friend: %v, %v had to go", a, gone)
	}
	// Who was a stranger and is none any more counts as such.
	p = newPlaces()
	a, _ = p.take(key(1), false, 0)
	if _, ok := p.keep(a, 100); !ok {
		t.Fatal("no room")
	}
	p.take(key(1), true, 0)
	if p.strangers != 0 || p.foreign != (stock{}) || p.all != (stock{1, 100}) {
		t.Errorf("%d strangers, %+v of them, %+v in all", p.strangers, p.foreign, p.all)
	}
}

// TestNothingToTell: the core, which remembers owners for as long as it runs, hears
// none of a key of whose log nothing is kept.
func TestNothingToTell(t *testing.T) {
	for seq, want := range []int{0, 1} {
		l := newLogs(&Peer{inbox: make(chan message, 1), done: make(chan struct{})})
		r := &reading{logs: l, author: wire.Key{1}, owner: wire.Key{2}, at: mark{seq: uint64(seq)}}
		r.tell()
		if n := len(l.p.inbox); n != want {
			t.Errorf("with %d entries kept, %d told", seq, n)
		}
	}
}
