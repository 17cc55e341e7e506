package settlement

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// keeper is one side with its durable record.
type keeper struct {
	*person
	book   *Book
	record []func(*Book) // what was folded, in order
	said   []wire.Said   // by this side, ever, even before a restored copy
}

var pool = Policy{Newcomers: []Pool{{usd, wire.Units(300)}}}

func (k *keeper) restart() {
	k.book = NewBook(k.Key(), testNet, pool)
	for _, fold := range k.record {
		fold(k.book)
	}
}

// take folds s and records it, as a peer does that saves before it speaks.
func (k *keeper) take(s wire.Said) error {
	checked := k.book.Check(s)
	var before view
	if checked != nil {
		before = look(k.book)
	}
	err := k.book.Apply(s)
	if (checked == nil) != (err == nil) {
		panic(fmt.Sprintf("Check says %v, Apply says %v", checked, err))
	}
	if err == nil {
		k.record = append(k.record, func(b *Book) {
			if err := b.Apply(s); err != nil {
				panic(err)
			}
		})
	} else if !reflect.DeepEqual(before, look(k.book)) {
		panic("refused, and yet the book has changed: " + err.Error())
	}
	return err
}

// view is all that a book shows.
type view struct {
	Lanes     []Lane
	Positions []Position
	Drawn     map[string]wire.Amount
	Inner     []any
	Unseen    [][]wire.CID
	Holds     []HoldState
	Spent     []wire.Amount
}

func look(b *Book) view {
	v := view{Lanes: b.Lanes(), Positions: b.Positions(), Drawn: maps.Clone(b.drawn)}
	for _, s := range b.order {
		v.Inner = append(v.Inner, s.risk, s.drawn, s.due, s.holds, len(s.done), maps.Clone(s.idem))
		v.Unseen = append(v.Unseen, b.Unseen(s.payee))
	}
	for n := range byte(200) {
		for part := range uint64(mostParts) {
			if h, ok := b.HoldOf(jobID(n), part); ok {
				v.Holds = append(v.Holds, h)
			}
		}
	}
	for n := range byte(3) {
		v.Spent = append(v.Spent, b.Spent(mandateID(n), usd))
	}
	return v
}

func mandateID(n byte) wire.CID { return wire.Sum([]byte{'m', n}) }

// market is a payer and a payee with a network that loses, repeats and reorders.
type market struct {
	*rapid.T
	payer, payee *keeper
	epoch        byte
	jobs         byte
	now          uint64
	lost         bool                       // the payer came back from an old copy
	place        map[string]wire.CID        // of everything the payer ever said
	ended        map[wire.CID]HoldState     // final ends, as either side saw them
	answers      map[wire.CID]bool          // taken or declined, per hold, at the payee
	totals       map[string]protocol.Totals // highest seen, per side
}

func newMarket(t *rapid.T) *market {
	m := &market{
		T: t, now: 1_700_000_000_000, place: make(map[string]wire.CID), ended: make(map[wire.CID]HoldState),
		answers: make(map[wire.CID]bool), totals: make(map[string]protocol.Totals),
		payer: &keeper{person: newPerson(1)}, payee: &keeper{person: newPerson(2)},
	}
	m.payer.restart()
	m.payee.restart()
	m.begin()
	return m
}

func (m *market) begin() {
	m.epoch++
	e := protocol.Epoch{m.epoch}
	m.payer.book.Begin(e)
	m.payer.record = append(m.payer.record, func(b *Book) { b.Begin(e) })
}

// say lets the payer say a draft; a refused draft says nothing.
func (m *market) say(e *protocol.Entry, err error) {
	var r *Refusal
	if errors.Is(err, ErrEpoch) || errors.As(err, &r) {
		return
	}
	if err != nil {
		m.Fatal(err)
	}
	e.At = m.now
	s := m.payer.name(m, e)
	if err := m.payer.take(s); err != nil {
		m.Fatalf("the payer's own draft is refused: %v", err)
	}
	m.payer.said = append(m.payer.said, s)
	at := fmt.Sprint(e.Epoch, e.Seq)
	if other, twice := m.place[at]; twice && other != s.ID {
		m.Fatalf("C5: two bodies for %s", at)
	}
	m.place[at] = s.ID
}

