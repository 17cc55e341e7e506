package souk_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// module is the import path of the root.
const module = "github.com/souk-network/souk"

// TestHouse holds every package of the module to every law.
func TestHouse(t *testing.T) {
	h, err := openHouse(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(h.packages) < 5 {
		t.Fatalf("only %d packages found: the walk is broken", len(h.packages))
	}
	for _, b := range h.breaches() {
		t.Error(b)
	}
}

// house is the module as its laws see it.
type house struct {
	fset     *token.FileSet
	rooms    map[string]room
	packages []*pack // sorted by path
}

// pack is one package: a folder with Go files.
type pack struct {
	path  string // relative to the module; "." for the root
	files []*source
	typed []*ast.File // files with types, for rooms below the line
	info  *types.Info
	fault error // what kept the types from being known
}

// source is one file.
type source struct {
	name    string // relative to the module
	test    bool
	tree    *ast.File
	lines   int
	imports map[string]string // local name -> path
}

// breach is one place where a law is broken.
type breach struct {
	at  string
	law string
	why string
}

func (b breach) String() string { return fmt.Sprintf("%s: %s\n\tlaw %q", b.at, b.why, b.law) }

// openHouse reads every Go file under dir, and the types of the rooms below the line.
func openHouse(dir string) (*house, error) {
	h := &house{fset: token.NewFileSet(), rooms: rooms()}
	byPath := make(map[string]*pack)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != dir && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
			return nil
		}
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) { // gone since it was listed
			return nil
		}
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(name)
		where := path.Dir(rel)
		if byPath[where] == nil {
			byPath[where] = &pack{path: where}
			h.packages = append(h.packages, byPath[where])
		}
		return h.add(byPath[where], rel, text)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(h.packages, func(a, b *pack) int { return strings.Compare(a.path, b.path) })
	return h, h.loadTypes(byPath)
}

// add parses one file into p.
func (h *house) add(p *pack, name string, text []byte) error {
	tree, err := parser.ParseFile(h.fset, name, text, parser.ParseComments)
	if err != nil {
		return err
	}
	f := &source{
		name: name, test: strings.HasSuffix(name, "_test.go"), tree: tree,
		lines: h.fset.File(tree.Pos()).LineCount(), imports: make(map[string]string),
	}
	for _, spec := range tree.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		local := lastName(to)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		f.imports[local] = to
	}
	p.files = append(p.files, f)
	return nil
}

// loadTypes checks the types of the rooms below the line. What they import is
// read from compiled packages, so that the time stays short.
func (h *house) loadTypes(byPath map[string]*pack) error {
	var patterns []string
	for where := range byPath {
		if h.rooms[where].pure && slices.ContainsFunc(byPath[where].files, func(f *source) bool { return !f.test }) {
			patterns = append(patterns, "./"+where)
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
		Fset: h.fset,
	}, patterns...)
	if err != nil {
		return err
	}
	for _, l := range loaded {
		p := byPath[strings.TrimPrefix(l.PkgPath, module+"/")]
		p.typed, p.info = l.Syntax, l.TypesInfo
		if len(l.Errors) > 0 {
			p.fault = l.Errors[0]
		}
	}
	return nil
}

// lastName returns the name a package is called by where its import names none.
func lastName(importPath string) string {
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// breaches asks every law of every package.
func (h *house) breaches() []breach {
	var all []breach
	for _, p := range h.packages {
		for _, l := range laws {
			all = append(all, h.ask(l, p)...)
		}
	}
	return all
}

// ask asks one law of one package.
func (h *house) ask(l law, p *pack) []breach {
	var all []breach
	l.check(&inspection{house: h, pack: p, room: h.rooms[p.path], report: func(at token.Pos, why string) {
		where := p.path
		if at.IsValid() {
			pos := h.fset.Position(at)
			where = fmt.Sprintf("%s:%d", filepath.ToSlash(pos.Filename), pos.Line)
		}
		all = append(all, breach{where, l.name, why})
	}})
	return all
}
