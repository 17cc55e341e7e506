package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/souk-network/souk/p2p/p2ptest"
)

const longest = 2 * time.Minute // any one thing a script waits for, on a machine that has much else to do

// house is the peers a script has running, by name.
type house map[string]*lodger

type lodger struct {
	cmd    *exec.Cmd
	ended  chan error
	errors *transcript
}

type houseKey struct{}

// up runs a peer and waits until it is ready: up NAME ARGUMENT…
// Its home is $WORK/NAME; $NAME becomes its first address,
// $NAME_AT that without the peer ID.
func up(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: up NAME ARGUMENT…")
	}
	lodge(ts, args[0], "up", "souk.up/v1", args[1:])
}

// bootstrap does the same with a bootstrap peer: bootstrap NAME ARGUMENT…
func bootstrap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: bootstrap NAME ARGUMENT…")
	}
	lodge(ts, args[0], "bootstrap", "souk.bootstrap/v1", args[1:])
}

// lodge runs a peer by that command, on loopback unless told otherwise.
func lodge(ts *testscript.TestScript, name, verb, schema string, args []string) {
	args = append([]string{verb, "--json"}, args...)
	if !slices.Contains(args, "--listen") {
		port, err := p2ptest.Port() // it is nobody else's while the peer is down
		ts.Check(err)
		args = append(args, "--listen", fmt.Sprint("/ip4/127.0.0.1/tcp/", port))
	}
	cmd := exec.Command(souk(ts), args...)
	cmd.Env = append(os.Environ(), "SOUK_HOME="+ts.MkAbs(name), "HOME="+ts.Getenv("HOME"), "SOUK_PASSPHRASE="+ts.Getenv("SOUK_PASSPHRASE"))
	l := &lodger{cmd: cmd, ended: make(chan error, 1), errors: new(transcript)}
	cmd.Stderr = l.errors
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	first := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		first <- line
		io.Copy(io.Discard, r)
		l.ended <- cmd.Wait()
	}()
	ts.Defer(func() { cmd.Process.Kill() })
	select {
	case line := <-first:
		var said shownUp
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Schema != schema || len(said.Addrs) == 0 {
			ts.Fatalf("%s said %q, %v: %s", name, line, err, l.errors)
		}
		ts.Setenv(name, said.Addrs[0])
		at, _, _ := strings.Cut(said.Addrs[0], "/p2p/")
		ts.Setenv(name+"_AT", at)
		ts.Setenv(name+"_PEER", said.Peer.String())
	case <-time.After(longest):
		ts.Fatalf("%s is not ready", name)
	}
	ts.Value(houseKey{}).(house)[name] = l
}

// finds runs a peer, and says how long after its start it finds an offer: finds NAME
// CAPABILITY ARGUMENT…
func finds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: finds NAME CAPABILITY ARGUMENT…")
	}
	began := time.Now()
	lodge(ts, args[0], "up", "souk.up/v1", args[2:])
	ready := time.Since(began)
	ts.Check(ts.Exec("souk", "find", args[1], "--wait", longest.String(), "--home", ts.MkAbs(args[0])))
	ts.Logf("%s is ready %v after its start, and has found %s after %v", args[0], ready.Round(time.Millisecond), args[1], time.Since(began).Round(time.Millisecond))
}

// logs waits until a peer has logged a line that a pattern fits: logs NAME PATTERN.
func logs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: logs NAME PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	l := ts.Value(houseKey{}).(house)[args[0]]
	if neg {
		if pattern.MatchString(l.errors.String()) {
			ts.Fatalf("%s logged: %s", args[0], l.errors)
		}
		return
	}
	if !l.errors.until(pattern.MatchString, longest) {
		ts.Fatalf("%s did not log %q: %s", args[0], args[1], l.errors)
	}
}

// transcript is what a process has written so far.
type transcript struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed and taken away by the next write
}

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
	return w.text.Write(b)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// until waits until what was written is as holds says, and reports whether it is.
func (w *transcript) until(holds func(string) bool, most time.Duration) bool {
	late := time.After(most)
	for {
		w.mu.Lock()
		text := w.text.String()
		if w.changed == nil {
			w.changed = make(chan struct{})
		}
		changed := w.changed
		w.mu.Unlock()
		if holds(text) {
			return true
		}
		select {
		case <-changed:
		case <-late:
			return false
		}
	}
}

// down ends a peer with a signal: down NAME [kill]. Without kill it must end well.
func down(ts *testscript.TestScript, neg bool, args []string) {
	l := ts.Value(houseKey{}).(house)[args[0]]
	signal := os.Signal(syscall.SIGTERM)
	if len(args) > 1 {
		signal = os.Kill
	}
	ts.Check(l.cmd.Process.Signal(signal))
	select {
	case err := <-l.ended:
		if err != nil && len(args) == 1 {
			ts.Fatalf("%s: %v: %s", args[0], err, l.errors)
		}
	case <-time.After(longest):
		ts.Fatalf("%s does not end", args[0])
	}
}

// spoil copies a file with one byte changed, the first of TEXT: spoil FROM TO TEXT.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	at := strings.Index(string(b), args[2])
	if at < 0 {
		ts.Fatalf("%s has no %q", args[0], args[2])
	}
	b[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}

// souk is the path of the command under test.
func souk(ts *testscript.TestScript) string {
	for folder := range strings.SplitSeq(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		path := filepath.Join(folder, "souk")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	ts.Fatalf("souk is not in PATH")
	return ""
}
