package check

import (
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/markdown"
)

const thisRenderer = `{"renderer":"` + markdown.Renderer + `"}`

func TestHTML(t *testing.T) {
	for _, c := range []struct{ input, result, want string }{
		{"# A\n\nb", "<h1>A</h1>\n<p>b</p>\n", "pass"},
		{"# A\n\nb", "<h1>A</h1>\n<p>c</p>\n", "fail page"},
		{"# A\n\nb", "<h1>A</h1>\n", "fail page"},
		{"# A\n\nb", "", "fail page"},
		{"# A\n\nb", "<h1>A</h1>\n<p>b</p>\n\n", "fail length"},
		{"", "", "pass"},
		{"<script>x</script>", "<script>x</script>", "fail page"},
		{strings.Repeat("a", markdown.MaxText+1), "", "error"},
		{strings.Repeat("> ", 1000), "", "error"}, // the renderer refuses it: no verdict on anyone
	} {
		if got := verdict(RuleHTML, thisRenderer, c.input, c.result); got != c.want {
			t.Errorf("%q of %.40q is %q, want %q", c.result, c.input, got, c.want)
		}
	}
}

// A peer whose renderer is another one must not judge by its own.
func TestHTMLOfAnotherRendererIsNotJudged(t *testing.T) {
	for _, params := range []string{
		"", "{}", "[]", `{"renderer":""}`, `{"renderer":"goldmark/1.8.6+1"}`, `{"renderer":null}`, `{"renderer":["` + markdown.Renderer + `"]}`,
		`{"renderer":"\u0067` + markdown.Renderer[1:] + `"}`, `{"renderer":"` + markdown.Renderer + `","x":1}`,
	} {
		if err := Valid(worker.Rule{Name: RuleHTML, Params: params}); !errors.Is(err, ErrRule) {
			t.Errorf("%s gives %v, want ErrRule", params, err)
		}
	}
	if err := Valid(worker.Rule{Name: RuleHTML}); !strings.Contains(err.Error(), markdown.Renderer) {
		t.Errorf("%v does not tell which renderer is here", err)
	}
}

// The failure tells where, and nothing of the text.
func TestHTMLFailureTellsNothingOfTheText(t *testing.T) {
	err := Checker{}.Check(t.Context(), worker.Rule{Name: RuleHTML, Params: thisRenderer},
		strings.NewReader("# a\n\nsecret"), strings.NewReader("<h1>a</h1>\n<p>sesame</p>"))
	var failed *worker.Failure
	if !errors.As(err, &failed) || !strings.Contains(failed.Why, "line 2") || strings.Contains(failed.Why, "se") && strings.Contains(failed.Why, "secret") {
		t.Errorf("%v", err)
	}
}
