package libp2p_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	golibp2p "github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-varint"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

// stranger is a plain libp2p host that follows only the rules it wants to.
type stranger struct {
	host.Host
	key wire.Key
}

func newStranger(t *testing.T, name string) stranger {
	t.Helper()
	return strangerAt(t, name, "/ip4/127.0.0.1/tcp/0")
}

// strangerAt is a stranger who listens at an address.
func strangerAt(t *testing.T, name, listen string) stranger {
	t.Helper()
	key := p2ptest.Key(name)
	seed := key.Seed()
	id, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	h, err := golibp2p.New(golibp2p.Identity(id), golibp2p.DisableMetrics(), golibp2p.DisableRelay(),
		golibp2p.ListenAddrStrings(listen))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return stranger{h, key.Key()}
}

// meets connects the stranger to n.
func (s stranger) meets(t *testing.T, n p2p.Network) peer.ID {
	t.Helper()
	info, err := peer.AddrInfoFromString(n.Addrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(t.Context(), *info); err != nil {
		t.Fatal(err)
	}
	return info.ID
}

// says opens a stream and writes b.
func (s stranger) says(t *testing.T, to peer.ID, id protocol.ID, b []byte) network.Stream {
	t.Helper()
	st, err := s.NewStream(t.Context(), to, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Write(b); err != nil {
		t.Fatal(err)
	}
	_ = st.SetReadDeadline(time.Now().Add(p2ptest.Patience))
	return st
}

// cut fails unless the other side ends st without a word.
func cut(t *testing.T, st network.Stream) {
	t.Helper()
	b, err := io.ReadAll(io.LimitReader(st, 100))
	var timeout interface{ Timeout() bool }
	if len(b) > 0 || err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the stream gave %q, %v; want it cut", b, err)
	}
}

const (
	linkID     = "/souk/test/link/1"
	artefactID = "/souk/test/artefact/1"
	pullID     = "/souk/test/pull/1"
	whereID    = "/souk/test/where/1"
	logID      = "/souk/test/log/1"
)

// local opens a peer on loopback and closes it with the test.
func local(t *testing.T, name string, r *p2ptest.Recorder) p2p.Network {
	t.Helper()
	n := open("/ip4/127.0.0.1/tcp/0")(t, p2ptest.Key(name), r)
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, w := range r.Wrong() {
			t.Error(w)
		}
	})
	return n
}

func TestGarbageOnALinkStream(t *testing.T) {
	for name, said := range map[string][]byte{
		"another first byte":     []byte("GET / HTTP/1.1\r\n\r\n"),
		"a length over MaxFrame": append([]byte{0}, varint.ToUvarint(p2p.MaxFrame+1)...),
		"the largest length":     append([]byte{0}, bytes.Repeat([]byte{0xff}, 9)...),
		"a length not minimal":   {0, 0x81, 0x00, 'x'},
		"an empty frame later":   {0, 1, 'x', 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := &p2ptest.Recorder{}
			n, s := local(t, "n", r), newStranger(t, "stranger")
			answers := make(chan network.Stream, 4)
			s.SetStreamHandler(linkID, func(st network.Stream) { answers <- st })
			cut(t, s.says(t, s.meets(t, n), linkID, said))
			if said[0] == 0 {
				r.Until(t, "the link is down", func() bool { ups, downs := r.Links(s.key); return ups == 1 && downs == 1 })
			} else if ups, _ := r.Links(s.key); ups != 0 {
				t.Error("a link came up")
			}
			if len(n.Peers()) != 0 {
				t.Error("the link is still listed")
			}
		})
	}
}

func TestGarbageOnOtherStreams(t *testing.T) {
	r := &p2ptest.Recorder{}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	to := s.meets(t, n)
	for id, said := range map[protocol.ID]string{artefactID: "too short", pullID: "", whereID: "too short"} {
		st := s.says(t, to, id, []byte(said))
		if err := st.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		cut(t, st)
	}
	st := s.says(t, to, pullID, []byte{p2p.Shards})
	if b, err := io.ReadAll(st); err != nil || !bytes.Equal(b, []byte{1}) {
		t.Errorf("a shard that is not there: %v, %v", b, err)
	}
}

