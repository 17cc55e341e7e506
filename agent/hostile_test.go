package agent_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// forger says what it likes under its own seal: twisted copies of what an honest
// agent would say, old things again, parts of bundles, bundles put together.
type forger struct {
	*citizen
	said []wire.Said
	cids []wire.CID
}

func newForger(c *citizen) *forger {
	f := &forger{citizen: c}
	c.twist = func(_ *citizen, docs []wire.Said) [][]wire.Said { return f.bundles(docs) }
	return f
}

func (f *forger) bundles(docs []wire.Said) [][]wire.Said {
	f.said = append(f.said, docs...)
	for _, d := range docs {
		f.cids = append(f.cids, d.ID)
	}
	var out [][]wire.Said
	for range 1 + f.rng.IntN(3) {
		var b []wire.Said
		for _, d := range docs {
			switch f.rng.IntN(8) {
			case 0: // left out
			case 1:
				b = append(b, d, f.twisted(d))
			case 2, 3:
				b = append(b, f.twisted(d))
			case 4:
				b = append(b, f.said[f.rng.IntN(len(f.said))], d)
			default:
				b = append(b, d)
			}
		}
		if f.rng.IntN(10) == 0 {
			f.rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		}
		b = distinct(b)
		if len(b) > 0 && len(b) <= wire.MaxBundleDocs {
			out = append(out, b)
		}
	}
	if f.rng.IntN(2) == 0 {
		out = append(out, docs)
	}
	return out
}

func distinct(docs []wire.Said) []wire.Said {
	var out []wire.Said
	for _, d := range docs {
		if !slices.ContainsFunc(out, func(x wire.Said) bool { return x.ID == d.ID }) {
			out = append(out, d)
		}
	}
	return out
}

// twisted is a copy of a document in which something is another.
func (f *forger) twisted(d wire.Said) wire.Said {
	doc, err := f.reg.Decode(d.Raw)
	if err != nil {
		return d
	}
	for range 1 + f.rng.IntN(2) {
		f.twistValue(reflect.ValueOf(doc).Elem())
	}
	doc.Header().By = f.key.Key()
	if f.rng.IntN(2) == 0 {
		doc.Header().At = f.clock() + f.rng.Uint64N(100*second) - 50*second
	}
	return wire.Canonical{}.Name(doc)
}

func (f *forger) cid() wire.CID {
	if len(f.cids) == 0 || f.rng.IntN(8) == 0 {
		return wire.CID{}
	}
	return f.cids[f.rng.IntN(len(f.cids))]
}

func (f *forger) amount() wire.Amount {
	switch f.rng.IntN(4) {
	case 0:
		return wire.Amount{}
	case 1:
		a, _ := wire.ParseAmount("340282366920938463463374607431768211455")
		return a
	}
	return wire.Units(f.rng.Uint64N(20))
}

