package markdown

import (
	"bytes"
	"context"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// halt leaves the library by a panic, which HTML catches.
type halt struct{ cause error }

// guard watches one parse.
type guard struct {
	ctx   context.Context
	in    ast.Node // the paragraph whose marks are counted
	marks int
}

func (g *guard) look() {
	if err := g.ctx.Err(); err != nil {
		panic(halt{err})
	}
}

// blocks is asked before each block is opened. It opens none.
type blocks struct{ *guard }

// Trigger names every byte: a parser that names none is asked last.
func (blocks) Trigger() []byte {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	return every
}

func (b blocks) Open(parent ast.Node, _ text.Reader, _ parser.Context) (ast.Node, parser.State) {
	b.look()
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if depth++; depth > MaxNesting {
			panic(halt{ErrNested})
		}
	}
	return nil, parser.NoChildren
}

func (blocks) Continue(ast.Node, text.Reader, parser.Context) parser.State { return parser.Close }
func (blocks) Close(ast.Node, text.Reader, parser.Context)                 {}
func (blocks) CanInterruptParagraph() bool                                 { return true }
func (blocks) CanAcceptIndentedLine() bool                                 { return true }

// spans is asked at each mark within a paragraph. It makes nothing of any.
type spans struct{ *guard }

func (spans) Trigger() []byte { return []byte("*_[]!`<&\\:") }

func (s spans) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	s.look()
	if parent != s.in {
		s.in, s.marks = parent, 0
	}
	if c := block.Peek(); bytes.IndexByte([]byte("*_[]"), c) >= 0 {
		if s.marks++; s.marks > MaxMarks {
			panic(halt{ErrMarks})
		}
	}
	return nil
}

// defuse takes from a link or image an address that is not followed, and returns the node that
// stands in its place.
func defuse(n ast.Node, source []byte) ast.Node {
	switch x := n.(type) {
	case *ast.Link:
		if !followed(util.URLEscape(x.Destination, true)) {
			x.Destination = nil
		}
	case *ast.Image:
		if !followed(util.URLEscape(x.Destination, true)) {
			x.Destination = nil
		}
	case *ast.AutoLink:
		if x.AutoLinkType == ast.AutoLinkURL && !followed(util.URLEscape(x.URL(source), false)) {
			plain := ast.NewString(x.Label(source))
			plain.SetRaw(true) // no entities are read in it; it is escaped all the same
			x.Parent().ReplaceChild(x.Parent(), x, plain)
			return plain
		}
	}
	return n
}

// followed reports whether an address has no scheme, or one that a reader may follow. What stands
// before a colon is a scheme whatever it is made of: browsers pass over some of what RFC 3986 does
// not allow there.
func followed(address []byte) bool {
	scheme, _, named := bytes.Cut(address, []byte(":"))
	if !named || bytes.ContainsAny(scheme, "/?#") {
		return true
	}
	switch string(bytes.ToLower(scheme)) {
	case "http", "https", "mailto":
		return true
	}
	return false
}
