package runtime

import (
	"sync"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of looking at the rules that others name. To read one may take 35 ms at the
// worst, for 8 KiB: so each is read once, and of each peer and of all strangers only so much.
const (
	MaxRules     = 1024        // known again
	rulesOfOne   = 128 << 10   // bytes of new rules that one peer may have read
	rulesOfCrowd = 1 << 20     // and all strangers
	rulesSpan    = time.Minute // in this time
)

// rules tells which rules this peer can run.
type rules struct {
	checker worker.Checker
	worth   func(wire.Key) uint8 // of those who name them; 0: strangers
	quota   *quota

	mu    sync.Mutex
	known map[wire.CID]bool
	order []wire.CID // oldest first
}

func newRules(c worker.Checker, worth func(wire.Key) uint8) *rules {
	q := newQuota(rulesOfOne, rulesOfCrowd, rulesSpan)
	q.strict = true
	return &rules{checker: c, worth: worth, quota: q, known: map[wire.CID]bool{}}
}

// reads says why this peer does not read an offer's schema, or run the rule of its terms.
func (r *rules) reads(o *protocol.Offer) protocol.Code {
	if code := r.runs(o.By, o.Terms.Rule); code != "" {
		return code
	}
	return r.runs(o.By, schemaOf(o.Schema))
}

// runs says why this peer does not run a rule that somebody names, if there is one: it
// hires on no other, since what it cannot check it could not refuse. Where strangers
// have named too many that are new, it is busy.
func (r *rules) runs(by wire.Key, rule protocol.Check) protocol.Code {
	if rule.IsZero() {
		return ""
	}
	id := wire.Sum([]byte(rule.Rule + "\x00" + rule.Params))
	if valid, known := r.lookUp(id); known {
		return codeOfRule(valid)
	}
	stranger := r.worth(by) == 0
	if !r.quota.may(by, stranger) {
		return protocol.CodeBusy
	}
	r.quota.charge(by, len(rule.Params), stranger)
	valid := r.checker.Valid(worker.Rule{Name: rule.Rule, Params: rule.Params}) == nil
	r.note(id, valid)
	return codeOfRule(valid)
}

func codeOfRule(valid bool) protocol.Code {
	if valid {
		return ""
	}
	return protocol.CodeCheck
}

func (r *rules) lookUp(id wire.CID) (valid, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	valid, known = r.known[id]
	return valid, known
}

// note keeps what was found, in place of what was found longest ago.
func (r *rules) note(id wire.CID, valid bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.known[id]; known {
		return
	}
	if len(r.order) >= MaxRules {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	r.known[id] = valid
	r.order = append(r.order, id)
}
