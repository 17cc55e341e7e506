package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
)

// ArtefactOptions says what is transferred.
type ArtefactOptions struct {
	Size int64 // bytes
}

// Artefact measures the transfer of payload bytes from one peer's vault to another's
// over the contract with the network, each chunk checked against its commitment, and
// the same cut at half and gone on with. The reference is a bare libp2p stream of as
// many bytes from memory, which nobody looks at.
func Artefact(ctx context.Context, o Options, a ArtefactOptions) (_ *Report, err error) {
	t, err := openTransfer(ctx, o, a)
	defer func() { err = errors.Join(err, t.close()) }()
	if err != nil {
		return nil, err
	}
	o.Scene("sending as many bytes over a bare stream")
	ref, err := bareStream(ctx, a.Size)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, x := range []struct {
		name string
		keep bool // into the vault, durable
		cut  bool // at half
	}{{"checked and kept, durable", true, false}, {"checked, not kept", false, false}, {"cut at half and resumed, checked and kept", true, true}} {
		o.Scene("transferring: " + x.name)
		row, err := t.measure(ctx, x.keep, x.cut)
		if err != nil {
			return nil, err
		}
		row.Case, row.Goal = fmt.Sprintf("%d MB from vault to peer, %s", a.Size/1e6, x.name), "at least 0.8"
		if x.cut {
			row.Goal = "at most 1.1 times its bytes over the wire"
		}
		if err := row.hold(ref, ofRate); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return report("artefact", rows...)
}

// transfer is two peers with a vault each, one of which has an artefact.
type transfer struct {
	quiet
	size        int64
	id          wire.CID
	source      *files.Vault
	target      *files.Vault
	server, own p2p.Network
	served      atomic.Int64 // bytes that left the vault for the wire
}

// openTransfer makes an artefact as the runtime keeps it: salt, then bytes.
func openTransfer(ctx context.Context, o Options, a ArtefactOptions) (t *transfer, err error) {
	t = &transfer{size: a.Size}
	if t.source, err = files.Open(filepath.Join(o.Folder, "source")); err != nil {
		return t, err
	}
	if t.target, err = files.Open(filepath.Join(o.Folder, "target")); err != nil {
		return t, err
	}
	o.Scene(fmt.Sprintf("making %d MB", a.Size/1e6))
	d, err := t.source.Create()
	if err != nil {
		return t, err
	}
	defer d.Discard() // after Keep it does nothing
	var salt [32]byte
	var h payload.Hasher
	_, err = d.Write(salt[:])
	chance, block := rand.NewChaCha8([32]byte{1}), make([]byte, 1<<20)
	for left := a.Size; left > 0 && err == nil; left -= int64(len(block)) {
		block = block[:min(left, int64(len(block)))]
		_, _ = chance.Read(block) // never fails
		_, _ = h.Write(block)
		_, err = d.Write(block)
	}
	t.id = h.Opening(salt).ID()
	if err := errors.Join(err, d.Keep(t.id), ctx.Err()); err != nil {
		return t, err
	}
	if t.server, err = join(keyNumber(1), DemoNet, t); err != nil {
		return t, err
	}
	if t.own, err = join(keyNumber(2), DemoNet, quiet{}); err != nil {
		return t, err
	}
	_, err = t.own.Connect(ctx, t.server.Addrs()[0])
	return t, err
}

func (t *transfer) close() (err error) {
	for _, n := range []p2p.Network{t.own, t.server} {
		if n != nil {
			err = errors.Join(err, n.Close())
		}
	}
	return err
}

// OnFetch serves the artefact.
func (t *transfer) OnFetch(_ wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error) {
	f, err := t.source.Open(id)
	if err != nil {
		return nil, errors.Join(p2p.ErrNoArtefact, err)
	}
	if _, err := f.Seek(int64(offset), io.SeekStart); err != nil {
		return nil, errors.Join(p2p.ErrNoArtefact, err, f.Close())
	}
	return &servedFile{f, &t.served}, nil
}

// servedFile counts what is read for the wire.
type servedFile struct {
	store.Artefact
	served *atomic.Int64
}

func (f *servedFile) Read(b []byte) (int, error) {
	n, err := f.Artefact.Read(b)
	f.served.Add(int64(n))
	return n, err
}

// measure fetches the artefact once.
func (t *transfer) measure(ctx context.Context, keep, cut bool) (Row, error) {
	row := Row{Unit: "MB/s"}
	runtime.GC()
	before, err := resident()
	if err != nil {
		return row, err
	}
	t.served.Store(0)
	m, err := begin()
	if err != nil {
		return row, err
	}
	s := &sink{peak: before}
	err = t.fetch(ctx, s, keep, cut)
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, err
	}
	u.fill(&row, int(t.size/1e6))
	row.N, row.Rate = 1, float64(t.size)/1e6/u.wall.Seconds()
	row.Counts = map[string]float64{
		"bytes over the wire / size": float64(t.served.Load()) / float64(t.size+int64(len(s.salt))), "memory before, MB": before, "memory at most, MB": s.peak,
	}
	return row, nil
}

