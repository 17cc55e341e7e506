package runtime

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// patient counts the bytes of the rules that it reads.
type patient struct {
	worker.Checker
	read int
}

func (p *patient) Valid(r worker.Rule) error {
	p.read += len(r.Params)
	if strings.HasPrefix(r.Params, "bad") {
		return errors.New("bad")
	}
	return nil
}

// TestFloodOfRules: strangers that name ever new rules, each as long as may be, have
// only so many read; a rule known already is not read again, and whom we have dealt
// with is heard.
func TestFloodOfRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		friend, checker := key(1<<20), &patient{}
		r := newRules(checker, func(k wire.Key) uint8 { return map[wire.Key]uint8{friend: 2}[k] })
		names := func(by wire.Key, rule string) protocol.Code {
			return r.runs(by, protocol.Check{Rule: "jsonschema", Params: rule})
		}
		long := func(n int) string { return "rule " + string(rune('a'+n%26)) + strings.Repeat("x", n) }
		if got := names(key(1), "bad rule"); got != protocol.CodeCheck {
			t.Errorf("a rule that is none: %q", got)
		}
		if got := names(key(2), "the usual rule"); got != "" {
			t.Errorf("the usual rule: %q", got)
		}
		for n := range 4000 { // one stranger
			names(key(3), long(protocol.MaxParams/2+n))
		}
		if one := checker.read; one < rulesOfOne || one > rulesOfOne+2*protocol.MaxParams {
			t.Errorf("of one stranger %d bytes were read, want %d", one, rulesOfOne)
		}
		busy := 0
		for n := range 4000 { // many
			if names(key(1000+n), "many "+long(protocol.MaxParams/2+n)) == protocol.CodeBusy {
				busy++
			}
		}
		if all := checker.read; all < rulesOfCrowd || all > rulesOfCrowd+2*protocol.MaxParams || busy == 0 {
			t.Errorf("of all strangers %d bytes were read, want %d; busy %d times", all, rulesOfCrowd, busy)
		}
		before := checker.read
		if names(key(9999), "the usual rule") != "" || checker.read != before {
			t.Error("the usual rule is read again, or not run")
		}
		if names(friend, "a new one") != "" {
			t.Error("whom we have dealt with is not heard")
		}
		for n := range 100 {
			names(friend, "friend "+long(protocol.MaxParams/2+n))
		}
		if of := checker.read - before; of > rulesOfOne+2*protocol.MaxParams {
			t.Errorf("of one we have dealt with %d bytes were read", of)
		}
		time.Sleep(rulesSpan)
		if names(key(5), "another new one") != "" {
			t.Error("a minute later strangers are not heard")
		}
		for n := range 2 * MaxRules {
			r.note(wire.Sum([]byte{byte(n), byte(n >> 8)}), true)
		}
		if len(r.known) != MaxRules || len(r.order) != MaxRules {
			t.Errorf("%d rules are kept", len(r.known))
		}
	})
}