// carry hands a document to a side. An honest pair never forks.
func (m *market) carry(to *keeper, s wire.Said) error {
	err := to.take(s)
	var f *Fork
	if errors.As(err, &f) {
		m.Fatalf("C6: honest books fork: %v", err)
	}
	return err
}

func (m *market) holds(b *Book, which func(HoldState) bool) []HoldState {
	var out []HoldState
	for n := range m.jobs {
		j := b.jobs[jobID(n)]
		if j == nil {
			continue
		}
		for _, h := range j.holds { // on all branches
			if st := h.state(); which(st) {
				out = append(out, st)
			}
		}
	}
	return out
}

func (m *market) pick(hs []HoldState) (HoldState, bool) {
	if len(hs) == 0 {
		return HoldState{}, false
	}
	return hs[rapid.IntRange(0, len(hs)-1).Draw(m.T, "hold")], true
}

// mostParts is how many parts a job of the market has at most.
const mostParts = 4

func (m *market) hold() {
	if m.jobs == 200 {
		return
	}
	h := Hold{Job: jobID(m.jobs), Deadline: m.now + 20_000, Mandate: mandateID(m.jobs % 3)}
	if m.jobs > 0 && rapid.Bool().Draw(m.T, "later part") {
		h.Job, h.Part = jobID(m.jobs-1), rapid.Uint64Range(1, mostParts-1).Draw(m.T, "part")
	} else {
		m.jobs++
	}
	h.Amount = wire.Units(rapid.Uint64Range(0, 50).Draw(m.T, "amount"))
	if rapid.Bool().Draw(m.T, "keyed") {
		h.Idem = h.Job[:4]
	}
	to := m.payee.Key()
	if m.payer.book.Ready(to, usd) == Fresh {
		m.say(m.payer.book.DraftOpen(to, usd))
	}
	m.say(m.payer.book.DraftHold(to, usd, h))
}

func (m *market) open() { m.say(m.payer.book.DraftOpen(m.payee.Key(), usd)) }

func (m *market) post() {
	if h, ok := m.pick(m.holds(m.payer.book, func(h HoldState) bool { return h.Outstanding() || h.Due() })); ok {
		least := rapid.Uint64Range(0, 50).Draw(m.T, "posted")
		a := wire.Units(least)
		if a.Cmp(h.Amount) > 0 {
			a = h.Amount
		}
		m.say(m.payer.book.DraftPost(h.ID, a))
	}
}

func (m *market) void() {
	if h, ok := m.pick(m.holds(m.payer.book, HoldState.Outstanding)); ok {
		m.say(m.payer.book.DraftVoid(m.now, h.ID))
	}
}

// permit is the payee's Cancel, which both sides have seen.
func (m *market) permit() {
	h, ok := m.pick(m.holds(m.payer.book, func(h HoldState) bool { return h.Outstanding() && h.Taken && h.Claim.IsZero() }))
	if !ok {
		return
	}
	basis := wire.Sum(h.Job[:])
	for _, k := range []*keeper{m.payee, m.payer} {
		k.book.Permit(h.Job, basis)
		k.record = append(k.record, func(b *Book) { b.Permit(h.Job, basis) })
	}
	m.say(m.payer.book.DraftVoid(m.now, h.ID, basis))
}

