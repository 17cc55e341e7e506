package check

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent/worker"
)

// FuzzRule gives any name, any parameters and any texts: nothing crashes, a rule that is not valid
// gives no verdict, and a verdict is the same each time.
func FuzzRule(f *testing.F) {
	for _, params := range []string{
		`{"share":0.3}`, `{"max_bytes":10,"min_bytes":1}`, ``, `{}`, `true`,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"anyOf":[{"type":"string"},{"const":null}]}}}`,
		`{"items":{"pattern":"^a{1,3}$"},"uniqueItems":true,"minItems":1}`,
		`{"patternProperties":{"^x":{"enum":[1,"a",[2]]}},"dependentSchemas":{"a":false},"if":true,"then":{"not":{}}}`,
	} {
		for _, name := range Names() {
			f.Add(name, params, "one two\nthree", `{"a":[1,"two",null]}`)
		}
	}
	f.Fuzz(func(t *testing.T, name, params, input, result string) {
		rule := worker.Rule{Name: name, Params: params}
		run := func() error {
			return Checker{}.Check(context.Background(), rule, strings.NewReader(input), strings.NewReader(result))
		}
		invalid, first := Valid(rule), run()
		if (invalid != nil) != errors.Is(first, ErrRule) {
			t.Fatalf("valid: %v, check: %v", invalid, first)
		}
		again := run()
		if (first == nil) != (again == nil) || first != nil && first.Error() != again.Error() {
			t.Fatalf("first %v, then %v", first, again)
		}
	})
}