func TestManyStreamsOfOnePeer(t *testing.T) {
	r := &p2ptest.Recorder{}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	s.SetStreamHandler(linkID, func(network.Stream) {})
	to := s.meets(t, n)
	opened := 0
	for range 200 {
		st, err := s.NewStream(t.Context(), to, linkID)
		if err != nil {
			continue
		}
		if _, err := st.Write([]byte{0}); err == nil {
			opened++
		}
	}
	t.Logf("%d of 200 streams could be written to before they were cut", opened)
	// Someone decent is served all the same.
	other := &p2ptest.Recorder{}
	m := local(t, "m", other)
	if _, err := m.Connect(t.Context(), n.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), n.Self(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	r.Until(t, "the frame is there", func() bool { return r.Count(m.Self()) == 1 })
}

// TestStreamsForNothing: peers that open as many streams as they may, and never say
// what for, keep nobody else from opening one, and lose their connections.
func TestStreamsForNothing(t *testing.T) {
	r := &p2ptest.Recorder{}
	n := local(t, "n", r)
	gone := make(chan bool, 16)
	for i := range 8 {
		s := newStranger(t, fmt.Sprint("raw ", i))
		s.Network().Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { gone <- true }})
		c := s.Network().ConnsToPeer(s.meets(t, n))[0]
		for range 100 {
			st, err := c.NewStream(t.Context())
			if err != nil {
				break
			}
			if _, err := st.Write([]byte{1}); err != nil {
				break
			}
		}
	}
	m := local(t, "m", &p2ptest.Recorder{})
	if _, err := m.Connect(t.Context(), n.Addrs()[0]); err != nil {
		t.Fatalf("somebody decent: %v", err)
	}
	if err := m.Send(t.Context(), n.Self(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	r.Until(t, "the frame is there", func() bool { return r.Count(m.Self()) == 1 })
	for range 8 {
		select {
		case <-gone:
		case <-time.After(p2ptest.Patience):
			t.Fatal("connections with streams for nothing are kept")
		}
	}
	if up := m.Peers(); len(up) != 1 {
		t.Errorf("somebody decent has %d links", len(up))
	}
}

// TestIdleCrowd: peers that fill all connections there are from outside, and do nothing,
// do not hold them for good.
func TestIdleCrowd(t *testing.T) {
	defer libp2p.Spare(100 * time.Millisecond)()
	r := &p2ptest.Recorder{}
	friend := local(t, "friend", &p2ptest.Recorder{})
	n := start(t, "n", libp2p.Options{
		Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Connections: 20,
		Standing: func(k wire.Key) int {
			if k == friend.Self() {
				return 100
			}
			return 0
		},
	}, r)
	if _, err := friend.Connect(t.Context(), n.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		s := newStranger(t, fmt.Sprint("idle ", i))
		info, err := peer.AddrInfoFromString(n.Addrs()[0])
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Connect(t.Context(), *info) // as many as are let in
	}
	for i, deadline := 0, time.Now().Add(p2ptest.Patience); ; i++ {
		m := local(t, fmt.Sprint("decent ", i), &p2ptest.Recorder{})
		if _, err := m.Connect(t.Context(), n.Addrs()[0]); err == nil {
			if _, downs := r.Links(friend.Self()); downs > 0 {
				t.Error("the link to a friend made room for the crowd")
			}
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("somebody decent is kept out: %v", err)
		}
	}
}

func TestAPeerThatOpensNoStreamBack(t *testing.T) {
	r := &p2ptest.Recorder{}
	n, s := local(t, "n", r), newStranger(t, "stranger") // it speaks no link protocol
	s.says(t, s.meets(t, n), linkID, []byte{0, 1, 'x'})
	if err := n.Send(t.Context(), s.key, []byte("hello")); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("send: %v, want %v", err, p2p.ErrUnreachable)
	}
	if ups, _ := r.Links(s.key); ups != 0 || r.Count(s.key) != 0 {
		t.Error("half a link counts as a link")
	}
}

func TestAnotherNetworkIsNotSpokenWith(t *testing.T) {
	r := &p2ptest.Recorder{}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	s.SetStreamHandler("/souk/other/link/1", func(network.Stream) {})
	addr := s.Addrs()[0].String() + "/p2p/" + s.ID().String()
	if _, err := n.Connect(t.Context(), addr); !errors.Is(err, p2p.ErrUnreachable) {
		t.Errorf("connect: %v, want %v", err, p2p.ErrUnreachable)
	}
}

