package payload_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

func TestMayGo(t *testing.T) {
	label := payload.Label{Class: payload.Internal, Retention: 1000}
	promise := payload.Handling{Most: payload.Internal, Retention: 1000}
	with := func(change func(*payload.Label, *payload.Handling)) (payload.Label, payload.Handling) {
		l, h := label, promise
		change(&l, &h)
		return l, h
	}
	for _, c := range []struct {
		name   string
		change func(l *payload.Label, h *payload.Handling)
		clause string // of the refusal; "" where it may go
	}{
		{"as promised", func(*payload.Label, *payload.Handling) {}, ""},
		{"less delicate", func(l *payload.Label, _ *payload.Handling) { l.Class = payload.Public }, ""},
		{"more delicate", func(l *payload.Label, _ *payload.Handling) { l.Class = payload.Personal }, "class personal"},
		{"kept shorter", func(_ *payload.Label, h *payload.Handling) { h.Retention = 999 }, ""},
		{"kept longer", func(_ *payload.Label, h *payload.Handling) { h.Retention = 1001 }, "kept 1001 ms"},
		{"passed on", func(_ *payload.Label, h *payload.Handling) { h.PassOn = true }, "passed on"},
		{"passed on where allowed", func(l *payload.Label, h *payload.Handling) { l.PassOn, h.PassOn = true, true }, ""},
		{"not passed on though allowed", func(l *payload.Label, _ *payload.Handling) { l.PassOn = true }, ""},
		{"trains", func(_ *payload.Label, h *payload.Handling) { h.Train = true }, "train"},
		{"trains where allowed", func(l *payload.Label, h *payload.Handling) { l.Train, h.Train = true, true }, ""},
		{"for its purpose", func(l *payload.Label, h *payload.Handling) { l.Purpose, h.Purpose = "audit", "audit" }, ""},
		{"for another purpose", func(l *payload.Label, h *payload.Handling) { l.Purpose, h.Purpose = "audit", "ads" }, `"audit"`},
		{"for no stated purpose", func(l *payload.Label, _ *payload.Handling) { l.Purpose = "audit" }, `"audit"`},
	} {
		l, h := with(c.change)
		err := l.MayGo(h)
		if (err == nil) != (c.clause == "") || (err != nil && (!errors.Is(err, payload.ErrLabel) || !strings.Contains(err.Error(), c.clause))) {
			t.Errorf("%s: got %v, want a refusal by %q", c.name, err, c.clause)
		}
	}
}

// TestMayGoIsMonotonic: whoever promises more care may have whatever one who
// promises less may have, and a stricter label lets nothing more go.
func TestMayGoIsMonotonic(t *testing.T) {
	var labels []payload.Label
	for class := payload.Public; class <= payload.Sensitive; class++ {
		for flags := range 16 {
			l := payload.Label{Class: class, PassOn: flags&1 != 0, Train: flags&2 != 0, Retention: uint64(flags & 4)}
			if flags&8 != 0 {
				l.Purpose = "audit"
			}
			labels = append(labels, l)
		}
	}
	for _, l := range labels {
		for _, a := range labels {
			for _, b := range labels {
				if !tighter(a, b) {
					continue
				}
				if l.MayGo(promiseOf(b)) == nil && l.MayGo(promiseOf(a)) != nil {
					t.Fatalf("%+v may go to %+v but not to the more careful %+v", l, b, a)
				}
				if l.Purpose == "" && a.MayGo(promiseOf(l)) == nil && b.MayGo(promiseOf(l)) != nil {
					t.Fatalf("to %+v may go %+v but not the laxer %+v", l, a, b)
				}
			}
		}
	}
}

// tighter reports whether a, as a label or as a promise, asks for no less care
// than b. Classes pull a label and a promise in opposite directions, so only
// equal ones are compared here.
func tighter(a, b payload.Label) bool {
	return a.Class == b.Class && a.Retention <= b.Retention && (!a.PassOn || b.PassOn) && (!a.Train || b.Train) &&
		(a.Purpose == b.Purpose)
}

// every is each combination of a few values of each field.
func every() []payload.Label {
	var labels []payload.Label
	for class := payload.Public; class <= payload.Personal; class++ {
		for flags := range 4 {
			for _, retention := range []uint64{0, 5} {
				for _, purpose := range []string{"", "audit", "ads"} {
					labels = append(labels, payload.Label{
						Class: class, Purpose: purpose, Retention: retention, PassOn: flags&1 != 0, Train: flags&2 != 0,
					})
				}
			}
		}
	}
	return labels
}

