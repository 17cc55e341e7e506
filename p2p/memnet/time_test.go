package memnet_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

// two runs f in virtual time with two members, a and b, of a hub made with opts.
func two(t *testing.T, opts memnet.Options, f func(t *testing.T, hub *memnet.Hub, a, b p2p.Network, ra, rb *p2ptest.Recorder)) {
	synctest.Test(t, func(t *testing.T) {
		hub, err := memnet.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		var nets [2]p2p.Network
		var recs [2]*p2ptest.Recorder
		for i, name := range []string{"a", "b"} {
			recs[i] = &p2ptest.Recorder{}
			if nets[i], err = hub.Join(p2ptest.Key(name).Key(), recs[i]); err != nil {
				t.Fatal(err)
			}
		}
		f(t, hub, nets[0], nets[1], recs[0], recs[1])
		for i, n := range nets {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
			for _, w := range recs[i].Wrong() {
				t.Error(w)
			}
		}
	})
}

func TestLatencyIsExact(t *testing.T) {
	two(t, memnet.Options{Latency: 70 * time.Millisecond}, func(t *testing.T, _ *memnet.Hub, a, b p2p.Network, _, rb *p2ptest.Recorder) {
		began := time.Now()
		if err := a.Send(t.Context(), b.Self(), []byte("hello")); err != nil {
			t.Fatal(err)
		}
		rb.Until(t, "the frame is there", func() bool { return rb.Count(a.Self()) == 1 })
		if took := time.Since(began); took != 70*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestCutAndHeal(t *testing.T) {
	two(t, memnet.Options{Latency: time.Second}, func(t *testing.T, hub *memnet.Hub, a, b p2p.Network, ra, rb *p2ptest.Recorder) {
		send := func(what string) error { return a.Send(t.Context(), b.Self(), []byte(what)) }
		if err := send("lost on the way"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		hub.Cut(a.Self(), b.Self())
		synctest.Wait()
		if ups, downs := rb.Links(a.Self()); ups != 1 || downs != 1 {
			t.Errorf("up %d times, down %d times", ups, downs)
		}
		if err := send("refused"); !errors.Is(err, p2p.ErrUnreachable) {
			t.Errorf("send while cut: %v", err)
		}
		hub.Heal(b.Self(), a.Self())
		if err := send("healed"); err != nil {
			t.Fatal(err)
		}
		hub.Break(a.Self(), b.Self())
		if err := send("made again"); err != nil {
			t.Fatal(err)
		}
		rb.Until(t, "the frame is there", func() bool { return rb.Count(a.Self()) == 1 })
		if got := string(rb.Frames(a.Self())[0]); got != "made again" {
			t.Errorf("%q arrived", got)
		}
		if ups, downs := ra.Links(b.Self()); ups != downs+1 {
			t.Errorf("up %d times, down %d times", ups, downs)
		}
	})
}

// TestOneSeedOneHistory sends over a bad link twice: the same frames arrive.
func TestOneSeedOneHistory(t *testing.T) {
	story := func(seed uint64) string {
		var arrived []string
		opts := memnet.Options{Seed: seed, Latency: time.Millisecond, Jitter: time.Second, Loss: 0.5}
		two(t, opts, func(t *testing.T, _ *memnet.Hub, a, b p2p.Network, _, rb *p2ptest.Recorder) {
			for i := range 100 {
				if err := a.Send(t.Context(), b.Self(), []byte{byte(i)}); err != nil {
					t.Fatal(err)
				}
			}
			arrival, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			<-arrival.Done()
			synctest.Wait()
			last := -1
			for _, f := range rb.Frames(a.Self()) {
				if int(f[0]) <= last {
					t.Errorf("frame %d after %d", f[0], last)
				}
				last = int(f[0])
				arrived = append(arrived, string(f))
			}
		})
		return strings.Join(arrived, "")
	}
	one := story(1)
	if len(one) < 25 || len(one) > 75 {
		t.Errorf("%d of 100 frames arrived at even odds", len(one))
	}
	if story(1) != one {
		t.Error("the same seed made another history")
	}
	if story(2) == one {
		t.Error("another seed made the same history")
	}
}

func TestDrop(t *testing.T) {
	drop := func(_, _ wire.Key, frame []byte) bool { return string(frame) == "drop me" }
	two(t, memnet.Options{Drop: drop}, func(t *testing.T, _ *memnet.Hub, a, b p2p.Network, _, rb *p2ptest.Recorder) {
		for _, f := range []string{"drop me", "keep me"} {
			if err := a.Send(t.Context(), b.Self(), []byte(f)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if f := rb.Frames(a.Self()); len(f) != 1 || string(f[0]) != "keep me" {
			t.Errorf("%q arrived", f)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	two(t, memnet.Options{Latency: time.Hour}, func(t *testing.T, _ *memnet.Hub, a, b p2p.Network, _, _ *p2ptest.Recorder) {
		for i := range p2p.MaxQueue {
			if err := a.Send(t.Context(), b.Self(), []byte("x")); err != nil {
				t.Fatalf("frame %d: %v", i, err)
			}
		}
		if err := a.Send(t.Context(), b.Self(), []byte("x")); !errors.Is(err, p2p.ErrBusy) {
			t.Errorf("one more: %v, want %v", err, p2p.ErrBusy)
		}
	})
}

func TestOptionsCheck(t *testing.T) {
	for _, o := range []memnet.Options{{Latency: -1}, {Jitter: -1}, {Loss: -0.1}, {Loss: 1.1}} {
		if _, err := memnet.New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
