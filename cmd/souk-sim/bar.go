package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// bar tells how far the runs are: on a terminal a line that is drawn again, else a
// plain line now and then. It says nothing during the first second.
type bar struct {
	mu    sync.Mutex
	out   io.Writer
	live  bool
	all   int
	ready int
	began time.Time
	said  time.Time
	drawn bool
}

// bar begins to tell. With --json it stays silent.
func (p *program) bar(all int) *bar {
	b := &bar{out: p.err, all: all, began: time.Now(), said: time.Now()}
	if p.json {
		b.out = io.Discard
	}
	if f, ok := p.err.(*os.File); ok {
		b.live = term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
	}
	return b
}

func (b *bar) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready++
	b.tell(0)
}

// part tells how much of a run is done, 0 to 1.
func (b *bar) part(done float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == 1 {
		b.tell(done)
	}
}

func (b *bar) tell(more float64) {
	pause := 10 * time.Second
	if b.live {
		pause = 120 * time.Millisecond
	}
	if time.Since(b.began) < time.Second || time.Since(b.said) < pause {
		return
	}
	b.said = time.Now()
	text := fmt.Sprintf("%3.0f %%  %d of %d runs", 100*(float64(b.ready)+more)/float64(b.all), b.ready, b.all)
	if b.live {
		b.drawn = true
		_, _ = fmt.Fprintf(b.out, "\r\x1b[K%s", text)
		return
	}
	_, _ = fmt.Fprintln(b.out, text)
}

func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn {
		_, _ = fmt.Fprint(b.out, "\r\x1b[K")
	}
}
