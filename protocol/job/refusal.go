package job

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// ErrKnown is returned for a document that was folded before, and for a
// Countersign that tells the job nothing new. Nothing changes; whoever repeats
// itself gets the stored answer.
var ErrKnown = errors.New("this document is known already")

// Refusal is returned, always as *Refusal, for a document that does not belong
// where the job stands: wrong role, stage, sum or clause. It is not recorded.
// Code and Of are fit to be said back in a Refuse: a provider that folds the
// hirer's Refuse ends where the hirer is (see docs/spec/job.md, "Late").
type Refusal struct {
	Code protocol.Code
	Of   wire.CID // the document refused; zero from Offered, which is not told it
	Why  string   // for people
}

// Error returns code and reason.
func (r *Refusal) Error() string { return fmt.Sprintf("job: refused as %s: %s", r.Code, r.Why) }

func refuse(code protocol.Code, of wire.CID, why string, args ...any) error {
	return &Refusal{Code: code, Of: of, Why: fmt.Sprintf(why, args...)}
}
