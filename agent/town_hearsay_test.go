package agent_test

import (
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// tale is all that a citizen can show of its only job, besides what came of it.
func (c *citizen) tale() (all []wire.Said) {
	c.t.Helper()
	_, accept := sued[*protocol.Accept](c)
	for _, o := range c.town.folk {
		if accept.Doc == nil {
			_, accept = sued[*protocol.Accept](o)
		}
	}
	for _, s := range c.statements(accept.ID) {
		switch s.Doc.(type) {
		case *protocol.Outcome, *protocol.LogEntry:
		default:
			all = append(all, s.Said)
		}
	}
	return all
}

// without is a tale from which some documents are left out.
func without[D wire.Document](tale []wire.Said, by *citizen) []wire.Said {
	return slices.DeleteFunc(slices.Clone(tale), func(s wire.Said) bool {
		_, is := s.Doc.(D)
		return is && s.Doc.Header().By == by.key.Key()
	})
}

// last is the last document of some kind in a tale.
func last[D wire.Document](tale []wire.Said) (found wire.Said) {
	for _, s := range tale {
		if _, ok := s.Doc.(D); ok {
			found = s
		}
	}
	return found
}

// says is an Outcome of a citizen's about the job of a tale, with its log entry. As
// it comes, it says that nothing was delivered, and that it was told of just now.
func (c *citizen) says(tale []wire.Said, change func(*protocol.Outcome)) []wire.Said {
	c.t.Helper()
	said := last[*protocol.Accept](tale)
	accept := said.Doc.(*protocol.Accept)
	terms, err := accept.Terms()
	if err != nil {
		c.t.Fatal(err)
	}
	o := &protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: c.key.Key(), At: c.clock(), Nonce: wire.Nonce{7}},
		Job:  said.ID, Hirer: accept.By, HirerOwner: accept.Owner, ProviderOwner: terms.Owner, Capability: terms.Capability,
		Asset: terms.Asset, Band: 3, Ended: protocol.EndedDefault, Conduct: protocol.PaidNothing, Opened: accept.At,
	}
	quote, err := c.reg.ReadProof(&accept.Offered, net)
	if err != nil {
		c.t.Fatal(err)
	}
	o.Provider = quote.Doc.Header().By
	for _, s := range tale {
		if e, ok := s.Doc.(*protocol.Entry); ok && e.Job == said.ID && e.Act != protocol.ActVoid {
			o.Entry = s.ID
		}
	}
	if change != nil {
		change(o)
	}
	if o.Closed == 0 {
		o.Closed = o.At
	}
	if err := o.Check(); err != nil {
		c.t.Fatal(err)
	}
	outcome := wire.Canonical{}.Name(o)
	entry := wire.Canonical{}.Name(&protocol.LogEntry{
		Head:    wire.Head{Kind: protocol.KindLogEntry, By: c.key.Key(), At: o.At, Nonce: wire.Nonce{8}},
		Outcome: outcome.ID, Epoch: protocol.Epoch{9}, Seq: 1,
	})
	return []wire.Said{outcome, entry}
}

// convinces is what third parties believe of a page of a citizen's log, and from when on.
func (c *citizen) convinces(page ...[]wire.Said) agent.Testimony {
	c.t.Helper()
	t, err := agent.Testify(net, c.key.Key(), slices.Concat(page...))
	if err != nil {
		c.t.Fatal(err)
	}
	return t
}

func (c *citizen) hold(tale []wire.Said) wire.CID {
	for _, s := range tale {
		if e, ok := s.Doc.(*protocol.Entry); ok && e.Act == protocol.ActHold {
			return s.ID
		}
	}
	return wire.CID{}
}

