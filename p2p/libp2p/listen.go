package libp2p

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"
)

// ListenError tells of addresses that cannot be listened on. It is the error of New where
// that is all of them, and of a Trouble where it is one among others.
type ListenError struct {
	Addrs []string // what was asked for
	Port  string   // the first that another program has already; empty where there is none
	why   string
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("cannot listen on %s: %s", strings.Join(e.Addrs, ", "), e.why)
}

// Why says in the system's words what is wrong with the addresses.
func (e *ListenError) Why() string { return e.why }

// listen listens on one address after the other, since go-libp2p names those that it
// cannot have only where that is all.
func listen(h host.Host, opts Options) error {
	var deaf []*ListenError
	for _, a := range opts.Listen {
		addr, err := multiaddr.NewMultiaddr(a)
		if err == nil {
			err = h.Network().Listen(addr)
		}
		if err != nil {
			deaf = append(deaf, listenError(a, err))
		}
	}
	if len(deaf) == len(opts.Listen) && len(deaf) > 0 {
		return joined(deaf)
	}
	for _, e := range deaf {
		if opts.Trouble != nil {
			opts.Trouble(Trouble{Addrs: e.Addrs, Err: e})
		}
	}
	return nil
}

var taken = regexp.MustCompile(`:(\d+): bind: address already in use`)

func listenError(addr string, err error) *ListenError {
	e := &ListenError{Addrs: []string{addr}, why: err.Error()}
	if i := strings.Index(e.why, "["); strings.HasPrefix(e.why, "failed to listen on any addresses") && i >= 0 {
		e.why = strings.Trim(e.why[i:], "[]") // the reason stands in brackets
	}
	if m := taken.FindStringSubmatch(e.why); m != nil {
		e.Port = m[1]
	}
	return e
}

// joined is one error of several, which are not none.
func joined(all []*ListenError) *ListenError {
	one := &ListenError{}
	var why []string
	for _, e := range all {
		one.Addrs, why = append(one.Addrs, e.Addrs...), append(why, e.why)
		if one.Port == "" {
			one.Port = e.Port
		}
	}
	one.why = strings.Join(why, "; ")
	return one
}
