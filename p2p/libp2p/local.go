package libp2p

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"golang.org/x/net/ipv4"

	"github.com/souk-network/souk/protocol/wire"
)

// Local discovery: a peer finds others of its network on the local networks of its
// machine by multicast DNS (RFC 6762), in the form of libp2p's mDNS discovery. What
// is heard is a hint from whoever is near, and may be a lie: it is bounded before
// it is read, nothing outside the local network is dialled for it, and that the
// right peer is there is proved by the connection.
const (
	firstAsk    = time.Second     // between the first question and the second
	lastAsk     = time.Minute     // between two, at most
	answerPause = time.Second     // between two answers on one interface (RFC 6762, 6)
	maxPacket   = 9000            // bytes (RFC 6762, 17)
	maxLocal    = 64              // peers heard of that wait to be dialled
	localAtOnce = 4               // dialled at the same time
	localAgain  = time.Minute     // before a peer heard of is dialled again
	localTime   = 5 * time.Second // for one of them to answer
	maxDialled  = 1024            // peers dialled in that time
)

var mdnsGroup = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

// interfaces returns those on which peers may be sought: up, and able to multicast.
// Tests choose others.
var interfaces = func() (all []net.Interface) {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range list {
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0 && i.Flags&net.FlagLoopback == 0 {
			all = append(all, i)
		}
	}
	return all
}

// local is one peer's hold on its local networks.
type local struct {
	n        *Network
	service  string // see serviceOf
	instance string // a label of this run that says nothing
	conn     *ipv4.PacketConn
	heard    chan peer.AddrInfo // who waits to be dialled

	mu       sync.Mutex
	joined   map[int]bool      // interfaces, by index
	answered map[int]time.Time // when last, by interface
	dialled  map[wire.Key]time.Time
}

// seekLocally begins to find and be found on the local networks.
func (n *Network) seekLocally() error {
	c, err := net.ListenUDP("udp4", mdnsGroup) // shared with others on this machine
	if err != nil {
		return fmt.Errorf("libp2p: local discovery: %w", err)
	}
	l := &local{
		n: n, service: serviceOf(n.opts.Net), instance: randomLabel(), conn: ipv4.NewPacketConn(c),
		joined: map[int]bool{}, answered: map[int]time.Time{}, dialled: map[wire.Key]time.Time{},
		heard: make(chan peer.AddrInfo, maxLocal),
	}
	_ = l.conn.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true) // where it cannot be known, nothing is answered
	_ = l.conn.SetMulticastTTL(255)
	_ = l.conn.SetMulticastLoopback(true) // others on this machine hear it
	context.AfterFunc(n.ctx, func() { _ = c.Close() })
	for _, f := range []func(){l.listen, l.ask, l.visit} {
		if n.begin() {
			go func() {
				defer n.work.Done()
				f()
			}()
		}
	}
	return nil
}

// places returns the addresses at which this peer can be dialled on one interface,
// and the networks it is in.
func (l *local) places(i net.Interface) (places []multiaddr.Multiaddr, nets []netip.Prefix) {
	addrs, err := i.Addrs()
	if err != nil {
		return nil, nil
	}
	own := map[netip.Addr]bool{}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
			own[p.Addr()] = true
			nets = append(nets, p.Masked())
		}
	}
	all, err := l.n.host.Network().InterfaceListenAddresses()
	if err != nil {
		return nil, nil
	}
	for _, a := range all {
		ip, err := manet.ToIP(a)
		if err != nil {
			continue
		}
		if at, ok := netip.AddrFromSlice(ip); ok && own[at.Unmap()] && len(places) < MaxPeerAddrs {
			places = append(places, a)
		}
	}
	return places, nets
}

// ask asks on every interface, often at first and then once a minute, and tells
// where this peer is when it begins to use one.
func (l *local) ask() {
	pause := firstAsk
	for l.n.ctx.Err() == nil {
		for _, i := range interfaces() {
			places, _ := l.places(i)
			if len(places) == 0 {
				continue // it cannot be dialled there, and is none of those near
			}
			if l.join(i) {
				l.say(i.Index, l.record(places))
				pause = firstAsk
			}
			l.say(i.Index, question(l.service))
		}
		l.n.sleep(pause)
		pause = min(2*pause, lastAsk)
	}
}

// join begins to listen on an interface, and reports whether it had not before.
func (l *local) join(i net.Interface) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.joined[i.Index] || l.conn.JoinGroup(&i, mdnsGroup) != nil {
		return false
	}
	l.joined[i.Index] = true
	return true
}

