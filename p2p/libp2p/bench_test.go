package libp2p_test

import (
	"context"
	"errors"
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

// echo is a peer that says each frame back, or counts those that come back.
type echo struct {
	p2ptest.Recorder
	network p2p.Network
	back    chan struct{}
}

func (e *echo) OnFrame(from wire.Key, frame []byte) error {
	if e.back != nil {
		e.back <- struct{}{}
		return nil
	}
	return e.network.Send(context.Background(), from, frame)
}

// BenchmarkExchange sends frames of 500 bytes there and back over loopback, one
// at a time and 64 at a time.
func BenchmarkExchange(b *testing.B) {
	for name, listen := range map[string]string{"tcp": "/ip4/127.0.0.1/tcp/0", "quic": "/ip4/127.0.0.1/udp/0/quic-v1"} {
		here, there := &echo{back: make(chan struct{}, p2p.MaxQueue)}, &echo{}
		for who, e := range map[string]*echo{"here": here, "there": there} {
			n, err := libp2p.New(libp2p.Options{Key: p2ptest.Key(who), Net: "test", Listen: []string{listen}}, e)
			if err != nil {
				b.Fatal(err)
			}
			e.network = n
			defer n.Close()
		}
		if _, err := here.network.Connect(b.Context(), there.network.Addrs()[0]); err != nil {
			b.Fatal(err)
		}
		frame := make([]byte, 500)
		for _, window := range []int{1, 64} {
			b.Run(name+map[int]string{1: "/one", 64: "/many"}[window], func(b *testing.B) {
				flying := 0
				for range b.N {
					if err := here.network.Send(b.Context(), there.network.Self(), frame); err != nil && !errors.Is(err, p2p.ErrBusy) {
						b.Fatal(err)
					}
					if flying++; flying == window {
						<-here.back
						flying--
					}
				}
				for ; flying > 0; flying-- {
					<-here.back
				}
			})
		}
	}
}
