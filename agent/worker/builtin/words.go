package builtin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/souk-network/souk/agent/worker"
)

// buffers are what is read through, each by one task at a time.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// countWords writes how many words there are, like `wc -w`: a word is a run of bytes other than
// the white space of worker.Fold. Input of any length is counted in the space of one buffer.
func countWords(_ context.Context, in io.Reader) ([]byte, error) {
	var words uint64
	inWord := false
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	for {
		n, err := in.Read(buf[:])
		for _, c := range buf[:n] {
			space := worker.IsSpace(c)
			if !space && !inWord {
				words++
			}
			inWord = !space
		}
		if errors.Is(err, io.EOF) {
			return append(strconv.AppendUint(nil, words, 10), '\n'), nil
		}
		if err != nil {
			return nil, fmt.Errorf("read input: %w", err)
		}
	}
}
