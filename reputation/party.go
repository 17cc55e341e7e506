package reputation

import (
	"slices"

	"github.com/souk-network/souk/protocol/wire"
)

// party is one agent or owner in the web, known by its place in Book.parties:
// places are given in the order of first mention, so that names never matter.
type party struct {
	key      wire.Key
	owner    int32   // whose vote it shares; itself where no owner is proved
	agents   []int32 // parties that share its vote, itself excluded
	hired    []int32 // ties in which it is the hirer, by first outcome
	served   []int32 // ties in which it is the provider, by first outcome
	forked   bool    // said two things where there can be one: weighs nothing, for ever
	disputes int     // contested outcomes it was part of
	last     uint64  // when the last of its jobs was closed, Unix milliseconds
}

// tie is what lies between one hirer and one provider.
type tie struct {
	hirer, provider int32
	cells           []int32
}

// pot is where value is summed: of one owner as hirer, one provider, one
// capability, one epoch of days, one kind.
type pot struct {
	value float64 // in the unit of Worth.Least
	cells []int32
}

type potKey struct {
	owner, provider, capability int32
	epoch                       uint32
	kind                        kind
}

// cell is one hirer's part of a pot.
type cell struct {
	tie, pot, capability int32
	epoch                uint32
	kind                 kind
	records              []int32
	sum                  sum
}

type cellKey struct{ tie, pot int32 }

// sum is what the records of a cell say, each in proportion to its value (or
// weight, where the viewer is the hirer).
type sum struct {
	good, bad   float64 // of the provider's work
	paid, broke float64 // of the hirer's conduct
	tally       Tally
}

// Tally counts outcomes.
type Tally struct {
	Jobs      int // in all
	Good      int // with a score of half or more
	Contested int // contested, or accepted by silence
}

func (t Tally) plus(o Tally) Tally {
	return Tally{t.Jobs + o.Jobs, t.Good + o.Good, t.Contested + o.Contested}
}

// record is one Outcome in the Book.
type record struct {
	job      wire.CID
	cell     int32 // -1 once another Outcome of its job has replaced it
	how      Attested
	byHirer  bool
	disputed bool
	score    uint16
	conduct  uint8
	ended    uint8
	value    float64 // in the unit of Worth.Least; where the asset's worth is not known, 1
}

// place returns the place of key in the web, made if it is new.
func (b *Book) place(key wire.Key) int32 {
	if i, ok := b.places[key]; ok {
		return i
	}
	i := int32(len(b.parties))
	b.parties = append(b.parties, party{key: key, owner: i})
	b.places[key] = i
	return i
}

// own notes that owner answers for agent. The first owner proved stays.
func (b *Book) own(agent, owner int32) {
	if agent == owner || b.parties[agent].owner != agent || b.parties[owner].owner != owner || len(b.parties[agent].agents) > 0 {
		return
	}
	b.parties[agent].owner = owner
	b.parties[owner].agents = append(b.parties[owner].agents, agent)
	b.disown(agent)
	b.rehome(agent)
}

// disown drops what an agent did for others of its owner, or they for it: had it been
// known before whose they are, it would have been refused.
func (b *Book) disown(agent int32) {
	for _, t := range slices.Concat(b.parties[agent].hired, b.parties[agent].served) {
		if b.parties[b.ties[t].hirer].owner != b.parties[b.ties[t].provider].owner {
			continue
		}
		for _, c := range b.ties[t].cells {
			for _, i := range slices.Clone(b.cells[c].records) {
				b.drop(i)
			}
		}
	}
}

// rehome moves what an agent has hired into the pots of its owner, so that it
// makes no difference when an owner is proved.
func (b *Book) rehome(agent int32) {
	for _, t := range b.parties[agent].hired {
		for _, i := range b.ties[t].cells {
			c := &b.cells[i]
			old := c.pot
			b.stain(i)
			b.pots[old].cells = slices.DeleteFunc(b.pots[old].cells, func(o int32) bool { return o == i })
			b.sumPot(old)
			delete(b.celled, cellKey{t, old})
			c.pot = b.potOf(potKey{b.parties[agent].owner, b.ties[t].provider, c.capability, c.epoch, c.kind})
			b.celled[cellKey{t, c.pot}] = i
			b.pots[c.pot].cells = append(b.pots[c.pot].cells, i)
			b.sumPot(c.pot)
			b.stain(i)
		}
	}
}

// sumPot adds up the value in a pot anew.
func (b *Book) sumPot(p int32) {
	b.pots[p].value = 0
	for _, i := range b.pots[p].cells {
		for _, r := range b.cells[i].records {
			b.pots[p].value += b.records[r].value
		}
	}
}

func (b *Book) potOf(k potKey) int32 {
	p, ok := b.potted[k]
	if !ok {
		p = int32(len(b.pots))
		b.pots = append(b.pots, pot{})
		b.potted[k] = p
	}
	return p
}

// between returns the tie of hirer and provider, made if it is new.
func (b *Book) between(hirer, provider int32) int32 {
	k := [2]int32{hirer, provider}
	if i, ok := b.tied[k]; ok {
		return i
	}
	i := int32(len(b.ties))
	b.ties = append(b.ties, tie{hirer: hirer, provider: provider})
	b.tied[k] = i
	b.parties[hirer].hired = append(b.parties[hirer].hired, i)
	b.parties[provider].served = append(b.parties[provider].served, i)
	return i
}

// capability returns the place of a capability's name.
func (b *Book) capability(name string) int32 {
	if i, ok := b.named[name]; ok {
		return i
	}
	i := int32(len(b.capabilities))
	b.capabilities = append(b.capabilities, name)
	b.named[name] = i
	return i
}

// cellOf returns the cell for outcomes of a tie, made if it is new.
func (b *Book) cellOf(t int32, k potKey) int32 {
	p := b.potOf(k)
	c, ok := b.celled[cellKey{t, p}]
	if !ok {
		c = int32(len(b.cells))
		b.cells = append(b.cells, cell{tie: t, pot: p, capability: k.capability, epoch: k.epoch, kind: k.kind})
		b.celled[cellKey{t, p}] = c
		b.pots[p].cells = append(b.pots[p].cells, c)
		b.ties[t].cells = append(b.ties[t].cells, c)
	}
	return c
}
