package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/runtime/still"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// A snapshot is a still picture of what the journal was folded into up to a
// record, so that a start folds only what came after it:
//
//	"souk snapshot 1" ‖ mark (32) ‖ record's number (8, big-endian) ‖ record's SHA-256 (32)
//	                  ‖ the picture ‖ SHA-256 of all before (32)
//
// The mark is a hash over the build, the types and the settings: another program,
// or the same one told otherwise, folds the whole journal. So does one whose
// snapshot is damaged, or of a journal that says something else at that place.
const (
	snapshotMagic = "souk snapshot 1"
	snapshotHead  = len(snapshotMagic) + 32 + 8 + 32
)

// leastApart is the least number of records between two snapshots. A growing
// state is pictured ever more rarely: each picture costs as much as all of it.
const leastApart = 20_000

// longTail is how many records a start folds before it keeps a snapshot at once,
// rather than leaving it to one who may be ended first.
const longTail = 5 * leastApart

// snapshotName is what the snapshot is kept as; a newer one takes its place.
var snapshotName = wire.Sum([]byte(snapshotMagic))

var errSnapshot = errors.New("the snapshot is not of this journal, these settings and this build")

// folded is what a journal was folded into.
type folded struct {
	Core    *agent.Agent
	Archive *archive
	Last    uint64 // the last instant recorded
	Seq     uint64 // the last record
	sum     sum    // of that record
}

type sum [32]byte

// snapshots make pictures of what the journal has become, from the journal: the
// running core is never held up, nor asked.
type snapshots struct {
	p    *Peer
	form *still.Form
	mark sum
	due  uint64 // the record after which the next is made; the loop's own once that runs
	want chan struct{}
}

// newSnapshots returns nil where none are kept.
func newSnapshots(p *Peer) (*snapshots, error) {
	if p.o.Snapshots == nil || p.o.Build == "" {
		return nil, nil
	}
	var docs []any
	for k := range wire.Kind(256) {
		if e, ok := p.reg.Entry(k); ok && e.New != nil {
			docs = append(docs, e.New())
		}
	}
	form, err := still.New(new(folded), []any{agent.Config{}, sync.Mutex{}, sum{}}, docs)
	if err != nil {
		return nil, fmt.Errorf("snapshots: %w", err)
	}
	print := form.Fingerprint()
	settings := fmt.Sprintf("%s\n%x\n%s %s\n%x\n%+v\n%+v", p.o.Build, print, p.o.Net, p.o.Agent.Key(), p.o.Mandate, p.o.Policy, p.o.Quotas)
	return &snapshots{p: p, form: form, mark: sha256.Sum256([]byte(settings)), want: make(chan struct{}, 1)}, nil
}

// fresh is what is known before the first record.
func (p *Peer) fresh() (*folded, error) {
	mandate, err := readMandate(p.reg, p.o.Net, p.o.Agent.Key(), p.o.Mandate)
	if err != nil {
		return nil, fmt.Errorf("read the mandate: %w", err)
	}
	core, err := agent.New(agent.Config{
		Self: p.o.Agent.Key(), Net: p.o.Net, Registry: p.reg, Namer: wire.Canonical{},
		Mandate: mandate, Rail: "credit", Policy: p.o.Policy, Quotas: p.o.Quotas,
	})
	return &folded{Core: core, Archive: newArchive(p.o.Agent.Key())}, err
}

// replay folds the journal: from the snapshot on, if there is a good one. It
// returns also how many records it folded.
func (p *Peer) replay(ctx context.Context) (*folded, uint64, error) {
	f, err := p.fresh()
	if err != nil {
		return nil, 0, err
	}
	if p.snapshots != nil {
		if err := p.snapshots.read(f); err != nil {
			if !errors.Is(err, store.ErrNotFound) {
				p.log.Warn("the whole journal is read, and not a snapshot of it", "why", err)
			}
			if f, err = p.fresh(); err != nil { // nothing of a bad one may be left
				return nil, 0, err
			}
		}
	}
	from := f.Seq
	if _, err := p.o.Journal.Replay(from+1, func(seq uint64, b []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return p.fold(f, seq, b)
	}); err != nil {
		return nil, 0, fmt.Errorf("replay the journal: %w", err)
	}
	return f, f.Seq - from, nil
}

// recollect is replay at a start: the peer goes on from what it returns.
func (p *Peer) recollect(ctx context.Context) (f *folded, tail uint64, err error) {
	if p.snapshots, err = newSnapshots(p); err != nil {
		return nil, 0, err
	}
	if f, tail, err = p.replay(ctx); err != nil {
		return nil, 0, err
	}
	p.appended, p.archive = f.Seq, f.Archive
	if s := p.snapshots; s != nil {
		s.due = f.Seq - tail + s.apart(f.Seq)
		if tail >= longTail { // it took long: what is a little more is spared the next time
			if err := s.write(f); err != nil {
				p.log.Warn("no snapshot was made; the next start takes as long", "error", err)
			} else {
				s.due = f.Seq + s.apart(f.Seq)
			}
		}
		s.appended(f.Seq)
	}
	return f, tail, nil
}

