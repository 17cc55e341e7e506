package builtin

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/markdown"
	"github.com/souk-network/souk/agent/worker/workertest"
)

func TestHTMLConformance(t *testing.T) {
	endless := settings("name", "words") // a page is of a text that ends: an endless one is too long
	workertest.Test(t, workertest.Subject{
		Maker: Maker{}, Good: settings("name", "html"), Input: "# A *b*\n", Want: "<h1>A <em>b</em></h1>\n", Hang: &endless,
		Bad: []worker.Config{settings("name", "html", "share", "0.3"), settings("name", "html", "unsafe", "true"), settings("name", "HTML")},
	})
}

func TestHTMLIsSafeAndTyped(t *testing.T) {
	w, err := Maker{}.Make(settings("name", "html"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	limits := worker.Limits{Time: time.Minute, Output: 1 << 20, Memory: 1 << 30}
	in := "<script>alert(1)</script>\n\n[x](javascript:alert(1)) \x00"
	r, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader(in), Limits: limits}, &out)
	if err != nil || r.Type != "text/html; charset=utf-8" {
		t.Fatalf("%+v, %v", r, err)
	}
	if want := "<!-- raw HTML omitted -->\n<p><a href=\"\">x</a> \ufffd</p>\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestHTMLRefusesWhatItCannotBound(t *testing.T) {
	for in, want := range map[string]error{
		strings.Repeat("a", 10<<20):          markdown.ErrTooLong,
		strings.Repeat("> ", 1<<20):          markdown.ErrNested,
		strings.Repeat("*a", 1<<20):          markdown.ErrMarks,
		strings.Repeat("- a\n", 1<<15):       nil,
		strings.Repeat("\x00", 1<<17) + "\n": nil,
	} {
		if _, err := do(t, map[string]string{"name": "html"}, in); !errors.Is(err, want) || want != nil && !errors.Is(err, worker.ErrFailed) {
			t.Errorf("%d bytes of %.10q: %v, want %v", len(in), in, err, want)
		}
	}
}
