package http

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

const (
	hostName       = "souk"          // the Host our own client sends
	artefactHeader = "Souk-Artefact" // a result's Artefact: JSON, percent-encoded
)

// routes turns requests into calls of one Desk.
type routes struct{ desk gateway.Desk }

// answer is a JSON body.
type answer[T any] struct{ Body T }

type none struct{}

// ask is the input of a route about one job.
type ask struct {
	ID string `path:"id" maxLength:"128" doc:"a job's ID or its order's key"`
}

func registerStatus(api huma.API, peer gateway.Living) {
	route(api, "GET", "/v1/status", "how the peer is", func(ctx context.Context, _ *none) (gateway.Status, error) {
		return peer.Status(ctx)
	})
}

func (r routes) register(api huma.API) {
	route(api, "GET", "/v1/verify", "walk over the whole journal and name the first bad record", func(ctx context.Context, _ *none) (gateway.Verification, error) {
		return r.desk.Verify(ctx)
	})
	route(api, "GET", "/v1/ledger", "what is owed, per peer and asset", func(ctx context.Context, in *struct {
		Peer string `query:"peer" maxLength:"128" doc:"only this peer"`
	},
	) (gateway.Ledger, error) {
		return r.desk.Ledger(ctx, in.Peer)
	})
	route(api, "GET", "/v1/postings", "the entries that the ledger adds up", func(ctx context.Context, in *struct {
		Peer string `query:"peer" maxLength:"128" doc:"only those between this peer and us"`
	},
	) (gateway.Postings, error) {
		return r.desk.Postings(ctx, in.Peer)
	})
	route(api, "GET", "/v1/forks", "proofs that an author has told two tales", func(ctx context.Context, _ *none) ([]gateway.Fork, error) {
		return r.desk.Forks(ctx)
	})
	route(api, "GET", "/v1/trust", "whom this peer trusts how far, and why", func(ctx context.Context, in *struct {
		Peer       wire.Key `query:"peer" doc:"only this peer"`
		Capability string   `query:"capability" maxLength:"96" doc:"estimates for this; what each was hired for most if none"`
		Why        bool     `query:"why" doc:"with reasons"`
	},
	) (gateway.Trust, error) {
		return r.desk.Trust(ctx, gateway.TrustQuery{Peer: in.Peer, Capability: in.Capability, Why: in.Why})
	})
	route(api, "GET", "/v1/calibration", "the estimates by which this peer has hired, against what came of the jobs", func(ctx context.Context, _ *none) (gateway.Calibration, error) {
		return r.desk.Calibration(ctx)
	})
	r.registerOffers(api)
	r.registerJobs(api)
	r.registerBytes(api)
}

func (r routes) registerOffers(api huma.API) {
	route(api, "GET", "/v1/offers", "what this peer sells", func(ctx context.Context, _ *none) ([]gateway.Offer, error) {
		return r.desk.Offers(ctx)
	})
	route(api, "POST", "/v1/offers", "sell a capability", func(ctx context.Context, in *struct{ Body gateway.OfferDraft }) (gateway.Offer, error) {
		return r.desk.AddOffer(ctx, in.Body)
	})
	consent := operation("POST", "/v1/consents", "let a provider name this peer as evaluator; the answer is the file to give to it")
	consent.Responses["200"] = bytesOf("text/plain; charset=utf-8")
	huma.Register(api, consent, func(ctx context.Context, in *struct{ Body gateway.ConsentDraft }) (*huma.StreamResponse, error) {
		return plain(r.desk.Consent(ctx, in.Body))
	})
	route(api, "DELETE", "/v1/offers", "withdraw a capability", func(ctx context.Context, in *struct {
		Capability string `query:"capability" required:"true" maxLength:"96"`
	},
	) (none, error) {
		return none{}, r.desk.RemoveOffer(ctx, in.Capability)
	})
	route(api, "GET", "/v1/find", "live offers, the least expected cost of a success first", func(ctx context.Context, in *struct {
		Capability string `query:"capability" maxLength:"96" doc:"only this capability"`
	},
	) ([]gateway.Found, error) {
		return r.desk.Find(ctx, in.Capability)
	})
}

