package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/souk-network/souk/agent/worker"
)

// leastRoom is the room, in bytes, that a summary may leave unused altogether: less than this
// may hold no whole character.
const leastRoom = 4

// summaryTest is the rule "summary": each line of the result is a passage of the input, in the
// input's order and without overlap, and together they are at most a share of it.
type summaryTest struct{ share worker.Share }

func parseSummary(params string) (test, error) {
	m, err := members(params, "share")
	if err != nil {
		return nil, err
	}
	raw, ok := m["share"]
	if !ok {
		return nil, errors.New("needs share, such as {\"share\":0.3}")
	}
	part, err := share(raw)
	if err != nil {
		return nil, fmt.Errorf("share: %w", err)
	}
	return summaryTest{part}, nil
}

// run takes time in proportion to the two lengths: each passage is looked for behind the one
// before it, and a passage that is found nearest leaves the most room for those that follow.
func (s summaryTest) run(ctx context.Context, input, result io.Reader) error {
	source, err := readInput(input, MaxText)
	if err != nil {
		return err
	}
	source = worker.Fold(source)
	room := s.share.Of(len(source))
	summary, err := readResult(result, MaxText)
	if err != nil {
		return err
	}
	size := len(worker.Fold(summary))
	if size > room {
		return failure("share", "%d bytes where %s of %d allows %d", size, s.share, len(source), room)
	}
	if size == 0 && room >= leastRoom {
		return failure("empty", "nothing where %d bytes are allowed", room)
	}
	at := 0
	for line := range bytes.Lines(summary) {
		if at++; at%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		passage := worker.Fold(line)
		found := bytes.Index(source, passage) // 0 for a line of white space only
		if found < 0 {
			return failure("verbatim", "line %d is not in the input behind the line before it", at)
		}
		source = source[found+len(passage):]
	}
	return nil
}
