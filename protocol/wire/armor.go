package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// armorColumns is how wide armoured text is.
const armorColumns = 64

func armorLines(name string) (begin, end string) {
	return "-----BEGIN SOUK " + name + "-----\n", "-----END SOUK " + name + "-----\n"
}

// Armor writes bytes as text that survives mail and clipboards: between two marker
// lines that say name, such as "RECEIPT", the base64 (RFC 4648, padded) of raw in
// lines of 64 columns, each line ended by a line feed.
func Armor(name string, raw []byte) []byte {
	begin, end := armorLines(name)
	text := base64.StdEncoding.AppendEncode(nil, raw)
	out := []byte(begin)
	for len(text) > 0 {
		n := min(armorColumns, len(text))
		out = append(append(out, text[:n]...), '\n')
		text = text[n:]
	}
	return append(out, end...)
}

// Unarmor returns the bytes of text that Armor wrote of at most most bytes. Text that
// is not exactly as Armor would write it is refused: ErrLimit or ErrShape, wrapped.
func Unarmor(name string, text []byte, most int) ([]byte, error) {
	if len(text) > 2*most+256 {
		return nil, fmt.Errorf("%w: %d bytes of text", ErrLimit, len(text))
	}
	begin, end := armorLines(name)
	body, begun := bytes.CutPrefix(text, []byte(begin))
	body, ended := bytes.CutSuffix(body, []byte(end))
	if !begun || !ended {
		return nil, fmt.Errorf("%w: want a file that begins with %q and ends with %q", ErrShape, begin, end)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(string(bytes.ReplaceAll(body, []byte("\n"), nil)))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	case len(raw) > most:
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(raw), most)
	case !bytes.Equal(Armor(name, raw), text):
		return nil, fmt.Errorf("%w: its lines are not those it was written with", ErrShape)
	}
	return raw, nil
}
