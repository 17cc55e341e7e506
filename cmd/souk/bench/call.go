package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// CallOptions says which calls are measured.
type CallOptions struct {
	Windows []int         // calls that are held for and paid together
	At      int           // contracts under way at once
	For     time.Duration // how long new contracts are begun, for each window
}

const (
	// MaxWindow is the most calls a window can have: an Accept or Delivery names no more.
	MaxWindow  = 16
	inContract = 64 // calls of one contract that is measured, or somewhat more
)

// Call measures metered calls: contracts of many windows, each held for, delivered,
// judged and paid by itself. The reference is an unpaid call of the same bytes as
// JSON over HTTP/1.1, kept alive, in this process too: nothing is signed, encrypted
// or written.
func Call(ctx context.Context, o Options, c CallOptions) (*Report, error) {
	ref, err := echo(ctx, o, c)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, window := range c.Windows {
		row, err := calls(ctx, o, c, window)
		if err != nil {
			return nil, err
		}
		if err := row.hold(ref, ofCPU); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return report("call", rows...)
}

// calls measures contracts with windows of one size.
func calls(ctx context.Context, o Options, c CallOptions, window int) (row Row, err error) {
	inner := o
	inner.Open = func(ctx context.Context, x Opening) (Peer, error) {
		x.Name = fmt.Sprintf("%s-%d", x.Name, window)
		return o.Open(ctx, x)
	}
	windows := (inContract + window - 1) / window
	calls := windows * window
	p, err := openPair(ctx, inner, gateway.OfferDraft{
		Capability: capability, Asset: usd, Technology: "builtin", Settings: map[string]string{"name": "words"}, Slots: 1 << 20,
		Unit: "call", PerUnit: wire.Units(1), MaxUnits: uint64(window), Window: uint64(window), Windows: uint64(windows),
	})
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	order := gateway.Order{Capability: capability, InputType: "text/plain", Peer: p.key}
	for range calls {
		order.Sizes = append(order.Sizes, uint64(len(text)))
	}
	input := bytes.Repeat(text, calls)
	contract := func(name string) func(context.Context, int) error {
		return func(ctx context.Context, n int) error {
			mine := order
			mine.Key = fmt.Sprintf("%s-%d", name, n)
			return p.order(ctx, mine, input)
		}
	}
	if _, err := repeat(ctx, 1, 1, time.Time{}, contract("warm")); err != nil {
		return row, err
	}
	o.Scene(fmt.Sprintf("calling in windows of %d for %s", window, c.For))
	before := p.counts()
	m, err := begin()
	if err != nil {
		return row, err
	}
	took, err := repeat(ctx, c.At, MaxJobs/calls, time.Now().Add(c.For), contract("calls"))
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, err
	}
	n := len(took) * calls
	u.fill(&row, n)
	for i := range took {
		took[i] /= time.Duration(calls)
	}
	row.Percentiles = percentiles(took)
	row.Unit, row.Case = "calls/s", fmt.Sprintf("windows of %d, %d contracts at once (a contract's time over its calls)", window, c.At)
	row.Goal = map[int]string{1: "at most 2.8", MaxWindow: "at most 1.5"}[window]
	row.Counts = p.counts().since(before).each(n)
	return row, p.agree(ctx, uint64(n+calls))
}

// asked and told are what is said in an unpaid call.
type (
	asked struct {
		Capability string `json:"capability"`
		Input      []byte `json:"input"`
	}
	told struct {
		Output []byte `json:"output"`
	}
)

// echo measures unpaid calls, both ends in this process.
func echo(ctx context.Context, o Options, c CallOptions) (_ *Reference, err error) {
	o.Scene(fmt.Sprintf("calling an unpaid echo for %s", c.For))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: http.HandlerFunc(answerEcho)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{MaxIdleConnsPerHost: c.At}
	defer func() {
		transport.CloseIdleConnections()
		err = errors.Join(err, server.Close())
		if other := <-served; !errors.Is(other, http.ErrServerClosed) {
			err = errors.Join(err, other)
		}
	}()
	client, url := &http.Client{Transport: transport}, "http://"+l.Addr().String()
	call := func(ctx context.Context, _ int) error { return callEcho(ctx, client, url) }
	if _, err := repeat(ctx, c.At, 100*c.At, time.Time{}, call); err != nil { // warm
		return nil, err
	}
	cpu, began := cpuTime(), time.Now()
	took, err := repeat(ctx, c.At, 1<<40, time.Now().Add(c.For), call)
	cpu, wall := cpuTime()-cpu, time.Since(began)
	if err != nil {
		return nil, err
	}
	n := float64(len(took))
	return &Reference{
		Case: fmt.Sprintf("an unpaid call of the same bytes as JSON over HTTP/1.1 on loopback, kept alive, %d at once", c.At),
		Rate: n / wall.Seconds(), CPU: micros(cpu) / n, Percentiles: percentiles(took),
	}, nil
}

func answerEcho(w http.ResponseWriter, r *http.Request) {
	var q asked
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(told{Output: q.Input}) // the client sees what is missing
}

func callEcho(ctx context.Context, client *http.Client, url string) error {
	body, err := json.Marshal(asked{capability, text})
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := client.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close() // read to its end below
	var a told
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		return err
	}
	if !bytes.Equal(a.Output, text) {
		return errors.New("the echo says something else")
	}
	_, err = io.Copy(io.Discard, r.Body) // or the connection would not be kept
	return err
}
