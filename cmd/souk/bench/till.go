package bench

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// till is one side of a lane by itself: a book and a key, and nothing of a job
// around them. It may be used from several goroutines.
type till struct {
	key wire.PrivateKey
	reg *wire.Registry

	mu    sync.Mutex // guards what follows
	book  *settlement.Book
	nonce uint64
}

func newTill(n byte) *till {
	k := wire.NewPrivateKey([32]byte{0x71, n})
	t := &till{key: k, reg: protocol.Registry(), book: settlement.NewBook(k.Key(), stageNet, settlement.Policy{
		Newcomers: []settlement.Pool{{Asset: usd, Limit: wire.Units(1 << 40)}},
	})}
	t.book.Begin(protocol.Epoch{n})
	return t
}

// utter dates, names, folds and seals a draft. mu is held.
func (t *till) utter(d wire.Document) (wire.Said, []byte, error) {
	t.nonce++
	h := d.Header()
	binary.BigEndian.PutUint64(h.Nonce[:], t.nonce)
	h.At = dawn
	s := wire.Canonical{}.Name(d)
	if err := t.book.Apply(s); err != nil {
		return s, nil, err
	}
	b, err := wire.Seal(t.key, stageNet, s.Raw)
	if err != nil {
		return s, nil, err
	}
	raw, err := b.Bytes()
	return s, raw, err
}

// read opens what the other side said: form, then seal.
func (t *till) read(raw []byte) (wire.Said, error) {
	b, err := wire.ReadBundle(raw)
	if err != nil {
		return wire.Said{}, err
	}
	said, err := t.reg.Read(b, stageNet)
	if err != nil {
		return wire.Said{}, err
	}
	return said[0], nil
}

// enter says an entry: the first half of a receipt. then, where given, is called
// while nothing else can be said, so that what is appended keeps the order of the lane.
func (t *till) enter(draft func(*settlement.Book) (*protocol.Entry, error), then func(e wire.Said, raw []byte)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, err := draft(t.book)
	if err != nil {
		return err
	}
	s, raw, err := t.utter(e)
	if err != nil {
		return err
	}
	then(s, raw)
	return nil
}

// countersign answers an entry: the second half. The job it holds for is taken.
func (t *till) countersign(raw []byte) (answer []byte, err error) {
	s, err := t.read(raw)
	if err != nil {
		return nil, err
	}
	e, ok := s.Doc.(*protocol.Entry)
	if !ok {
		return nil, fmt.Errorf("a %s is no entry", kindOf(s.Doc))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.book.Apply(s); err != nil {
		return nil, err
	}
	c, err := t.book.DraftCountersign(e.By, usd)
	if err != nil {
		return nil, err
	}
	if e.Act == protocol.ActHold {
		c.Taken = []wire.CID{e.Job}
	}
	_, answer, err = t.utter(c)
	return answer, err
}

// take folds a countersign, and returns the number of the entry it is of.
func (t *till) take(raw []byte) (uint64, error) {
	s, err := t.read(raw)
	if err != nil {
		return 0, err
	}
	c, ok := s.Doc.(*protocol.Countersign)
	if !ok {
		return 0, fmt.Errorf("a %s is no countersign", kindOf(s.Doc))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return c.Seq, t.book.Apply(s)
}

// What a lane is made of: its beginning, and a HOLD and the POST that ends it for
// each payment.
func opening(payee wire.Key) func(*settlement.Book) (*protocol.Entry, error) {
	return func(b *settlement.Book) (*protocol.Entry, error) { return b.DraftOpen(payee, usd) }
}

func holding(payee wire.Key, n int) func(*settlement.Book) (*protocol.Entry, error) {
	return func(b *settlement.Book) (*protocol.Entry, error) {
		return b.DraftHold(payee, usd, settlement.Hold{
			Job: wire.Sum(fmt.Append(nil, n)), Amount: wire.Units(1), Deadline: dawn + day, Mandate: wire.Sum(nil),
		})
	}
}

func posting(hold wire.CID) func(*settlement.Book) (*protocol.Entry, error) {
	return func(b *settlement.Book) (*protocol.Entry, error) { return b.DraftPost(hold, wire.Units(1)) }
}