// countersign lets the payee answer some of the jobs it has not answered.
func (m *market) countersign() {
	c, err := m.payee.book.DraftCountersign(m.payer.Key(), usd)
	if err != nil {
		return
	}
	var sum wire.Amount
	for _, h := range m.holds(m.payee.book, func(h HoldState) bool { return h.Outstanding() && !h.Taken && h.Declined == "" }) {
		if slices.Contains(c.Taken, h.Job) || slices.ContainsFunc(c.Declined, func(d protocol.Declined) bool { return d.Job == h.Job }) {
			continue
		}
		decided := m.holds(m.payee.book, func(o HoldState) bool { return o.Job == h.Job && (o.Taken || o.Declined != "") })
		sum, _ = sum.Plus(h.Amount)
		for range mostParts - 1 { // and its other parts
			sum, _ = sum.Plus(wire.Units(50))
		}
		switch rapid.IntRange(0, 2).Draw(m.T, "answer") {
		case 0:
			if m.payee.book.Admit(m.payer.Key(), usd, sum) == nil && !slices.ContainsFunc(decided, func(o HoldState) bool { return o.Declined != "" }) {
				c.Taken = append(c.Taken, h.Job)
			}
		case 1:
			if !slices.ContainsFunc(decided, func(o HoldState) bool { return o.Taken }) {
				c.Declined = append(c.Declined, protocol.Declined{Job: h.Job, Code: protocol.CodeBusy})
			}
		}
	}
	if rapid.Bool().Draw(m.T, "lets go") {
		c.Disputed = slices.DeleteFunc(c.Disputed, func(id wire.CID) bool {
			h, _ := m.payee.book.Hold(id)
			return h.Act == protocol.ActPost
		})
	}
	m.answer(c)
}

// answer lets the payee say a countersign.
func (m *market) answer(c *protocol.Countersign) {
	m.now++
	c.At = m.now
	s := m.payee.name(m, c)
	switch err := m.payee.take(s); {
	case errors.Is(err, ErrKnown):
	case err != nil:
		m.Fatalf("the payee's own countersign is refused: %v", err)
	default:
		m.payee.said = append(m.payee.said, s)
	}
}

// lie lets the payee dispute what it cannot: holds that have not ended, or of which it has
// countersigned the end as it is. That must change neither book.
func (m *market) lie() {
	c, err := m.payee.book.DraftCountersign(m.payer.Key(), usd)
	if err != nil {
		return
	}
	idle := m.holds(m.payee.book, func(h HoldState) bool { return h.Outstanding() || h.EndSeen && !h.Disputed })
	for _, h := range idle {
		if len(c.Disputed) < protocol.MaxSaidJobs {
			c.Disputed = append(c.Disputed, h.ID)
		}
	}
	m.answer(c)
	for _, was := range idle {
		if h, ok := m.payee.book.Hold(was.ID); ok && (h.Disputed || h.Rest != was.Rest || h.EndSeen != was.EndSeen) {
			m.Fatalf("a dispute of what is not in dispute counts\n%+v\n%+v", was, h)
		}
	}
}

func (m *market) claim() {
	h, ok := m.pick(m.holds(m.payee.book, func(h HoldState) bool { return h.Outstanding() && h.Taken && h.Claim.IsZero() }))
	if !ok {
		return
	}
	s := m.payee.name(m, &protocol.Claim{
		Head: wire.Head{Kind: protocol.KindClaim, By: m.payee.Key(), At: m.now},
		Job:  h.Job, Part: h.Part, Hold: h.ID, Delivery: wire.Sum([]byte("delivery")), Amount: h.Amount,
	})
	if m.carry(m.payee, s) == nil {
		m.payee.said = append(m.payee.said, s)
	}
}

// stray delivers anything ever said, once more, late, or out of order.
func (m *market) stray() {
	from, to := m.payer, m.payee
	if rapid.Bool().Draw(m.T, "back") {
		from, to = to, from
	}
	if len(from.said) > 0 {
		_ = m.carry(to, from.said[rapid.IntRange(0, len(from.said)-1).Draw(m.T, "stray")])
	}
}

// flush delivers what the payer still has to say, up to a loss.
func (m *market) flush() {
	ids := m.payer.book.Unseen(m.payee.Key())
	for _, id := range ids[:rapid.IntRange(0, len(ids)).Draw(m.T, "until")] {
		_ = m.carry(m.payee, m.find(m.payer.said, id))
	}
}

func (m *market) find(said []wire.Said, id wire.CID) wire.Said {
	i := slices.IndexFunc(said, func(s wire.Said) bool { return s.ID == id })
	if i < 0 {
		m.Fatalf("never said: %s", id)
	}
	return said[i]
}

func (m *market) restartPayer() {
	was := look(m.payer.book)
	m.payer.restart()
	if got := look(m.payer.book); !reflect.DeepEqual(got, was) {
		m.Fatalf("the replayed book differs:\n%+v\n%+v", was, got)
	}
	m.begin()
}

