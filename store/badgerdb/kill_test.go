package badgerdb

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/souk-network/souk/store"
)

// A process is killed at a moment it does not expect, several times over one
// directory. Each record it was told is durable must be there, unchanged, and
// the next process goes on after the last.
func TestKilledProcessLosesNothing(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 11))
	for round := range 8 {
		last := killAfter(t, dir, 50+r.IntN(3000<<(round%3)))
		s := mustOpen(t, dir)
		head, err := s.Replay(1, func(seq uint64, record []byte) error {
			if !bytes.Equal(record, content(seq)) {
				return errors.New("a record is not what was written")
			}
			return nil
		})
		if err != nil || head.Seq < last {
			t.Fatalf("round %d: %d records are there (%v), %d were acknowledged", round, head.Seq, err, last)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter lets a child write until it has printed some bytes of numbers, kills
// it, and returns the last number that it printed.
func killAfter(t *testing.T, dir string, printed int) uint64 {
	t.Helper()
	c := child("write", dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	if _, err := io.CopyN(&seen, out, int64(printed)); err != nil {
		t.Fatalf("the writing process ended by itself: %v\n%s", err, said.Bytes())
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&seen, out); err != nil {
		t.Fatal(err)
	}
	err = c.Wait()
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the writing process was to die of SIGKILL: %v\n%s", err, said.Bytes())
	}
	return acknowledged(t, &seen)
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := Open(dir, Defaults()); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("a second Open: %v, want ErrLocked", err)
	}
	out, err := child("read", dir).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte(store.ErrLocked.Error())) || bytes.Contains(out, []byte("goroutine")) {
		t.Fatalf("a second process: %v\n%s", err, out)
	}
	fill(t, s, 3) // the first is unharmed
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
}
