package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// side is one of the two processes of a story, or the program that does the work.
type side string

const (
	provider side = "provider"
	hirer    side = "hirer"
	theWork  side = "work"
)

// death is when a peer is killed: where at is the victim itself, the moment is
// on its disk (or about to be) and nothing that follows from it has been said;
// where at is the other side, the moment has been said, and has come to the
// other's disk, which does nothing about it until the victim is dead.
type death struct {
	victim side
	moment moment
	at     side
	rerun  bool   // the offer says that its work may be done again
	ends   string // the stage on both sides
	runs   int    // how often the work is begun in all
}

const (
	settled   = "settled"
	cancelled = "cancelled"
)

var deaths = []death{
	// What a hirer was about to do when it died, it does when it is back.
	{hirer, agreed, hirer, false, settled, 1},
	{hirer, agreed, provider, false, settled, 1},
	{hirer, begun, hirer, false, settled, 1},
	{hirer, delivered, hirer, false, settled, 1},
	{hirer, before(closed), hirer, false, settled, 1},
	{hirer, closed, hirer, false, settled, 1},
	{hirer, closed, provider, false, settled, 1},
	{hirer, before(receipted), hirer, false, settled, 1},
	{hirer, receipted, hirer, false, settled, 1},

	// A provider that dies while it owes the work calls off what may not be done twice.
	{provider, before(agreed), provider, false, settled, 1},
	{provider, agreed, provider, false, cancelled, 0},
	{provider, agreed, provider, true, settled, 1},
	{provider, begun, theWork, false, cancelled, 1}, // before Started is recorded
	{provider, begun, theWork, true, settled, 2},
	{provider, begun, provider, false, cancelled, 1},
	{provider, begun, hirer, false, cancelled, 1},
	{provider, begun, hirer, true, settled, 2},
	{provider, before(delivered), provider, false, cancelled, 1},
	{provider, before(delivered), provider, true, settled, 2},

	// A provider that dies with the work done is paid for it.
	{provider, delivered, provider, false, settled, 1},
	{provider, delivered, hirer, false, settled, 1},
	{provider, closed, hirer, false, settled, 1},
	{provider, before(closed), provider, false, settled, 1},
	{provider, closed, provider, false, settled, 1}, // one record with its Countersign
	{provider, receipted, hirer, false, settled, 1},
}

func (d death) String() string {
	s := fmt.Sprintf("%s/%s/at_%s", d.victim, d.moment, d.at)
	if d.rerun {
		s += "/rerun"
	}
	return s
}

// TestKilled kills either side of a job with SIGKILL at each moment that counts
// and starts it again. The job ends in one final stage on both sides, is charged
// once or not at all, and its work is not done twice unless its offer allows it.
func TestKilled(t *testing.T) {
	const atOnce = 8 // they mostly wait, so more than there are processors
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, d := range deaths {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			t.Run(d.String(), func(t *testing.T) { tellStory(t, d) })
		})
	}
	all.Wait()
}

// story is two peers and the job between them.
type story struct {
	*testing.T
	death
	provider, hirer *mortal
	work            *tally
	result          string // file that the hire writes
}

const (
	capability = "text/words@1"
	order      = "one"
	toll       = 5
)

