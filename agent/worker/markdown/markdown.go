// Package markdown makes a page of HTML from a text in Markdown (CommonMark). The built-in worker
// sells it and the acceptance check "html" repeats it, so it stands in a room of its own: both must
// make the same bytes.
//
// It promises the same bytes for the same text wherever Renderer is the same, HTML without scripts
// for any text, and bounded time, memory and depth whoever wrote the text. It must never let raw HTML
// through, nor a link that is not one to a page or a mailbox.
package markdown

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Renderer names what makes the bytes: the library with its version, and the number of what we have
// made of it. Two peers that name the same one make the same bytes. It changes with the library, and
// whenever anything in this room changes what is made of any text.
const Renderer = "goldmark/1.8.7+1"

// Limits of one text.
const (
	MaxText    = 4 << 20 // bytes of a text
	MaxNesting = 64      // blocks, or spans of text, within one another
	MaxMarks   = 4096    // marks of emphasis and brackets in one paragraph: what they cost is their square
)

var (
	// ErrTooLong is returned where a text is longer than MaxText.
	ErrTooLong = fmt.Errorf("the text is longer than %d bytes", MaxText)
	// ErrNested is returned where a text nests deeper than MaxNesting.
	ErrNested = fmt.Errorf("the text nests deeper than %d", MaxNesting)
	// ErrMarks is returned where a paragraph has more than MaxMarks marks.
	ErrMarks = fmt.Errorf("a paragraph of the text has more than %d marks of emphasis and brackets", MaxMarks)
	// errLibrary hides what the library said: it may hold some of the text.
	errLibrary = errors.New("the text could not be rendered")
)

// HTML returns text as HTML: CommonMark without extensions, raw HTML left out, links and images that
// lead elsewhere than http, https, mailto or a relative address without their address. It ends with
// ctx, whose error it then returns.
func HTML(ctx context.Context, source []byte) (page []byte, err error) {
	if len(source) > MaxText {
		return nil, ErrTooLong
	}
	// The library has no other way to be stopped, and a fault of it, met by foreign bytes, must not
	// end the peer.
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case halt:
			page, err = nil, fault.cause
		default:
			page, err = nil, errLibrary
		}
	}()
	g := &guard{ctx: ctx}
	root := g.parser().Parse(text.NewReader(source))
	if err := g.tidy(root, source); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := render().Render(&out, source, root); err != nil {
		return nil, errLibrary
	}
	return out.Bytes(), ctx.Err()
}

// parser reads CommonMark, watched by g at each block and each mark.
func (g *guard) parser() parser.Parser {
	const before = 1 // everything of the library's own: its priorities begin at 100
	return parser.NewParser(
		parser.WithBlockParsers(append(parser.DefaultBlockParsers(), util.Prioritized(blocks{g}, before))...),
		parser.WithInlineParsers(append(parser.DefaultInlineParsers(), util.Prioritized(spans{g}, before))...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)
}

// render writes safe HTML: the library's own default.
func render() renderer.Renderer {
	return renderer.NewRenderer(renderer.WithNodeRenderers(util.Prioritized(html.NewRenderer(), 1000)))
}

// tidy takes from a parsed text the addresses that are not followed, and refuses one that nests too
// deep for the library, which renders it by recursion. It uses none itself.
func (g *guard) tidy(root ast.Node, source []byte) error {
	depth := 0
	for n := root; n != nil; {
		if err := g.ctx.Err(); err != nil {
			return err
		}
		n = defuse(n, source)
		if child := n.FirstChild(); child != nil {
			if depth++; depth > 2*MaxNesting { // blocks, and the spans within the innermost
				return ErrNested
			}
			n = child
			continue
		}
		for n != nil && n.NextSibling() == nil {
			n = n.Parent()
			depth--
		}
		if n != nil {
			n = n.NextSibling()
		}
	}
	return nil
}
