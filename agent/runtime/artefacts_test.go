package runtime

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store/memory"
)

// slow is a network whose transfers take a second for each piece, until their context ends.
type slow struct {
	p2p.Network
	bytes []byte
}

func (s slow) Fetch(ctx context.Context, _ wire.Key, _ wire.CID, _ uint64) (io.ReadCloser, error) {
	return &trickle{ctx, bytes.NewReader(s.bytes)}, nil
}

type trickle struct {
	ctx  context.Context
	rest *bytes.Reader
}

func (r *trickle) Read(b []byte) (int, error) {
	select {
	case <-time.After(time.Second):
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
	return r.rest.Read(b[:min(len(b), 100)])
}

func (r *trickle) Close() error { return nil }

// TestSlowTransfer: an artefact that takes longer to come than a dial may is had all
// the same, if there is time; and who says its bytes ever more slowly is waited for no
// longer than that.
func TestSlowTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := bytes.Repeat([]byte("x"), 5000)
		var salt [saltBytes]byte
		var h payload.Hasher
		_, _ = h.Write(content)
		o := h.Opening(salt)
		p := &Peer{
			o: Options{Vault: memory.NewVault()}, tray: newTray(),
			net: slow{bytes: append(salt[:], content...)},
		}
		a := payload.Artefact{ID: o.ID(), Size: o.Size}
		for limit, want := range map[time.Duration]bool{2 * time.Minute: true, 30 * time.Second: false} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			began := time.Now()
			err := p.obtain(ctx, key(int(limit)), a)
			cancel()
			if took := time.Since(began); (err == nil) != want || took > limit {
				t.Errorf("within %v: %v after %v", limit, err, took)
			}
		}
	})
}