func TestAPeerIsAnEd25519Key(t *testing.T) {
	n := local(t, "n", &p2ptest.Recorder{})
	key, _, err := crypto.GenerateECDSAKeyPair(strings.NewReader(strings.Repeat("souk", 1000)))
	if err != nil {
		t.Fatal(err)
	}
	h, err := golibp2p.New(golibp2p.Identity(key), golibp2p.DisableMetrics(), golibp2p.NoListenAddrs)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	info, err := peer.AddrInfoFromString(n.Addrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context(), *info); err == nil {
		_, err = h.NewStream(t.Context(), info.ID, linkID)
		if err == nil {
			t.Error("a peer with another kind of key was let in")
		}
	}
}

// field is one length-delimited protobuf field.
func field(number byte, b []byte) []byte {
	return append(append([]byte{number<<3 | 2}, varint.ToUvarint(uint64(len(b)))...), b...)
}

// within returns the first length-delimited field of that number in b, or nil.
func within(b []byte, number byte) []byte {
	for len(b) > 1 {
		size, n, err := varint.FromUvarint(b[1:])
		if err != nil || b[0]&7 != 2 || uint64(len(b)) < uint64(1+n)+size {
			return nil
		}
		value := b[1+n : uint64(1+n)+size]
		if b[0]>>3 == number {
			return value
		}
		b = b[uint64(1+n)+size:]
	}
	return nil
}

// gossips subscribes the stranger to a topic at n, waits until n has taken it
// into its mesh, and returns what publishes there.
func (s stranger) gossips(t *testing.T, n p2p.Network, topic string) (publish func(data string)) {
	t.Helper()
	const meshID = "/meshsub/1.1.0"
	grafted := make(chan error, 1)
	s.SetStreamHandler(meshID, func(st network.Stream) {
		_ = st.SetReadDeadline(time.Now().Add(p2ptest.Patience))
		r := bufio.NewReader(st)
		for {
			size, err := varint.ReadUvarint(r)
			rpc := make([]byte, min(size, 1<<20))
			if err == nil {
				_, err = io.ReadFull(r, rpc)
			}
			const control, graft = 3, 3
			if err != nil || within(within(rpc, control), graft) != nil {
				grafted <- err
				return
			}
		}
	})
	st, err := s.NewStream(t.Context(), s.meets(t, n), meshID)
	if err != nil {
		t.Fatal(err)
	}
	say := func(rpc []byte) {
		if _, err := st.Write(append(varint.ToUvarint(uint64(len(rpc))), rpc...)); err != nil {
			t.Fatal(err)
		}
	}
	say(field(1, append([]byte{1 << 3, 1}, field(2, []byte(topic))...)))
	if err := <-grafted; err != nil {
		t.Fatal(err)
	}
	return func(data string) {
		say(field(2, append(field(2, []byte(data)), field(4, []byte(topic))...)))
	}
}

// TestFaultyAnnouncementsCost checks the scoring: after three faults nothing
// more of a peer is read, and what others say still is.
func TestFaultyAnnouncementsCost(t *testing.T) {
	r := &p2ptest.Recorder{Judge: func(_ uint8, m []byte) p2p.Judgement {
		if bytes.HasPrefix(m, []byte("faulty")) {
			return p2p.Reject
		}
		return p2p.Accept
	}}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	if err := n.Join(0); err != nil {
		t.Fatal(err)
	}
	publish := s.gossips(t, n, "/souk/test/offers/0")
	for _, m := range []string{"sound", "faulty 1", "faulty 2", "faulty 3"} {
		publish(m)
		r.Until(t, m+" is heard", func() bool { return r.Heard(0, []byte(m)) })
	}
	publish("too late")
	other := &p2ptest.Recorder{}
	m := local(t, "m", other)
	if err := m.Join(0); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Connect(t.Context(), n.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	other.Announce(t, m, 0, []byte("decent"))
	r.Until(t, "others are heard", func() bool { return r.Heard(0, []byte("decent")) })
	if r.Heard(0, []byte("too late")) {
		t.Error("a peer with three faults is still read")
	}
}

// answering makes s take link streams, and returns them.
func (s stranger) answering() <-chan network.Stream {
	taken := make(chan network.Stream, 16)
	s.SetStreamHandler(linkID, func(st network.Stream) { taken <- st })
	return taken
}

// hears reads from st what is expected and nothing else.
func hears(t *testing.T, st network.Stream, want string) {
	t.Helper()
	_ = st.SetReadDeadline(time.Now().Add(p2ptest.Patience))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(st, got); err != nil || string(got) != want {
		t.Fatalf("heard %q, %v; want %q", got, err, want)
	}
}

// TestAPeerComesBackUnnoticed links with a peer that vanishes without a word, as
// a killed process does, and comes back over another connection.
func TestAPeerComesBackUnnoticed(t *testing.T) {
	r := &p2ptest.Recorder{}
	n, before, after := local(t, "n", r), newStranger(t, "stranger"), newStranger(t, "stranger")
	old, gone := before.answering(), make(chan bool, 1)
	before.Network().Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { gone <- true }})
	to := before.meets(t, n)
	before.says(t, to, linkID, []byte{0})
	r.Until(t, "the link is up", func() bool { ups, _ := r.Links(before.key); return ups == 1 })
	lost := <-old
	hears(t, lost, "\x00")

	taken := after.answering()
	after.meets(t, n)
	after.says(t, to, linkID, []byte("\x00\x03new"))
	r.Until(t, "the frame is there", func() bool { return r.Count(after.key) == 1 })
	if ups, downs := r.Links(after.key); ups != 2 || downs != 1 {
		t.Errorf("up %d times, down %d times; want 2 and 1", ups, downs)
	}
	if err := n.Send(t.Context(), after.key, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	hears(t, <-taken, "\x00\x05hello")
	cut(t, lost)
	select {
	case <-gone:
	case <-time.After(p2ptest.Patience):
		t.Error("the connection that was lost is kept")
	}
}

