package hire

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

const day = 86_400_000

func wish() Wish {
	return Wish{Capability: "text/words@1", Asset: "souk:credit/usd-6", Deliver: 60_000, InputType: "text/plain", Size: 100, Label: payload.Label{Class: payload.Public}, Rails: []string{"credit"}}
}

func suitable() protocol.Terms {
	return protocol.Terms{
		Capability: "text/words@1", InputType: "*/*", Asset: "souk:credit/usd-6", Data: payload.Handling{Most: payload.Public},
		Times: protocol.Times{Deliver: 1, Review: 1 + Leisure, Settle: Leisure}, Rail: protocol.Rail{Name: "credit"}, ValidUntil: 2,
	}
}

func TestSuits(t *testing.T) {
	judge := wire.Key{2}
	for name, c := range map[string]struct {
		change func(*protocol.Terms)
		want   protocol.Code
	}{
		"any input":                  {func(*protocol.Terms) {}, ""},
		"just this input":            {func(t *protocol.Terms) { t.MaxBytes = 100 }, ""},
		"smaller inputs":             {func(t *protocol.Terms) { t.MaxBytes = 99 }, protocol.CodeTooLarge},
		"reworks":                    {func(t *protocol.Terms) { t.Reworks = 1 }, ""},
		"needs":                      {func(t *protocol.Terms) { t.Needs, t.Times.PauseMax = []string{"map"}, 1 }, ""},
		"reworks of several parts":   {func(t *protocol.Terms) { t.Price.Tranches, t.Reworks = make([]wire.Amount, 2), 1 }, protocol.CodeNotOffered},
		"needs of several calls":     {func(t *protocol.Terms) { t.Price.Window, t.Needs, t.Times.PauseMax = 2, []string{"map"}, 1 }, protocol.CodeNotOffered},
		"a window that is judged":    {func(t *protocol.Terms) { t.Price.Window, t.Panel.Members = 2, []protocol.Third{{Key: judge}} }, protocol.CodeNotOffered},
		"a call that is judged":      {func(t *protocol.Terms) { t.Price.Window, t.Panel.Members = 1, []protocol.Third{{Key: judge}} }, ""},
		"a strange evaluator":        {func(t *protocol.Terms) { t.Panel.Members = []protocol.Third{{Key: wire.Key{1}}} }, protocol.CodeNotOffered},
		"held for a year":            {func(t *protocol.Terms) { t.Times.Claim, t.Times.Settle = 365*day, 366*day }, protocol.CodeNotOffered},
		"paused for a year":          {func(t *protocol.Terms) { t.Needs, t.Times.PauseMax = []string{"map"}, 365*day }, protocol.CodeNotOffered},
		"reworked for a month":       {func(t *protocol.Terms) { t.Reworks, t.Times.Rework = 15, 2*day }, protocol.CodeNotOffered},
		"over already":               {func(t *protocol.Terms) { t.ValidUntil = 1 }, protocol.CodeExpired},
		"paid in two parts":          {func(t *protocol.Terms) { t.Price.Tranches = make([]wire.Amount, 2) }, ""},
		"paid in too many":           {func(t *protocol.Terms) { t.Price.Tranches = make([]wire.Amount, 65) }, protocol.CodeNotOffered},
		"windows too large":          {func(t *protocol.Terms) { t.Price.Window = 17 }, protocol.CodeNotOffered},
		"a meter beyond the budget":  {func(t *protocol.Terms) { t.Price.PerUnit, t.Price.MaxUnits = wire.Units(1), 1<<40 }, protocol.CodeBudget},
		"paid another way":           {func(t *protocol.Terms) { t.Rail.Name = "gold" }, protocol.CodeRail},
		"trains on what it is given": {func(t *protocol.Terms) { t.Data.Train = true }, protocol.CodeLabel},
	} {
		terms := suitable()
		c.change(&terms)
		w := wish()
		if len(terms.Panel.Members) > 0 {
			w.Evaluators = []wire.Key{judge}
		}
		if got := w.Suits(1, wire.NewPrivateKey([32]byte{2}).Key(), &terms); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func nothing(wire.Key) uint8 { return 0 }

// TestOfTwoListings: of two offers with one seq the one with the lower CID
// stands, in whatever order they come; a later seq always does.
func TestOfTwoListings(t *testing.T) {
	listing := func(doc string, seq uint64) Listing {
		return Listing{Offer: &protocol.Offer{Seq: seq, Expires: 2, Terms: suitable()}, Proof: wire.Proof{Doc: []byte(doc)}}
	}
	low, high := listing("one", 1), listing("other", 1)
	if a, b := wire.Sum(low.Proof.Doc), wire.Sum(high.Proof.Doc); string(a[:]) > string(b[:]) {
		low, high = high, low
	}
	for _, order := range [][]Listing{{low, high}, {high, low}} {
		m := new(Market)
		for _, l := range order {
			m.Put(1, l, nothing)
		}
		if live := m.Live(1, ""); len(live) != 1 || string(live[0].Proof.Doc) != string(low.Proof.Doc) {
			t.Error("the order in which they came decides")
		}
		if !m.Put(1, listing("later", 2), nothing) || m.Put(1, low, nothing) {
			t.Error("the later offer does not stand")
		}
	}
}

// TestCrowdedMarket: a few keys that offer all they may keep no newcomer out, and
// none of them gets more room by it.
func TestCrowdedMarket(t *testing.T) {
	m := new(Market)
	put := func(author byte, capability string) bool {
		o := &protocol.Offer{Seq: 1, Expires: 2, Terms: suitable()}
		o.By, o.Terms.Capability = wire.Key{author}, capability
		return m.Put(1, Listing{Offer: o}, nothing)
	}
	for author := range byte(MaxOffers / MaxPerAuthor) {
		for i := range MaxPerAuthor {
			if !put(author, fmt.Sprintf("text/n%d@1", i)) {
				t.Fatal("no room in an empty market")
			}
		}
	}
	for author := range byte(100) {
		if !put(100+author, "text/words@1") {
			t.Fatalf("the market is full for newcomer %d", author)
		}
	}
	own := 0
	for _, l := range m.Live(1, "") {
		if (l.Offer.By == wire.Key{0}) {
			own++
		}
	}
	if put(0, "text/more@1") && own >= MaxPerAuthor {
		t.Error("one of the crowd found more room")
	}
	if n := len(m.Live(1, "")); n != MaxOffers {
		t.Errorf("%d offers in a market for %d", n, MaxOffers)
	}
}

// TestCrowdOfNames: more keys than there is room for offer one thing each. They push
// out nobody who is worth something to the reader, and whoever else comes finds room.
func TestCrowdOfNames(t *testing.T) {
	m, at := new(Market), uint64(1)
	known := map[wire.Key]uint8{}
	put := func(author int, capability string) bool {
		at++
		o := &protocol.Offer{Seq: 1, Expires: at + 1_000_000, Terms: suitable()}
		o.By, o.Terms.Capability = wire.Key{byte(author), byte(author >> 8)}, capability
		return m.Put(at, Listing{Offer: o}, func(k wire.Key) uint8 { return known[k] })
	}
	put(1, "text/words@1")
	put(2, "text/words@1")
	known[wire.Key{1}], known[wire.Key{2}] = 2, 1 // not before their offers were heard
	for i := range MaxOffers + 500 {
		if !put(100+i, "text/words@1") {
			t.Fatalf("no room for name %d: those before it hold it for good", i)
		}
	}
	has := map[wire.Key]bool{}
	for _, l := range m.Live(at, "") {
		has[l.Offer.By] = true
	}
	last := 100 + MaxOffers + 499
	if !has[wire.Key{1}] || !has[wire.Key{2}] || has[wire.Key{100}] || !has[wire.Key{byte(last), byte(last >> 8)}] || len(has) != MaxOffers || len(m.authors) != MaxOffers {
		t.Errorf("dealt with %v, trusted %v, the oldest %v, of %d", has[wire.Key{1}], has[wire.Key{2}], has[wire.Key{100}], len(has))
	}
	if put(last, "text/more@1") || !put(1, "text/more@1") {
		t.Error("a second offer finds room by its author's worth alone")
	}
	m.Expire(at + 2_000_000)
	if len(m.listings)+len(m.authors) != 0 {
		t.Errorf("%d offers of %d authors are left", len(m.listings), len(m.authors))
	}
}

// BenchmarkFullMarket is what an offer costs that finds room in a full book.
func BenchmarkFullMarket(b *testing.B) {
	m, n := new(Market), 0
	for b.Loop() {
		n++
		o := &protocol.Offer{Seq: 1, Expires: 1 << 40, Terms: suitable()}
		o.By = wire.Key{byte(n), byte(n >> 8), byte(n >> 16)}
		m.Put(uint64(n), Listing{Offer: o}, nothing)
	}
}

// TestNamedEvaluators: who names evaluators hires where they judge, and nowhere else;
// who names none hires where nobody does.
func TestNamedEvaluators(t *testing.T) {
	const no = protocol.CodeNotOffered
	for _, c := range []struct {
		named, members []wire.Key
		want           protocol.Code
	}{
		{nil, nil, ""},
		{nil, []wire.Key{{2}}, no},
		{[]wire.Key{{2}}, nil, no},
		{[]wire.Key{{2}}, []wire.Key{{2}}, ""},
		{[]wire.Key{{2}}, []wire.Key{{3}}, no},
		{[]wire.Key{{2}}, []wire.Key{{2}, {3}}, no},
		{[]wire.Key{{2}, {3}}, []wire.Key{{2}}, ""},
		{[]wire.Key{{2}, {3}}, []wire.Key{{2}, {3}}, ""},
	} {
		w, terms := wish(), suitable()
		w.Evaluators = c.named
		for _, k := range c.members {
			terms.Panel.Members = append(terms.Panel.Members, protocol.Third{Key: k})
		}
		if got := w.Suits(1, wire.NewPrivateKey([32]byte{2}).Key(), &terms); got != c.want {
			t.Errorf("named %x, under %x: %q, want %q", c.named, c.members, got, c.want)
		}
	}
}

// TestOwnCheck: a rule of the hirer's own needs somebody to complain to, or a rework.
// Else what fails it would be paid for, passed and vouched for.
func TestOwnCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*protocol.Terms)
		want   protocol.Code
	}{
		"nobody":     {func(*protocol.Terms) {}, protocol.CodeNotOffered},
		"reworks":    {func(t *protocol.Terms) { t.Reworks = 1 }, ""},
		"evaluators": {func(t *protocol.Terms) { t.Panel.Members = []protocol.Third{{Key: wire.Key{2}}} }, ""},
	} {
		terms := suitable()
		c.change(&terms)
		w := wish()
		if w.Checked = true; len(terms.Panel.Members) > 0 {
			w.Evaluators = []wire.Key{{2}}
		}
		if got := w.Suits(1, wire.NewPrivateKey([32]byte{2}).Key(), &terms); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestSchemaOfListing: what an offer says of inputs is that of the live one, and counted
// as often as there is one.
func TestSchemaOfListing(t *testing.T) {
	var m Market
	put := func(at uint64, by byte, seq, expires uint64, schema string) {
		o := &protocol.Offer{Seq: seq, Expires: expires, Schema: schema, Terms: suitable()}
		o.By = wire.Key{by}
		m.Put(at, Listing{Offer: o, Proof: wire.Proof{Doc: []byte(schema)}}, nothing)
	}
	want := func(at uint64, n int, schemas ...string) {
		t.Helper()
		for i, s := range schemas {
			if got := m.Schema(at, wire.Key{byte(i + 1)}, "text/words@1"); got != s {
				t.Errorf("of %d: %q, want %q", i+1, got, s)
			}
		}
		if m.Schemas() != n || m.Schema(at, wire.Key{1}, "text/other@1") != "" {
			t.Errorf("%d have a schema, want %d", m.Schemas(), n)
		}
	}
	want(1, 0, "", "")
	put(1, 1, 1, 10, "one")
	put(1, 2, 1, 20, "")
	want(1, 1, "one", "")
	put(2, 1, 2, 10, "two")
	put(2, 2, 2, 20, "three")
	want(2, 2, "two", "three", "")
	put(3, 2, 1, 20, "old")
	want(3, 2, "two", "three")
	put(3, 2, 3, 20, "")
	want(3, 1, "two", "")
	want(10, 1, "", "") // over, though not yet swept out
	m.Expire(10)
	want(10, 0, "", "")
	put(11, 1, 3, 20, "four")
	put(12, 1, 4, 12, "")
	want(12, 0, "", "")
}
