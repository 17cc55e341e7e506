package runtime_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// cutting is a network on which transfers break off after some bytes.
type cutting struct {
	p2p.Network
	most int64

	mu      sync.Mutex
	offsets []uint64
	bytes   int64
}

func (c *cutting) Fetch(ctx context.Context, from wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error) {
	r, err := c.Network.Fetch(ctx, from, id, offset)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offsets = append(c.offsets, offset)
	return &cutOff{ReadCloser: r, of: c, left: c.most}, nil
}

// cutOff is one transfer.
type cutOff struct {
	io.ReadCloser
	of   *cutting
	left int64
}

func (r *cutOff) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, errors.New("the line is cut")
	}
	n, err := r.ReadCloser.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.bytes += int64(n)
	return n, err
}

// TestCutTransfers has a provider fetch an input over a line that is cut again and
// again: within the salt, in the midst of a chunk, and at the very end.
func TestCutTransfers(t *testing.T) {
	const size = 1 << 20
	for _, most := range []int64{size/2 + 7, size / 5, size + 31, 300_000} {
		synctest.Test(t, func(t *testing.T) {
			hub := newHub(t)
			a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
			line := &cutting{most: most}
			a.options = func(o *runtime.Options) {
				dial := o.Dial
				o.Dial = func(h p2p.Handler) (n p2p.Network, err error) {
					line.Network, err = dial(h)
					return line, err
				}
			}
			seller, buyer := a.up(), b.up()
			defer a.down()
			defer b.down()
			if _, err := seller.AddOffer(t.Context(), words(5)); err != nil {
				t.Fatal(err)
			}
			meet(t, seller, buyer)
			if _, err := buyer.Hire(t.Context(), gateway.Order{Key: "one", Capability: "text/words@1"}, strings.NewReader(strings.Repeat("word ", size/5))); err != nil {
				t.Fatal(err)
			}
			if j, out := settled(t, buyer, "one"); !j.OK || strings.TrimSpace(out) != "209715" {
				t.Fatalf("job %+v, result %q", j, out)
			}
			synctest.Wait()
			line.mu.Lock()
			defer line.mu.Unlock()
			for i, offset := range line.offsets {
				if offset != uint64(i)*uint64(most) {
					t.Errorf("cut after %d bytes each: asked for what is behind %v", most, line.offsets)
				}
			}
			if line.bytes > size*11/10 || len(line.offsets) < 2 {
				t.Errorf("%d bytes came for an artefact of %d, in %d transfers", line.bytes, size, len(line.offsets))
			}
		})
	}
}
