package runtime_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// chronicle is a log of outcomes that somebody made up, true or not.
type chronicle struct {
	t             testing.TB
	author, other wire.PrivateKey // who hires; who is hired
	owner         wire.PrivateKey
	network       string
	epoch         protocol.Epoch
	seq           uint64
	head          wire.CID
	n             uint64
	otherSeq      uint64
	otherHead     wire.CID
	noAnswer      bool                                          // the other side logs nothing
	change        func(o *protocol.Outcome)                     // of each Outcome
	forge         func(shown []wire.Proof) []wire.Proof         // of each page
	sign          func(by wire.PrivateKey) (as wire.PrivateKey) // whose seal stands for whose
	skip          uint64                                        // entries left out before each
	failed        bool                                          // what was taken is not delivered, nor paid
}

func newChronicle(t testing.TB, author wire.PrivateKey) *chronicle {
	return &chronicle{
		t: t, author: author, other: wire.NewPrivateKey([32]byte{77, 1}), owner: wire.NewPrivateKey([32]byte{77, 2}),
		network: net, epoch: protocol.Epoch{7},
	}
}

func (c *chronicle) nonce() (n wire.Nonce) {
	c.n++
	h := sha256.Sum256(binary.BigEndian.AppendUint64(c.epoch[:], c.n))
	copy(n[:], h[:])
	return n
}

func (c *chronicle) headOf(k wire.Kind, by wire.PrivateKey) wire.Head {
	return wire.Head{Kind: k, By: by.Key(), At: uint64(time.Now().UnixMilli()), Nonce: c.nonce()}
}

// seal seals documents of one author in one bundle, and shows each alone.
func (c *chronicle) seal(by wire.PrivateKey, docs ...wire.Document) []wire.Proof {
	c.t.Helper()
	if c.sign != nil {
		by = c.sign(by)
	}
	var raw [][]byte
	for _, d := range docs {
		raw = append(raw, wire.Canonical{}.Name(d).Raw)
	}
	b, err := wire.Seal(by, c.network, raw...)
	if err != nil {
		c.t.Fatal(err)
	}
	var all []wire.Proof
	for i := range raw {
		all = append(all, b.Proof(i))
	}
	return all
}

func name(d wire.Document) wire.CID { return wire.Canonical{}.Name(d).ID }

