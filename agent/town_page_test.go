package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// statements are the documents of one job as a citizen's journal has them.
func (c *citizen) statements(id wire.CID) (all []agent.Statement) {
	c.t.Helper()
	at := map[wire.CID]int{}
	for _, b := range c.journal {
		r, err := agent.ReadRecord(c.reg, b)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range r.Statements() {
			switch s.Doc.(type) {
			case *protocol.Countersign, *protocol.Refuse, *protocol.LogEntry: // of this job or of another
			default:
				if s.Job() != id {
					continue
				}
			}
			if i, known := at[s.ID]; known && all[i].Bundle == nil {
				all[i] = s
			} else if !known {
				at[s.ID] = len(all)
				all = append(all, s)
			}
		}
	}
	return all
}

// page is what a citizen shows others of one entry of its log.
func (c *citizen) page(e *protocol.LogEntry, name wire.CID) []wire.Said {
	c.t.Helper()
	var id wire.CID
	for _, o := range c.testimony().outcomes {
		if (wire.Canonical{}).Name(o).ID == e.Outcome {
			id = o.Job
		}
	}
	b, err := agent.PageOf(name, e.Outcome, id, c.statements(id))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.opened(b)
}

// opened are the documents of a page, each seal of which holds.
func (w *town) opened(page []byte) (shown []wire.Said) {
	w.t.Helper()
	p, err := protocol.ReadPage(page)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range p.Shown {
		said, err := w.reg.ReadProof(&p.Shown[i], net)
		if err != nil {
			w.t.Fatal(err)
		}
		shown = append(shown, said)
	}
	return shown
}

// shows is what a citizen's log makes third parties believe, as it tells it.
func (c *citizen) shows() (all []agent.Testimony) {
	c.t.Helper()
	log := c.testimony()
	for i, e := range log.entries {
		t, err := agent.Testify(net, c.key.Key(), c.page(e, log.names[i]))
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, t)
	}
	return all
}

// believed is what pages make others believe, as text.
func believed(all []agent.Testimony) string {
	var lines []string
	for _, t := range all {
		o, ok := t.Evidence.Said.Doc.(*protocol.Outcome)
		if !ok {
			lines = append(lines, "nothing")
			continue
		}
		paid := ""
		if t.Evidence.Paid {
			paid = " paid"
		}
		lines = append(lines, fmt.Sprintf("%s: ended %d, score %d, conduct %d, band %d%s", t.Evidence.How, o.Ended, o.Score, o.Conduct, t.Evidence.Band, paid))
	}
	return strings.Join(lines, "; ")
}

// book is the web of somebody who has read those pages, and trusts their hirers.
func (w *town) book(pages ...[]agent.Testimony) *reputation.Book {
	w.t.Helper()
	b, err := reputation.New(wire.Key{0xaa}, reputation.Defaults())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, t := range slices.Concat(pages...) {
		if t.Evidence.Said.Doc != nil {
			_ = b.Learn(w.now+100*day, t.Evidence)
		}
	}
	return b
}

// TestThirdParties: what others believe of a job is what the two have said of it, as
// far as the documents bear that out, whoever's log is read.
func TestThirdParties(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(20 * minute)
	want := "agreed: ended 1, score 10000, conduct 1, band 3 paid"
	for _, c := range []*citizen{seller, buyer} {
		if got := believed(c.shows()); got != want {
			t.Errorf("the log of the %s makes others believe\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

// TestPagesInPieces: whatever is left out of a page, repeated or put in another order,
// it is read to its end, and nobody is made to believe an Outcome that is not on it, nor
// one that is worth more than the whole page.
func TestPagesInPieces(t *testing.T) {
	w, seller, buyer, bench := court(t, 5, 1, 4000, 1)
	judge := bench[0]
	panel := protocol.Panel{Needed: 1, Members: []protocol.Third{judge.consents(seller)}}
	seller.work, judge.grade = seller.anew(5*second), fixed(3000)
	seller.sells(10, func(s *sell.Stand) { s.Panel = panel }, ruled(1))
	buyer.judge = picky(2)
	w.pass(second)
	buyer.sues("a", bench)
	w.pass(6 * hour)
	log := seller.testimony()
	if len(log.entries) != 1 {
		t.Fatalf("%d entries", len(log.entries))
	}
	whole := seller.page(log.entries[0], log.names[0])
	id := log.outcomes[0].Job
	everything := slices.Concat(whole, seller.tale())
	if len(everything) < 15 {
		t.Fatalf("%d documents", len(everything))
	}
	full := seller.convinces(whole).Evidence
	if full.How != reputation.Agreed || !full.Paid {
		t.Fatalf("%+v", full)
	}
	believed := 0
	for range 4000 {
		page := slices.Clone(everything)
		w.rng.Shuffle(len(page), func(i, j int) { page[i], page[j] = page[j], page[i] })
		page = page[:1+w.rng.IntN(len(page))]
		for _, c := range []*citizen{seller, buyer} {
			got, err := agent.Testify(net, c.key.Key(), page)
			if err != nil || got.Evidence.Said.Doc == nil {
				continue
			}
			believed++
			e := got.Evidence
			if e.Said.Doc.(*protocol.Outcome).Job != id || e.How > full.How || e.Band > full.Band {
				t.Fatalf("%+v of %d documents", e, len(page))
			}
			shown := func(s wire.Said) bool { return s.ID == e.Said.ID }
			if !slices.ContainsFunc(page, shown) || !slices.ContainsFunc(page, func(s wire.Said) bool { return s.ID == id }) {
				t.Fatal("it is believed, and was not shown")
			}
		}
	}
	if believed < 20 {
		t.Errorf("%d pages believed: too few to tell anything", believed)
	}
}

// TestPartsBeforeThirdParties: of a contract of several parts others believe what fits
// into a page: of one that both have logged always something, by as many receipts as there is
// room for; of one side's word alone nothing any more, once it takes too many documents.
func TestPartsBeforeThirdParties(t *testing.T) {
	for _, c := range []struct {
		name  string
		stand func(*sell.Stand)
		calls int
		price uint64
		dies  uint64 // 0 for never
		want  string
	}{
		{"four tranches", tranches(4, 0), 1, 32, 0, "agreed: ended 1, score 10000, conduct 1, band 6 paid"},
		{"two of four", tranches(4, 0), 1, 32, 50 * second, "shown: ended 5, score 0, conduct 5, band 5 paid"},
		{"two windows of four", windows(2, 4), 8, 0, 90 * second, "shown: ended 5, score 0, conduct 5, band 5 paid"},
		{"forty tranches", tranches(40, 0), 1, 80, 0, "agreed: ended 1, score 10000, conduct 1, band 6 paid"}, // 28 times 2
		{"thirty of forty", tranches(40, 0), 1, 80, 630 * second, "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work = piece(20 * second)
			seller.sells(c.price, c.stand)
			w.pass(second)
			buyer.orders("a", calls(c.calls))
			if c.dies > 0 {
				w.pass(c.dies)
				seller.die()
			}
			w.pass(6 * hour)
			if got := believed(buyer.shows()); got != c.want {
				t.Errorf("others believe\n%s\nwant\n%s", got, c.want)
			}
			if got := believed(seller.shows()); c.dies == 0 && got != c.want {
				t.Errorf("by the seller's log others believe\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
