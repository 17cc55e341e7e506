package markdown

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/agent/worker/workertest"
)

func TestHTML(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"# Souk\n\nA *market* of `a<b`": "<h1>Souk</h1>\n<p>A <em>market</em> of <code>a&lt;b</code></p>\n",
		"- a\n- b\n":                    "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n",
		"1. a\n2. b":                    "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n",
		"> q":                           "<blockquote>\n<p>q</p>\n</blockquote>\n",
		"```go\nx := \"<\"\n```":        "<pre><code class=\"language-go\">x := &quot;&lt;&quot;\n</code></pre>\n",
		"[a](https://b/c?d=e&f)":        "<p><a href=\"https://b/c?d=e&amp;f\">a</a></p>\n",
		"![a](b.png \"t\")":             "<p><img src=\"b.png\" alt=\"a\" title=\"t\"></p>\n",
		"[a][x]\n\n[x]: /y":             "<p><a href=\"/y\">a</a></p>\n",
		"<me@b.org>":                    "<p><a href=\"mailto:me@b.org\">me@b.org</a></p>\n",
		"a\x00b":                        "<p>a\ufffdb</p>\n",
	} {
		got, err := HTML(t.Context(), []byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%q\n gives %q, %v\n  want %q", in, got, err, want)
		}
	}
}

// A page shown to a person must run nothing, whatever stood in the text.
func TestNothingRuns(t *testing.T) {
	for _, in := range []string{
		"<script>alert(1)</script>", "a <b onclick=x>b</b>", "<!-- x -->", "<?php x ?>", "<iframe src=x></iframe>",
		"[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](javascript&colon;alert(1))", "[a](&#106;avascript:alert(1))",
		"[a](<java\tscript:alert(1)>)", "[a](java&Tab;script:alert(1))", "[a](&#1;javascript:alert(1))", "[a](\x01javascript:x)",
		"[a](vbscript:x)", "[a](file:///etc/passwd)", "![a](data:image/svg+xml;base64,AAAA)", "[a](data:text/html,x)",
		"![a](javascript:x)", "<javascript:alert(1)>", "<file:///etc/passwd>", "[a]\n\n[a]: javascript:x", "[a](intent:x)",
		"[a](x \"\\\"onmouseover=alert(1)\")", "```\"onmouseover=x\nb\n```", "![\"onerror=x](y)", "[a](\"onclick=x)",
	} {
		got, err := HTML(t.Context(), []byte(in))
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		page := strings.ToLower(string(got))
		for _, tag := range regexp.MustCompile(`<[^!][^>]*>`).FindAllString(page, -1) {
			if !regexp.MustCompile(`^</?(p|a|code|pre|img|em|strong)(( (href|src|alt|title|class)="[^"<>]*")*)>$`).MatchString(tag) {
				t.Errorf("%q gives the tag %s", in, tag)
			}
			if bad := regexp.MustCompile(`(href|src)="([^"]*:)`).FindString(tag); bad != "" {
				t.Errorf("%q gives the address %s", in, bad)
			}
		}
	}
}

// nasty are texts made to cost most for what the limits let through, of about n bytes.
func nasty(n int) map[string]string {
	rep := func(s string) string { return strings.Repeat(s, n/len(s)) }
	return map[string]string{
		"quotes":              rep(">"),
		"quotes by line":      rep("> a\n"),
		"lists":               rep("- "),
		"numbers":             rep("1. "),
		"stairs":              stairs(n),
		"open brackets":       rep("["),
		"open links":          rep("[a]("),
		"images in images":    rep("!["),
		"stars":               rep("*a "),
		"stars and bars":      rep("*a_b"),
		"double stars":        rep("a**b"),
		"ticks":               rep("`a"),
		"growing ticks":       ticks(n),
		"angles":              rep("<"),
		"angles with letters": rep("<a "),
		"comments":            rep("<!-- a"),
		"instructions":        rep("<?"),
		"declarations":        rep("<!A "),
		"cdata":               rep("<![CDATA["),
		"mailboxes":           rep("a@"),
		"entities":            rep("&#"),
		"backslashes":         rep("\\"),
		"definitions":         rep("[a]: b\n"),
		"open definitions":    rep("[a]: (b\n"),
		"one long definition": "[" + rep("a") + "]: b",
		"titles":              rep("[a]: b \"\n"),
		"fences":              rep("```\n"),
		"rules":               rep("---\n"),
		"headings":            rep("#"),
		"underlines":          rep("a\n=\n"),
		"blank":               rep(" "),
		"tabs":                rep("\t"),
		"lines":               rep("\n"),
		"returns":             rep("\r"),
		"a line":              rep("a"),
		"zeros":               rep("\x00"),
		"no text":             rep("\xff\xfe"),
		"html":                rep("<div>\n"),
		"brackets, closed":    strings.Repeat("[", n/2) + strings.Repeat("]", n/2),
		"references":          "[a]: b\n\n" + rep("[a] "),
		"parentheses":         "[a](" + rep("(") + ")",
		"destinations":        rep("[a](<b"),
	}
}

