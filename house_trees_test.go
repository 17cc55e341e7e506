package souk_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// inspect calls f for every node of files.
func inspect(files []*source, f func(ast.Node)) {
	for _, file := range files {
		ast.Inspect(file.tree, func(n ast.Node) bool {
			if n != nil {
				f(n)
			}
			return true
		})
	}
}

// uses calls f for every name that files use of an imported package.
func uses(files []*source, f func(at token.Pos, from, name string)) {
	for _, file := range files {
		inspect([]*source{file}, func(n ast.Node) {
			if from, name := file.qualified(n); from != "" {
				f(n.Pos(), from, name)
			}
		})
	}
}

// qualified returns the package and name of a node such as time.Now, or "".
func (f *source) qualified(n ast.Node) (from, name string) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Obj != nil { // a variable that hides the package
		return "", ""
	}
	return f.imports[id.Name], sel.Sel.Name
}

// noMapRanges: the order of a map is chance. Only sorted keys may be walked:
// slices.Sorted(maps.Keys(m)) and its sisters.
func noMapRanges(i *inspection) {
	if !i.room.pure {
		return
	}
	if i.pack.fault != nil {
		i.report(token.NoPos, fmt.Sprintf("the types are not known, so nothing can be said: %v", i.pack.fault))
		return
	}
	const way = "a map's order is chance and reaches the output; range over slices.Sorted(maps.Keys(m)), or keep a sorted slice"
	for _, tree := range i.pack.typed {
		sorted := make(map[ast.Node]bool)
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				if mapped(i.pack.info.TypeOf(n.X)) {
					i.report(n.Pos(), way)
				}
			case *ast.CallExpr:
				from, name := called(i.pack.info, n)
				if from == "slices" && strings.HasPrefix(name, "Sorted") && len(n.Args) > 0 {
					sorted[ast.Unparen(n.Args[0])] = true
				}
				if from == "maps" && slices.Contains([]string{"Keys", "Values", "All"}, name) && !sorted[n] {
					i.report(n.Pos(), "maps."+name+" unsorted: "+way)
				}
			}
			return true
		})
	}
}

// mapped reports whether t is a map, or a type parameter that can be one.
func mapped(t types.Type) bool {
	if t == nil {
		return false
	}
	param, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		_, is := t.Underlying().(*types.Map)
		return is
	}
	bound, ok := param.Constraint().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for e := range bound.EmbeddedTypes() {
		if union, ok := e.(*types.Union); ok {
			for term := range union.Terms() {
				if mapped(term.Type()) {
					return true
				}
			}
		} else if mapped(e) {
			return true
		}
	}
	return false
}

// called returns the package and name of the function a call calls, where it is one of a package.
func called(info *types.Info, call *ast.CallExpr) (from, name string) {
	fun := ast.Unparen(call.Fun)
	switch indexed := fun.(type) {
	case *ast.IndexExpr:
		fun = indexed.X
	case *ast.IndexListExpr:
		fun = indexed.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if f, ok := info.Uses[sel.Sel].(*types.Func); ok && f.Pkg() != nil {
		return f.Pkg().Path(), f.Name()
	}
	return "", ""
}

// bubbles returns a function that tells whether a place of f lies inside a call
// of synctest.Test, where time is virtual and sleeping costs and waits nothing.
func (f *source) bubbles() func(token.Pos) bool {
	var inside []ast.Node
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if from, name := f.qualified(call.Fun); from == "testing/synctest" && name == "Test" {
				inside = append(inside, call)
			}
		}
		return true
	})
	return func(at token.Pos) bool {
		return slices.ContainsFunc(inside, func(n ast.Node) bool { return n.Pos() <= at && at < n.End() })
	}
}

func noSleep(i *inspection) {
	const way = "wait for what happens, on a channel with a deadline, or let time fly inside synctest.Test"
	for _, f := range i.tests() {
		virtual := f.bubbles()
		inspect([]*source{f}, func(n ast.Node) {
			if virtual(n.Pos()) {
				return
			}
			if from, name := f.qualified(n); from == "time" && name == "Sleep" {
				i.report(n.Pos(), "time.Sleep in a test: "+way)
			}
			// <-time.After(d) as a statement of its own is a sleep; in a select it is a deadline.
			if stmt, ok := n.(*ast.ExprStmt); ok && f.waits(stmt.X) && !f.isCase(stmt) {
				i.report(n.Pos(), "a bare wait for time.After in a test: "+way)
			}
		})
	}
}

// waits reports whether x is <-time.After(…).
func (f *source) waits(x ast.Expr) bool {
	receive, ok := ast.Unparen(x).(*ast.UnaryExpr)
	if !ok || receive.Op != token.ARROW {
		return false
	}
	call, ok := ast.Unparen(receive.X).(*ast.CallExpr)
	if !ok {
		return false
	}
	from, name := f.qualified(call.Fun)
	return from == "time" && name == "After"
}

// isCase reports whether stmt is what a case of a select waits for.
func (f *source) isCase(stmt ast.Stmt) bool {
	found := false
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if c, ok := n.(*ast.CommClause); ok && c.Comm == stmt {
			found = true
		}
		return !found
	})
	return found
}

func noPolling(i *inspection) {
	const way = "a poll is slow when all is well and flaky when it is not; wait for the event itself, with a deadline"
	for _, f := range i.tests() {
		virtual := f.bubbles()
		inspect([]*source{f}, func(n ast.Node) {
			if virtual(n.Pos()) {
				return
			}
			var what string
			switch n := n.(type) {
			case *ast.CallExpr:
				// poll(2) is the system's wait for an event with a deadline: the opposite of a poll.
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
					if from, _ := f.qualified(sel); from == "golang.org/x/sys/unix" {
						return
					}
				}
				if name := calleeName(n); strings.HasPrefix(name, "Eventually") || strings.HasPrefix(strings.ToLower(name), "poll") {
					what = name
				}
			case *ast.ForStmt:
				if f.asksTheClock(n.Cond) {
					what = "a loop until the clock says so"
				}
			case *ast.SelectorExpr:
				from, name := f.qualified(n)
				ticks := from == "time" && (name == "Tick" || name == "NewTicker") && f.loopsAround(n.Pos())
				if ticks || from == "runtime" && name == "Gosched" {
					what = fmt.Sprintf("%s.%s", from, name)
				}
			}
			if what != "" {
				i.report(n.Pos(), what+" in a test: "+way)
			}
		})
	}
}

func calleeName(call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

// loopsAround reports whether the function declared around a place has a loop: a
// ticker there asks again and again, elsewhere it only paces.
func (f *source) loopsAround(at token.Pos) bool {
	loops := false
	for _, d := range f.tree.Decls {
		if d.Pos() > at || at >= d.End() {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				loops = true
			}
			return !loops
		})
	}
	return loops
}

// asksTheClock reports whether x reads the time.
func (f *source) asksTheClock(x ast.Expr) bool {
	found := false
	if x != nil {
		ast.Inspect(x, func(n ast.Node) bool {
			if from, name := f.qualified(n); from == "time" && slices.Contains([]string{"Now", "Since", "Until"}, name) {
				found = true
			}
			return !found
		})
	}
	return found
}