// page tells of one more job: first of the contract and what it came to, then the
// Outcome and the log entries.
func (c *chronicle) page() []byte {
	c.t.Helper()
	accept, bears := c.contracted()
	o := &protocol.Outcome{
		Head: c.headOf(protocol.KindOutcome, c.author), Job: name(accept),
		Hirer: c.author.Key(), Provider: c.other.Key(), HirerOwner: c.owner.Key(), ProviderOwner: wire.NewPrivateKey([32]byte{78}).Key(),
		Capability: "text/words@1", Asset: asset, Band: 3, Score: protocol.Full, Ended: protocol.EndedAgreed,
		Conduct: protocol.PaidInTime, Entry: wire.Sum(bears[len(bears)-2].Doc),
		Opened: accept.At, Closed: uint64(time.Now().UnixMilli()),
	}
	if c.failed {
		o.Score, o.Ended, o.Conduct = 0, protocol.EndedDefault, protocol.PaidNothing
	}
	if c.change != nil {
		c.change(o)
	}
	c.seq += 1 + c.skip
	entry := &protocol.LogEntry{Head: c.headOf(protocol.KindLogEntry, c.author), Outcome: name(o), Epoch: c.epoch, Seq: c.seq, Prev: c.head}
	c.head = name(entry)
	shown := append(bears, c.seal(c.author, o, entry)...)
	if !c.noAnswer {
		c.otherSeq++
		answer := &protocol.LogEntry{
			Head: c.headOf(protocol.KindLogEntry, c.other), Outcome: name(o), Epoch: protocol.Epoch{8}, Seq: c.otherSeq, Prev: c.otherHead,
		}
		c.otherHead = name(answer)
		shown = append(shown, c.seal(c.other, answer)...)
	}
	if c.forge != nil {
		shown = c.forge(shown)
	}
	b, err := (&protocol.Page{Shown: shown}).Bytes()
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// contracted is a contract of ten minutes ago with what shows that it was taken, and
// paid for unless it failed: Accept, HOLD and Countersign, POST and Countersign.
func (c *chronicle) contracted() (*protocol.Accept, []wire.Proof) {
	began := uint64(time.Now().Add(-10 * time.Minute).UnixMilli())
	then := func(k wire.Kind, by wire.PrivateKey) wire.Head {
		h := c.headOf(k, by)
		h.At = began
		return h
	}
	stand := sell.Stand{
		Capability: "text/words@1", Price: wire.Units(5), Asset: asset, Technology: "x", InputType: "*/*", OutputType: "text/plain",
		Data: payload.Handling{Most: payload.Public, Retention: 1000}, Deliver: 60_000, Slots: 1,
	}
	terms := stand.Terms(sell.Seller{
		Owner: wire.NewPrivateKey([32]byte{78}).Key(), Mandate: wire.Sum([]byte("m")), Account: c.other.Key().String(), Rail: "credit",
	}, began+60_000)
	terms.Hirer, terms.Request = c.author.Key(), wire.Sum([]byte("request"))
	quote := c.seal(c.other, &protocol.Quote{Head: then(protocol.KindQuote, c.other), Terms: terms})[0]
	accept := &protocol.Accept{
		Head: then(protocol.KindAccept, c.author), Offered: quote, Owner: c.owner.Key(), Mandates: []wire.CID{wire.Sum([]byte("m"))},
		Account: c.author.Key().String(),
	}
	hold := &protocol.Entry{
		Head: then(protocol.KindEntry, c.author), Act: protocol.ActHold, Payee: c.other.Key(), Asset: asset, Epoch: c.epoch, Seq: 2, Prev: wire.Sum([]byte("open")),
		Job: name(accept), Amount: wire.Units(5), Totals: protocol.Totals{Held: wire.Units(5)}, Mandate: wire.Sum([]byte("m")), Deadline: began + 30*86_400_000,
	}
	proofs := c.seal(c.author, accept, hold)
	var post *protocol.Entry
	if !c.failed {
		post = &protocol.Entry{
			Head: then(protocol.KindEntry, c.author), Act: protocol.ActPost, Payee: c.other.Key(), Asset: asset, Epoch: c.epoch, Seq: 3, Prev: name(hold),
			Job: name(accept), Amount: wire.Units(5), Totals: protocol.Totals{Posted: wire.Units(5)}, Hold: name(hold), Basis: []wire.CID{name(accept)},
		}
	}
	for i, entry := range []*protocol.Entry{hold, post} {
		if entry == nil {
			continue
		}
		cs := &protocol.Countersign{
			Head: then(protocol.KindCountersign, c.other), Lane: entry.Lane(c.network), Seq: entry.Seq, Entry: name(entry), Totals: entry.Totals,
		}
		if i == 0 {
			cs.Taken = []wire.CID{name(accept)}
		} else {
			proofs = append(proofs, c.seal(c.author, entry)...)
		}
		proofs = append(proofs, c.seal(c.other, cs)...)
	}
	return accept, proofs
}

// pages tells of n jobs.
func (c *chronicle) pages(n int) (all [][]byte) {
	for range n {
		all = append(all, c.page())
	}
	return all
}

// mandate shows that owner answers for agent.
func (c *chronicle) mandate(owner, agent wire.PrivateKey) []byte {
	c.t.Helper()
	m := delegation.Root(owner.Key(), agent.Key(), uint64(time.Now().UnixMilli()), c.nonce(), delegation.Grant{})
	b, err := (&protocol.Page{Shown: c.seal(owner, m)}).Bytes()
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// reader is a peer that reads the log of a stranger.
type reader struct {
	*seat
	*stranger
}

func newReader(t *testing.T) *reader {
	t.Helper()
	hub := newHub(t)
	s := newSeat(t, hub, 1)
	s.up()
	return &reader{s, newStranger(t, hub, 2, s.agent.Key())}
}

// reads has the peer told of a head that it does not know, so that it asks for
// the log, and returns what it then knows of the author.
func (r *reader) reads(log func(at p2p.Place) ([][]byte, error)) gateway.Trusted {
	r.seat.t.Helper()
	r.stranger.mu.Lock()
	r.log = log
	r.stranger.mu.Unlock()
	r.hub.Break(r.stranger.key.Key(), r.agent.Key())
	pass(time.Second)
	r.link()
	r.hello(func(h *protocol.Hello) { h.LogHead = wire.Sum([]byte{r.n}) })
	pass(20 * time.Second)
	return r.knows(r.stranger.key.Key())
}

func (r *reader) knows(peer wire.Key) gateway.Trusted {
	r.seat.t.Helper()
	t, err := r.peer.Trust(r.seat.t.Context(), gateway.TrustQuery{Peer: peer, Why: true})
	if err != nil {
		r.seat.t.Fatal(err)
	}
	return t.Known[0]
}

func (r *reader) asks() int {
	r.stranger.mu.Lock()
	defer r.stranger.mu.Unlock()
	return len(r.asked)
}

// keepsAllOfAStranger checks that on the shelf is what may be kept of a stranger's log,
// and no page more.
func (r *reader) keepsAllOfAStranger() {
	r.seat.t.Helper()
	pages, size, largest := 0, 0, 0
	_ = r.shelf.List("log/", func(_ string, page []byte) bool {
		pages, size, largest = pages+1, size+len(page), max(largest, len(page))
		return true
	})
	full := pages == runtime.MaxStrangers || size+largest > runtime.MaxStrangeSize
	if !full || pages > runtime.MaxStrangers || size > runtime.MaxStrangeSize {
		r.seat.t.Errorf("%d pages kept, of %d bytes", pages, size)
	}
}

func always(pages [][]byte) func(p2p.Place) ([][]byte, error) {
	return func(at p2p.Place) ([][]byte, error) {
		if at.Seq == 0 {
			return pages, nil
		}
		return nil, nil
	}
}

// TestHostileLogs: what is wrong in a log is not believed, and nothing after it;
// what came before it is.
func TestHostileLogs(t *testing.T) {
	for _, c := range []struct {
		name   string
		set    func(c *chronicle)
		log    func(c *chronicle) [][]byte // five pages if nil
		want   int                         // jobs believed
		barred bool                        // the author is not asked again soon
	}{
		{name: "an honest one", want: 5},
		{name: "with its mandate", want: 5, log: func(c *chronicle) [][]byte {
			return append([][]byte{c.mandate(c.owner, c.author)}, c.pages(5)...)
		}},
		{name: "not sealed", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof { p[0].Sig = wire.Signature{}; return p }
		}, barred: true},
		{name: "the answer not sealed", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof {
				p[len(p)-1].Sig = p[0].Sig
				return p
			}
		}, barred: true},
		{name: "another document than was sealed", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof {
				p[5].Doc = bytes.Replace(p[5].Doc, []byte("text/words@1"), []byte("text/swords@"), 1)
				return p
			}
		}, barred: true},
		{name: "sealed by the author alone", set: func(c *chronicle) {
			c.sign = func(wire.PrivateKey) wire.PrivateKey { return c.author }
		}, barred: true},
		{name: "answered by the author itself", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof { return p[:len(p)-1] }
		}},
		{name: "of another network", set: func(c *chronicle) { c.network = "other" }, barred: true},
		{name: "one owner on both sides", set: func(c *chronicle) {
			c.owner = wire.NewPrivateKey([32]byte{78})
		}, want: 5}, // they are counted, and praise nobody
		{name: "itself on both sides", set: func(c *chronicle) { c.other = c.author }, log: func(*chronicle) [][]byte { return nil }},
		{name: "from the future", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.Closed += 3_600_000 }
		}},
		{name: "of jobs of others", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.Hirer = wire.NewPrivateKey([32]byte{55}).Key() }
		}, barred: true},
		{name: "each page twice", log: func(c *chronicle) [][]byte {
			p := c.page()
			return [][]byte{p, p, c.page()}
		}, want: 1, barred: true},
		{name: "out of order", log: func(c *chronicle) [][]byte {
			p := c.pages(3)
			return [][]byte{p[0], p[2], p[1]}
		}, want: 1, barred: true},
		{name: "from its middle", log: func(c *chronicle) [][]byte { return c.pages(3)[1:] }, barred: true},
		{name: "with holes", set: func(c *chronicle) { c.skip = 1 }, barred: true},
		{name: "two in one place", log: func(c *chronicle) [][]byte {
			one := c.page()
			c.seq, c.head = 0, wire.CID{}
			return [][]byte{one, c.page()}
		}, want: 1, barred: true},
		{name: "rubbish", log: func(*chronicle) [][]byte { return [][]byte{[]byte("rubbish"), bytes.Repeat([]byte{0x81}, 10_000)} }, barred: true},
		{name: "rubbish at the end", log: func(c *chronicle) [][]byte { return append(c.pages(2), []byte{0xa0}) }, want: 2, barred: true},
		{name: "the mandate of another", log: func(c *chronicle) [][]byte {
			return append([][]byte{c.mandate(c.owner, c.other)}, c.pages(2)...)
		}, barred: true},
		{name: "a bare word", set: func(c *chronicle) { c.noAnswer = true }},
		{name: "without the contract", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof { return p[1:] }
		}},
		{name: "without the payment", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof { return slices.Delete(p, 3, 4) }
		}},
		{name: "without its receipt", set: func(c *chronicle) {
			c.forge = func(p []wire.Proof) []wire.Proof { return slices.Delete(p, 4, 5) }
		}},
		{name: "with another job's payment", set: func(c *chronicle) {
			var before []wire.Proof
			c.forge = func(p []wire.Proof) []wire.Proof {
				ours := slices.Clone(p[3:5])
				if before != nil {
					copy(p[3:5], before)
				}
				before = ours
				return p
			}
		}, want: 1},
		{name: "under another job's name", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.Job = wire.Sum([]byte("another")) }
		}},
		{name: "begun at another time", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.Opened -= 86_400_000 }
		}},
		{name: "ended before it began", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.At = o.Opened - 60_000 }
		}},
		{name: "closed after it was told of", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.At -= 60_000 }
		}},
		{name: "of more than it may cost", set: func(c *chronicle) {
			c.change = func(o *protocol.Outcome) { o.Band = 60 }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReader(t)
				defer r.down()
				defer r.net.Close()
				k := newChronicle(t, r.stranger.key)
				if c.set != nil {
					c.set(k)
				}
				if c.log == nil {
					c.log = func(k *chronicle) [][]byte { return k.pages(5) }
				}
				pages := c.log(k)
				if got := r.reads(always(pages)); got.Hired != c.want {
					t.Errorf("%d jobs are believed, want %d", got.Hired, c.want)
				}
				before := r.asks()
				k2 := newChronicle(t, r.stranger.key)
				r.reads(always(k2.pages(1)))
				if again := r.asks() > before; again == c.barred {
					t.Errorf("asked again: %v", again)
				}
				if before == 0 {
					t.Error("the log was never asked for")
				}
			})
		})
	}
}

