package world

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol/wire"
)

// disk is a modelled journal: records in order, each bound to those before it,
// durable in groups. What a sync has not reached may be there after a crash, or
// not, or in part.
type disk struct {
	written [][]byte // 4 bytes of length, a hash over all up to here, the record
	head    [sha256.Size]byte
	durable int      // of written, those that were acknowledged
	flying  int      // of written, those up to which a sync is under way; 0 for none
	waiting []parcel // effects, in order
	full    bool     // there is no room for what would be written

	// Of written, those that were read back before, as they were read: what is on
	// a disk does not change, and reading it is most of what a start costs.
	read []*agent.Record
}

// parcel is the effects of one step, which wait for a number of durable records.
type parcel struct {
	upto    int
	effects []agent.Effect
}

const sealed = 4 + sha256.Size // bytes before each record

// append writes a record. It is not durable yet.
func (d *disk) append(record []byte) {
	h := sha256.New()
	h.Write(d.head[:])
	h.Write(record)
	copy(d.head[:], h.Sum(nil))
	b := make([]byte, 0, sealed+len(record))
	b = binary.BigEndian.AppendUint32(b, uint32(len(record)))
	b = append(b, d.head[:]...)
	d.written = append(d.written, append(b, record...))
}

// loses is what a crash does: of the records that no sync has acknowledged, keep
// stay, and of the next one the first bytes where torn. It returns how many are gone.
func (d *disk) loses(keep int, torn func(size int) int) (gone int, tore bool) {
	stay := min(d.durable+keep, len(d.written))
	gone = len(d.written) - stay
	if gone > 0 {
		if n := torn(len(d.written[stay])); n > 0 {
			part := d.written[stay][:n:n]
			d.written = append(d.written[:stay:stay], part)
			tore = true
		} else {
			d.written = d.written[:stay]
		}
	}
	d.flying, d.waiting = 0, nil
	return gone, tore
}

// open reads the journal as a start does: up to the first record that is not
// whole, which is cut off with all after it. Where one was acknowledged that is not
// what was written, that is a *damage, and nothing is cut off.
func (d *disk) open(reg *wire.Registry) ([]*agent.Record, error) {
	if n := d.sound(); n < d.durable {
		return nil, &damage{n + 1}
	}
	records, err := d.whole(), error(nil)
	d.read = d.read[:min(len(d.read), len(records))]
	for _, b := range records[len(d.read):] {
		var r *agent.Record
		if r, err = agent.ReadRecord(reg, b); err != nil {
			return d.read, fmt.Errorf("record %d: %w", len(d.read)+1, err)
		}
		d.read = append(d.read, r)
	}
	return d.read, nil
}

// sound returns how many records from the first on are what was written.
func (d *disk) sound() int {
	var head [sha256.Size]byte
	for i, b := range d.written {
		h := sha256.New()
		h.Write(head[:])
		if len(b) >= sealed {
			h.Write(b[sealed:])
		}
		var sum [sha256.Size]byte
		copy(sum[:], h.Sum(nil))
		if len(b) < sealed || uint64(len(b)) != sealed+uint64(binary.BigEndian.Uint32(b)) || string(sum[:]) != string(b[4:sealed]) {
			return i
		}
		head = sum
	}
	return len(d.written)
}

// whole returns the records that are whole, and cuts off the others.
func (d *disk) whole() [][]byte {
	d.written = d.written[:d.sound()]
	d.head, d.durable = [sha256.Size]byte{}, len(d.written)
	records := make([][]byte, len(d.written))
	for i, b := range d.written {
		records[i] = b[sealed:]
	}
	if n := len(d.written); n > 0 {
		copy(d.head[:], d.written[n-1][4:sealed])
	}
	return records
}

// flush begins a sync of all that is written, if none is under way.
func (p *Peer) flush() {
	d := &p.disk
	if d.flying > 0 || d.durable == len(d.written) {
		return
	}
	if d.full {
		p.unwritten()
		return
	}
	d.flying = len(d.written)
	ms := between(p.w.disks, p.w.o.Disk.Least, p.w.o.Disk.Most)
	p.w.put(turn{at: p.w.now + ms, what: syncs, peer: p.id, run: p.run, mark: uint64(d.flying)})
}

// synced lets the effects out whose records are durable now.
func (p *Peer) synced() {
	d := &p.disk
	if p.w.o.Watch != nil {
		p.w.stop(p.w.o.Watch.Durable(p.key, d.flying))
	}
	for _, r := range p.unshown[:d.flying-d.durable] {
		p.index(r)
	}
	p.unshown = p.unshown[d.flying-d.durable:]
	d.durable, d.flying = d.flying, 0
	p.flush()
	p.release()
}

// release carries out what waits for nothing any more.
func (p *Peer) release() {
	run := p.run
	for len(p.disk.waiting) > 0 && p.disk.waiting[0].upto <= p.disk.durable && p.run == run {
		first := p.disk.waiting[0]
		p.disk.waiting = p.disk.waiting[1:]
		for _, e := range first.effects {
			p.carry(e)
		}
	}
}