// TestPauseRunOutBeforeThirdParties: who left its provider waiting makes nobody
// believe that the provider failed: not with what was said on the page, and at half
// weight at most where it leaves that out, once the provider has answered.
func TestPauseRunOutBeforeThirdParties(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = needing("map")
	seller.sells(5, lacks)
	w.drop = func(from, to *citizen, docs []wire.Said) bool { // the lie in place of the honest word
		if from == buyer && slices.ContainsFunc(docs, func(s wire.Said) bool { _, ok := s.Doc.(*protocol.Outcome); return ok }) {
			from.send(to, from.says(from.tale(), func(o *protocol.Outcome) {
				o.Ended, o.Entry = protocol.EndedCancelled, from.hold(from.tale())
			}))
			w.drop = nil
			return true
		}
		return false
	}
	w.pass(second)
	buyer.orders("one")
	w.pass(9 * hour)
	tale := buyer.tale()
	if last[*protocol.Need](tale).Doc == nil {
		t.Fatal("nothing was asked for")
	}
	fault := func(o *protocol.Outcome) { o.Entry = buyer.hold(tale) }
	cancelled := func(o *protocol.Outcome) { fault(o); o.Ended = protocol.EndedCancelled }
	for name, lie := range map[string]func(*protocol.Outcome){"not delivered": fault, "cancelled": cancelled} {
		if got := believed([]agent.Testimony{buyer.convinces(tale, buyer.says(tale, lie))}); got != "nothing" {
			t.Errorf("%s: it makes others believe %s", name, got)
		}
	}
	cut := without[*protocol.Need](tale, seller)
	slander := buyer.convinces(cut, buyer.says(cut, fault))
	if slander.Evidence.How != reputation.Shown || slander.Due < slander.Evidence.Said.Doc.Header().At {
		t.Fatalf("nobody can know better: %+v", slander)
	}
	answer := seller.shows()
	if got, want := believed(answer), "contested: ended 6, score 0, conduct 5, band 3"; got != want {
		t.Fatalf("the provider's answer is\n%s\nwant\n%s", got, want)
	}
	whole, half := w.book([]agent.Testimony{slander}), w.book([]agent.Testimony{slander}, answer)
	for _, b := range []*reputation.Book{whole, half} {
		if err := b.Learn(w.now+100*day, newHearsay(1).trusted(b, buyer)); err != nil {
			t.Fatal(err)
		}
		for !b.Step(w.now+100*day, 1<<20) {
		}
	}
	estimate := func(b *reputation.Book) reputation.Estimate {
		return b.Estimate(w.now+100*day, seller.key.Key(), "text/words@1")
	}
	if before, after := estimate(whole), estimate(half); before.Bad == 0 || after.Bad > before.Bad/2 {
		t.Errorf("blamed %v before the answer, and %v after it", before.Bad, after.Bad)
	}
}

// trusted is a job of a reader's own with a hirer, so that its trust reaches it.
func (h *hearsay) trusted(b *reputation.Book, by *citizen) reputation.Evidence {
	return h.job(wire.Key{0xaa}, by.key.Key()).Evidence
}

// TestSlanderByOneWhoPaid: a hirer that pays, and then tells others that nothing was
// delivered, is answered, and stands alone with its word.
func TestSlanderByOneWhoPaid(t *testing.T) {
	w, seller, buyer := pair(t)
	buyer.twist = func(to *citizen, docs []wire.Said) [][]wire.Said {
		i := slices.IndexFunc(docs, func(s wire.Said) bool { _, ok := s.Doc.(*protocol.Outcome); return ok })
		if i < 0 {
			return [][]wire.Said{docs}
		}
		kept := slices.DeleteFunc(slices.Clone(docs), func(s wire.Said) bool {
			switch s.Doc.(type) {
			case *protocol.Outcome, *protocol.LogEntry:
				return true
			}
			return false
		})
		lie := *docs[i].Doc.(*protocol.Outcome)
		lie.Ended, lie.Score, lie.Conduct = protocol.EndedDefault, 0, protocol.PaidNothing
		return [][]wire.Said{append(kept, wire.Canonical{}.Name(&lie))}
	}
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(20 * minute)
	if got, want := believed(seller.shows()), "contested: ended 5, score 0, conduct 5, band 3 paid"; got != want {
		t.Errorf("the provider's log makes others believe\n%s\nwant\n%s", got, want)
	}
	seller.replays()
}

