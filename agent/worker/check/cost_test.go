package check

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/workertest"
)

// portion is the part of what the limits let through that the test gives. The whole takes 2 seconds
// at most, and fifty times that under the race detector.
const portion = 16

// heaviest are schemas and results made to cost most for what the limits let through. The results
// pass, or the first item that fails would end the work.
func heaviest() map[string][2]string {
	repeat := func(open, unit, last string) string { return open + strings.Repeat(unit+",", 100) + last }
	return map[string][2]string{
		"branches over a long text": {repeat(`{"anyOf":[`, `{"pattern":"b"}`, `true]}`), `"` + strings.Repeat("\u00ad", MaxDocument/2/portion) + `"`},
		"branches over many values": {repeat(`{"items":{"anyOf":[`, `{"type":"string"}`, `true]}}`), fill("1", maxValueWork/210/portion)},
		"branches over a whole":     {repeat(`{"anyOf":[`, `{"type":"string"}`, `true]}`), fill("1", maxValueWork/210/portion)},
		"slow pattern":              {`{"pattern":"(a?){60}$"}`, `"` + strings.Repeat("a", MaxDocument/portion) + `"`},
		"equal hashes":              {`{"uniqueItems":true}`, "[" + strings.Join(splits("abcdefghijklm"), ",") + "]"},
		"many small objects":        {`{"items":{"properties":{"a":{"type":"string"}},"additionalProperties":{"type":"object"}}}`, fill(`{"":{}}`, 120_000/portion)},
		"deep arrays":               {`true`, fill(strings.Repeat("[", 60)+strings.Repeat("]", 60), 8000/portion)},
		"a choice among many":       {repeat(`{"items":{"enum":[`, `1e308`, `3]}}`), fill("3", maxValueWork/110/portion)},
	}
}

// fill is an array of one item again and again.
func fill(item string, times int) string {
	return "[" + strings.Repeat(item+",", times-1) + item + "]"
}

// splits are the ways to split a word in four, which the library's hash takes for equal.
func splits(word string) []string {
	var all []string
	for i := range word {
		for j := i; j < len(word); j++ {
			for k := j; k < len(word); k++ {
				all = append(all, fmt.Sprintf("[%q,%q,%q,%q]", word[:i], word[i:j], word[j:k], word[k:]))
			}
		}
	}
	return all
}

// What the limits let through ends within seconds.
func TestHeaviestSchemas(t *testing.T) {
	for name, c := range heaviest() {
		rule := worker.Rule{Name: RuleJSONSchema, Params: c[0]}
		if err := Valid(rule); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := workertest.Spent()
		err := Checker{}.Check(context.Background(), rule, nil, strings.NewReader(c[1]))
		took := workertest.Spent() - began
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d bytes, %v, %d MiB allocated, %v", name, len(c[1]), took, (after.TotalAlloc-before.TotalAlloc)>>20, err)
		if err != nil || took > 20*time.Second {
			t.Errorf("%s took %v: %v", name, took, err)
		}
	}
}

func TestLongestTexts(t *testing.T) {
	ones := strings.Repeat("a\n", MaxText/2)
	for _, c := range []struct{ rule, params, input, result string }{
		{RuleSubset, ``, ones, ones},
		{RuleSubset, ``, strings.Repeat("\n", MaxText), strings.Repeat("\n", MaxText)},
		{RuleSummary, `{"share":1}`, ones, ones},
		{RuleSummary, `{"share":1}`, strings.Repeat("a", MaxText), strings.Repeat("a\n", MaxText/2)},
		{RuleSummary, `{"share":0.5}`, strings.Repeat("a", MaxText), strings.Repeat("a", MaxText/2-1) + "b"},
		{RuleSummary, `{"share":0.5}`, strings.Repeat("ab", MaxText/2), string(bytes.Repeat([]byte("ba\n"), MaxText/8))},
	} {
		began := workertest.Spent()
		got := verdict(c.rule, c.params, c.input, c.result)
		took := workertest.Spent() - began
		t.Logf("%s: %s in %v", c.rule, got, took)
		if took > 10*time.Second {
			t.Errorf("%s took %v", c.rule, took)
		}
	}
}