// TestLogMandate: an owner is proved by the mandate in its agent's own log, and not otherwise.
func TestLogMandate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t)
		defer r.down()
		defer r.net.Close()
		k := newChronicle(t, r.stranger.key)
		pages := k.pages(2)
		if got := r.reads(always(pages)); !got.Owner.IsZero() {
			t.Errorf("an owner only claimed is %s", got.Owner)
		}
		again := append([][]byte{k.mandate(k.owner, k.author)}, k.page())
		got := r.reads(func(at p2p.Place) ([][]byte, error) { return again, nil })
		if got.Owner != k.owner.Key() || got.Hired != 3 {
			t.Errorf("%d jobs of one whose owner is %v", got.Hired, got.Owner)
		}
	})
}

// TestUnansweredInLog: a hirer's word of what was not delivered counts with its
// proofs, and only once the time for an answer is over.
func TestUnansweredInLog(t *testing.T) {
	for _, full := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newReader(t)
			defer r.down()
			defer r.net.Close()
			k := newChronicle(t, r.stranger.key)
			k.failed, k.noAnswer = true, true
			if !full { // without the Countersign that took the job
				k.forge = func(p []wire.Proof) []wire.Proof { return slices.Delete(p, 2, 3) }
			}
			if got := r.reads(always(k.pages(2))); got.Hired != 0 {
				t.Errorf("%d jobs are believed before they could be answered", got.Hired)
			}
			pass(15 * time.Minute)
			if got, want := r.knows(k.author.Key()).Hired, map[bool]int{true: 2}[full]; got != want {
				t.Errorf("all shown %v: %d jobs are believed, want %d", full, got, want)
			}
		})
	}
}

