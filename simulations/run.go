package simulations

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/cast"
	"github.com/souk-network/souk/simulations/invariant"
	"github.com/souk-network/souk/simulations/world"
)

// In milliseconds: what payloads are kept for, and how long after the last fault
// offers are still announced.
const (
	day     = 86_400_000
	quarter = 15 * 60_000
)

// Watching is what somebody looking on wants of a run.
type Watching struct {
	Context context.Context       // ends the run early, if it is there
	Tell    func(world.Happening) // told of everything that happens, if it is there
	Step    uint64                // stop once so many events have happened; 0 for never
	Pause   func(done float64)    // told now and then how far the run is, 0 to 1, if it is there
	Drop    map[string]bool       // faults that shall not happen, by name: see Story.Happened
	Doubt   bool                  // have done again what would come out alike: see world.Options
}

// Story is one run of a scenario.
type Story struct {
	*Scenario
	Seed     uint64
	w        *world.World
	watch    *invariant.Watch
	groups   [][]*world.Peer
	of       map[*world.Peer]int // number of its group
	rings    []*cast.Ring
	Happened []string // faults and orders that happened, by name, in order
	left     Measures // of those who have left by then
	err      error
	drop     map[string]bool
	part     bool            // it is to be stopped before its end
	ctx      context.Context // of this one run
	chance   struct{ people, demand *rand.Rand }
	ends     uint64 // of the time of orders
}

// Run runs a scenario from a seed to its end. The error is a violation
// (*invariant.Violation), world.ErrEndless, or a fault of this program; the Story
// is there in any case, unless the scenario could not begin.
func Run(s *Scenario, seed uint64, on Watching) (*Story, error) {
	c := world.NewChance(s.Name, seed)
	x := &Story{Scenario: s, Seed: seed, drop: on.Drop, part: on.Step > 0, ctx: on.Context, of: map[*world.Peer]int{}, left: Measures{}}
	o := world.Options{
		Chance: c, Net: "sim", Light: s.Market.Light, Logs: s.Market.Logs, Tell: on.Tell, Doubt: on.Doubt, Limit: s.Time.Limit,
		Links: world.Links{
			Latency: s.Network.Latency.ms, Jitter: s.Network.Jitter.ms, Bandwidth: s.Network.Bandwidth.bytes, Loss: s.Network.Loss.of10k,
			Repeat: s.Network.Repeat.of10k, Reorder: s.Network.Reorder.of10k, Notice: s.Network.Notice.ms,
		},
		Disk: world.Disk{Least: s.Disk.Least.ms, Most: s.Disk.Most.ms},
		Gossip: world.Gossip{
			Least: s.Gossip.Least.ms, Most: s.Gossip.Most.ms, Loss: s.Gossip.Loss.of10k, Listeners: s.Gossip.Listeners, Asked: s.Gossip.Asked,
		},
	}
	if s.Market.Checks == "every" {
		x.watch = invariant.New("sim")
		o.Watch = x.watch
	}
	if on.Step > 0 {
		o.Limit = on.Step
	}
	var err error
	if x.w, err = world.New(o); err != nil {
		return nil, err
	}
	x.chance.people, x.chance.demand = c.Source("people", 0), c.Source("demand", 0)
	x.ends = world.Dawn + s.Time.Warmup.ms + s.Time.Demand.ms
	if err := x.settle(); err != nil {
		return nil, err
	}
	x.w.OnFled(x.comesBack)
	x.w.At(world.Dawn+x.Time.Warmup.ms/2, x.consents)
	x.demand()
	x.befall()
	if err := x.live(on); err != nil {
		return x, err
	}
	return x, x.end()
}

// live lets time pass, in slices after which everything is looked at.
func (x *Story) live(on Watching) error {
	const looks = 50
	whole := x.Time.Warmup.ms + x.Time.Demand.ms
	for i := range uint64(looks) {
		if err := x.pass(world.Dawn + whole*(i+1)/looks); err != nil {
			return err
		}
		if on.Pause != nil {
			on.Pause(float64(i+1) / (looks + 10))
		}
	}
	x.w.Calm()
	x.w.After(quarter, x.w.Hush)
	if x.Market.Checks == "every" {
		x.w.After(quarter, x.leave)
	}
	for i := range uint64(10) {
		if err := x.pass(world.Dawn + whole + x.Time.Rest.ms*(i+1)/10); err != nil {
			return err
		}
		if on.Pause != nil {
			on.Pause(float64(looks+i+1) / (looks + 10))
		}
	}
	return nil
}

