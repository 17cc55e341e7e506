package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// haul is an artefact of a peer on its way into the vault. Where it is cut off it
// goes on from there the next time: what has come is kept until close.
type haul struct {
	p     *Peer
	from  wire.Key
	a     payload.Artefact
	draft *draft // what has come so far, once its salt has
}

// obtain sees to it that an artefact of a peer is in the vault: it is there, or
// it came with a frame, or it is fetched, again and again until ctx ends.
func (p *Peer) obtain(ctx context.Context, from wire.Key, a payload.Artefact) error {
	if p.o.Vault.Holds(foreign(from, a.ID)) {
		return nil
	}
	if a.Size > MaxInput {
		return errTooLarge
	}
	if d, ok := p.tray.take(from, a.ID); ok {
		salted := append(append(make([]byte, 0, saltBytes+len(d.Bytes)), d.Opening.Salt[:]...), d.Bytes...)
		h := &haul{p: p, from: from, a: a}
		defer h.close()
		if h.take(bytes.NewReader(salted)) == nil {
			return nil
		}
	}
	h := &haul{p: p, from: from, a: a}
	defer h.close()
	const least, most = 200 * time.Millisecond, 10 * time.Second
	for pause := least; ; pause = min(2*pause, most) {
		before := h.offset()
		err := h.fetch(ctx)
		if err == nil || errors.Is(err, payload.ErrCommitment) {
			return err
		}
		if h.offset() > before {
			pause = least
		}
		if !p.wait(ctx, pause) {
			return fmt.Errorf("artefact not had in time: %w", err)
		}
	}
}

// offset is how many bytes have come, the salt included.
func (h *haul) offset() uint64 {
	if h.draft == nil {
		return 0
	}
	return saltBytes + h.a.Size - uint64(h.draft.room)
}

// fetch asks the peer for what has not come yet.
func (h *haul) fetch(ctx context.Context) error {
	r, err := h.p.net.Fetch(ctx, h.from, h.a.ID, h.offset())
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = r.Close() })
	defer stop()
	defer r.Close() // only read from
	return h.take(r)
}

// take reads on, and makes the artefact durable if its bytes are those committed
// to. Where they are not, nothing of them is used again.
func (h *haul) take(r io.Reader) error {
	if h.draft == nil {
		var salt [saltBytes]byte
		if _, err := io.ReadFull(r, salt[:]); err != nil {
			return fmt.Errorf("read artefact: %w", err)
		}
		d, err := h.p.newDraft(salt, int64(h.a.Size), payload.ErrCommitment)
		if err != nil {
			return err
		}
		h.draft = d
	}
	if err := h.draft.fill(r); err != nil {
		return fmt.Errorf("read artefact: %w", err)
	}
	d := h.draft
	h.draft = nil
	defer d.Discard() // after Keep it does nothing
	if o := d.hasher.Opening(d.salt); o.ID() != h.a.ID || o.Size != h.a.Size {
		return payload.ErrCommitment
	}
	return d.Keep(foreign(h.from, h.a.ID))
}

// close forgets what has come, unless it is in the vault.
func (h *haul) close() {
	if h.draft != nil {
		_ = h.draft.Discard() // a draft left over is removed at the next start
		h.draft = nil
	}
}