func (r routes) registerJobs(api huma.API) {
	route(api, "GET", "/v1/jobs", "jobs on either side, newest first", func(ctx context.Context, in *struct {
		Limit int `query:"limit" minimum:"0" maximum:"10000" doc:"at most so many; 0 for 100"`
	},
	) ([]gateway.Job, error) {
		return r.desk.Jobs(ctx, in.Limit)
	})
	route(api, "GET", "/v1/jobs/{id}", "one job with its documents", func(ctx context.Context, in *ask) (gateway.Job, error) {
		return r.desk.Job(ctx, in.ID)
	})
	route(api, "POST", "/v1/jobs/{id}/cancel", "ask for the end of a job", func(ctx context.Context, in *ask) (gateway.Job, error) {
		return r.desk.Cancel(ctx, in.ID)
	})
	provide := operation("POST", "/v1/jobs/{id}/provide", "hand over what the job's provider waits for: the body")
	provide.RequestBody = bytesIn("what was asked for, at most 64 MiB")
	huma.Register(api, provide, r.provide)
	huma.Register(api, operation("GET", "/v1/jobs/{id}/await", "wait until the job is final or its stage is another than seen; 204 means: not yet"), r.await)
	hire := operation("POST", "/v1/jobs", "hire: the order stands in the query, its input is the body")
	hire.RequestBody = bytesIn("the input, at most 64 MiB")
	huma.Register(api, hire, r.hire)
}

