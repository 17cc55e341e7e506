// Package p2ptest holds the tests that every fulfilment of p2p.Network passes.
//
// It promises that a network which passes keeps the order and the pairing that
// package p2p states, refuses what is over a limit, and lets those who come late
// find what was announced before. It must never know which network it tests.
package p2ptest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// Open makes one peer of the network under test. The suite closes it.
type Open func(t *testing.T, key wire.PrivateKey, h p2p.Handler) p2p.Network

// Run runs the suite. Each test calls world for a network of its own.
func Run(t *testing.T, world func(t *testing.T) Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *town)
	}{
		{"frames arrive in order both ways", framesInOrder},
		{"the largest frame arrives", largestFrame},
		{"frames outside the limits are refused", sizesRefused},
		{"many senders at once", manySenders},
		{"up and down are paired", upAndDown},
		{"who links at the same moment has one link", sameMoment},
		{"the first frame is sent from OnUp", sendInOnUp},
		{"an error of the handler ends the link", handlerError},
		{"nobody there", unreachable},
		{"an artefact is fetched from an offset", fetchOffset},
		{"an artefact that is not there", fetchMissing},
		{"too many transfers at once", fetchBusy},
		{"a log is read from a place", logFrom},
		{"an answer on a log is bounded", logBounds},
		{"a log that is not there, or asked for too often", logRefused},
		{"announcements reach those who joined", joinedOnly},
		{"who comes late pulls", lateJoiner},
		{"who links late pulls", lateLink},
		{"announcements pass through a neighbour", passedOn},
		{"what is rejected is not passed on", rejected},
		{"announcements outside the limits are refused", announcementSizes},
		{"close ends all", closeEndsAll},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, &town{open: world(t)})
		})
	}
}

// town is the peers of one test.
type town struct{ open Open }

// person is one peer with the record of what it was told.
type person struct {
	p2p.Network
	*Recorder
}

// person opens a peer and closes it with the test.
func (w *town) person(t *testing.T, name string, r *Recorder) person {
	t.Helper()
	key := Key(name)
	n := w.open(t, key, r)
	if n.Self() != key.Key() {
		t.Fatalf("%s is called %v, want %v", name, n.Self(), key.Key())
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close %s: %v", name, err)
		}
		for _, w := range r.Wrong() {
			t.Errorf("%s: %s", name, w)
		}
	})
	return person{n, r}
}

// pair opens two linked peers.
func (w *town) pair(t *testing.T) (a, b person) {
	t.Helper()
	a, b = w.person(t, "a", &Recorder{}), w.person(t, "b", &Recorder{})
	link(t, a, b)
	return a, b
}

// link connects a to b and waits until both know.
func link(t *testing.T, a, b person) {
	t.Helper()
	addrs := b.Addrs()
	if len(addrs) == 0 {
		t.Fatal("no address to dial")
	}
	key, err := a.Connect(t.Context(), addrs[0])
	if err != nil || key != b.Self() {
		t.Fatalf("connect: %v, %v", key, err)
	}
	isUp := func(p person, of wire.Key) func() bool {
		return func() bool { ups, downs := p.Links(of); return ups == downs+1 }
	}
	a.Until(t, "the link is up", isUp(a, b.Self()))
	b.Until(t, "the link is up at the other side", isUp(b, a.Self()))
}

func numbered(n int) []byte {
	return binary.BigEndian.AppendUint32([]byte("frame "), uint32(n))
}

// sendNumbered sends frames first to last, waiting where the queue is full.
func sendNumbered(t *testing.T, from, to person, count int) {
	for i := range count {
		err := from.Send(context.Background(), to.Self(), numbered(i))
		for errors.Is(err, p2p.ErrBusy) {
			to.Until(t, "the queue has room", func() bool { return to.Count(from.Self()) > i-p2p.MaxQueue/2 })
			err = from.Send(context.Background(), to.Self(), numbered(i))
		}
		if err != nil {
			t.Errorf("send: %v", err)
			return
		}
	}
}

func framesInOrder(t *testing.T, w *town) {
	const count = 3000
	a, b := w.pair(t)
	var both sync.WaitGroup
	for _, p := range [][2]person{{a, b}, {b, a}} {
		both.Go(func() { sendNumbered(t, p[0], p[1], count) })
	}
	both.Wait()
	for _, p := range [][2]person{{a, b}, {b, a}} {
		from, to := p[0], p[1]
		to.Until(t, "all frames are there", func() bool { return to.Count(from.Self()) == count })
		for i, f := range to.Frames(from.Self()) {
			if !bytes.Equal(f, numbered(i)) {
				t.Fatalf("frame %d is %q", i, f)
			}
		}
	}
}

