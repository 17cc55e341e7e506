package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/souk-network/souk/agent/worker"
)

// maxNesting is how deep arrays and objects may lie within one another, in parameters and results.
const maxNesting = 64

var (
	errNotUTF8 = errors.New("not UTF-8")
	errNotJSON = errors.New("not one JSON value")
)

// wellFormed counts the values of a JSON text, member names not among them, or says what is wrong
// with it: anything but one value in UTF-8, a member name twice in one object, or nesting deeper
// than maxNesting. Readers that are laxer take the last of two members, or the first, and two
// sides would come to different verdicts.
func wellFormed(text []byte) (values int, err error) {
	if !utf8.Valid(text) {
		return 0, errNotUTF8
	}
	if !json.Valid(text) {
		return 0, errNotJSON // the reader's own words may hold some of the text
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // a number of any length is one value; what reads it decides what it is worth
	err = countValues(d, 0, &values)
	return values, err
}

func countValues(d *json.Decoder, depth int, values *int) error {
	token, err := d.Token()
	if err != nil {
		return errNotJSON
	}
	*values++
	opening, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	if depth == maxNesting {
		return fmt.Errorf("nested deeper than %d", maxNesting)
	}
	var seen map[string]bool
	if opening == '{' {
		seen = map[string]bool{}
	}
	for d.More() {
		if opening == '{' {
			token, err := d.Token()
			name, ok := token.(string)
			if err != nil || !ok {
				return errNotJSON
			}
			if seen[name] {
				return errors.New("a member name stands twice in one object")
			}
			seen[name] = true
		}
		if err := countValues(d, depth+1, values); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing one
		return errNotJSON
	}
	return nil
}

// members reads params as one object, every name of which must be known. Names are compared
// exactly, unlike encoding/json does.
func members(params string, known ...string) (map[string]json.RawMessage, error) {
	if _, err := wellFormed([]byte(params)); err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(params), &m); err != nil || m == nil {
		return nil, errors.New("parameters must be a JSON object")
	}
	left := len(m)
	for _, name := range known {
		if _, ok := m[name]; ok {
			left--
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("unknown parameter: known are %q", known)
	}
	return m, nil
}

// count reads a whole number from 0 to 2^53-1, written without fraction or exponent.
func count(raw json.RawMessage) (int64, error) {
	const most = 1<<53 - 1
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 || n > most || raw[0] == '-' {
		return 0, errors.New("must be a whole number from 0 to 2^53-1")
	}
	return n, nil
}

func share(raw json.RawMessage) (worker.Share, error) { return worker.ParseShare(string(raw)) }
