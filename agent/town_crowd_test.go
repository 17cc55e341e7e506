package agent_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// alias is one of the many names that somebody makes up, with its book.
type alias struct {
	to   *citizen
	key  wire.PrivateKey
	book *settlement.Book
	n    uint64
}

func (c *citizen) alias(n int) *alias {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[1:], uint64(n)+1)
	key := wire.NewPrivateKey(seed)
	x := &alias{to: c, key: key, book: settlement.NewBook(key.Key(), net, settlement.Policy{})}
	x.book.Begin(protocol.Epoch{5})
	return x
}

func (x *alias) head(k wire.Kind) wire.Head {
	x.n++
	h := wire.Head{Kind: k, By: x.key.Key(), At: x.to.clock()}
	binary.BigEndian.PutUint64(h.Nonce[:], x.n)
	return h
}

// says has the citizen hear a bundle, and reports whether it left anything in its
// journal; only then it counts for the alias too.
func (x *alias) says(docs ...wire.Document) bool {
	var raw [][]byte
	var said []wire.Said
	for _, d := range docs {
		s := wire.Canonical{}.Name(d)
		raw, said = append(raw, s.Raw), append(said, s)
	}
	b, err := wire.Seal(x.key, net, raw...)
	if err != nil {
		x.to.t.Fatal(err)
	}
	before := len(x.to.journal)
	x.to.tell(agent.Heard{From: x.key.Key(), Bundle: b, Docs: said})
	if len(x.to.journal) == before {
		return false
	}
	r, err := agent.ReadRecord(x.to.reg, x.to.journal[before])
	if err != nil {
		x.to.t.Fatal(err)
	}
	for _, d := range append(said, r.Documents()...) { // what was not heard is said anew
		_ = x.book.Apply(d)
	}
	return true
}

func (x *alias) entry(e *protocol.Entry, err error) *protocol.Entry {
	if err != nil {
		x.to.t.Fatal(err)
	}
	e.Head = x.head(protocol.KindEntry)
	return e
}

func (x *alias) opens() *protocol.Entry {
	return x.entry(x.book.DraftOpen(x.to.key.Key(), asset))
}

// holds sets money aside for a job that is none.
func (x *alias) holds() *protocol.Entry {
	x.n++
	e, err := x.book.DraftHold(x.to.key.Key(), asset, settlement.Hold{
		Job: wire.Sum(binary.BigEndian.AppendUint64(nil, x.n)), Amount: wire.Units(1), Mandate: wire.Sum([]byte("m")), Deadline: x.to.clock() + day,
	})
	if err != nil {
		return nil // it would have to hear us first
	}
	return x.entry(e, nil)
}

// written returns how many bytes a citizen's journal has.
func (c *citizen) written() (n int) {
	for _, r := range c.journal {
		n += len(r)
	}
	return n
}

func inMind() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestWhatAStrangerCosts: before it has paid for anything one key leaves so much in a
// journal and no more, however long it goes on; and all keys together so much in an
// hour. Whoever has paid, and whose job is under way, is heard all the same.
func TestWhatAStrangerCosts(t *testing.T) {
	w := newTown(t, 1)
	quotas := sell.DefaultQuotas()
	seller := w.settle("seller", strict()).start()
	buyer, late := w.settle("buyer").start(), w.settle("late").start()
	seller.sells(5)
	buyer.link(seller)
	late.link(seller)
	w.pass(second)
	buyer.orders("before")
	w.pass(10 * second)
	buyer.ended("before", ending{"settled", "", 5})

	// One key.
	one, before := seller.alias(0), seller.written()
	if !one.says(one.opens()) {
		t.Fatal("a lane is not opened")
	}
	lane := uint64(seller.written() - before)
	began := func() (said int, cost uint64) {
		before := seller.written()
		for range 2000 {
			if h := one.holds(); h != nil && one.says(h) {
				said++
			}
		}
		return said, uint64(seller.written() - before)
	}
	said, cost := began()
	t.Logf("one stranger: %d bytes of journal for a lane, %d more for %d holds", lane, cost, said)
	if cost < quotas.Unpaid*9/10 || cost > quotas.Unpaid*11/10 {
		t.Errorf("one stranger has left %d bytes, its part is %d", cost, quotas.Unpaid)
	}
	w.pass(day / 2)
	if _, cost := began(); cost < quotas.Unpaid*4/10 || cost > quotas.Unpaid*6/10 {
		t.Errorf("half a day later it leaves %d bytes more, its part is %d a day", cost, quotas.Unpaid)
	}

	// Many keys.
	w.pass(hour - w.now%hour)
	seller.work = slow(3 * minute)
	if r := late.orders("under way"); r != nil {
		t.Fatal(r)
	}
	w.pass(10 * second)
	before, was, keys := seller.written(), inMind(), 0
	for seller.alias(keys + 1).says(seller.alias(keys + 1).opens()) {
		if keys++; keys > 100_000 {
			t.Fatal("no end of strangers is heard")
		}
	}
	cost = uint64(seller.written() - before)
	grown := uint64(inMind() - was)
	t.Logf("all strangers in an hour: %d lanes, %d bytes of journal, %d of memory: %d and %d each", keys, cost, grown, cost/uint64(keys), grown/uint64(keys))
	if cost > quotas.CrowdUnpaid*11/10 || cost < quotas.CrowdUnpaid*9/10 {
		t.Errorf("all strangers have left %d bytes in an hour, their part is %d", cost, quotas.CrowdUnpaid)
	}
	if grown > 8*quotas.CrowdUnpaid {
		t.Errorf("they take %d bytes of memory", grown)
	}
	buyer.orders("after")
	w.pass(10 * minute)
	buyer.ended("after", ending{"settled", "", 5})
	late.ended("under way", ending{"settled", "", 5})
	w.pass(hour)
	if !seller.alias(200_000).says(seller.alias(200_000).opens()) {
		t.Error("an hour later no stranger is heard")
	}
	seller.die()
	seller.start()
	if _, cost := began(); cost > quotas.Unpaid/8 { // a few hours are over
		t.Errorf("a restart has forgotten what the first has had: %d bytes more", cost)
	}
}

