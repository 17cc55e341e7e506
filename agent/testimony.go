package agent

import (
	"fmt"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// Testimony is what one page of somebody's log shows.
type Testimony struct {
	Entries  []wire.Said         // the author's LogEntry, and the other side's where that is shown
	Evidence reputation.Evidence // zero where nothing attests the Outcome
	Due      uint64              // Unix milliseconds from which on it counts: until then it may be answered
}

// exhibit is a page while it is read: documents truly said, by what they are to
// the Outcome.
type exhibit struct {
	o     *protocol.Outcome
	other wire.Key // of the two, who is not the log's author

	entry, outcome, answer, rival wire.Said // answer: the other side's LogEntry
	accept                        *protocol.Accept
	hold, post                    wire.Said
	taken, delivered, claimed     bool
	passed, failed, contested     bool
	cancelled, wished             bool
}

// Testify reads a page of author's log on network net, each document of which
// was truly said by its own author. It returns an error where the page is none
// of that log; what is shown but attests nothing gives Entries alone.
func Testify(reg *wire.Registry, net string, author wire.Key, shown []wire.Said) (Testimony, error) {
	x, err := openExhibit(author, shown)
	if err != nil {
		return Testimony{}, err
	}
	t := Testimony{Entries: []wire.Said{x.entry}}
	if x.answer.Doc != nil {
		t.Entries = append(t.Entries, x.answer)
		t.Evidence = reputation.Evidence{Said: x.outcome, How: reputation.Agreed}
		return t, nil
	}
	if x.o.By != author {
		return t, nil // whoever sealed it does not have it in its log
	}
	wait, ok := x.answerTime(reg, net)
	if !ok || !x.bound() {
		return t, nil
	}
	switch byHirer := x.o.By == x.o.Hirer; {
	case x.rival.Doc != nil && byHirer && x.bearsOut(x.rival.Doc.(*protocol.Outcome)):
		t.Evidence = reputation.Evidence{Said: x.outcome, How: reputation.Contested}
	case byHirer && x.showsFault():
		t.Evidence = reputation.Evidence{Said: x.outcome, How: reputation.Shown}
		t.Due = x.o.At + wait
	case byHirer, !x.bearsOut(x.o):
	case x.rival.Doc != nil:
		t.Evidence = reputation.Evidence{Said: x.rival, How: reputation.Contested}
	default:
		t.Evidence = reputation.Evidence{Said: x.outcome, How: reputation.Claimed}
		t.Due = x.o.At + wait
	}
	return t, nil
}

func openExhibit(author wire.Key, shown []wire.Said) (*exhibit, error) {
	x := &exhibit{}
	for _, s := range shown {
		if e, ok := s.Doc.(*protocol.LogEntry); ok && e.By == author {
			x.entry = s
		}
	}
	if x.entry.Doc == nil {
		return nil, fmt.Errorf("it shows no entry of the log of %s", author)
	}
	for _, s := range shown {
		if s.ID == x.entry.Doc.(*protocol.LogEntry).Outcome {
			x.o, _ = s.Doc.(*protocol.Outcome)
			x.outcome = s
		}
	}
	switch {
	case x.o == nil:
		return nil, fmt.Errorf("it does not show the outcome that the entry names")
	case author == x.o.Hirer:
		x.other = x.o.Provider
	case author == x.o.Provider:
		x.other = x.o.Hirer
	default:
		return nil, fmt.Errorf("the outcome is of a job of others")
	}
	for _, s := range shown {
		x.put(s)
	}
	return x, nil
}

// put takes a document to its place, if it has one: said by the right side,
// about the job.
func (x *exhibit) put(s wire.Said) {
	hirer, provider := s.Doc.Header().By == x.o.Hirer, s.Doc.Header().By == x.o.Provider
	switch d := s.Doc.(type) {
	case *protocol.LogEntry:
		if d.By == x.other && d.Outcome == x.outcome.ID {
			x.answer = s
		}
	case *protocol.Outcome:
		if d.By == x.other && d.Job == x.o.Job && d.Hirer == x.o.Hirer && d.Provider == x.o.Provider && s.ID != x.outcome.ID {
			x.rival = s
		}
	case *protocol.Accept:
		if hirer && s.ID == x.o.Job {
			x.accept = d
		}
	case *protocol.Entry:
		switch {
		case !hirer || d.Payee != x.o.Provider || d.Job != x.o.Job || d.Asset != x.o.Asset:
		case d.Act == protocol.ActHold:
			x.hold = s
		case d.Act == protocol.ActPost:
			x.post = s
		}
	case *protocol.Countersign:
		x.taken = x.taken || provider && slices.Contains(d.Taken, x.o.Job)
	case *protocol.Delivery:
		x.delivered = x.delivered || provider && d.Job == x.o.Job
	case *protocol.Claim:
		x.claimed = x.claimed || provider && d.Job == x.o.Job
	case *protocol.Verdict:
		ours := hirer && d.Job == x.o.Job
		x.passed, x.failed = x.passed || ours && d.Pass, x.failed || ours && !d.Pass
	case *protocol.Contest:
		x.contested = x.contested || provider && d.Job == x.o.Job
	case *protocol.Cancel:
		x.cancelled, x.wished = x.cancelled || provider && d.Job == x.o.Job && d.Code == protocol.CodeWithdrawn, x.wished || hirer && d.Job == x.o.Job
	}
}

// answerTime checks that the Outcome tells of the contract shown, and returns how
// many milliseconds there are to answer it.
func (x *exhibit) answerTime(reg *wire.Registry, net string) (uint64, bool) {
	if x.accept == nil {
		return 0, false
	}
	terms, provider, err := job.Offered(reg, net, x.accept)
	if err != nil || provider != x.o.Provider || terms.Capability != x.o.Capability || terms.Asset != x.o.Asset ||
		terms.Owner != x.o.ProviderOwner || x.accept.Owner != x.o.HirerOwner || x.accept.At != x.o.Opened {
		return 0, false
	}
	return min(terms.Times.Outcome, longestAnswer) + protocol.Skew, true
}

// bound reports whether the Outcome is bound to a receipt that is shown, and of
// no more than that.
func (x *exhibit) bound() bool {
	for _, s := range []wire.Said{x.hold, x.post} {
		if s.Doc != nil && s.ID == x.o.Entry {
			return x.o.Band <= uint64(s.Doc.(*protocol.Entry).Amount.BitLen())
		}
	}
	return false
}

// showsFault reports whether the hirer's Outcome comes with what it takes to
// count without an answer: the Delivery, or for what was not delivered the HOLD
// and that the provider had taken the job.
func (x *exhibit) showsFault() bool {
	if x.o.Ended == protocol.EndedDefault || x.o.Ended == protocol.EndedCancelled {
		return x.hold.Doc != nil && x.taken
	}
	return x.delivered
}

// bearsOut reports whether the documents shown bear out the provider's Outcome o
// so far that it weighs: see deal.proves, which asks the same of a job of ours.
func (x *exhibit) bearsOut(o *protocol.Outcome) bool {
	switch {
	case x.hold.Doc == nil || !x.taken:
		return false
	case o.Ended == protocol.EndedCancelled:
		return x.wished && x.cancelled
	}
	return x.delivered && (x.claimed || x.passed || x.failed && x.contested)
}
