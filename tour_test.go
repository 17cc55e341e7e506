package souk_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestTour looks up every name on docs/tour.md: a tour that names what is gone
// leads nowhere.
func TestTour(t *testing.T) {
	page, err := os.ReadFile("docs/tour.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := openDirectory(".")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(span.FindAllString(string(page), -1)); n < 50 {
		t.Fatalf("only %d names found on the page: the reading is broken", n)
	}
	for _, f := range names.faults(string(page)) {
		t.Errorf("docs/tour.md: %s", f)
	}
}

// TestPages follows every link between the pages of the house, and looks for
// every page of the specification in its index.
func TestPages(t *testing.T) {
	pages := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, more...)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is missing", page)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range brokenLinks(filepath.ToSlash(page), string(text), os.ReadFile) {
			t.Errorf("%s: %s", page, f)
		}
	}
	index, err := os.ReadFile("docs/spec/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if dir, base := path.Split(filepath.ToSlash(page)); dir == "docs/spec/" && base != "README.md" && !strings.Contains(string(index), "]("+base+")") {
			t.Errorf("docs/spec/README.md does not list %s", base)
		}
	}
}

// TestTourCanFail shows the check wrong names and right ones.
func TestTourCanFail(t *testing.T) {
	names := directory{
		"agent": true, "agent.Agent": true, "agent.Agent.Handle": true, "protocol.KindAccept": true, "protocol.ActHold": true,
	}
	for text, want := range map[string]string{
		"`agent`, `agent.Agent`, `agent.Agent.Handle`": "",
		"{Accept, HOLD}": "",
		"`souk hire text/words@1`, `--rerun-safe`, `a/b@1`":       "",
		"`tour_test.go` in `docs/decisions`":                      "",
		"```mermaid\nA->>B: {Accept, HOLD}\n```":                  "",
		"`agent.Agent.Handel`":                                    "agent.Agent.Handel",
		"`agnet.Agent`":                                           "agnet.Agent",
		"`Handle`":                                                "Handle",
		"`agent.Agent.Handle()`":                                  "agent.Agent.Handle()",
		"`agent/rutnime`":                                         "agent/rutnime",
		"`tuor_test.go`":                                          "tuor_test.go",
		"`go test ./agnet`":                                       "./agnet",
		"then {Acept, HOLD}":                                      "Acept",
		"```mermaid\nA->>B: {Accept, HOLT}\n```":                  "HOLT",
		"a paragraph with `agent.Agent that is never closed\n\n`": "backtick",
	} {
		found := names.faults(text)
		if want == "" && len(found) > 0 || want != "" && (len(found) == 0 || !strings.Contains(found[0], want)) {
			t.Errorf("%q: found %q, want a fault that names %q", text, found, want)
		}
	}
	read := func(name string) ([]byte, error) {
		if name == "docs/b.md" {
			return []byte("# One\n## Two: a *b*\n"), nil
		}
		return nil, fs.ErrNotExist
	}
	for text, want := range map[string]string{
		"[b](b.md#two-a-b) [c](https://example.org/x)": "",
		"# Here\n[here](#here)":                        "",
		"[b](b.md#tow)":                                "b.md#tow",
		"[b](c.md)":                                    "c.md",
		"[here](#there)":                               "#there",
	} {
		found := brokenLinks("docs/a.md", text, read)
		if want == "" && len(found) > 0 || want != "" && (len(found) == 0 || !strings.Contains(found[0], want)) {
			t.Errorf("%q: found %q, want a fault that names %q", text, found, want)
		}
	}
}

// directory holds every name that a page may use: package, package.Name, and
// package.Type.Member for methods, fields and what an interface demands.
// Packages are named as their files name them.
type directory map[string]bool

// openDirectory reads the names of every Go file under dir.
func openDirectory(dir string) (directory, error) {
	names := make(directory)
	fset := token.NewFileSet()
	return names, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
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
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) { // gone since it was listed
			return nil
		}
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		names.add(file)
		return nil
	})
}

