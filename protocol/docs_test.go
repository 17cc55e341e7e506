package protocol_test

import (
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

const specFolder = "../docs/spec"

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(specFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shapes are all structs that have bytes of their own, besides the documents.
var shapes = []any{
	protocol.LaneHead{},
	protocol.Choice{},
	protocol.Terms{},
	protocol.Price{},
	protocol.Times{},
	protocol.Check{},
	protocol.Panel{},
	protocol.Third{},
	protocol.Rail{},
	protocol.Totals{},
	protocol.Declined{},
	protocol.Budget{},
	protocol.Frame{},
	protocol.Datum{},
	payload.Handling{},
	payload.Artefact{},
	payload.Label{},
	payload.Opening{},
	wire.Proof{},
}

// TestSpecNamesEveryField: the table of each struct in documents.md has exactly
// its keys, and a question mark at those that may be absent.
func TestSpecNamesEveryField(t *testing.T) {
	tables := tablesOf(page(t, "documents.md"))
	types := slices.Clone(shapes)
	r := protocol.Registry()
	for k := range protocol.KindApproval + 1 {
		e, ok := r.Entry(k)
		if !ok {
			continue
		}
		row := fmt.Sprintf("| %d | %s | %d KiB |", k, e.Name, e.Limit>>10)
		if e.New != nil {
			row = fmt.Sprintf("| %d | [%s](#%s) | %d KiB |", k, e.Name, strings.ToLower(e.Name), e.Limit>>10)
			types = append(types, reflect.ValueOf(e.New()).Elem().Interface())
		}
		if !strings.Contains(page(t, "documents.md"), row) {
			t.Errorf("documents.md has no row %q", row)
		}
	}
	for _, v := range types {
		typ := reflect.TypeOf(v)
		var want []string
		for _, f := range fields(typ) {
			if slices.Contains([]string{"kind", "by", "at", "nonce"}, f.name) && typ.Field(0).Anonymous {
				continue // listed once for all documents
			}
			mark := " "
			if f.optional {
				mark = " ? "
			}
			want = append(want, f.name+mark)
		}
		if got := tables[typ.Name()]; !slices.Equal(got, want) {
			t.Errorf("documents.md, table of %s: has keys %q, want %q", typ.Name(), got, want)
		}
	}
}

// tablesOf finds the first table of keys after each "### Name" or "**Name**".
func tablesOf(text string) map[string][]string {
	title := regexp.MustCompile(`^(?:#{2,3} |.*\*\*)([A-Z][A-Za-z]+)(?:$|\*\*)`)
	row := regexp.MustCompile("^\\| `([a-z_]+)` \\| [^|]+ \\|( \\? | )\\|")
	tables, name := map[string][]string{}, ""
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		if m := title.FindStringSubmatch(l); m != nil {
			name = m[1]
		} else if m := row.FindStringSubmatch(l); m != nil {
			tables[name] = append(tables[name], m[1]+m[2])
		}
	}
	return tables
}

// TestSpecNamesEveryAct compares the table of acts with what Check allows.
func TestSpecNamesEveryAct(t *testing.T) {
	text := page(t, "documents.md")
	for a := protocol.ActOpen; a <= protocol.ActClose; a++ {
		if !strings.Contains(text, fmt.Sprintf("| %d | %s | ", a, a)) {
			t.Errorf("documents.md has no row of %s", a)
			continue
		}
		_, row, _ := strings.Cut(text, fmt.Sprintf("| %d | %s | ", a, a))
		row, _, _ = strings.Cut(row, "\n")
		cells := strings.Split(row, "|") // does, must have, may have, …
		for field, add := range additions {
			d := act(a)
			add(d)
			listed := strings.Contains(cells[1]+cells[2]+"`basis` `idem` `proof` `rail`", "`"+field+"`")
			if (d.Check() == nil) != listed {
				t.Errorf("%s with %s: Check says %v, documents.md lists it: %v", a, field, d.Check(), listed)
			}
		}
	}
}

// additions give an entry an optional field.
var additions = map[string]func(*protocol.Entry){
	"job":      func(d *protocol.Entry) { d.Job = idOf(accept()) },
	"part":     func(d *protocol.Entry) { d.Job, d.Part = idOf(accept()), 1 },
	"hold":     func(d *protocol.Entry) { d.Hold = idOf(hold()) },
	"basis":    func(d *protocol.Entry) { d.Basis = ids(1) },
	"reading":  func(d *protocol.Entry) { d.Reading = 1 },
	"mandate":  func(d *protocol.Entry) { d.Mandate = ids(1)[0] },
	"deadline": func(d *protocol.Entry) { d.Deadline = d.At + 1 },
	"idem":     func(d *protocol.Entry) { d.Idem = []byte{1} },
	"proof":    func(d *protocol.Entry) { d.Proof, d.Rail = []byte{1}, "credit" },
	"old_seq":  func(d *protocol.Entry) { d.OldSeq++ },
}

// sources are the files of this package and of the two below it, without tests.
func sources(t *testing.T, more ...string) []*ast.File {
	t.Helper()
	var list []*ast.File
	for _, pattern := range append([]string{"*.go", "payload/*.go", "wire/*.go"}, more...) {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, parsed)
		}
	}
	return list
}

