package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

const longest = 20 * time.Second // any one thing a script waits for

// house is the peers a script has running, by name.
type house map[string]*lodger

type lodger struct {
	cmd    *exec.Cmd
	ended  chan error
	errors *strings.Builder
}

type houseKey struct{}

// up runs a peer and waits until it is ready: up NAME ARGUMENT…
// Its home is $WORK/NAME; $NAME becomes its first address,
// $NAME_AT that without the peer ID.
func up(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: up NAME ARGUMENT…")
	}
	name := args[0]
	cmd := exec.Command(souk(ts), append([]string{"up", "--json", "--listen", "/ip4/127.0.0.1/tcp/0"}, args[1:]...)...)
	cmd.Env = append(os.Environ(), "SOUK_HOME="+ts.MkAbs(name), "HOME="+ts.Getenv("HOME"), "SOUK_PASSPHRASE="+ts.Getenv("SOUK_PASSPHRASE"))
	l := &lodger{cmd: cmd, ended: make(chan error, 1), errors: new(strings.Builder)}
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
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Schema != "souk.up/v1" || len(said.Addrs) == 0 {
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