func stairs(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.Repeat("  ", i%80) + "- a\n")
	}
	return b.String()
}

func ticks(n int) string {
	var b strings.Builder
	for i := 1; b.Len() < n; i++ {
		b.WriteString("e" + strings.Repeat("`", i))
	}
	return b.String()
}

func TestNastyTextsEndInTime(t *testing.T) {
	const portion = 64 << 10
	for name, in := range nasty(portion) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := workertest.Spent()
		out, err := HTML(t.Context(), []byte(in))
		took := workertest.Spent() - began
		runtime.ReadMemStats(&after)
		t.Logf("%s: %v, %d bytes, %d MiB allocated, %v", name, took, len(out), (after.TotalAlloc-before.TotalAlloc)>>20, err)
		if took > 20*time.Second || err != nil && !errors.Is(err, ErrNested) && !errors.Is(err, ErrMarks) {
			t.Errorf("%s: %v after %v", name, err, took)
		}
	}
}

// What the limits let through may cost more than a task has time for: then it ends with its task.
func TestNastyTextsAreCutOff(t *testing.T) {
	for name, in := range nasty(MaxText) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		began := workertest.Spent()
		_, err := HTML(ctx, []byte(in))
		cancel()
		if took := workertest.Spent() - began; took > 10*time.Second {
			t.Errorf("%s: it took %v to end: %v", name, took, err)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		in   string
		want error
	}{
		{strings.Repeat("a", MaxText+1), ErrTooLong},
		{strings.Repeat("a", 10<<20), ErrTooLong},
		{strings.Repeat("> ", MaxNesting+1), ErrNested},
		{strings.Repeat("> ", MaxNesting-2) + "a", nil},
		{strings.Repeat("*a", MaxMarks+1), ErrMarks},
		{strings.Repeat("*a* ", MaxMarks/2), nil},
		{strings.Repeat(strings.Repeat("*a* ", MaxMarks/2)+"\n\n", 4), nil},
		{strings.Repeat("*a **b ", 400) + strings.Repeat("c** d*", 400), ErrNested},
	} {
		if _, err := HTML(t.Context(), []byte(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%.20q... of %d bytes: %v, want %v", c.in, len(c.in), err, c.want)
		}
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := HTML(ctx, []byte("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// Both sides of a contract compare what they make by the name of what makes it.
func TestRendererNamesTheLibraryInUse(t *testing.T) {
	b, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`github.com/yuin/goldmark v(\S+)`).FindSubmatch(b)
	if found == nil || !strings.HasPrefix(Renderer, "goldmark/"+string(found[1])+"+") {
		t.Errorf("Renderer is %q, go.mod has %q: change it, for the bytes may have changed", Renderer, found)
	}
}

func FuzzHTML(f *testing.F) {
	for _, in := range nasty(200) {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := HTML(t.Context(), in)
		b, again := HTML(t.Context(), in)
		if !bytes.Equal(a, b) || !errors.Is(again, err) {
			t.Errorf("twice: %q, %v and %q, %v", a, err, b, again)
		}
		if errors.Is(err, errLibrary) {
			t.Errorf("a fault of the library on %q", in)
		}
		if bytes.Contains(bytes.ToLower(a), []byte("<script")) || bytes.Contains(bytes.ToLower(a), []byte(`="javascript`)) {
			t.Errorf("%q gives %q", in, a)
		}
	})
}
