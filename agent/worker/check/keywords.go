package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
)

// form reads the value of a keyword: whether it is of the right kind, and what it costs.
type form func(*reading, any) (load, error)

// forms are the keywords of JSON Schema 2020-12 that the rule knows. Left out on purpose: what
// names or loads other documents ($id, $anchor, $dynamicRef, ...), what depends on the order in
// which others were applied (unevaluatedItems, unevaluatedProperties), and what implementations
// are free to ignore or not (content...). "format" says nothing about validity.
func forms() map[string]form {
	return map[string]form{
		"$ref": (*reading).reference, "$schema": nowhere, "$defs": nowhere,
		"$comment": text, "title": text, "description": text, "format": text,
		"default": value, "examples": array, "deprecated": flag, "readOnly": flag, "writeOnly": flag,
		"type": types, "enum": array, "const": value,
		"multipleOf": positive, "minimum": number, "maximum": number, "exclusiveMinimum": number, "exclusiveMaximum": number,
		"minLength": whole, "maxLength": whole, "pattern": pattern,
		"prefixItems": (*reading).list, "items": (*reading).inner, "contains": (*reading).inner,
		"minItems": whole, "maxItems": whole, "uniqueItems": unique, "minContains": whole, "maxContains": whole,
		"properties": (*reading).table, "patternProperties": (*reading).patterns,
		"additionalProperties": (*reading).inner, "propertyNames": (*reading).inner,
		"required": texts, "dependentRequired": dependents, "minProperties": whole, "maxProperties": whole,
		"allOf": (*reading).list, "anyOf": (*reading).list, "oneOf": (*reading).list, "not": (*reading).inner,
		"if": (*reading).inner, "then": (*reading).inner, "else": (*reading).inner, "dependentSchemas": (*reading).table,
	}
}

func (r *reading) inner(v any) (load, error) {
	l, err := r.schema(v)
	l.depth++
	return l, err
}

func (r *reading) list(v any) (load, error) {
	schemas, ok := v.([]any)
	if !ok || len(schemas) == 0 {
		return load{}, errors.New("must be an array of schemas, not empty")
	}
	total := load{weight: 1}
	for _, s := range schemas {
		l, err := r.inner(s)
		if err == nil {
			err = total.add(l)
		}
		if err != nil {
			return load{}, err
		}
	}
	return total, nil
}

func (r *reading) table(v any) (load, error) {
	schemas, ok := v.(map[string]any)
	if !ok {
		return load{}, errors.New("must be an object of schemas")
	}
	total := load{weight: 1}
	for _, name := range sortedNames(schemas) {
		l, err := r.inner(schemas[name])
		if err == nil {
			err = total.add(l)
		}
		if err != nil {
			return load{}, err
		}
	}
	return total, nil
}

func (r *reading) patterns(v any) (load, error) {
	total, err := r.table(v)
	if err != nil {
		return load{}, err
	}
	for name := range v.(map[string]any) { // a sum, so their order does not matter
		l, err := pattern(r, name)
		if err == nil {
			err = total.add(load{steps: l.steps})
		}
		if err != nil {
			return load{}, err
		}
	}
	return total, nil
}

// pattern reads a regular expression in the syntax of RE2.
func pattern(_ *reading, v any) (load, error) {
	s, ok := v.(string)
	if !ok || s == "" {
		return load{}, errors.New("must be a regular expression, not empty")
	}
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return load{}, fmt.Errorf("not a regular expression of RE2: %w", err)
	}
	return load{weight: 1, steps: patternSteps(tree)}, nil
}

// patternSteps is the number of characters, classes, anchors and operators in an expression, what
// a counted repetition repeats counted as often as it may be repeated. Matching takes time in
// proportion to it.
func patternSteps(tree *syntax.Regexp) int {
	const enough = maxPatternSteps + 1
	steps := max(1, len(tree.Rune))
	if tree.Op == syntax.OpCharClass {
		steps = 1
	}
	for _, sub := range tree.Sub {
		steps = min(enough, steps+patternSteps(sub))
	}
	if tree.Op == syntax.OpRepeat {
		steps *= max(1, tree.Min, tree.Max)
	}
	return min(enough, steps)
}

func nowhere(*reading, any) (load, error) { return load{}, errors.New("may stand at the root only") }

// value is any JSON value; its weight is the number of values in it.
func value(_ *reading, v any) (load, error) {
	l := load{weight: 1}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			inner, _ := value(nil, item)
			l.weight += inner.weight
		}
	case map[string]any:
		for _, member := range v { // a sum, so their order does not matter
			inner, _ := value(nil, member)
			l.weight += inner.weight
		}
	}
	return l, nil
}

func array(_ *reading, v any) (load, error) {
	if items, ok := v.([]any); !ok || len(items) == 0 {
		return load{}, errors.New("must be an array, not empty")
	}
	return value(nil, v)
}

func text(_ *reading, v any) (load, error) {
	if _, ok := v.(string); !ok {
		return load{}, errors.New("must be a string")
	}
	return load{weight: 1}, nil
}

func texts(_ *reading, v any) (load, error) {
	items, ok := v.([]any)
	if !ok {
		return load{}, errors.New("must be an array of strings")
	}
	for _, item := range items {
		if _, err := text(nil, item); err != nil {
			return load{}, errors.New("must be an array of strings")
		}
	}
	return load{weight: 1 + len(items)}, nil
}

func dependents(_ *reading, v any) (load, error) {
	members, ok := v.(map[string]any)
	if !ok {
		return load{}, errors.New("must be an object of arrays of strings")
	}
	for _, m := range members { // every one must hold, so their order does not matter
		if _, err := texts(nil, m); err != nil {
			return load{}, err
		}
	}
	return value(nil, v)
}

func flag(_ *reading, v any) (load, error) {
	if _, ok := v.(bool); !ok {
		return load{}, errors.New("must be true or false")
	}
	return load{weight: 1}, nil
}

func unique(_ *reading, v any) (load, error) {
	l, err := flag(nil, v)
	if v == true {
		l.weight = uniqueWeight
	}
	return l, err
}

func number(_ *reading, v any) (load, error) {
	n, ok := v.(json.Number)
	if !ok {
		return load{}, errors.New("must be a number")
	}
	if _, err := n.Float64(); err != nil {
		return load{}, errors.New("is beyond the range of IEEE 754 binary64")
	}
	return load{weight: 1}, nil
}

func positive(_ *reading, v any) (load, error) {
	l, err := number(nil, v)
	if err != nil {
		return load{}, err
	}
	if f, _ := v.(json.Number).Float64(); f <= 0 {
		return load{}, errors.New("must be above 0")
	}
	return l, nil
}

// whole reads a number of things, written without fraction or exponent.
func whole(_ *reading, v any) (load, error) {
	n, ok := v.(json.Number)
	if !ok {
		return load{}, errors.New("must be a whole number")
	}
	if _, err := strconv.ParseUint(n.String(), 10, 31); err != nil {
		return load{}, errors.New("must be a whole number from 0 to 2^31-1")
	}
	return load{weight: 1}, nil
}

func types(_ *reading, v any) (load, error) {
	known := []string{"null", "boolean", "object", "array", "number", "integer", "string"}
	l, err := value(nil, v)
	items, several := v.([]any)
	if !several {
		items = []any{v}
	}
	for _, item := range items {
		if name, ok := item.(string); !ok || !slices.Contains(known, name) {
			return load{}, fmt.Errorf("must be one of %q, or an array of them", known)
		}
	}
	if len(items) == 0 {
		return load{}, errors.New("must not be empty")
	}
	return l, err
}
