package libp2p_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"

	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
)

// onLoopback has peers sought on loopback alone, or skips the test where multicast
// does not work there. It returns what says a packet to all, and what waits for one
// that holds a text.
func onLoopback(t *testing.T) (say func(packet []byte), hear func(text string) bool) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Skipf("the interfaces cannot be listed: %v", err)
	}
	var lo *net.Interface
	for i := range all {
		if all[i].Flags&net.FlagLoopback != 0 && all[i].Flags&net.FlagUp != 0 {
			lo = &all[i]
		}
	}
	if lo == nil {
		t.Skip("there is no loopback interface")
	}
	c, err := net.ListenUDP("udp4", libp2p.MDNSGroup)
	if err != nil {
		t.Skipf("port %d cannot be shared here: %v", libp2p.MDNSGroup.Port, err)
	}
	t.Cleanup(func() { _ = c.Close() })
	p := ipv4.NewPacketConn(c)
	if err := p.JoinGroup(lo, libp2p.MDNSGroup); err != nil {
		t.Skipf("no multicast on loopback: %v", err)
	}
	_ = p.SetMulticastLoopback(true)
	say = func(b []byte) {
		if _, err := p.WriteTo(b, &ipv4.ControlMessage{IfIndex: lo.Index}, libp2p.MDNSGroup); err != nil {
			t.Errorf("say %q: %v", b, err)
		}
	}
	hear = func(text string) bool {
		_ = c.SetReadDeadline(time.Now().Add(p2ptest.Patience / 4))
		for b := make([]byte, 9000); ; {
			n, _, _, err := p.ReadFrom(b)
			if err != nil || bytes.Contains(b[:n], []byte(text)) {
				return err == nil
			}
		}
	}
	probe := "is multicast heard on loopback?"
	if _, err := p.WriteTo([]byte(probe), &ipv4.ControlMessage{IfIndex: lo.Index}, libp2p.MDNSGroup); err != nil {
		t.Skipf("no multicast on loopback: %v", err)
	}
	if !hear(probe) {
		t.Skip("multicast on loopback is not heard")
	}
	t.Cleanup(libp2p.SeekOn(*lo))
	return say, hear
}

// TestLocal has peers of one network find each other with no address given, over
// TCP and QUIC, and leave those of another alone.
func TestLocal(t *testing.T) {
	onLoopback(t)
	ra, rb := &p2ptest.Recorder{}, &p2ptest.Recorder{}
	a := start(t, "a", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}, Local: true}, ra)
	other, err := libp2p.New(libp2p.Options{
		Key: p2ptest.Key("other"), Net: "other", Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Local: true,
	}, &p2ptest.Recorder{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	began := time.Now()
	b := start(t, "b", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Local: true}, rb)
	ra.Until(t, "a has found b", up(ra, b.Self()))
	rb.Until(t, "b has found a", up(rb, a.Self()))
	t.Logf("found after %v", time.Since(began).Round(time.Millisecond))
	if n := len(a.Peers()) + len(b.Peers()) + len(other.Peers()); n != 2 {
		t.Errorf("%d ends of links, want 2: %v %v %v", n, a.Peers(), b.Peers(), other.Peers())
	}
}

