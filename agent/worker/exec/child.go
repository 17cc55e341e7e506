package exec

import (
	osexec "os/exec"
	"sync"
)

// child is a started program and the process group it leads.
type child struct {
	cmd  *osexec.Cmd
	mark string // a setting of its environment that no other process has

	mu   sync.Mutex
	gone bool // reaped: the number of its group may be another's by now
}

// await returns when the program has ended, everything left of its group has been killed, and the
// program is reaped. It must be called once.
func (c *child) await() error {
	if !awaitUnreaped(c.cmd.Process.Pid) {
		err := c.cmd.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		// The group's number is free from here on if nothing is left in it. Nobody else can
		// have led a new group of this number within these instructions but by great ill luck.
		killGroup(c.cmd.Process.Pid)
		c.gone = true
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	killGroup(c.cmd.Process.Pid)
	killMarked(c.cmd.Process.Pid, c.mark)
	c.gone = true
	return c.cmd.Wait()
}

// kill ends the whole group at once. It may be called at any time, also twice.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone {
		killGroup(c.cmd.Process.Pid)
	}
}
