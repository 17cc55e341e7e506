package simulations

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/simulations/cast"
)

// Schema is the version of scenario files that is read.
const Schema = "souk.scenario/v1"

// Limits of a scenario.
const (
	MaxAgents = 2_000_000
	MaxOrders = 100_000_000
	MaxFile   = 64 << 10 // bytes of a scenario file
)

// Scenario is one file: who lives in a world, what befalls it, and what is expected.
type Scenario struct {
	Schema   string    `toml:"schema"`
	Name     string    `toml:"name"`
	About    string    `toml:"about"`  // the question it answers
	Models   string    `toml:"models"` // what is modelled, and what not
	Time     Time      `toml:"time"`
	Network  Network   `toml:"network"`
	Disk     Disk      `toml:"disk"`
	Gossip   Gossip    `toml:"gossip"`
	Market   Market    `toml:"market"`
	Groups   []Group   `toml:"group"`
	Befalls  Faults    `toml:"faults"`
	Baseline *Baseline `toml:"baseline"`
	Expect   []Expect  `toml:"expect"`
}

// Time is how long a world lasts.
type Time struct {
	Warmup Span   `toml:"warmup"` // offers are made and heard, nobody buys
	Demand Span   `toml:"demand"` // orders are given
	Rest   Span   `toml:"rest"`   // nothing fails any more and everything comes to its end
	Limit  uint64 `toml:"limit"`  // events after which it is stopped
}

// Network is how frames travel.
type Network struct {
	Latency   Span  `toml:"latency"`
	Jitter    Span  `toml:"jitter"`
	Notice    Span  `toml:"notice"` // until a broken link is noticed, at most
	Bandwidth Rate  `toml:"bandwidth"`
	Loss      Share `toml:"loss"`
	Repeat    Share `toml:"repeat"`
	Reorder   Share `toml:"reorder"`
}

// Disk is how long a sync takes.
type Disk struct {
	Least Span `toml:"sync_least"`
	Most  Span `toml:"sync_most"`
}

// Gossip is the model of announcements.
type Gossip struct {
	Least     Span  `toml:"least"`
	Most      Span  `toml:"most"`
	Loss      Share `toml:"loss"`
	Listeners int   `toml:"listeners"` // who hear one, drawn by lot; 0 for everybody, or nobody where offers are asked for
	Asked     int   `toml:"asked"`     // offers, drawn by lot, that a buyer is told when it buys
}

// Market is what is dealt in, and how.
type Market struct {
	Asset      string `toml:"asset"`
	Capability string `toml:"capability"`
	Orders     int    `toml:"orders"` // in all, drawn by lot over the buyers
	PerAgent   int    `toml:"orders_per_agent"`
	Choose     string `toml:"choose"` // "cost" (of a success, by trust and price), "cheapest" or "random"
	Budget     uint64 `toml:"budget"` // of one order
	PerJob     uint64 `toml:"per_job"`
	Total      uint64 `toml:"total"` // budget of each mandate
	Pool       uint64 `toml:"pool"`  // what all newcomers together may owe one seller
	Takeover   bool   `toml:"takeover"`
	Logs       bool   `toml:"logs"`     // outcomes spread
	Direct     bool   `toml:"direct"`   // each order names its seller, drawn by lot
	Withdraw   Share  `toml:"withdraw"` // orders that are withdrawn later
	Again      Share  `toml:"again"`    // orders that are given a second time
	Light      bool   `toml:"light"`    // see world.Options.Light
	Checks     string `toml:"checks"`   // after "every" event, or "none"
}

// Group is agents that play one part.
type Group struct {
	Name    string `toml:"name"`
	Part    string `toml:"part"`
	Count   int    `toml:"count"`
	Share   Share  `toml:"share"` // of all agents, where count is 0
	Success Share  `toml:"success"`
	Fail    Share  `toml:"fail"`
	Least   Span   `toml:"work_least"`
	Most    Span   `toml:"work_most"`
	Sells   bool   `toml:"sells"`
	Buys    bool   `toml:"buys"`
	Price   uint64 `toml:"price"`
	Spread  uint64 `toml:"price_spread"` // prices are drawn from price to price + spread
	Ask     Share  `toml:"ask"`          // those that tell their price on request
	Rerun   Share  `toml:"rerun"`        // those whose work may be repeated
	Rule    bool   `toml:"rule"`         // results are checked by a rule both can run
	Public  Share  `toml:"public_only"`  // those that take only public inputs
	Slots   uint64 `toml:"slots"`
	Deals   Deals  `toml:"deals"`         // where it sells otherwise than whole and for one price
	Judges  bool   `toml:"judges"`        // they are evaluators of whoever names some
	Inside  int    `toml:"orders_inside"` // orders that each gives to others of its own group
	After   uint64 `toml:"after"`         // jobs after which it changes its ways
	Owner   string `toml:"owner"`         // one owner for all of them
	Line    Rate   `toml:"line"`          // what their own lines let through, each way
	Skew    Span   `toml:"skew"`          // clocks differ by at most this
	Comes   Span   `toml:"comes"`         // they come this long after the dawn
	Joins   Span   `toml:"joins"`         // and within this time, one after the other
}

