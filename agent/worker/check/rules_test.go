package check

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent/worker"
)

func TestRules(t *testing.T) {
	const story = "The cat sat.\nIt was\n  happy.\tThe end."
	for _, c := range []struct{ rule, params, input, result, want string }{
		{RuleSize, `{"max_bytes":3}`, "", "abc", "pass"},
		{RuleSize, `{"max_bytes":3}`, "", "abcd", "fail max_bytes"},
		{RuleSize, `{"max_bytes":0}`, "", "", "pass"},
		{RuleSize, `{"max_bytes":0}`, "", "a", "fail max_bytes"},
		{RuleSize, `{"min_bytes":3}`, "", "abc", "pass"},
		{RuleSize, `{"min_bytes":3}`, "", "ab", "fail min_bytes"},
		{RuleSize, `{"min_bytes":1,"max_bytes":3}`, "", "", "fail min_bytes"},
		{RuleSize, `{"max_bytes":9007199254740991}`, "", "abc", "pass"},
		{RuleSubset, ``, "a\nb\nc", "c\na\na\n\n", "pass"},
		{RuleSubset, `{}`, "a\r\nb\r\n", "b\na", "pass"},
		{RuleSubset, ``, "ab", "a", "fail line"},
		{RuleSubset, ``, "a", "a ", "fail line"},
		{RuleSubset, ``, "", "", "pass"},
		{RuleSubset, ``, "", "x", "fail line"},
		{RuleSummary, `{"share":0.4}`, story, "The cat sat.\n", "pass"},
		{RuleSummary, `{"share":0.5}`, story, "It was happy.\n", "pass"}, // white space is folded on both sides
		{RuleSummary, `{"share":0.9}`, story, "The cat sat.\n\nThe end.\n", "pass"},
		{RuleSummary, `{"share":0.9}`, story, "The end.\nThe cat sat.\n", "fail verbatim"}, // out of order
		{RuleSummary, `{"share":0.9}`, story, "The cat sat.\nThe cat sat.\n", "fail verbatim"},
		{RuleSummary, `{"share":0.9}`, story, "the cat sat.\n", "fail verbatim"},
		{RuleSummary, `{"share":0.3}`, story, "The cat sat.\n", "fail share"},
		{RuleSummary, `{"share":1}`, story, story, "pass"},
		{RuleSummary, `{"share":0.9}`, story, "", "fail empty"},
		{RuleSummary, `{"share":0.9}`, story, " \n\n", "fail empty"},
		{RuleSummary, `{"share":0.3}`, "", "", "pass"},
		{RuleSummary, `{"share":0.3}`, "abc", "", "pass"}, // no room for a character
		{RuleSummary, `{"share":0.3}`, "", "x", "fail share"},
		{RuleSummary, `{"share":0.5}`, "\xff\xfe \xfd", "\xff\xfe", "pass"},
		{RuleSummary, `{"share":0.5}`, strings.Repeat("a", MaxText+1), "a", "error"},
		{RuleSummary, `{"share":0.5}`, "a", strings.Repeat("a", MaxText+1), "fail length"},
		{"", ``, "", "", "error"},
		{"nothing", ``, "", "", "error"},
	} {
		if got := verdict(c.rule, c.params, c.input, c.result); got != c.want {
			t.Errorf("%s %s: %q of %q is %q, want %q", c.rule, c.params, short(c.result), short(c.input), got, c.want)
		}
	}
}

