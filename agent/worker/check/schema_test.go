package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent/worker"
)

// verdict runs a rule and says "pass", "fail CLAUSE" or "error".
func verdict(name, params, input, result string) string {
	err := Checker{}.Check(context.Background(), worker.Rule{Name: name, Params: params}, strings.NewReader(input), strings.NewReader(result))
	var failed *worker.Failure
	switch {
	case err == nil:
		return "pass"
	case errors.As(err, &failed):
		return "fail " + failed.Clause
	default:
		return "error"
	}
}

func TestSchema(t *testing.T) {
	const person = `{"type":"object","required":["name"],"properties":{"name":{"type":"string","minLength":1},"age":{"$ref":"#/$defs/age"}},
		"additionalProperties":false,"$defs":{"age":{"type":"integer","minimum":0,"maximum":150}}}`
	for _, c := range []struct{ schema, result, want string }{
		{person, `{"name":"Ada","age":36}`, "pass"},
		{person, `{"name":"Ada","age":36} `, "pass"},
		{person, `{"name":"Ada","age":-1}`, "fail schema"},
		{person, `{"name":"","age":1}`, "fail schema"},
		{person, `{"age":1}`, "fail schema"},
		{person, `{"name":"Ada","Age":1}`, "fail schema"},
		{person, `{"name":"Ada","name":"Bob"}`, "fail json"},
		{person, `{"name":"Ada"}{}`, "fail json"},
		{person, `[1,]`, "fail json"},
		{person, ``, "fail json"},
		{person, "\xef\xbb\xbf{\"name\":\"Ada\"}", "fail json"},
		{person, "{\"name\":\"\xff\"}", "fail json"},
		{`true`, `1e999`, "fail json"},
		{`true`, strings.Repeat("[", 65) + strings.Repeat("]", 65), "fail json"},
		{`true`, strings.Repeat("[", 64) + strings.Repeat("]", 64), "pass"},
		{`{}`, `{"anything":[null,true,1.5,"x"]}`, "pass"},
		{`false`, `1`, "fail schema"},
		{`{"const":null}`, `null`, "pass"},
		{`{"const":null}`, `0`, "fail schema"},
		{`{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `7`, "pass"},
		{`{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `"7"`, "pass"},
		{`{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `7.5`, "fail schema"},
		{`{"anyOf":[{"minimum":5},{"maximum":1}],"allOf":[{"type":"integer"}]}`, `3`, "fail schema"},
		{`{"anyOf":[{"minimum":5},{"maximum":1}],"allOf":[{"type":"integer"}]}`, `6`, "pass"},
		{`{"anyOf":[{"minimum":5},{"maximum":1}],"allOf":[{"type":"integer"}]}`, `6.5`, "fail schema"},
		{`{"enum":[{"anyOf":1}]}`, `{"anyOf":1}`, "pass"}, // a value, not a schema
		{`{"properties":{"anyOf":{"type":"string"}}}`, `{"anyOf":"x"}`, "pass"},
		{`{"oneOf":[{"type":"number"},{"type":"integer"}]}`, `1`, "fail schema"},
		{`{"pattern":"^[a-z]{2,4}$"}`, `"abc"`, "pass"},
		{`{"pattern":"^[a-z]{2,4}$"}`, `"abcde"`, "fail schema"},
		{`{"uniqueItems":true}`, `[1,1.0]`, "fail schema"},
		{`{"uniqueItems":true}`, `[1,"1",[1]]`, "pass"},
		{`{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}`, `1`, "fail schema"},
		{`{"$schema":"https://json-schema.org/draft/2020-12/schema"}`, `1`, "pass"},
		{`{"items":{"type":"integer"},"prefixItems":[{"type":"string"}]}`, `["a",1,2]`, "pass"},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, "fail schema"},
		{`true`, `"` + strings.Repeat("a", MaxDocument) + `"`, "fail length"},
	} {
		if got := verdict(RuleJSONSchema, c.schema, "", c.result); got != c.want {
			t.Errorf("%s\n under %s\n is %q, want %q", short(c.result), c.schema, got, c.want)
		}
	}
}

func TestSchemaRefused(t *testing.T) {
	for _, schema := range []string{
		``, `null`, `1`, `"x"`, `[]`, `{`, `{"type":"string","type":"number"}`,
		`{"Type":"string"}`, `{"requred":["a"]}`, `{"type":"strng"}`, `{"type":[]}`, `{"type":null}`,
		`{"minimum":null}`, `{"minimum":"1"}`, `{"minimum":1e999}`, `{"multipleOf":0}`, `{"multipleOf":-1}`,
		`{"minLength":-1}`, `{"minLength":1.5}`, `{"minLength":99999999999}`, `{"uniqueItems":1}`,
		`{"required":"a"}`, `{"required":[1]}`, `{"enum":[]}`, `{"anyOf":[]}`, `{"anyOf":{}}`, `{"allOf":[1]}`, `{"items":[{}]}`, `{"items":null}`,
		`{"pattern":"("}`, `{"pattern":"(?=a)"}`, `{"pattern":"a{1000}"}`, `{"pattern":"((a{10}){10}){9}"}`, `{"patternProperties":{"[":{}}}`,
		`{"$id":"https://example.com/a"}`, `{"$anchor":"a"}`, `{"$dynamicRef":"#a"}`, `{"unevaluatedProperties":false}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#"}`, `{"not":{"$defs":{}}}`, `{"$defs":[]}`,
		`{"$ref":"https://example.com/schema.json"}`, `{"$ref":"file:///etc/passwd"}`, `{"$ref":"other.json"}`,
		`{"$ref":"#"}`, `{"$ref":"#/$defs/a"}`, `{"$ref":"#/properties/a","properties":{"a":{}}}`,
		`{"$defs":{"a":{"$ref":"#/$defs/a"}}}`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"not":{"$ref":"#/$defs/b"}},"b":{"items":{"$ref":"#/$defs/a"}}}}`,
		strings.Repeat(`{"not":`, 17) + `true` + strings.Repeat(`}`, 17),
		doubling(20),
	} {
		rule := worker.Rule{Name: RuleJSONSchema, Params: schema}
		if err := Valid(rule); !errors.Is(err, ErrRule) {
			t.Errorf("%.200s\n gives %v, want ErrRule", schema, err)
		}
	}
}

// doubling is a schema whose references double at each step.
func doubling(steps int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/d0","$defs":{`)
	for i := range steps {
		fmt.Fprintf(&b, `"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"d%d":{}}}`, steps)
	return b.String()
}
