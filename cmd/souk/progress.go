package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	patience = time.Second            // what ends sooner needs no word
	turn     = 120 * time.Millisecond // of the spinner
)

// progress tells on a terminal, or in plain lines, what is being waited for. It
// says nothing during the first second.
type progress struct {
	out      io.Writer
	live     bool // a line that is drawn again and again
	width    int  // cells of it, 0 for any number
	mu       sync.Mutex
	stage    string
	said     string
	stop     chan struct{}
	finished chan struct{}
}

// begin starts to tell progress on the command's error output; with --json it
// stays silent. The caller must end it.
func (p *program) begin(stage string) *progress {
	g := &progress{stage: stage, stop: make(chan struct{}), finished: make(chan struct{})}
	if p.json {
		g.out = io.Discard
	} else {
		g.width, g.live = p.screen(p.err)
		g.live = g.live && p.env("TERM") != "dumb"
		g.out = p.err
	}
	go g.tell()
	return g
}

// step names what is being waited for now.
func (g *progress) step(stage string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stage = stage
}

// end takes the line away. It may be called twice.
func (g *progress) end() {
	g.mu.Lock()
	select {
	case <-g.stop:
	default:
		close(g.stop)
	}
	g.mu.Unlock()
	<-g.finished
}

func (g *progress) tell() {
	defer close(g.finished)
	select {
	case <-g.stop:
		return
	case <-time.After(patience):
	}
	began := time.Now().Add(-patience)
	ticker := time.NewTicker(turn)
	defer ticker.Stop()
	for n := 0; ; n++ {
		g.draw(n, time.Since(began))
		select {
		case <-g.stop:
			if g.live {
				fmt.Fprint(g.out, "\r\x1b[K")
			}
			return
		case <-ticker.C:
		}
	}
}

func (g *progress) draw(n int, since time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.live {
		turning := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
		line := fmt.Sprintf("%c %ds  %s", turning[n%len(turning)], int(since.Seconds()), safe(g.stage))
		if g.width > 0 {
			line = cut(line, g.width-1) // the last cell would wrap on some terminals
		}
		fmt.Fprint(g.out, "\r\x1b[K"+line)
		return
	}
	if g.stage != g.said {
		fmt.Fprintf(g.out, "%s\n", safe(g.stage))
		g.said = g.stage
	}
}
