package souk_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// law is one rule of the house. check reports each place where it is broken,
// with the reason and the way out.
type law struct {
	name  string
	check func(i *inspection)
}

// inspection is one law asked of one package.
type inspection struct {
	house  *house
	pack   *pack
	room   room
	report func(at token.Pos, why string)
}

// laws are all laws of the house. Each has a package that breaks it in
// house_broken_test.go: a law that cannot fail is none.
var laws = []law{
	{"every package is a room of the table", knownRoom},
	{"arrows point down only", arrows},
	{"suites are for tests", suitesForTests},
	{"nobody imports a binary", noBinaries},
	{"foreign modules stay where they belong", foreigners},
	{"no I/O, locks or loggers below the line", pureImports},
	{"no clock below the line", noClock},
	{"no chance below the line", noChance},
	{"no goroutines or channels below the line", noGoroutines},
	{"no printing below the line", noPrinting},
	{"no ranging over maps below the line", noMapRanges},
	{"no floats where money is counted", noFloats},
	{"every package says what it promises", packageComment},
	{"functions fit a screen", functionLength},
	{"files stay short", fileLength},
	{"no grab-bag names", packageNames},
	{"no init", noInit},
	{"tests do not sleep", noSleep},
	{"tests do not poll", noPolling},
}

// code returns the files of the package that are not tests.
func (i *inspection) code() []*source {
	return slices.DeleteFunc(slices.Clone(i.pack.files), func(f *source) bool { return f.test })
}

// tests returns the test files of the package, and all files of a suite.
func (i *inspection) tests() []*source {
	return slices.DeleteFunc(slices.Clone(i.pack.files), func(f *source) bool { return !f.test && !i.room.suite })
}

// each calls f for every import of files: with the path relative to the module
// where it is ours, and as written where it is not.
func each(files []*source, f func(at token.Pos, to string, ours bool)) {
	for _, file := range files {
		for _, spec := range file.tree.Imports {
			to := strings.Trim(spec.Path.Value, "`\"")
			if to == module {
				f(spec.Pos(), ".", true)
				continue
			}
			rel, ours := strings.CutPrefix(to, module+"/")
			f(spec.Pos(), rel, ours)
		}
	}
}

func knownRoom(i *inspection) {
	if _, ok := i.house.rooms[i.pack.path]; !ok {
		i.report(token.NoPos, "this package is not in the table of house_rooms_test.go: add it there with whom it may import and why, or put its code into a room that is")
	}
}

func arrows(i *inspection) {
	each(i.code(), func(at token.Pos, to string, ours bool) {
		if ours && !i.house.rooms[to].suite && !slices.Contains(i.room.may, to) {
			i.report(at, fmt.Sprintf("%s imports %s: %s (it may import %s)", i.pack.path, to, i.room.why, orNothing(i.room.may)))
		}
	})
}

func suitesForTests(i *inspection) {
	each(i.code(), func(at token.Pos, to string, ours bool) {
		if ours && i.house.rooms[to].suite {
			i.report(at, fmt.Sprintf("%s imports %s: a conformance suite is part of no binary, only tests use it", i.pack.path, to))
		}
	})
}

func noBinaries(i *inspection) {
	each(i.pack.files, func(at token.Pos, to string, ours bool) {
		if ours && strings.HasPrefix(to, "cmd/") && !strings.HasPrefix(i.pack.path, "cmd/") {
			i.report(at, fmt.Sprintf("%s imports %s: what others need does not belong in cmd", i.pack.path, to))
		}
	})
}

func foreigners(i *inspection) {
	if !i.room.pure && !i.room.alone {
		return
	}
	each(i.code(), func(at token.Pos, to string, ours bool) {
		if first, _, _ := strings.Cut(to, "/"); ours || !strings.Contains(first, ".") {
			return
		}
		for _, f := range i.room.foreign {
			if to == f || strings.HasPrefix(to, f+"/") {
				return
			}
		}
		i.report(at, fmt.Sprintf("%s imports %s: foreign code brings a technology into a contract, or clock and chance below the line unseen (it may import %s)", i.pack.path, to, orNothing(i.room.foreign)))
	})
}

func pureImports(i *inspection) {
	if !i.room.pure {
		return
	}
	banned := map[string]string{
		"context": "what decides at once needs no cancelling", "crypto/rand": "nonces are made by runtime and arrive in the event",
		"os": "runtime touches the disk", "io/ioutil": "runtime touches the disk", "syscall": "runtime touches the system",
		"net": "runtime speaks", "log": "return an error or a fact", "sync": "one event at a time: there is nothing to lock",
		"runtime": "what decides is not scheduled", "testing": "test code belongs in test files", "unsafe": "plain values suffice",
		"expvar": "runtime counts", "C": "plain values suffice", "flag": "settings are read in cmd and arrive as values",
	}
	harmless := []string{"net/url", "net/netip"} // they parse, and touch nothing
	for _, f := range i.code() {
		if from, ok := f.imports["."]; ok {
			i.report(f.tree.Package, fmt.Sprintf("a dot import of %s: it hides from the laws, and from readers, where names come from", from))
		}
	}
	each(i.code(), func(at token.Pos, to string, ours bool) {
		root, _, _ := strings.Cut(to, "/")
		if ours || slices.Contains(harmless, to) {
			return
		}
		for _, name := range []string{to, root} {
			if why, ok := banned[name]; ok {
				i.report(at, fmt.Sprintf("%s imports %s, and is below the purity line: %s", i.pack.path, to, why))
				return
			}
		}
	})
}

