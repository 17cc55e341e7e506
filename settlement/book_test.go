package settlement

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

const (
	testNet = "test"
	usd     = "souk:credit/usd-6"
)

// person makes documents with ever new nonces.
type person struct {
	wire.PrivateKey
	n uint64
}

func newPerson(seed byte) *person {
	return &person{PrivateKey: wire.NewPrivateKey([32]byte{seed})}
}

func (p *person) name(t interface{ Fatal(...any) }, d wire.Document) wire.Said {
	p.n++
	h := d.Header()
	binary.BigEndian.PutUint64(h.Nonce[:], p.n)
	if h.At == 0 {
		h.At = 1_700_000_000_000
	}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	return wire.Canonical{}.Name(d)
}

func jobID(n byte) wire.CID { return wire.Sum([]byte{'j', n}) }

// deal is two books that lie side by side.
type deal struct {
	*testing.T
	payer, payee *person
	a, b         *Book
}

func newDeal(t *testing.T) *deal {
	d := &deal{T: t, payer: newPerson(1), payee: newPerson(2)}
	pol := Policy{Newcomers: []Pool{{usd, wire.Units(1_000_000)}}}
	d.a = NewBook(d.payer.Key(), testNet, pol)
	d.b = NewBook(d.payee.Key(), testNet, pol)
	d.a.Begin(protocol.Epoch{1})
	return d
}

func (d *deal) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// say names a draft and folds it into the payer's book.
func (d *deal) say(e *protocol.Entry, err error) wire.Said {
	d.Helper()
	d.must(err)
	s := d.payer.name(d, e)
	d.must(d.a.Check(s))
	d.must(d.a.Apply(s))
	return s
}

// both says a draft to both.
func (d *deal) both(e *protocol.Entry, err error) wire.Said {
	d.Helper()
	s := d.say(e, err)
	d.must(d.b.Check(s))
	d.must(d.b.Apply(s))
	return s
}

// sign countersigns at the payee and gives it to the payer too.
func (d *deal) sign(taken ...wire.CID) wire.Said {
	d.Helper()
	c, err := d.b.DraftCountersign(d.payer.Key(), usd)
	d.must(err)
	c.Taken = taken
	s := d.payee.name(d, c)
	d.must(d.b.Apply(s))
	d.must(d.a.Apply(s))
	return s
}

func (d *deal) hold(job wire.CID, amount uint64) wire.Said {
	d.Helper()
	return d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{
		Job: job, Amount: wire.Units(amount), Deadline: 1_700_000_100_000, Mandate: jobID(200),
	}))
}

func TestOrdinary(t *testing.T) {
	d := newDeal(t)
	job := jobID(1)
	if r := d.a.Ready(d.payee.Key(), usd); r != Fresh {
		t.Fatal(r)
	}
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	h := d.hold(job, 5)
	if st, ok := d.b.HoldOf(job, 0); !ok || st.ID != h.ID || st.Payer != d.payer.Key() || st.Taken {
		t.Fatalf("%+v", st)
	}
	d.must(d.b.Admit(d.payer.Key(), usd, wire.Units(5)))
	d.sign(job)
	if st, _ := d.a.HoldOf(job, 0); !st.Taken || !st.Countersigned || !st.Outstanding() {
		t.Fatalf("%+v", st)
	}
	p := d.both(d.a.DraftPost(h.ID, wire.Units(5)))
	if got := d.a.Unseen(d.payee.Key()); len(got) != 1 || got[0] != p.ID {
		t.Fatal(got)
	}
	if err := d.b.Apply(p); !errors.Is(err, ErrKnown) {
		t.Fatal(err)
	}
	c := d.sign()
	if err := d.a.Apply(c); !errors.Is(err, ErrKnown) {
		t.Fatal(err)
	}
	if st, _ := d.a.HoldOf(job, 0); st.Posted != wire.Units(5) || !st.EndSeen {
		t.Fatalf("%+v", st)
	}
	if p := d.a.Position(d.payee.Key(), usd); p.IOwe != wire.Units(5) || !p.HeldByMe.IsZero() {
		t.Fatalf("%+v", p)
	}
	if p := d.b.Position(d.payer.Key(), usd); p.OwedToMe != wire.Units(5) {
		t.Fatalf("%+v", p)
	}
	if got := d.a.Spent(jobID(200), usd); got != wire.Units(5) {
		t.Fatal(got)
	}
}
