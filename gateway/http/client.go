package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/souk-network/souk/gateway"
)

// Client is the Desk of the peer behind a socket. It may be used from several
// goroutines. An answer that cannot be had is an *gateway.Error of code
// unavailable; one cut off by its context wraps the context's error.
type Client struct {
	socket string
	http   *nethttp.Client
}

var _ gateway.Desk = (*Client)(nil)

// Dial returns the Client of the peer whose socket is at path. It connects when
// it is first asked.
func Dial(path string) *Client {
	var d net.Dialer
	return &Client{path, &nethttp.Client{Transport: &nethttp.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return d.DialContext(ctx, "unix", address(path))
		},
		DisableCompression:    true,
		ExpectContinueTimeout: 5 * time.Second,
		MaxIdleConns:          4,
		IdleConnTimeout:       idleConn / 2,
	}, CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }}}
}

// Close gives back the connections that are idle.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Status fulfils gateway.Desk.
func (c *Client) Status(ctx context.Context) (out gateway.Status, err error) {
	return out, c.call(ctx, "GET", "/v1/status", nil, nil, &out)
}

// AddOffer fulfils gateway.Desk.
func (c *Client) AddOffer(ctx context.Context, d gateway.OfferDraft) (out gateway.Offer, err error) {
	if d.Settings == nil {
		d.Settings = map[string]string{}
	}
	b, err := json.Marshal(d)
	if err != nil {
		return out, fmt.Errorf("write the offer: %w", err)
	}
	return out, c.call(ctx, "POST", "/v1/offers", nil, bytes.NewReader(b), &out)
}

// Offers fulfils gateway.Desk.
func (c *Client) Offers(ctx context.Context) (out []gateway.Offer, err error) {
	return out, c.call(ctx, "GET", "/v1/offers", nil, nil, &out)
}

// RemoveOffer fulfils gateway.Desk.
func (c *Client) RemoveOffer(ctx context.Context, capability string) error {
	return c.call(ctx, "DELETE", "/v1/offers", url.Values{"capability": {capability}}, nil, &none{})
}

// Find fulfils gateway.Desk.
func (c *Client) Find(ctx context.Context, capability string) (out []gateway.Found, err error) {
	return out, c.call(ctx, "GET", "/v1/find", some("capability", capability), nil, &out)
}

// Hire fulfils gateway.Desk. An input of over MaxInput bytes is refused as too_large.
func (c *Client) Hire(ctx context.Context, o gateway.Order, input io.Reader) (out gateway.Job, err error) {
	q := url.Values{"key": {o.Key}, "capability": {o.Capability}}
	add := func(name, value string, zero bool) {
		if !zero {
			q.Set(name, value)
		}
	}
	add("input_type", o.InputType, o.InputType == "")
	add("asset", o.Asset, o.Asset == "")
	if o.Budget != nil {
		q.Set("budget", o.Budget.String())
	}
	add("deadline_ms", strconv.FormatUint(o.DeadlineMS, 10), o.DeadlineMS == 0)
	add("peer", o.Peer.String(), o.Peer.IsZero())
	add("class", o.Class, o.Class == "")
	add("expect", o.Expect, o.Expect == "")
	add("expect_params", o.ExpectWith, o.ExpectWith == "")
	if len(o.Evaluators) > 0 {
		names := make([]string, len(o.Evaluators))
		for i, k := range o.Evaluators {
			names[i] = k.String()
		}
		add("evaluators", strings.Join(names, ","), false)
	}
	add("call_ms", strconv.FormatUint(o.CallMS, 10), o.CallMS == 0)
	add("bid", o.Bid.String(), o.Bid.IsZero())
	add("plan", o.Plan, o.Plan == "")
	add("choose", o.Choose, o.Choose == "")
	add("parent", o.Parent.String(), o.Parent.IsZero())
	if o.PassOn != nil {
		q.Set("pass_on", strconv.FormatBool(*o.PassOn))
	}
	var sizes []string
	for _, n := range o.Sizes {
		sizes = append(sizes, strconv.FormatUint(n, 10))
	}
	add("sizes", strings.Join(sizes, ","), len(sizes) == 0)
	return out, c.call(ctx, "POST", "/v1/jobs", q, &bounded{input, MaxInput}, &out)
}

