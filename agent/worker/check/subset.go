package check

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
)

// subsetTest is the rule "subset": every line of the result that is not empty is a line of the input.
type subsetTest struct{}

func parseSubset(params string) (test, error) {
	if params == "" {
		return subsetTest{}, nil
	}
	if _, err := members(params); err != nil {
		return nil, errors.New("takes no parameters: leave them empty or give {}")
	}
	return subsetTest{}, nil
}

func (subsetTest) run(ctx context.Context, input, result io.Reader) error {
	in, err := readInput(input, MaxText)
	if err != nil {
		return err
	}
	out, err := readResult(result, MaxText)
	if err != nil {
		return err
	}
	// Sorted lines rather than a set: a quarter of the memory for lines of a few bytes.
	known := lines(in)
	slices.SortFunc(known, bytes.Compare)
	at := 0
	for line := range bytes.Lines(out) {
		if at++; at%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line = trimEnd(line)
		if len(line) == 0 {
			continue
		}
		if _, found := slices.BinarySearchFunc(known, line, bytes.Compare); !found {
			return failure("line", "line %d of the result is not in the input", at)
		}
	}
	return nil
}