// TestSecretSlander: a hirer that pays, tells its provider nothing, and tells others that
// nothing was delivered, is believed by half once the provider's log is read too: that
// has its own word of every job that was paid for in silence.
func TestSecretSlander(t *testing.T) {
	w, seller, buyer := pair(t)
	buyer.twist = func(_ *citizen, docs []wire.Said) [][]wire.Said {
		return [][]wire.Said{slices.DeleteFunc(slices.Clone(docs), func(s wire.Said) bool {
			switch s.Doc.(type) {
			case *protocol.Outcome, *protocol.LogEntry:
				return true
			}
			return false
		})}
	}
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(hour)
	tale := without[*protocol.Delivery](buyer.tale(), seller)
	slander := buyer.convinces(tale, buyer.says(tale, func(o *protocol.Outcome) { o.Entry, o.At = buyer.hold(tale), w.now+hour }))
	if slander.Evidence.How != reputation.Shown {
		t.Fatalf("nobody can know better by this page: %+v", slander)
	}
	answer := seller.shows()
	if got, want := believed(answer), "claimed: ended 1, score 10000, conduct 1, band 3 paid"; got != want {
		t.Fatalf("the provider's log makes others believe\n%s\nwant\n%s", got, want)
	}
	bad := func(pages ...[]agent.Testimony) float64 {
		b := w.book(pages...)
		if err := b.Learn(w.now+100*day, newHearsay(1).trusted(b, buyer)); err != nil {
			t.Fatal(err)
		}
		for !b.Step(w.now+100*day, 1<<20) {
		}
		return b.Estimate(w.now+100*day, seller.key.Key(), "text/words@1").Bad
	}
	alone, both := bad([]agent.Testimony{slander}), bad([]agent.Testimony{slander}, answer)
	if alone == 0 || both > alone/2 {
		t.Errorf("it is blamed %v by the one page, and %v by both", alone, both)
	}
	seller.replays()
}

// TestNoWordBeforeItsTime: what is told before it can have happened, or dated so, is
// believed by nobody.
func TestNoWordBeforeItsTime(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(5 * minute)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(5 * second)
	seller.die()
	w.pass(2 * hour)
	tale := buyer.tale()
	accept := last[*protocol.Accept](tale).Doc.(*protocol.Accept)
	terms, err := accept.Terms()
	if err != nil {
		t.Fatal(err)
	}
	due := accept.At + terms.Times.Deliver
	at := func(at uint64) func(*protocol.Outcome) { return func(o *protocol.Outcome) { o.At = at } }
	ahead := wire.Canonical{}.Name(&protocol.Ack{ // to push the clock
		Head: wire.Head{Kind: protocol.KindAck, By: buyer.key.Key(), At: w.now, Nonce: wire.Nonce{5}}, Job: last[*protocol.Accept](tale).ID,
		Of: []wire.CID{last[*protocol.Countersign](tale).ID},
	})
	for _, c := range []struct {
		name string
		when func(*protocol.Outcome)
		want reputation.Attested
	}{
		{"at its time", at(due + protocol.Skew + 1), reputation.Shown},
		{"too early", at(due), 0},
		{"at the start", at(accept.At), 0},
		{"before the start", func(o *protocol.Outcome) { o.At, o.Closed = accept.At-day, accept.At }, 0},
		{"closed later than told of", func(o *protocol.Outcome) { o.Closed = o.At + hour }, 0},
		{"opened at another time", func(o *protocol.Outcome) { o.Opened++ }, 0},
		{"of more than was held", func(o *protocol.Outcome) { o.Band = 4 }, 0},
		{"of less than was held", func(o *protocol.Outcome) { o.Band = 2 }, 0},
		{"awarded by nobody who says so", func(o *protocol.Outcome) {
			o.Ended, o.Evaluators = protocol.EndedResolved, []wire.Key{{5}}
		}, 0},
		{"cancelled by nobody", func(o *protocol.Outcome) { o.Ended = protocol.EndedCancelled }, 0},
		{"of a result that is not there", func(o *protocol.Outcome) { o.Ended = protocol.EndedAgreed }, 0},
	} {
		lie := buyer.says(tale, c.when)
		for _, page := range [][]wire.Said{slices.Concat(tale, lie), slices.Concat(tale, []wire.Said{ahead}, lie)} {
			if got := buyer.convinces(page); got.Evidence.How != c.want {
				t.Errorf("%s: others believe %q", c.name, believed([]agent.Testimony{got}))
			}
		}
	}
}

