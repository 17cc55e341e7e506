package gateway

import (
	"errors"

	"github.com/souk-network/souk/protocol"
)

// Codes of refusals that only a door gives; the others are protocol.Code.
const (
	CodeInvalid       protocol.Code = "invalid"        // the request is not well formed
	CodeNotFound      protocol.Code = "not_found"      // no such job, offer or receipt
	CodeUnavailable   protocol.Code = "unavailable"    // the peer is not running or not ready
	CodeTimeout       protocol.Code = "timeout"        // it took longer than was allowed
	CodeInternal      protocol.Code = "internal"       // a fault of the peer
	CodeDamaged       protocol.Code = "damaged"        // the store is damaged
	CodeLocked        protocol.Code = "locked"         // another process uses this home
	CodeDisk          protocol.Code = "disk"           // the home cannot be written, or is full
	CodePassphrase    protocol.Code = "passphrase"     // wrong or missing
	CodeExists        protocol.Code = "exists"         // it is there already
	CodeEnded         protocol.Code = "ended"          // the job has ended, and can be changed no more
	CodeNeedsApproval protocol.Code = "needs_approval" // the owner must approve first
)

// Error is a refusal: what happened, to what, and what to do next.
type Error struct {
	Code      protocol.Code `json:"code"`
	Message   string        `json:"message"`
	Hint      string        `json:"hint"`
	Retryable bool          `json:"retryable"`
}

func (e *Error) Error() string { return e.Message }

// AsError returns the *Error that err wraps, or an internal one that says what err says.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeInternal, Message: err.Error(), Hint: "see the peer's log"}
}
