package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

// mortal is one home, and the process that runs its peer: killed, it can be
// started again with the same words.
type mortal struct {
	t     *testing.T
	name  string
	home  string
	peer  wire.Key
	port  int
	other *mortal
	life  *life
}

// life is one process.
type life struct {
	cmd    *exec.Cmd
	told   chan moment // closed when the process is gone
	goOn   *os.File
	ended  chan struct{} // closed when err is set
	err    error
	stderr bytes.Buffer // to be read once it has ended
}

// pair makes the homes of two peers that will know each other's address.
func pair(t *testing.T) (provider, hirer *mortal) {
	t.Helper()
	provider, hirer = newMortal(t, "P"), newMortal(t, "H")
	provider.other, hirer.other = hirer, provider
	return provider, hirer
}

func newMortal(t *testing.T, name string) *mortal {
	t.Helper()
	port, err := p2ptest.Port()
	if err != nil {
		t.Fatal(err)
	}
	m := &mortal{t: t, name: name, home: filepath.Join(t.TempDir(), name), port: port}
	var made shownInit
	m.show(&made, "init", "--no-passphrase")
	m.peer = made.Peer
	return m
}

func (m *mortal) place() string { return fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", m.port) }

// start runs the peer; at the moment halt it will stand still.
func (m *mortal) start(halt moment) {
	m.t.Helper()
	told, tell := m.pipe()
	wait, goOn := m.pipe()
	l := &life{told: make(chan moment, 64), goOn: goOn, ended: make(chan struct{})}
	l.cmd = exec.Command(watchedSouk, "up", "--json", "--log", "debug",
		"--listen", m.place(), "--bootstrap", m.other.place()+"/p2p/"+m.other.peer.String())
	l.cmd.Env = append(m.environment(), haltAt+"="+string(halt))
	l.cmd.ExtraFiles = []*os.File{tell, wait} // files 3 and 4
	l.cmd.Stderr = &l.stderr
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.life = l
	m.t.Cleanup(func() { m.bury(l) })
	for _, f := range []*os.File{tell, wait} {
		if err := f.Close(); err != nil {
			m.t.Fatal(err)
		}
	}
	ready := make(chan string, 1)
	go func() {
		defer close(l.ended)
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		ready <- line
		_, _ = io.Copy(io.Discard, r)
		l.err = l.cmd.Wait()
	}()
	go func() {
		defer close(l.told)
		defer told.Close()
		for lines := bufio.NewScanner(told); lines.Scan(); {
			l.told <- moment(lines.Text())
		}
	}()
	select {
	case line := <-ready:
		var up shownUp
		if err := json.Unmarshal([]byte(line), &up); err != nil || up.Peer != m.peer {
			m.t.Fatalf("%s said %q when it came up: %v", m.name, line, err)
		}
	case <-time.After(longest):
		m.t.Fatalf("%s does not come up", m.name)
	}
}

// environment is that of every process in m's home.
func (m *mortal) environment() []string {
	return append(os.Environ(), "SOUK_HOME="+m.home)
}

func (m *mortal) pipe() (r, w *os.File) {
	m.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		m.t.Fatal(err)
	}
	return r, w
}

// bury ends what is left of a life, and tells of it where the test has failed.
func (m *mortal) bury(l *life) {
	_ = l.cmd.Process.Kill() // most have ended before
	<-l.ended
	_ = l.goOn.Close() // perhaps again
	for range l.told {
	}
	if m.t.Failed() {
		m.t.Logf("%s, process %d (%v):\n%s", m.name, l.cmd.Process.Pid, l.err, &l.stderr)
	}
}

// await waits until the peer tells a moment.
func (m *mortal) await(want moment) {
	m.t.Helper()
	late := time.After(longest)
	for {
		select {
		case got, ok := <-m.life.told:
			if !ok {
				m.t.Fatalf("%s ended before it was %s", m.name, want)
			}
			if got == want {
				return
			}
		case <-late:
			m.t.Fatalf("%s never told that it was %s", m.name, want)
		}
	}
}

// goOn ends a halt.
func (m *mortal) goOn() {
	m.t.Helper()
	if err := m.life.goOn.Close(); err != nil {
		m.t.Fatal(err)
	}
}

// kill ends the process with SIGKILL and returns once it is gone.
func (m *mortal) kill() {
	m.t.Helper()
	if err := m.life.cmd.Process.Kill(); err != nil {
		m.t.Fatal(err)
	}
	m.gone()
	if status, ok := m.life.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		m.t.Fatalf("%s was to die of SIGKILL: %v", m.name, m.life.err)
	}
}

// stop asks the process to end, which it must do well.
func (m *mortal) stop() {
	m.t.Helper()
	if err := m.life.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
	m.gone()
	if m.life.err != nil {
		m.t.Errorf("%s did not end well: %v", m.name, m.life.err)
	}
}

func (m *mortal) gone() {
	m.t.Helper()
	select {
	case <-m.life.ended:
	case <-time.After(longest):
		m.t.Fatalf("%s does not end", m.name)
	}
}

// final waits until a job has ended and returns it.
func (m *mortal) final(id string) gateway.Job {
	m.t.Helper()
	desk := doorhttp.Dial(settings.Home{Data: m.home}.Socket())
	defer desk.Close()
	ctx, cancel := context.WithTimeout(m.t.Context(), longest)
	defer cancel()
	for seen := ""; ; {
		job, err := desk.Await(ctx, id, seen)
		if err != nil {
			m.t.Fatalf("%s, job %s, last seen %q: %v", m.name, id, seen, err)
		}
		if job.Final {
			return job
		}
		seen = job.Stage
	}
}

// command is one run of souk in a home.
type command struct {
	*exec.Cmd
	out, err strings.Builder
	ended    chan error
}

// begin runs souk in m's home.
func (m *mortal) begin(args ...string) *command {
	m.t.Helper()
	c := &command{Cmd: exec.Command("souk", args...), ended: make(chan error, 1)}
	c.Env = m.environment()
	c.Stdout, c.Stderr = &c.out, &c.err
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() { c.ended <- c.Wait() }()
	return c
}

// end returns the exit status of a command.
func (m *mortal) end(c *command) int {
	m.t.Helper()
	select {
	case err := <-c.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			m.t.Fatal(err)
		}
		return c.ProcessState.ExitCode()
	case <-time.After(longest):
		_ = c.Process.Kill()
		<-c.ended
		m.t.Fatalf("%s: souk %s does not end", m.name, strings.Join(c.Args[1:], " "))
		return 0
	}
}

// show runs a command that must succeed and reads its JSON.
func (m *mortal) show(into any, args ...string) {
	m.t.Helper()
	c := m.begin(append(args, "--json")...)
	if status := m.end(c); status != 0 {
		m.t.Fatalf("%s: souk %s: status %d: %s", m.name, strings.Join(args, " "), status, &c.err)
	}
	if err := json.Unmarshal([]byte(c.out.String()), into); err != nil {
		m.t.Fatalf("%s: souk %s printed %q: %v", m.name, strings.Join(args, " "), &c.out, err)
	}
}