// TestLateAnswers: a Contest that came too late, or before what it is about, and a
// Claim that is none yet, bear out nothing.
func TestLateAnswers(t *testing.T) {
	w, seller, buyer := pair(t)
	buyer.judge = says(protocol.CodeCheck, 2*minute)
	w.drop = func(from, _ *citizen, docs []wire.Said) bool {
		if from == buyer && docs[0].Doc.Header().Kind == protocol.KindAck {
			w.after(1, seller.die)
		}
		return false
	}
	seller.sells(5, func(s *sell.Stand) { s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`} })
	w.pass(second)
	buyer.orders("one")
	w.pass(6 * hour)
	tale := buyer.tale()
	accept := last[*protocol.Accept](tale)
	terms, err := accept.Doc.(*protocol.Accept).Terms()
	if err != nil {
		t.Fatal(err)
	}
	t0, verdict := accept.Doc.Header().At, last[*protocol.Verdict](tale)
	blame := buyer.says(tale, func(o *protocol.Outcome) { o.Ended, o.Entry = protocol.EndedAgreed, buyer.hold(tale) })
	for _, c := range []struct {
		name string
		at   uint64
		want reputation.Attested
	}{
		{"in time", t0 + terms.Times.Answer, reputation.Contested},
		{"too late", t0 + terms.Times.Answer + 1, 0},
		{"much too late", w.now, 0},
		{"as soon as clocks allow", verdict.Doc.Header().At - protocol.Skew, reputation.Contested},
		{"before what it answers", verdict.Doc.Header().At - protocol.Skew - 1, 0},
	} {
		contest := wire.Canonical{}.Name(&protocol.Contest{
			Head: wire.Head{Kind: protocol.KindContest, By: seller.key.Key(), At: c.at, Nonce: wire.Nonce{6}},
			Job:  accept.ID, About: verdict.ID, Clause: verdict.Doc.(*protocol.Verdict).Clause,
		})
		rival := seller.says(tale, func(o *protocol.Outcome) {
			o.Ended, o.Score, o.Conduct, o.Entry = protocol.EndedContested, protocol.Full, protocol.PaidNot, buyer.hold(tale)
			o.At = w.now + 7*day // long after all is over
		})
		page := slices.Concat(tale, []wire.Said{contest}, blame[:1], rival)
		got, err := agent.Testify(net, seller.key.Key(), page)
		if err != nil {
			t.Fatal(err)
		}
		if got.Evidence.How != c.want {
			t.Errorf("%s: others believe the provider %q", c.name, believed([]agent.Testimony{got}))
		}
	}
	if got := buyer.convinces(tale, blame); got.Evidence.How != reputation.Shown {
		t.Errorf("others believe the hirer %q", believed([]agent.Testimony{got}))
	}
}

// TestAwardsAreReceipts: an awarded job counts by what was awarded of it, and of
// several parts by what was paid of all.
func TestAwardsAreReceipts(t *testing.T) {
	w, seller, buyer, bench := court(t, 11, 1, 9000, 1)
	seller.work = piece(10)
	panel := protocol.Panel{Needed: 1, Split: 9000, Members: []protocol.Third{bench[0].consents(seller)}}
	seller.sells(30, tranches(3, 0), func(s *sell.Stand) { s.Panel = panel })
	good := 1
	buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
		if good--; good >= 0 {
			return agent.Judged{Job: j.Job}, 5
		}
		return agent.Judged{Job: j.Job, Code: protocol.CodeCheck, Clause: "expect"}, 5
	}
	bench[0].grade = fixed(4000)
	w.pass(second)
	buyer.sues("a", bench)
	w.pass(6 * hour)
	for _, c := range []*citizen{seller, buyer} { // 10 of 10, and 4 of 10
		if got, want := believed(c.shows()), "agreed: ended 4, score 7000, conduct 1, band 4 paid"; got != want {
			t.Errorf("the log of the %s makes others believe\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

// TestAwardNeverPaid: a hirer that does not pay what evaluators awarded is told of, by
// what was awarded, and third parties believe it.
func TestAwardNeverPaid(t *testing.T) {
	w, seller, buyer, bench := court(t, 12, 1, 9000, 1)
	bench[0].grade = fixed(6000)
	w.drop = func(from, to *citizen, docs []wire.Said) bool {
		return from == buyer && to == seller && slices.ContainsFunc(docs, func(s wire.Said) bool {
			e, ok := s.Doc.(*protocol.Entry)
			return ok && e.Act == protocol.ActAward
		})
	}
	buyer.sues("a", bench)
	w.pass(2 * day)
	if got, want := believed(seller.shows()), "claimed: ended 4, score 6000, conduct 3, band 2"; got != want {
		t.Errorf("the provider's log makes others believe\n%s\nwant\n%s", got, want)
	}
	seller.replays()
}

// withKillFee is the tale of a job whose provider was left waiting, had its Terms a
// kill fee: told anew, from the Quote on.
func (c *citizen) withKillFee(tale []wire.Said, seller *citizen, fee uint64) (told []wire.Said) {
	c.t.Helper()
	name := func(d wire.Document) wire.CID {
		said := wire.Canonical{}.Name(d)
		told = append(told, said)
		return said.ID
	}
	accept := *last[*protocol.Accept](tale).Doc.(*protocol.Accept)
	old, err := c.reg.ReadProof(&accept.Offered, net)
	if err != nil {
		c.t.Fatal(err)
	}
	terms, err := accept.Terms()
	if err != nil {
		c.t.Fatal(err)
	}
	terms.KillFee, terms.Hirer, terms.Request = wire.Units(fee), accept.By, wire.CID{1}
	quote := &protocol.Quote{Head: wire.Head{Kind: protocol.KindQuote, By: seller.key.Key(), At: old.Doc.Header().At, Nonce: wire.Nonce{3}}, Terms: *terms}
	if err := quote.Check(); err != nil {
		c.t.Fatal(err)
	}
	sealed, err := wire.Seal(seller.key, net, wire.Canonical{}.Name(quote).Raw)
	if err != nil {
		c.t.Fatal(err)
	}
	accept.Offered = sealed.Proof(0)
	id := name(&accept)
	var hold protocol.Entry
	for _, s := range tale {
		if e, ok := s.Doc.(*protocol.Entry); ok && e.Act == protocol.ActHold {
			hold = *e
		}
	}
	hold.Job = id
	held := name(&hold)
	for _, s := range tale {
		switch d := s.Doc.(type) {
		case *protocol.Countersign:
			if len(d.Taken) > 0 {
				take := *d
				take.Entry, take.Taken = held, []wire.CID{id}
				name(&take)
			}
		case *protocol.Need:
			need := *d
			need.Job = id
			name(&need)
		}
	}
	return told
}

// TestKillFeeNeverPaid: a hirer that leaves its provider waiting, and does not pay the kill
// fee for that, is told of: by the fee, once its time is over, and not where there is none.
func TestKillFeeNeverPaid(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = needing("map")
	seller.sells(5, lacks)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	plain := buyer.tale()
	fee := buyer.withKillFee(plain, seller, 2)
	accept := last[*protocol.Accept](fee).Doc.(*protocol.Accept)
	terms, err := accept.Terms()
	if err != nil {
		t.Fatal(err)
	}
	over := accept.At + terms.Times.Resolve + terms.Times.PauseMax + protocol.Skew + 1
	unpaid := func(at uint64) func(*protocol.Outcome) {
		return func(o *protocol.Outcome) {
			o.At, o.Ended, o.Score, o.Conduct = at, protocol.EndedCancelled, protocol.Full, protocol.PaidNot
		}
	}
	provide := wire.Canonical{}.Name(&protocol.Provide{
		Head: wire.Head{Kind: protocol.KindProvide, By: buyer.key.Key(), At: last[*protocol.Need](fee).Doc.Header().At + minute, Nonce: wire.Nonce{4}},
		Job:  last[*protocol.Accept](fee).ID, Need: last[*protocol.Need](fee).ID, Inputs: accept.Inputs,
	})
	for _, c := range []struct {
		name string
		tale []wire.Said
		at   uint64
		want string
	}{
		{"never paid", fee, over, "claimed: ended 6, score 10000, conduct 3, band 2"},
		{"not paid yet", fee, over - 1, "nothing"},
		{"with none agreed", plain, over, "nothing"},
		{"without the Need", without[*protocol.Need](fee, seller), over, "nothing"},
		{"provided for", append(slices.Clone(fee), provide), over, "nothing"},
	} {
		if got := believed([]agent.Testimony{seller.convinces(c.tale, seller.says(c.tale, unpaid(c.at)))}); got != c.want {
			t.Errorf("%s: others believe %s, want %s", c.name, got, c.want)
		}
	}
}
