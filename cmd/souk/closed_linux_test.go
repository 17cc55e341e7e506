package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// passer is a user without rights: nobody.
const passer = 65534

// asPasser has a program run as a user without rights where this test has them: they
// would let it read everything.
func asPasser(c *exec.Cmd, environment ...string) *exec.Cmd {
	c.Env, c.Dir = environment, "/"
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: passer, Gid: passer}}
	}
	return c
}

// TestNobodyReadsThePassphrase: another program of the same user, as one that is sold is,
// reads neither the environment nor the memory of a peer.
func TestNobodyReadsThePassphrase(t *testing.T) {
	folder, err := os.MkdirTemp("", "souk-closed-") // t.TempDir is under one that nobody else may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if os.Getuid() == 0 {
		if err := os.Chown(folder, passer, passer); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Open("/proc/self/exe") // it lies where nobody else may go either
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	const secret = "SOUK_PASSPHRASE=open sesame"
	souk := func(words ...string) *exec.Cmd {
		c := asPasser(exec.CommandContext(t.Context(), "/proc/self/fd/3", words...),
			secret, "SOUK_HOME="+filepath.Join(folder, "home"), "SOUK_LOCAL_DISCOVERY=false", "HOME="+folder, "PATH="+os.Getenv("PATH"))
		c.Args[0], c.ExtraFiles = "souk", []*os.File{self}
		return c
	}
	if out, err := souk("init").CombinedOutput(); err != nil {
		t.Fatalf("init: %v: %s", err, out)
	}

	// Of a process that is not closed it is read: otherwise nothing would be shown here.
	open := begin(t, asPasser(exec.CommandContext(t.Context(), "sh", "-c", "echo ready; exec cat"), secret, "PATH="+os.Getenv("PATH")))
	if got, err := peek(open, "environ"); err != nil || !bytes.Contains(got, []byte("sesame")) {
		t.Fatalf("of an open process is read: %q, %v", got, err)
	}

	up := begin(t, souk("up", "--listen", "/ip4/127.0.0.1/tcp/0"))
	for _, name := range []string{"environ", "mem", "cwd/", "auxv"} {
		if got, err := peek(up, name); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("of a peer is read: %s: %.60q, %v", name, got, err)
		}
	}
}

// begin starts a program, waits until it says something, and ends it with the test.
func begin(t *testing.T, c *exec.Cmd) (pid int) {
	t.Helper()
	var complaints bytes.Buffer
	c.Stderr = &complaints
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		_ = c.Wait()
	})
	if err != nil {
		t.Fatalf("it said %q, %v", line, err)
	}
	return c.Process.Pid
}

// peek reads the beginning of what /proc has of a process, as a program of the same user
// may. The error is fs.ErrPermission where it may not.
func peek(pid int, name string) ([]byte, error) {
	path := fmt.Sprintf("/proc/%d/%s", pid, name)
	verb := "head -c 4096 <"
	if strings.HasSuffix(name, "/") {
		verb = "ls "
	}
	out, err := asPasser(exec.Command("sh", "-c", verb+path), "LC_ALL=C", "PATH="+os.Getenv("PATH")).CombinedOutput()
	if err != nil && bytes.Contains(out, []byte("Permission denied")) {
		return nil, fs.ErrPermission
	}
	return out, err
}