// add takes in what a file declares.
func (names directory) add(file *ast.File) {
	in := file.Name.Name
	names[in] = true
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			of := in
			if d.Recv != nil && len(d.Recv.List) == 1 {
				of += "." + receiver(d.Recv.List[0].Type)
			}
			names[of+"."+d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				names.addSpec(in, s)
			}
		}
	}
}

func (names directory) addSpec(in string, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			names[in+"."+n.Name] = true
		}
	case *ast.TypeSpec:
		names[in+"."+s.Name.Name] = true
		var members *ast.FieldList
		switch t := s.Type.(type) {
		case *ast.StructType:
			members = t.Fields
		case *ast.InterfaceType:
			members = t.Methods
		default:
			return
		}
		for _, m := range members.List {
			for _, n := range m.Names {
				names[in+"."+s.Name.Name+"."+n.Name] = true
			}
		}
	}
}

// receiver returns the name of a receiver's type.
func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	span    = regexp.MustCompile("`([^`\n]+)`")
	braces  = regexp.MustCompile(`\{([A-Z][A-Za-z, ]*)\}`)
	dotted  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){1,2}$`)
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// faults returns what a page names and nobody can find. What stands in
// backticks is a name of the directory (a package, or what it declares), a path from the root, or a command or
// another text with a space, a colon or an at sign, whose paths are looked up
// too. What stands in braces are kinds of documents and acts of entries.
func (names directory) faults(page string) []string {
	var all []string
	for _, m := range braces.FindAllStringSubmatch(page, -1) {
		for word := range strings.SplitSeq(m[1], ", ") {
			act := word[:1] + strings.ToLower(word[1:])
			if !names["protocol.Kind"+word] && !names["protocol.Act"+act] {
				all = append(all, fmt.Sprintf("{%s} is neither a kind of document nor an act", word))
			}
		}
	}
	page = fence.ReplaceAllString(page, "")
	if strings.Count(span.ReplaceAllString(page, ""), "`") > 0 {
		all = append(all, "a backtick stands alone on its line")
	}
	for _, m := range span.FindAllStringSubmatch(page, -1) {
		if f := names.fault(m[1]); f != "" {
			all = append(all, f)
		}
	}
	return all
}

// fault returns what is wrong with the text of one span, or "".
func (names directory) fault(text string) string {
	switch {
	case names[text]:
	case strings.HasPrefix(text, "--"), strings.ContainsAny(text, " @:"):
		for word := range strings.FieldsSeq(text) {
			if strings.HasPrefix(word, "./") && !exists(word) {
				return word + " is no file or folder"
			}
		}
	case strings.Contains(text, "/") || slices.Contains([]string{".go", ".md", ".mod"}, path.Ext(text)):
		if !exists(text) {
			return text + " is no file or folder"
		}
	case dotted.MatchString(text):
		return text + " is declared nowhere"
	default:
		return text + " is neither a package, nor package.Name, nor a path from the root"
	}
	return ""
}

func exists(name string) bool {
	_, err := os.Stat(filepath.FromSlash(name))
	return err == nil
}

// brokenLinks returns the links of a page that lead to no file, or to no
// heading of a page. Links to elsewhere in the world are not followed.
func brokenLinks(page, text string, read func(string) ([]byte, error)) []string {
	var all []string
	for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		there := text
		if file != "" {
			to := path.Join(path.Dir(page), file)
			b, err := read(to)
			if err != nil && !exists(to) {
				all = append(all, m[1]+" leads nowhere")
				continue
			}
			there = string(b)
		}
		if anchor != "" && !slices.Contains(anchors(there), anchor) {
			all = append(all, m[1]+": there is no such heading")
		}
	}
	return all
}

// anchors returns what the headings of a page are linked by, as most readers of
// Markdown make it: lower case, spaces as hyphens, no other punctuation.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return all
}