func largestFrame(t *testing.T, w *town) {
	a, b := w.pair(t)
	big := make([]byte, p2p.MaxFrame)
	for i := range big {
		big[i] = byte(i >> 8)
	}
	want := bytes.Clone(big)
	if err := a.Send(t.Context(), b.Self(), big); err != nil {
		t.Fatal(err)
	}
	clear(big) // Send has taken what it needs
	b.Until(t, "the frame is there", func() bool { return b.Count(a.Self()) == 1 })
	if !bytes.Equal(b.Frames(a.Self())[0], want) {
		t.Fatal("the frame arrived changed")
	}
}

func sizesRefused(t *testing.T, w *town) {
	a, b := w.pair(t)
	for _, size := range []int{0, p2p.MaxFrame + 1} {
		if err := a.Send(t.Context(), b.Self(), make([]byte, size)); !errors.Is(err, p2p.ErrSize) {
			t.Errorf("send %d bytes: %v, want %v", size, err, p2p.ErrSize)
		}
	}
	if ups, downs := b.Links(a.Self()); ups != 1 || downs != 0 {
		t.Errorf("the link went up %d and down %d times", ups, downs)
	}
}

func manySenders(t *testing.T, w *town) {
	const senders, each = 16, 40
	a, b := w.pair(t)
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range each {
				if err := a.Send(context.Background(), b.Self(), []byte(fmt.Sprintf("%d/%d", s, i))); err != nil {
					t.Errorf("send: %v", err)
				}
			}
		})
	}
	all.Wait()
	b.Until(t, "all frames are there", func() bool { return b.Count(a.Self()) == senders*each })
	var next [senders]int
	for _, f := range b.Frames(a.Self()) {
		var s, i int
		if _, err := fmt.Sscanf(string(f), "%d/%d", &s, &i); err != nil {
			t.Fatal(err)
		}
		if i != next[s] {
			t.Fatalf("sender %d: frame %d came where %d was due", s, i, next[s])
		}
		next[s]++
	}
}