// say sends a packet to all on an interface's network. What is lost is said again.
func (l *local) say(index int, packet []byte) {
	_, _ = l.conn.WriteTo(packet, &ipv4.ControlMessage{IfIndex: index}, mdnsGroup)
}

// listen reads packets until the peer is closed.
func (l *local) listen() {
	b := make([]byte, maxPacket)
	for l.n.ctx.Err() == nil {
		size, about, _, err := l.conn.ReadFrom(b)
		if err != nil {
			l.n.sleep(answerPause)
			continue
		}
		// What was not sent to the group may come from anywhere.
		if about == nil || !about.Dst.IsMulticast() || !l.uses(about.IfIndex) {
			continue
		}
		i, err := net.InterfaceByIndex(about.IfIndex)
		if err != nil {
			continue
		}
		places, nets := l.places(*i)
		asked, told := readPacket(b[:size], l.service)
		if asked && len(places) > 0 && l.mayAnswer(about.IfIndex) {
			l.say(about.IfIndex, l.record(places))
		}
		for _, info := range told {
			l.hear(info, nets)
		}
	}
}

// uses reports whether this peer is sought and seeks on an interface.
func (l *local) uses(index int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.joined[index]
}

// mayAnswer reports whether an answer is due on an interface: whoever asks too
// often, or in another's name, gets none more.
func (l *local) mayAnswer(index int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.answered[index]) < answerPause {
		return false
	}
	l.answered[index] = time.Now()
	return true
}

// hear notes a peer that was heard of in some networks, unless too many wait.
func (l *local) hear(info peer.AddrInfo, nets []netip.Prefix) {
	key, err := keyOf(info.ID)
	if err != nil || key == l.n.key || l.n.linked(key) != nil {
		return
	}
	near := peer.AddrInfo{ID: info.ID}
	for _, a := range info.Addrs {
		if len(near.Addrs) < MaxPeerAddrs && isNear(a, nets) {
			near.Addrs = append(near.Addrs, a)
		}
	}
	if len(near.Addrs) == 0 {
		return
	}
	select {
	case l.heard <- near:
	default:
	}
}

// isNear reports whether an address is one of ours, TCP or QUIC, in one of the networks.
func isNear(a multiaddr.Multiaddr, nets []netip.Prefix) bool {
	var form strings.Builder
	for _, c := range a {
		form.WriteString("/" + c.Protocol().Name)
	}
	switch form.String() {
	case "/ip4/tcp", "/ip6/tcp", "/ip4/udp/quic-v1", "/ip6/udp/quic-v1":
	default:
		return false
	}
	ip, err := manet.ToIP(a)
	if err != nil {
		return false
	}
	at, ok := netip.AddrFromSlice(ip)
	return ok && slices.ContainsFunc(nets, func(p netip.Prefix) bool { return p.Contains(at.Unmap()) })
}

// visit dials who was heard of, a few at a time, while there are not links enough.
func (l *local) visit() {
	var all sync.WaitGroup
	defer all.Wait()
	free := make(chan struct{}, localAtOnce)
	for {
		var info peer.AddrInfo
		select {
		case info = <-l.heard:
		case <-l.n.ctx.Done():
			return
		}
		key, err := keyOf(info.ID)
		if err != nil || l.n.linked(key) != nil || len(l.n.Peers()) >= enough || !l.mayDial(key) {
			continue
		}
		select {
		case free <- struct{}{}:
		case <-l.n.ctx.Done():
			return
		}
		l.n.host.Peerstore().AddAddrs(info.ID, info.Addrs, peerstore.TempAddrTTL)
		all.Go(func() {
			defer func() { <-free }()
			ctx, cancel := context.WithTimeout(l.n.ctx, localTime)
			defer cancel()
			_ = l.n.reach(ctx, key) // who is there will be heard of again
		})
	}
}

// mayDial reports whether a peer heard of is to be dialled: not again and again,
// and not as many as someone cares to invent.
func (l *local) mayDial(key wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.dialled[key]) < localAgain {
		return false
	}
	if len(l.dialled) >= maxDialled {
		for k, at := range l.dialled {
			if now.Sub(at) >= localAgain {
				delete(l.dialled, k)
			}
		}
		if len(l.dialled) >= maxDialled {
			return false
		}
	}
	l.dialled[key] = now
	return true
}
