package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/markdown"
)

// htmlTest is the rule "html": the result is what the renderer makes of the input.
type htmlTest struct{}

func parseHTML(params string) (test, error) {
	known := fmt.Errorf(`needs renderer: this peer has %q`, markdown.Renderer)
	if params == "" {
		return nil, known
	}
	m, err := members(params, "renderer")
	if err != nil {
		return nil, err
	}
	// One form only: a name that is escaped is not read.
	if string(m["renderer"]) != `"`+markdown.Renderer+`"` {
		return nil, known
	}
	return htmlTest{}, nil
}

func (htmlTest) run(ctx context.Context, input, result io.Reader) error {
	text, err := readInput(input, markdown.MaxText)
	if err != nil {
		return err
	}
	page, err := markdown.HTML(ctx, text)
	switch {
	case errors.Is(err, markdown.ErrNested), errors.Is(err, markdown.ErrMarks):
		return fmt.Errorf("%w: %w", worker.ErrTooLarge, err)
	case err != nil:
		return err
	}
	made, err := readUpTo(result, len(page))
	if errors.Is(err, errTooLong) {
		return failure("length", "the result is longer than the %d bytes of the page", len(page))
	}
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	if !bytes.Equal(made, page) {
		return failure("page", "the result of %d bytes is not the page of %d bytes that the text makes: they part in line %d",
			len(made), len(page), lineOfDifference(made, page))
	}
	return nil
}

// lineOfDifference counts lines from 1.
func lineOfDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return strings.Count(string(a[:n]), "\n") + 1
}
