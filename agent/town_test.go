package agent_test

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

const (
	net    = "test"
	asset  = "souk:credit/usd-6"
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	dawn   = 1_800_000_000_000 // Unix milliseconds at which every town begins
)

// town is a market in one goroutine: agents, their journals, the links between
// them, and virtual time. The same seed gives the same story.
type town struct {
	t     *testing.T
	rng   *rand.Rand
	now   uint64
	queue errands
	n     uint64
	folk  []*citizen
	reg   *wire.Registry

	quiet   bool // nobody hears announcements any more
	stills  bool // whoever starts goes on from a still picture of what its journal was some records ago
	latency uint64
	jitter  uint64  // at most so many milliseconds more for a bundle, so that one overtakes another
	loss    float64 // of bundles, Hellos and Requests
	cut     map[[2]*citizen]bool
	air     []notice                                       // announcements, for those who come later
	drop    func(from, to *citizen, docs []wire.Said) bool // asked for each bundle
	tap     func(spoken)                                   // told of all that is said, if there is one
}

// errand is something that happens at an instant.
type errand struct {
	at, n uint64
	do    func()
}

// notice is an announced offer or call.
type notice struct {
	by    *citizen
	event agent.Event
	about string // a capability, or the call's name: of one author, the last counts
}

type errands []errand

func (e errands) Len() int { return len(e) }
func (e errands) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(e[i].at, e[j].at), cmp.Compare(e[i].n, e[j].n)) < 0
}
func (e errands) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *errands) Push(x any)   { *e = append(*e, x.(errand)) }
func (e *errands) Pop() any {
	x := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return x
}

// citizen is one agent with its hands: what runtime is in earnest.
type citizen struct {
	*town
	name    string
	key     wire.PrivateKey
	conf    agent.Config
	agent   *agent.Agent // nil while it is down
	run     int          // which of its processes runs
	journal [][]byte
	skew    int64             // its clock runs ahead by so many milliseconds
	links   map[*citizen]bool // true once the other's Hello was heard
	wake    uint64
	answer  *agent.Refusal
	heard   []wire.Said // all documents, for a look
	refused []string    // codes of the Refuses heard
	served  map[wire.CID]bool

	work     func(w agent.Work) (agent.Worked, uint64)  // and after how long; nil for a plain result after 10 ms
	judge    func(j agent.Judge) (agent.Judged, uint64) // nil passes after 5 ms
	grade    func(g agent.Grade) (agent.Graded, uint64) // nil for half after 5 ms
	fit      func(schema string) bool                   // whether its inputs fit; nil: under all but "false"
	mute     bool                                       // its hands never tell whether they do
	compared []string                                   // schemas that its inputs were compared with
	stopped  map[wire.CID]bool
	works    map[wire.CID]int
	erased   []wire.CID
	twist    func(to *citizen, docs []wire.Said) [][]wire.Said // what a hostile one says in place of a bundle
	hello    func(*protocol.Hello)                             // changes what a hostile one says first on a link
	dieAfter int                                               // records after which the power is cut before any effect; 0 for never
}

func newTown(t *testing.T, seed uint64) *town {
	return &town{
		t: t, rng: rand.New(rand.NewPCG(seed, 7)), now: dawn, reg: protocol.Registry(),
		latency: 20, cut: map[[2]*citizen]bool{},
	}
}

type setting func(*agent.Config, *delegation.Grant)

func budget(perJob, total uint64) setting {
	return func(_ *agent.Config, g *delegation.Grant) {
		g.Budgets = []protocol.Budget{{Asset: asset, PerJob: wire.Units(perJob), Total: wire.Units(total)}}
	}
}

func pool(limit uint64) setting {
	return func(c *agent.Config, _ *delegation.Grant) { c.Policy.Newcomers[0].Limit = wire.Units(limit) }
}