// Deals is how a group sells where its jobs are not done whole, at once, alone, and
// between two.
type Deals struct {
	Capability string `toml:"capability"` // "" for that of the market
	Panel      int    `toml:"panel"`      // evaluators that it names; its results are then judged by a rule of the buyer's own
	Needed     uint64 `toml:"needed"`     // of them, whose awards decide
	Split      Share  `toml:"split"`      // what the seller has where too few award anything
	Tranches   uint64 `toml:"tranches"`
	Advance    uint64 `toml:"advance"` // of them, that are paid before they are delivered
	Window     uint64 `toml:"window"`  // calls that are paid for together
	Windows    uint64 `toml:"windows"`
	PerUnit    uint64 `toml:"per_unit"` // units of the asset for each unit metered
	Parts      string `toml:"parts"`    // capability that others are hired for in each job
	Reworks    uint64 `toml:"reworks"`  // how often a result is made good
}

// Faults is what befalls a world while orders are given. Every is the mean time
// between two of a kind; 0s for never.
type Faults struct {
	Crash     Span `toml:"crash_every"`
	Down      Span `toml:"down"`          // at most, until a crashed peer is started again
	Doom      Span `toml:"power_every"`   // a peer's power fails with records under way
	Partition Span `toml:"cut_every"`     // the world is parted in two
	Heals     Span `toml:"cut"`           // at most, until it is whole again
	Jump      Span `toml:"jump_every"`    // a clock jumps
	By        Span `toml:"jump"`          // by at most
	Break     Span `toml:"break_every"`   // a link breaks
	Full      Span `toml:"full_every"`    // a disk has no room
	Room      Span `toml:"full"`          // at most, until it has
	Rot       Span `toml:"rot_every"`     // a bit of a stored record flips
	Backup    Span `toml:"copy_every"`    // a home is copied
	Restore   Span `toml:"restore_every"` // a home is put back to its last copy
}

// Baseline is what is otherwise without the defence that the scenario tries.
type Baseline struct {
	Without  string `toml:"without"` // what is left out
	Choose   string `toml:"choose"`
	Pool     uint64 `toml:"pool"`
	Logs     *bool  `toml:"logs"`
	Takeover *bool  `toml:"takeover"`
}

// Expect is a bound that a measure must keep, with the defence or in the baseline.
type Expect struct {
	Measure  string   `toml:"measure"`
	Baseline bool     `toml:"baseline"`
	Least    *float64 `toml:"least"`
	Most     *float64 `toml:"most"`
}

//go:embed scenarios/*.toml
var files embed.FS

// Names returns the names of the built-in scenarios, in order.
func Names() []string {
	all, err := fs.Glob(files, "scenarios/*.toml")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for i, name := range all {
		all[i] = strings.TrimSuffix(strings.TrimPrefix(name, "scenarios/"), ".toml")
	}
	slices.Sort(all)
	return all
}

// ErrNoScenario is returned (wrapped) for a name that no built-in scenario has.
var ErrNoScenario = errors.New("no such scenario")

// Builtin returns a built-in scenario.
func Builtin(name string) (*Scenario, error) {
	b, err := files.ReadFile("scenarios/" + name + ".toml")
	if err != nil {
		return nil, fmt.Errorf("%w: %q; there are %s", ErrNoScenario, name, strings.Join(Names(), ", "))
	}
	return Read(b)
}

// Read reads a scenario file. Every key must be known.
func Read(b []byte) (*Scenario, error) {
	if len(b) > MaxFile {
		return nil, fmt.Errorf("a scenario of %d bytes, at most %d", len(b), MaxFile)
	}
	s := new(Scenario)
	d := toml.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(s)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		row, _ := strict.Errors[0].Position()
		return nil, fmt.Errorf("line %d: unknown key %q", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, _ := bad.Position()
		return nil, fmt.Errorf("line %d: %s: %w", row, strings.Join(bad.Key(), "."), err)
	}
	var odd *unread
	if errors.As(err, &odd) {
		return nil, fmt.Errorf("line %d: %w", odd.line(b), odd)
	}
	if err != nil {
		return nil, err
	}
	return s, s.Check()
}