// Jobs fulfils gateway.Desk.
func (c *Client) Jobs(ctx context.Context, limit int) (out []gateway.Job, err error) {
	return out, c.call(ctx, "GET", "/v1/jobs", url.Values{"limit": {strconv.Itoa(limit)}}, nil, &out)
}

// Job fulfils gateway.Desk.
func (c *Client) Job(ctx context.Context, id string) (out gateway.Job, err error) {
	return out, c.call(ctx, "GET", about("jobs", id), nil, nil, &out)
}

// Await fulfils gateway.Desk: it asks again for as long as ctx allows.
func (c *Client) Await(ctx context.Context, id, seen string) (out gateway.Job, err error) {
	for {
		answer, err := c.do(ctx, "GET", about("jobs", id)+"/await", some("seen", seen), nil)
		if err != nil {
			return out, err
		}
		if answer.StatusCode == nethttp.StatusNoContent {
			answer.Body.Close()
			continue
		}
		return out, read(answer, &out)
	}
}

// Result fulfils gateway.Desk. Reading a result that breaks off ends with an error.
func (c *Client) Result(ctx context.Context, id string) (io.ReadCloser, gateway.Artefact, error) {
	var described gateway.Artefact
	answer, err := c.do(ctx, "GET", about("jobs", id)+"/result", nil, nil)
	if err != nil {
		return nil, described, err
	}
	text, err := url.QueryUnescape(answer.Header.Get(artefactHeader))
	if err == nil {
		err = json.Unmarshal([]byte(text), &described)
	}
	if err != nil {
		answer.Body.Close()
		return nil, described, strange(err)
	}
	return answer.Body, described, nil
}

// Cancel fulfils gateway.Desk.
func (c *Client) Cancel(ctx context.Context, id string) (out gateway.Job, err error) {
	return out, c.call(ctx, "POST", about("jobs", id)+"/cancel", nil, nil, &out)
}

// Provide fulfils gateway.Desk. What is over MaxInput bytes is refused as too_large.
func (c *Client) Provide(ctx context.Context, id, inputType string, content io.Reader) (out gateway.Job, err error) {
	return out, c.call(ctx, "POST", about("jobs", id)+"/provide", some("input_type", inputType), &bounded{content, MaxInput}, &out)
}

// Ledger fulfils gateway.Desk.
func (c *Client) Ledger(ctx context.Context, peer string) (out gateway.Ledger, err error) {
	return out, c.call(ctx, "GET", "/v1/ledger", some("peer", peer), nil, &out)
}

// Calibration fulfils gateway.Desk.
func (c *Client) Calibration(ctx context.Context) (out gateway.Calibration, err error) {
	return out, c.call(ctx, "GET", "/v1/calibration", nil, nil, &out)
}

// Trust fulfils gateway.Desk.
func (c *Client) Trust(ctx context.Context, q gateway.TrustQuery) (out gateway.Trust, err error) {
	in := url.Values{"why": {strconv.FormatBool(q.Why)}}
	if q.Capability != "" {
		in.Set("capability", q.Capability)
	}
	if !q.Peer.IsZero() {
		in.Set("peer", q.Peer.String())
	}
	return out, c.call(ctx, "GET", "/v1/trust", in, nil, &out)
}

// Consent fulfils gateway.Desk.
func (c *Client) Consent(ctx context.Context, d gateway.ConsentDraft) ([]byte, error) {
	if d.Settings == nil {
		d.Settings = map[string]string{}
	}
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write the consent: %w", err)
	}
	return c.text(ctx, "POST", "/v1/consents", bytes.NewReader(b))
}

// Postings fulfils gateway.Desk.
func (c *Client) Postings(ctx context.Context, peer string) (out gateway.Postings, err error) {
	err = c.call(ctx, "GET", "/v1/postings", some("peer", peer), nil, &out)
	return out, err
}

// Receipt fulfils gateway.Desk.
func (c *Client) Receipt(ctx context.Context, id string) ([]byte, error) {
	return c.text(ctx, "GET", about("receipts", id), nil)
}