func (m *market) restartPayee() {
	was := look(m.payee.book)
	m.payee.restart()
	if got := look(m.payee.book); !reflect.DeepEqual(got, was) {
		m.Fatalf("the replayed book differs:\n%+v\n%+v", was, got)
	}
}

// restorePayer brings the payer back from an older copy of its disk.
func (m *market) restorePayer() {
	m.payer.record = m.payer.record[:rapid.IntRange(0, len(m.payer.record)).Draw(m.T, "kept")]
	m.payer.restart()
	m.begin()
	m.lost = true
}

func (m *market) wait() { m.now += rapid.Uint64Range(0, 30_000).Draw(m.T, "ms") }

// check asserts the invariants of money.md after every step.
func (m *market) check() {
	for name, k := range map[string]*keeper{"payer": m.payer, "payee": m.payee} {
		for _, l := range k.book.Lanes() {
			if k == m.payee || !m.lost {
				if !within(m.totals[name], l.SeenTotals) {
					m.Fatalf("C2: totals of the %s fell", name)
				}
				m.totals[name] = l.SeenTotals
			}
			if l.Totals.Settled.Cmp(l.Totals.Posted) > 0 || l.Totals.Released.Cmp(l.Totals.Held) > 0 {
				m.Fatalf("C2: %+v", l.Totals)
			}
		}
		for _, h := range m.holds(k.book, func(h HoldState) bool { return h.EndSeen }) {
			if was, ok := m.ended[h.ID]; ok && (was.End != h.End || was.Posted != h.Posted) {
				m.Fatalf("C3: hold %s ends twice: %+v, %+v", h.ID, was, h)
			}
			m.ended[h.ID] = h
			if rest := less(h.Claimed, h.Posted); h.Rest != rest && h.Disputed && h.Act == protocol.ActPost || !h.Rest.IsZero() && !h.Disputed {
				m.Fatalf("a claim of %s ends with %s, disputed: %t, and %s are left", h.Claimed, h.Posted, h.Disputed, h.Rest)
			}
			if h.Posted.Cmp(h.Amount) > 0 {
				m.Fatalf("more posted than held: %+v", h)
			}
		}
	}
	m.checkPrefix()
	m.checkSums()
}

// checkPrefix is C1: what the payee has, the payer has said, with the same totals.
func (m *market) checkPrefix() {
	l, ok := m.payee.book.LaneFrom(m.payer.Key(), usd)
	if !ok {
		return
	}
	if e := m.find(m.payer.said, l.Head).Doc.(*protocol.Entry); e.Totals != l.Totals {
		m.Fatal("C1: the payee's head is not what the payer said")
	}
	if mine, ok := m.payer.book.LaneTo(m.payee.Key(), usd); ok && !m.lost && !within(mine.SeenTotals, l.Totals) {
		m.Fatal("C1: the payer believes more seen than the payee has")
	}
	if h := m.payee.book.drawn[usd]; h.Cmp(wire.Units(300)) > 0 {
		m.Fatalf("C7: %s drawn from a pool of 300", h)
	}
}

// checkSums counts again, hold by hold, what the books keep as sums.
func (m *market) checkSums() {
	var posted, held, risk wire.Amount
	spent := make(map[wire.CID]wire.Amount)
	for _, h := range m.holds(m.payer.book, func(HoldState) bool { return true }) {
		a := h.Posted
		switch {
		case h.Outstanding():
			a = h.Amount
			held, _ = held.Plus(a)
		case h.Due():
			a = h.Claimed
			held, _ = held.Plus(a)
		default:
			a, _ = a.Plus(h.Rest)
			held, _ = held.Plus(h.Rest)
		}
		posted, _ = posted.Plus(h.Posted)
		spent[h.Mandate], _ = spent[h.Mandate].Plus(a)
	}
	for n := range byte(3) {
		if got := m.payer.book.Spent(mandateID(n), usd); got != spent[mandateID(n)] {
			m.Fatalf("C9: spent %s, counted %s", got, spent[mandateID(n)])
		}
	}
	branches := 0
	for _, s := range m.payer.book.order {
		parents := make(map[wire.CID]bool)
		for _, x := range s.steps {
			if parents[x.parent] {
				branches++
			}
			parents[x.parent] = true
		}
	}
	if p := m.payer.book.Position(m.payee.Key(), usd); branches == 0 && (p.IOwe != posted || p.HeldByMe != held) {
		m.Fatalf("position %+v, counted %s posted and %s held", p, posted, held)
	}
	for _, h := range m.holds(m.payee.book, func(h HoldState) bool { return h.Taken }) {
		a := h.Amount
		if h.Due() {
			a = h.Claimed
		}
		if !h.Outstanding() && !h.Due() {
			a, _ = h.Posted.Plus(h.Rest)
		}
		risk, _ = risk.Plus(a)
	}
	if got := m.payee.book.drawn[usd]; got != risk {
		m.Fatalf("drawn %s, counted %s", got, risk)
	}
}