func (r routes) registerBytes(api huma.API) {
	receipt := operation("GET", "/v1/receipts/{id}", "an armoured receipt")
	receipt.Responses["200"] = bytesOf("text/plain; charset=utf-8")
	huma.Register(api, receipt, func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"128" doc:"a job's or an entry's ID, or last"`
	},
	) (*huma.StreamResponse, error) {
		return plain(r.desk.Receipt(ctx, in.ID))
	})
	evidence := operation("GET", "/v1/evidence/{id}", "all that can be shown of a job, armoured")
	evidence.Responses["200"] = bytesOf("text/plain; charset=utf-8")
	huma.Register(api, evidence, func(ctx context.Context, in *ask) (*huma.StreamResponse, error) {
		return plain(r.desk.Evidence(ctx, in.ID))
	})
	journal := operation("GET", "/v1/journal", "a copy of the whole journal, for a backup")
	journal.Responses["200"] = bytesOf("application/octet-stream")
	huma.Register(api, journal, r.journal)
	result := operation("GET", "/v1/jobs/{id}/result", "the result's bytes; "+artefactHeader+" describes them")
	result.Responses["200"] = bytesOf("application/octet-stream")
	huma.Register(api, result, r.result)
}

// plain answers with text as it is, or with the desk's refusal.
func plain(text []byte, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, refuse(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "text/plain; charset=utf-8")
		ctx.BodyWriter().Write(text) // a caller that has gone needs no answer
	}}, nil
}

// await holds the request open, at most MaxPoll.
func (r routes) await(ctx context.Context, in *struct {
	ID      string `path:"id" maxLength:"128" doc:"a job's ID or its order's key"`
	Seen    string `query:"seen" maxLength:"64" doc:"the stage known already"`
	Timeout uint32 `query:"timeout" maximum:"60000" doc:"milliseconds; 0 for the most"`
},
) (*struct {
	Status int
	Body   *gateway.Job
}, error,
) {
	type reply = struct {
		Status int
		Body   *gateway.Job
	}
	wait := time.Duration(in.Timeout) * time.Millisecond
	if wait == 0 {
		wait = MaxPoll
	}
	polled, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	job, err := r.desk.Await(polled, in.ID, in.Seen)
	switch {
	case err == nil:
		return &reply{nethttp.StatusOK, &job}, nil
	case polled.Err() != nil && ctx.Err() == nil:
		return &reply{nethttp.StatusNoContent, nil}, nil
	}
	return nil, refuse(err)
}

// order is a gateway.Order in a query.
type order struct {
	Key        string   `query:"key" required:"true" minLength:"1" maxLength:"64" doc:"chosen by the caller: the same key is one order"`
	Capability string   `query:"capability" required:"true" minLength:"1" maxLength:"96"`
	InputType  string   `query:"input_type" maxLength:"128" doc:"media type; application/octet-stream if none"`
	Asset      string   `query:"asset" maxLength:"128" doc:"the mandate's only asset if none"`
	Budget     string   `query:"budget" maxLength:"39" doc:"most it may cost, a whole number of smallest units; the mandate's per-job cap if none"`
	DeadlineMS uint64   `query:"deadline_ms"`
	Peer       wire.Key `query:"peer" doc:"only this provider"`
	Class      string   `query:"class" maxLength:"32" doc:"data class; public if none"`
	Expect     string   `query:"expect" maxLength:"32" doc:"a rule of one's own that the result must pass"`
	ExpectWith string   `query:"expect_params" maxLength:"8192" doc:"its parameters"`
	Evaluators []string `query:"evaluators" maxItems:"7" doc:"peers who are to judge disputes: only offers that name some of these, and nobody else, are taken"`
	CallMS     uint64   `query:"call_ms" doc:"call in public for quotes, for so long: at most an hour"`
	Bid        string   `query:"bid" maxLength:"39" doc:"what it would rather cost: dearer quotes are haggled over; none if none"`
	Plan       string   `query:"plan" maxLength:"16" doc:"single for one contract; else takeover: others follow where one fails"`
	Choose     string   `query:"choose" maxLength:"16" doc:"by what to choose: cheapest or random, to compare with; the cost of a success if none"`
	Parent     wire.CID `query:"parent" doc:"the job of ours that this is a part of"`
	PassOn     string   `query:"pass_on" enum:"true,false" doc:"may the provider give the input on to others; what is public only if none"`
	Sizes      string   `query:"sizes" maxLength:"4096" doc:"the body is several inputs one after the other, of so many bytes each, with commas between"`
	input      io.Reader
}

func keysOf(names []string) (all []wire.Key, err error) {
	for _, name := range names {
		key, err := wire.ParseKey(name)
		if err != nil {
			return nil, &gateway.Error{Code: gateway.CodeInvalid, Message: "evaluator: " + err.Error(), Hint: "write a peer ID or a did:key"}
		}
		all = append(all, key)
	}
	return all, nil
}

// supplies is what a job's provider waits for.
type supplies struct {
	ID        string `path:"id" maxLength:"128" doc:"a job's ID or its order's key"`
	InputType string `query:"input_type" maxLength:"128" doc:"media type; application/octet-stream if none"`
	input     io.Reader
}

// Resolve takes the body as a stream, as that of order does.
func (s *supplies) Resolve(ctx huma.Context) []error {
	s.input = ctx.BodyReader()
	return nil
}

func (r routes) provide(ctx context.Context, s *supplies) (*answer[gateway.Job], error) {
	job, err := r.desk.Provide(ctx, s.ID, s.InputType, s.input)
	if err != nil {
		return nil, refuse(ended(s.input, err))
	}
	return &answer[gateway.Job]{job}, nil
}

// ended is why the body ended, whatever the Desk made of it, or else what the Desk says.
func ended(input io.Reader, err error) error {
	var e *gateway.Error
	if b, ok := input.(*body); ok && errors.As(b.err, &e) {
		return e
	}
	return err
}

// Resolve takes the body as a stream: the framework would hold all of it.
func (o *order) Resolve(ctx huma.Context) []error {
	o.input = ctx.BodyReader()
	return nil
}

// amountOf reads an amount in a query, or nil where there is none.
func amountOf(name, text string) (*wire.Amount, error) {
	if text == "" {
		return nil, nil
	}
	a, err := wire.ParseAmount(text)
	if err != nil {
		return nil, &gateway.Error{Code: protocol.CodeAmount, Message: name + ": " + err.Error(), Hint: "write all digits of a whole number"}
	}
	return &a, nil
}

// sizesOf reads the sizes of several inputs in a query.
func sizesOf(text string) (sizes []uint64, err error) {
	if text == "" {
		return nil, nil
	}
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.ParseUint(word, 10, 40)
		if err != nil {
			return nil, &gateway.Error{Code: protocol.CodeMalformed, Message: "sizes: " + err.Error(), Hint: "write whole numbers of bytes with commas between"}
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

func (r routes) hire(ctx context.Context, o *order) (*answer[gateway.Job], error) {
	budget, err := amountOf("budget", o.Budget)
	if err != nil {
		return nil, refuse(err)
	}
	bid, err := amountOf("bid", o.Bid)
	if err != nil {
		return nil, refuse(err)
	}
	if bid == nil {
		bid = new(wire.Amount)
	}
	var passOn *bool
	if o.PassOn != "" {
		may := o.PassOn == "true"
		passOn = &may
	}
	evaluators, err := keysOf(o.Evaluators)
	if err != nil {
		return nil, refuse(err)
	}
	sizes, err := sizesOf(o.Sizes)
	if err != nil {
		return nil, refuse(err)
	}
	job, err := r.desk.Hire(ctx, gateway.Order{
		Key: o.Key, Capability: o.Capability, InputType: o.InputType, Asset: o.Asset,
		Budget: budget, DeadlineMS: o.DeadlineMS, Peer: o.Peer, Class: o.Class, CallMS: o.CallMS, Bid: *bid,
		Plan: o.Plan, Choose: o.Choose, Sizes: sizes,
		Parent: o.Parent, PassOn: passOn,
		Expect: o.Expect, ExpectWith: o.ExpectWith, Evaluators: evaluators,
	}, o.input)
	if err != nil {
		return nil, refuse(ended(o.input, err))
	}
	return &answer[gateway.Job]{job}, nil
}

// result streams an artefact. Its length is said first, so that one cut short
// shows at the other end.
func (r routes) result(ctx context.Context, in *ask) (*huma.StreamResponse, error) {
	content, about, err := r.desk.Result(ctx, in.ID)
	if err != nil {
		return nil, refuse(err)
	}
	described, err := json.Marshal(about)
	if err != nil {
		content.Close()
		return nil, refuse(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer content.Close()
		ctx.SetHeader("Content-Type", "application/octet-stream")
		ctx.SetHeader("Content-Length", strconv.FormatUint(about.Size, 10))
		ctx.SetHeader(artefactHeader, url.QueryEscape(string(described)))
		n, err := io.Copy(ctx.BodyWriter(), content)
		if err != nil || uint64(n) != about.Size {
			panic(nethttp.ErrAbortHandler) // the way net/http breaks a connection off
		}
	}}, nil
}

// journal answers with a copy of the journal, whose own end tells that it is whole.
func (r routes) journal(ctx context.Context, _ *none) (*huma.StreamResponse, error) {
	content, err := r.desk.Journal(ctx)
	if err != nil {
		return nil, refuse(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer content.Close()
		ctx.SetHeader("Content-Type", "application/octet-stream")
		if _, err := io.Copy(ctx.BodyWriter(), content); err != nil {
			panic(nethttp.ErrAbortHandler) // the way net/http breaks a connection off
		}
	}}, nil
}

// route registers a route whose answer is JSON.
func route[I, O any](api huma.API, method, path, says string, f func(context.Context, *I) (O, error)) {
	huma.Register(api, operation(method, path, says), func(ctx context.Context, in *I) (*answer[O], error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, refuse(err)
		}
		return &answer[O]{out}, nil
	})
}

func operation(method, path, says string) huma.Operation {
	return huma.Operation{
		OperationID: method + path, Method: method, Path: path, Summary: says,
		MaxBodyBytes:    maxDraft,
		BodyReadTimeout: -1, // guard's body has its own
		Responses: map[string]*huma.Response{"default": {
			Description: "a refusal",
			Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"schema", "error"},
				Properties: map[string]*huma.Schema{
					"schema": {Type: huma.TypeString, Enum: []any{ErrorSchema}},
					"error": {
						Type: huma.TypeObject, Required: []string{"code", "message", "hint", "retryable"},
						Properties: map[string]*huma.Schema{
							"code": {Type: huma.TypeString}, "message": {Type: huma.TypeString},
							"hint": {Type: huma.TypeString}, "retryable": {Type: huma.TypeBoolean},
						},
					},
				},
			}}},
		}},
	}
}

// bytesIn describes a body that is taken as a stream.
func bytesIn(says string) *huma.RequestBody {
	return &huma.RequestBody{
		Description: says,
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}

func bytesOf(media string) *huma.Response {
	return &huma.Response{
		Description: "OK",
		Content:     map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}