// TestSpecNamesEveryCode: codes.md explains exactly the codes there are, of peers and
// of the door, in the words of the source.
func TestSpecNamesEveryCode(t *testing.T) {
	text := page(t, "codes.md")
	known := map[string]bool{}
	for _, f := range sources(t, "../gateway/*.go") {
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Code") || v.Comment == nil {
				return true
			}
			code := strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)
			meaning := strings.TrimSpace(v.Comment.Text())
			meaning = strings.ToUpper(meaning[:1]) + meaning[1:]
			known[code] = true
			if !strings.Contains(text, "| `"+code+"` | "+meaning+" | ") {
				t.Errorf("codes.md has no row of %s with the meaning %q", code, meaning)
			}
			return true
		})
	}
	if len(known) < 30 || !known["exists"] {
		t.Fatalf("found only the codes %v", slices.Sorted(maps.Keys(known)))
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(text, -1) {
		if !known[m[1]] {
			t.Errorf("codes.md explains %s, which is no code", m[1])
		}
	}
}

// TestCommentsShowTheBytes: the comment of each document and of each map within
// one shows its keys in the order of the bytes.
func TestCommentsShowTheBytes(t *testing.T) {
	comments := map[string]string{}
	for _, f := range sources(t) {
		if f.Name.Name != "protocol" {
			continue
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				comments[g.Specs[0].(*ast.TypeSpec).Name.Name] = g.Doc.Text()
			}
		}
	}
	show := func(typ reflect.Type, kind string) {
		list := fields(typ)
		slices.SortFunc(list, func(a, b field) int {
			if len(a.name) != len(b.name) {
				return len(a.name) - len(b.name)
			}
			return strings.Compare(a.name, b.name)
		})
		var keys []string
		for _, f := range list {
			switch {
			case f.name == "kind" && kind != "":
				f.name += ": " + kind
			case f.optional:
				f.name += "?"
			}
			keys = append(keys, f.name)
		}
		want := "{" + strings.Join(keys, ", ") + "}"
		if typ == reflect.TypeFor[protocol.Totals]() {
			want = "[posted, held, released, credited, settled]"
		}
		if got := strings.Join(strings.Fields(comments[typ.Name()]), " "); !strings.Contains(got, want) {
			t.Errorf("the comment of %s does not show %s", typ.Name(), want)
		}
	}
	for _, v := range shapes {
		if typ := reflect.TypeOf(v); strings.HasSuffix(typ.PkgPath(), "/protocol") {
			show(typ, "")
		}
	}
	for _, s := range samples() {
		show(reflect.TypeOf(s.doc).Elem(), fmt.Sprint(s.doc.Header().Kind))
	}
}

// TestSpecExamples: the hex that bytes.md shows is what the code makes.
func TestSpecExamples(t *testing.T) {
	text := page(t, "bytes.md")
	raw := encode(t, started())
	b, err := wire.Seal(provider, network, raw)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := b.Statement().SignedBytes()
	if err != nil {
		t.Fatal(err)
	}
	h := new(payload.Hasher)
	_, _ = h.Write([]byte("hello world"))
	opening := h.Opening([32]byte{1, 2, 3})
	for name, want := range map[string][]byte{
		"document": raw, "signed": signed, "signature": b.Sig[:], "opening": encode(t, opening),
	} {
		_, block, _ := strings.Cut(text, "```"+name+"\n")
		block, _, _ = strings.Cut(block, "```")
		if got := strings.Join(strings.Fields(block), ""); got != hex.EncodeToString(want) {
			t.Errorf("bytes.md, %s: shows\n%s, want\n%x", name, got, want)
		}
	}
	for _, id := range []wire.CID{wire.Sum(raw), opening.ID()} {
		if !strings.Contains(text, id.String()) {
			t.Errorf("bytes.md does not show %s", id)
		}
	}
}
