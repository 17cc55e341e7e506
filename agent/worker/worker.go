// Package worker is the contract with whatever does a job's work: a program, a
// built-in function, later a model or a tool.
//
// It promises that a task ends by its deadline, within its limits, and leaves
// nothing running. It must never sign, pay, or see any document of the market.
package worker

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/souk-network/souk/protocol/wire"
)

var (
	// ErrFailed is returned (wrapped) where the work itself failed; the message is for the provider's owner only.
	ErrFailed = errors.New("the work failed")
	// ErrTimeout is returned (wrapped) where the time limit cut the work off.
	ErrTimeout = errors.New("the work took too long")
	// ErrTooLarge is returned (wrapped) where the output limit cut the work off.
	ErrTooLarge = errors.New("the result is too large")
	// ErrConfig is returned (wrapped) where a worker cannot be made from its configuration.
	ErrConfig = errors.New("worker cannot be made")
)

// ErrNeeds is returned, always as *ErrNeeds, where the work cannot be done without what
// Lines name, one thing each. Whoever has the work done may provide it and have it begun
// anew, with more input.
type ErrNeeds struct{ Lines []string }

func (e *ErrNeeds) Error() string { return "the work needs: " + strings.Join(e.Lines, "; ") }

// Task is one piece of work.
type Task struct {
	Capability string
	Input      io.Reader
	InputType  string // media type
	Size       int64  // bytes of Input; 0 where that is not known
	Part       uint64 // which part of the contract it is, from 1; 0 where nobody counts
	Parts      uint64 // how many there are, at most
	Limits     Limits
	// Job is the name of the job that the task does, as the owner's own commands know it: a program may
	// have others hired for parts of it by this name. "" where there is none.
	Job string
	// Hirer has parts of the task done by others. Nil where nobody can be hired.
	Hirer Hirer
}

// Hirer has parts of one task done by others, at the cost of the peer's owner. It is bound to its task:
// what it gives away is under the label of the task's own input, and must come back within its time.
type Hirer interface {
	// Hire has a part done and returns its result, which the caller closes, and its media type. A part
	// of the same name is the same order, also when the task is done again after a restart: it is
	// neither had nor paid twice. The error is ErrFailed or ErrTimeout (wrapped); it says which part
	// failed and why, for the owner only.
	Hire(ctx context.Context, p Part, input io.Reader) (io.ReadCloser, string, error)
}

// Part is what others are hired for.
type Part struct {
	Name       string // within its task, 1 to MaxPartName bytes of ASCII
	Capability string
	InputType  string       // media type
	Budget     *wire.Amount // most it may cost, in the peer's only asset; nil for what the parts before leave of the job's own price
}

// MaxPartName is the most bytes that the name of a Part may have.
const MaxPartName = 4

// Limits bound one task. Every field must be positive.
type Limits struct {
	Time   time.Duration // wall clock from start to end
	Output int64         // bytes of the result
	Memory int64         // bytes of address space of the working process, where there is one
}

// Check reports a limit that is not positive.
func (l Limits) Check() error {
	if l.Time <= 0 || l.Output <= 0 || l.Memory <= 0 {
		return errors.New("worker limits must be positive: time, output and memory")
	}
	return nil
}

// Result describes what a worker wrote.
type Result struct {
	Type  string // media type
	Units uint64 // metered units used; 0 where nothing is metered
}

// Worker does tasks. Do may be called from several goroutines.
type Worker interface {
	// Do writes the result of t to out. When it returns, everything it started has ended.
	// After an error what was written counts for nothing.
	Do(ctx context.Context, t Task, out io.Writer) (Result, error)
}

// Maker makes the worker a configuration describes. Each technology is one Maker.
type Maker interface {
	// Name is the technology's name in a Config, such as "exec".
	Name() string
	// Make checks the configuration and returns its worker, or ErrConfig (wrapped).
	Make(c Config) (Worker, error)
}

// Config names a technology and its settings, as the owner gave them with an offer.
type Config struct {
	Technology string            `cbor:"technology" json:"technology"`
	Settings   map[string]string `cbor:"settings" json:"settings"`
}

// Checker runs an acceptance check over an input and a result.
type Checker interface {
	// Valid reports a rule that Check could not run.
	Valid(rule Rule) error
	// Check returns nil where the result passes, a *Failure where it does not, another error
	// where the check could not be run. input and result are read from their beginning.
	Check(ctx context.Context, rule Rule, input, result io.Reader) error
}

// SchemaRule is the name of the rule by which an offer's schema is read: it looks at
// an input then, in place of a result.
const SchemaRule = "jsonschema"

// Rule names an acceptance check that both sides can run and its parameters.
type Rule struct {
	Name   string // such as "size", "jsonschema", "summary"
	Params string // as the rule's own page says, at most 8 KiB
}

// Failure says which clause of a rule a result breaks.
type Failure struct{ Clause, Why string }

func (f *Failure) Error() string { return "check failed: " + f.Clause + ": " + f.Why }
