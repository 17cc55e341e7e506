package souk_test

import (
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// broken holds, for each law, code that breaks it: in which room, and what the
// reason must speak of. A case without says is code the law must let pass.
var broken = map[string][]struct {
	room, file, code string
	says             string
}{
	"every package is a room of the table": {
		{"warehouse", "a.go", `package warehouse`, "not in the table"},
		{"p2p/carrier", "a.go", `package carrier`, "not in the table"},
		{"settlement", "a.go", `package settlement`, ""},
	},
	"arrows point down only": {
		{"settlement", "a.go", `package settlement; import _ "github.com/souk-network/souk/reputation"`, "folds meet in agent"},
		{"protocol/wire", "a.go", `package wire; import _ "github.com/souk-network/souk/protocol"`, "may import nothing"},
		{"p2p/libp2p", "a.go", `package libp2p; import _ "github.com/souk-network/souk/store/memory"`, "no other adapter"},
		{"agent/worker/exec", "a.go", `package exec; import _ "github.com/souk-network/souk/agent"`, "nothing of the agent"},
		{"agent/runtime", "a.go", `package runtime; import _ "github.com/souk-network/souk/p2p/libp2p"`, "chosen in cmd"},
		{"agent/runtime", "a.go", `package runtime; import _ "github.com/souk-network/souk/gateway/http"`, "chosen in cmd"},
		{"agent", "a.go", `package agent; import _ "github.com/souk-network/souk/store"`, "never acts"},
		{"agent/hire", "a.go", `package hire; import _ "github.com/souk-network/souk/settlement"`, "asked by agent"},
		{"gateway/http", "a.go", `package http; import _ "github.com/souk-network/souk/settlement"`, "asks the desk"},
		{"gateway", "a.go", `package gateway; import _ "github.com/souk-network/souk/agent"`, "may ask"},
		{"simulations/world", "a.go", `package world; import _ "github.com/souk-network/souk/agent/runtime"`, "no hands"},
		{"simulations/swarm", "a.go", `package swarm; import _ "github.com/souk-network/souk/store/badgerdb"`, "in memory"},
		{"simulations/report", "a.go", `package report; import _ "github.com/souk-network/souk/agent"`, "knows nothing of how"},
		{"cmd/souk", "a.go", `package main; import _ "github.com/souk-network/souk/cmd/souk-sim"`, "no other binary"},
		{"agent/runtime", "a_test.go", `package runtime; import _ "github.com/souk-network/souk/p2p/memnet"`, ""},
		{"cmd/souk", "a.go", `package main; import _ "github.com/souk-network/souk/cmd/souk/demo"`, ""},
	},
	"suites are for tests": {
		{"p2p/memnet", "a.go", `package memnet; import _ "github.com/souk-network/souk/p2p/p2ptest"`, "part of no binary"},
		{"p2p/memnet", "a_test.go", `package memnet; import _ "github.com/souk-network/souk/p2p/p2ptest"`, ""},
	},
	"nobody imports a binary": {
		{"agent", "a_test.go", `package agent; import _ "github.com/souk-network/souk/cmd/souk/settings"`, "does not belong in cmd"},
		{"cmd/souk", "a.go", `package main; import _ "github.com/souk-network/souk/cmd/souk/settings"`, ""},
	},
	"foreign modules stay where they belong": {
		{"p2p", "a.go", `package p2p; import _ "github.com/libp2p/go-libp2p"`, "technology into a contract"},
		{"agent", "a.go", `package agent; import _ "github.com/fxamacker/cbor/v2"`, "may import nothing"},
		{"protocol/wire", "a.go", `package wire; import _ "github.com/libp2p/go-libp2p"`, "go-cid"},
		{"protocol/wire", "a.go", `package wire; import _ "github.com/ipfs/go-cid"`, ""},
		{"protocol/wire", "a_test.go", `package wire; import _ "pgregory.net/rapid"`, ""},
		{"p2p/libp2p", "a.go", `package libp2p; import _ "github.com/libp2p/go-libp2p"`, ""},
	},
	"no I/O, locks or loggers below the line": {
		{"agent", "a.go", `package agent; import _ "context"`, "no cancelling"},
		{"protocol/job", "a.go", `package job; import _ "os"`, "disk"},
		{"protocol/job", "a.go", `package job; import _ "os/exec"`, "disk"},
		{"settlement", "a.go", `package settlement; import _ "sync/atomic"`, "nothing to lock"},
		{"settlement", "a.go", `package settlement; import _ "sync"`, "nothing to lock"},
		{"delegation", "a.go", `package delegation; import _ "crypto/rand"`, "arrive in the event"},
		{"delegation", "a.go", `package delegation; import _ "net/http"`, "runtime speaks"},
		{"reputation", "a.go", `package reputation; import _ "log/slog"`, "a fact"},
		{"reputation", "a.go", `package reputation; import . "time"`, "a dot import"},
		{"protocol", "a.go", `package protocol; import _ "net/url"`, ""},
		{"protocol", "a_test.go", `package protocol; import _ "os"`, ""},
		{"agent/runtime", "a.go", `package runtime; import _ "context"`, ""},
	},
	"no clock below the line": {
		{"agent", "a.go", `package agent; import "time"; var t = time.Now()`, "time.Now"},
		{"agent/sell", "a.go", `package sell; import clock "time"; var t = clock.Since`, "time.Since"},
		{"protocol/job", "a.go", `package job; import "time"; type j struct { t *time.Timer }`, "time.Timer"},
		{"protocol/job", "a.go", `package job; import "time"; func f() { time.Sleep(1) }`, "time.Sleep"},
		{"simulations/world", "a.go", `package world; import "time"; var t = time.After(1)`, "time.After"},
		{"agent", "a.go", `package agent; import "time"; var d = time.Second; func f(t time.Time) bool { return t.After(t) }`, ""},
		{"agent", "a.go", `package agent; type x struct{ Now int }; func f(time x) int { return time.Now }`, ""},
		{"agent/runtime", "a.go", `package runtime; import "time"; var t = time.Now()`, ""},
	},
	"no chance below the line": {
		{"agent/hire", "a.go", `package hire; import "math/rand/v2"; var n = rand.IntN(3)`, "draws nothing by itself"},
		{"agent/hire", "a.go", `package hire; import "math/rand"; var n = rand.New(nil)`, "draws nothing by itself"},
		{"agent/hire", "a.go", `package hire; import "math/rand/v2"; func f(r *rand.Rand) int { return r.IntN(3) }`, ""},
	},
	"no goroutines or channels below the line": {
		{"agent", "a.go", `package agent; func f() { go f() }`, "a goroutine"},
		{"agent", "a.go", `package agent; type c chan int`, "a channel"},
		{"agent", "a.go", `package agent; func f() { select {} }`, "a select"},
		{"agent", "a.go", `package agent; func f(c x) { c <- 1 }`, "a send"},
		{"agent", "a.go", `package agent; func f(c x) { <-c }`, "a receive"},
		{"agent", "a_test.go", `package agent; func f() { go f() }`, ""},
		{"agent/runtime", "a.go", `package runtime; func f() { go f() }`, ""},
	},
	"no printing below the line": {
		{"agent", "a.go", `package agent; import "fmt"; func f() { fmt.Println() }`, "fmt.Println"},
		{"agent", "a.go", `package agent; func f() { println() }`, "println"},
		{"agent", "a.go", `package agent; import "fmt"; var s = fmt.Sprint(1)`, ""},
	},
	"no ranging over maps below the line": {
		{"settlement", "a.go", `package settlement; func f(m map[int]int) { for range m {} }`, "order is chance"},
		{"settlement", "a.go", `package settlement; type book map[int]int; type shop struct{ b book }; func f(s shop) { for range s.b {} }`, "order is chance"},
		{"settlement", "a.go", `package settlement; func f[M ~map[K]V, K comparable, V any](m M) { for range m {} }`, "order is chance"},
		{"settlement", "a.go", `package settlement; import "maps"; func f(m map[int]int) { for range maps.Values(m) {} }`, "maps.Values unsorted"},
		{"settlement", "a.go", `package settlement; import ("maps"; "slices"); func f(m map[int]int) []int { return slices.Collect(maps.Keys(m)) }`, "maps.Keys unsorted"},
		{"settlement", "a.go", `package settlement; import ("maps"; "slices"); func f(m map[int]int) { for range slices.Sorted(maps.Keys(m)) {}; delete(m, 1); clear(m) }`, ""},
		{"settlement", "a.go", `package settlement; func f(m []int) { for range m {} }`, ""},
		{"agent/runtime", "a.go", `package runtime; func f(m map[int]int) { for range m {} }`, ""},
	},
	"no floats where money is counted": {
		{"settlement", "a.go", `package settlement; var x float64`, "never hold money"},
		{"protocol", "a.go", `package protocol; var x = 0.1`, "never hold money"},
		{"reputation", "a.go", `package reputation; var x float64 = 0.1`, ""},
	},
	"every package says what it promises": {
		{"agent", "a.go", `package agent`, "Package agent"},
		{"agent", "a.go", "// Agents of all sorts.\npackage agent", "Package agent"},
		{"agent", "a.go", "// Package agent decides.\npackage agent", ""},
		{"cmd/souk", "main.go", "// Souk is a market.\npackage main", ""},
		{"cmd/souk", "main.go", "package main", "say what"},
		{"agent", "a_test.go", `package agent`, ""},
	},
	"functions fit a screen": {
		{"agent", "a.go", "package agent\nfunc f() {" + strings.Repeat("\n", 70) + "}", "71 lines"},
		{"agent", "a.go", "package agent\nfunc f() {" + strings.Repeat("\n", 69) + "}", ""},
		{"agent", "a_test.go", "package agent\nfunc f() {" + strings.Repeat("\n", 99) + "}", ""},
	},
	"files stay short": {
		{"agent", "a.go", "package agent" + strings.Repeat("\n", 501), "at most 500"},
		{"cmd/souk", "main.go", "package main" + strings.Repeat("\n", 101), "at most 100"},
		{"agent", "a_test.go", "package agent" + strings.Repeat("\n", 900), ""},
	},
	"no grab-bag names": {
		{"agent/util", "a.go", `package util`, "grab-bag"},
		{"agent/helpers", "a.go", `package aid`, "grab-bag"},
		{"agent", "a_test.go", `package agent_test`, ""},
	},
	"no init": {
		{"store/badgerdb", "a.go", `package badgerdb; func init() {}`, "by being imported"},
		{"store/badgerdb", "a_test.go", `package badgerdb; func init() {}`, "by being imported"},
		{"store/badgerdb", "a.go", `package badgerdb; type t int; func (t) init() {}`, ""},
	},
	"tests do not sleep": {
		{"agent", "a_test.go", `package agent; import "time"; func f() { time.Sleep(1) }`, "time.Sleep"},
		{"p2p/p2ptest", "a.go", `package p2ptest; import "time"; func f() { time.Sleep(1) }`, "time.Sleep"},
		{"agent", "a_test.go", `package agent; import "time"; func f() { <-time.After(1) }`, "bare wait"},
		{"agent", "a_test.go", `package agent; import "time"; func f(c chan int) { select { case <-c: case <-time.After(1): } }`, ""},
		{"agent", "a_test.go", `package agent; import ("time"; "testing/synctest"); func f() { synctest.Test(nil, func(t x) { time.Sleep(1) }) }`, ""},
		{"agent", "a_test.go", `package agent; import ("time"; "testing/synctest"); func f() { synctest.Test(nil, func(t x) { }); time.Sleep(1) }`, "time.Sleep"},
	},
	"tests do not poll": {
		{"agent", "a_test.go", `package agent; func f(r x) { r.Eventually(1) }`, "Eventually"},
		{"agent", "a_test.go", `package agent; func f() { pollUntil(1) }`, "pollUntil"},
		{"agent", "a_test.go", `package agent; import "time"; func f(d time.Time) { for time.Now().Before(d) {} }`, "until the clock"},
		{"agent", "a_test.go", `package agent; import "time"; func f() { t := time.NewTicker(1); for range t.C {} }`, "time.NewTicker"},
		{"agent", "a_test.go", `package agent; import "time"; func f() { t := time.NewTicker(1); <-t.C }`, ""},
		{"agent", "a_test.go", `package agent; import "runtime"; func f() { runtime.Gosched() }`, "runtime.Gosched"},
		{"agent", "a_test.go", `package agent; func f() { for range 3 {} }`, ""},
	},
}

// TestLawsCanFail shows each law code that breaks it and code that does not.
func TestLawsCanFail(t *testing.T) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			caught := 0
			for _, c := range broken[l.name] {
				h := &house{fset: token.NewFileSet(), rooms: rooms()}
				p := &pack{path: c.room}
				if err := h.add(p, c.room+"/"+c.file, []byte(c.code)); err != nil {
					t.Fatal(err)
				}
				if l.name == "no ranging over maps below the line" {
					typeCheck(t, h, p)
				}
				found := h.ask(l, p)
				switch {
				case c.says == "" && len(found) > 0:
					t.Errorf("%s is refused: %s", c.code, found[0])
				case c.says != "" && (len(found) == 0 || !strings.Contains(found[0].why, c.says)):
					t.Errorf("%s: found %v, want a breach that says %q", c.code, found, c.says)
				case c.says != "":
					caught++
				}
			}
			if caught == 0 {
				t.Error("nothing shows that this law can fail")
			}
		})
	}
	if len(broken) != len(laws) {
		t.Errorf("%d laws, but broken code for %d", len(laws), len(broken))
	}
}