// TestBytesOfTheOtherStreams checks what docs/spec/transport.md says of them.
func TestBytesOfTheOtherStreams(t *testing.T) {
	body := []byte("0123456789")
	id := wire.Sum(body)
	r := &p2ptest.Recorder{Artefacts: map[wire.CID][]byte{id: body}}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	r.Announce(t, n, 3, []byte("one"))
	r.Announce(t, n, 3, []byte("three"))
	to := s.meets(t, n)
	none := wire.Sum(nil)
	for _, c := range []struct {
		id         protocol.ID
		said, want string
	}{
		{artefactID, string(id[:]) + "\x00\x00\x00\x00\x00\x00\x00\x04", "\x00456789"},
		{artefactID, string(none[:]) + "\x00\x00\x00\x00\x00\x00\x00\x00", "\x01"},
		{pullID, "\x03", "\x00\x03one\x05three"},
		{pullID, "\x04", "\x00"},
		{pullID, "\x10", "\x01"},
		{whereID, string(none[:]), "\x01"},
		{whereID, string(make([]byte, 32)), "\x00"}, // anyone: nobody is linked
	} {
		got, err := io.ReadAll(s.says(t, to, c.id, []byte(c.said)))
		if err != nil || string(got) != c.want {
			t.Errorf("%s answers %q with %q, %v; want %q", c.id, c.said, got, err, c.want)
		}
	}
}

// TestSlowPull has a peer that does not read what it pulled, though it may take it
// long: its turns are soon another's.
func TestSlowPull(t *testing.T) {
	defer libp2p.PullWithin(300 * time.Millisecond)()
	r := &p2ptest.Recorder{}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	for i := range 40 {
		r.Announce(t, n, 3, bytes.Repeat([]byte{byte(i)}, p2p.MaxAnnouncement))
	}
	to := s.meets(t, n)
	for range 2 {
		hears(t, s.says(t, to, pullID, []byte{3}), "\x00")
	}
	for deadline := time.Now().Add(p2ptest.Patience); ; {
		st := s.says(t, to, pullID, []byte{4})
		got, err := io.ReadAll(st)
		_ = st.Reset()
		if err == nil && string(got) == "\x00" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still busy: %q, %v", got, err)
		}
	}
}

