package builtin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/check"
)

var plenty = worker.Limits{Time: time.Minute, Output: 1 << 20, Memory: 1 << 30}

func do(t *testing.T, settings map[string]string, input string) (string, error) {
	t.Helper()
	w, err := Maker{}.Make(worker.Config{Technology: "builtin", Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = w.Do(context.Background(), worker.Task{Input: strings.NewReader(input), Limits: plenty}, &out)
	return out.String(), err
}

const story = `# The harbour

The harbour of the town was built by merchants. Every merchant paid for one stone of
the harbour wall. The wall still stands.

The weather was fine yesterday. Ships from many towns come to the harbour to trade with
the merchants of the town. A dog barked.

- Salt is sold by weight.
- Cloth is sold by length.
`

func TestSummaryReadsWell(t *testing.T) {
	got, err := do(t, map[string]string{"name": "summary", "share": "0.4"}, story)
	if err != nil {
		t.Fatal(err)
	}
	const want = "The harbour of the town was built by merchants.\n" +
		"Every merchant paid for one stone of the harbour wall.\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSummaryOfOddTexts(t *testing.T) {
	for _, c := range []struct{ source, share, want string }{
		{"", "0.3", ""},
		{" \n\t ", "0.3", ""},
		{"Hi.", "0.3", ""},
		{"One single sentence stands here alone", "0.3", "One single\n"}, // no whole sentence fits
		{"Internationalization", "0.3", "Intern\n"},
		{"日本語の文章です。次の文章です。最後の文章です。", "0.5", "次の文章です。\n"},
		{"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6", "0.5", "\xff\xfe\xfd\xfc\xfb\n"},
		{strings.Repeat("\x80", 10), "0.5", "\x80\x80\n"},
		{"éééééééééé", "0.25", "éé\n"},
	} {
		got, err := do(t, map[string]string{"name": "summary", "share": c.share}, c.source)
		if err != nil || got != c.want {
			t.Errorf("summary of %q is %q, %v, want %q", c.source, got, err, c.want)
		}
	}
}

// anyText draws texts of prose, of other scripts, of lists, of white space and of broken bytes.
func anyText() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"The cat", " sat", " on the mat", ".", "! ", "? ", "... ", "\n", "\n\n", "\r\n", "\t", "  ", "# Head\n", "- item\n", "| a | b |\n",
		"日本語", "。", "مرحبا", "؟ ", "привет мир", "\u2028", "\u0085", "\u00a0", "e.g. ", "U.S.A. ", "3.14", "\"quoted.\" ", "(a.) ",
		"\xff", "\x80\x80", "\xe2\x82", "\x00", "\x1b[31m", "İSTANBUL", "a", "ab", strings.Repeat("word ", 30), strings.Repeat("x", 90),
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(pieces, 0, 60).Draw(t, "pieces"), "")
	})
}

func TestSummaryPassesItsOwnCheck(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		source := rapid.OneOf(anyText(), rapid.String()).Draw(rt, "source")
		share := worker.Share(rapid.Int64Range(50, 900).Draw(rt, "share")).String()
		first, err := do(t, map[string]string{"name": "summary", "share": share}, source)
		if err != nil {
			rt.Fatal(err)
		}
		rule := worker.Rule{Name: check.RuleSummary, Params: fmt.Sprintf(`{"share":%s}`, share)}
		if err := (check.Checker{}).Check(context.Background(), rule, strings.NewReader(source), strings.NewReader(first)); err != nil {
			rt.Fatalf("summary %q: %v", first, err)
		}
		if again, _ := do(t, map[string]string{"name": "summary", "share": share}, source); again != first {
			rt.Fatalf("the same text gives %q and %q", first, again)
		}
	})
}

func FuzzSummary(f *testing.F) {
	f.Add(story)
	f.Add("\xff\xfe. \x80\x80\x80\x80. \xe2\x82")
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > MaxSummarySource {
			return
		}
		got, err := do(t, map[string]string{"name": "summary"}, source)
		if err != nil {
			t.Fatal(err)
		}
		rule := worker.Rule{Name: check.RuleSummary, Params: `{"share":0.3}`}
		if err := (check.Checker{}).Check(context.Background(), rule, strings.NewReader(source), strings.NewReader(got)); err != nil && len(source) <= check.MaxText {
			t.Fatalf("summary %q: %v", got, err)
		}
	})
}

func TestSummaryIsBounded(t *testing.T) {
	_, err := do(t, map[string]string{"name": "summary"}, strings.Repeat("a ", MaxSummarySource/2)+"b")
	if !errors.Is(err, worker.ErrFailed) || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("a text over 1 MiB gives %v", err)
	}
}

// The longest texts, made to cost most: every word its own sentence, every word different, one
// sentence without end, one word without end, white space, broken bytes.
func TestSummaryOfTheLongestTexts(t *testing.T) {
	var different strings.Builder
	for i := 0; different.Len() < MaxSummarySource-16; i++ {
		fmt.Fprintf(&different, "%x. ", i)
	}
	for name, unit := range map[string]string{
		"same short sentences": "abc. ", "short words": "abc ", "one word": "x", "broken": "\x80", "marks": "." + " ",
		"lines": "\n\n", "wide": "語", "headings": "#\n",
	} {
		began := time.Now()
		if _, err := do(t, map[string]string{"name": "summary"}, strings.Repeat(unit, MaxSummarySource/len(unit))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v", name, time.Since(began))
	}
	began := time.Now()
	if _, err := do(t, map[string]string{"name": "summary"}, different.String()); err != nil {
		t.Error(err)
	}
	t.Logf("different: %v", time.Since(began))
}