func (w *town) settle(name string, settings ...setting) *citizen {
	w.t.Helper()
	n := byte(len(w.folk) + 1)
	owner, key := wire.NewPrivateKey([32]byte{n, 1}), wire.NewPrivateKey([32]byte{n, 2})
	conf := agent.Config{
		Quotas: sell.Quotas{Stranger: sell.Quota{Open: 1 << 20, Asks: 1 << 20}, Known: sell.Quota{Open: 1 << 20, Asks: 1 << 20}, Crowd: 1 << 20, Unpaid: 1 << 30, CrowdUnpaid: 1 << 30, CrowdStored: 1 << 40},
		Self:   key.Key(), Net: net, Registry: w.reg, Namer: wire.Canonical{}, Rail: "credit",
		Policy: settlement.Policy{Newcomers: []settlement.Pool{{Asset: asset, Limit: wire.Units(1_000_000)}}},
	}
	var g delegation.Grant
	for _, set := range settings {
		set(&conf, &g)
	}
	conf.Mandate = wire.Canonical{}.Name(delegation.Root(owner.Key(), key.Key(), dawn-hour, wire.Nonce{n}, g))
	c := &citizen{
		town: w, name: name, key: key, conf: conf, links: map[*citizen]bool{}, stopped: map[wire.CID]bool{},
		works: map[wire.CID]int{}, served: map[wire.CID]bool{},
	}
	w.folk = append(w.folk, c)
	return c
}

func (w *town) after(delay uint64, do func()) {
	w.n++
	heap.Push(&w.queue, errand{w.now + delay, w.n, do})
}

// pass lets virtual time pass.
func (w *town) pass(ms uint64) {
	until := w.now + ms
	for len(w.queue) > 0 && w.queue[0].at <= until {
		e := heap.Pop(&w.queue).(errand)
		w.now = e.at
		e.do()
	}
	w.now = until
}

// fall lets a long time pass in which nobody buys.
func (w *town) fall(ms uint64) {
	w.quiet = true
	w.pass(ms)
	w.quiet = false
}

// start begins a run of a citizen's process: replay, and Began.
func (c *citizen) start() *citizen {
	c.t.Helper()
	a, err := agent.New(c.conf)
	if err != nil {
		c.t.Fatal(err)
	}
	c.fold(a, c.journal)
	if c.stills {
		a = c.pictured(a)
	}
	c.agent, c.wake = a, 0
	c.run++
	var epoch protocol.Epoch
	binary.BigEndian.PutUint64(epoch[:], c.rng.Uint64())
	epoch[15] = 1
	c.tell(agent.Began{Epoch: epoch})
	return c
}

// die ends a citizen's process: its links and tasks are gone.
func (c *citizen) die() {
	c.agent = nil
	c.run++
	c.works = map[wire.CID]int{}
	for _, other := range c.folk {
		c.unlink(other)
	}
}

func (c *citizen) unlink(other *citizen) {
	if !c.linked(other) {
		return
	}
	delete(c.links, other)
	delete(other.links, c)
	c.tell(agent.Lost{Peer: other.key.Key()})
	other.tell(agent.Lost{Peer: c.key.Key()})
}

func (c *citizen) linked(other *citizen) bool {
	_, up := c.links[other]
	return up
}

func (w *town) sever(a, b *citizen, cut bool) {
	w.cut[[2]*citizen{a, b}], w.cut[[2]*citizen{b, a}] = cut, cut
	if cut {
		a.unlink(b)
	}
}

// link links two citizens, if both are up and nothing is between them.
func (c *citizen) link(other *citizen) {
	if other == nil || c == other || c.agent == nil || other.agent == nil || c.linked(other) || c.cut[[2]*citizen{c, other}] {
		return
	}
	c.links[other], other.links[c] = false, false
	c.tell(agent.Met{Peer: other.key.Key()})
	other.tell(agent.Met{Peer: c.key.Key()})
	for _, n := range c.air { // whoever joins asks its neighbours what is on offer
		for _, to := range []*citizen{c, other} {
			if to != n.by {
				to.after(c.latency, func() { to.tell(n.event) })
			}
		}
	}
}

func (w *town) byKey(k wire.Key) *citizen {
	for _, c := range w.folk {
		if c.key.Key() == k {
			return c
		}
	}
	return nil
}

// clock is the time as the citizen has it.
func (c *citizen) clock() uint64 { return uint64(int64(c.now) + c.skew) }