// TestGreedyPulls: peers that hold all turns there are, and read nothing, leave every
// other peer one turn for each thing it may ask.
func TestGreedyPulls(t *testing.T) {
	r := &p2ptest.Recorder{}
	r.Pages = func(wire.Key, p2p.Place) ([][]byte, error) {
		var pages [][]byte
		for range p2p.MaxLogBytes / p2p.MaxPage {
			pages = append(pages, make([]byte, p2p.MaxPage))
		}
		return pages, nil
	}
	n := local(t, "n", r)
	for i := range 40 {
		r.Announce(t, n, 3, bytes.Repeat([]byte{byte(i)}, p2p.MaxAnnouncement))
	}
	for i := range 12 {
		s := newStranger(t, fmt.Sprint("greedy ", i))
		to := s.meets(t, n)
		for range 2 {
			for id, said := range map[protocol.ID][]byte{pullID: {3}, logID: make([]byte, 56)} {
				st := s.says(t, to, id, said)
				if _, err := io.ReadFull(st, make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	s := newStranger(t, "modest")
	to := s.meets(t, n)
	got, err := io.ReadAll(s.says(t, to, pullID, []byte{3}))
	if want := 1 + 40*(3+p2p.MaxAnnouncement); err != nil || len(got) != want {
		t.Errorf("a modest peer pulls %d bytes, %v; want %d", len(got), err, want)
	}
	got, err = io.ReadAll(s.says(t, to, logID, make([]byte, 56)))
	if err != nil || len(got) < 200<<10 || len(got) > 257<<10 {
		t.Errorf("a modest peer reads %d bytes of a log, %v; want 256 KiB", len(got), err)
	}
}

// TestEndlessPulls: one peer is handed so much a minute, whatever it asks for.
func TestEndlessPulls(t *testing.T) {
	r := &p2ptest.Recorder{}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	for i := range 250 {
		r.Announce(t, n, 3, bytes.Repeat([]byte{byte(i)}, p2p.MaxAnnouncement))
	}
	to, read, began := s.meets(t, n), 0, time.Now()
	for range 12 { // of 16 MiB each
		got, err := io.Copy(io.Discard, s.says(t, to, pullID, []byte{3}))
		if err != nil {
			t.Fatal(err)
		}
		if got == 1 {
			break
		}
		read += int(got)
	}
	const share = 64 << 20
	took := time.Since(began)
	if most := share*(1+took.Minutes()) + 17<<20; read < share || float64(read) > most {
		t.Errorf("%d bytes were pulled in %v, want %d a minute, and one answer more", read, took, share)
	}
}

// TestFloodOfAnnouncements: peers that announce more than can be judged leave each
// other peer its turn.
func TestFloodOfAnnouncements(t *testing.T) {
	n := local(t, "n", &p2ptest.Recorder{}).(*libp2p.Network)
	let := 0
	for flooder := range byte(20) {
		for range 1000 {
			if n.Wait(wire.Key{1, flooder}) {
				let++
			}
		}
	}
	if let != 512+12 {
		t.Errorf("%d announcements of 20 peers wait, want 512, and one for each that came later", let)
	}
	if !n.Wait(wire.Key{2}) {
		t.Error("another peer has no turn")
	}
	if n.Wait(wire.Key{2}) {
		t.Error("it takes more turns than there are")
	}
}

// TestEndlessAnnouncements: a neighbour that announces ever new things, all of them
// good, has only so many judged; another is heard all the same.
func TestEndlessAnnouncements(t *testing.T) {
	n := local(t, "n", &p2ptest.Recorder{}).(*libp2p.Network)
	judged, began := 0, time.Now()
	for i := range 20_000 {
		if n.Judge(wire.Key{1}, fmt.Append(nil, i)) == p2p.Accept {
			judged++
		}
	}
	took := time.Since(began)
	if most := 8192 * (1 + took.Seconds()/80); judged < 8192 || float64(judged) > most+100 {
		t.Errorf("%d announcements of one neighbour were judged in %v", judged, took)
	}
	if n.Judge(wire.Key{2}, []byte("another")) != p2p.Accept {
		t.Error("another neighbour is not heard")
	}
}

// TestFaultyPull pulls from a peer whose second announcement is faulty, and
// from one that sends too much.
func TestFaultyPull(t *testing.T) {
	judged := make(chan string, 10)
	r := &p2ptest.Recorder{Judge: func(_ uint8, m []byte) p2p.Judgement {
		judged <- string(m)
		if string(m) == "faulty" {
			return p2p.Reject
		}
		return p2p.Accept
	}}
	n, s := local(t, "n", r), newStranger(t, "stranger")
	if err := n.Join(5); err != nil {
		t.Fatal(err)
	}
	s.answering()
	over := append(varint.ToUvarint(p2p.MaxAnnouncement+1), "x"...)
	answers := make(chan string, 2)
	answers <- "\x00\x04good\x06faulty\x05never"
	answers <- "\x00\x05again" + string(over)
	served := make(chan error, 2)
	s.SetStreamHandler(pullID, func(st network.Stream) {
		defer st.Close()
		var shard [1]byte
		if _, err := io.ReadFull(st, shard[:]); err != nil || shard[0] != 5 {
			served <- errors.New("another shard was pulled")
			return
		}
		_, err := st.Write([]byte(<-answers))
		served <- err
	})
	s.says(t, s.meets(t, n), linkID, []byte{0})
	for range 2 { // at once, and once more a little later
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"good", "faulty", "again"} {
		if got := <-judged; got != want {
			t.Errorf("%q was judged, want %q", got, want)
		}
	}
}
