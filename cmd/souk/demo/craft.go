package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode"

	"github.com/souk-network/souk/agent/worker"
)

// Craft makes the workers that only the play needs: one that counts letters, one
// that does so by hand, and one that delivers rubbish.
type Craft struct{}

// Name returns "craft".
func (Craft) Name() string { return "craft" }

// Make returns the worker that the setting "does" names, or worker.ErrConfig (wrapped).
func (Craft) Make(c worker.Config) (worker.Worker, error) {
	switch c.Settings["does"] {
	case "letters":
		return hand(count), nil
	case "slowly":
		return hand(countSlowly), nil
	case "rubbish":
		return hand(rubbish), nil
	}
	return nil, fmt.Errorf("%w: craft: nobody does %q", worker.ErrConfig, c.Settings["does"])
}

// hand is a worker that writes one line.
type hand func(ctx context.Context, in io.Reader) (string, error)

// Do fulfils worker.Worker.
func (h hand) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.Limits.Time, worker.ErrTimeout)
	defer cancel()
	line, err := h(ctx, t.Input)
	if err == nil {
		_, err = fmt.Fprintln(out, line)
	}
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), worker.ErrTimeout):
		return worker.Result{}, worker.ErrTimeout
	case err != nil:
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	return worker.Result{Type: "text/plain"}, nil
}

func count(_ context.Context, in io.Reader) (string, error) {
	n, r := 0, bufio.NewReader(in)
	for {
		c, _, err := r.ReadRune()
		if errors.Is(err, io.EOF) {
			return fmt.Sprint(n), nil
		}
		if err != nil {
			return "", err
		}
		if unicode.IsLetter(c) {
			n++
		}
	}
}

// countSlowly counts and then goes over it again and again, until it is stopped.
func countSlowly(ctx context.Context, in io.Reader) (string, error) {
	n, err := count(ctx, in)
	if err != nil {
		return "", err
	}
	select {
	case <-time.After(30 * time.Second):
		return n, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// rubbish looks like work until it is read.
func rubbish(context.Context, io.Reader) (string, error) {
	return "It is a very good text, which says many things that are worth saying.", nil
}
