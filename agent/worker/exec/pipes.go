package exec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/souk-network/souk/agent/worker"
)

// lastWordsLimit is how many bytes of standard error are kept, the last ones, for the owner.
const lastWordsLimit = 4 << 10

// pipes are the three streams between the peer and the program.
type pipes struct {
	in       *os.File
	out, err *outlet

	childIn, childOut, childErr *os.File
}

func openPipes() (*pipes, error) {
	var ends [6]*os.File
	for i := 0; i < len(ends); i += 2 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ends[:i]...)
			return nil, err
		}
		ends[i], ends[i+1] = r, w
	}
	return &pipes{
		childIn: ends[0], in: ends[1],
		out: &outlet{file: ends[2]}, childOut: ends[3],
		err: &outlet{file: ends[4]}, childErr: ends[5],
	}, nil
}

// closeChildEnds leaves the program and its offspring the only holders of their ends.
func (p *pipes) closeChildEnds() { closeAll(p.childIn, p.childOut, p.childErr) }

func (p *pipes) close() {
	closeAll(p.in, p.out.file, p.err.file, p.childIn, p.childOut, p.childErr)
}

// closeAll closes ends of pipes, where there is nothing to lose by an error and closing twice is harmless.
func closeAll(files ...*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// The stages of an outlet.
const (
	stageRunning = iota // reads wait as long as the program runs
	stageEnded          // reads wait for a grace: what is in the pipe, then the end
	stageCut            // reads fail
)

// outlet is the peer's end of a stream the program writes to. Its end is not the program's end: a
// process that left the group may hold it open for ever.
type outlet struct {
	file  *os.File
	stage atomic.Int32
}

func (o *outlet) Read(b []byte) (int, error) {
	switch o.stage.Load() {
	case stageCut:
		return 0, os.ErrDeadlineExceeded
	case stageEnded:
		// For each read anew: a slow writer on our side must not cost the rest of the result.
		if err := o.file.SetReadDeadline(time.Now().Add(grace)); err != nil {
			return 0, err
		}
	}
	return o.file.Read(b)
}

func (o *outlet) programEnded() {
	if o.stage.CompareAndSwap(stageRunning, stageEnded) {
		_ = o.file.SetReadDeadline(time.Now().Add(grace)) // pipes always take deadlines
	}
}

func (o *outlet) cut() {
	o.stage.Store(stageCut)
	_ = o.file.SetReadDeadline(time.Unix(1, 0))
}

// copyBounded copies the result to out, never more than limit bytes of it.
func copyBounded(out io.Writer, from io.Reader, limit int64) error {
	buf := make([]byte, 32<<10)
	for left := limit; ; {
		n, err := from.Read(buf)
		over := int64(n) > left
		if over {
			n = int(left)
		}
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				return fmt.Errorf("%w: write result: %w", worker.ErrFailed, err)
			}
		}
		left -= int64(n)
		switch {
		case over:
			return fmt.Errorf("%w: over %d bytes", worker.ErrTooLarge, limit)
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("%w: the program ended but left another holding its output", worker.ErrFailed)
		case err != nil:
			return fmt.Errorf("%w: read result: %w", worker.ErrFailed, err)
		}
	}
}

// lastSaid is the end of what a program said on standard error.
type lastSaid struct {
	text string
	cut  bool // there was more before
}

// quoted returns it so that no control character reaches a terminal, or nothing where there
// was nothing.
func (l lastSaid) quoted() string {
	switch {
	case l.text == "":
		return ""
	case l.cut:
		return "; the end of what it said: " + strconv.Quote(l.text)
	}
	return "; it said: " + strconv.Quote(l.text)
}

// lastWords reads all of standard error and returns the end of it.
func lastWords(from io.Reader) lastSaid {
	kept := make([]byte, 0, 2*lastWordsLimit)
	buf := make([]byte, lastWordsLimit)
	cut := false
	for {
		n, err := from.Read(buf)
		kept = append(kept, buf[:n]...)
		if over := len(kept) - lastWordsLimit; over > 0 {
			kept = append(kept[:0], kept[over:]...)
			cut = true
		}
		if err != nil {
			break
		}
	}
	return lastSaid{string(kept), cut}
}