// TestServiceName is the example of docs/spec/transport.md.
func TestServiceName(t *testing.T) {
	if got, want := libp2p.ServiceOf("souk"), "_souk-4405f1c5._udp.local."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// announcement is what a peer says of itself, told by whoever packs it.
func announcement(t *testing.T, service string, texts ...string) []byte {
	t.Helper()
	head := func(name string) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: 120}
	}
	m := dnsmessage.Message{
		Header:      dnsmessage.Header{Response: true},
		Answers:     []dnsmessage.Resource{{Header: head(service), Body: &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("x." + service)}}},
		Additionals: []dnsmessage.Resource{{Header: head("x." + service), Body: &dnsmessage.TXTResource{TXT: texts}}},
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLocalLies has someone near say what is no packet, no address of ours, or far
// away: none of it is dialled, and the truth still is.
func TestLocalLies(t *testing.T) {
	say, hear := onLoopback(t)
	truth := start(t, "truth", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}}, &p2ptest.Recorder{})
	at, _, _ := strings.Cut(truth.Addrs()[0], "/p2p/")
	service, id := libp2p.ServiceOf("test"), truth.Self().String()
	r := &p2ptest.Recorder{}
	n := start(t, "n", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Local: true}, r)
	if !hear(n.Self().String()) {
		t.Fatal("it does not say where it is")
	}
	nobody := p2ptest.Key("nobody").Key().String()
	for _, lie := range [][]byte{
		nil, []byte("no packet"), bytes.Repeat([]byte{0xff}, 8000),
		announcement(t, service), announcement(t, service, ""), announcement(t, service, "dnsaddr="),
		announcement(t, service, "dnsaddr=/p2p/"+id),
		announcement(t, service, "dnsaddr="+at),
		announcement(t, service, "dnsaddr="+at+"/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN"),
		announcement(t, service, "dnsaddr=/ip4/192.0.2.1/tcp/1/p2p/"+nobody),                                    // far away
		announcement(t, service, "dnsaddr=/dns4/example.org/tcp/1/p2p/"+nobody),                                 // a name
		announcement(t, service, "dnsaddr="+at+"/ws/p2p/"+nobody),                                               // no transport of ours
		announcement(t, service, "dnsaddr="+at+"/p2p/"+nobody+"/p2p-circuit/p2p/"+id),                           // by way of another
		announcement(t, libp2p.ServiceOf("other"), "dnsaddr="+at+"/p2p/"+id),                                    // of another network
		announcement(t, service, "dnsaddr="+at+"/p2p/"+n.Self().String()),                                       // itself
		announcement(t, service, "dnsaddr=/ip4/127.0.0.1/tcp/"+freePort(t)+"/p2p/"+nobody),                      // nobody is there
		announcement(t, service, strings.Split(strings.Repeat("dnsaddr="+at+"/p2p/"+nobody+"\n", 60), "\n")...), // over and over
	} {
		say(lie)
	}
	if got := n.Peers(); len(got) != 0 {
		t.Errorf("linked to %v", got)
	}
	say(announcement(t, service, "dnsaddr="+at+"/p2p/"+id))
	r.Until(t, "it is linked with whom the truth names", up(r, truth.Self()))
	if got := n.Peers(); len(got) != 1 {
		t.Errorf("linked to %v", got)
	}
}

// TestLocalIsNearOnly reads what interfaces are used: none of loopback unless a
// test says so, so that a peer that listens on loopback alone says nothing.
func TestLocalIsNearOnly(t *testing.T) {
	for _, i := range libp2p.Interfaces() {
		if i.Flags&net.FlagLoopback != 0 || i.Flags&net.FlagMulticast == 0 || i.Flags&net.FlagUp == 0 {
			t.Errorf("peers are sought on %s (%v)", i.Name, i.Flags)
		}
	}
}

// FuzzReadPacket reads packets of a local network.
func FuzzReadPacket(f *testing.F) {
	service := libp2p.ServiceOf("test")
	t := new(testing.T)
	f.Add(announcement(t, service, "dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/"+p2ptest.Key("a").Key().String()))
	f.Add(announcement(t, service, "dnsaddr=/ip4/127.0.0.1/udp/1/quic-v1/p2p/"+p2ptest.Key("a").Key().String(), "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		asked, told := libp2p.ReadPacket(b, service)
		if asked && len(told) > 0 {
			t.Error("a packet asks and tells")
		}
		for _, info := range told {
			if info.ID == "" || len(told) > 64 {
				t.Errorf("told %v of %d", info, len(told))
			}
		}
	})
}
