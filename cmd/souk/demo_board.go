package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"

	"github.com/souk-network/souk/cmd/souk/demo"
)

const frame = 60 * time.Millisecond // between two drawings of the board

// board is the live table of a demo. A row that is over stands in it for good;
// on a terminal those under way are drawn again and again below it, elsewhere
// they are not shown.
type board struct {
	out    io.Writer
	width  int  // cells of a line, 0 for any number
	height int  // lines of the terminal
	live   bool // what is under way is drawn
	bold   bool // and in colours

	mu      sync.Mutex
	began   time.Time
	scene   string
	jobs    int // that are to be settled
	settled int
	rows    []demo.Row // under way, by number
	over    []string   // lines that are to stand
	drawn   int        // lines that the next drawing takes away
	turn    int

	stop     chan struct{}
	finished chan struct{}
}

// beginBoard starts the table on the command's output. The caller must end it.
func (p *program) beginBoard(jobs int) *board {
	b := &board{
		out: p.out, jobs: jobs, began: time.Now(), height: 24,
		stop: make(chan struct{}), finished: make(chan struct{}),
	}
	if p.json {
		b.out = io.Discard
	}
	b.width, b.live = p.screen(p.out)
	b.live = b.live && !p.json && p.env("TERM") != "dumb"
	b.bold = b.live && p.coloured()
	if f, ok := p.out.(*os.File); ok && b.live {
		if _, h, err := term.GetSize(int(f.Fd())); err == nil && h > 0 {
			b.height = h
		}
	}
	b.over = []string{b.paint("1", b.line("AT", "JOB", "BUYER", "WANTS", "FROM", "STAGE", "PAID", ""))}
	go b.run()
	return b
}

func (b *board) run() {
	defer close(b.finished)
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		select {
		case <-b.stop:
			b.draw(true)
			return
		case <-ticker.C:
			b.draw(false)
		}
	}
}

// end takes away what is under way. It may be called twice.
func (b *board) end() {
	b.mu.Lock()
	select {
	case <-b.stop:
	default:
		close(b.stop)
	}
	b.mu.Unlock()
	<-b.finished
}

// setting names what is being waited for.
func (b *board) setting(scene string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scene = scene
}

// tell takes in how an order stands.
func (b *board) tell(r demo.Row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, known := slices.BinarySearchFunc(b.rows, r.N, func(x demo.Row, n int) int { return x.N - n })
	switch {
	case known && r.Final:
		b.rows = slices.Delete(b.rows, i, i+1)
	case known:
		b.rows[i] = r
	case !r.Final:
		b.rows = slices.Insert(b.rows, i, r)
	}
	if r.Final && r.OK {
		b.settled++
	}
	if r.Final || r.Note != "" {
		b.over = append(b.over, b.show(r)...)
	}
}

// draw brings the screen up to date.
func (b *board) draw(last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s strings.Builder
	if b.drawn > 0 {
		fmt.Fprintf(&s, "\x1b[%dA\r\x1b[J", b.drawn)
		b.drawn = 0
	}
	for _, line := range b.over {
		fmt.Fprintln(&s, line)
	}
	b.over = nil
	if b.live && !last {
		for _, r := range b.rows[:min(len(b.rows), max(b.height-3, 0))] {
			for _, line := range b.show(r)[:1] {
				fmt.Fprintln(&s, line)
				b.drawn++
			}
		}
		fmt.Fprintln(&s, b.foot())
		b.drawn++
	}
	_, _ = io.WriteString(b.out, s.String()) // a screen that is gone is told by the page after it
}

func (b *board) foot() string {
	turning := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	b.turn++
	return b.fit(fmt.Sprintf("%c %4.1f s  %d of %d settled, %d under way: %s",
		turning[b.turn%len(turning)], time.Since(b.began).Seconds(), b.settled, b.jobs, len(b.rows), safe(b.scene)))
}

// Cells of the board's columns, and from which width on there is one for notes.
var cells = []int{5, 3, 9, 14, 8, 10, 5}

const noted = 110

// line aligns the cells of one line; a note follows them as far as there is room.
func (b *board) line(texts ...string) string {
	var s strings.Builder
	for i, w := range cells {
		text := cut(safe(texts[i]), w)
		space := strings.Repeat(" ", w-lipgloss.Width(text))
		if i < 2 || i == len(cells)-1 {
			text = space + text
		} else {
			text += space
		}
		s.WriteString(text + "  ")
	}
	return b.fit(strings.TrimRight(s.String()+safe(texts[len(cells)]), " "))
}

func (b *board) fit(line string) string {
	if b.width > 0 {
		return cut(line, b.width)
	}
	return line
}

// show writes a row; where lines are short, what is worth saying about it has its own.
func (b *board) show(r demo.Row) []string {
	paid, note := "", r.Note
	if r.Final && !r.Paid.IsZero() {
		paid = r.Paid.String()
	}
	narrow := b.width > 0 && b.width < noted
	if narrow {
		note = ""
	}
	who := r.Provider
	if who == "" {
		who = "-"
	}
	line := b.line(fmt.Sprintf("%.2f", r.At.Seconds()), strconv.Itoa(r.N), r.Buyer, r.Capability, who, r.Stage, paid, note)
	switch {
	case r.Final && r.OK:
		line = b.paint("32", line)
	case r.Final || r.Note != "":
		line = b.paint("33", line)
	}
	lines := []string{line}
	if narrow && r.Note != "" {
		lines = append(lines, b.paint("33", b.fit("            "+safe(r.Note))))
	}
	return lines
}

func (b *board) paint(style, line string) string {
	if !b.bold {
		return line
	}
	return "\x1b[" + style + "m" + line + "\x1b[0m"
}
