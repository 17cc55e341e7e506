package still_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent/runtime/still"
)

type shape interface{ sides() int }

type triangle struct{ name string }

func (*triangle) sides() int { return 3 }

type square struct{ edge float64 }

func (*square) sides() int { return 4 }

type given struct{ f func() }

type key struct {
	id [4]byte
	n  string
}

type node struct {
	name  string
	next  *node
	peers []*node
	shape shape
}

type world struct {
	given  given
	number int32
	big    uint64
	ratio  float64
	yes    bool
	text   string
	none   []byte
	empty  []byte
	some   []byte
	same   []byte
	nodes  map[string]*node
	keyed  map[key][]int
	first  *node
	noMap  map[string]int
	fixed  [3]key
	nested struct{ deep **int }
	bag    map[int]map[int]bool
}

func form(t testing.TB) *still.Form {
	t.Helper()
	f, err := still.New(new(world), []any{given{}}, []any{new(triangle), new(square)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func made() *world {
	seven := 7
	deep := &seven
	a, b := &node{name: "a", shape: &triangle{"t"}}, &node{name: "b", shape: &square{math.Pi}}
	a.next, b.next = b, a // a circle
	a.peers = []*node{a, b, nil}
	w := &world{
		given: given{func() {}}, number: -5, big: math.MaxUint64, ratio: -0.1, yes: true, text: "words", empty: []byte{}, some: []byte("some"),
		nodes: map[string]*node{"one": a, "two": b, "three": a}, keyed: map[key][]int{{[4]byte{1}, "x"}: {1, 2}, {[4]byte{}, "y"}: nil},
		first: b, bag: map[int]map[int]bool{3: {4: true}, 5: nil},
	}
	w.same, w.fixed[1].n, w.nested.deep = w.some, "middle", &deep
	return w
}

func write(t testing.TB, f *still.Form, w *world) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, w); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenIsMadeAgain(t *testing.T) {
	f, w := form(t), made()
	b := write(t, f, w)
	for range 20 { // whatever the order of the maps
		if !bytes.Equal(write(t, f, made()), b) {
			t.Fatal("equal worlds have other bytes")
		}
	}
	begun := new(node)
	back := &world{ // what is there is written over
		given: given{func() {}}, none: []byte("some"), noMap: map[string]int{}, first: begun,
		nodes: map[string]*node{"another": nil}, text: "text",
	}
	if err := f.Read(b, back); err != nil {
		t.Fatal(err)
	}
	if back.given.f == nil {
		t.Error("what was given is gone")
	}
	w.given, back.given = given{}, given{}
	if !reflect.DeepEqual(w, back) {
		t.Errorf("made again: %+v, was %+v", back, w)
	}
	a := back.nodes["one"]
	if a != back.nodes["three"] || a.next != back.first || back.first.next != a || a.peers[0] != a || a.peers[1] != back.first {
		t.Error("what was one thing is several")
	}
	if &back.some[0] != &back.same[0] || back.none != nil || back.empty == nil {
		t.Error("slices are not as they were")
	}
	if again := write(t, f, back); !bytes.Equal(again, b) {
		t.Error("what was made again has other bytes")
	}
	back.first.name = "changed"
	if bytes.Equal(write(t, f, back), b) {
		t.Error("another world has the same bytes")
	}
}

// TestSpoiltBytes cuts and flips: it must end in an error or in another world, and
// never in a panic or a large allocation.
func TestSpoiltBytes(t *testing.T) {
	f := form(t)
	b := write(t, f, made())
	for i := range b {
		if f.Read(b[:i], new(world)) == nil {
			t.Fatalf("cut at %d: read", i)
		}
		for _, with := range []byte{0, 1, 0x80, 0xff} {
			bad := bytes.Clone(b)
			bad[i] ^= with
			_ = f.Read(bad, new(world))
		}
	}
	if f.Read(append(bytes.Clone(b), 0), new(world)) == nil {
		t.Fatal("read with a byte left over")
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	type withFunc struct{ F func() }
	type withChan struct{ C map[string]chan int }
	type withKeys struct{ M map[*int]bool }
	type withUintptr struct{ P uintptr }
	for _, root := range []any{new(withFunc), new(withChan), new(withKeys), new(withUintptr)} {
		if _, err := still.New(root, nil, nil); err == nil {
			t.Errorf("%T has a form", root)
		}
	}
	type inner struct{ pair [2]struct{ n, m int } }
	type into struct {
		whole *inner
		part  *struct{ n, m int }
	}
	f, err := still.New(new(into), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := &into{whole: new(inner)}
	x.part = &x.whole.pair[1]
	if err := f.Write(new(bytes.Buffer), x); err == nil || !strings.Contains(err.Error(), "share") {
		t.Errorf("a pointer into another thing: %v", err)
	}
	if err := form(t).Write(new(bytes.Buffer), &world{first: &node{shape: stranger{}}}); err == nil {
		t.Error("a type that was not named is written")
	}
}

type stranger struct{}

func (stranger) sides() int { return 0 }

func TestFingerprint(t *testing.T) {
	type a struct{ X int }
	type b struct{ Y int }
	of := func(root any) [32]byte {
		f, err := still.New(root, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f.Fingerprint()
	}
	seen := map[[32]byte]string{}
	for _, root := range []any{
		new(a), new(b), new(struct{ x int }), new(struct{ x uint }), new(struct{ x, y int }), new(struct{ x []a }), new(struct{ x []b }), new(struct{ x map[string]a }),
	} {
		name, print := fmt.Sprintf("%T", root), of(root)
		if other, twice := seen[print]; twice {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		if seen[print] = name; of(root) != print {
			t.Errorf("%s has two", name)
		}
	}
}