// Evidence fulfils gateway.Desk.
func (c *Client) Evidence(ctx context.Context, id string) ([]byte, error) {
	return c.text(ctx, "GET", about("evidence", id), nil)
}

// Forks fulfils gateway.Desk.
func (c *Client) Forks(ctx context.Context) (out []gateway.Fork, err error) {
	err = c.call(ctx, "GET", "/v1/forks", nil, nil, &out)
	return out, err
}

// text reads an answer that is text.
func (c *Client) text(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	answer, err := c.do(ctx, method, path, nil, body)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, strange(err)
	}
	return text, nil
}

// Journal fulfils gateway.Desk.
func (c *Client) Journal(ctx context.Context) (io.ReadCloser, error) {
	answer, err := c.do(ctx, "GET", "/v1/journal", nil, nil)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// Verify fulfils gateway.Desk.
func (c *Client) Verify(ctx context.Context) (out gateway.Verification, err error) {
	return out, c.call(ctx, "GET", "/v1/verify", nil, nil, &out)
}

// call asks and reads the JSON that answers.
func (c *Client) call(ctx context.Context, method, path string, q url.Values, input io.Reader, out any) error {
	answer, err := c.do(ctx, method, path, q, input)
	if err != nil {
		return err
	}
	return read(answer, out)
}

// do asks, and returns an answer that is a success.
func (c *Client) do(ctx context.Context, method, path string, q url.Values, input io.Reader) (*nethttp.Response, error) {
	request, err := nethttp.NewRequestWithContext(ctx, method, "http://"+hostName+path+"?"+q.Encode(), input)
	if err != nil {
		return nil, fmt.Errorf("ask the peer: %w", err)
	}
	switch input.(type) {
	case nil:
	case *bounded:
		request.Header.Set("Content-Type", "application/octet-stream")
		request.Header.Set("Expect", "100-continue") // so that a refusal need not race the input
	default:
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, c.unanswered(ctx, err)
	}
	if answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	var f Failure
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxDraft)).Decode(&f); err != nil || f.Err == nil || f.Err.Code == "" {
		return nil, strange(errors.Join(fmt.Errorf("status %s", answer.Status), err))
	}
	return nil, f.Err
}

// unanswered says why there was no answer.
func (c *Client) unanswered(ctx context.Context, err error) error {
	var e *gateway.Error
	if errors.As(err, &e) { // the input's own
		return e
	}
	if ctx.Err() != nil {
		return fmt.Errorf("ask the peer: %w", ctx.Err())
	}
	var u *url.Error
	if errors.As(err, &u) { // its URL says nothing to a reader
		err = u.Err
	}
	var o *net.OpError
	if errors.As(err, &o) && o.Op == "dial" {
		return &gateway.Error{
			Code: gateway.CodeUnavailable, Message: fmt.Sprintf("no peer is running in this home (%s)", c.socket),
			Hint: "start it with `souk up`", Retryable: true,
		}
	}
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Message: fmt.Sprintf("the peer broke off: %v", err),
		Hint: "see whether it still runs: `souk status`", Retryable: true,
	}
}

// read reads one JSON answer.
func read(answer *nethttp.Response, out any) error {
	defer answer.Body.Close()
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(out); err != nil {
		return strange(err)
	}
	return nil
}

// strange is the error for an answer that is not ours.
func strange(err error) error {
	return &gateway.Error{
		Code: gateway.CodeInternal, Message: fmt.Sprintf("the peer's answer cannot be read: %v", err),
		Hint: "is the peer of the same version? see `souk version` and `souk status`",
	}
}

// about is the path of one job or receipt. A name that a path would lose is
// sent as one that nothing has, to be refused as any other.
func about(what, id string) string {
	if id == "" || id == "." || id == ".." {
		id = "(" + id + ")"
	}
	return "/v1/" + what + "/" + url.PathEscape(id)
}

// some is a query of one value, or none where it is empty.
func some(name, value string) url.Values {
	if value == "" {
		return nil
	}
	return url.Values{name: {value}}
}

// bounded reads at most left bytes and refuses more. Only the HTTP transport reads it.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}