func typeCheck(t *testing.T, h *house, p *pack) {
	t.Helper()
	p.info = &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object), Defs: make(map[*ast.Ident]types.Object)}
	for _, f := range p.files {
		p.typed = append(p.typed, f.tree)
	}
	conf := types.Config{Importer: importer.ForCompiler(h.fset, "source", nil)}
	if _, err := conf.Check(p.path, h.fset, p.typed, p.info); err != nil {
		t.Fatal(err)
	}
}

// TestTable checks the table itself: every arrow leads to a room, and none
// leads back, however long the way.
func TestTable(t *testing.T) {
	all := rooms()
	var visit func(from string, way []string)
	visit = func(from string, way []string) {
		for _, w := range way {
			if w == from {
				t.Fatalf("the arrows run in a circle: %v", append(way, from))
			}
		}
		for _, to := range all[from].may {
			if _, ok := all[to]; !ok {
				t.Fatalf("%s may import %s, which is no room", from, to)
			}
			if all[from].pure && !all[to].pure {
				t.Errorf("%s is below the purity line and may import %s, which is not", from, to)
			}
			visit(to, append(way, from))
		}
	}
	for path, r := range all {
		if r.why == "" {
			t.Errorf("%s: the table gives no reason", path)
		}
		visit(path, nil)
	}
}
