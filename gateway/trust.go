package gateway

import "github.com/souk-network/souk/protocol/wire"

// TrustQuery says whom to judge, for what.
type TrustQuery struct {
	Peer       wire.Key // zero for everyone known
	Capability string   // estimates are for this; "" for what each was hired for most
	Why        bool     // with reasons
}

// Trust is how a peer sees others, from its own position in the market; every
// peer sees it otherwise.
type Trust struct {
	Schema string    `json:"schema"` // "souk.trust/v1"
	Viewer wire.Key  `json:"viewer"`
	Known  []Trusted `json:"known"` // by standing, highest first
	More   bool      `json:"more"`  // there are more than are shown
}

// Trusted is one agent as the viewer sees it. Shares, standing and
// probabilities are from 0 to 1.
type Trusted struct {
	Peer        wire.Key `json:"peer"`
	Owner       wire.Key `json:"owner,omitzero"`       // proved by its mandate
	Capability  string   `json:"capability,omitempty"` // that the estimate is for
	Standing    float64  `json:"standing"`             // how far the viewer's trust reaches it
	Success     float64  `json:"success"`              // probability that it does a job well
	Low         float64  `json:"low"`                  // 90 % interval
	High        float64  `json:"high"`
	Uncertainty float64  `json:"uncertainty"` // share of the base rate in success
	Base        float64  `json:"base"`        // success of somebody unknown
	Reached     bool     `json:"reached"`     // false: nobody the viewer trusts says anything of it
	Forked      bool     `json:"forked"`      // said two things where there can be one: weighs nothing, for ever
	Pending     float64  `json:"pending"`     // share of the viewer's trust that is not yet thought over
	Jobs        int      `json:"jobs"`        // outcomes the estimate rests on
	Good        int      `json:"good"`        // of these, with a score of half or more
	Contested   int      `json:"contested"`   // of these, contested or accepted by silence
	Disputes    int      `json:"disputes"`    // contested outcomes in all, as hirer or provider
	Hired       int      `json:"hired"`       // outcomes it was the hirer of
	Last        uint64   `json:"last"`        // when its last job known was closed, Unix milliseconds
	Why         *Why     `json:"why,omitempty"`
}

// Why is what an estimate rests on.
type Why struct {
	Raters []Rater `json:"raters"` // heaviest first
	Others int     `json:"others"` // further raters with some weight
	Floor  float64 `json:"floor"`  // weight of praise by raters whom trust does not reach; at most 1 job's
	Holes  []Hole  `json:"holes"`  // in the agent's log of outcomes, as far as it is here
}

// Rater is one agent whose dealings an estimate rests on.
type Rater struct {
	Peer      wire.Key `json:"peer"`
	Self      bool     `json:"self"` // the viewer's own experience
	Vote      float64  `json:"vote"` // 1 is a whole vote
	Share     float64  `json:"share"`
	Jobs      int      `json:"jobs"`
	Good      int      `json:"good"`
	Contested int      `json:"contested"`
	Path      []Hop    `json:"path"`  // from the viewer; the heaviest found
	Reach     float64  `json:"reach"` // trust that comes along it
	Without   Guess    `json:"without"`
}

// Guess is an estimate in short.
type Guess struct {
	Success float64 `json:"success"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// Hop is one step of trust, away from the viewer.
type Hop struct {
	To    wire.Key `json:"to"`
	How   string   `json:"how"`   // "hired", "paid by" or "anchor"
	Share float64  `json:"share"` // of the trust of the agent before
	Jobs  int      `json:"jobs"`  // outcomes between the two
	Good  int      `json:"good"`
}

// Hole is a place where a log is not whole: entries may be withheld, or may only
// not have come here yet.
type Hole struct {
	Epoch string `json:"epoch"`
	From  uint64 `json:"from"`
	To    uint64 `json:"to"`
	Why   string `json:"why"`
}
