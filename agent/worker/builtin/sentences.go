package builtin

import (
	"bytes"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/souk-network/souk/agent/worker"
)

// sentencesOf divides a text into sentences (Unicode Standard Annex 29), each folded, none empty,
// in the order of the text. A line end is only white space here, for many texts break their lines
// within a sentence; an empty line, a heading or the next item of a list ends a sentence.
func sentencesOf(text []byte) [][]byte {
	var found [][]byte
	for _, paragraph := range paragraphs(text) {
		for segments := sentences.FromBytes(worker.Fold(paragraph)); segments.Next(); {
			// Folded again, for a segment ends with the space that follows it.
			if s := worker.Fold(segments.Value()); len(s) > 0 {
				found = append(found, s)
			}
		}
	}
	return found
}

func paragraphs(text []byte) [][]byte {
	var found [][]byte
	start, at := 0, 0
	heading := false
	for line := range bytes.Lines(text) {
		bare := bytes.TrimLeft(line, " \t")
		if at > start && (heading || opens(bare)) {
			found = append(found, text[start:at])
			start = at
		}
		heading = bytes.HasPrefix(bare, []byte("#"))
		at += len(line)
	}
	return append(found, text[start:])
}

// opens reports whether a line begins a paragraph: it is empty, a heading, a quotation, the row of
// a table or the item of a list.
func opens(line []byte) bool {
	if len(bytes.TrimRight(line, "\r\n\v\f")) == 0 {
		return true
	}
	switch line[0] {
	case '#', '>', '|':
		return true
	case '-', '*', '+':
		return len(line) > 1 && line[1] == ' '
	}
	return false
}