func upAndDown(t *testing.T, w *town) {
	a, b := w.pair(t)
	if l := a.Peers(); len(l) != 1 || l[0].Peer != b.Self() || l[0].Addr == "" || l[0].Transport == "" {
		t.Errorf("links: %+v", l)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range [][2]person{{a, b}, {b, a}} {
		p[0].Until(t, "the link is down", func() bool {
			ups, downs := p[0].Links(p[1].Self())
			return ups == downs
		})
	}
	if ups, downs := b.Links(a.Self()); ups != 1 || downs != 1 {
		t.Errorf("up %d times, down %d times, want 1 and 1", ups, downs)
	}
	// The same peer comes back and links to the one that stayed.
	again := w.person(t, "b", &Recorder{})
	link(t, again, a)
	if err := again.Send(t.Context(), a.Self(), []byte("back")); err != nil {
		t.Fatal(err)
	}
	a.Until(t, "the frame is there", func() bool { return a.Count(b.Self()) == 1 })
}

func sameMoment(t *testing.T, w *town) {
	a, b := w.person(t, "a", &Recorder{}), w.person(t, "b", &Recorder{})
	var both sync.WaitGroup
	for _, p := range [][2]person{{a, b}, {b, a}} {
		both.Go(func() {
			if _, err := p[0].Connect(context.Background(), p[1].Addrs()[0]); err != nil {
				t.Errorf("connect: %v", err)
			}
		})
	}
	both.Wait()
	for _, p := range [][2]person{{a, b}, {b, a}} {
		if l := p[0].Peers(); len(l) != 1 {
			t.Errorf("%d links, want 1", len(l))
		}
		if err := p[0].Send(t.Context(), p[1].Self(), []byte("hello")); err != nil {
			t.Error(err)
		}
	}
	for _, p := range [][2]person{{a, b}, {b, a}} {
		p[1].Until(t, "the frame is there", func() bool { return p[1].Count(p[0].Self()) == 1 })
	}
}

// greeter sends a frame as soon as a link is up.
type greeter struct {
	*Recorder
	network chan p2p.Network
	sent    chan error
}

func (g *greeter) OnUp(peer wire.Key) {
	g.Recorder.OnUp(peer)
	n := <-g.network
	g.sent <- n.Send(context.Background(), peer, []byte("greeting"))
}

func sendInOnUp(t *testing.T, w *town) {
	g := &greeter{&Recorder{}, make(chan p2p.Network, 1), make(chan error, 1)}
	n := w.open(t, Key("greeter"), g)
	g.network <- n
	t.Cleanup(func() { _ = n.Close() })
	a := w.person(t, "a", &Recorder{})
	link(t, a, person{n, g.Recorder})
	if err := <-g.sent; err != nil {
		t.Fatalf("send: %v", err)
	}
	a.Until(t, "the greeting is there", func() bool { return a.Count(n.Self()) == 1 })
}

func handlerError(t *testing.T, w *town) {
	a := w.person(t, "a", &Recorder{})
	said := make(chan struct{})
	b := w.person(t, "b", &Recorder{Frame: func(_ wire.Key, f []byte) error {
		if string(f) == "bad" {
			<-said // so that what comes late begins no link of its own
			return errors.New("against the protocol")
		}
		return nil
	}})
	link(t, a, b)
	for _, f := range []string{"good", "bad", "late"} {
		if err := a.Send(t.Context(), b.Self(), []byte(f)); err != nil {
			t.Error(err)
		}
	}
	close(said)
	for _, p := range [][2]person{{a, b}, {b, a}} {
		p[0].Until(t, "the link is down", func() bool { _, downs := p[0].Links(p[1].Self()); return downs >= 1 })
	}
	var err error
	for range 10 { // what is left of the old link may take the first tries with it
		if err = a.Send(t.Context(), b.Self(), []byte("again")); !errors.Is(err, p2p.ErrUnreachable) {
			break
		}
	}
	if err != nil {
		t.Fatalf("the link is not made again: %v", err)
	}
	b.Until(t, "the frame after the break is there", func() bool {
		f := b.Frames(a.Self())
		return string(f[len(f)-1]) == "again"
	})
}

func unreachable(t *testing.T, w *town) {
	a := w.person(t, "a", &Recorder{})
	nobody := Key("nobody").Key()
	if err := a.Send(t.Context(), nobody, []byte("hello")); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("send: %v, want %v", err, p2p.ErrUnreachable)
	}
	if err := a.Log(t.Context(), nobody, p2p.Place{}, func([]byte) bool { return true }); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("log: %v, want %v", err, p2p.ErrUnreachable)
	}
	if _, err := a.Fetch(t.Context(), nobody, wire.CID{}, 0); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("fetch: %v, want %v", err, p2p.ErrUnreachable)
	}
	if err := a.Send(t.Context(), a.Self(), []byte("hello")); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("send to oneself: %v, want %v", err, p2p.ErrUnreachable)
	}
	if _, err := a.Connect(t.Context(), "no address"); err == nil {
		t.Error("connect to no address: no error")
	}
	gone := w.person(t, "gone", &Recorder{})
	addr := gone.Addrs()[0]
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Connect(t.Context(), addr); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("connect: %v, want %v", err, p2p.ErrUnreachable)
	}
}

func closeEndsAll(t *testing.T, w *town) {
	a, b := w.pair(t)
	if err := a.Join(0); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
	if ups, downs := a.Links(b.Self()); ups != downs {
		t.Errorf("up %d times, down %d times after Close", ups, downs)
	}
	_, fetched := a.Fetch(t.Context(), b.Self(), wire.CID{}, 0)
	logged := a.Log(t.Context(), b.Self(), p2p.Place{}, func([]byte) bool { return true })
	_, connected := a.Connect(t.Context(), b.Addrs()[0])
	for what, err := range map[string]error{
		"send": a.Send(t.Context(), b.Self(), []byte("x")), "publish": a.Publish(t.Context(), 0, []byte("x")),
		"join": a.Join(1), "fetch": fetched, "log": logged, "connect": connected,
	} {
		if !errors.Is(err, p2p.ErrClosed) {
			t.Errorf("%s after Close: %v, want %v", what, err, p2p.ErrClosed)
		}
	}
	if l := a.Peers(); len(l) != 0 {
		t.Errorf("links after Close: %v", l)
	}
}

// readAll reads a transfer to its end and closes it.
func readAll(t *testing.T, r io.ReadCloser) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	return b
}
