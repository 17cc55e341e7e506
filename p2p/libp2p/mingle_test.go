package libp2p_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/multiformats/go-multiaddr"
	"github.com/multiformats/go-varint"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
)

// crowd opens many peers that know only the one in the middle.
func crowd(t *testing.T, many int, middle *libp2p.Network) (ns []*libp2p.Network, rs []*p2ptest.Recorder) {
	t.Helper()
	for i := range many {
		r := &p2ptest.Recorder{}
		n := start(t, fmt.Sprint("peer ", i), libp2p.Options{
			Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: middle.Addrs(), Neighbours: libp2p.Neighbours,
		}, r)
		for s := range uint8(p2p.Shards) {
			if err := n.Join(s); err != nil {
				t.Fatal(err)
			}
		}
		ns, rs = append(ns, n), append(rs, r)
	}
	return ns, rs
}

// TestCrowd has many peers join by one, all at once. Each announces something at
// once, and again when it has found others: all of it is heard by all, also when
// the one they joined by has gone.
func TestCrowd(t *testing.T) {
	const many, shard = 20, 8
	middle := start(t, "middle", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}}, &p2ptest.Recorder{})
	for s := range uint8(p2p.Shards) {
		if err := middle.Join(s); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	ns, rs := crowd(t, many, middle)
	all := func(word string) {
		t.Helper()
		began := time.Now()
		for i, n := range ns {
			rs[i].Announce(t, n, shard, fmt.Appendf(nil, "%s from %d", word, i))
		}
		for i, r := range rs {
			for j := range ns {
				if m := fmt.Appendf(nil, "%s from %d", word, j); i != j {
					r.Until(t, fmt.Sprintf("%d hears %s", i, m), func() bool { return r.Heard(shard, m) })
				}
			}
		}
		t.Logf("%d peers: all heard %q of all after %v", many, word, time.Since(began).Round(time.Millisecond))
	}
	all("early")
	for i, n := range ns {
		rs[i].Until(t, "it has found others", func() bool { return len(n.Peers()) >= libp2p.Neighbours })
	}
	t.Logf("%d peers have %d links or more after %v", many, libp2p.Neighbours, time.Since(began).Round(time.Millisecond))
	if err := middle.Close(); err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		r.Until(t, "the middle is gone", func() bool { return !up(r, middle.Self())() })
	}
	all("late")
}

// TestLyingFriend asks a neighbour whom it knows that answers with what is no
// address, nobody's, the asker's own, and far too much, and then with the truth.
func TestLyingFriend(t *testing.T) {
	chunk := func(b []byte) string { return string(varint.ToUvarint(uint64(len(b)))) + string(b) }
	place := func(addr string) string {
		a, err := multiaddr.NewMultiaddr(addr)
		if err != nil {
			t.Fatal(err)
		}
		return chunk(a.Bytes())
	}
	dead := "/ip4/127.0.0.1/tcp/" + freePort(t)
	truth := start(t, "truth", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}}, &p2ptest.Recorder{})
	honest := "\x00" + place(truth.Addrs()[0])
	for what, lie := range map[string]string{
		"nothing":       "\x00",
		"busy":          "\x02",
		"no answer":     "\x77",
		"an empty one":  "\x00\x00",
		"no address":    "\x00\x03abc",
		"a long one":    "\x00" + chunk(make([]byte, 257)),
		"nobody's":      "\x00" + place(dead),
		"an RSA peer's": "\x00" + place(dead+"/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN"),
		"no place":      "\x00" + place("/p2p/"+p2ptest.Key("nobody").Key().String()),
		"the asker's":   "\x00" + place(dead+"/p2p/"+p2ptest.Key("n").Key().String()),
		"a dead one's":  "\x00" + place(dead+"/p2p/"+p2ptest.Key("nobody").Key().String()),
		"another's":     "\x00" + place(truth.Addrs()[0][:strings.Index(truth.Addrs()[0], "/p2p/")]+"/p2p/"+p2ptest.Key("nobody").Key().String()),
		"far too much":  "\x00" + strings.Repeat(place(dead+"/p2p/"+p2ptest.Key("a").Key().String()), 999),
	} {
		t.Run(what, func(t *testing.T) {
			s := newStranger(t, "stranger")
			s.answering()
			lies := make(chan string, 1)
			lies <- lie
			s.SetStreamHandler(whereID, func(st network.Stream) {
				defer st.Close()
				var asked [32]byte
				if _, err := io.ReadFull(st, asked[:]); err != nil {
					return // the one who asks has given up, or is closed by now
				}
				if asked != [32]byte{} { // where one of them is: unknown
					_, _ = st.Write([]byte{1})
					return
				}
				answer := honest
				select {
				case answer = <-lies:
				default:
				}
				_, _ = st.Write([]byte(answer)) // the one who asks need not read it all
			})
			r := &p2ptest.Recorder{}
			n := start(t, "n", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Neighbours: 3}, r)
			s.says(t, s.meets(t, n), linkID, []byte{0})
			r.Until(t, "it is linked with whom the last answer named", up(r, truth.Self()))
			if got := n.Peers(); len(got) != 2 {
				t.Errorf("linked to %v", got)
			}
		})
	}
}
