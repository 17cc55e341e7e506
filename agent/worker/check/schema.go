package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/google/jsonschema-go/jsonschema"
)

// What the weight of a schema times the result may be, its values or its bytes: a few seconds of
// work at the worst, for each value may meet each part of the schema, and so may each byte of a
// string that fits none of many patterns.
const (
	maxValueWork = 1 << 22
	maxByteWork  = 1 << 28
)

// schemaTest is the rule "jsonschema": the result is JSON and valid under the schema.
type schemaTest struct {
	schema *jsonschema.Resolved
	weight int // 1 to maxWeight
}

func parseSchema(params string) (test, error) {
	if _, err := wellFormed([]byte(params)); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	plain, weight, err := normalize([]byte(params))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(plain, &schema); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{Loader: loadNothing})
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return schemaTest{resolved, weight}, nil
}

func (s schemaTest) run(_ context.Context, _, result io.Reader) error {
	text, err := readResult(result, MaxDocument)
	if err != nil {
		return err
	}
	if most := maxByteWork / s.weight; len(text) > most {
		return failure("work", "%d bytes, at most %d under this schema", len(text), most)
	}
	values, err := wellFormed(text)
	if err != nil {
		return failure("json", "%v", err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		// Well-formed, so what is left is a number too large.
		return failure("json", "a number is beyond the range of IEEE 754 binary64")
	}
	if most := maxValueWork / s.weight; values > most {
		return failure("work", "%d values, at most %d under this schema", values, most)
	}
	valid, err := fits(s.schema, value)
	if err != nil {
		return err
	}
	if !valid {
		return failure("schema", "the result is not valid under the schema")
	}
	return nil
}

// fits keeps the library's words to itself, for they hold some of the result, and does not let a
// fault of the library, met by foreign bytes, end the peer.
func fits(schema *jsonschema.Resolved, value any) (valid bool, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			valid, err = false, errors.New("the schema could not be applied to the result")
		}
	}()
	return schema.Validate(value) == nil, nil
}

// loadNothing refuses, should a reference ever reach the library that is not one of ours.
func loadNothing(*url.URL) (*jsonschema.Schema, error) {
	return nil, errors.New("schemas are not loaded from elsewhere")
}