// leave ends those who are not honest: what is to hold must hold without them, and
// whoever waits for their answers would say the same for days.
func (x *Story) leave() {
	for i, g := range x.groups {
		for _, p := range g {
			if !p.Part().Honest() {
				x.measure(x.left, x.Groups[i].Name, p)
				p.Retire()
			}
		}
	}
}

func (x *Story) pass(until uint64) error {
	if x.ctx != nil && x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	err := x.w.Run(until)
	if errors.Is(err, world.ErrEndless) && x.Market.Checks == "every" && !x.part {
		return x.at(&invariant.Violation{Law: invariant.Rests, Why: err.Error()})
	}
	if err != nil {
		return err
	}
	if x.err != nil {
		return x.err
	}
	if x.Market.Checks != "every" {
		return nil
	}
	for _, p := range x.w.Peers() {
		if p.Agent() == nil {
			continue
		}
		if err := x.watch.Whole(p.Key(), p.Clock()); err != nil {
			return x.at(err)
		}
	}
	return nil
}

// at notes where a violation was found.
func (x *Story) at(err error) error {
	var v *invariant.Violation
	if errors.As(err, &v) {
		v.Step, v.At = x.w.Tally().Events, x.w.Now()
	}
	return err
}

// end checks that everything has come to its end.
func (x *Story) end() error {
	if x.Market.Checks != "every" {
		return nil
	}
	return x.at(x.watch.End(func(k wire.Key) uint64 {
		for _, p := range x.w.Peers() {
			if p.Key() == k {
				return p.Clock()
			}
		}
		return x.w.Now()
	}))
}

// settle has everybody come.
func (x *Story) settle() error {
	for i := range x.Groups {
		g := &x.Groups[i]
		x.groups, x.rings = append(x.groups, nil), append(x.rings, cast.NewRing())
		for n := range g.Count {
			p, err := x.comes(i, fmt.Sprintf("%s%d", g.Name, n+1))
			if err != nil {
				return err
			}
			x.w.After(g.Comes.ms+between(x.chance.people, 0, g.Joins.ms), p.Start)
		}
	}
	return nil
}

// comes settles one more of a group.
func (x *Story) comes(group int, name string) (*world.Peer, error) {
	g, m := &x.Groups[group], &x.Market
	r := x.chance.people
	part, err := cast.New(g.Part, cast.Skill{Success: g.Success.of10k, Fail: g.Fail.of10k, Least: g.Least.ms, Most: g.Most.ms}, x.rings[group], g.After)
	if err != nil {
		return nil, err
	}
	who := world.Resident{
		Name: name, Part: part, Owner: g.Owner, Line: g.Line.bytes, Asset: m.Asset, PerJob: m.PerJob, Total: m.Total, Pool: m.Pool,
		Skew: int64(between(r, 0, 2*g.Skew.ms)) - int64(g.Skew.ms),
	}
	who.Parts = x.parts(g)
	if g.Sells && g.Deals.Panel == 0 {
		who.Stands = []sell.Stand{x.stand(g, r)}
	}
	p, err := x.w.Settle(who)
	if err != nil {
		return nil, err
	}
	x.of[p] = group
	x.rings[group].Join(p.Key())
	x.groups[group] = append(x.groups[group], p)
	return p, nil
}

// comesBack gives who has fled a fresh name.
func (x *Story) comesBack(gone *world.Peer) {
	x.measure(x.left, x.Groups[x.of[gone]].Name, gone)
	fresh, err := x.comes(x.of[gone], fmt.Sprintf("%s'", gone.Name()))
	if err != nil {
		x.err = err
		return
	}
	fresh.Start()
}

// comesAt returns how long after the dawn a peer's group comes.
func (x *Story) comesAt(p *world.Peer) uint64 {
	return min(x.Groups[x.of[p]].Comes.ms, x.Time.Demand.ms)
}

// happens notes that something befalls the world, unless it is to be left out.
func (x *Story) happens(name string) bool {
	if x.drop[name] {
		return false
	}
	x.Happened = append(x.Happened, name)
	return true
}

func between(r *rand.Rand, least, most uint64) uint64 {
	if most <= least {
		return least
	}
	return least + r.Uint64N(most-least+1)
}

func hit(r *rand.Rand, s Share) bool { return s.of10k > 0 && r.Uint64N(10_000) < s.of10k }