// tell hands an event to a citizen's core and does what it says.
func (c *citizen) tell(ev agent.Event) *agent.Refusal {
	if c.agent == nil {
		return nil
	}
	var chance [16]byte
	binary.BigEndian.PutUint64(chance[:], c.rng.Uint64())
	binary.BigEndian.PutUint64(chance[8:], c.rng.Uint64())
	step, err := c.agent.Handle(c.clock(), chance, ev)
	if err != nil {
		c.t.Fatalf("%s: %T: %v", c.name, ev, err)
	}
	for _, slip := range step.Slips {
		if c.twist != nil {
			break
		}
		c.t.Errorf("%s: %T: slip: %v", c.name, ev, slip)
	}
	if len(step.Record.Facts) > 0 {
		for _, s := range step.Record.Sayings() {
			c.seal(s)
		}
		b, err := step.Record.Bytes()
		if err != nil {
			c.t.Fatalf("%s: %v", c.name, err)
		}
		if len(b) > agent.MaxRecord {
			c.t.Fatalf("%s: a record of %d bytes", c.name, len(b))
		}
		c.journal = append(c.journal, b)
		if c.dieAfter > 0 {
			if c.dieAfter--; c.dieAfter == 0 {
				c.die()
				return nil
			}
		}
	}
	c.answer = nil
	for _, e := range step.Effects {
		c.carry(e)
	}
	return c.answer
}

func (c *citizen) seal(s *agent.Saying) {
	if s.Bundle != nil {
		return
	}
	var raw [][]byte
	for _, d := range s.Docs {
		raw = append(raw, d.Raw)
	}
	b, err := wire.Seal(c.key, net, raw...)
	if err != nil {
		c.t.Fatalf("%s: %v", c.name, err)
	}
	s.Bundle = b
}

func (c *citizen) carry(e agent.Effect) {
	run := c.run
	alive := func() bool { return c.agent != nil && c.run == run }
	switch e := e.(type) {
	case agent.Answer:
		c.answer = e.Err
	case agent.Say:
		c.say(e.Saying)
	case agent.Tell:
		c.utter(e)
	case agent.Reach:
		if other := c.byKey(e.Peer); other != nil && other.agent != nil {
			c.after(c.latency, func() {
				if alive() {
					c.link(other)
				}
			})
		}
	case agent.Announce:
		c.announce(e)
	case agent.Wake:
		c.wake = e.At
		c.after(e.At-min(e.At, c.clock()), func() {
			if alive() && c.wake == e.At {
				c.tell(agent.Woke{})
			}
		})
	case agent.Work:
		c.works[e.Job]++
		delete(c.stopped, e.Job)
		done, delay := c.labour(e)
		c.after(delay, func() {
			if alive() && !c.stopped[e.Job] {
				c.tell(done)
			}
		})
	case agent.Judge:
		done, delay := agent.Judged{Job: e.Job}, uint64(5)
		if c.judge != nil {
			done, delay = c.judge(e)
		}
		c.after(delay, func() {
			if alive() {
				c.tell(done)
			}
		})
	case agent.Grade:
		c.grades(e, alive)
	case agent.Fit:
		c.fits(e, alive)
	case agent.Stop:
		c.stopped[e.Job] = true
	case agent.Retell:
		c.retells(e)
	case agent.Serve:
		for _, a := range e.Artefacts {
			c.served[a.ID] = true
		}
	case agent.Withhold:
		for _, a := range e.Artefacts {
			delete(c.served, a.ID)
		}
	case agent.Erase:
		for _, a := range slices.Concat(e.Inputs, e.Results) {
			c.erased = append(c.erased, a.ID)
			delete(c.served, a.ID)
		}
	}
}

// labour is what comes of a job's work, and after how long.
func (c *citizen) labour(w agent.Work) (agent.Worked, uint64) {
	if c.work != nil {
		return c.work(w)
	}
	return agent.Worked{Job: w.Job, Results: []payload.Artefact{artefact(w.Job.String(), 7, payload.Public)}}, 10
}

// artefact names bytes that nobody needs to have.
func artefact(seed string, size uint64, class payload.Class) payload.Artefact {
	return payload.Artefact{
		ID: wire.Sum([]byte(seed)), Size: size, Type: "text/plain",
		Label: payload.Label{Class: class, Retention: day},
	}
}

func (c *citizen) say(s *agent.Saying) {
	c.seal(s)
	other := c.byKey(s.To)
	if other == nil || !c.linked(other) {
		return
	}
	b, err := s.Bundle.Bytes()
	if err != nil {
		c.t.Fatal(err)
	}
	if c.twist != nil {
		for _, docs := range c.twist(other, s.Docs) {
			c.send(other, docs)
		}
		return
	}
	if c.rng.Float64() < c.loss || c.drop != nil && c.drop(c, other, s.Docs) {
		return
	}
	c.tapped(spoken{from: c, to: other, frame: &protocol.Frame{Bundles: [][]byte{b}}, with: s.With})
	c.transmit(other, b)
}

