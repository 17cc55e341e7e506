package check

import (
	"os"
	"strings"
	"testing"
)

// page is where the rules are defined for everyone.
const page = "../../../docs/spec/checks.md"

func TestThePageDefinesEveryRuleAndKeyword(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if !strings.Contains(string(text), "\n## `"+name+"`\n") {
			t.Errorf("%s does not define the rule %s", page, name)
		}
	}
	for keyword := range forms() {
		if !strings.Contains(string(text), "`"+keyword+"`") {
			t.Errorf("%s does not name the keyword %s", page, keyword)
		}
	}
}

func TestTheExamplesOfThePage(t *testing.T) {
	const source, result = "The cat sat.\nIt was\n  happy.", "It was happy.\n"
	if got := verdict(RuleSummary, `{"share":0.5}`, source, result); got != "pass" {
		t.Error(got)
	}
	if got := verdict(RuleSummary, `{"share":0.49}`, source, result); got != "fail share" {
		t.Error(got)
	}
	_, weight, err := normalize([]byte(`{"type":"object","required":["title"],"properties":{"title":{"type":"string","maxLength":80}},"additionalProperties":false}`))
	if err != nil || weight != 9 {
		t.Errorf("weight %d, %v, want 9", weight, err)
	}
}

func TestWeight(t *testing.T) {
	for schema, want := range map[string]int{
		`true`:                        1,
		`{}`:                          1,
		`{"type":["null","string"]}`:  4,
		`{"uniqueItems":true}`:        257,
		`{"uniqueItems":false}`:       2,
		`{"const":{"a":[1,2]}}`:       5,
		`{"allOf":[true,{"not":{}}]}`: 5,
		`{"$ref":"#/$defs/a","not":{"$ref":"#/$defs/a"},"$defs":{"a":{"minimum":1},"b":{"enum":[1,2,3]}}}`: 6,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","dependentRequired":{"a":["b","c"]}}`:   5,
	} {
		if _, got, err := normalize([]byte(schema)); err != nil || got != want {
			t.Errorf("%s weighs %d, %v, want %d", schema, got, err, want)
		}
	}
}

// A result that is beyond what its schema allows to judge fails, and which clause it breaks first
// is the same everywhere.
func TestOrderOfClauses(t *testing.T) {
	heavy := `{"enum":[` + strings.Repeat("0,", 3000) + `0]}`
	most := maxValueWork / 3003
	for _, c := range []struct{ result, want string }{
		{`"` + strings.Repeat("a", maxByteWork/3003) + `"`, "fail work"},
		{"[" + strings.Repeat("0,", most-2) + "0]", "fail schema"},
		{"[" + strings.Repeat("0,", most-1) + "0]", "fail work"},
		{"[" + strings.Repeat("0,", most-1) + "1e999]", "fail json"},
		{"[" + strings.Repeat("0,", most-1) + "x]", "fail json"},
	} {
		if got := verdict(RuleJSONSchema, heavy, "", c.result); got != c.want {
			t.Errorf("%s is %q, want %q", short(c.result), got, c.want)
		}
	}
}
