package agent_test

import (
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// TestTalkAfterRecord: what a bundle leads to is recorded after the bundle, though
// talk comes with it. Else a seller that says its countersign of an OPEN and a
// Quote under one seal leaves its buyer a journal that cannot be read back.
func TestTalkAfterRecord(t *testing.T) {
	w := newTown(t, 1)
	seller, buyer := w.settle("seller").start(), w.settle("buyer").start()
	seller.sells(5)
	seller.sells(7, func(s *sell.Stand) { s.Capability, s.Ask = "text/other@1", true })
	seller.link(buyer)
	w.pass(second)
	buyer.orders("before")
	w.pass(minute)
	buyer.die()
	buyer.start()
	buyer.link(seller)
	w.pass(100)
	var kept []wire.Said
	seller.twist = func(_ *citizen, docs []wire.Said) [][]wire.Said {
		switch docs[0].Doc.Header().Kind {
		case protocol.KindCountersign:
			kept = append(kept, docs...)
			return nil
		case protocol.KindQuote:
			docs, kept = append(kept, docs...), nil
		}
		return [][]wire.Said{docs}
	}
	buyer.orders("firm") // waits until its lane is open
	w.pass(50)
	buyer.orders("asked", func(o *agent.Order) { o.Capability = "text/other@1" })
	w.pass(second)
	seller.twist = nil
	w.pass(minute)
	buyer.ended("firm", ending{"settled", "", 5})
	buyer.ended("asked", ending{"settled", "", 7})
	w.reckon()
}
