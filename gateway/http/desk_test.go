package http_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// desk answers with fixed values, every field of them filled, and remembers
// what it was asked.
type desk struct {
	status gateway.Status
	offer  gateway.Offer
	found  gateway.Found
	order  gateway.Order
	job    gateway.Job
	result string
	fail   error
	hold   chan struct{} // Await waits for it
	held   chan struct{} // told when Await waits

	mu    sync.Mutex
	asked []string
}

func newDesk() *desk {
	key := wire.NewPrivateKey([32]byte{1}).Key()
	other := wire.NewPrivateKey([32]byte{2}).Key()
	most, err := wire.ParseAmount("340282366920938463463374607431768211455")
	if err != nil {
		panic(err)
	}
	in := gateway.Artefact{ID: wire.Sum([]byte("in")), Size: 10, Type: "text/plain", Held: true}
	out := gateway.Artefact{ID: wire.Sum([]byte("out")), Size: uint64(len(result)), Type: "text/\x1b[31m\r\nX: ü", Held: true}
	return &desk{
		result: result,
		status: gateway.Status{
			Schema: "souk.status/v1", Peer: key, DID: key.DID(), Owner: other, Net: "n", Version: "v", Live: true,
			Ready: true, Why: "w", Addrs: []string{"/ip4/127.0.0.1/tcp/1"},
			Peers:  []gateway.Peer{{Peer: other, Addr: "a", Transport: "tcp"}},
			Offers: 1, Known: 2, Jobs: 3, Records: 4, Started: 5,
			Budgets: []gateway.Budget{{Asset: "a", PerJob: wire.Units(1), Total: most, Spent: wire.Units(3)}},
		},
		offer: gateway.Offer{OfferDraft: gateway.OfferDraft{
			Capability: "text/words@1", Title: "T <b>", Price: most, Asset: "souk:credit/usd-6", Ask: true,
			Technology: "exec", Settings: map[string]string{"command": "wc -w"}, InputType: "text/plain",
			OutputType: "text/plain", InputSchema: `{"type":"object"}`, Rule: "size", RuleParams: `{"most":1}`, RerunSafe: true, DeliverMS: 1, Slots: 2, Least: most, Surge: 50,
		}, Busy: 1, Expires: 2},
		found: gateway.Found{
			Peer: key, Capability: "text/words@1", Title: "\x1b]0;x\x07", Price: wire.Units(5), Asset: "a",
			Ask: true, InputSchema: "true", Rule: "size", RerunSafe: true, PassOn: true, DeliverMS: 6, Expires: 7, Own: true,
		},
		order: gateway.Order{
			Key: "a key & more=?", Capability: "text/words@1", InputType: "text/plain; charset=utf-8", Asset: "a/b:c",
			Budget: &most, DeadlineMS: 1, Peer: other, Class: "internal", CallMS: 9, Bid: wire.Units(3), Choose: "random",
			Plan:   "single",
			Parent: wire.Sum([]byte("parent")), PassOn: new(bool),
		},
		job: gateway.Job{
			Schema: "souk.job/v1", Key: "k", ID: wire.Sum([]byte("job")), Role: "hirer", Peer: other,
			Capability: "text/words@1", Stage: "settled", Final: true, OK: true, Code: protocol.CodeLate, Detail: "d",
			Asset: "a", Price: wire.Units(1), Paid: wire.Units(2), Score: 3, Opened: 4, Closed: 5, Next: "n", NextAt: 6,
			Plan: "takeover", Instead: wire.Sum([]byte("one")), Left: "l", TakenOver: wire.Sum([]byte("two")),
			Estimate: &gateway.Estimate{Success: 0.1, Low: 0.2, High: 0.3, Uncertainty: 0.4, Expected: wire.Units(5), Why: "best", Of: 6, Next: other, NextCost: &most},
			Inputs:   []gateway.Artefact{in}, Result: &out,
			Documents: []gateway.Document{{ID: wire.Sum([]byte("doc")), Kind: "Accept", By: key, At: 1, Says: "s"}},
			Parent:    wire.Sum([]byte("parent")), ParentStage: "working",
			Parts: []gateway.Part{{
				Key: "1.x", ID: wire.Sum([]byte("part")), Peer: other, Capability: "text/html@1", Stage: "settled", Final: true, OK: true,
				Code: protocol.CodeLate, Asset: "a", Price: wire.Units(1), Paid: wire.Units(1),
			}},
		},
	}
}

const result = "42\n\x00\xff"

// note remembers a question and gives the refusal to answer it with.
func (d *desk) note(format string, a ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, fmt.Sprintf(format, a...))
	return d.fail
}

// take returns what was asked since it was last called.
func (d *desk) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := strings.Join(d.asked, "; ")
	d.asked = nil
	return s
}

func (d *desk) Status(context.Context) (gateway.Status, error) { return d.status, d.note("status") }

func (d *desk) AddOffer(_ context.Context, o gateway.OfferDraft) (gateway.Offer, error) {
	return gateway.Offer{OfferDraft: o}, d.note("add %+v", o)
}

func (d *desk) Offers(context.Context) ([]gateway.Offer, error) {
	return []gateway.Offer{d.offer}, d.note("offers")
}

func (d *desk) RemoveOffer(_ context.Context, c string) error { return d.note("remove %q", c) }

func (d *desk) Find(_ context.Context, c string) ([]gateway.Found, error) {
	return []gateway.Found{d.found}, d.note("find %q", c)
}