// send seals whatever it is given.
func (c *citizen) send(other *citizen, docs []wire.Said) {
	s := &agent.Saying{To: other.key.Key(), Docs: docs}
	c.seal(s)
	b, err := s.Bundle.Bytes()
	if err != nil {
		c.t.Fatal(err)
	}
	c.transmit(other, b)
}

func (c *citizen) transmit(other *citizen, b []byte) {
	run, delay := other.run, c.latency
	if c.jitter > 0 {
		delay += c.rng.Uint64N(c.jitter)
	}
	c.after(delay, func() {
		switch {
		case other.agent == nil || other.run != run || !c.linked(other):
		case other.links[c]:
			other.hear(c, b)
		default: // the first thing said on a link must be a Hello
			c.unlink(other)
		}
	})
}

// hear reads a bundle as the hands do, and hands it to the core.
func (c *citizen) hear(from *citizen, b []byte) {
	bundle, err := wire.ReadBundle(b)
	if err != nil {
		c.t.Fatal(err)
	}
	docs, err := c.reg.Documents(bundle)
	if err != nil {
		c.tell(agent.Garbled{From: from.key.Key(), Of: wire.Sum(b), Code: protocol.CodeOf(err)})
		return
	}
	for _, d := range docs {
		if r, ok := d.Doc.(*protocol.Refuse); ok {
			c.refused = append(c.refused, string(r.Code))
		}
	}
	c.heard = append(c.heard, docs...)
	c.tell(agent.Heard{From: from.key.Key(), Bundle: bundle, Docs: docs})
}

// utter carries a bare document: a Hello or a Request.
func (c *citizen) utter(e agent.Tell) {
	other := c.byKey(e.To)
	if other == nil || !c.linked(other) || c.rng.Float64() < c.loss {
		return
	}
	c.tapped(spoken{from: c, to: other, frame: &protocol.Frame{Bare: [][]byte{e.Doc.Raw}}})
	run, me := other.run, c.key.Key()
	c.after(c.latency, func() {
		if other.agent == nil || other.run != run || !c.linked(other) {
			return
		}
		d, err := c.reg.Decode(e.Doc.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		switch d := d.(type) {
		case *protocol.Hello:
			other.links[c] = true
			if c.hello != nil {
				c.hello(d)
			}
			other.tell(agent.Greeted{Peer: me, Hello: d})
		case *protocol.Request:
			other.tell(agent.Asked{Peer: me, Request: wire.Said{ID: e.Doc.ID, Raw: e.Doc.Raw, Doc: d}})
		}
	})
}

// announce tells an offer or a call to everyone who is up now.
func (c *citizen) announce(e agent.Announce) {
	if c.quiet {
		return
	}
	b, err := wire.Seal(c.key, net, e.Notice.Raw)
	if err != nil {
		c.t.Fatal(err)
	}
	c.tapped(spoken{from: c, announced: b})
	n := notice{by: c, event: agent.Called{Call: e.Notice}, about: e.Notice.ID.String()}
	if o, ok := e.Notice.Doc.(*protocol.Offer); ok {
		n.event, n.about = agent.Listed{Listing: hire.Listing{Offer: o, Proof: b.Proof(0)}}, o.Terms.Capability
	}
	c.air = append(slices.DeleteFunc(c.air, func(x notice) bool { return x.by == c && x.about == n.about }), n)
	for _, other := range c.folk {
		if other != c && !c.cut[[2]*citizen{c, other}] {
			c.after(c.latency, func() { other.tell(n.event) })
		}
	}
}

// sells opens a stand.
func (c *citizen) sells(price uint64, change ...func(*sell.Stand)) {
	c.t.Helper()
	s := sell.Stand{
		Capability: "text/words@1", Price: wire.Units(price), Asset: asset, Technology: "builtin",
		InputType: "*/*", OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day},
		Deliver: 10 * minute, Slots: 100,
	}
	for _, f := range change {
		f(&s)
	}
	if r := c.tell(agent.Opened{Stand: s}); r != nil {
		c.t.Fatal(r)
	}
}

// orders has something bought, and returns why not, if not.
func (c *citizen) orders(key string, change ...func(*agent.Order)) *agent.Refusal {
	o := agent.Order{
		Key: key, Capability: "text/words@1", Asset: asset, Budget: wire.Units(100), Deliver: day,
		Input: artefact("input "+key, 100, payload.Public),
	}
	for _, f := range change {
		f(&o)
	}
	return c.tell(agent.Ordered{Order: o})
}

