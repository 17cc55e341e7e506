package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/simulations/invariant"
	"github.com/souk-network/souk/simulations/world"
)

// Codes of failures that only a simulation has.
const (
	codeBroken      protocol.Code = "broken"       // a promise was found broken
	codeUnexpected  protocol.Code = "unexpected"   // a measure is not what the scenario expects
	codeEndless     protocol.Code = "endless"      // the world does not come to its end
	codeOtherBinary protocol.Code = "other_binary" // the folder holds results of another binary
	codeInterrupted protocol.Code = "interrupted"  // it was stopped
)

// exit returns the exit status for a code: those of `souk`.
func exit(code protocol.Code) int {
	switch code {
	case gateway.CodeInvalid:
		return 2
	case codeOtherBinary:
		return 4
	case codeBroken, codeUnexpected:
		return 6
	case gateway.CodeNotFound:
		return 7
	case codeEndless:
		return 8
	}
	return 1
}

// explain turns any error into a refusal with a code and a next step.
func explain(err error) *gateway.Error {
	var e *gateway.Error
	var v *invariant.Violation
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &v):
		return &gateway.Error{Code: codeBroken, Message: err.Error(), Hint: "`souk-sim replay` shows how it came about, `souk-sim shrink` makes it short"}
	case errors.Is(err, world.ErrEndless):
		return &gateway.Error{Code: codeEndless, Message: err.Error(), Hint: "time.limit of the scenario bounds the events of one run"}
	case errors.Is(err, syscall.ENOSPC):
		return &gateway.Error{Code: gateway.CodeDisk, Message: err.Error(), Hint: "make room, or give another folder; what was finished is there"}
	case errors.Is(err, context.Canceled):
		return &gateway.Error{Code: codeInterrupted, Message: "stopped before the end", Hint: "what was finished stays"}
	}
	return &gateway.Error{Code: gateway.CodeInternal, Message: err.Error(), Hint: "`souk-sim --help` shows what there is"}
}

// report says why the command failed and returns its exit status.
func (p *program) report(err error, args []string) int {
	e := explain(err)
	if p.json || slices.Contains(args, "--json") {
		b, err := json.Marshal(map[string]any{"schema": "souk.error/v1", "error": e})
		if err == nil {
			_, _ = fmt.Fprintln(p.err, string(b))
		}
		return exit(e.Code)
	}
	_, _ = fmt.Fprintf(p.err, "souk-sim: %s\n", e.Message)
	if e.Hint != "" {
		_, _ = fmt.Fprintf(p.err, "          %s\n", e.Hint)
	}
	return exit(e.Code)
}