func (d *desk) Hire(_ context.Context, o gateway.Order, input io.Reader) (gateway.Job, error) {
	passOn := "unsaid"
	if o.PassOn != nil {
		passOn, o.PassOn = fmt.Sprint(*o.PassOn), nil // not where it lies
	}
	if err := d.note("hire %+v, passed on %s", o, passOn); err != nil {
		return gateway.Job{}, err
	}
	n, err := io.Copy(io.Discard, input)
	if err != nil {
		return gateway.Job{}, fmt.Errorf("read the input: %v", err) // the cause is lost, as some desk might lose it
	}
	return d.job, d.note("input of %d", n)
}

func (d *desk) Jobs(_ context.Context, limit int) ([]gateway.Job, error) {
	return []gateway.Job{d.job, d.job}, d.note("jobs %d", limit)
}

func (d *desk) Job(_ context.Context, id string) (gateway.Job, error) {
	return d.job, d.note("job %q", id)
}

func (d *desk) Await(ctx context.Context, id, seen string) (gateway.Job, error) {
	if d.held != nil {
		d.held <- struct{}{}
	}
	if d.hold != nil {
		select {
		case <-d.hold:
		case <-ctx.Done():
			return gateway.Job{}, fmt.Errorf("await: %w", ctx.Err())
		}
	}
	return d.job, d.note("await %q %q", id, seen)
}

func (d *desk) Result(_ context.Context, id string) (io.ReadCloser, gateway.Artefact, error) {
	return io.NopCloser(strings.NewReader(d.result)), *d.job.Result, d.note("result %q", id)
}

func (d *desk) Consent(_ context.Context, c gateway.ConsentDraft) ([]byte, error) {
	return []byte("a consent"), d.note("consent %+v", c)
}

func (d *desk) Provide(_ context.Context, id, inputType string, content io.Reader) (gateway.Job, error) {
	b, err := io.ReadAll(content)
	if err != nil {
		return gateway.Job{}, err
	}
	return d.job, d.note("provide %q %q %q", id, inputType, b)
}

func (d *desk) Cancel(_ context.Context, id string) (gateway.Job, error) {
	return d.job, d.note("cancel %q", id)
}

func (d *desk) Ledger(_ context.Context, peer string) (gateway.Ledger, error) {
	return gateway.Ledger{Schema: "souk.ledger/v1", Pairs: []gateway.Pair{{
		Peer: d.status.Peer, Asset: "a", IOwe: wire.Units(1), OwedToMe: wire.Units(2), HeldByMe: wire.Units(3), HeldForMe: wire.Units(4),
	}}}, d.note("ledger %q", peer)
}

func (d *desk) Calibration(context.Context) (gateway.Calibration, error) {
	return gateway.Calibration{
		Schema: "souk.calibration/v1", Jobs: 3, Well: 2, Brier: 0.1, Reference: 0.2, Skill: 0.5, Error: 0.05,
		Bands: []gateway.CalibrationBand{{From: 0.6, To: 0.7, Jobs: 3, Well: 2, Estimated: 0.65, Came: 0.6}},
	}, d.note("calibration")
}

func (d *desk) Trust(_ context.Context, q gateway.TrustQuery) (gateway.Trust, error) {
	return gateway.Trust{Schema: "souk.trust/v1", Viewer: d.status.Peer, More: true, Known: []gateway.Trusted{{
		Peer: q.Peer, Owner: d.status.Owner, Capability: "c", Standing: 0.1, Success: 0.2, Low: 0.3, High: 0.4,
		Uncertainty: 0.5, Base: 0.6, Reached: true, Forked: true, Pending: 0.7, Jobs: 1, Good: 2, Contested: 3,
		Disputes: 4, Hired: 5, Last: 6, Why: &gateway.Why{
			Raters: []gateway.Rater{{
				Peer: d.status.Owner, Self: true, Vote: 0.1, Share: 0.2, Jobs: 1, Good: 2, Contested: 3, Reach: 0.3,
				Path:    []gateway.Hop{{To: d.status.Peer, How: "hired", Share: 0.4, Jobs: 5, Good: 6}},
				Without: gateway.Guess{Success: 0.1, Low: 0.2, High: 0.3},
			}},
			Others: 1, Floor: 0.2, Holes: []gateway.Hole{{Epoch: "e", From: 1, To: 2, Why: "w"}},
		},
	}}}, d.note("trust %+v", q)
}

func (d *desk) Postings(_ context.Context, peer string) (gateway.Postings, error) {
	return gateway.Postings{Schema: "souk.postings/v1", Entries: []gateway.Posting{{
		Peer: d.status.Peer, Owed: true, Asset: "a", At: 1, Act: "POST", Amount: wire.Units(2), Posted: wire.Units(3),
		Held: wire.Units(4), Released: wire.Units(5), Credited: wire.Units(6), Settled: wire.Units(7), Seen: true,
		Job: wire.Sum([]byte("job")), Entry: wire.Sum([]byte("entry")),
	}}}, d.note("postings %q", peer)
}

func (d *desk) Receipt(_ context.Context, id string) ([]byte, error) {
	return []byte("-----BEGIN\n"), d.note("receipt %q", id)
}

func (d *desk) Evidence(_ context.Context, id string) ([]byte, error) {
	return []byte("-----BEGIN\n"), d.note("evidence %q", id)
}

func (d *desk) Journal(context.Context) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("records")), d.note("journal")
}

func (d *desk) Forks(context.Context) ([]gateway.Fork, error) {
	return []gateway.Fork{{Author: d.status.Peer, At: 1, Proof: "-----BEGIN\n"}}, d.note("forks")
}

func (d *desk) Verify(context.Context) (gateway.Verification, error) {
	return gateway.Verification{Schema: "souk.verify/v1", OK: true, Records: 1, Head: "ab", Bad: 2, Why: "w"}, d.note("verify")
}
