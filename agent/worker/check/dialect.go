package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The limits of a schema. What $ref names counts as often as it is named.
const (
	// maxWeight bounds the JSON values a schema holds; uniqueItems counts as uniqueWeight of them,
	// for it may compare every two items.
	maxWeight    = 4096
	uniqueWeight = 256
	// maxSchemaDepth bounds how deep schemas lie within one another.
	maxSchemaDepth = 16
	// maxPatternSteps bounds all regular expressions of a schema together, see patternSteps.
	maxPatternSteps = 256
)

// draft is the only $schema there may be.
const draft = "https://json-schema.org/draft/2020-12/schema"

// load is what a schema costs to apply.
type load struct{ weight, steps, depth int }

func (l *load) add(m load) error {
	l.weight += m.weight
	l.steps += m.steps
	l.depth = max(l.depth, m.depth)
	switch {
	case l.weight > maxWeight:
		return fmt.Errorf("heavier than %d values", maxWeight)
	case l.steps > maxPatternSteps:
		return fmt.Errorf("regular expressions of more than %d steps", maxPatternSteps)
	case l.depth > maxSchemaDepth:
		return fmt.Errorf("schemas nested deeper than %d", maxSchemaDepth)
	}
	return nil
}

// normalize checks that a schema keeps to the rule's dialect and its limits, and returns it as the
// library is to see it, with its weight. What the library is lax about (unknown keywords, letter
// case, null for a value) and what it pays for without bound (references that name themselves or
// double at each step) is refused here.
func normalize(text []byte) ([]byte, int, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, 0, err
	}
	r := reading{forms: forms(), known: map[string]load{}, open: map[string]bool{}}
	object, _ := root.(map[string]any)
	if err := r.takeRoot(object); err != nil {
		return nil, 0, err
	}
	total, err := r.schema(root)
	if err != nil {
		return nil, 0, err
	}
	if r.defs != nil {
		object["$defs"] = r.defs
	}
	for _, l := range r.known { // a sum, so their order does not matter
		total.steps += l.steps
	}
	if total.steps > maxPatternSteps {
		return nil, 0, fmt.Errorf("regular expressions of more than %d steps", maxPatternSteps)
	}
	plain, err := json.Marshal(root)
	return plain, total.weight, err
}

// reading is one pass over a schema.
type reading struct {
	forms map[string]form
	defs  map[string]any
	known map[string]load // of the definitions read so far
	open  map[string]bool // definitions being read
}

// takeRoot reads what only the root may hold, and takes it out.
func (r *reading) takeRoot(root map[string]any) error {
	if given, ok := root["$schema"]; ok && given != draft {
		return fmt.Errorf("$schema must be %q", draft)
	}
	delete(root, "$schema")
	defs, ok := root["$defs"]
	if !ok {
		return nil
	}
	delete(root, "$defs")
	if r.defs, ok = defs.(map[string]any); !ok {
		return errors.New("$defs must be an object")
	}
	for _, name := range sortedNames(r.defs) {
		if _, err := r.definition(name); err != nil {
			return err
		}
	}
	return nil
}

// definition reads one of $defs, once.
func (r *reading) definition(name string) (load, error) {
	if l, ok := r.known[name]; ok {
		return l, nil
	}
	s, ok := r.defs[name]
	if !ok {
		return load{}, errors.New("$ref names nothing in $defs")
	}
	if r.open[name] {
		return load{}, errors.New("$ref leads back to itself")
	}
	r.open[name] = true
	l, err := r.schema(s)
	if err != nil {
		return load{}, err
	}
	delete(r.open, name)
	r.known[name] = l
	return l, nil
}

// schema reads one schema and rewrites its anyOf.
func (r *reading) schema(s any) (load, error) {
	total := load{weight: 1, depth: 1}
	if _, ok := s.(bool); ok {
		return total, nil
	}
	object, ok := s.(map[string]any)
	if !ok {
		return load{}, errors.New("a schema must be an object, true or false")
	}
	for _, name := range sortedNames(object) {
		read, ok := r.forms[name]
		if !ok {
			return load{}, fmt.Errorf("keyword %q is not known to this rule", short(name))
		}
		l, err := read(r, object[name])
		if err == nil {
			err = total.add(l)
		}
		if err != nil {
			return load{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	withoutAnyOf(object)
	return total, nil
}

// withoutAnyOf says anyOf by not and allOf, which means the same. The library gathers what every
// failed branch of anyOf has to say, with the value it said it of, and a schema of a few kilobytes
// could fill the memory.
func withoutAnyOf(object map[string]any) {
	branches, ok := object["anyOf"].([]any)
	if !ok {
		return
	}
	refused := make([]any, len(branches))
	for i, s := range branches {
		refused[i] = map[string]any{"not": s}
	}
	all, _ := object["allOf"].([]any)
	object["allOf"] = append(slices.Clip(all), map[string]any{"not": map[string]any{"allOf": refused}})
	delete(object, "anyOf")
}

// reference reads a $ref, which may name a definition of the root and nothing else.
func (r *reading) reference(v any) (load, error) {
	const prefix = "#/$defs/"
	ref, ok := v.(string)
	name, local := strings.CutPrefix(ref, prefix)
	if !ok || !local || name == "" || strings.ContainsAny(name, "/~%?#") {
		return load{}, fmt.Errorf("must be %sNAME: nothing else is looked up, and nothing is loaded", prefix)
	}
	l, err := r.definition(name)
	l.depth++
	return l, err
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
