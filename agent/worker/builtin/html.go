package builtin

import (
	"context"
	"fmt"
	"io"

	"github.com/souk-network/souk/agent/worker/markdown"
)

// makePage turns a text in Markdown into HTML that runs nothing: what the rule "html" of
// docs/spec/checks.md asks for.
func makePage(ctx context.Context, in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, markdown.MaxText+1))
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	return markdown.HTML(ctx, text)
}
