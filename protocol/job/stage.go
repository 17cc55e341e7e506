package job

import "fmt"

// Role is what a key is in one job.
type Role uint8

// The roles of a job.
const (
	Other     Role = iota // nobody the contract names
	Hirer                 // sealed the Accept; pays
	Provider              // sealed the Quote or Offer; works
	Witness               // named in the Terms; its Ack proves an arrival
	Evaluator             // named in the Terms; judges what is contested
)

var roleNames = [...]string{Other: "other", Hirer: "hirer", Provider: "provider", Witness: "witness", Evaluator: "evaluator"}

// String returns the role's name.
func (r Role) String() string {
	if int(r) >= len(roleNames) {
		return fmt.Sprintf("role(%d)", uint8(r))
	}
	return roleNames[r]
}

// Stage is where a job stands.
type Stage uint8

// The stages, in about the order in which a job passes them. Requested and
// Countered precede an Accept: they are soft, nothing folds them, and they are
// only named here.
const (
	Requested  Stage = iota + 1 // a Request is out
	Quoted                      // a Quote or posted Offer stands; an Accept without its HOLD leaves it here
	Countered                   // other clauses are asked for
	Agreed                      // Accept and HOLD
	Funded                      // the HOLD is countersigned
	Working                     // the provider has taken the job
	Paused                      // the provider waits for what it needs
	Delivered                   // the Delivery is here, not judged
	Accepted                    // judged good, by silence too, or upheld; not yet posted
	Contested                   // judged bad, not answered
	Disputed                    // answered; waits for evaluators
	Settling                    // a sum is fixed by POST, Claim or kill fee; the receipt is missing
	Unresolved                  // it has been missing too long
	Settled                     // final: posted and countersigned
	Refused                     // final: the provider declined
	Lapsed                      // final: nobody did what would have moved it on, and nothing is owed
	Defaulted                   // final: one side did not do its part; Fault says which
	Cancelled                   // final: ended by a Cancel
)

var stageNames = [...]string{
	Requested: "requested", Quoted: "quoted", Countered: "countered", Agreed: "agreed", Funded: "funded",
	Working: "working", Paused: "paused", Delivered: "delivered", Accepted: "accepted", Contested: "contested",
	Disputed: "disputed", Settling: "settling", Unresolved: "unresolved", Settled: "settled", Refused: "refused",
	Lapsed: "lapsed", Defaulted: "defaulted", Cancelled: "cancelled",
}

// String returns the stage's name, as the JSON of every command shows it.
func (s Stage) String() string {
	if s == 0 || int(s) >= len(stageNames) {
		return fmt.Sprintf("stage(%d)", uint8(s))
	}
	return stageNames[s]
}

// Final reports whether a job in s waits for nothing any more.
func (s Stage) Final() bool { return s >= Settled && s <= Cancelled }