func tellStory(t *testing.T, d death) {
	p, h := pair(t)
	folder := t.TempDir()
	s := &story{t, d, p, h, newTally(t), filepath.Join(folder, "result")}
	input := filepath.Join(folder, "input")
	if err := os.WriteFile(input, []byte("the quick brown fox\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start(s.halt(provider))
	h.start(s.halt(hirer))
	offer := []string{
		"offer", "add", capability, "--price", fmt.Sprint(toll), "--asset", "souk:credit/usd-6", "--exec", s.program(),
	}
	if d.rerun {
		offer = append(offer, "--rerun-safe")
	}
	p.show(&shownOffer{}, offer...)
	h.show(&shownFound{}, "find", capability, "--wait", longest.String())
	hire := []string{"hire", capability, "--in", input, "--key", order, "--json", "--out", s.result}
	hiring := h.begin(hire...)

	victim := s.die()
	if victim == h {
		s.expectBrokenHire(hiring)
	}
	victim.start("")
	bought := h.final(order)
	sold := p.final(bought.ID.String())
	if bought.Stage != d.ends || sold.Stage != d.ends {
		t.Fatalf("the hirer's job is %s (%s), the provider's %s (%s); want %s",
			bought.Stage, bought.Code, sold.Stage, sold.Code, d.ends)
	}
	if victim == h {
		hiring = h.begin(hire...) // the same order
	}
	s.expectHire(hiring)
	if d.ends == cancelled {
		h.await(receipted) // the end of the hold has been seen by both
	}
	s.expectResult()
	s.expectBooks()
	if runs := s.work.count(); runs != d.runs {
		t.Errorf("the work was begun %d times, want %d: %q", runs, d.runs, s.work.told)
	}
	p.stop()
	h.stop()
}

// program is the slow program that does the work, and tells of each run.
func (s *story) program() string {
	// Its parent is the peer: that tells two runs of one peer from one of each.
	tell, pause := "echo run of $PPID >"+s.work.path, "sleep 1.5"
	switch {
	case s.moment != begun:
	case s.victim == hirer:
		pause = "sleep 3" // so that Started is said however busy the machine
	default: // however late the provider is killed, its first run is not done
		tell = fmt.Sprintf("mkdir %s.first 2>/dev/null && %s && exec sleep 60; %[2]s", s.work.path, tell)
	}
	return fmt.Sprintf("sh -c '%s; %s; wc -w'", tell, pause)
}

// halt returns the moment at which one side stands still.
func (s *story) halt(of side) moment {
	if s.at == of {
		return s.moment
	}
	return ""
}

// die waits for the moment and kills the victim.
func (s *story) die() *mortal {
	s.Helper()
	victim, witness := s.provider, s.hirer
	if s.victim == hirer {
		victim, witness = witness, victim
	}
	switch s.at {
	case theWork:
		s.work.await()
		victim.kill()
	case s.victim:
		victim.await(s.moment)
		victim.kill()
	default:
		witness.await(s.moment)
		if s.moment == begun && victim == s.provider {
			s.work.await() // Started tells that it was to begin, and a slow machine takes its time
		}
		victim.kill()
		witness.goOn()
	}
	return victim
}

// expectBrokenHire: a hire whose own peer dies says so, and what to do.
func (s *story) expectBrokenHire(c *command) {
	s.Helper()
	status := s.hirer.end(c)
	if e := failureOf(c); status != 3 || e.Code != gateway.CodeUnavailable || !e.Retryable || !strings.Contains(e.Hint, "`souk ") {
		s.Errorf("the hire ended with %d and printed %q: %s", status, &c.out, &c.err)
	}
}

// expectHire: a hire sees the job through to its end, over the provider's death.
func (s *story) expectHire(c *command) {
	s.Helper()
	status := s.hirer.end(c)
	if s.ends == cancelled {
		if e := failureOf(c); status != 1 || e.Code != protocol.CodeInterrupted {
			s.Errorf("the hire ended with %d: %s", status, &c.err)
		}
		return
	}
	result, err := os.ReadFile(s.result)
	if status != 0 || err != nil || strings.TrimSpace(string(result)) != "4" {
		s.Errorf("the hire ended with %d: %s; its result is %q, %v", status, &c.err, result, err)
	}
}

// failureOf returns why a command failed, in its own words.
func failureOf(c *command) gateway.Error {
	var f failure
	if json.Unmarshal([]byte(c.err.String()), &f) != nil || f.Error == nil || c.out.Len() > 0 {
		return gateway.Error{}
	}
	return *f.Error
}

// expectResult: what was paid for is there, and nothing else.
func (s *story) expectResult() {
	s.Helper()
	c := s.hirer.begin("job", "result", order)
	switch status := s.hirer.end(c); {
	case s.ends == settled && (status != 0 || strings.TrimSpace(c.out.String()) != "4"),
		s.ends == cancelled && (status != 7 || c.out.Len() > 0):
		s.Errorf("fetching the result ended with %d and printed %q: %s", status, &c.out, &c.err)
	}
}

// expectBooks: both sides tell the same of the one job and of what is owed for
// it, and their journals are whole.
func (s *story) expectBooks() {
	s.Helper()
	owed := wire.Amount{}
	if s.ends == settled {
		owed = wire.Units(toll)
	}
	for _, m := range []*mortal{s.provider, s.hirer} {
		want := gateway.Pair{Peer: m.other.peer, Asset: "souk:credit/usd-6", OwedToMe: owed}
		if m == s.hirer {
			want.IOwe, want.OwedToMe = owed, wire.Amount{}
		}
		var l gateway.Ledger
		if m.show(&l, "ledger"); len(l.Pairs) != 1 || l.Pairs[0] != want {
			s.Errorf("the books of %s: %+v, want %+v", m.name, l.Pairs, want)
		}
		var j shownJobs
		if m.show(&j, "jobs"); len(j.Jobs) != 1 || j.Jobs[0].Stage != s.ends || j.Jobs[0].Paid != owed {
			s.Errorf("the jobs of %s: %+v", m.name, j.Jobs)
		}
		var v gateway.Verification
		if m.show(&v, "verify"); !v.OK {
			s.Errorf("the journal of %s: %+v", m.name, v)
		}
	}
	var status gateway.Status
	if s.hirer.show(&status, "status"); len(status.Budgets) != 1 || status.Budgets[0].Spent != owed {
		s.Errorf("under the mandate there is spent %+v, want %s", status.Budgets, owed)
	}
}

// tally counts the runs of a program that writes a line into a named pipe each
// time, and tells when one begins.
type tally struct {
	t     *testing.T
	path  string
	pipe  *os.File
	lines chan string
	told  []string // one line of each run
}

func newTally(t *testing.T) *tally {
	t.Helper()
	y := &tally{t: t, path: filepath.Join(t.TempDir(), "runs"), lines: make(chan string, 64)}
	if err := syscall.Mkfifo(y.path, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	// Open for both, so that neither side waits for the other to open it too.
	if y.pipe, err = os.OpenFile(y.path, os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(y.lines)
		for lines := bufio.NewScanner(y.pipe); lines.Scan(); {
			y.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = y.pipe.Close()
		for range y.lines {
		}
	})
	return y
}

// next returns the next line of the pipe.
func (y *tally) next() string {
	y.t.Helper()
	select {
	case line := <-y.lines:
		return line
	case <-time.After(longest):
		y.t.Fatal("the work is not begun")
		return ""
	}
}

// await waits until a run begins.
func (y *tally) await() {
	y.t.Helper()
	y.told = append(y.told, y.next())
}

// count returns how often the program was run until now.
func (y *tally) count() int {
	y.t.Helper()
	const end = "end"
	if _, err := fmt.Fprintln(y.pipe, end); err != nil {
		y.t.Fatal(err)
	}
	for line := y.next(); line != end; line = y.next() {
		y.told = append(y.told, line)
	}
	return len(y.told)
}