func noClock(i *inspection) {
	if !i.room.pure && !i.room.clock {
		return
	}
	banned := []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker", "Timer", "Ticker", "Local", "LoadLocation"}
	uses(i.code(), func(at token.Pos, from, name string) {
		if from == "time" && slices.Contains(banned, name) {
			i.report(at, fmt.Sprintf("time.%s: %s has no clock; the moment is an argument, a deadline a wish to be woken", name, i.pack.path))
		}
	})
}

func noChance(i *inspection) {
	if !i.room.pure && !i.room.clock {
		return
	}
	seeded := []string{"Rand", "Source", "PCG", "ChaCha8", "Zipf", "New", "NewPCG", "NewChaCha8", "NewZipf"}
	uses(i.code(), func(at token.Pos, from, name string) {
		switch {
		case from == "math/rand", from == "math/rand/v2" && !slices.Contains(seeded, name):
			i.report(at, fmt.Sprintf("%s.%s: %s draws nothing by itself; a seeded source of math/rand/v2 is an argument", from, name, i.pack.path))
		}
	})
}

func noPrinting(i *inspection) {
	if !i.room.pure {
		return
	}
	uses(i.code(), func(at token.Pos, from, name string) {
		if from == "fmt" && (strings.HasPrefix(name, "Print") || strings.HasPrefix(name, "Scan")) {
			i.report(at, fmt.Sprintf("fmt.%s: below the purity line nothing is printed or read", name))
		}
	})
	inspect(i.code(), func(n ast.Node) {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Obj == nil && (id.Name == "print" || id.Name == "println") {
				i.report(call.Pos(), id.Name+": below the purity line nothing is printed")
			}
		}
	})
}

func noGoroutines(i *inspection) {
	if !i.room.pure {
		return
	}
	inspect(i.code(), func(n ast.Node) {
		var what string
		switch n := n.(type) {
		case *ast.GoStmt:
			what = "a goroutine is started"
		case *ast.ChanType:
			what = "a channel type"
		case *ast.SelectStmt:
			what = "a select"
		case *ast.SendStmt:
			what = "a send"
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				what = "a receive"
			}
		}
		if what != "" {
			i.report(n.Pos(), what+": below the purity line one event is answered at a time, by the caller's goroutine")
		}
	})
}

func noFloats(i *inspection) {
	if !i.room.exact {
		return
	}
	const way = ": floats never hold money and have no form on the wire; count in whole units or shares of 10,000"
	inspect(i.code(), func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Ident:
			if n.Obj == nil && slices.Contains([]string{"float32", "float64", "complex64", "complex128"}, n.Name) {
				i.report(n.Pos(), n.Name+way)
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				i.report(n.Pos(), n.Value+way)
			}
		}
	})
}

func packageComment(i *inspection) {
	files := i.code()
	if len(files) == 0 {
		return
	}
	for _, f := range files {
		if f.tree.Doc != nil {
			text := f.tree.Doc.Text()
			if name := f.tree.Name.Name; strings.HasPrefix(text, "Package "+name+" ") || name == "main" && len(text) > 0 {
				return
			}
		}
	}
	i.report(token.NoPos, fmt.Sprintf("%s has no comment that begins with \"Package %s\": say what it promises and what it must never do", i.pack.path, files[0].tree.Name.Name))
}

func functionLength(i *inspection) {
	const most = 70
	for _, f := range i.code() {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if n := i.line(fn.End()) - i.line(fn.Pos()) + 1; n > most {
					i.report(fn.Pos(), fmt.Sprintf("%s has %d lines, at most %d: the parent branches, the leaves compute", fn.Name.Name, n, most))
				}
			}
		}
	}
}

func fileLength(i *inspection) {
	for _, f := range i.code() {
		most := 500
		if path.Base(f.name) == "main.go" {
			most = 100
		}
		if f.lines > most {
			i.report(f.tree.Package, fmt.Sprintf("%d lines, at most %d: one idea, one file", f.lines, most))
		}
	}
}

func (i *inspection) line(at token.Pos) int { return i.house.fset.Position(at).Line }

func packageNames(i *inspection) {
	banned := []string{
		"util", "utils", "common", "helper", "helpers", "manager", "service", "types", "errors", "config", "identity",
		"crypto", "base", "misc", "shared", "lib", "core", "model", "models",
	}
	for _, f := range i.pack.files {
		for _, name := range []string{strings.TrimSuffix(f.tree.Name.Name, "_test"), path.Base(i.pack.path)} {
			if slices.Contains(banned, name) {
				i.report(f.tree.Package, fmt.Sprintf("%q: a grab-bag name is a decision postponed; find the noun of the market town", name))
				return
			}
		}
	}
}

func noInit(i *inspection) {
	for _, f := range i.pack.files {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				i.report(fn.Pos(), "init: nothing happens by being imported; let the caller make what it needs")
			}
		}
	}
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}
