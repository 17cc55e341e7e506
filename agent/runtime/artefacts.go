package runtime

import (
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// An artefact lies in the vault, and travels on an artefact stream, as its salt
// (32 bytes) followed by its bytes: all that is needed to open its commitment.
const saltBytes = 32

// grants says who may fetch what.
type grants struct {
	mu sync.Mutex
	to map[wire.CID][]wire.Key
	of map[grant]wire.Key // whose artefact it is, where it is not ours
}

// grant is what one peer may fetch.
type grant struct {
	to wire.Key
	id wire.CID
}

func newGrants() *grants { return &grants{to: map[wire.CID][]wire.Key{}, of: map[grant]wire.Key{}} }

// add lets a peer fetch artefacts: ours, or our copies of those of another.
func (g *grants) add(to, of wire.Key, artefacts []payload.Artefact) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range artefacts {
		if !of.IsZero() {
			g.of[grant{to, a.ID}] = of
		}
		if !slices.Contains(g.to[a.ID], to) {
			g.to[a.ID] = append(g.to[a.ID], to)
		}
	}
}

// name returns the name in the vault of an artefact that a peer may fetch.
func (g *grants) name(peer wire.Key, id wire.CID) (name wire.CID, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name = id
	if of, others := g.of[grant{peer, id}]; others {
		name = foreign(of, id)
	}
	return name, slices.Contains(g.to[id], peer)
}

func (g *grants) remove(from wire.Key, artefacts []payload.Artefact) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range artefacts {
		delete(g.of, grant{from, a.ID})
		g.to[a.ID] = slices.DeleteFunc(g.to[a.ID], func(k wire.Key) bool { return k == from })
		if len(g.to[a.ID]) == 0 {
			delete(g.to, a.ID)
		}
	}
}

// draft writes a new artefact into the vault and computes its commitment.
type draft struct {
	store.Draft
	hasher payload.Hasher
	salt   [saltBytes]byte
	room   int64
	full   error // what Write returns once room is used up
}

// newDraft begins an artefact of at most limit bytes.
func (p *Peer) newDraft(salt [saltBytes]byte, limit int64, full error) (*draft, error) {
	d, err := p.o.Vault.Create()
	if err != nil {
		return nil, err
	}
	if _, err := d.Write(salt[:]); err != nil {
		return nil, errors.Join(err, d.Discard())
	}
	return &draft{Draft: d, salt: salt, room: limit, full: full}, nil
}

// Write adds bytes, or returns d.full where they are more than there is room for.
func (d *draft) Write(b []byte) (int, error) {
	if int64(len(b)) > d.room {
		return 0, d.full
	}
	n, err := d.Draft.Write(b)
	d.room -= int64(n)
	_, _ = d.hasher.Write(b[:n])
	return n, err
}

// buffers are what artefacts are copied through, each one copy's at a time.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// fill writes all that r has.
func (d *draft) fill(r io.Reader) error {
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	_, err := io.CopyBuffer(d, r, buf[:])
	return err
}

// keep makes the artefact durable under its commitment.
func (d *draft) keep() (payload.Opening, error) {
	o := d.hasher.Opening(d.salt)
	return o, d.Keep(o.ID())
}

// stage puts new bytes of ours into the vault.
func (p *Peer) stage(r io.Reader, media string, label payload.Label) (payload.Artefact, error) {
	var salt [saltBytes]byte
	draw(salt[:])
	d, err := p.newDraft(salt, MaxInput, errTooLarge)
	if err != nil {
		return payload.Artefact{}, err
	}
	defer d.Discard() // after keep it does nothing
	if err := d.fill(r); err != nil {
		return payload.Artefact{}, err
	}
	o, err := d.keep()
	if err != nil {
		return payload.Artefact{}, err
	}
	return payload.Artefact{ID: o.ID(), Size: o.Size, Type: media, Label: label}, nil
}

// datum reads a small artefact of ours for a frame.
func (p *Peer) datum(a payload.Artefact) (protocol.Datum, error) {
	f, err := p.o.Vault.Open(a.ID)
	if err != nil {
		return protocol.Datum{}, err
	}
	defer f.Close() // only read from
	if a.Size > payload.MaxInline {
		return protocol.Datum{}, errTooLarge
	}
	b, err := io.ReadAll(io.LimitReader(f, payload.MaxInline+saltBytes+1))
	if err != nil {
		return protocol.Datum{}, err
	}
	if uint64(len(b)) != a.Size+saltBytes {
		return protocol.Datum{}, payload.ErrCommitment
	}
	var h payload.Hasher
	_, _ = h.Write(b[saltBytes:])
	return protocol.Datum{Opening: h.Opening([saltBytes]byte(b[:saltBytes])), Bytes: b[saltBytes:]}, nil
}

// content opens the bytes of an artefact by its name in the vault, without its salt.
func (p *Peer) content(name wire.CID) (store.Artefact, error) {
	f, err := p.o.Vault.Open(name)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(saltBytes, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// foreign is the name in the vault of a peer's artefact. Each peer has names of
// its own: who only knows the commitment of somebody else's artefact must not
// have our copy of it worked on, or erased, by naming it as theirs.
func foreign(peer wire.Key, id wire.CID) wire.CID {
	return wire.Sum(append([]byte(id.String()), peer[:]...))
}