func TestRefusedRules(t *testing.T) {
	for _, rule := range []worker.Rule{
		{Name: "wasm"},
		{Name: RuleSize},
		{Name: RuleSize, Params: `{}`},
		{Name: RuleSize, Params: `[]`},
		{Name: RuleSize, Params: `null`},
		{Name: RuleSize, Params: `{"max_bytes":-1}`},
		{Name: RuleSize, Params: `{"max_bytes":-0}`},
		{Name: RuleSize, Params: `{"max_bytes":1.0}`},
		{Name: RuleSize, Params: `{"max_bytes":1e3}`},
		{Name: RuleSize, Params: `{"max_bytes":"1"}`},
		{Name: RuleSize, Params: `{"max_bytes":9007199254740992}`},
		{Name: RuleSize, Params: `{"max_bytes":null}`},
		{Name: RuleSize, Params: `{"max_bytes":1,"max_bytes":2}`},
		{Name: RuleSize, Params: `{"Max_Bytes":1}`},
		{Name: RuleSize, Params: `{"max_bytes":1,"more":1}`},
		{Name: RuleSize, Params: `{"max_bytes":1,"min_bytes":2}`},
		{Name: RuleSubset, Params: `{"x":1}`},
		{Name: RuleSubset, Params: ` `},
		{Name: RuleSummary},
		{Name: RuleSummary, Params: `{}`},
		{Name: RuleSummary, Params: `{"share":0}`},
		{Name: RuleSummary, Params: `{"share":"0.3"}`},
		{Name: RuleSummary, Params: `{"share":3e-1}`},
		{Name: RuleSummary, Params: `{"share":0.3} x`},
		{Name: RuleSummary, Params: `{"share":1.1}`},
		{Name: RuleJSONSchema, Params: `{"title":"` + strings.Repeat("a", MaxParams) + `"}`},
	} {
		if err := Valid(rule); !errors.Is(err, ErrRule) {
			t.Errorf("%s %.60q gives %v, want ErrRule", rule.Name, rule.Params, err)
		}
	}
	err := Valid(worker.Rule{Name: "wasm"})
	for _, name := range Names() {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name the rule %s", err, name)
		}
	}
}

// endless is a reader that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

func TestEndlessResultsAreCut(t *testing.T) {
	for _, c := range []struct{ rule, params, clause string }{
		{RuleSize, `{"max_bytes":100000}`, "max_bytes"},
		{RuleSubset, ``, "length"},
		{RuleSummary, `{"share":0.3}`, "length"},
		{RuleJSONSchema, `true`, "length"},
	} {
		err := Checker{}.Check(context.Background(), worker.Rule{Name: c.rule, Params: c.params}, strings.NewReader("abc"), endless{})
		var failed *worker.Failure
		if !errors.As(err, &failed) || failed.Clause != c.clause {
			t.Errorf("%s: %v, want a failure of %s", c.rule, err, c.clause)
		}
	}
	if err := (Checker{}).Check(context.Background(), worker.Rule{Name: RuleSize, Params: `{"min_bytes":5}`}, nil, endless{}); err != nil {
		t.Errorf("size: %v, want a pass without reading to the end", err)
	}
}

func TestCancelled(t *testing.T) {
	cause := errors.New("closing")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	for _, rule := range []worker.Rule{
		{Name: RuleSize, Params: `{"min_bytes":9007199254740991}`},
		{Name: RuleSubset},
		{Name: RuleSummary, Params: `{"share":0.3}`},
		{Name: RuleJSONSchema, Params: `true`},
	} {
		if err := (Checker{}).Check(ctx, rule, endless{}, endless{}); !errors.Is(err, cause) {
			t.Errorf("%s: %v, want the cause", rule.Name, err)
		}
	}
}

// broken fails after a few bytes.
type broken struct{ err error }

func (b broken) Read(p []byte) (int, error) { return copy(p, "abc"), b.err }

func TestUnreadableIsNoVerdict(t *testing.T) {
	cause := errors.New("disk gone")
	for _, rule := range []worker.Rule{
		{Name: RuleSize, Params: `{"min_bytes":5}`}, {Name: RuleSubset}, {Name: RuleSummary, Params: `{"share":1}`}, {Name: RuleJSONSchema, Params: `true`},
	} {
		var failed *worker.Failure
		err := Checker{}.Check(context.Background(), rule, io.LimitReader(endless{}, 10), broken{cause})
		if !errors.Is(err, cause) || errors.As(err, &failed) {
			t.Errorf("%s: %v, want the cause and no verdict", rule.Name, err)
		}
	}
}
