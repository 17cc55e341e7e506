package badgerdb

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/store"
)

// childRole makes this test binary play a part in a process of its own: some
// tests kill it, others damage what it opens.
const childRole = "BADGERDB_TEST_ROLE"

func TestMain(m *testing.M) {
	role, dir, ok := strings.Cut(os.Getenv(childRole), " ")
	if !ok {
		goleak.VerifyTestMain(m)
		return
	}
	var err error
	switch role {
	case "write":
		err = writeForever(dir, os.Stdout)
	case "read":
		err = readAll(dir, os.Stdout)
	default:
		err = fmt.Errorf("no role %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(role, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	// The race detector would have each child linger for a second.
	c.Env = append(os.Environ(), childRole+"="+role+" "+dir, "GORACE=atexit_sleep_ms=0")
	return c
}

// content returns the record that the tests append with number seq, about 200 bytes.
func content(seq uint64) []byte {
	return bytes.Repeat(binary.BigEndian.AppendUint64(nil, seq*0x9e3779b97f4a7c15), 10+int(seq%29))
}

// writeForever appends records and prints the number of each as soon as it is durable.
func writeForever(dir string, to io.Writer) error {
	s, err := Open(dir, Defaults())
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	for seq := s.durableHead().Seq + 1; ; seq++ {
		s.Append(content(seq), func(err error) {
			if err == nil {
				// One write is one line: no buffer may keep what was acknowledged.
				_, err = fmt.Fprintln(to, seq)
			}
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
		select {
		case err := <-failed:
			return err
		default:
		}
	}
}

// readAll prints how many records are there and all right, and what was found after them.
func readAll(dir string, to io.Writer) error {
	o := Defaults()
	o.Warn = func(string) {}
	s, err := Open(dir, o)
	if errors.Is(err, store.ErrDamaged) {
		_, err = fmt.Fprintln(to, 0, "damaged:", err)
		return err
	}
	if err != nil {
		return err
	}
	head, err := s.Replay(1, func(seq uint64, r []byte) error {
		if !bytes.Equal(r, content(seq)) {
			return fmt.Errorf("record %d is not what was written", seq)
		}
		return nil
	})
	word := "whole"
	if errors.Is(err, store.ErrDamaged) {
		word, err = "damaged: "+err.Error(), nil
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(to, head.Seq, word); err != nil {
		return err
	}
	return s.Close()
}

// acknowledged reads the numbers a writing child printed and returns the last.
func acknowledged(t *testing.T, from io.Reader) (last uint64) {
	t.Helper()
	for lines := bufio.NewScanner(from); lines.Scan(); {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			return last // the kill cut the line short
		}
		last = n
	}
	return last
}