// Whoever a payload is given on to, under a label within what its holder may do
// with it, is one to whom its sender would have given it, and promises no more
// than its holder did.
func TestGivenOnNeverWidens(t *testing.T) {
	went := 0
	for _, label := range every() {
		for _, held := range every() {
			if label.MayGo(promiseOf(held)) != nil {
				continue
			}
			most := label.Under(promiseOf(held))
			if err := most.Within(most); err != nil {
				t.Fatalf("%+v is not within itself: %v", most, err)
			}
			for _, part := range every() {
				if part.Within(most) != nil {
					continue
				}
				for _, next := range every() {
					h := promiseOf(next)
					if part.MayGo(h) != nil {
						continue
					}
					went++
					if err := label.MayGo(h); err != nil {
						t.Fatalf("%+v, held under %+v, went on as %+v to %+v: %v", label, held, part, next, err)
					}
					if h.Retention > held.Retention || h.PassOn && !held.PassOn || h.Train && !held.Train || held.Purpose != "" && h.Purpose != held.Purpose {
						t.Fatalf("held under %+v, it went to %+v", held, next)
					}
				}
			}
		}
	}
	if went == 0 {
		t.Error("nothing went anywhere")
	}
}

func TestWithinNamesWhatIsWidened(t *testing.T) {
	of := payload.Label{Class: payload.Internal, Purpose: "audit", Retention: 10}
	for clause, change := range map[string]func(*payload.Label){
		"class public":  func(l *payload.Label) { l.Class = payload.Public },
		"kept 11 ms":    func(l *payload.Label) { l.Retention++ },
		"passed on":     func(l *payload.Label) { l.PassOn = true },
		"train":         func(l *payload.Label) { l.Train = true },
		`for "audit"`:   func(l *payload.Label) { l.Purpose = "" },
		`for "audit" o`: func(l *payload.Label) { l.Purpose = "ads" },
	} {
		l := of
		change(&l)
		if err := l.Within(of); !errors.Is(err, payload.ErrLabel) || !strings.Contains(err.Error(), clause) {
			t.Errorf("%v, want one about %q", err, clause)
		}
	}
	stricter := payload.Label{Class: payload.Sensitive, Purpose: "audit"}
	if err := stricter.Within(of); err != nil {
		t.Error(err)
	}
}

func promiseOf(l payload.Label) payload.Handling {
	return payload.Handling{Most: l.Class, Purpose: l.Purpose, Retention: l.Retention, PassOn: l.PassOn, Train: l.Train}
}

func TestMayGoByClass(t *testing.T) {
	for c := payload.Public; c <= payload.Sensitive; c++ {
		for most := payload.Public; most <= payload.Sensitive; most++ {
			err := payload.Label{Class: c}.MayGo(payload.Handling{Most: most})
			if (err == nil) != (c <= most) {
				t.Errorf("%s to one who takes %s: %v", c, most, err)
			}
		}
	}
}

func TestChecks(t *testing.T) {
	good := payload.Artefact{ID: wire.Sum(nil), Size: 1 << 40, Type: "text/plain", Label: payload.Label{Class: payload.Public}}
	with := func(change func(*payload.Artefact)) payload.Artefact { a := good; change(&a); return a }
	for _, c := range []struct {
		name string
		a    payload.Artefact
		want error
	}{
		{"good", good, nil},
		{"no commitment", with(func(a *payload.Artefact) { a.ID = wire.CID{} }), wire.ErrShape},
		{"too large", with(func(a *payload.Artefact) { a.Size++ }), wire.ErrLimit},
		{"no type", with(func(a *payload.Artefact) { a.Type = "" }), wire.ErrShape},
		{"long type", with(func(a *payload.Artefact) { a.Type = "a/" + strings.Repeat("a", 126) }), wire.ErrLimit},
		{"class 0", with(func(a *payload.Artefact) { a.Label.Class = 0 }), wire.ErrShape},
		{"class 5", with(func(a *payload.Artefact) { a.Label.Class = 5 }), wire.ErrShape},
		{"long purpose", with(func(a *payload.Artefact) { a.Label.Purpose = strings.Repeat("a", 129) }), wire.ErrLimit},
		{"purpose not UTF-8", with(func(a *payload.Artefact) { a.Label.Purpose = "\xff" }), wire.ErrShape},
		{"kept for ever", with(func(a *payload.Artefact) { a.Label.Retention = payload.MaxKeep + 1 }), wire.ErrLimit},
	} {
		if err := c.a.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if err := (payload.Handling{Most: 9}).Check(); !errors.Is(err, wire.ErrShape) {
		t.Errorf("handling: got %v", err)
	}
}

func TestCheckType(t *testing.T) {
	for _, s := range []string{"text/plain", "application/vnd.api+json", "image/svg+xml", "x/1"} {
		if err := payload.CheckType(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "text", "text/", "/plain", "text/plain; charset=utf-8", "Text/plain", "text/pl ain", "a/b/c", "*/*", "text/\x1b", ".a/b", "é/a"} {
		if err := payload.CheckType(s); !errors.Is(err, wire.ErrShape) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestClassNames(t *testing.T) {
	for c := payload.Public; c <= payload.Sensitive; c++ {
		if got, err := payload.ParseClass(c.String()); err != nil || got != c {
			t.Errorf("%s: read as %v, %v", c, got, err)
		}
	}
	for _, s := range []string{"", "PUBLIC", "secret", "class(0)"} {
		if _, err := payload.ParseClass(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
	if s := payload.Class(9).String(); s != "class(9)" {
		t.Errorf("got %s", s)
	}
}