// TestStoredForStrangers: strangers that bring large inputs and do not pay have only so
// much of them kept at a time; whoever has paid is not counted among them, and when the
// retention is over there is room again.
func TestStoredForStrangers(t *testing.T) {
	w := newTown(t, 1)
	seller := w.settle("seller", strict(func(q *sell.Quotas) { q.CrowdStored = 3 * sell.MaxInput })).start()
	friend := w.settle("friend").start()
	seller.sells(5, func(s *sell.Stand) { s.Slots = 100 })
	friend.link(seller)
	w.pass(second)
	large := func(o *agent.Order) { o.Input.Size = sell.MaxInput }
	friend.orders("before")
	w.pass(10 * second)
	seller.work = func(e agent.Work) (agent.Worked, uint64) {
		return agent.Worked{Job: e.Job, Code: protocol.CodeWorkFailed}, 10
	}
	taken, busy := 0, 0
	crowd := func(name string) {
		taken, busy = 0, 0
		for i := range 6 {
			c := w.settle(fmt.Sprint(name, i)).start()
			c.link(seller)
			w.pass(second)
			c.orders("one", large)
			w.pass(10 * second)
			switch v := c.view("one"); v.Code {
			case protocol.CodeWorkFailed:
				taken++
			case protocol.CodeBusy:
				busy++
			default:
				t.Errorf("a stranger's job is %s (%s)", v.Stage, v.Code)
			}
		}
	}
	crowd("first ")
	if taken != 3 || busy != 3 {
		t.Errorf("%d jobs with 64 MiB each were taken, %d declined; there is room for 3", taken, busy)
	}
	friend.orders("large", large)
	w.pass(10 * second)
	if v := friend.view("large"); v.Code != protocol.CodeWorkFailed {
		t.Errorf("whoever has paid: %s (%s)", v.Stage, v.Code)
	}
	w.pass(2 * day)
	if crowd("second "); taken != 3 {
		t.Errorf("when the retention was over %d were taken", taken)
	}
}

// TestCrowdOfOffers: a crowd of names, each with one offer, does not push out whom an
// agent has hired before.
func TestCrowdOfOffers(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("before")
	w.pass(10 * second)
	terms := sell.Stand{
		Capability: "text/words@1", Price: wire.Units(900), Asset: asset, Technology: "builtin", InputType: "*/*",
		OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day}, Deliver: 10 * minute, Slots: 1,
	}
	for i := range hire.MaxOffers + 100 {
		o := &protocol.Offer{Seq: 1, Expires: w.now + hour}
		o.By, o.At = wire.Key{1, byte(i), byte(i >> 8)}, w.now
		o.Terms = terms.Terms(sell.Seller{Rail: "credit", Account: "x"}, w.now+hour)
		buyer.tell(agent.Listed{Listing: hire.Listing{Offer: o, Proof: wire.Proof{Doc: fmt.Append(nil, i)}}})
	}
	live := buyer.agent.Listings(w.now, "")
	found := false
	for _, l := range live {
		found = found || l.Offer.By == seller.key.Key()
	}
	if !found || len(live) != hire.MaxOffers {
		t.Errorf("the seller is still known: %v, among %d", found, len(live))
	}
}