// show lets the payee show the entries it has and its countersigns; the payer
// adopts what is its own. An OPEN goes on only once its countersign is there.
func (m *market) show() {
	for more := true; more; {
		more = false
		for _, s := range slices.Concat(m.payer.said, m.payee.said) {
			theirs := s.Doc.Header().By == m.payee.Key()
			if theirs || errors.Is(m.payee.book.Check(s), ErrKnown) {
				more = m.carry(m.payer, s) == nil || more
			}
		}
	}
}

// meet is the hand-shake after a reconnect, with nothing lost: C8.
func (m *market) meet() {
	to, from := m.payee.Key(), m.payer.Key()
	for _, id := range m.payer.book.Unseen(to) {
		_ = m.carry(m.payee, m.find(m.payer.said, id))
	}
	m.countersign()
	m.show()
	if len(m.payer.book.Unseen(to)) > 0 { // refused: give it up
		shown, _ := m.payee.book.LaneFrom(from, usd)
		m.begin()
		e, err := m.payer.book.DraftOpenFrom(to, usd, shown.Head)
		if err != nil {
			for _, s := range m.payer.said {
				if errors.Is(m.payee.book.Check(s), ErrKnown) {
					m.Logf("entry %d: %v", s.Doc.(*protocol.Entry).Seq, m.payer.book.Check(s))
				}
			}
			m.Fatalf("C8: no OPEN from the payee's head: %v", err)
		}
		m.say(e, nil)
		ids := m.payer.book.Unseen(to)
		if err := m.carry(m.payee, m.find(m.payer.said, ids[len(ids)-1])); err != nil {
			m.Fatalf("C8: an OPEN from the payee's own head is refused: %v", err)
		}
		m.countersign()
		m.show()
	}
	m.lost = false
	mine, ok := m.payer.book.LaneTo(to, usd)
	theirs, there := m.payee.book.LaneFrom(from, usd)
	if ok != there || mine.Head != theirs.Head || mine.Totals != theirs.Totals || len(m.payer.book.Unseen(to)) > 0 {
		m.Fatalf("C8: after the hand-shake\n%+v\n%+v", mine, theirs)
	}
	for _, h := range m.holds(m.payer.book, func(HoldState) bool { return true }) {
		o, ok := m.payee.book.Hold(h.ID)
		if !ok || o.Outstanding() != h.Outstanding() || o.Posted != h.Posted || o.Taken != h.Taken || o.Due() != h.Due() ||
			o.Disputed != h.Disputed || o.Rest != h.Rest {
			m.Fatalf("C1: the books differ about a hold\n%+v\n%+v", h, o)
		}
	}
}

// Two honest books, whatever happens between them, keep the invariants, and one
// hand-shake brings them together.
func TestTwoBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMarket(t)
		moves := []func(){
			m.hold, m.hold, m.hold, m.open, m.post, m.post, m.void, m.permit, m.countersign, m.countersign, m.lie, m.claim,
			m.stray, m.stray, m.stray, m.flush, m.flush, m.flush, m.restartPayer, m.restartPayee, m.wait, m.meet,
			m.restorePayer,
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			moves[rapid.IntRange(0, len(moves)-1).Draw(t, "move")]()
			m.check()
		}
		m.meet()
		m.check()
	})
}
