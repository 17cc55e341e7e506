package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/exec"
	"github.com/souk-network/souk/cmd/souk/demo"
	"github.com/souk-network/souk/cmd/souk/settings"
	doorhttp "github.com/souk-network/souk/gateway/http"
)

// The demo has processes of its own: one peer that can be killed, and one that
// sweeps up where the demo itself is killed. Each holds the read end of a pipe
// whose other end the demo holds, and ends when that is gone.

// demoPeerCommand is the process of one peer of the demo.
func demoPeerCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "peer", Short: "Run a peer of the demo, until standard input ends", Hidden: true,
		Example: "  souk demo peer --home DIR --net souk-demo",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			home, set, _, err := p.settings(c)
			if err != nil {
				return err
			}
			set.Local = false
			go func() {
				_, _ = io.Copy(io.Discard, p.in) // however it ends, the demo is gone
				os.Exit(1)
			}()
			return p.up(c.Context(), home, set, &secret{none: true}, crew{workers: []worker.Maker{demo.Craft{}}})
		},
	}
	peerFlags(c)
	localFlag(c)
	return c
}

// demoSweepCommand is the process that removes the homes when the demo is gone.
func demoSweepCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "sweep DIR", Short: "Remove a folder once standard input ends", Hidden: true,
		Example: "  souk demo sweep DIR",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			_, _ = io.Copy(io.Discard, p.in)
			return sweep(a[0])
		},
	}
}

// sweep removes a folder of homes, in which a dying process may still write, and the
// rooms of tasks that were under way in them.
func sweep(folder string) (err error) {
	homes, _ := os.ReadDir(folder) // what cannot be read is not removed either, and told of below
	for _, home := range homes {
		_ = exec.Sweep(settings.Home{Data: filepath.Join(folder, home.Name())}.Rooms())
	}
	for range 50 {
		if err = os.RemoveAll(folder); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// child is one process of the demo's own.
type child struct {
	cmd   *osexec.Cmd
	began time.Time
	leash io.Closer // closed, it ends
	first chan string
	ended chan error
}

// startChild runs this program again, with other words.
func startChild(words ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c := &child{cmd: osexec.Command(self, words...), first: make(chan string, 1), ended: make(chan error, 1)}
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = ownGroup() // Ctrl-C is for the demo, which then ends them in order
	leash, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.leash = leash
	c.began = time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		c.first <- line
		_, _ = io.Copy(io.Discard, r)
		c.ended <- c.cmd.Wait()
	}()
	return c, nil
}

// doomed is a peer in a process of its own.
type doomed struct {
	*doorhttp.Client
	words []string
	life  *child // nil while it is dead
}

// spawn makes a home and runs its peer in a process of its own.
func (p *program) spawn(ctx context.Context, home settings.Home, set settings.Settings) (demo.Mortal, error) {
	if _, err := p.found(home, set, &secret{none: true}); err != nil {
		return nil, err
	}
	words := []string{"demo", "peer", "--json", "--home", home.Data, "--net", set.Net, "--log", set.Log, "--no-mdns"}
	for _, a := range set.Listen {
		words = append(words, "--listen", a)
	}
	for _, a := range set.Bootstrap {
		words = append(words, "--bootstrap", a)
	}
	m := &doomed{Client: doorhttp.Dial(home.Socket()), words: words}
	return m, m.Revive(ctx)
}

// Revive fulfils demo.Mortal.
func (m *doomed) Revive(ctx context.Context) (err error) {
	if m.life, err = startChild(m.words...); err != nil {
		return err
	}
	select {
	case line := <-m.life.first:
		var up shownUp
		if err := json.Unmarshal([]byte(line), &up); err != nil || up.Schema != "souk.up/v1" {
			return errors.Join(errors.New("its process did not come up"), m.Kill())
		}
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), m.Kill())
	}
}

// Kill fulfils demo.Mortal.
func (m *doomed) Kill() error {
	if m.life == nil {
		return nil
	}
	err := m.life.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) { // somebody else was faster
		err = nil
	}
	<-m.life.ended // the error is that it was killed
	m.life = nil
	return errors.Join(err, m.Client.Close())
}

// Close ends the process well, or else by force.
func (m *doomed) Close() error {
	if m.life == nil {
		return nil
	}
	asked := m.life.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-m.life.ended:
		m.life = nil
		return errors.Join(asked, err, m.Client.Close())
	case <-time.After(5 * time.Second):
		return errors.Join(asked, m.Kill())
	}
}
