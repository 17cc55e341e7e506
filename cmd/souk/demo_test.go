package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/souk-network/souk/cmd/souk/demo"
	"github.com/souk-network/souk/protocol/wire"
)

// TestDemoLeavesNothing ends a demo by itself, by Ctrl-C and by kill -9 in the
// middle, and kills who would sweep up: each time its processes are gone and so is
// its folder, and what it printed fits the width it was given.
func TestDemoLeavesNothing(t *testing.T) {
	for name, x := range map[string]struct {
		strike func(p *os.Process, folder string) error
		jobs   string // so many that a demo which is struck has not ended by itself before
		ends   bool   // well, all the same
	}{
		"by itself":   {func(*os.Process, string) error { return nil }, "6", true},
		"Ctrl-C":      {func(p *os.Process, _ string) error { return p.Signal(os.Interrupt) }, "200", false},
		"kill -9":     {func(p *os.Process, _ string) error { return p.Kill() }, "200", false},
		"its sweeper": {killSweeper, "6", true},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "its sweeper" && runtime.GOOS != "linux" {
				t.Skip("the processes of another are listed under Linux only")
			}
			folder := t.TempDir()
			c := exec.Command("souk", "demo", "--jobs", x.jobs)
			c.Env = append(os.Environ(), "TMPDIR="+folder, "COLUMNS=80")
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			// Every process of the demo holds it: it ends when the last of them has.
			errs, err := c.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			gone := make(chan string, 1)
			go func() {
				b, _ := io.ReadAll(errs)
				gone <- string(b)
			}()
			settled := false
			for lines := bufio.NewScanner(out); lines.Scan(); {
				line := lines.Text()
				if n := lipgloss.Width(line); n > 80 {
					t.Errorf("%d cells: %s", n, line)
				}
				if strings.Contains(line, " settled ") && !settled {
					if err := x.strike(c.Process, folder); err != nil {
						t.Fatal(err)
					}
				}
				settled = settled || strings.Contains(line, " settled ")
			}
			said := ""
			select {
			case said = <-gone:
			case <-time.After(longest):
				_ = c.Process.Kill()
				t.Fatal("a process of the demo is left")
			}
			err = c.Wait()
			if left, e := os.ReadDir(folder); e != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, e)
			}
			if !settled || (err == nil) != x.ends {
				t.Errorf("settled %t, %v: %s", settled, err, said)
			}
			if name == "Ctrl-C" && !strings.Contains(said, "interrupt signal received") {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// killSweeper kills the process that is to remove the homes of a demo. It is sought among
// all: a list of one's children may miss some while others come and go (proc(5)).
func killSweeper(_ *os.Process, folder string) error {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	for _, dir := range processes {
		words, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // it may have ended
		if !bytes.Contains(words, []byte("\x00sweep\x00"+folder)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	}
	return errors.New("no sweeper is found")
}

// TestBoard draws the live table on a small terminal and looks at its screen.
func TestBoard(t *testing.T) {
	var out bytes.Buffer
	b := &board{out: &out, width: 80, height: 24, live: true, jobs: 3, began: time.Now()}
	row := func(n int, stage string, final, ok bool, note string) demo.Row {
		return demo.Row{N: n, Buyer: "weaver", Capability: "text/words@1", Provider: "counter", Stage: stage, Final: final, OK: ok, Paid: wire.Units(5), Note: note}
	}
	b.setting("buying and \x1b[2Jselling")
	for _, step := range []struct {
		tell   []demo.Row
		stands []string // each line of the screen has these words
	}{
		{nil, []string{"0 of 3 settled, 0 under way: buying and \\x1b[2Jselling"}},
		{[]demo.Row{row(2, "funded", false, false, "")}, []string{"2 weaver text/words@1 counter funded", "0 of 3 settled, 1 under way"}},
		{[]demo.Row{row(1, "working", false, false, ""), row(2, "working", false, false, "")}, []string{"1 weaver text/words@1 counter working", "2 weaver text/words@1 counter working", "2 under way"}},
		{[]demo.Row{row(2, "settled", true, true, "")}, []string{"2 weaver text/words@1 counter settled 5", "1 weaver text/words@1 counter working", "1 of 3 settled, 1 under way"}},
		{[]demo.Row{row(1, "contested", true, false, "check: "+strings.Repeat("long ", 30))}, []string{"2 weaver text/words@1 counter settled 5", "1 weaver text/words@1 counter contested", "check: long long", "1 of 3 settled, 0 under way"}},
	} {
		for _, r := range step.tell {
			b.tell(r)
		}
		b.draw(false)
		got := screen(t, out.String(), 80)
		if len(got) != len(step.stands) {
			t.Fatalf("%d lines, want %d:\n%s", len(got), len(step.stands), strings.Join(got, "\n"))
		}
		for i, want := range step.stands {
			if !strings.Contains(strings.Join(strings.Fields(got[i]), " "), want) {
				t.Errorf("line %d is %q, want %q", i, got[i], want)
			}
		}
	}
	b.draw(true)
	if got := screen(t, out.String(), 80); len(got) != 3 || strings.Contains(strings.Join(got, ""), "under way") {
		t.Errorf("at the end the screen shows\n%s", strings.Join(got, "\n"))
	}
}

// screen plays what was written to a terminal, and returns its lines.
func screen(t *testing.T, written string, width int) []string {
	t.Helper()
	var lines []string
	line := ""
	for i := 0; i < len(written); {
		rest := written[i:]
		switch {
		case rest[0] == '\n':
			if n := lipgloss.Width(line); n > width {
				t.Errorf("%d cells: %q", n, line)
			}
			lines, line = append(lines, line), ""
			i++
		case rest[0] == '\r':
			line = ""
			i++
		case strings.HasPrefix(rest, "\x1b["):
			var up, used int
			if n, err := fmt.Sscanf(rest, "\x1b[%dA%n", &up, &used); n >= 1 && err == nil || n == 1 {
				end := strings.IndexByte(rest, 'A')
				lines = lines[:len(lines)-up]
				i += end + 1
				continue
			}
			if !strings.HasPrefix(rest, "\x1b[J") {
				t.Fatalf("an unknown control sequence: %q", rest[:min(len(rest), 12)])
			}
			i += len("\x1b[J")
		default:
			line += rest[:1]
			i++
		}
	}
	return lines
}