// view is how an order stands.
func (c *citizen) view(key string) agent.View {
	c.t.Helper()
	v, ok := c.agent.ByKey(c.clock(), key)
	if !ok {
		c.t.Fatalf("%s knows no order %q", c.name, key)
	}
	return v
}

// other is how a job stands on its other side.
func (w *town) other(v agent.View) (agent.View, bool) {
	o := w.byKey(v.Peer)
	if o == nil || o.agent == nil {
		return agent.View{}, false
	}
	return o.agent.ByID(o.clock(), v.ID)
}

// reckon checks what must hold when a story is over: jobs final and in one stage
// on both sides, books equal, each job charged at most once and exactly when it
// settled, nothing held, nothing slipped, and every journal replaying to what
// its agent knows.
func (w *town) reckon() {
	w.t.Helper()
	for _, c := range w.folk {
		if c.agent == nil {
			continue
		}
		for _, v := range c.agent.Jobs(c.clock(), 1<<20) {
			if !v.Final {
				w.t.Errorf("%s: job %s %s is %s", c.name, v.Key, v.ID, v.Stage)
			}
			if o, ok := w.other(v); ok && (o.Stage != v.Stage || o.Paid != v.Paid) {
				w.t.Errorf("%s: job %s is %s, paid %s; %s says %s, %s", c.name, v.Key, v.Stage, v.Paid, w.byKey(v.Peer).name, o.Stage, o.Paid)
			}
		}
		w.reckonBooks(c)
		c.replays()
	}
}

func (w *town) reckonBooks(c *citizen) {
	w.t.Helper()
	paid := map[wire.Key]wire.Amount{}
	for _, v := range c.agent.Jobs(c.clock(), 1<<20) {
		if v.Role == job.Hirer && !v.ID.IsZero() {
			paid[v.Peer], _ = paid[v.Peer].Plus(v.Paid)
		}
	}
	for _, p := range c.agent.Positions() {
		o := w.byKey(p.Peer)
		if o == nil || o.agent == nil {
			continue
		}
		for _, x := range o.agent.Positions() {
			if x.Peer == c.key.Key() && (x.OwedToMe != p.IOwe || x.HeldForMe != p.HeldByMe) {
				w.t.Errorf("books of %s and %s differ: %+v and %+v", c.name, o.name, p, x)
			}
		}
		if p.IOwe != paid[p.Peer] || !p.HeldByMe.IsZero() {
			w.t.Errorf("%s owes %s %s and holds %s, but its jobs cost %s", c.name, o.name, p.IOwe, p.HeldByMe, paid[p.Peer])
		}
	}
}

// replays checks that the journal, folded anew, gives what the agent knows.
func (c *citizen) replays() {
	c.t.Helper()
	fresh, err := agent.New(c.conf)
	if err != nil {
		c.t.Fatal(err)
	}
	c.fold(fresh, c.journal)
	at := c.clock()
	if have, want := known(fresh, at), known(c.agent, at); have != want {
		c.t.Errorf("%s: a replay gives another state: %s", c.name, firstDifference(have, want))
	}
	c.remembers(fresh)
}

// known is all that an agent tells of itself, as text.
func known(a *agent.Agent, at uint64) string {
	var b bytes.Buffer
	for _, v := range a.Jobs(at, 1<<20) {
		v.Away, v.Sought = 0, "" // soft: who is linked, and what is sought, in this run
		fmt.Fprintf(&b, "%+v\n", v)
	}
	for _, p := range a.Positions() {
		fmt.Fprintf(&b, "%+v\n", p)
	}
	for _, l := range a.Lanes() {
		fmt.Fprintf(&b, "%+v\n", l)
	}
	stands, busy := a.Stands(at)
	fmt.Fprintf(&b, "%+v %v\n%d open, %s spent, epoch %s\n", stands, busy, a.Open(), a.Spent(asset), a.Epoch())
	return b.String()
}

func firstDifference(a, b string) string {
	x, y := bytes.Split([]byte(a), []byte("\n")), bytes.Split([]byte(b), []byte("\n"))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			return fmt.Sprintf("\n%s\nand not\n%s", x[i], y[i])
		}
	}
	return "one is longer"
}
