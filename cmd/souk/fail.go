package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/store"
)

// failure is the JSON of every failed command.
type failure struct {
	Schema string         `json:"schema"` // "souk.error/v1"
	Error  *gateway.Error `json:"error"`
}

// misuse is the error of a command line that is not understood.
func misuse(c *cobra.Command, err error) error {
	hint := fmt.Sprintf("`%s --help` shows how", c.CommandPath())
	var e *gateway.Error
	if errors.As(err, &e) {
		return &gateway.Error{Code: e.Code, Message: err.Error(), Hint: e.Hint}
	}
	return &gateway.Error{Code: gateway.CodeInvalid, Message: err.Error(), Hint: hint}
}

// invalid is the error of something given that makes no sense.
func invalid(err error, hint string) error {
	return &gateway.Error{Code: gateway.CodeInvalid, Message: err.Error(), Hint: hint}
}

// refused is what the desk said of something the user wrote: where that is not
// well formed, it is misuse of this command.
func refused(c *cobra.Command, err error) error {
	var e *gateway.Error
	if !errors.As(err, &e) || (e.Code != protocol.CodeMalformed && e.Code != gateway.CodeInvalid) {
		return err
	}
	hint := e.Hint
	if hint == "" || hint == "see `souk help`" { // the peer does not know which command asked
		hint = fmt.Sprintf("`%s --help` shows how", c.CommandPath())
	}
	return &gateway.Error{Code: gateway.CodeInvalid, Message: e.Message, Hint: hint}
}

// next says what to do about a code where whoever refused did not.
func next(code protocol.Code) string {
	switch code {
	case protocol.CodeBudget:
		return "`souk status` shows what the mandate allows and what is spent; --budget asks for less"
	case protocol.CodeMandate, gateway.CodeNeedsApproval:
		return "only the owner can allow it; `souk status` shows the mandate's budgets"
	case protocol.CodeLabel:
		return "choose another --class, or a provider that takes this one"
	case protocol.CodeInput:
		return "`souk find --json` shows as input_schema what each offer takes; correct the input to it"
	case protocol.CodeNoOffer, protocol.CodeNotOffered:
		return "`souk find` shows what is offered now"
	case protocol.CodeOverLimit:
		return "the provider gives no more credit; settle with it, or hire another"
	case gateway.CodeNotFound:
		return "`souk jobs`, `souk offer list` and `souk find` show what there is"
	case protocol.CodeBusy:
		return "try again in a moment"
	case protocol.CodeTooLarge:
		return "split the input and hire for each part"
	default:
		return "`souk status` and the peer's log tell more"
	}
}

// exit returns the exit status for a code. All codes that are not named here are
// the general failure.
func exit(code protocol.Code) int {
	switch code {
	case gateway.CodeInvalid, protocol.CodeAmount, protocol.CodeInput:
		return 2
	case gateway.CodeUnavailable:
		return 3
	case protocol.CodeMandate, protocol.CodeLabel, protocol.CodeOverLimit:
		return 4
	case protocol.CodeBudget:
		return 5
	case protocol.CodeCheck:
		return 6
	case gateway.CodeNotFound, protocol.CodeNoOffer, protocol.CodeNotOffered:
		return 7
	case gateway.CodeTimeout, protocol.CodeLate, protocol.CodeWorkTimeout, protocol.CodeDefaulted:
		return 8
	case gateway.CodeNeedsApproval:
		return 9
	default:
		return 1
	}
}

// report says why the command failed and returns its exit status. The flag
// itself may be what was not understood, so --json is also looked for in args.
func (p *program) report(err error, args []string) int {
	e := explain(err)
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	if p.json || slices.Contains(args, "--json") {
		if b, err := json.Marshal(failure{"souk.error/v1", e}); err == nil {
			fmt.Fprintln(p.err, tame(string(b)))
		}
		return exit(e.Code)
	}
	width, _ := p.screen(p.err)
	head := "souk: "
	for _, text := range []string{e.Message, e.Hint} {
		for _, line := range wrapped(safe(text), width-len(head)) {
			if line != "" {
				fmt.Fprintln(p.err, head+line)
			}
			head = "      "
		}
	}
	return exit(e.Code)
}

// explain turns any error into a refusal with a code and a next step.
func explain(err error) *gateway.Error {
	var e *gateway.Error
	if errors.As(err, &e) {
		if e.Hint == "" {
			return &gateway.Error{Code: e.Code, Message: e.Message, Hint: next(e.Code), Retryable: e.Retryable}
		}
		return e
	}
	e = &gateway.Error{Message: err.Error()}
	var path *fs.PathError
	switch {
	case errors.Is(err, store.ErrLocked):
		e.Code, e.Hint = gateway.CodeLocked, "stop the other one, or give this one a home of its own with SOUK_HOME"
	case errors.Is(err, store.ErrPassphrase):
		e.Code, e.Hint = gateway.CodePassphrase, "give the right one with --passphrase-file or SOUK_PASSPHRASE"
	case errors.Is(err, store.ErrDamaged):
		e.Code, e.Hint = gateway.CodeDamaged, "keep a copy of the home before anything else; `souk verify` tells what is damaged"
	case errors.Is(err, store.ErrFull), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Code, e.Hint = gateway.CodeDisk, "free some disk space, then try again"
	case errors.Is(err, fs.ErrPermission), errors.As(err, &path):
		e.Code, e.Hint = gateway.CodeDisk, "choose a folder you may write to: --home or SOUK_HOME"
	case errors.Is(err, context.DeadlineExceeded):
		e.Code, e.Hint, e.Retryable = gateway.CodeTimeout, "try again", true
	case errors.Is(err, context.Canceled):
		e.Code, e.Hint, e.Retryable = gateway.CodeTimeout, "it was stopped by a signal", true
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Code, e.Hint, e.Retryable = gateway.CodeUnavailable, "the peer broke off: see `souk status`", true
	default:
		e.Code, e.Hint = gateway.CodeInternal, "the message is all that is known; `souk up --log debug` logs more"
	}
	return e
}
