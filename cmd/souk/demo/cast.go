package demo

import (
	"fmt"

	"github.com/souk-network/souk/agent/worker/markdown"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// Who plays.
const (
	counter   = "counter"
	abacus    = "abacus"
	scribe    = "scribe"
	printer   = "printer"
	editor    = "editor"
	appraiser = "appraiser"
	copyist   = "copyist"
	tinker    = "tinker"
	traveller = "traveller"
	weaver    = "weaver"
)

// What is sold.
const (
	words   = "text/words@1"
	summary = "text/summary@1"
	letters = "text/letters@1"
	html    = "text/html@1"
	brief   = "text/brief@1"
)

// part is what one peer does in the play.
type part struct {
	name      string
	sells     func(p *play) gateway.OfferDraft // nil for who sells nothing
	buys      bool                             // it sells nothing, and orders
	hires     bool                             // it sells, and hires others for it
	evaluator string                           // who judges what it and a hirer cannot agree on
	blind     bool                             // its own checker says yes to everything
	mortal    bool                             // it runs in a process of its own, which is killed
}

// parts returns the cast, in the order in which it comes: buyers last, so that
// they hear what is offered as they join.
func parts() []part {
	return []part{
		{name: scribe, sells: func(*play) gateway.OfferDraft {
			return gateway.OfferDraft{
				Capability: summary, Title: "The sentences that matter most, in their order",
				Price: wire.Units(2000), Ask: true, Technology: "builtin",
				Settings: map[string]string{"name": "summary", "share": "0.3"},
				Rule:     "summary", RuleParams: summaryRule, RerunSafe: true, DeliverMS: quick,
			}
		}},
		{name: counter, sells: func(p *play) gateway.OfferDraft {
			d := p.WordCount
			d.Capability, d.Title, d.Price, d.DeliverMS = words, "How many words there are", wire.Units(5), quick
			return d
		}},
		{name: abacus, sells: func(*play) gateway.OfferDraft {
			return craft(letters, "How many letters there are", 8, quick, "letters")
		}},
		{name: printer, sells: func(*play) gateway.OfferDraft {
			return gateway.OfferDraft{
				Capability: html, Title: "Markdown as a page that runs nothing",
				Price: wire.Units(40), Technology: "builtin", Settings: map[string]string{"name": "html"},
				Rule: "html", RuleParams: fmt.Sprintf(`{"renderer":%q}`, markdown.Renderer), RerunSafe: true, DeliverMS: quick,
			}
		}},
		// The appraiser only judges, by the rule of the contract.
		{name: appraiser},
		// The copyist promises what the scribe does for less than half, and delivers rubbish. Who hires it accepts the
		// appraiser, for its terms name one.
		{name: copyist, blind: true, evaluator: appraiser, sells: func(*play) gateway.OfferDraft {
			d := craft(summary, "Summaries, cheap", 900, quick, "rubbish")
			d.Rule, d.RuleParams = "summary", summaryRule
			return d
		}},
		// The tinker is cheap and slow; his process is killed while he counts.
		{name: tinker, mortal: true, sells: func(*play) gateway.OfferDraft {
			return craft(letters, "Letters counted by hand", 3, soon, "slowly")
		}},
		// The editor does nothing by himself: he hires a summary, and then a page of it.
		{name: editor, hires: true, sells: func(*play) gateway.OfferDraft {
			return gateway.OfferDraft{
				Capability: brief, Title: "The sentences that matter, as a page", Price: wire.Units(2600),
				Technology: "broker", Settings: map[string]string{"hire": summary + "," + html, "budget": "2500"},
				PassOn: true, RerunSafe: true, DeliverMS: 3 * quick,
			}
		}},
		{name: traveller, buys: true},
		{name: weaver, buys: true},
	}
}

// Milliseconds.
const (
	quick     = 60_000  // within which everybody promises to deliver, on a machine that has much else to do
	soon      = 30_000  // within which the tinker does: one out of reach for a tenth of that is taken for lost
	unhurried = 300_000 // within which the buyers want their orders
)

const summaryRule = `{"share":0.3}`

// craft is an offer of what only the play can do.
func craft(capability, title string, price, deliver uint64, does string) gateway.OfferDraft {
	return gateway.OfferDraft{
		Capability: capability, Title: title, Price: wire.Units(price), DeliverMS: deliver,
		Technology: Craft{}.Name(), Settings: map[string]string{"does": does},
	}
}
