package world

import (
	"fmt"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
)

// damage names the first acknowledged record that is not what was written.
type damage struct{ record int }

func (d *damage) Error() string { return fmt.Sprintf("record %d is damaged", d.record) }

// codeFull is what the hands answer to an order for whose payload there is no room.
const codeFull protocol.Code = "disk_full"

// Backup copies the durable part of its journal, if all of that is sound: what is not
// would be named.
func (p *Peer) Backup() {
	d := &p.disk
	if p.gone || d.sound() < d.durable {
		return
	}
	p.w.tally.Backups++
	p.w.tell(p, "", "copies", fmt.Sprintf("%d records", d.durable))
	p.copied = slices.Clone(d.written[:d.durable])
}

// Restore ends its process and puts the copy that was taken last in place of its
// journal; where none was taken, that of a home just made. It is down until Start.
func (p *Peer) Restore() {
	if p.gone || p.w.fault != nil {
		return
	}
	p.Crash()
	d := &p.disk
	p.w.tally.Restored++
	p.w.tally.Forgotten += uint64(max(0, len(d.written)-len(p.copied)))
	p.w.tell(p, "", "restores", fmt.Sprintf("a copy of %d records in place of %d", len(p.copied), len(d.written)))
	read := d.read[:min(len(d.read), len(p.copied))]
	*d = disk{written: slices.Clone(p.copied), read: read, full: d.full}
	d.durable = len(d.written)
	p.restored = true
	for _, o := range p.w.peers { // a log that has gone back is read anew
		delete(o.log.read, p.key)
	}
}

// Rot flips one bit of an acknowledged record. Both numbers are taken modulo how many
// there are.
func (p *Peer) Rot(record, bit uint64) {
	d := &p.disk
	if p.gone || d.durable == 0 {
		return
	}
	i := int(record % uint64(d.durable))
	b := slices.Clone(d.written[i])
	bit %= uint64(len(b)) * 8
	b[bit/8] ^= 1 << (bit % 8)
	d.written[i] = b
	p.w.tally.Flipped++
	p.w.tell(p, "", "rots", fmt.Sprintf("a bit of record %d has flipped", i+1))
}

// ruined is what follows where a start finds damage: it says so and does not run, and
// its owner restores the last copy, after a time.
func (p *Peer) ruined(found *damage) {
	w := p.w
	w.tally.Damaged++
	w.tell(p, "", "stops", found.Error())
	w.After(between(w.disks, 1000, 10_000), func() {
		if p.core == nil {
			p.Restore()
			p.Start()
		}
	})
}

// Fill leaves no room on its disk for so many milliseconds: payloads and records find
// none. It is started when there is room again.
func (p *Peer) Fill(ms uint64) {
	if p.disk.full || p.gone {
		return
	}
	p.w.tally.Filled++
	p.w.tell(p, "", "fills", "no room on its disk")
	p.disk.full = true
	p.w.After(ms, p.clear)
}

// clear makes room again.
func (p *Peer) clear() {
	if p.disk.full {
		p.disk.full = false
		p.Start()
	}
}

// unwritten is what follows where records found no room: the process ends, and nothing
// of what waited for them is ever said.
func (p *Peer) unwritten() {
	run := p.run
	p.w.After(0, func() {
		if p.run == run && p.core != nil {
			p.w.tally.Unwritten++
			p.Crash()
		}
	})
}

// noRoom refuses an order whose payload could not be kept.
func (p *Peer) noRoom(o *agent.Order) *agent.Refusal {
	p.w.tally.NoRoom++
	p.w.tell(p, "", "refuses", "order "+o.Key+": no room for its payload")
	return &agent.Refusal{Code: codeFull, Why: "no room for its payload"}
}
