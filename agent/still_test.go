package agent_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/runtime/still"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// stillForm is the form of an agent.
var stillForm = sync.OnceValues(func() (*still.Form, error) {
	var docs []any
	reg := protocol.Registry()
	for k := range wire.Kind(256) {
		if e, ok := reg.Entry(k); ok && e.New != nil {
			docs = append(docs, e.New())
		}
	}
	return still.New(new(agent.Agent), []any{agent.Config{}}, docs)
})

// picture writes down all that an agent knows.
func picture(t testing.TB, a *agent.Agent) []byte {
	t.Helper()
	f, err := stillForm()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fold folds records into an agent.
func (c *citizen) fold(a *agent.Agent, records [][]byte) {
	c.t.Helper()
	for i, b := range records {
		r, err := agent.ReadRecord(c.reg, b)
		if err != nil {
			c.t.Fatalf("%s: record %d of %d: %v", c.name, i+1, len(records), err)
		}
		if _, err := a.Fold(r); err != nil {
			c.t.Fatalf("%s: record %d of %d: %v", c.name, i+1, len(records), err)
		}
	}
}

// pictured returns the agent that a whole replay gave, made again from a picture of
// what it was some records ago and the records since. It must be the same to the byte.
func (c *citizen) pictured(whole *agent.Agent) *agent.Agent {
	c.t.Helper()
	at := rand.New(rand.NewPCG(uint64(len(c.journal)), 3)).IntN(len(c.journal) + 1)
	before, after := c.journal[:at:at], c.journal[at:]
	first, err := agent.New(c.conf)
	if err != nil {
		c.t.Fatal(err)
	}
	c.fold(first, before)
	f, err := stillForm()
	if err != nil {
		c.t.Fatal(err)
	}
	again, err := agent.New(c.conf)
	if err != nil {
		c.t.Fatal(err)
	}
	b := picture(c.t, first)
	if err := f.Read(b, again); err != nil {
		c.t.Fatalf("%s: picture after record %d: %v", c.name, at, err)
	}
	if !bytes.Equal(picture(c.t, again), b) {
		c.t.Fatalf("%s: what was made again from the picture after record %d is not what was pictured", c.name, at)
	}
	c.fold(again, after)
	if !bytes.Equal(picture(c.t, again), picture(c.t, whole)) {
		c.t.Fatalf("%s: the picture after record %d and the %d records since are not what a whole replay gives", c.name, at, len(after))
	}
	return again
}