func (f *forger) twistValue(v reflect.Value) {
	switch x := v.Interface().(type) {
	case wire.Head:
		return
	case wire.CID:
		v.Set(reflect.ValueOf(f.cid()))
		return
	case wire.Key:
		v.Set(reflect.ValueOf(f.folk[f.rng.IntN(len(f.folk))].key.Key()))
		return
	case wire.Amount:
		v.Set(reflect.ValueOf(f.amount()))
		return
	case wire.Proof, []byte, wire.Nonce, protocol.Epoch:
		return
	case protocol.Act:
		v.SetUint(uint64(1 + f.rng.IntN(10)))
		return
	case protocol.Code:
		v.SetString(string([]protocol.Code{protocol.CodeLate, protocol.CodeExpired, protocol.CodeWithdrawn, protocol.CodeBusy, x}[f.rng.IntN(5)]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for range 8 { // a field that can be set
			field := v.Field(f.rng.IntN(v.NumField()))
			if field.CanSet() && field.Type() != reflect.TypeFor[wire.Head]() {
				f.twistValue(field)
				return
			}
		}
	case reflect.Uint64, reflect.Uint8:
		n := []uint64{0, 1, 2, v.Uint() + 1, max(v.Uint(), 1) - 1, f.clock()}[f.rng.IntN(6)]
		if v.Kind() == reflect.Uint8 {
			n &= 7
		}
		v.SetUint(n)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString([]string{"", "check", "type", "artefact", "panel", v.String()}[f.rng.IntN(6)])
	case reflect.Slice:
		switch f.rng.IntN(3) {
		case 0:
			v.Set(reflect.Zero(v.Type()))
		case 1:
			e := reflect.New(v.Type().Elem()).Elem()
			f.twistValue(e)
			v.Set(reflect.Append(v, e))
		default:
			if v.Len() > 0 {
				f.twistValue(v.Index(f.rng.IntN(v.Len())))
			}
		}
	}
}

// TestForgers: nobody who twists, repeats, splits and mixes what it says, as a
// buyer and as a seller, causes a fault or a slip in others, or keeps the honest
// from dealing with one another; and what the honest have recorded replays.
func TestForgers(t *testing.T) {
	for _, seed := range seedsUpTo(8**seeds, 73, 89, 396) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newTown(t, seed)
			ann := w.settle("ann", budget(100, 1<<40), pool(1<<40)).start()
			ben := w.settle("ben", budget(100, 1<<40), pool(1<<40)).start()
			eve := w.settle("eve", budget(100, 1<<40), pool(1<<40)).start()
			newForger(eve)
			for i, c := range w.folk {
				c.work = slow(uint64(500 * i))
				c.sells(uint64(3+i), func(s *sell.Stand) {
					s.Ask = i == 1
					s.Slots = 1000
					if i == 2 {
						s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`}
					}
				})
			}
			w.pass(second)
			for i := range 12 {
				buyer, seller := w.folk[i%3], w.folk[(i+1+i/6)%3]
				buyer.orders(fmt.Sprint(i), func(o *agent.Order) { o.Peer = seller.key.Key() })
				w.pass(w.rng.Uint64N(3 * second))
				if i == 6 {
					ann.die()
					ann.start()
					ann.link(ben)
					ann.link(eve)
				}
			}
			w.pass(10 * minute)
			eve.die()
			w.fall(2 * day)
			for _, c := range []*citizen{ann, ben} {
				for _, v := range c.agent.Jobs(c.clock(), 100) {
					if v.Peer != eve.key.Key() && v.Stage != "settled" && v.Stage != agent.StageGivenUp {
						t.Errorf("%s: a job among the honest is %s (%s)", c.name, v.Stage, v.Code)
					}
					if v.Role != 0 && v.Peer == eve.key.Key() && !v.Final {
						t.Errorf("%s: a job with the forger is %s", c.name, v.Stage)
					}
				}
				c.replays()
			}
		})
	}
}

// rogue is a hostile buyer that writes its own documents, with a book of its own
// to draft them.
type rogue struct {
	*citizen
	at    *citizen // whom it harasses
	book  *settlement.Book
	offer wire.Proof
	terms protocol.Terms
	n     byte
}

func newRogue(t *testing.T) (*rogue, *citizen, *citizen) {
	w := newTown(t, 1)
	seller, buyer, eve := w.settle("seller"), w.settle("buyer"), w.settle("eve")
	seller.start()
	buyer.start()
	r := &rogue{citizen: eve, at: seller}
	r.twist = func(*citizen, []wire.Said) [][]wire.Said { return nil } // its own agent only listens
	eve.start()
	seller.work = slow(10)
	seller.sells(5)
	w.pass(second)
	r.link(seller)
	w.pass(second)
	r.book = settlement.NewBook(eve.key.Key(), net, settlement.Policy{})
	r.book.Begin(protocol.Epoch{9})
	listing := w.air[0].event.(agent.Listed).Listing
	r.offer, r.terms = listing.Proof, listing.Offer.Terms
	return r, seller, buyer
}

func (r *rogue) head(k wire.Kind) wire.Head {
	r.n++
	return wire.Head{Kind: k, By: r.key.Key(), At: r.clock(), Nonce: wire.Nonce{r.n}}
}

// says sends a bundle and returns the codes of what comes back: of Refuses and
// of declined jobs.
func (r *rogue) says(docs ...wire.Document) []string {
	var said []wire.Said
	for _, d := range docs {
		if err := d.Check(); err != nil {
			r.t.Logf("%T: %v", d, err)
		}
		said = append(said, wire.Canonical{}.Name(d))
	}
	r.refused = nil
	r.send(r.at, said)
	r.pass(100)
	return r.refused
}

func (r *rogue) open() *protocol.Entry {
	e, err := r.book.DraftOpen(r.at.key.Key(), asset)
	if err != nil {
		r.t.Fatal(err)
	}
	e.Head = r.head(protocol.KindEntry)
	r.apply(e)
	return e
}

func (r *rogue) apply(e *protocol.Entry) { _ = r.book.Apply(wire.Canonical{}.Name(e)) }

func (r *rogue) accept() *protocol.Accept {
	return &protocol.Accept{
		Head: r.head(protocol.KindAccept), Offered: r.offer, Inputs: []payload.Artefact{artefact("x", 5, payload.Public)},
		Owner: r.key.Key(), Mandates: []wire.CID{wire.Sum([]byte("m"))}, Account: "x",
	}
}

func (r *rogue) hold(id wire.CID, amount uint64, change ...func(*protocol.Entry)) *protocol.Entry {
	e, err := r.book.DraftHold(r.at.key.Key(), asset, settlement.Hold{
		Job: id, Amount: wire.Units(amount), Mandate: wire.Sum([]byte("m")), Deadline: r.clock() + r.terms.Times.Claim,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	e.Head = r.head(protocol.KindEntry)
	for _, f := range change {
		f(e)
	}
	r.apply(e)
	return e
}

// delivery is the Delivery that was heard.
func (r *rogue) delivery() wire.CID {
	for _, d := range r.heard {
		if d.Doc.Header().Kind == protocol.KindDelivery {
			return d.ID
		}
	}
	r.t.Fatal("nothing was delivered")
	return wire.CID{}
}

var all, _ = wire.ParseAmount("340282366920938463463374607431768211455")

func id(d wire.Document) wire.CID { return wire.Canonical{}.Name(d).ID }

// TestRogue: each of these is answered by its code, moves nothing it should not,
// and breaks nothing.
func TestRogue(t *testing.T) {
	taken := func(r *rogue) (*protocol.Accept, *protocol.Entry) {
		a := r.accept()
		open := r.open()
		h := r.hold(id(a), 5)
		r.says(open, a, h)
		return a, h
	}
	seen := func(r *rogue) { // the rogue's book learns of all countersigns
		for _, d := range r.heard {
			if d.Doc.Header().Kind == protocol.KindCountersign {
				_ = r.book.Apply(d)
			}
		}
	}
	for _, c := range []struct {
		name string
		do   func(r *rogue) []string
		want string // codes, of Refuses
	}{
		{"accept without hold", func(r *rogue) []string { return r.says(r.accept()) }, "hold"},
		{"accept of terms that are not ours", func(r *rogue) []string {
			a := r.accept()
			a.Offered.Doc = slices.Clone(a.Offered.Doc)
			a.Offered.Doc[len(a.Offered.Doc)-1] ^= 1
			return r.says(r.open(), a, r.hold(id(a), 5))
		}, "malformed"},
		{"expired offer", func(r *rogue) []string {
			r.pass(6 * minute)
			r.refused = nil
			a := r.accept()
			return r.says(r.open(), a, r.hold(id(a), 5))
		}, "expired"},
		{"hold for no job", func(r *rogue) []string { return r.says(r.open(), r.hold(wire.Sum([]byte("no")), 5)) }, ""},
		{"hold of too little", func(r *rogue) []string { a := r.accept(); return r.says(r.open(), a, r.hold(id(a), 4)) }, ""},
		{"two holds at once", func(r *rogue) []string {
			a := r.accept()
			o, h := r.open(), r.hold(id(a), 5)
			return r.says(o, a, h, r.hold(wire.Sum([]byte("b")), 5, func(e *protocol.Entry) { e.Job, e.Part = id(a), 1 }))
		}, ""},
		{"a huge second hold first", func(r *rogue) []string {
			a := r.accept()
			o := r.open()
			h := r.hold(id(a), 5, func(e *protocol.Entry) {
				e.Part, e.Amount = 1, all
				e.Totals.Held = all
			})
			return r.says(o, a, h)
		}, ""},
		{"hold before its accept", func(r *rogue) []string {
			a := r.accept()
			r.says(r.open(), r.hold(id(a), 5, func(e *protocol.Entry) { e.Part = 1 }))
			return r.says(a, r.hold(id(a), 5))
		}, ""},
		{"gap in the lane", func(r *rogue) []string {
			a := r.accept()
			o := r.open()
			r.hold(wire.Sum([]byte("kept back")), 5)
			return r.says(o, a, r.hold(id(a), 5))
		}, "lane"},
		{"fork", func(r *rogue) []string {
			a, h := taken(r)
			f := *h
			f.Nonce = wire.Nonce{99}
			_ = a
			return r.says(&f)
		}, "fork"},
		{"wrong totals", func(r *rogue) []string {
			a := r.accept()
			return r.says(r.open(), a, r.hold(id(a), 5, func(e *protocol.Entry) { e.Totals.Held = wire.Units(6) }))
		}, "amount"},
		{"post of too little", func(r *rogue) []string {
			a, h := taken(r)
			seen(r)
			e, err := r.book.DraftPost(id(h), wire.Units(1))
			if err != nil {
				r.t.Fatal(err)
			}
			e.Head = r.head(protocol.KindEntry)
			_ = a
			return r.says(e)
		}, "amount"},
		{"void of a taken job, dated when it will have lapsed", func(r *rogue) []string {
			_, h := taken(r)
			seen(r)
			at := h.Deadline + protocol.Skew + 1
			e, err := r.book.DraftVoid(at, id(h))
			if err != nil {
				r.t.Fatal(err)
			}
			e.Head = r.head(protocol.KindEntry)
			e.At = at
			return r.says(e)
		}, "clock"},
		{"void without basis", func(r *rogue) []string {
			_, h := taken(r)
			seen(r)
			e, _ := r.book.DraftVoid(h.Deadline+protocol.Skew+1, id(h))
			e.Head = r.head(protocol.KindEntry)
			return r.says(e)
		}, "hold"},
		{"claim out of the blue", func(r *rogue) []string {
			a, h := taken(r)
			return r.says(&protocol.Claim{Head: r.head(protocol.KindClaim), Job: id(a), Hold: id(h), Delivery: id(h), Amount: wire.Units(5)})
		}, "wrong_payee"},
		{"countersign of no lane", func(r *rogue) []string {
			return r.says(&protocol.Countersign{Head: r.head(protocol.KindCountersign), Lane: wire.Sum(nil), Seq: 1, Entry: wire.Sum(nil)})
		}, "lane"},
		{"delivery of another's job", func(r *rogue) []string {
			a, _ := taken(r)
			return r.says(&protocol.Delivery{Head: r.head(protocol.KindDelivery), Job: id(a), Artefacts: []payload.Artefact{artefact("y", 1, payload.Public)}})
		}, "not_offered"},
		{"about no job", func(r *rogue) []string {
			return r.says(&protocol.Cancel{Head: r.head(protocol.KindCancel), Job: wire.Sum(nil), Code: protocol.CodeLate})
		}, "not_offered"},
		{"a verdict that cites no clause", func(r *rogue) []string {
			a, _ := taken(r)
			d := r.delivery()
			return r.says(&protocol.Verdict{Head: r.head(protocol.KindVerdict), Job: id(a), Delivery: d, Clause: "taste"})
		}, "check"},
		{"an outcome of nothing to be logged", func(r *rogue) []string {
			a, h := taken(r)
			seen(r)
			d := r.delivery()
			v := &protocol.Verdict{Head: r.head(protocol.KindVerdict), Job: id(a), Delivery: d, Pass: true}
			o := &protocol.Outcome{
				Head: r.head(protocol.KindOutcome), Job: id(a), Hirer: r.key.Key(), Provider: r.at.key.Key(),
				HirerOwner: a.Owner, ProviderOwner: r.terms.Owner, Capability: r.terms.Capability, Asset: asset,
				Band: 3, Score: 0, Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime, Entry: id(h), Opened: a.At, Closed: r.clock(),
			}
			l := &protocol.LogEntry{Head: r.head(protocol.KindLogEntry), Outcome: id(o), Epoch: protocol.Epoch{9}, Seq: 1}
			pay, err := r.book.DraftHold(r.at.key.Key(), asset, settlement.Hold{Job: wire.Sum([]byte("z")), Mandate: wire.Sum([]byte("m")), Deadline: r.clock() + hour})
			if err != nil {
				r.t.Fatal(err)
			}
			pay.Head = r.head(protocol.KindEntry)
			if codes := r.says(v, o, l, pay); len(codes) > 0 {
				r.t.Log(codes)
			}
			r.apply(pay)
			seen(r)
			r.book.Permit(id(a), id(o))
			e, err := r.book.DraftVoid(r.clock(), id(h), id(o))
			if err != nil {
				r.t.Fatal(err)
			}
			e.Head = r.head(protocol.KindEntry)
			return r.says(e)
		}, "hold"},
		{"credit for nothing", func(r *rogue) []string {
			taken(r)
			r.says(r.hold(wire.Sum([]byte("w")), 5, func(e *protocol.Entry) {
				e.Act, e.Totals.Held, e.Totals.Posted, e.Deadline = protocol.ActPay, wire.Units(5), wire.Units(5), 0
			}))
			return r.says(r.hold(wire.Sum([]byte("w")), 5, func(e *protocol.Entry) {
				e.Act, e.Totals.Held, e.Totals.Credited, e.Deadline = protocol.ActCredit, wire.Units(5), wire.Units(5), 0
				e.Mandate = wire.CID{}
			}))
		}, "not_offered"},
		{"too many refuses", func(r *rogue) []string {
			a, _ := taken(r)
			for range 300 {
				r.says(&protocol.Refuse{Head: r.head(protocol.KindRefuse), Of: id(a), Code: protocol.CodeLate})
				r.n = byte(r.rng.Uint32())
			}
			return nil
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, seller, buyer := newRogue(t)
			if got := strings.Join(c.do(r), " "); got != c.want {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			r.pass(second)
			if r := buyer.orders("honest", func(o *agent.Order) { o.Peer = seller.key.Key() }); r != nil {
				t.Fatal(r)
			}
			r.pass(10 * second)
			if v := buyer.view("honest"); v.Stage != "settled" && c.name != "expired offer" {
				t.Errorf("an honest job is %s (%s)", v.Stage, v.Code)
			}
			r.fall(2 * day)
			for _, v := range seller.agent.Jobs(seller.clock(), 100) {
				if !v.Final {
					t.Errorf("a job is %s", v.Stage)
				}
			}
			if n := seller.agent.Open(); n != 0 {
				t.Errorf("%d jobs still want something", n)
			}
			seller.replays()
			buyer.replays()
			seller.die()
			seller.start()
		})
	}
}
