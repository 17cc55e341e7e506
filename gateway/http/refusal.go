package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	nethttp "net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
)

// ErrorSchema names the form of every failure.
const ErrorSchema = "souk.error/v1"

// Failure is the body of every answer that is not a success.
type Failure struct {
	Schema string         `json:"schema"` // ErrorSchema
	Err    *gateway.Error `json:"error"`
}

// Error says what the failure says.
func (f *Failure) Error() string { return f.Err.Message }

// GetStatus returns the HTTP status that goes with the code.
func (f *Failure) GetStatus() int { return status(f.Err.Code) }

// refuse turns a Desk's error into what the door answers.
func refuse(err error) error {
	var e *gateway.Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, context.DeadlineExceeded):
		e = &gateway.Error{Code: gateway.CodeTimeout, Message: err.Error(), Hint: "ask again", Retryable: true}
	case errors.Is(err, context.Canceled):
		e = &gateway.Error{Code: gateway.CodeUnavailable, Message: "the peer is stopping", Hint: "start it again with `souk up`", Retryable: true}
	default:
		e = gateway.AsError(err)
	}
	return &Failure{Schema: ErrorSchema, Err: e}
}

// status returns the HTTP status for a code. The code is what counts: several
// share a status.
func status(code protocol.Code) int {
	switch code {
	case gateway.CodeInvalid, protocol.CodeMalformed, protocol.CodeAmount:
		return nethttp.StatusBadRequest
	case protocol.CodeBudget, protocol.CodeOverLimit:
		return nethttp.StatusPaymentRequired
	case protocol.CodeMandate, protocol.CodeLabel, gateway.CodeNeedsApproval, gateway.CodePassphrase:
		return nethttp.StatusForbidden
	case gateway.CodeNotFound, protocol.CodeNoOffer, protocol.CodeNotOffered:
		return nethttp.StatusNotFound
	case gateway.CodeExists, gateway.CodeEnded, protocol.CodeDuplicate:
		return nethttp.StatusConflict
	case protocol.CodeTooLarge:
		return nethttp.StatusRequestEntityTooLarge
	case gateway.CodeLocked:
		return nethttp.StatusLocked
	case gateway.CodeUnavailable, protocol.CodeBusy:
		return nethttp.StatusServiceUnavailable
	case gateway.CodeTimeout:
		return nethttp.StatusGatewayTimeout
	case gateway.CodeDisk:
		return nethttp.StatusInsufficientStorage
	case gateway.CodeInternal, gateway.CodeDamaged:
		return nethttp.StatusInternalServerError
	default:
		return nethttp.StatusUnprocessableEntity
	}
}

// oneError gives the framework's own refusals the form of all others.
func oneError(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	ctx.SetHeader("Content-Type", "application/json")
	said := make([]string, 0, len(model.Errors))
	for _, d := range model.Errors {
		if d == nil {
			continue
		}
		said = append(said, strings.TrimSpace(d.Location+" "+d.Message))
	}
	message := model.Detail
	if len(said) > 0 {
		message = fmt.Sprintf("%s: %s", model.Detail, strings.Join(said, "; "))
	}
	e := &gateway.Error{Message: message, Hint: "GET /openapi.json shows what is expected"}
	switch {
	case model.Status == nethttp.StatusRequestEntityTooLarge:
		e.Code = protocol.CodeTooLarge
	case model.Status == nethttp.StatusRequestTimeout:
		e.Code, e.Retryable = gateway.CodeTimeout, true
	case model.Status >= 500:
		e.Code, e.Hint = gateway.CodeInternal, "see the peer's log"
	default:
		e.Code = gateway.CodeInvalid
	}
	return &Failure{Schema: ErrorSchema, Err: e}, nil
}

// writeRefusal answers outside the framework.
func writeRefusal(w nethttp.ResponseWriter, e *gateway.Error) {
	f := &Failure{Schema: ErrorSchema, Err: e}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.GetStatus())
	json.NewEncoder(w).Encode(f) // a caller that has gone needs no answer
}
