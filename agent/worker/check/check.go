// Package check runs the acceptance checks a contract can name. docs/spec/checks.md defines each
// rule so that any other implementation comes to the same verdict.
//
// It promises a verdict that depends on the rule, the input and the result alone, in bounded time
// and memory whoever wrote them. It must never load anything, run a program, or repeat any of the
// payload in what it says.
package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/souk-network/souk/agent/worker"
)

// The names of the rules.
const (
	RuleHTML       = "html"
	RuleSize       = "size"
	RuleSubset     = "subset"
	RuleSummary    = "summary"
	RuleJSONSchema = worker.SchemaRule
)

const (
	// MaxParams is the longest Params of a Rule, in bytes.
	MaxParams = 8 << 10
	// MaxText is the longest input or result that "summary" and "subset" look at, in bytes.
	MaxText = 4 << 20
	// MaxDocument is the longest result that "jsonschema" looks at, in bytes.
	MaxDocument = 1 << 20
)

// ErrRule is returned (wrapped) where a rule is unknown or its parameters are not as its page says.
var ErrRule = errors.New("no usable check")

// Checker fulfils worker.Checker. Its zero value is ready and may be used from several goroutines.
type Checker struct{}

var _ worker.Checker = Checker{}

// Names returns the rules there are, sorted.
func Names() []string { return []string{RuleHTML, RuleJSONSchema, RuleSize, RuleSubset, RuleSummary} }

// Valid reports, as ErrRule (wrapped), a rule that Check could not run. An offer or a request
// whose rule is not valid is to be refused.
func Valid(rule worker.Rule) error {
	_, err := parse(rule)
	return err
}

// Valid fulfils worker.Checker.
func (Checker) Valid(rule worker.Rule) error { return Valid(rule) }

// Check returns nil where the result passes, a *worker.Failure where it does not, ErrRule (wrapped)
// where the rule is not valid, worker.ErrTooLarge (wrapped) where the input is longer than its rule
// looks at, and the cause of ctx where that ended first.
func (Checker) Check(ctx context.Context, rule worker.Rule, input, result io.Reader) error {
	test, err := parse(rule)
	if err != nil {
		return err
	}
	err = test.run(ctx, attentive{ctx, input}, attentive{ctx, result})
	if ctx.Err() != nil {
		return fmt.Errorf("check %s: %w", rule.Name, context.Cause(ctx))
	}
	return err
}

// test is a rule with its parameters read.
type test interface {
	run(ctx context.Context, input, result io.Reader) error
}

func parse(rule worker.Rule) (test, error) {
	if len(rule.Params) > MaxParams {
		return nil, fmt.Errorf("%w: parameters of %d bytes, at most %d", ErrRule, len(rule.Params), MaxParams)
	}
	var t test
	var err error
	switch rule.Name {
	case RuleHTML:
		t, err = parseHTML(rule.Params)
	case RuleSize:
		t, err = parseSize(rule.Params)
	case RuleSubset:
		t, err = parseSubset(rule.Params)
	case RuleSummary:
		t, err = parseSummary(rule.Params)
	case RuleJSONSchema:
		t, err = parseSchema(rule.Params)
	default:
		return nil, fmt.Errorf("%w: no rule %q: there are %s", ErrRule, short(rule.Name), strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRule, rule.Name, err)
	}
	return t, nil
}

// short keeps a foreign name from filling a screen.
func short(name string) string {
	const most = 40
	if len(name) > most {
		return name[:most] + "..."
	}
	return name
}

func failure(clause, format string, args ...any) error {
	return &worker.Failure{Clause: clause, Why: fmt.Sprintf(format, args...)}
}

// readInput reads all of the input; one longer than limit makes the check impossible.
func readInput(input io.Reader, limit int) ([]byte, error) {
	b, err := readUpTo(input, limit)
	if errors.Is(err, errTooLong) {
		return nil, fmt.Errorf("%w: the check looks at %d bytes of input", worker.ErrTooLarge, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	return b, nil
}

// readResult reads all of the result; one longer than limit fails.
func readResult(result io.Reader, limit int) ([]byte, error) {
	b, err := readUpTo(result, limit)
	if errors.Is(err, errTooLong) {
		return nil, failure("length", "the result is longer than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	return b, nil
}

var errTooLong = errors.New("too long")

func readUpTo(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = errTooLong
	}
	return b, err
}

// attentive reads as long as its context lives. A nil reader is empty.
type attentive struct {
	ctx context.Context
	r   io.Reader
}

func (a attentive) Read(b []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	if a.r == nil {
		return 0, io.EOF
	}
	return a.r.Read(b)
}

// lines divides text at each LF and drops a CR before it; what follows the last LF is a line too.
func lines(text []byte) [][]byte {
	var all [][]byte
	for line := range bytes.Lines(text) {
		all = append(all, trimEnd(line))
	}
	return slices.Clip(all)
}

func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}
