package p2ptest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// Ports are handed out below those that a system gives to whoever names none, and
// in blocks. A process holds the first port of each block that is its own for as
// long as it lives, so that no two processes hand out the same.
const (
	firstPort  = 10_000
	portBlocks = 100
	blockPorts = 200
)

var ports struct {
	sync.Mutex
	held []net.Listener // the first of each block
	next int
	end  int // of the newest block
}

// Port returns a TCP port of loopback on which nobody listens. No other test is given
// it while this process lives, also while whoever listened on it is gone.
func Port() (int, error) {
	ports.Lock()
	defer ports.Unlock()
	for {
		if ports.next == ports.end {
			if err := claimBlock(); err != nil {
				return 0, err
			}
		}
		port := ports.next
		ports.next++
		if l, err := listenOn(port); err == nil {
			return port, l.Close()
		}
	}
}

// claimBlock takes a block that no process has. The caller holds ports.
func claimBlock() error {
	for i := range portBlocks {
		first := firstPort + (os.Getpid()+i)%portBlocks*blockPorts
		if l, err := listenOn(first); err == nil {
			ports.held = append(ports.held, l)
			ports.next, ports.end = first+1, first+blockPorts
			return nil
		}
	}
	return errors.New("every block of ports is somebody's")
}

func listenOn(port int) (net.Listener, error) {
	return net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
}