// fold folds one record.
func (p *Peer) fold(f *folded, seq uint64, b []byte) error {
	r, err := agent.ReadRecord(p.reg, b)
	if err != nil {
		return fmt.Errorf("journal record %d: %w", seq, err)
	}
	touched, err := f.Core.Fold(r)
	if err != nil {
		return fmt.Errorf("journal record %d: %w", seq, err)
	}
	f.Archive.note(seq, r, touched)
	f.Last, f.Seq, f.sum = max(f.Last, r.At), seq, sha256.Sum256(b)
	return nil
}

// read makes f of the snapshot. After an error f is good for nothing.
func (s *snapshots) read(f *folded) error {
	a, err := s.p.o.Snapshots.Open(snapshotName)
	if err != nil {
		return err
	}
	defer a.Close() // only read from
	b := make([]byte, a.Size())
	if _, err := io.ReadFull(a, b); err != nil {
		return fmt.Errorf("read the snapshot: %w", err)
	}
	if len(b) < snapshotHead+len(sum{}) {
		return errSnapshot
	}
	body, end := b[:len(b)-len(sum{})], b[len(b)-len(sum{}):]
	head := body[len(snapshotMagic):snapshotHead]
	if sha256.Sum256(body) != sum(end) || string(body[:len(snapshotMagic)]) != snapshotMagic || sum(head[:32]) != s.mark {
		return errSnapshot
	}
	seq := binary.BigEndian.Uint64(head[32:])
	record, err := s.p.o.Journal.Read(seq)
	if err != nil || sha256.Sum256(record) != sum(head[40:]) {
		return errors.Join(errSnapshot, err)
	}
	if err := s.form.Read(body[snapshotHead:], f); err != nil {
		return err
	}
	f.sum = sum(head[40:])
	return nil
}

// write keeps a snapshot of f, in place of the one before.
func (s *snapshots) write(f *folded) error {
	d, err := s.p.o.Snapshots.Create()
	if err != nil {
		return err
	}
	defer d.Discard() // after Keep it does nothing
	h := sha256.New()
	to := io.MultiWriter(d, h)
	head := bytes.NewBuffer(make([]byte, 0, snapshotHead))
	head.WriteString(snapshotMagic)
	head.Write(s.mark[:])
	head.Write(binary.BigEndian.AppendUint64(nil, f.Seq))
	head.Write(f.sum[:])
	if _, err := to.Write(head.Bytes()); err != nil {
		return err
	}
	if err := s.form.Write(to, f); err != nil {
		return err
	}
	if _, err := d.Write(h.Sum(nil)); err != nil {
		return err
	}
	return d.Keep(snapshotName)
}

// appended notes a record, in the loop, and has a snapshot made when it is time.
func (s *snapshots) appended(seq uint64) {
	if s == nil || seq < s.due {
		return
	}
	s.due = seq + s.apart(seq)
	select {
	case s.want <- struct{}{}:
	default: // one is being made
	}
}

// apart is how many records lie between the snapshot at seq and the next.
func (s *snapshots) apart(seq uint64) uint64 {
	if s.p.o.SnapshotEvery > 0 {
		return s.p.o.SnapshotEvery
	}
	return max(leastApart, seq/32)
}

// run makes snapshots when they are wanted. What is damaged in the records before
// the one that was read at the start is found here, at once.
func (s *snapshots) run(from uint64) {
	if err := s.check(from); err != nil && s.p.ctx.Err() == nil {
		s.p.fail(fmt.Errorf("check the journal: %w", err))
		return
	}
	for {
		select {
		case <-s.want:
		case <-s.p.ctx.Done():
			return
		}
		f, _, err := s.p.replay(s.p.ctx)
		if err == nil {
			err = s.write(f)
		}
		if err != nil && s.p.ctx.Err() == nil {
			s.p.log.Warn("no snapshot was made; the next start takes longer", "error", err)
		}
	}
}

// check reads what a start passed over, the records up to from, as far as its chain.
func (s *snapshots) check(from uint64) error {
	stop := errors.New("enough")
	if from == 0 {
		return nil
	}
	_, err := s.p.o.Journal.Replay(1, func(seq uint64, _ []byte) error {
		if err := s.p.ctx.Err(); err != nil {
			return err
		}
		if seq >= from {
			return stop
		}
		return nil
	})
	if errors.Is(err, stop) {
		return nil
	}
	return err
}
