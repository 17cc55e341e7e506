package simulations

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/souk-network/souk/simulations/world"
)

// befall plans all faults: when they come, whom they hit and how hard is drawn
// before anything happens, each kind from a source of its own, so that one that is
// left out changes no other.
func (x *Story) befall() {
	f := &x.Befalls
	c := world.NewChance(x.Name, x.Seed)
	kind := func(name string, every Span, do func(r *rand.Rand) func()) {
		r := c.Source("fault "+name, 0)
		n := 0
		for at := float64(world.Dawn + x.Time.Warmup.ms); every.ms > 0; {
			at += -math.Log(1-r.Float64()) * float64(every.ms)
			if at >= float64(x.ends) {
				return
			}
			n++
			act, label := do(r), fmt.Sprintf("%s %d", name, n)
			x.w.At(uint64(at), func() {
				if x.happens(label) {
					act()
				}
			})
		}
	}
	someone := func(r *rand.Rand) *world.Peer { return x.w.Peers()[r.IntN(len(x.w.Peers()))] }
	kind("crash", f.Crash, func(r *rand.Rand) func() {
		p, down := someone(r), between(r, 0, f.Down.ms)
		return func() { p.Crash(); x.w.After(down, p.Start) }
	})
	kind("power", f.Doom, func(r *rand.Rand) func() {
		p, records, down := someone(r), 1+r.IntN(6), between(r, 0, f.Down.ms)
		return func() { p.Doom(records, down) }
	})
	kind("cut", f.Partition, func(r *rand.Rand) func() {
		side := make([]uint8, len(x.w.Peers()))
		for i := range side {
			side[i] = uint8(r.IntN(2))
		}
		heals := between(r, 1000, f.Heals.ms)
		return func() { x.w.Cut(side); x.w.After(heals, x.w.Heal) }
	})
	kind("jump", f.Jump, func(r *rand.Rand) func() {
		p, by := someone(r), int64(between(r, 0, 2*f.By.ms))-int64(f.By.ms)
		return func() { p.Jump(by) }
	})
	kind("full", f.Full, func(r *rand.Rand) func() {
		p, room := someone(r), between(r, 1000, f.Room.ms)
		return func() { p.Fill(room) }
	})
	kind("backup", f.Backup, func(r *rand.Rand) func() { return someone(r).Backup })
	kind("rot", f.Rot, func(r *rand.Rand) func() {
		p, record, bit := someone(r), r.Uint64(), r.Uint64()
		return func() { p.Rot(record, bit) }
	})
	kind("restore", f.Restore, func(r *rand.Rand) func() {
		p, down := someone(r), between(r, 0, f.Down.ms)
		return func() { p.Restore(); x.w.After(down, p.Start) }
	})
	kind("break", f.Break, func(r *rand.Rand) func() {
		p, o := someone(r), someone(r)
		return func() { x.w.Break(p, o) }
	})
}