// TestForkedLog: who tells two stories weighs nothing for ever, over restarts too.
func TestForkedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t)
		k := newChronicle(t, r.stranger.key)
		one := k.pages(2)
		if got := r.reads(always(one)); got.Hired != 2 || got.Forked {
			t.Fatalf("%+v", got)
		}
		k.seq, k.head = 0, wire.CID{}
		other := k.pages(2)
		got := r.reads(func(at p2p.Place) ([][]byte, error) {
			if at.Seq > 0 {
				return nil, p2p.ErrNoLog
			}
			return other, nil
		})
		if !got.Forked || got.Success != 0 || got.Standing != 0 {
			t.Errorf("it has told two stories, and is %+v", got)
		}
		r.restart()
		pass(time.Second)
		if got := r.knows(k.author.Key()); !got.Forked {
			t.Errorf("after a restart it is %+v", got)
		}
		proofs := 0
		err := r.shelf.List("log-forked/", func(key string, b []byte) bool {
			bundle, err := wire.ReadBundle(b)
			if err != nil {
				t.Fatal(err)
			}
			docs, err := protocol.Registry().Read(bundle, net)
			if err != nil {
				t.Fatal(err)
			}
			d, ok := docs[0].Doc.(*protocol.Equivocation)
			if !ok || d.Author() != k.author.Key() || d.Open(net) != nil || !strings.HasSuffix(key, d.Author().String()) {
				t.Errorf("kept under %s: %+v", key, docs[0].Doc)
			}
			proofs++
			return true
		})
		if err != nil || proofs != 1 {
			t.Errorf("%d proofs, %v", proofs, err)
		}
		r.down()
		_ = r.net.Close()
	})
}

