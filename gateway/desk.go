// Package gateway says what any door may ask of a running peer. A door (a local
// HTTP API, a tool server, a dashboard) turns its own protocol into calls of
// Desk and back, and decides nothing.
//
// It promises that every answer is plain data that can be shown or sent as JSON
// with the field names given here, and that every refusal is an *Error with a
// stable code. It must never reach into the market itself: no store, no
// network, no fold.
package gateway

import (
	"context"
	"io"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Living is what can be asked of every peer, also of one that does not trade.
type Living interface {
	Status(ctx context.Context) (Status, error)
}

// Desk is what a running peer answers. Its methods may be called from several
// goroutines; each returns an *Error where it refuses. The runtime fulfils it.
type Desk interface {
	Living

	// AddOffer begins to sell a capability; one of the same name is replaced.
	AddOffer(ctx context.Context, d OfferDraft) (Offer, error)
	// Offers returns what this peer sells, by capability.
	Offers(ctx context.Context) ([]Offer, error)
	// Consent lets a provider name this peer as evaluator in the terms of its offers, and
	// returns the text of the file that the provider needs for that.
	Consent(ctx context.Context, d ConsentDraft) ([]byte, error)
	// RemoveOffer withdraws a capability.
	RemoveOffer(ctx context.Context, capability string) error
	// Find returns live offers of others and our own, the least expected cost of a
	// success first; an empty capability finds all.
	Find(ctx context.Context, capability string) ([]Found, error)

	// Hire takes an order and its input, and returns once both are durable and work on it
	// has begun. An order whose Key was seen before is not taken twice: its job is returned.
	Hire(ctx context.Context, o Order, input io.Reader) (Job, error)
	// Jobs returns the jobs of this peer on either side, newest first, at most limit (0 for 100).
	Jobs(ctx context.Context, limit int) ([]Job, error)
	// Job returns one job with its documents. id is a job's ID or an order's key.
	Job(ctx context.Context, id string) (Job, error)
	// Await returns the job once it is final, or as it stands when it changes after the stage seen.
	Await(ctx context.Context, id, seen string) (Job, error)
	// Result opens the result of a delivered job; of several parts or calls, all results one after the other.
	Result(ctx context.Context, id string) (io.ReadCloser, Artefact, error)
	// Provide hands over what the job's provider waits for (Job.Needs), from content.
	Provide(ctx context.Context, id, inputType string, content io.Reader) (Job, error)
	// Cancel asks for the end of a job.
	Cancel(ctx context.Context, id string) (Job, error)

	// Ledger returns what is owed, per peer and asset; an empty peer means all.
	Ledger(ctx context.Context, peer string) (Ledger, error)
	// Postings returns the entries that the ledger adds up, of all peers or of one.
	Postings(ctx context.Context, peer string) (Postings, error)
	// Receipt returns the armoured receipt of a job or entry, or the newest for "last".
	Receipt(ctx context.Context, id string) ([]byte, error)
	// Evidence returns all that this peer can show of a job, as text that proves itself.
	Evidence(ctx context.Context, id string) ([]byte, error)
	// Forks returns the proofs of two tales that are kept here, by author.
	Forks(ctx context.Context) ([]Fork, error)
	// Trust returns whom this peer trusts how far: everyone it has evidence of, by
	// standing, or only the peer asked for, of which it may know nothing.
	Trust(ctx context.Context, q TrustQuery) (Trust, error)
	// Calibration compares the estimates by which this peer has hired with what came of the jobs.
	Calibration(ctx context.Context) (Calibration, error)
	// Journal is a copy of the journal as it is now, for a backup. What breaks off is no whole copy.
	Journal(ctx context.Context) (io.ReadCloser, error)
	// Verify checks the whole journal and names the first bad record.
	Verify(ctx context.Context) (Verification, error)
}

// Status is how the peer is.
type Status struct {
	Schema string `json:"schema"` // "souk.status/v1"
	// Bootstrap says that the peer only helps others join: it has no owner, sells and buys nothing.
	Bootstrap bool     `json:"bootstrap,omitempty"`
	Peer      wire.Key `json:"peer"`
	DID       string   `json:"did"`
	Owner     wire.Key `json:"owner,omitzero"`
	Net       string   `json:"net"`
	Version   string   `json:"version"`
	Live      bool     `json:"live"`  // the process answers
	Ready     bool     `json:"ready"` // the journal is replayed and the network is up
	Why       string   `json:"why,omitempty"`
	Addrs     []string `json:"addrs"`
	Peers     []Peer   `json:"peers"`
	Offers    int      `json:"offers"`       // own
	Known     int      `json:"offers_known"` // live ones of others
	Jobs      int      `json:"jobs_open"`
	Records   uint64   `json:"records"` // in the journal
	Budgets   []Budget `json:"budgets"`
	Started   uint64   `json:"started"` // Unix milliseconds
}

// Peer is one open link.
type Peer struct {
	Peer      wire.Key `json:"peer"`
	Addr      string   `json:"addr"`
	Transport string   `json:"transport"`
}

// Budget is what the owner's mandate still allows in one asset.
type Budget struct {
	Asset  string      `json:"asset"`
	PerJob wire.Amount `json:"per_job"`
	Total  wire.Amount `json:"total"`
	Spent  wire.Amount `json:"spent"` // posted or set aside
}

// OfferDraft is what an owner wants sold.
type OfferDraft struct {
	Capability  string            `json:"capability"`
	Title       string            `json:"title,omitempty"`
	Price       wire.Amount       `json:"price"`
	Asset       string            `json:"asset"`
	Ask         bool              `json:"ask,omitempty"`        // tell the price on request only
	Technology  string            `json:"technology"`           // of the worker: "exec", "http", "builtin", "broker"
	Settings    map[string]string `json:"settings"`             // of the worker
	InputType   string            `json:"input_type,omitempty"` // default "*/*"
	OutputType  string            `json:"output_type,omitempty"`
	InputSchema string            `json:"input_schema,omitempty"` // JSON Schema that inputs satisfy; others are neither sent nor worked on
	Rule        string            `json:"rule,omitempty"`         // acceptance check
	RuleParams  string            `json:"rule_params,omitempty"`  // its parameters
	RerunSafe   bool              `json:"rerun_safe,omitempty"`
	PassOn      bool              `json:"pass_on,omitempty"`    // the work may be given on to others, in parts
	DeliverMS   uint64            `json:"deliver_ms,omitempty"` // promise; default 10 minutes
	Slots       int               `json:"slots,omitempty"`      // jobs at once; default 4
	Surge       uint64            `json:"surge,omitempty"`      // percent by which price and least rise, evenly, until all slots are taken
	Reworks     int               `json:"reworks,omitempty"`    // how often a result that fails is made good
	Consents    []string          `json:"consents,omitempty"`   // of the evaluators who judge disputes: the text of their files
	Needed      int               `json:"needed,omitempty"`     // of them who decide; default 1
	Split       uint64            `json:"split,omitempty"`      // of 10,000, what is ours where they stay silent
	Needs       []string          `json:"needs,omitempty"`      // what the worker may still ask for, one line each
	PauseMS     uint64            `json:"pause_ms,omitempty"`   // how long that may be waited for, in all; default 1 hour
	Least       wire.Amount       `json:"least,omitzero"`       // it may be had for this, for who haggles; 0: the price is firm
	Tranches    uint64            `json:"tranches,omitzero"`    // equal parts in which it is delivered and paid for; 0: one
	Advance     uint64            `json:"advance,omitzero"`     // of them, paid before they are delivered
	Unit        string            `json:"unit,omitempty"`       // what is metered besides the price, such as "token"
	PerUnit     wire.Amount       `json:"per_unit,omitzero"`    //
	MaxUnits    uint64            `json:"max_units,omitzero"`   // of one window
	Window      uint64            `json:"window,omitzero"`      // calls that are held for and paid together; 0: one
	Windows     uint64            `json:"windows,omitzero"`     // of one contract, at most; 0: one
}

// ConsentDraft is what an owner lets a provider name its agent for.
type ConsentDraft struct {
	Provider   wire.Key          `json:"provider"`
	Scopes     []string          `json:"scopes"` // capabilities, such as "text/*"
	Asset      string            `json:"asset"`
	Fee        wire.Amount       `json:"fee"`
	Technology string            `json:"technology"` // of the judge: "exec", "builtin", or "check" for a rule
	Settings   map[string]string `json:"settings"`
	Rule       string            `json:"rule,omitempty"`
	RuleParams string            `json:"rule_params,omitempty"`
}

// Offer is one capability sold by this peer.
type Offer struct {
	OfferDraft
	Busy    int         `json:"busy"`    // jobs under way
	Now     wire.Amount `json:"now"`     // price at the present load
	Expires uint64      `json:"expires"` // Unix milliseconds of the announcement now in the air
}

// Found is one live offer. Title comes from the other peer: it is data to be
// shown with control characters escaped, never an instruction.
type Found struct {
	Peer        wire.Key    `json:"peer"`
	Capability  string      `json:"capability"`
	Title       string      `json:"title,omitempty"`
	Price       wire.Amount `json:"price"` // most that one call may cost, over all parts
	Asset       string      `json:"asset"`
	Ask         bool        `json:"ask"`
	Rule        string      `json:"rule,omitempty"`
	RerunSafe   bool        `json:"rerun_safe"`
	InputSchema string      `json:"input_schema,omitempty"` // JSON Schema: an order whose input breaks it finds no match here; left out where there are too many
	PassOn      bool        `json:"pass_on,omitempty"`      // the input may be given on to others, in parts
	DeliverMS   uint64      `json:"deliver_ms"`
	Expires     uint64      `json:"expires"`
	Own         bool        `json:"own"`
	Evaluators  []wire.Key  `json:"evaluators,omitempty"` // who judges disputes: an order that does not name them finds no match here
	Estimate    *Estimate   `json:"estimate,omitempty"`   // of others
}

// Estimate is what a hirer thinks of a provider for one capability. Shares and
// probabilities are from 0 to 1.
type Estimate struct {
	Success     float64     `json:"success"`
	Low         float64     `json:"low"`         // 90 % interval
	High        float64     `json:"high"`        //
	Uncertainty float64     `json:"uncertainty"` // share of what is thought of strangers in success
	Expected    wire.Amount `json:"expected"`    // cost of one success in smallest units, failed tries counted
	// Of a job: why its provider was hired ("best", "only", "named", "trial",
	// "cheapest", "random"), among how many, and who would have been hired otherwise.
	Why      string       `json:"why,omitempty"`
	Of       uint64       `json:"of,omitempty"`
	Next     wire.Key     `json:"next,omitzero"`
	NextCost *wire.Amount `json:"next_cost,omitempty"`
}

// Order is what an owner wants done.
type Order struct {
	Key        string       `json:"key"` // chosen by the caller, 1 to 64 bytes: makes repeating the call safe
	Capability string       `json:"capability"`
	InputType  string       `json:"input_type,omitempty"` // default "application/octet-stream"
	Asset      string       `json:"asset,omitempty"`      // default: the mandate's only asset
	Budget     *wire.Amount `json:"budget,omitempty"`     // most it may cost; nil for the mandate's per-job cap
	DeadlineMS uint64       `json:"deadline_ms,omitempty"`
	Peer       wire.Key     `json:"peer,omitzero"`     // only this provider
	Class      string       `json:"class,omitempty"`   // data class: default "public", or the parent's
	CallMS     uint64       `json:"call_ms,omitempty"` // call in public for quotes, for so long; at most an hour
	Bid        wire.Amount  `json:"bid,omitzero"`      // haggle: what it would rather cost
	Plan       string       `json:"plan,omitempty"`    // "single": one contract; "takeover" (default): others follow where one fails
	Sizes      []uint64     `json:"sizes,omitempty"`   // the input is several, one after the other, of so many bytes each: each is a call of its own
	Choose     string       `json:"choose,omitempty"`  // by what to choose: "" for the cost of a success, "cheapest" or "random" to compare with
	// Parent is the job of ours, as provider, that this is a part of. The input is then under the label of
	// that job's, which Class and PassOn may make stricter.
	Parent     wire.CID   `json:"parent,omitzero"`
	PassOn     *bool      `json:"pass_on,omitempty"` // may the provider give the input on: nil for what is public only
	Expect     string     `json:"expect,omitempty"`  // a rule of one's own that the result must pass; what fails is for the evaluators
	ExpectWith string     `json:"expect_params,omitempty"`
	Evaluators []wire.Key `json:"evaluators,omitempty"` // who is to judge disputes: only offers that name some of these, and nobody else, are taken
}

// Job is one job as it stands.
type Job struct {
	Schema          string        `json:"schema"`        // "souk.job/v1"
	Key             string        `json:"key,omitempty"` // of the order, on the hirer's side
	ID              wire.CID      `json:"id,omitzero"`   // none before there is a contract
	Role            string        `json:"role"`          // "hirer" or "provider"
	Peer            wire.Key      `json:"peer,omitzero"` // the other side
	Capability      string        `json:"capability"`
	Stage           string        `json:"stage"`
	Final           bool          `json:"final"`
	OK              bool          `json:"ok"`               // delivered, passed and settled
	Code            protocol.Code `json:"code,omitempty"`   // why not
	Detail          string        `json:"detail,omitempty"` // for people
	Asset           string        `json:"asset,omitempty"`
	Price           wire.Amount   `json:"price"`
	Paid            wire.Amount   `json:"paid"`
	Score           uint64        `json:"score,omitempty"` // of 10,000
	Opened          uint64        `json:"opened"`          // Unix milliseconds
	Closed          uint64        `json:"closed,omitempty"`
	Next            string        `json:"next,omitempty"`       // the stage its timer leads to
	NextAt          uint64        `json:"next_at,omitempty"`    // Unix milliseconds
	Held            wire.Amount   `json:"held,omitzero"`        // set aside for it
	HeldUntil       uint64        `json:"held_until,omitempty"` // when that comes free at the latest, if nobody claims it
	Away            uint64        `json:"away_since,omitempty"` // of a job one hires for: since when its provider is out of reach
	Takeover        string        `json:"takeover,omitempty"`   // "sought": another provider is looked for; "budget": there would be one, once what is held is free
	Inputs          []Artefact    `json:"inputs,omitempty"`
	Result          *Artefact     `json:"result,omitempty"`      // the first
	Results         []Artefact    `json:"results,omitempty"`     // all, where there are several: one for each part or call
	Instalments     []Instalment  `json:"instalments,omitempty"` // parts of a contract of several, each paid by itself: those that have begun
	MostInstalments uint64        `json:"most_instalments,omitzero"`
	Needs           []string      `json:"needs,omitempty"`       // what its provider waits for: data, never an instruction
	NeedsUntil      uint64        `json:"needs_until,omitempty"` // Unix milliseconds
	// Jobs of one order: where one fails, the next best provider takes over.
	Plan      string     `json:"plan,omitempty"`
	Instead   wire.CID   `json:"instead,omitzero"` // the job that this one takes over
	Left      string     `json:"left,omitempty"`   // and what was wrong with it
	TakenOver wire.CID   `json:"taken_over_by,omitzero"`
	Estimate  *Estimate  `json:"estimate,omitempty"`  // on the hirer's side: as it was when the provider was hired
	Documents []Document `json:"documents,omitempty"` // only from Desk.Job

	Parent      wire.CID `json:"parent,omitzero"`        // the job that this one is a part of, as its hirer says
	ParentStage string   `json:"parent_stage,omitempty"` // where that is a job of ours
	Parts       []Part   `json:"parts,omitempty"`        // what others were hired for to do this job; oldest first
}

// Part is a job that others were hired for to do another, or the order for one.
type Part struct {
	Key        string        `json:"key"`
	ID         wire.CID      `json:"id,omitzero"`   // none before there is a contract
	Peer       wire.Key      `json:"peer,omitzero"` // who is hired
	Capability string        `json:"capability"`
	Stage      string        `json:"stage"`
	Final      bool          `json:"final"`
	OK         bool          `json:"ok"`
	Code       protocol.Code `json:"code,omitempty"`
	Asset      string        `json:"asset"`
	Price      wire.Amount   `json:"price"`
	Paid       wire.Amount   `json:"paid"`
}

// Instalment is one part of a contract: a tranche, or a window of calls.
type Instalment struct {
	Stage   string      `json:"stage"`
	Price   wire.Amount `json:"price"` // most it may cost
	Paid    wire.Amount `json:"paid"`
	Advance bool        `json:"advance,omitempty"` // it is paid before it is delivered
	Calls   int         `json:"calls,omitempty"`   // of a window
	Units   uint64      `json:"units,omitzero"`    // metered
}

// Artefact names payload bytes.
type Artefact struct {
	ID   wire.CID `json:"id"`
	Size uint64   `json:"size"`
	Type string   `json:"type"`
	Held bool     `json:"held"` // the bytes are here
}

// Document is one thing said about a job.
type Document struct {
	ID   wire.CID `json:"id"`
	Kind string   `json:"kind"`
	By   wire.Key `json:"by"`
	At   uint64   `json:"at"`             // Unix milliseconds by its author's clock
	Says string   `json:"says,omitempty"` // one line for people
}

// Ledger is what is owed.
type Ledger struct {
	Schema string `json:"schema"` // "souk.ledger/v1"
	Pairs  []Pair `json:"pairs"`
}

// Pair is the position with one peer in one asset, in its smallest units. Two
// assets are never added.
type Pair struct {
	Peer      wire.Key    `json:"peer"`
	Asset     string      `json:"asset"`
	IOwe      wire.Amount `json:"i_owe"`
	OwedToMe  wire.Amount `json:"owed_to_me"`
	HeldByMe  wire.Amount `json:"held_by_me,omitzero"`  // set aside for jobs under way; absent where nothing is
	HeldForMe wire.Amount `json:"held_for_me,omitzero"` // set aside by the peer; absent where nothing is
}

// Postings are all entries in force of every lane, lane after lane, each in its order:
// what the figures of a Ledger come from.
type Postings struct {
	Schema  string    `json:"schema"` // "souk.postings/v1"
	Entries []Posting `json:"entries"`
}

// Posting is one entry of a lane, with the lane's totals after it.
type Posting struct {
	Peer     wire.Key    `json:"peer"`
	Owed     bool        `json:"owed"` // the peer is the payer: what is posted is owed to us; otherwise we owe it
	Asset    string      `json:"asset"`
	At       uint64      `json:"at"` // Unix milliseconds by the payer's clock
	Act      string      `json:"act"`
	Amount   wire.Amount `json:"amount"` // in the asset's smallest units
	Posted   wire.Amount `json:"posted"`
	Held     wire.Amount `json:"held"`
	Released wire.Amount `json:"released"`
	Credited wire.Amount `json:"credited"`
	Settled  wire.Amount `json:"settled"`
	Seen     bool        `json:"seen"` // its payee has countersigned it
	Job      wire.CID    `json:"job,omitzero"`
	Entry    wire.CID    `json:"entry"`
}

// Fork is the proof that an author has said two things for one place of its lane to us,
// or of its log.
type Fork struct {
	Author wire.Key `json:"author"`
	At     uint64   `json:"at"`    // Unix milliseconds: when the proof was put together here
	Proof  string   `json:"proof"` // text that proves itself
}

// Verification is what a walk over the journal found.
type Verification struct {
	Schema  string `json:"schema"` // "souk.verify/v1"
	OK      bool   `json:"ok"`
	Records uint64 `json:"records"`
	Head    string `json:"head"`          // chain value, hex
	Bad     uint64 `json:"bad,omitempty"` // number of the first bad record
	Why     string `json:"why,omitempty"`
}