// Check reports what is wrong with a scenario.
func (s *Scenario) Check() error {
	m := &s.Market
	m.Choose, m.Checks = cmp.Or(m.Choose, "cost"), cmp.Or(m.Checks, "none")
	switch {
	case s.Schema != Schema:
		return fmt.Errorf("schema: this version reads %q, the file says %q", Schema, s.Schema)
	case s.Name == "" || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("name: want a-z, 0-9 and hyphens, and not %q", s.Name)
	case s.About == "" || s.Models == "":
		return errors.New("about, models: say what is asked, what is modelled and what not")
	case s.Time.Demand.ms == 0 || s.Time.Limit == 0:
		return errors.New("time: demand and limit are needed, or it might never stop")
	case s.Gossip.Listeners < 0 || s.Gossip.Asked < 0:
		return errors.New("gossip: listeners and asked count from 0")
	case m.Orders < 0 || m.PerAgent < 0 || m.Orders > MaxOrders:
		return fmt.Errorf("market.orders: want 0 to %d", MaxOrders)
	case !slices.Contains([]string{"cost", hire.ByPrice, hire.ByLot}, m.Choose):
		return fmt.Errorf("market.choose: want cost, %s or %s, and not %q", hire.ByPrice, hire.ByLot, m.Choose)
	case !slices.Contains([]string{"every", "none"}, m.Checks):
		return fmt.Errorf("market.checks: want every or none, and not %q", m.Checks)
	case m.Budget == 0 || m.PerJob == 0 || m.Total == 0:
		return errors.New("market: budget, per_job and total are needed")
	case m.Light && s.Befalls != (Faults{}):
		return errors.New("market.light: a light world has no journals, so nothing may fail in it")
	case len(s.Groups) == 0:
		return errors.New("group: nobody lives in this world")
	}
	if err := cmp.Or(protocol.CheckAsset(m.Asset), protocol.CheckCapability(m.Capability)); err != nil {
		return fmt.Errorf("market: %w", err)
	}
	for i := range s.Groups {
		if err := s.Groups[i].check(); err != nil {
			return fmt.Errorf("group %d: %w", i+1, err)
		}
	}
	return nil
}

func (g *Group) check() error {
	switch {
	case g.Name == "":
		return errors.New("it has no name")
	case g.Count < 0 || g.Count > MaxAgents:
		return fmt.Errorf("count: want 0 to %d, and not %d", MaxAgents, g.Count)
	case g.Inside < 0:
		return fmt.Errorf("orders_inside: want 0 or more, and not %d", g.Inside)
	case g.Count == 0 && g.Share.of10k == 0:
		return errors.New("count or share is needed")
	case g.Sells && g.Price == 0:
		return errors.New("price: who sells has one")
	case g.Skew.ms > protocol.Skew/2:
		return fmt.Errorf("skew: honest clocks are off by at most %d ms", protocol.Skew/2)
	}
	if err := g.Deals.check(g); err != nil {
		return err
	}
	_, err := cast.New(g.Part, cast.Skill{}, nil, 0)
	return err
}

// Agents returns how many agents live in the world.
func (s *Scenario) Agents() int {
	n := 0
	for _, g := range s.Groups {
		n += g.Count
	}
	return n
}

// Resize has n agents live in the world, each group keeping its share.
func (s *Scenario) Resize(n int) error {
	if n < 2 || n > MaxAgents {
		return fmt.Errorf("agents: want 2 to %d, and not %d", MaxAgents, n)
	}
	whole, left := s.Agents(), n
	for i := range s.Groups {
		g := &s.Groups[i]
		count := n * g.Count / max(1, whole)
		if g.Share.of10k > 0 {
			count = n * int(g.Share.of10k) / 10_000
		}
		g.Count = max(1, count)
		left -= g.Count
	}
	g := &s.Groups[len(s.Groups)-1]
	if g.Count += left; g.Count < 1 {
		return fmt.Errorf("agents: %d are too few for %d groups", n, len(s.Groups))
	}
	return nil
}

// WithoutDefence is the scenario as its baseline has it.
func (s *Scenario) WithoutDefence() (*Scenario, error) {
	if s.Baseline == nil {
		return nil, fmt.Errorf("scenario %s has no baseline", s.Name)
	}
	x := *s
	x.Market.Choose = cmp.Or(s.Baseline.Choose, s.Market.Choose)
	x.Market.Pool = cmp.Or(s.Baseline.Pool, s.Market.Pool)
	if s.Baseline.Logs != nil {
		x.Market.Logs = *s.Baseline.Logs
	}
	if s.Baseline.Takeover != nil {
		x.Market.Takeover = *s.Baseline.Takeover
	}
	x.Groups = slices.Clone(s.Groups)
	return &x, x.Check()
}