// fetch gets the artefact, checks it, and where keep says so has it durable. With cut
// the transfer is broken off at half and gone on with from there.
func (t *transfer) fetch(ctx context.Context, s *sink, keep, cut bool) error {
	s.to = io.Discard
	var d store.Draft
	if keep {
		var err error
		if d, err = t.target.Create(); err != nil {
			return err
		}
		defer d.Discard() // after Keep it does nothing
		s.to = d
	}
	ends := []int64{t.size + int64(len(s.salt))}
	if cut {
		ends = []int64{t.size / 2, ends[0]}
	}
	for _, end := range ends {
		r, err := t.own.Fetch(ctx, t.server.Self(), t.id, uint64(s.n))
		if err != nil {
			return err
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{s}, io.LimitReader(r, end-s.n), make([]byte, 64<<10))
		if end == ends[len(ends)-1] && err == nil { // the last byte, so that it ends well
			_, err = io.Copy(s, r)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	if o := s.hasher.Opening(s.salt); o.ID() != t.id {
		return payload.ErrCommitment
	}
	if keep {
		return errors.Join(d.Keep(t.id), t.target.Erase(t.id))
	}
	return nil
}

// sink takes the bytes of an artefact, salt first, and computes its commitment.
type sink struct {
	to     io.Writer
	salt   [32]byte
	hasher payload.Hasher
	n      int64
	looked int64
	peak   float64 // MB
}

func (s *sink) Write(b []byte) (int, error) {
	if _, err := s.to.Write(b); err != nil {
		return 0, err
	}
	rest := b
	if s.n < int64(len(s.salt)) {
		k := copy(s.salt[s.n:], b)
		rest = b[k:]
	}
	_, _ = s.hasher.Write(rest)
	s.n += int64(len(b))
	if s.n-s.looked >= 16<<20 {
		s.looked = s.n
		mb, err := resident()
		if err != nil {
			return len(b), err
		}
		s.peak = max(s.peak, mb)
	}
	return len(b), nil
}

// resident is what this process has resident, in MB; 0 where that is not known.
func resident() (float64, error) {
	if runtime.GOOS != "linux" {
		return 0, nil
	}
	w, err := weigh(os.Getpid())
	if err != nil {
		return 0, err
	}
	return w[0].megabytes, nil
}

// bareStream measures as many bytes over a libp2p stream, from memory to nowhere.
func bareStream(ctx context.Context, size int64) (_ *Reference, err error) {
	from, to, err := bareHosts(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.Close(), from.Close()) }()
	serveZeros(from, size)
	cpu, began := cpuTime(), time.Now()
	s, err := to.NewStream(ctx, from.ID(), bareProtocol)
	if err != nil {
		return nil, err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, s, make([]byte, 64<<10))
	cpu, wall := cpuTime()-cpu, time.Since(began)
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	if n != size {
		return nil, fmt.Errorf("a bare stream brought %d of %d bytes", n, size)
	}
	mb := float64(size) / 1e6
	return &Reference{Case: "a bare libp2p stream (TCP, Noise, yamux) of as many bytes, from memory to nowhere", Rate: mb / wall.Seconds(), CPU: micros(cpu) / mb}, nil
}
