package reputation

import (
	"fmt"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Book is the evidence of one viewer. It is not safe for use by several
// goroutines at once.
type Book struct {
	policy Policy

	parties      []party // the viewer is the first
	ties         []tie
	cells        []cell
	pots         []pot
	records      []record
	capabilities []string

	places map[wire.Key]int32
	named  map[string]int32
	tied   map[[2]int32]int32
	potted map[potKey]int32
	celled map[cellKey]int32
	byID   map[wire.CID]int32
	byJob  map[jobKey]jobRecords
	logs   map[wire.Key]*log

	anchors []int32
	now     *view // what is read
	next    *view // of a new day, while it is made
	sight   sight
	others  int // outcomes of others
	lines   int // log entries of others

	hires uint64 // one's own jobs as hirer, for the base rate
	score uint64 // the sum of their scores
}

// jobKey is a job of two parties. What others call by the same name is another job:
// anyone may seal that a job was theirs.
type jobKey struct {
	job             wire.CID
	hirer, provider int32
}

// jobRecords are the living Outcomes of one job, by who sealed them; -1 for none.
type jobRecords struct{ hirer, provider int32 }

// self is the viewer's place.
const self int32 = 0

// New returns the empty Book of the agent self. The error is Policy.Check's.
func New(viewer wire.Key, policy Policy) (*Book, error) {
	if err := policy.Check(); err != nil {
		return nil, err
	}
	policy.Worths = slices.Clone(policy.Worths)
	b := &Book{
		policy: policy,
		places: make(map[wire.Key]int32),
		named:  make(map[string]int32),
		tied:   make(map[[2]int32]int32),
		potted: make(map[potKey]int32),
		celled: make(map[cellKey]int32),
		byID:   make(map[wire.CID]int32),
		byJob:  make(map[jobKey]jobRecords),
		logs:   make(map[wire.Key]*log),
	}
	b.place(viewer)
	b.now = b.newView(0)
	return b, nil
}

// Learn takes e into the Book at the instant at (Unix milliseconds). It counts
// in the next Estimate where the viewer was the hirer; what it changes in the
// reach of raters counts as Step gets to it.
//
// The same Outcome may come again better attested: Shown or Claimed first, then
// contested, then in both logs, then resolved. Of one job there is one Outcome,
// or one Shown by the hirer and one Claimed by the provider; a better attested
// one replaces what there was.
//
// Errors: ErrKnown, where nothing was new; *Refusal. Either leaves the Book as
// it was.
func (b *Book) Learn(at uint64, e Evidence) error {
	o, err := admit(at, e)
	if err != nil {
		return err
	}
	if err := b.fresh(e, o); err != nil {
		return err
	}
	hirer, provider := b.place(o.Hirer), b.place(o.Provider)
	if e.HirerOwned {
		b.own(hirer, b.place(o.HirerOwner))
	}
	if e.ProviderOwned {
		b.own(provider, b.place(o.ProviderOwner))
	}
	i, known := b.byID[e.Said.ID]
	if known {
		b.drop(i)
	} else {
		i = int32(len(b.records))
		b.records = append(b.records, record{})
		b.byID[e.Said.ID] = i
		if hirer != self && provider != self {
			b.others++
		}
	}
	name := jobKey{o.Job, hirer, provider}
	b.supersede(name, o.By == o.Hirer, e.How)
	b.file(i, hirer, provider, o, &e)
	b.confront(name)
	return nil
}

// fresh reports whether e says more than the Book has of its job, and fits into it.
func (b *Book) fresh(e Evidence, o *protocol.Outcome) error {
	if i, known := b.byID[e.Said.ID]; known {
		if r := b.records[i]; r.cell < 0 || r.how >= e.How {
			return ErrKnown
		}
	}
	if b.answers(o.Hirer, o.HirerOwner, e.HirerOwned) == b.answers(o.Provider, o.ProviderOwner, e.ProviderOwned) {
		return &Refusal{protocol.CodeNotOffered, e.Said.ID, "one owner on both sides"}
	}
	for _, i := range b.toldOf(o) {
		r := b.records[i]
		if same, known := b.byID[e.Said.ID]; known && same == i {
			continue
		}
		if sameSide := r.byHirer == (o.By == o.Hirer); r.how >= e.How && (sameSide || r.how >= Contested) {
			return &Refusal{protocol.CodeDuplicate, e.Said.ID, fmt.Sprintf("another outcome of its job is %s", r.how)}
		}
	}
	viewer := b.parties[self].key
	if b.others >= MaxOutcomes && o.Hirer != viewer && o.Provider != viewer {
		return &Refusal{protocol.CodeTooLarge, e.Said.ID, fmt.Sprintf("the book is full: %d outcomes of others", MaxOutcomes)}
	}
	return nil
}

// answers returns the owner that answers for agent once e is learned, or agent.
func (b *Book) answers(agent, owner wire.Key, proved bool) wire.Key {
	if i, ok := b.places[agent]; ok && b.parties[i].owner != i {
		return b.parties[b.parties[i].owner].key
	}
	if proved {
		return owner
	}
	return agent
}

// toldOf returns the living records of the job that o tells of.
func (b *Book) toldOf(o *protocol.Outcome) []int32 {
	hirer, met := b.places[o.Hirer]
	provider, also := b.places[o.Provider]
	if !met || !also {
		return nil
	}
	return b.ofJob(jobKey{o.Job, hirer, provider})
}

// ofJob returns the living records of a job.
func (b *Book) ofJob(k jobKey) []int32 {
	jr, ok := b.byJob[k]
	if !ok {
		return nil
	}
	return slices.DeleteFunc([]int32{jr.hirer, jr.provider}, func(i int32) bool { return i < 0 })
}

// supersede drops what a newly attested Outcome of a job replaces.
func (b *Book) supersede(k jobKey, byHirer bool, how Attested) {
	for _, i := range b.ofJob(k) {
		if how >= Contested || b.records[i].byHirer == byHirer {
			b.drop(i)
		}
	}
}

// file puts an Outcome into the cell where it belongs.
func (b *Book) file(i, hirer, provider int32, o *protocol.Outcome, e *Evidence) {
	x, known := b.policy.value(o.Asset, min(o.Band, e.Band))
	awarded := o.Ended == protocol.EndedResolved
	tainted := awarded && b.tainted(o, hirer, provider)
	k := kindOf(o, e, known, tainted)
	key := potKey{
		owner: b.parties[hirer].owner, provider: provider, capability: b.capability(o.Capability),
		epoch: uint32(o.Closed / day / b.policy.Epoch), kind: k,
	}
	b.put(i, key, b.between(hirer, provider), record{
		job: o.Job, how: e.How, byHirer: o.By == o.Hirer, value: x,
		score: uint16(o.Score), conduct: uint8(o.Conduct), ended: uint8(o.Ended),
		disputed: e.How == Contested || o.Ended == protocol.EndedContested,
	})
	for _, p := range []int32{hirer, provider} {
		b.parties[p].last = max(b.parties[p].last, o.Closed)
	}
}

// put puts a record into the cell of a tie and a pot.
func (b *Book) put(i int32, key potKey, tie int32, r record) {
	c := b.cellOf(tie, key)
	r.cell = c
	b.records[i] = r
	name := jobKey{r.job, b.ties[tie].hirer, b.ties[tie].provider}
	jr, ok := b.byJob[name]
	if !ok {
		jr = jobRecords{-1, -1}
	}
	if r.byHirer {
		jr.hirer = i
	} else {
		jr.provider = i
	}
	b.byJob[name] = jr
	b.cells[c].records = append(b.cells[c].records, i)
	b.pots[b.cells[c].pot].value += r.value
	b.tell(&r, +1)
	b.cells[c].sum = b.cells[c].sum.plus(b.says(&r))
	b.stain(c)
}

// confront sets the two sides' words of one job against each other, where they tell
// two stories of the provider's work, though nobody has shown them together: the
// hirer's then counts as contested, and the provider's no more.
func (b *Book) confront(name jobKey) {
	jr := b.byJob[name]
	if jr.hirer < 0 || jr.provider < 0 {
		return
	}
	h, p := b.records[jr.hirer], b.records[jr.provider]
	if h.ended == p.ended && h.score == p.score {
		return
	}
	c := b.cells[h.cell]
	b.drop(jr.provider)
	b.drop(jr.hirer)
	h.how, h.disputed = Contested, true
	k := c.kind | doubted
	if settled(k, uint64(h.conduct), uint64(h.ended)) {
		k &^= unsettled
	}
	b.put(jr.hirer, potKey{b.parties[name.hirer].owner, name.provider, c.capability, c.epoch, k}, c.tie, h)
}

// drop takes a record out of its cell, and sums the cell anew: subtracting
// would leave what rounding has left.
func (b *Book) drop(i int32) {
	r := b.records[i]
	c := &b.cells[r.cell]
	b.tell(&r, -1)
	c.records = slices.DeleteFunc(c.records, func(o int32) bool { return o == i })
	c.sum = sum{}
	for _, o := range c.records {
		c.sum = c.sum.plus(b.says(&b.records[o]))
	}
	b.sumPot(c.pot)
	name := jobKey{r.job, b.ties[c.tie].hirer, b.ties[c.tie].provider}
	jr := b.byJob[name]
	if r.byHirer {
		jr.hirer = -1
	} else {
		jr.provider = -1
	}
	b.byJob[name] = jr
	b.stain(r.cell)
	b.records[i].cell = -1
}

// tell keeps what is counted besides the cells, disputes and the base rate:
// once with +1 when r is filed, and with -1 when it is dropped.
func (b *Book) tell(r *record, sign int) {
	t, k := b.ties[b.cells[r.cell].tie], b.cells[r.cell].kind
	if r.disputed {
		b.parties[t.hirer].disputes += sign
		b.parties[t.provider].disputes += sign
	}
	if wished := k&cut != 0 && r.score == protocol.Full; t.hirer == self && k&onesided == 0 && !wished {
		b.hires += uint64(sign) // wraps around to subtract
		b.score += uint64(sign) * uint64(r.score)
	}
}

// tainted reports whether an evaluator belongs to a party, as far as the Book knows.
func (b *Book) tainted(o *protocol.Outcome, hirer, provider int32) bool {
	return slices.ContainsFunc(o.Evaluators, func(k wire.Key) bool {
		if k == o.Hirer || k == o.Provider || k == o.HirerOwner || k == o.ProviderOwner {
			return true
		}
		i, known := b.places[k]
		return known && (b.parties[i].owner == b.parties[hirer].owner || b.parties[i].owner == b.parties[provider].owner)
	})
}

// Owned notes that owner answers for agent, as a mandate shows that the caller
// has opened. The first owner proved stays.
func (b *Book) Owned(agent, owner wire.Key) {
	if agent != owner && !owner.IsZero() {
		b.own(b.place(agent), b.place(owner))
	}
}

// Anchors names the agents the user chose to trust from the start, in place of
// those named before; a share of the viewer's trust begins with them (Policy).
// What is zero, the viewer itself, named twice or over MaxAnchors is passed over.
func (b *Book) Anchors(keys ...wire.Key) {
	var chosen []int32
	for _, k := range keys {
		if k.IsZero() || len(chosen) == MaxAnchors {
			continue
		}
		if i := b.place(k); i != self && !slices.Contains(chosen, i) {
			chosen = append(chosen, i)
		}
	}
	before := b.start()
	b.anchors = chosen
	for _, v := range b.views() {
		v.restart(before, b.start())
	}
}

// Forked notes that author has equivocated, as a proof shows that the caller
// has opened: as provider and as rater it weighs nothing from now on, for ever.
// Where trust had reached it, the view is made anew.
func (b *Book) Forked(author wire.Key) {
	i := b.place(author)
	if b.parties[i].forked {
		return
	}
	b.parties[i].forked = true
	today, reached := uint64(0), false
	for _, v := range b.views() {
		today, reached = max(today, v.day), reached || v.touches(i)
	}
	if reached { // its edges lie in rows that are all over the view
		b.next = b.newView(today)
	}
}