// TestEndlessLog: of a log without end there is read and kept what its bounds allow.
func TestEndlessLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t)
		defer r.down()
		defer r.net.Close()
		k := newChronicle(t, r.stranger.key)
		k.noAnswer = true // cheap to make and to read
		got := r.reads(func(p2p.Place) ([][]byte, error) { return k.pages(p2p.MaxPages), nil })
		if n := r.asks(); n > 17 {
			t.Errorf("%d answers read", n)
		}
		r.keepsAllOfAStranger()
		if got.Hired != 0 {
			t.Errorf("%d jobs believed", got.Hired)
		}
	})
}

// TestLogAlwaysAnew: who writes its log anew whenever it is asked for more fills the
// shelf no more than who writes one without end.
func TestLogAlwaysAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t)
		defer r.down()
		defer r.net.Close()
		k := newChronicle(t, r.stranger.key)
		k.noAnswer = true // cheap to make and to read
		for range 3 {
			r.reads(func(at p2p.Place) ([][]byte, error) {
				if at.Seq > 0 {
					return nil, p2p.ErrNoLog
				}
				k.epoch[0]++
				k.seq, k.head = 0, wire.CID{}
				return k.pages(100), nil
			})
		}
		r.keepsAllOfAStranger()
	})
}

// TestLogOfNothing: a key with which nothing was ever done leaves nothing here.
func TestLogOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t)
		defer r.down()
		defer r.net.Close()
		k := newChronicle(t, r.stranger.key)
		r.reads(func(p2p.Place) ([][]byte, error) { return [][]byte{k.mandate(k.owner, k.author)}, nil })
		if r.asks() == 0 {
			t.Error("the log was never asked for")
		}
		_ = r.shelf.List("log", func(key string, _ []byte) bool {
			t.Errorf("%s is kept", key)
			return true
		})
	})
}

// TestLogQuota: nobody is shown more of a log than its share.
func TestLogQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReader(t)
		defer r.down()
		defer r.net.Close()
		shown := 0
		ask := func() error {
			return r.net.Log(t.Context(), r.agent.Key(), p2p.Place{Author: r.agent.Key()}, func([]byte) bool { shown++; return true })
		}
		var err error
		began := time.Now()
		for range 10_000 {
			if err = ask(); err != nil {
				break
			}
		}
		share := 1024 * (1 + time.Since(began).Minutes())
		if !errors.Is(err, p2p.ErrBusy) || float64(shown) < share-2 || float64(shown) > share+2 {
			t.Errorf("%d pages shown, of %v, then %v", shown, share, err)
		}
		pass(time.Minute)
		if err := ask(); err != nil {
			t.Errorf("a minute later: %v", err)
		}
		if err := r.net.Log(t.Context(), r.agent.Key(), p2p.Place{Author: r.stranger.key.Key()}, func([]byte) bool { return true }); err == nil {
			t.Error("it shows logs of others")
		}
		if err := r.net.Log(t.Context(), r.agent.Key(), p2p.Place{Author: r.agent.Key(), Epoch: protocol.Epoch{1}, Seq: 1}, func([]byte) bool { return true }); err == nil {
			t.Error("it shows an epoch that is not")
		}
	})
}

// TestCrowdOfLogs: more strangers than there are places show a log each; all of them
// are read, what is kept stays within its bounds, and after a restart too.
func TestCrowdOfLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		s := newSeat(t, hub, 1)
		s.up()
		var last wire.Key
		for i := range runtime.MaxLogAuthors/2 + 20 {
			one := &stranger{t: t, key: wire.NewPrivateKey([32]byte{byte(i), byte(i >> 8), 5}), to: s.agent.Key()}
			k := newChronicle(t, one.key)
			one.log = always(k.pages(1))
			var err error
			if one.net, err = hub.Join(one.key.Key(), one); err != nil {
				t.Fatal(err)
			}
			one.link()
			one.hello(func(h *protocol.Hello) { h.LogHead = wire.Sum([]byte{1}) })
			pass(100 * time.Millisecond)
			synctest.Wait() // for who asks to be done
			if len(one.asked) == 0 {
				t.Fatalf("stranger %d is not asked for its log", i)
			}
			last = one.key.Key()
			if err := one.net.Close(); err != nil {
				t.Error(err)
			}
		}
		marks := func() (n int) {
			_ = s.shelf.List("log-at/", func(string, []byte) bool { n++; return true })
			return n
		}
		if n := marks(); n != runtime.MaxLogAuthors/2 {
			t.Errorf("the logs of %d strangers are kept, want %d", n, runtime.MaxLogAuthors/2)
		}
		r := &reader{seat: s}
		if got := r.knows(last); got.Hired != 1 {
			t.Errorf("of the last one %d jobs are known", got.Hired)
		}
		s.restart()
		pass(time.Second)
		if got := r.knows(last); got.Hired != 1 || marks() != runtime.MaxLogAuthors/2 {
			t.Errorf("after a restart %d jobs of the last one are known, %d logs kept", got.Hired, marks())
		}
		s.down()
	})
}
